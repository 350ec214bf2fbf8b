"""A day or week of one queue as chains: what comes, what so many agents finish, and what a change of staff does.

State x = contacts with the agents who are there, and those waiting. With at most k contacts an agent at once and s
agents, x <= ks contacts are spread as evenly as they can be; from ks on they wait and hang up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from wfm.durations import seconds
from wfm.erlang.formulas.arguments import Array, Numbers, amount
from wfm.erlang.formulas.chat import Ladder, ladder_of
from wfm.errors import SettingError

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Intervals of one width in order of time, in runs: each run begins with an empty queue.

    Attributes
    ----------
    rate : array [intervals]        Contacts a second.
    done : array [intervals x k+1]  Contacts a second that an agent with 0, 1, ... k of them finishes.
    last : array [intervals]        Last interval of the run that each belongs to.
    theta : float                   Hang-ups a second of a waiting contact.
    dt : float                      Width of an interval [s].
    states : int                    Number of states of the chain.
    waiting : float                 Contacts in the system at the start of the first run.
    memory : dict                   Chances by place that were found once, and for how many places, by what they
                                    depend on.
    """

    rate: Array
    done: Array
    last: Whole
    theta: float
    dt: float
    states: int
    waiting: float
    memory: dict[tuple[object, ...], tuple[int, Array]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def most(self) -> int:
        """Contacts that an agent handles at once."""
        return int(self.done.shape[1]) - 1

    @property
    def offered(self) -> Array:
        """Contacts by interval."""
        return self.rate * self.dt

    def begins(self, i: int) -> bool:
        """Whether a run begins with this interval."""
        return i == 0 or bool(self.last[i - 1] == i - 1)

    def full(self, i: Whole | int, staff: Whole | int) -> Array:
        """Contacts a second that so many agents finish with all hands full."""
        return np.asarray(self.done[i, -1] * staff, dtype=float)

    def deaths(self, i: Whole, staff: Whole) -> Array:
        """Contacts a second that leave each state, finished or given up [rows x states]."""
        x = np.arange(self.states)
        s = np.asarray(staff)[:, None]
        waiting = np.maximum(x - self.most * s, 0)
        level = np.minimum(x // np.maximum(s, 1), self.most - 1)
        more = np.clip(x - level * s, 0, s)  # agents with one contact more than the others
        done = self.done[i]
        rows = np.arange(len(s))[:, None]
        return np.asarray(more * done[rows, level + 1] + (s - more) * done[rows, level] + waiting * self.theta)

    def chain(self, i: Whole, staff: Whole) -> tuple[Array, Array, Array]:
        """Rates up, diagonal, rates down of some intervals under some staff [rows x states]."""
        down = self.deaths(i, staff)
        up = np.repeat(self.rate[i][:, None], self.states, axis=1)
        up[:, -1] = 0.0
        return up[:, :-1], -(up + down), down[:, 1:]

    def start(self) -> Array:
        """The state before anything happens."""
        p = np.zeros(self.states)
        low = int(self.waiting)
        p[low], p[low + 1] = 1 - (self.waiting - low), self.waiting - low
        return p

    def moved(self, before: int, now: int) -> Whole:
        """State into which a change of staff brings each state."""
        return np.arange(self.states) - self.taken(before, now)

    def taken(self, before: int, now: int) -> Whole:
        """Contacts that those who leave take with them: those with the fewest leave first and finish what they have."""
        x = np.arange(self.states)
        gone = before - now
        if gone <= 0:
            return np.zeros_like(x)
        level = np.minimum(x // before, self.most)
        more = np.where(level < self.most, x - level * before, 0)
        return np.asarray(level * np.minimum(gone, before - more) + (level + 1) * np.maximum(gone - before + more, 0))

    def overtime(self, i: int, before: int, now: int) -> Array:
        """Mean time that those who leave work on, summed over them, by state [s]."""
        gone = before - now
        if gone <= 0:
            return np.zeros(self.states)
        x = np.arange(self.states)
        finish = np.concatenate([[0.0], np.cumsum(1 / self.done[i, 1:]), [0.0]])
        level = np.minimum(x // before, self.most)
        more = np.where(level < self.most, x - level * before, 0)
        few = np.minimum(gone, before - more)
        return np.asarray(few * finish[level] + (gone - few) * finish[level + 1])

    def sized(self, staff: Whole) -> Day:
        """The same day with as many states as a plan takes."""
        needed = states_needed(self, staff)
        return self if self.states >= needed else replace(self, states=int(1.02 * needed) + 4)


def open_day(
    offered: Numbers,
    *,
    interval: float,
    aht: Numbers,
    patience: float,
    waiting: float = 0.0,
    concurrency: int = 1,
    aht_by_concurrency: Sequence[float] = (),
    begins: npt.ArrayLike | None = None,
) -> Day:
    """The day, its arguments checked; `begins` marks the intervals with which a run begins."""
    dt = seconds(interval, name="interval")
    volume = np.atleast_1d(amount(offered, name="offered"))
    if volume.ndim != 1:
        raise SettingError(f"offered must be one list, got the shape {volume.shape}.", name="offered")
    if concurrency != int(concurrency) or concurrency < 1:
        raise SettingError(
            f"concurrency must be a whole number >= 1, got {concurrency!r}.", name="concurrency", value=concurrency
        )
    if len(aht_by_concurrency):
        done = np.tile(_rates(ladder_of(aht_by_concurrency, concurrency)), (len(volume), 1))
    else:
        handle = np.broadcast_to(amount(aht, name="aht", positive=True), volume.shape)
        done = np.arange(int(concurrency) + 1) / handle[:, None]
    patience = seconds(patience, name="patience", endless=True)
    first = np.zeros(len(volume), dtype=bool) if begins is None else np.asarray(begins, dtype=bool).copy()
    ends = np.append(np.flatnonzero(first[1:]), len(volume) - 1)
    return Day(
        rate=volume / dt,
        done=done,
        last=ends[np.searchsorted(ends, np.arange(len(volume)))] if len(volume) else ends[:0],
        theta=0.0 if np.isinf(patience) else 1 / patience,
        dt=dt,
        states=0,
        waiting=float(amount(waiting, name="waiting")),
    )


def whole_agents(agents: Numbers, count: int) -> Whole:
    """Agents of every interval as whole numbers."""
    staff = np.atleast_1d(amount(agents, name="agents"))
    if staff.shape != (count,):
        raise SettingError(
            f"offered and agents must be two lists of one length, got the shapes {(count,)} and {staff.shape}.",
            name="agents",
        )
    if np.any(staff != np.round(staff)):
        raise SettingError(
            "agents must be whole numbers: an agent is there or not. Round, or use the stationary "
            f"formulas; got {staff[staff != np.round(staff)][0]:g}.",
            name="agents",
        )
    return staff.astype(np.int64)


def states_needed(day: Day, staff: Whole) -> int:
    """States that hold all but some 1e-13 of the mass.

    Eight standard deviations above the highest mean, of a Poisson number or of a queue that patience holds together.
    How far a queue without hang-ups strays, only its course tells: see `course.run_within`.
    """
    peak = max(_highest(day, staff), day.waiting + 1)
    volume, busiest = 2 * float(day.offered.sum()), float(day.rate.max(initial=0.0))
    drift = min(volume, 4 * day.dt * busiest if day.theta == 0 else busiest / day.theta)
    return int(peak + max(8 * np.sqrt(peak + 10) + 25, 8 * np.sqrt(drift))) + 2


def _highest(day: Day, staff: Whole) -> float:
    """Highest number of contacts or places of the fluid that follows the means."""
    x, peak = day.waiting, float(staff.max(initial=0)) * day.most
    for i, s in enumerate(staff.tolist()):
        if i and day.begins(i):
            x = 0.0
        done, lam, theta = day.done[i].tolist(), float(day.rate[i]), day.theta
        places = s * day.most
        steps = int(np.ceil(max(40.0, 3 * day.dt * max(done[1], theta))))
        h = day.dt / steps
        for _ in range(steps):
            out = places * done[-1] / day.most + (x - places) * theta if x >= places else _leaving(x, s, done)
            x += h * (lam - out)
            peak = x if x > peak else peak
    return peak


def _leaving(x: float, s: int, done: list[float]) -> float:
    level = int(x // s)
    more = x - level * s
    return more * done[level + 1] + (s - more) * done[level]


def _rates(ladder: Ladder) -> Array:
    return np.array([ladder.rate(j) for j in range(ladder.most + 1)])
