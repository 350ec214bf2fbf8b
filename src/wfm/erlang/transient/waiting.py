"""What the place in the queue is worth: the chance of service in time behind 0, 1, ... others.

With j contacts ahead and full rate R the place moves forward at the rate R + j theta; the contact itself hangs up at
theta. While nothing changes the chance has a closed form; over changes of staff it is carried backward in time by the
law of the places that are left, a convolution.
"""

from __future__ import annotations

import numpy as np

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.transient.day import Day, Whole

_BLOCK = 512  # places at once, over which the weights of the convolution do not leave the range of floats


def chances(
    day: Day,
    i: Whole,
    staff: Whole,
    *,
    time: float,
    left: Array,
    crossed: int,
    own: bool,
    places: int,
    later: Array | None = None,
) -> Array:
    """Chance of service within `time` behind 0, 1, ... others [rows x places].

    Parameters
    ----------
    i : array [rows]                        Interval of arrival, of which `left` seconds are to come.
    staff : array [rows x crossed + 1]      Agents in the interval of arrival and in those that the wait crosses into.
    crossed : int                           Boundaries that the wait crosses before `time` is over.
    own : bool                              Whether the contact itself may hang up.
    places : int                            Places that are taken at most.
    later : array [rows x places]           Chances just after the last boundary, where they have no closed form.
    """
    to = [np.minimum(i + k, day.last[i]) for k in range(crossed + 1)]
    full = np.stack([day.full(to[k], staff[:, k]) for k in range(crossed + 1)], axis=1)
    freed = day.most * np.maximum(np.diff(staff[:, : crossed + 1], axis=1), 0).sum(axis=1)
    places = min(places, _reach(day, float(full.max(initial=0.0)), int(freed.max(initial=0)), time))
    if later is None:
        rest = np.full(len(i), time) if crossed == 0 else time - left - (crossed - 1) * day.dt
        worth = within_time(places, full[:, crossed], day.theta, np.maximum(rest, 0.0), own=own)
    else:
        worth = later[:, :places]
    for k in range(crossed - 1, -1, -1):
        worth = _shifted(worth, day.most * (staff[:, k + 1] - staff[:, k]))
        worth = carried_back(worth, full[:, k], day.theta, left if k == 0 else np.full(len(i), day.dt), own=own)
    return worth


def within_time(places: int, full: Array, theta: float, time: Array, *, own: bool) -> Array:
    """Chance of service within `time` behind 0, 1, ... others, nothing changing [rows x places].

    >>> within_time(2, np.array([1 / 30]), 0.0, np.array([60.0]), own=True).round(4).tolist()
    [[0.8647, 0.594]]
    """
    from scipy.special import betainc, gammainc

    ahead = np.arange(places, dtype=float)
    worth = np.zeros((len(full), places))
    good = (full > 0) & (time > 0)
    rate, t = full[good, None], time[good, None]
    if theta == 0:
        worth[good] = gammainc(ahead + 1, rate * t)
    elif own:
        c = rate / theta
        worth[good] = c / (c + ahead + 1) * betainc(ahead + 1, c + 1, -np.expm1(-theta * t))
    else:
        late = theta * t[:, 0] > 0.7  # there only the complement knows how little is left
        found = np.empty((len(t), places))
        found[late] = 1 - betainc(rate[late] / theta, ahead + 1, np.exp(-theta * t[late]))
        found[~late] = betainc(ahead + 1, rate[~late] / theta, -np.expm1(-theta * t[~late]))
        worth[good] = found
    return worth


def carried_back(worth: Array, full: Array, theta: float, time: Array, *, own: bool) -> Array:
    """Chances `time` earlier [rows x places]: of service until now, and then from the place that is left."""
    out = within_time(worth.shape[1], full, theta, time, own=own)
    waiting = full * time - 9 * np.sqrt(full * time) - 20 < worth.shape[1]  # elsewhere nobody waits any longer
    if waiting.any():
        kept = np.exp(-theta * time[waiting]) if own else np.ones(int(waiting.sum()))
        out[waiting] += kept[:, None] * _from_place_left(worth[waiting], full[waiting], theta, time[waiting])
    return out


def _from_place_left(worth: Array, full: Array, theta: float, time: Array) -> Array:
    """Mean worth of the place left after a time; being served is worth nothing [rows x places].

    Place j dies at the rate R + j theta. With c = R / theta and y = 1 - exp(-theta t) the law is negative binomial,
    P(j -> m) = Gamma(c + j + 1) / (Gamma(c + m + 1) (j - m)!) y^(j - m) (1 - y)^(c + m); without hang-ups Poisson(R t)
    places go. Apart from factors of j and of m it depends on j - m, and s^(j - m) with s near c + j keeps these small.
    """
    from scipy.special import gammaln, xlogy

    out, places = np.zeros_like(worth), worth.shape[1]
    c, gone = (full / theta, -np.expm1(-theta * time)) if theta else (full, time)
    for begin in range(0, places, _BLOCK):
        end = min(begin + _BLOCK, places)
        most = gone * (c + end) if theta else full * time
        steps = np.arange(min(end, int((most + 9 * np.sqrt(most)).max()) + 20))
        ahead = np.arange(max(begin - len(steps), 0), end)
        rise, mean, fixed = np.zeros((len(worth), len(ahead))), full * time, np.zeros(len(worth))
        if theta:
            s = c + (begin + end) / 2
            rise[:, 1:] = np.cumsum(np.log((c[:, None] + ahead[1:]) / s[:, None]), axis=1)
            mean, fixed = s * gone, s * gone - theta * time * c
        into = -rise - theta * time[:, None] * ahead
        top = into.max(axis=1)
        into = np.exp(into - top[:, None]) * worth[:, ahead[0] : end]
        passed = np.exp(xlogy(steps, mean[:, None]) - mean[:, None] - gammaln(steps + 1.0))
        own = slice(begin - int(ahead[0]), len(ahead))
        factor = np.exp(rise[:, own] + (top + fixed)[:, None])
        for r in range(len(worth)):
            out[r, begin:end] = factor[r] * np.convolve(into[r], passed[r])[own]
    return out


def ever_served(day: Day, staff: Whole, places: int) -> Array:
    """Chance of service at all, by place just after each interval's start [intervals x places]."""
    worth = np.zeros((len(staff), places))
    ahead = np.arange(places)
    for i in range(len(staff) - 1, -1, -1):
        full = day.full(np.array([i]), staff[i : i + 1])
        if i == day.last[i]:
            with np.errstate(invalid="ignore"):
                chance = full[0] / (full[0] + (ahead + 1) * day.theta) if full[0] > 0 else np.zeros(places)
            worth[i] = chance
        else:
            rise = np.array([day.most * (int(staff[i + 1]) - int(staff[i]))])
            worth[i] = carried_back(_shifted(worth[i + 1 : i + 2], rise), full, day.theta, np.array([day.dt]), own=True)
    return worth


def _shifted(worth: Array, rise: Whole) -> Array:
    """Chances just before a boundary at which so many places become free: the first in line are served at once."""
    source = np.arange(worth.shape[1]) - np.maximum(rise, 0)[:, None]
    return np.where(source < 0, 1.0, np.take_along_axis(worth, np.maximum(source, 0), axis=1))


def _reach(day: Day, full: float, freed: int, time: float) -> int:
    """Places beyond which nobody is served in time at so high a rate, and with so many places freed meanwhile.

    The number that goes is Poisson, or negative binomial: as if each place that is freed were one more to be served.
    """
    if not np.isfinite(time):
        return day.states
    growth = np.exp(min(day.theta * time, 50.0))
    ahead = full * time if day.theta == 0 else (full / day.theta + freed) * (growth - 1)
    return int(min(day.states, freed + ahead + 7.5 * np.sqrt(ahead * growth) + 22 + 32 * (growth - 1)))
