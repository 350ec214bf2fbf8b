"""What the level of a day is made of: one covariance for each reason why days resemble each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.days import YEAR, DayFeatures
from wfm.forecast.learned.kinds import family_of, lent

Floats = npt.NDArray[np.float64]
Kernel = Callable[[DayFeatures, DayFeatures], Floats]
Numbers = npt.NDArray[Any]
Number = Callable[[DayFeatures], Numbers]
Alike = Callable[[Numbers, Numbers], Numbers]
Each = TypeVar("Each")
LASTING = 1000.0
"""Days in which a lasting growth forgets itself; the lesser one does so in half a year."""
TURN_REACH = 6.0
"""Days to either side of the turn of a month that it may move."""
APPROACH = 10.0
"""Days before a season over which its approach is felt."""
NOTHING = -60.0
"""Logarithm of a correlation that is none."""
FEW_WAVES, WAVELET = 32, 1e-9
"""Waves of which a periodic kernel is readily made, and the least share of it that counts."""
TURN_FADING = 3.0
"""Days over which what the turn does changes."""
FAR_OFF = 60.0
"""Days from a date from which on all days are alike far from it."""
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
        found.append(Component(name="back to work", part="holiday", variance=0.003, kernel=_both("back_to_work")))
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
    since, block = _same_if_any("since_start"), _both("since_start")
    found = [
        Component(name="weekday", part="weekday", variance=0.05, kernel=_same("weekday")),
        Component(name="slow shape", part="memory", variance=0.2, kernel=_fading(90)),
        Component(name="turn of month", part="month_day", variance=0.1, kernel=_turn_of_month()),
        Component(name="month start", part="month_day", variance=0.05, kernel=block),
        Component(name="days from month start", part="month_day", variance=0.05, kernel=since),
        Component(name="after closure", part="holiday", variance=0.2, kernel=_both("after_gap")),
        Component(name="before closure", part="holiday", variance=0.1, kernel=_both("before_gap")),
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


def _by_number(number: Number, alike: Alike) -> Kernel:
    """The kernel of one number of each day: few of the numbers differ, and those are compared once."""

    def kernel(a: DayFeatures, b: DayFeatures) -> Floats:
        left, rows = _told_apart(number(a))
        right, columns = (left, rows) if b is a else _told_apart(number(b))
        few = alike(left, right).astype(a.day.dtype, copy=False)
        return few.take(columns, axis=1).take(rows, axis=0)

    return kernel


def _told_apart(numbers: Numbers) -> tuple[Numbers, npt.NDArray[np.int64]]:
    """The numbers that there are, and which of them each is."""
    several = np.unique(numbers)
    return several, np.searchsorted(several, numbers)


def _same(name: str) -> Kernel:
    return _by_number(lambda days: getattr(days, name), np.equal.outer)


def _same_if_any(name: str) -> Kernel:
    return _by_number(lambda days: getattr(days, name), _equal_if_any)


def _started(month: Number) -> Kernel:
    """Days at the start of the same month, as months are told apart."""
    return _by_number(lambda days: np.where(days.since_start > 0, month(days), 0), _equal_if_any)


def _equal_if_any(left: Numbers, right: Numbers) -> Numbers:
    return np.equal.outer(left, right) & (left > 0)[:, None]


def _both(name: str) -> Kernel:
    def kernel(a: DayFeatures, b: DayFeatures) -> Floats:
        return np.outer(getattr(a, name) > 0, getattr(b, name) > 0).astype(a.day.dtype)

    return kernel


def _times(first: Kernel, second: Kernel) -> Kernel:
    return lambda a, b: first(a, b) * second(a, b)


def _apart(a: DayFeatures, b: DayFeatures) -> Floats:
    apart = np.subtract.outer(a.day, b.day)
    return np.asarray(np.abs(apart, out=apart))


def _fall(apart: Floats, rate: float) -> Floats:
    """exp(rate * apart), 0 without a look where that is next to nothing; `apart` is used up."""
    apart *= rate
    return np.asarray(np.exp(apart, out=np.zeros_like(apart), where=apart > NOTHING))


def _forgotten(a: DayFeatures, b: DayFeatures, memory: float) -> Floats:
    """exp(-|s - t|) of two days, s and t their times in units of the memory."""
    both = np.concatenate([a.day, b.day]).astype(float) / memory
    if not len(both) or np.ptp(both) > -NOTHING:
        return _fall(_apart(a, b), -1 / memory)
    both -= (both.min() + both.max()) / 2
    return _nearness(both[: len(a)], both[len(a) :], a.day.dtype)


def _nearness(left: Floats, right: Floats, kind: np.dtype[Any]) -> Floats:
    """exp(-|left - right|) of each two, which is e^left / e^right or its inverse, whichever is less.

    So there is one exponential for each and none for each two; numbers are to be small enough for them.
    """
    ratio = np.outer(np.exp(left).astype(kind), np.exp(-right).astype(kind))
    return np.asarray(np.minimum(ratio, 1 / ratio, out=ratio))


def _fading(days: float) -> Kernel:
    return lambda a, b: _forgotten(a, b, days)


def product_of(columns: Callable[[Each], Floats]) -> Callable[[Each, Each], Floats]:
    """The covariance of what is a sum of columns of so much each."""

    def kernel(a: Each, b: Each) -> Floats:
        left = columns(a)
        right = left if b is a else columns(b)
        return np.outer(left, right) if left.shape[1] == 1 else left @ right.T  # a product is slow for one column

    return kernel


def _round(phase: Number, width: float) -> Kernel:
    """Periodic kernel exp(-2 sin^2(d/2) / width^2) = exp((cos d - 1) / width^2); a wide one is a sum of few waves."""
    waves = _waves(width)
    if len(waves) <= FEW_WAVES:
        return _by_number(phase, product_of(lambda angle: _risen(angle, waves)))
    cosine: Alike = product_of(lambda angle: np.column_stack([np.cos(angle), np.sin(angle)]))
    return _by_number(phase, lambda left, right: _fall(cosine(left, right) - 1, width**-2))


@cache
def _waves(width: float) -> Floats:
    """Roots of the coefficients of cos(k d), k = 0, 1, ..., that a periodic kernel is made of."""
    turn = 2 * np.pi * np.arange(1024) / 1024
    share = np.fft.rfft(np.exp((np.cos(turn) - 1) / width**2)).real / 1024
    share[1:] *= 2
    return np.sqrt(share[: int((share > WAVELET).sum())])


def _risen(phase: Floats, waves: Floats) -> Floats:
    """(days, twice the waves) heights of the waves, each beside its own a quarter of a turn later."""
    turned = np.empty((len(phase), len(waves)), dtype=np.result_type(phase.dtype, np.complex64))
    turned[:, :1], turned[:, 1:] = 1.0, np.exp(1j * phase)[:, None]
    np.cumprod(turned, axis=1, out=turned)
    turned *= waves.astype(phase.dtype)
    return turned.view(phase.dtype)


def _month_phase(days: DayFeatures) -> Floats:
    return np.asarray(2 * np.pi * (days.month_day - 0.5) / days.month_length, dtype=days.day.dtype)


def _monthly(width: float) -> Kernel:
    return _round(_month_phase, width)


def _turn_of_month() -> Kernel:
    """Days about the turn of a month: bills, wages and statements come then, a day sooner or later."""

    def signed(days: DayFeatures) -> Floats:
        ends = np.asarray(days.month_day - 0.5 - days.month_length, dtype=float)
        return np.where(days.month_day <= 15, days.month_day - 0.5, ends).astype(days.day.dtype)

    return _by_number(signed, _about)


def _about(left: Floats, right: Floats) -> Floats:
    """Days at alike distances from a date resemble each other, the nearer they are to it."""
    first, second = (np.clip(distance, -FAR_OFF, FAR_OFF) / TURN_FADING for distance in (left, right))
    close = _nearness(first, second, left.dtype)
    close *= np.exp(-((left / TURN_REACH) ** 2))[:, None]
    close *= np.exp(-((right / TURN_REACH) ** 2))
    return close


def _yearly(width: float) -> Kernel:
    return _round(lambda days: days.year_phase, width)


def _week() -> list[Component]:
    return [
        Component(name="weekday", part="weekday", variance=0.01, kernel=_same("weekday")),
        Component(
            name="drifting weekday", part="weekday", variance=0.001, kernel=_times(_same("weekday"), _fading(120))
        ),
        Component(name="worked weekend", part="weekday", variance=0.01, kernel=_both("odd_weekend")),
    ]


def _month() -> list[Component]:
    return [
        Component(name="broad day of month", part="month_day", variance=0.001, kernel=_monthly(0.8)),
        Component(name="smooth day of month", part="month_day", variance=0.001, kernel=_monthly(0.3)),
        Component(name="turn of month", part="month_day", variance=0.01, kernel=_turn_of_month()),
        Component(name="single day of month", part="month_day", variance=0.0001, kernel=_same("month_day")),
        Component(name="days from month start", part="month_day", variance=0.001, kernel=_same_if_any("since_start")),
    ]


def _month_of_year() -> list[Component]:
    """How strongly a month starts: with less than a year of months this cannot be told from the usual start."""
    month, one_month = _started(lambda days: days.month), _started(lambda days: 12 * days.year + days.month)
    return [
        Component(name="month start by month", part="month_day", variance=0.001, kernel=month),
        Component(name="one month's start", part="month_day", variance=0.0003, kernel=one_month),
    ]


def _closures(days: DayFeatures) -> list[Component]:
    after, before, holiday = _both("after_gap"), _both("before_gap"), _both("holiday")
    found = []
    if days.after_gap.any() or days.before_gap.any():
        found += [
            Component(name="after closure", part="holiday", variance=0.01, kernel=after),
            Component(
                name="after closure by weekday", part="holiday", variance=0.003, kernel=_times(after, _same("weekday"))
            ),
            Component(name="before closure", part="holiday", variance=0.003, kernel=before),
            Component(name="bridge", part="holiday", variance=0.003, kernel=_times(after, before)),
        ]
    if days.holiday.any():
        by_name, by_weekday = _same_if_any("holiday"), _times(holiday, _same("weekday"))
        found += [
            Component(name="holiday", part="holiday", variance=0.01, kernel=holiday),
            Component(name="holiday by name", part="holiday", variance=0.01, kernel=by_name),
            Component(name="holiday by weekday", part="holiday", variance=0.003, kernel=by_weekday),
        ]
    return found


def _memory(days: DayFeatures) -> list[Component]:
    last, span = float(days.day.max()), days.span
    found = [
        Component(name="short memory", part="memory", variance=0.001, kernel=_fading(2)),
        # what fades more slowly than a sixth of history cannot be told from a level that stays
        Component(
            name="slow level",
            part="memory",
            variance=0.002,
            kernel=_fading(float(np.clip(span / 6, 40, 90))),
            gives_way=True,
        ),
    ]
    if span > 60:  # a short history says little of how long a growth lasts
        growth = _damped_trend(min(180.0, 0.3 * span), last)
        found.append(Component(name="trend", part="trend", variance=0.01, kernel=growth, gives_way=True))
    if days.beyond_a_year:
        lasting = _damped_trend(LASTING, last)
        found.append(Component(name="lasting trend", part="trend", variance=0.01, kernel=lasting, gives_way=True))
    return found


def _damped_trend(fading: float, origin: float) -> Kernel:
    """Level driven by a slope that forgets itself in `fading` days (integrated Ornstein-Uhlenbeck process).

    The slope is stationary with variance 1 per year; a forecast goes on with today's slope and bends to level.
    """

    def cumulated(days: DayFeatures) -> Floats:
        """Covariance of two levels is a difference of such functions, but for the 1 that is taken off."""
        passed = np.abs(days.day - origin) / fading
        return np.asarray(np.exp(-passed) + passed)

    def kernel(a: DayFeatures, b: DayFeatures) -> Floats:
        level = _apart(a, b)
        level /= -fading
        level -= _forgotten(a, b, fading)
        level += np.add.outer(cumulated(a), cumulated(b) - 1)
        level *= (fading / YEAR) ** 2
        return np.asarray(level)

    return kernel


def _year() -> list[Component]:
    # Three widths of different amplitude stand for one width that is learned.
    return [
        Component(name="yearly, broad", part="yearly", variance=0.003, kernel=_yearly(0.8)),
        Component(name="yearly, smooth", part="yearly", variance=0.003, kernel=_yearly(0.3), gives_way=True),
        Component(name="yearly, sharp", part="yearly", variance=0.001, kernel=_yearly(0.05)),
    ]


def _season(column: int) -> list[Component]:
    """A season's own level, and what is left of the start of a month that falls into it."""

    def inside(a: DayFeatures, b: DayFeatures) -> Floats:
        return np.outer(a.seasons[:, column], b.seasons[:, column])

    def from_start(a: DayFeatures, b: DayFeatures) -> Floats:
        return (_both("since_start")(a, b) + _same_if_any("since_start")(a, b)) / 2

    return [
        Component(name=f"season {column}", part="season", variance=0.01, kernel=inside),
        Component(
            name=f"season {column}, month start", part="season", variance=0.01, kernel=_times(inside, from_start)
        ),
    ]


def _approach(column: int) -> Component:
    """The days before a season: customers prepare for feasts and holidays, the more the nearer they are."""

    def near(days: DayFeatures) -> Floats:
        until = np.asarray(days.until_season[:, column], dtype=float)
        return np.where(until <= 3 * APPROACH, np.exp(-((until / APPROACH) ** 2)), 0.0)

    def kernel(a: DayFeatures, b: DayFeatures) -> Floats:
        apart = np.abs(np.subtract.outer(a.until_season[:, column], b.until_season[:, column]))
        return np.asarray(np.outer(near(a), near(b)) * np.exp(-apart / APPROACH))

    return Component(name=f"before season {column}", part="season", variance=0.003, kernel=kernel)


def _recurring(column: int) -> list[Component]:
    """What a pay day or billing day does before and after it, smoothly and on each day by itself."""
    part = f"recurring {column}"

    around = _by_number(lambda days: days.recurring[:, column].astype(float), _about)

    def exactly(a: DayFeatures, b: DayFeatures) -> Floats:
        left, right = a.recurring[:, column], b.recurring[:, column]
        near = (left >= -1) & (left <= TURN_REACH)
        return np.asarray(np.equal.outer(left, right) & near[:, None], dtype=float)

    return [
        Component(name=f"{part}, around", part=part, variance=0.01, kernel=around),
        Component(name=f"{part}, exactly", part=part, variance=0.01, kernel=exactly),
    ]


def _regressor(column: int) -> list[Component]:
    """What a regressor does in proportion, and how that bends: cold days and hot ones may both be busy."""
    part = f"regressor {column}"

    def straight(a: DayFeatures, b: DayFeatures) -> Floats:
        return np.outer(a.regressors[:, column], b.regressors[:, column])

    def bent(a: DayFeatures, b: DayFeatures) -> Floats:
        apart = np.subtract.outer(a.regressors[:, column], b.regressors[:, column])
        return np.asarray(np.exp(-(apart**2) / 2))

    def unknown(a: DayFeatures, b: DayFeatures) -> Floats:
        both = np.outer(a.unmeasured[:, column], b.unmeasured[:, column])
        return np.asarray(both * (np.exp(-_apart(a, b) / 14) + np.equal.outer(a.day, b.day)))

    return [
        Component(name=f"{part}, unknown", part="memory", variance=0.005, kernel=unknown),
        Component(name=f"{part}, straight", part=part, variance=0.01, kernel=straight),
        Component(name=f"{part}, bent", part=part, variance=0.001, kernel=bent),
    ]


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
        bent: Kernel = product_of(lambda days: days.bends)  # each peaks and fades by itself, sooner or later
        found.append(Component(name="bends", part="kind:bends", variance=BENDS, kernel=bent))
    return found


def _events_together(mine: npt.NDArray[np.bool_]) -> Kernel:
    return lambda a, b: np.outer(a.events[:, mine].sum(axis=1), b.events[:, mine].sum(axis=1))


def _events_apart(mine: npt.NDArray[np.bool_]) -> Kernel:
    return product_of(lambda days: days.events[:, mine])
