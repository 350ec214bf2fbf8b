"""What kind of day it is: the features on which the level of a day depends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import FAR, Calendar
from wfm.forecast.learned.scaling import Scaled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
YEAR = 365.25
MONTH_START = 6
"""Days after the start of a month that carry an effect of their own."""
SEVERAL = 1.1
"""Years of history from which on what comes every year can be told from what came once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFeatures:
    """Features of days, an array each.

    Attributes
    ----------
    day : array             Day number since 1970-01-01.
    weekday : array         Monday = 0.
    month_day, month_length : array     In the calendar's reckoning.
    month, year : array
    since_start : array     1-6: days from the first working day of the month on, to which a start on a weekend, holiday
                            or closure moves; 0 elsewhere.
    after_gap, before_gap : array   1 where the last or next usual day is closed or a holiday.
    back_to_work : array    1 on the first working day after a holiday or closure, weekend days not counted.
    holiday : array         Number of the holiday's name, 0 = none.
    odd_weekend : array     1 on a weekend day that is worked as a usual day.
    year_phase : array      Angle of the solar year, the same on a date of every year.
    seasons : array         (days, seasons) 1 inside a season of the calendar.
    until_season : array    (days, seasons) days until the next one begins; 99 = none is near.
    recurring : array       (days, recurring days) days from the nearest pay day, billing day, ...; 99 = none is near.
    regressors : array      (days, regressors) standard deviations from what is usual.
    unmeasured : array      (days, regressors) 1 before the regressor's first value.
    events : array          (days, events) how much of each event is felt, 1 = its peak.
    bends : array           (days, bends) how the curves of the events may be bent.
    """

    day: Floats
    weekday: Ints
    month_day: Ints
    month_length: Ints
    month: Ints
    year: Ints
    since_start: Ints
    after_gap: Floats
    before_gap: Floats
    back_to_work: Floats
    holiday: Ints
    odd_weekend: Floats
    year_phase: Floats
    seasons: Floats
    until_season: Ints
    recurring: Ints
    regressors: Floats
    unmeasured: Floats
    events: Floats
    bends: Floats

    def __len__(self) -> int:
        """Return the number of days."""
        return len(self.day)

    @property
    def span(self) -> float:
        """Days from the first to the last."""
        return float(self.day.max() - self.day.min())

    @property
    def beyond_a_year(self) -> bool:
        """Whether they reach so far beyond a year that what comes every year can be told."""
        return self.span > SEVERAL * YEAR

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> DayFeatures:
        """Some of the days."""
        return DayFeatures(**{name: getattr(self, name)[rows] for name in _FEATURES})

    def single(self) -> DayFeatures:
        """The same days in single precision, in which their kernels cost half."""
        columns = {name: getattr(self, name) for name in _FEATURES}
        return DayFeatures(**{n: c.astype(np.float32) if c.dtype == float else c for n, c in columns.items()})

    def then(self, others: DayFeatures) -> DayFeatures:
        """These days and others after them."""
        return DayFeatures(**{n: np.concatenate([getattr(self, n), getattr(others, n)]) for n in _FEATURES})

    def with_events(self, events: Floats, bends: Floats | None = None) -> DayFeatures:
        """The same days with what they feel of events, and how that may be bent."""
        return replace(self, events=events, bends=np.zeros((len(self), 0)) if bends is None else bends)


_FEATURES = tuple(feature.name for feature in fields(DayFeatures))


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReader:
    """Turns dates into features, with the names and the weekly pattern that were seen in history."""

    calendar: Calendar
    usual: frozenset[int]
    holiday_names: tuple[str, ...]
    regressors: tuple[Scaled, ...] = ()

    @classmethod
    def of(cls, calendar: Calendar, open_days: pd.DatetimeIndex, regressors: tuple[Scaled, ...] = ()) -> DayReader:
        """Learn the usual weekdays and the names of holidays from the open days of history."""
        counts = np.bincount(open_days.day_of_week, minlength=7)
        usual = frozenset(np.flatnonzero(counts * 4 >= counts.max()).tolist())
        span = pd.date_range(open_days[0], open_days[-1] + pd.Timedelta(days=400), freq="D")
        names = sorted(set(calendar.holiday_names(span).values()))
        return cls(calendar=calendar, usual=usual, holiday_names=tuple(names), regressors=regressors)

    def read(self, days: pd.DatetimeIndex, open_days: pd.DatetimeIndex) -> DayFeatures:
        """Features of `days`; a usual day missing between the `open_days` is a closure."""
        span = pd.date_range(days.min() - pd.Timedelta(days=31), days.max() + pd.Timedelta(days=8), freq="D")
        at = _number(days) - _number(span[:1])
        year, month, month_day, length = self.calendar.month_day(span).to_numpy(dtype=np.int64).T
        weekend, off = self.calendar.is_weekend(span), self.calendar.is_holiday(span) | self.calendar.is_closed(span)
        after, before = self._gaps(span, at, off, open_days)
        named = self.calendar.holiday_names(days)
        numbers = {name: k + 1 for k, name in enumerate(self.holiday_names)}
        holiday = np.zeros(len(days), dtype=np.int64)
        for row in np.flatnonzero(days.isin(list(named))).tolist():
            holiday[row] = numbers.get(str(named[days[row]]), 0)
        weekday = np.asarray(days.day_of_week, dtype=np.int64)
        odd = days.isin(self.calendar.workdays)
        seasons = [self.calendar.in_season(days, name) for name in self.calendar.seasons]
        until = [_until_next(days, spans) for spans in self.calendar.seasons.values()]
        recurring = [self.calendar.from_recurring(days, name) for name in self.calendar.recurring]
        measured = [one.of(days) for one in self.regressors]
        unmeasured = [one.before(days) for one in self.regressors]
        return DayFeatures(
            day=_number(days).astype(float),
            weekday=weekday,
            month_day=month_day[at],
            month_length=length[at],
            month=month[at],
            year=year[at],
            since_start=_from_month_start(at, year * 12 + month, ~(weekend | off)),
            after_gap=after,
            before_gap=before,
            back_to_work=_back_to_work(at, weekend, off & ~weekend),
            holiday=holiday,
            odd_weekend=np.asarray(odd, dtype=float),
            year_phase=_year_phase(days),
            seasons=np.array(seasons, dtype=float).reshape(len(seasons), len(days)).T,
            until_season=np.array(until, dtype=np.int64).reshape(len(until), len(days)).T,
            recurring=np.array(recurring, dtype=np.int64).reshape(len(recurring), len(days)).T,
            regressors=np.array(measured, dtype=float).reshape(len(measured), len(days)).T,
            unmeasured=np.array(unmeasured, dtype=float).reshape(len(measured), len(days)).T,
            events=np.zeros((len(days), 0)),
            bends=np.zeros((len(days), 0)),
        )

    def _gaps(
        self, span: pd.DatetimeIndex, at: Ints, off: npt.NDArray[np.bool_], open_days: pd.DatetimeIndex
    ) -> tuple[Floats, Floats]:
        """Whether the usual day before and after those at some places of the span is off, or missing."""
        usual, number, known = np.isin(span.day_of_week, list(self.usual)), _number(span), _number(open_days)
        missing = (number > known.min()) & (number < known.max()) & ~np.isin(number, known)
        gap = usual & (missing | off)
        worked = np.flatnonzero(usual)
        place = np.searchsorted(worked, at)
        after = gap[worked[np.maximum(place - 1, 0)]]
        before = gap[worked[np.minimum(place + usual[at], len(worked) - 1)]]
        return after.astype(float), before.astype(float)


def _back_to_work(at: Ints, weekend: npt.NDArray[np.bool_], off: npt.NDArray[np.bool_]) -> Floats:
    """Whether the days at some places are the first to be worked after weekdays off."""
    weekdays = np.flatnonzero(~weekend)
    first = np.zeros(len(weekend), dtype=bool)
    first[weekdays[1:]] = off[weekdays[:-1]] & ~off[weekdays[1:]]
    return np.asarray(first[at], dtype=float)


def _year_phase(days: pd.DatetimeIndex) -> Floats:
    """Angle of the solar year; the leap day is as the day before it, so that Christmas is where it always is."""
    passed = np.asarray(days.day_of_year, dtype=float)
    return 2 * np.pi * (passed - (np.asarray(days.is_leap_year) & (passed > 59))) / YEAR


def _from_month_start(at: Ints, month: Ints, working: npt.NDArray[np.bool_]) -> Ints:
    """Days from the first working day of the month on, 1-6, of the days at some places; 0 elsewhere."""
    order = np.flatnonzero(working)
    months, first_of = np.unique(month[order], return_index=True)
    place = np.minimum(np.searchsorted(months, month[at]), max(len(months) - 1, 0))
    starts = np.where(months[place] == month[at], order[first_of][place], len(month)) if len(months) else len(month)
    since = at - starts + 1
    return np.where((since >= 1) & (since <= MONTH_START), since, 0)


def _until_next(days: pd.DatetimeIndex, spans: Sequence[tuple[pd.Timestamp, pd.Timestamp]]) -> Ints:
    """Days until the next of these spans begins, `FAR` where that is long."""
    begins = np.sort(np.array([start for start, _ in spans], dtype="datetime64[D]").astype(np.int64))
    if not len(begins):
        return np.full(len(days), FAR, dtype=np.int64)
    number = _number(days)
    place = np.searchsorted(begins, number, side="right")  # a day on which one begins is not before it
    apart = np.where(place < len(begins), begins[np.minimum(place, len(begins) - 1)] - number, FAR)
    return np.asarray(np.minimum(apart, FAR), dtype=np.int64)


def _number(days: pd.DatetimeIndex) -> Ints:
    return days.to_numpy().astype("datetime64[D]").astype(np.int64)


def closures(asked: pd.DatetimeIndex, known: pd.DatetimeIndex, usual: frozenset[int]) -> pd.DatetimeIndex:
    """The open days against which gaps are told: what is known, what is asked, and days that nobody spoke of.

    A request that leaves out single usual days says that they are closed; one for scattered days says nothing.
    """
    span = pd.date_range(min(asked.min(), known.max()), asked.max(), freq="D")
    span = span[(span > known.max()) & np.isin(span.day_of_week, list(usual))]
    silent = span[~span.isin(asked)]
    if len(span) and len(silent) <= 0.4 * len(span):
        silent = silent[:0]
    return known.union(asked).union(silent)
