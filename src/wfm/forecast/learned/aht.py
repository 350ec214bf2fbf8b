"""Handle time: a level that drifts, bent by the hour of the day and the weekday, weighted by contacts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wfm.durations import DAY
from wfm.forecast.learned.components import aht_components
from wfm.forecast.learned.days import DayFeatures
from wfm.forecast.learned.fitting import fit_level
from wfm.forecast.learned.grid import DayGrid
from wfm.forecast.learned.level import DayLevel

Floats = npt.NDArray[np.float64]
HALF_LIFE = 84.0
"""Days after which a day counts half in the shape."""
LEARN = 365
"""Days from which the variances are learned; all days are then conditioned on."""
BLOCK = 3600.0
"""Width of the blocks in which the shape is learned [s]."""
RECENT = 365
"""Most recent days whose surprises are compared."""
WILD = 3.0
"""A surprise is drawn in to so many standard deviations."""
MOST_SHARED = 0.9
"""Largest correlation that is drawn with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandleTime:
    """A fitted handle time.

    Attributes
    ----------
    level : DayLevel        Its level by day.
    slots, shape : array    Factors by weekday and slot.
    with_volume : float     Correlation of what is new about a day's handle time and about its volume.
    """

    level: DayLevel
    slots: Floats
    shape: Floats
    with_volume: float = 0.0

    def of_event(self, kind: str, kinds: tuple[str, ...]) -> float:
        """What past events of the kind did to the log handle time at their peak; `kinds` of the events' columns."""
        mine = np.array([k == kind for k in kinds], dtype=bool)
        return self.level.learned.get(f"kind {kind}", 0.0) * float(
            self.level.days.events[:, mine].sum(axis=1) @ self.level.weights
        )

    def at(self, days: DayFeatures, second: Floats) -> Floats:
        """Factor of the slot that begins at `second` on each of the days."""
        return np.array(
            [
                np.interp(s, self.slots, self.shape[w], period=DAY)
                for s, w in zip(second.tolist(), days.weekday.tolist(), strict=True)
            ]
        )


def fit_aht(
    grid: DayGrid,
    rows: npt.NDArray[np.bool_],
    days: DayFeatures,
    known: HandleTime | None = None,
    event_kinds: tuple[str, ...] = (),
) -> HandleTime | None:
    """The handle time of a queue; None where history has none.

    Parameters
    ----------
    rows : array            Which days of the grid are open.
    days : DayFeatures      Features of those days, with what they feel of events.
    known : HandleTime      A fit of nearly the same history, to start from.
    event_kinds : tuple     Kind of each column of the days' events.
    """
    seen = ~np.isnan(grid.aht) & (np.nan_to_num(grid.handled) > 0) & (np.nan_to_num(grid.aht) > 0)
    contacts = np.where(seen, grid.handled, 0.0)[rows]
    seconds = np.where(seen, grid.aht, 0.0)[rows]
    of_day = contacts.sum(axis=1)
    enough = of_day > 0
    if enough.sum() < 10:
        return None
    contacts, seconds, of_day = contacts[enough], seconds[enough], of_day[enough]
    days = days.take(np.flatnonzero(enough))
    mean = (contacts * seconds).sum(axis=1) / of_day
    spread = _spread(contacts, seconds, mean)
    shape = _shape(grid.slots, contacts, seconds, mean, days, spread)
    # a day seen in part, or with another mix of hours, is brought to the usual mix
    usual = (contacts * shape[days.weekday]).sum(axis=1) / of_day
    level = fit_level(
        days,
        mean / usual,
        aht_components(days, event_kinds),
        noise=spread / of_day,
        begin=known.level.learned if known else None,
        learn=LEARN,
        changing=True,
    )
    return HandleTime(level=level, slots=grid.slots, shape=shape)


def with_volume(aht: HandleTime | None, volume: DayLevel) -> HandleTime | None:
    """The handle time with what its surprises share with the volume's, shrunk to nothing where few days tell.

    Long contacts and many of them come together after a launch or in an outage; a mix that moves to short questions
    does the contrary.
    """
    if aht is None:
        return None
    _, mine, theirs = np.intersect1d(aht.level.days.day, volume.days.day, return_indices=True)
    mine, theirs = mine[-RECENT:], theirs[-RECENT:]
    both = [np.clip(level.surprise[rows], -WILD, WILD) for level, rows in ((aht.level, mine), (volume, theirs))]
    size = float(np.sqrt((both[0] ** 2).sum() * (both[1] ** 2).sum()))
    if not size:
        return aht
    found = float((both[0] * both[1]).sum()) / size
    chance = 1 / max(len(mine), 1)
    kept = max(found**2 - chance, 0.0) / max(found**2, 1e-12)  # the part that chance does not explain
    return replace(aht, with_volume=float(np.clip(found * kept, -MOST_SHARED, MOST_SHARED)))


def _spread(contacts: Floats, seconds: Floats, mean: Floats) -> float:
    """Squared coefficient of variation of one contact's handle time, from how interval means scatter."""
    if contacts.shape[1] == 1:
        return 1.0
    known = contacts > 0
    square = (contacts * (seconds / mean[:, None] - 1) ** 2)[known]
    return float(np.clip(square.mean(), 0.25, 4.0))


def _shape(slots: Floats, contacts: Floats, seconds: Floats, mean: Floats, days: DayFeatures, spread: float) -> Floats:
    """(7, slots) factor on the day's handle time, by hour and weekday, each shrunk to the coarser one."""
    if len(slots) == 1:
        return np.ones((7, 1))
    block = np.unique(slots // BLOCK, return_inverse=True)[1]
    age = 0.5 ** ((days.day[-1] - days.day) / HALF_LIFE)
    work, base = np.zeros((len(days), block.max() + 1)), np.zeros((len(days), block.max() + 1))
    np.add.at(work.T, block, (contacts * seconds / mean[:, None] * age[:, None]).T)
    np.add.at(base.T, block, (contacts * age[:, None]).T)
    hour = _shrunk(work.sum(axis=0), base.sum(axis=0), spread)
    middles = np.array([slots[block == k].mean() for k in range(block.max() + 1)])
    known = base.sum(axis=0) > 0  # hours without a single known handle time are bridged from their neighbours
    shape = np.empty((7, len(slots)))
    for weekday in range(7):
        mine = days.weekday == weekday
        own = _shrunk(work[mine].sum(axis=0), base[mine].sum(axis=0) * hour, spread)
        shape[weekday] = np.interp(slots, middles[known], (hour * own)[known], period=DAY)
    return shape


def _shrunk(work: Floats, base: Floats, spread: float) -> Floats:
    """Ratios shrunk to 1 by what chance explains."""
    safe = np.maximum(base, 1e-9)
    ratio = np.where(base > 0, work / safe, 1.0)
    chance = spread / safe
    weight = safe / safe.sum()
    between = max(float((weight * ((ratio - 1) ** 2 - chance)).sum()), 0.0)
    return np.asarray(1 + (ratio - 1) * between / (between + chance))
