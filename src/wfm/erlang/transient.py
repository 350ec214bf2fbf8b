"""The queue through the day, exactly: M(t)/M/s(t)+M with rates and staff that change from interval to interval.

Exhaustive discipline: where staff falls, idle agents leave first, busy ones finish the contact in hand (overtime) and
take no other. What an interval does not finish is carried into the next. A wait may cross any number of intervals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import seconds
from wfm.erlang.arguments import Array, Numbers, amount
from wfm.erlang.rational import propagate
from wfm.errors import SettingError


def performance(
    offered: Numbers,
    agents: Numbers,
    *,
    interval: float,
    aht: Numbers,
    patience: float = np.inf,
    within: float,
    waiting: float = 0.0,
) -> pd.DataFrame:
    """Service of every interval of a day or week, with all that is carried from one to the next.

    Parameters
    ----------
    offered : array [intervals]     Mean contacts of each interval.
    agents : array [intervals]      Whole agents on contacts.
    interval : float [s]            Width of all intervals.
    aht : float or array [s]        Mean handle time.
    patience : float [s]            Mean patience; inf = nobody hangs up.
    within : float [s]              Acceptable wait; may be longer than an interval.
    waiting : float                 Contacts in the system at the start.

    Returns
    -------
    DataFrame                       One row an interval: service_level (answered within / offered, by interval of
                                    arrival; 1 without contacts), abandon_rate (hung up in the interval / offered),
                                    abandoned [contacts], queue_length [contacts], busy [agents], occupancy,
                                    wait_probability, overtime [agent-hours finished by those who had to leave].

    Raises
    ------
    SettingError                    Agents are not whole, or arguments do not fit.

    Notes
    -----
    States 0..K hold contacts in service and in queue; between changes of staff the Kolmogorov equations are solved by
    `rational.propagate`. A contact behind j others is served within T with probability
    `c / (c + j + 1) I_y(j + 1, c + 1)`, c = s patience / aht, y = 1 - exp(-T / patience). After the last interval the
    staff is kept. Accuracy of the service level: about 1e-10.

    >>> day = performance([90, 180, 120], [14, 25, 18], interval=1800, aht=240, patience=180, within=60)
    >>> day["service_level"].round(4).tolist()
    [0.9304, 0.9156, 0.8894]
    """
    day = _day(offered, agents, interval=interval, aht=aht, patience=patience, within=within, waiting=waiting)
    p = np.zeros(day.states)
    p[min(round(waiting), day.states - 1)] = 1.0
    rows = []
    for i in range(len(day.rate)):
        p, left = _staff_changes(p, int(day.staff[i - 1]) if i else int(day.staff[0]), int(day.staff[i]))
        row, p = _one_interval(day, i, p)
        rows.append({**row, "overtime": left / day.mu[i] / 3600})
    return _table(day, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """A day in rates per second."""

    rate: Array
    mu: Array
    staff: npt.NDArray[np.int64]
    theta: float
    dt: float
    within: float
    states: int

    def generator(self, i: int) -> tuple[Array, Array, Array]:
        """Rates up, diagonal, rates down of interval i."""
        x = np.arange(self.states)
        up = np.full(self.states, self.rate[i])
        up[-1] = 0.0
        s = self.staff[i]
        down = np.minimum(x, s) * self.mu[i] + np.maximum(x - s, 0) * self.theta
        return up[:-1], -(up + down), down[1:]


def _day(
    offered: Numbers, agents: Numbers, *, interval: float, aht: Numbers, patience: float, within: float, waiting: float
) -> _Day:
    dt = seconds(interval, name="interval")
    volume, staff = np.atleast_1d(amount(offered, name="offered")), np.atleast_1d(amount(agents, name="agents"))
    if volume.ndim != 1 or volume.shape != staff.shape:
        raise SettingError(
            f"offered and agents must be two lists of one length, got the shapes {volume.shape} and {staff.shape}.",
            name="agents",
        )
    if np.any(staff != np.round(staff)):
        raise SettingError(
            "agents must be whole numbers: an agent is there or not. Round, or use the stationary "
            f"formulas; got {staff[staff != np.round(staff)][0]:g}.",
            name="agents",
        )
    handle = np.broadcast_to(amount(aht, name="aht", positive=True), volume.shape)
    patience = seconds(patience, name="patience", endless=True)
    theta = 0.0 if np.isinf(patience) else 1 / patience
    rate, mu = volume / dt, 1 / handle
    peak = max(_highest(rate, mu, staff, theta, dt, float(amount(waiting, name="waiting"))), float(waiting))
    # ten standard deviations of a Poisson number, or eight of a queue that patience holds together, or time
    drift = 2 * volume.sum() if theta == 0 else min(2 * volume.sum(), float(rate.max(initial=0.0)) / theta)
    states = int(peak + max(10 * np.sqrt(peak + 10) + 40, 8 * np.sqrt(drift)))
    return _Day(
        rate=rate,
        mu=mu,
        staff=staff.astype(np.int64),
        theta=theta,
        dt=dt,
        within=seconds(within, name="within", zero=True),
        states=states + 1,
    )


def _highest(rate: Array, mu: Array, staff: Array, theta: float, dt: float, start: float) -> float:
    """Highest number of contacts or agents of the fluid that follows the means."""
    x, peak = start, float(staff.max(initial=0.0))
    for lam, m, s in zip(rate, mu, staff, strict=True):
        steps = int(np.ceil(max(40.0, 3 * dt * max(m, theta))))
        h = dt / steps
        for _ in range(steps):
            x += h * (lam - min(x, s) * m - max(x - s, 0.0) * theta)
            peak = max(peak, x)
    return peak


def _staff_changes(p: Array, before: int, now: int) -> tuple[Array, float]:
    """State after a change of staff, and the mean number of busy agents who leave after the contact in hand."""
    if now >= before:
        return p, 0.0
    gone = before - now
    out = np.zeros_like(p)
    out[: now + 1] = p[: now + 1]
    out[now] += p[now + 1 : before + 1].sum()
    behind = p[before + 1 :]
    out[now + 1 : now + 1 + len(behind)] += behind
    x = np.arange(len(p))
    return out, float((np.clip(x - now, 0, gone) * p).sum())


def _one_interval(day: _Day, i: int, p: Array) -> tuple[dict[str, float], Array]:
    """Measures of one interval and the state at its end."""
    lower, diagonal, upper = day.generator(i)
    s, x = int(day.staff[i]), np.arange(day.states)
    whole = propagate(lower, diagonal, upper, np.full(1, day.dt), p[None, :], average=True)[0]
    level, end = _level(day, i, p, (lower, diagonal, upper))
    return {
        "service_level": level if day.rate[i] > 0 else 1.0,
        "queue_length": float(whole @ np.maximum(x - s, 0)),
        "busy": float(whole @ np.minimum(x, s)),
        "wait_probability": float(whole[s:].sum()),
    }, end


def _level(day: _Day, i: int, p: Array, chain: tuple[Array, Array, Array]) -> tuple[float, Array]:
    """Mean over the arrivals of interval i of being served in time, and the state at its end.

    Arrivals before `dt - rest` wait across `crossed` boundaries at most, the later ones across one more. After the
    last interval the staff is kept: no boundary counts there.
    """
    last = i == len(day.rate) - 1
    crossed, rest = divmod(day.within, day.dt)
    crossed, early = int(crossed), day.dt - rest
    if last:
        crossed, early = 0, day.dt
    s = int(day.staff[i])
    if crossed == 0:  # no change of staff within the wait: the time average suffices
        mean = propagate(*chain, np.full(1, early), p[None, :], average=True)[0]
        total = (
            early
            / day.dt
            * (mean[:s].sum() + mean[s:] @ served_within(day.states - s, s, day.mu[i], day.theta, day.within))
        )
    else:
        total = _over_nodes(day, i, p, chain, 0.0, early, crossed)
    if last:
        return float(total), propagate(*chain, np.full(1, day.dt), p[None, :])[0]
    middle = propagate(*chain, np.full(1, early), p[None, :])[0]
    if rest <= 0:
        return float(total), middle
    total += _over_nodes(day, i, middle, chain, early, rest, crossed + 1)
    return float(total), propagate(*chain, np.full(1, rest), middle[None, :])[0]


def _over_nodes(
    day: _Day, i: int, p: Array, chain: tuple[Array, Array, Array], offset: float, length: float, crossed: int
) -> float:
    """Share of the interval's arrivals served in time among those of `length` seconds from `offset`, state p there."""
    relaxations = length * max(float(day.mu[i]), day.theta)
    nodes, weights = np.polynomial.legendre.leggauss(6 + min(int(4 * max(relaxations - 0.5, 0.0)), 34))
    times = (nodes + 1) / 2 * length
    states = propagate(*chain, times, np.broadcast_to(p, (len(times), len(p))))
    s = int(day.staff[i])
    queue = states[:, s:]
    left = day.dt - offset - times  # time in this interval after each node
    served = np.zeros(len(times))
    remaining = day.within - left
    for k in range(crossed):
        now = int(day.staff[min(i + k, len(day.staff) - 1)])
        following = min(i + k + 1, len(day.staff) - 1)
        queue, gone = _tagged(queue, now, float(day.mu[min(i + k, len(day.mu) - 1)]), day.theta, left)
        served += gone
        more = int(day.staff[following]) - now
        if more > 0:
            served += queue[:, :more].sum(axis=1)
            queue = np.concatenate([queue[:, more:], np.zeros((len(queue), min(more, queue.shape[1])))], axis=1)
        if k + 1 < crossed:
            left = np.full(len(times), day.dt)
            remaining = remaining - day.dt
    final = min(i + crossed, len(day.staff) - 1)
    ends = np.array(
        [
            q @ served_within(len(q), int(day.staff[final]), float(day.mu[final]), day.theta, t)
            for q, t in zip(queue, np.maximum(remaining, 0.0), strict=True)
        ]
    )
    return float(length / day.dt / 2 * weights @ (states[:, :s].sum(axis=1) + served + ends))


def _tagged(queue: Array, s: int, mu: float, theta: float, times: Array) -> tuple[Array, Array]:
    """Contacts behind 0, 1, ... others after some seconds under s agents, and those of them served meanwhile."""
    if s == 0 and theta == 0:
        return queue, np.zeros(len(queue))
    ahead = np.arange(queue.shape[1])
    leave = s * mu + (ahead + 1) * theta  # to the place before, or given up by the contact itself
    forward = np.asarray(s * mu + ahead * theta, dtype=float)  # a place forward; from place 0 into service
    diagonal = np.concatenate([[0.0], -leave])
    both = np.concatenate([np.zeros((len(queue), 1)), queue], axis=1)
    moved = propagate(np.zeros(len(leave)), diagonal, forward, times, both)
    return moved[:, 1:], moved[:, 0]


def served_within(count: int, s: int, mu: float, theta: float, time: float) -> Array:
    """Probability of service within `time` seconds behind 0, ..., count - 1 waiting contacts, all s agents busy.

    >>> served_within(2, 10, 1 / 300, 0.0, 60.0).round(4).tolist()
    [0.8647, 0.594]
    """
    from scipy.special import betainc, gammainc

    ahead = np.arange(count, dtype=float)
    if s == 0 or time <= 0:
        return np.zeros(count)
    if theta == 0:
        return np.asarray(gammainc(ahead + 1, s * mu * time))
    c = s * mu / theta
    return np.asarray(c / (c + ahead + 1) * betainc(ahead + 1, c + 1, -np.expm1(-theta * time)))


def _table(day: _Day, rows: list[dict[str, float]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["service_level", "queue_length", "busy", "wait_probability", "overtime"])
    abandoned = day.theta * table["queue_length"].to_numpy() * day.dt
    offered = day.rate * day.dt
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        lost = np.where(offered > 0, np.minimum(abandoned / offered, 1.0), 0.0)
        occupancy = np.where(day.staff > 0, table["busy"] / day.staff, 0.0)
    table["service_level"] = table["service_level"].clip(0.0, 1.0)
    table["queue_length"] = table["queue_length"].clip(lower=0.0)
    return table.assign(
        abandon_rate=lost,
        abandoned=abandoned,
        occupancy=np.clip(occupancy, 0.0, 1.0),
        offered=offered,
        agents=day.staff,
    )
