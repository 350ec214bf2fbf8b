"""What the level of a day is made of: one covariance for each reason why days resemble each other."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.days import DayFeatures
from wfm.forecast.learned.kept import kept
from wfm.forecast.learned.kinds import family_of, lent
from wfm.forecast.learned.likeness import (
    TURN_REACH,
    Kernel,
    about,
    apart,
    both,
    by_number,
    damped_trend,
    fading,
    monthly,
    product_of,
    same,
    same_if_any,
    started,
    times,
    turn_of_month,
    yearly,
)

Floats = npt.NDArray[np.float64]
LASTING = 1000.0
"""Days in which a lasting growth forgets itself; the lesser one does so in half a year."""
LEANING = 180.0
"""Days of history from which on weekdays that lean can be told from such as wander."""
APPROACH = 10.0
"""Days before a season over which its approach is felt."""
FAMILY, OF_FAMILY, KIND = 0.1, 0.05, 0.15
"""Usual variance of the effect of a family of kinds, of a kind beside its family's, and of a kind without kin."""
SINGLE, BENDS = 0.02, 0.3
"""Usual variance of how single events stray from the size and from the shape of a kind of usual size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A reason why the levels of two days resemble each other.

    Attributes
    ----------
    name : str
    part : str          The line of an explanation that it belongs to.
    variance : float    What is expected of it before any data, on the log scale.
    kernel : function   (days a, days b) -> correlation-like matrix.
    gives_way : bool    Whether it moves slowly, and would swallow a change of the level or be taken for one.
    """

    name: str
    part: str
    variance: float
    kernel: Kernel
    gives_way: bool = False


def day_components(days: DayFeatures, event_kinds: tuple[str, ...]) -> list[Component]:
    """The components that these days can teach something about; `event_kinds` names the kind of each event column."""
    found = [*_week(), *_month(), *_closures(days), *_memory(days)]
    if (days.back_to_work != days.after_gap).any():  # a centre that works through its weekends
        found.append(Component(name="back to work", part="holiday", variance=0.003, kernel=both("back_to_work")))
    if days.span > LEANING:
        found.append(_leaning_week(float(days.day.max())))
    if days.beyond_a_year:
        found += [*_year(), *_month_of_year()]
    for k in range(days.seasons.shape[1]):
        found += [*_season(k), _approach(k)]
    for k in range(days.recurring.shape[1]):
        found += _recurring(k)
    for k in range(days.regressors.shape[1]):
        found += _regressor(k)
    found += _events(event_kinds)
    return found


def shape_components(days: DayFeatures) -> list[Component]:
    """The reasons for which the shape of a day leans; variances are shares of the lean's own."""
    since, block = same_if_any("since_start"), both("since_start")
    found = [
        Component(name="weekday", part="weekday", variance=0.05, kernel=same("weekday")),
        Component(name="slow shape", part="memory", variance=0.2, kernel=fading(90)),
        Component(name="turn of month", part="month_day", variance=0.1, kernel=turn_of_month()),
        Component(name="month start", part="month_day", variance=0.05, kernel=block),
        Component(name="days from month start", part="month_day", variance=0.05, kernel=since),
        Component(name="after closure", part="holiday", variance=0.2, kernel=both("after_gap")),
        Component(name="before closure", part="holiday", variance=0.1, kernel=both("before_gap")),
    ]
    found += [_season(k)[0] for k in range(days.seasons.shape[1])]
    for k in range(days.recurring.shape[1]):
        found += [replace(component, variance=0.1) for component in _recurring(k)]
    return found


def aht_components(days: DayFeatures, event_kinds: tuple[str, ...] = ()) -> list[Component]:
    """The fewer reasons for which handle time moves from day to day; a launch of a new product lengthens it too."""
    keep = ("weekday", "days from month start", "short memory", "slow level", "trend", "lasting trend")
    found = [c for c in [*_week(), *_month(), *_memory(days)] if c.name in keep]
    for kind in sorted(set(event_kinds)):
        together = _events_together(np.array([k == kind for k in event_kinds]))
        found.append(Component(name=f"kind {kind}", part=f"kind:{kind}", variance=0.01, kernel=together))
    return found


def _week() -> list[Component]:
    return [
        Component(name="weekday", part="weekday", variance=0.01, kernel=same("weekday")),
        Component(name="drifting weekday", part="weekday", variance=0.001, kernel=times(same("weekday"), fading(120))),
        Component(name="worked weekend", part="weekday", variance=0.01, kernel=both("odd_weekend")),
    ]


def _leaning_week(last: float) -> Component:
    """Weekdays that gain on others steadily: what wanders follows them, and never expects them to go on.

    Few queues lean so. The usual slope is a hundredth or two in a year, which costs the others nothing; days that lean
    more tell of it within some months.
    """
    slope = damped_trend(LASTING, last)
    return Component(name="leaning weekday", part="weekday", variance=0.0003, kernel=times(slope, same("weekday")))


def _month() -> list[Component]:
    return [
        Component(name="broad day of month", part="month_day", variance=0.001, kernel=monthly(0.8)),
        Component(name="smooth day of month", part="month_day", variance=0.001, kernel=monthly(0.3)),
        Component(name="turn of month", part="month_day", variance=0.01, kernel=turn_of_month()),
        Component(name="single day of month", part="month_day", variance=0.0001, kernel=same("month_day")),
        Component(name="days from month start", part="month_day", variance=0.001, kernel=same_if_any("since_start")),
    ]


def _month_of_year() -> list[Component]:
    """How strongly a month starts: with less than a year of months this cannot be told from the usual start."""
    month, one_month = started(_month_of), started(_one_month)
    return [
        Component(name="month start by month", part="month_day", variance=0.001, kernel=month),
        Component(name="one month's start", part="month_day", variance=0.0003, kernel=one_month),
    ]


def _month_of(days: DayFeatures) -> npt.NDArray[np.int64]:
    return days.month


def _one_month(days: DayFeatures) -> npt.NDArray[np.int64]:
    return np.asarray(12 * days.year + days.month)


def _closures(days: DayFeatures) -> list[Component]:
    after, before, holiday = both("after_gap"), both("before_gap"), both("holiday")
    found = []
    if days.after_gap.any() or days.before_gap.any():
        found += [
            Component(name="after closure", part="holiday", variance=0.01, kernel=after),
            Component(
                name="after closure by weekday", part="holiday", variance=0.003, kernel=times(after, same("weekday"))
            ),
            Component(name="before closure", part="holiday", variance=0.003, kernel=before),
            Component(name="bridge", part="holiday", variance=0.003, kernel=times(after, before)),
        ]
    if days.holiday.any():
        by_name, by_weekday = same_if_any("holiday"), times(holiday, same("weekday"))
        found += [
            Component(name="holiday", part="holiday", variance=0.01, kernel=holiday),
            Component(name="holiday by name", part="holiday", variance=0.01, kernel=by_name),
            Component(name="holiday by weekday", part="holiday", variance=0.003, kernel=by_weekday),
        ]
    return found


def _memory(days: DayFeatures) -> list[Component]:
    last, span = float(days.day.max()), days.span
    found = [
        Component(name="short memory", part="memory", variance=0.001, kernel=fading(2)),
        # what fades more slowly than a sixth of history cannot be told from a level that stays
        Component(
            name="slow level",
            part="memory",
            variance=0.002,
            kernel=fading(float(np.clip(span / 6, 40, 90))),
            gives_way=True,
        ),
    ]
    if span > 60:  # a short history says little of how long a growth lasts
        growth = damped_trend(min(180.0, 0.3 * span), last)
        found.append(Component(name="trend", part="trend", variance=0.01, kernel=growth, gives_way=True))
    if days.beyond_a_year:
        lasting = damped_trend(LASTING, last)
        found.append(Component(name="lasting trend", part="trend", variance=0.01, kernel=lasting, gives_way=True))
    return found


def _year() -> list[Component]:
    # Three widths of different amplitude stand for one width that is learned.
    return [
        Component(name="yearly, broad", part="yearly", variance=0.003, kernel=yearly(0.8)),
        Component(name="yearly, smooth", part="yearly", variance=0.003, kernel=yearly(0.3), gives_way=True),
        Component(name="yearly, sharp", part="yearly", variance=0.001, kernel=yearly(0.05)),
    ]


def _season(column: int) -> list[Component]:
    """A season's own level, and what is left of the start of a month that falls into it."""
    inside, from_start = _inside(column), times(_inside(column), _from_start)
    return [
        Component(name=f"season {column}", part="season", variance=0.01, kernel=inside),
        Component(name=f"season {column}, month start", part="season", variance=0.01, kernel=from_start),
    ]


@kept
def _inside(column: int) -> Kernel:
    return lambda a, b: np.outer(a.seasons[:, column], b.seasons[:, column])


def _from_start(a: DayFeatures, b: DayFeatures) -> Floats:
    return np.asarray((both("since_start")(a, b) + same_if_any("since_start")(a, b)) / 2)


def _approach(column: int) -> Component:
    """The days before a season: customers prepare for feasts and holidays, the more the nearer they are."""
    return Component(name=f"before season {column}", part="season", variance=0.003, kernel=_before(column))


@kept
def _before(column: int) -> Kernel:
    def near(days: DayFeatures) -> Floats:
        until = np.asarray(days.until_season[:, column], dtype=float)
        return np.where(until <= 3 * APPROACH, np.exp(-((until / APPROACH) ** 2)), 0.0)

    def kernel(a: DayFeatures, b: DayFeatures) -> Floats:
        apart = np.abs(np.subtract.outer(a.until_season[:, column], b.until_season[:, column]))
        return np.asarray(np.outer(near(a), near(b)) * np.exp(-apart / APPROACH))

    return kernel


def _recurring(column: int) -> list[Component]:
    """What a pay day or billing day does before and after it, smoothly and on each day by itself."""
    part = f"recurring {column}"
    return [
        Component(name=f"{part}, around", part=part, variance=0.01, kernel=_around(column)),
        Component(name=f"{part}, exactly", part=part, variance=0.01, kernel=_exactly(column)),
    ]


@kept
def _around(column: int) -> Kernel:
    return by_number(lambda days: days.recurring[:, column].astype(float), about)


@kept
def _exactly(column: int) -> Kernel:
    def exactly(a: DayFeatures, b: DayFeatures) -> Floats:
        left, right = a.recurring[:, column], b.recurring[:, column]
        near = (left >= -1) & (left <= TURN_REACH)
        return np.asarray(np.equal.outer(left, right) & near[:, None], dtype=float)

    return exactly


def _regressor(column: int) -> list[Component]:
    """What a regressor does in proportion, and how that bends: cold days and hot ones may both be busy."""
    part = f"regressor {column}"
    return [
        Component(name=f"{part}, unknown", part="memory", variance=0.005, kernel=_unknown(column)),
        Component(name=f"{part}, straight", part=part, variance=0.01, kernel=_straight(column)),
        Component(name=f"{part}, bent", part=part, variance=0.001, kernel=_bent(column)),
    ]


@kept
def _straight(column: int) -> Kernel:
    return lambda a, b: np.outer(a.regressors[:, column], b.regressors[:, column])


@kept
def _bent(column: int) -> Kernel:
    def bent(a: DayFeatures, b: DayFeatures) -> Floats:
        apart = np.subtract.outer(a.regressors[:, column], b.regressors[:, column])
        return np.asarray(np.exp(-(apart**2) / 2))

    return bent


@kept
def _unknown(column: int) -> Kernel:
    def unknown(a: DayFeatures, b: DayFeatures) -> Floats:
        before = np.outer(a.unmeasured[:, column], b.unmeasured[:, column])
        return np.asarray(before * (np.exp(-apart(a, b) / 14) + np.equal.outer(a.day, b.day)))

    return unknown


def _events(kinds: tuple[str, ...]) -> list[Component]:
    """What the kinds of a family have in common, a kind's own effect, how single events stray in size and shape."""
    found = []
    families = np.array([family_of(kind) for kind in kinds])
    several = lent(kinds)
    for family in sorted(several):
        together = _events_together(families == family)
        found.append(Component(name=f"family {family}", part=f"kind:{family}", variance=FAMILY, kernel=together))
    for kind in sorted(set(kinds)):
        mine = np.array([k == kind for k in kinds])
        own = OF_FAMILY if family_of(kind) in several else KIND
        found += [
            Component(name=f"kind {kind}", part=f"kind:{kind}", variance=own, kernel=_events_together(mine)),
            Component(name=f"single {kind}", part=f"kind:{kind}", variance=SINGLE, kernel=_events_apart(mine)),
        ]
    if kinds:
        bent: Kernel = product_of(_bends)  # each peaks and fades by itself, sooner or later
        found.append(Component(name="bends", part="kind:bends", variance=BENDS, kernel=bent))
    return found


def _bends(days: DayFeatures) -> Floats:
    return days.bends


@kept
def _events_together(mine: npt.NDArray[np.bool_]) -> Kernel:
    return lambda a, b: np.outer(a.events[:, mine].sum(axis=1), b.events[:, mine].sum(axis=1))


@kept
def _events_apart(mine: npt.NDArray[np.bool_]) -> Kernel:
    return product_of(lambda days: days.events[:, mine])
