"""The demand on a time axis fine enough for every start, length and break: what each cell needs and what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import read_date
from wfm.durations import DAY
from wfm.errors import DataError, SettingError, did_you_mean, listed
from wfm.schedule.shifts.shift_types import ShiftType
from wfm.tables import REQUIREMENT, check, interval_of, with_end

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
LEAST_STEP = 60
ONE_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Demand:
    """How many people each cell needs; a cell is a slot of time of a queue, or a shift type of a day.

    Attributes
    ----------
    first : Timestamp               Midnight of the first day.
    days : int
    step : int                      Width of a slot [s].
    interval : float                Width of the demand's intervals: the grid of breaks without their own [s].
    queues : tuple of str
    required : (queues, cells)      People.
    hours : (queues, cells)         Hours of a cell in which people missing or over cost something.
    room : (queues, cells) or None  How many may be missing before a stated minimum is broken, infinite where there is
                                    none; None = none anywhere.
    cells : (slots,) or None        Cell of every slot from the first midnight, two days past the horizon included.
    table : DataFrame               queue, start, end, required: the rows of the coverage table (and type, by shift).
    types : tuple of str            Shift types of a demand by day and shift; empty = by interval.
    """

    first: pd.Timestamp
    days: int
    step: int
    interval: float
    queues: tuple[str, ...]
    required: Floats
    hours: Floats
    cells: Ints
    table: pd.DataFrame
    types: tuple[str, ...] = ()
    cyclic: bool = False
    room: Floats | None = None

    @property
    def last(self) -> pd.Timestamp:
        """The first day after the horizon."""
        return self.first + pd.Timedelta(days=self.days)

    @property
    def dates(self) -> pd.DatetimeIndex:
        """The days of the horizon."""
        return pd.date_range(self.first, periods=self.days, freq="D")

    @property
    def grid(self) -> tuple[pd.Timestamp, int, int, float, tuple[str, ...]]:
        """What the time axis is, whatever is needed on it."""
        return self.first, self.days, self.step, self.interval, self.types

    @property
    def slots_a_day(self) -> int:
        """Slots of a day."""
        return int(DAY) // self.step

    def seconds(self, moments: pd.Series) -> Floats:
        """Seconds from the first midnight."""
        since = moments.to_numpy(dtype="datetime64[ns]") - self.first.to_datetime64()
        return np.asarray(since / np.timedelta64(1, "s"), dtype=float)


def read_demand(
    demand: pd.DataFrame,
    shift_types: Sequence[ShiftType],
    *,
    queues: Sequence[str] = (),
    start: object = None,
    end: object = None,
    cyclic: bool = False,
    also: Sequence[float] = (),
) -> Demand:
    """The demand of a table by interval (queue, start, rostered or agents) or by day and shift (day, type, people).

    Parameters
    ----------
    queues : further queues that people may serve, without demand here
    start : first day of the horizon; None = the first day of the demand
    end : first day after it; None = the day after the last of the demand
    also : further moments, seconds of the day, that slots must meet (trainings)
    """
    if not shift_types:
        raise SettingError(
            "shift_types must hold at least one ShiftType, got none.", name="shift_types", value=shift_types
        )
    doubled = sorted(name for name, count in Counter(kind.name for kind in shift_types).items() if count > 1)
    if doubled:
        raise SettingError(
            f"shift_types must have names of their own, got {listed(doubled)} twice. Rename one, or give one type both "
            "starts.",
            name="shift_types",
            value=doubled,
        )
    if not isinstance(demand, pd.DataFrame) or not len(demand):
        raise DataError(
            "demand must be a table with rows: queue, start and agents (or rostered), or day, type and "
            f"people; got {'no rows' if isinstance(demand, pd.DataFrame) else type(demand).__name__}.",
            table="demand",
        )
    if "type" in demand and "people" in demand:
        return _by_shift(demand, shift_types, queues, start)
    return _by_interval(demand, shift_types, queues, (start, end), cyclic, also)


def _by_interval(
    demand: pd.DataFrame,
    shift_types: Sequence[ShiftType],
    queues: Sequence[str],
    span: tuple[object, object],
    cyclic: bool,
    also: Sequence[float],
) -> Demand:
    column = "rostered" if "rostered" in demand else "agents"
    plain = demand if "agents" in demand else demand.assign(agents=demand.get("rostered"))
    if plain["agents"].isna().all():
        plain = plain.drop(columns="agents")
    table = with_end(check(plain, REQUIREMENT))
    interval = interval_of(table)
    first = read_date(span[0]) if span[0] is not None else table["start"].min().normalize()
    days = _days_from(first, table["end"].max() if span[1] is None else read_date(span[1]))
    _refuse_early(table, first)
    last = first + pd.Timedelta(days=days)
    table = table[table["end"] <= (last if cyclic else last + 2 * ONE_DAY)].reset_index(drop=True)
    required = table[column].fillna(table["agents"]).to_numpy(dtype=float)
    begin = (table["start"] - first).dt.total_seconds().to_numpy()
    until = (table["end"] - first).dt.total_seconds().to_numpy()
    step = _step([*np.unique(begin % DAY), *np.unique(until % DAY), *also], shift_types, interval)
    slots, horizon = int((days + 2) * DAY) // step, int(days * DAY) // step
    if cyclic and days < 2:
        raise SettingError(
            "cyclic needs a demand of at least two days. Leave it out, or repeat the day.", name="cyclic", value=cyclic
        )
    cells = np.arange(slots) % horizon if cyclic else np.arange(slots)
    names = tuple(dict.fromkeys([*table["queue"], *queues]))
    people = np.zeros((len(names), horizon if cyclic else slots))
    least = table["minimum"].fillna(0.0).to_numpy(dtype=float) if "minimum" in table else np.zeros(len(table))
    room = np.full(people.shape, np.inf)
    for queue, a, b, need, low in zip(table["queue"], begin, until, required, least, strict=True):
        own = names.index(queue), slice(round(a / step), round(b / step))
        people[own] = need
        if low > 0:
            room[own] = max(0.0, need - low)
    hours = np.zeros_like(people)
    hours[:, :horizon] = step / 3600
    for queue, a, b in zip(table["queue"], begin, until, strict=True):  # what is asked for past the last day
        hours[names.index(queue), max(horizon, round(a / step)) : round(b / step)] = step / 3600
    hours[[name not in set(table["queue"]) for name in names]] = 0.0
    shown = table[["queue", "start", "end"]].assign(required=required)[table["start"] < last].reset_index(drop=True)
    return Demand(
        first=first,
        days=days,
        step=step,
        interval=interval,
        queues=names,
        required=people,
        hours=hours,
        cells=cells,
        table=shown,
        cyclic=cyclic,
        room=room if (least > 0).any() else None,
    )


def _by_shift(demand: pd.DataFrame, shift_types: Sequence[ShiftType], queues: Sequence[str], start: object) -> Demand:
    when = "day" if "day" in demand else "start"
    if when not in demand:
        raise DataError(
            f"demand by day and shift needs the column day; it has {listed(map(str, demand.columns))}.",
            table="demand",
            column="day",
        )
    known = {kind.name: kind for kind in shift_types}
    bad = np.flatnonzero(~demand["type"].isin(known))
    if len(bad):
        got = demand["type"].iloc[bad[0]]
        raise DataError(
            f"demand.type must be a shift type, one of {listed(known)}, in {len(bad)} row(s), first: row "
            f"{bad[0]}, type={got!r}.{did_you_mean(got, known)} Correct the name.",
            table="demand",
            column="type",
            rows=bad.tolist(),
        )
    people = pd.to_numeric(demand["people"], errors="coerce").to_numpy(dtype=float)
    wrong = np.flatnonzero(~(people >= 0) | np.isinf(people))
    if len(wrong):
        raise DataError(
            f"demand.people must be a number in [0, inf) people in {len(wrong)} row(s), first: row "
            f"{wrong[0]}, "
            f"people={demand['people'].iloc[wrong[0]]}. Correct or drop these rows.",
            table="demand",
            column="people",
            rows=wrong.tolist(),
        )
    day = pd.to_datetime(demand[when]).dt.normalize()
    queue = demand["queue"].astype(str) if "queue" in demand else pd.Series("all", index=demand.index)
    first = read_date(start) if start is not None else day.min()
    days = int((day.max() - first) / pd.Timedelta(days=1)) + 1
    names, types = tuple(dict.fromkeys([*queue, *(queues if "queue" in demand else ())])), tuple(known)
    required = np.zeros((len(names), days * len(types)))
    hours = np.zeros_like(required)
    place = ((day - first) / pd.Timedelta(days=1)).astype(int).to_numpy()
    for q, d, kind, need in zip(queue, place, demand["type"], people, strict=True):
        if d >= 0:
            required[names.index(q), d * len(types) + types.index(kind)] += need
    for k, kind in enumerate(shift_types):
        hours[:, k :: len(types)] = kind.paid_seconds / 3600
    for q, d, kind, weight in zip(queue, place, demand["type"], _weights(demand), strict=True):
        if d >= 0:
            hours[names.index(q), d * len(types) + types.index(kind)] *= weight
    shown = pd.DataFrame(
        {
            "queue": queue.to_numpy(),
            "start": day.to_numpy(),
            "end": (day + pd.Timedelta(days=1)).to_numpy(),
            "required": people,
            "type": demand["type"].to_numpy(),
        }
    )
    step = _step([], shift_types, 900.0)
    return Demand(
        first=first,
        days=days,
        step=step,
        interval=900.0,
        queues=names,
        required=required,
        hours=hours,
        cells=np.arange(int((days + 2) * DAY) // step),
        table=shown.reset_index(drop=True),
        types=types,
    )


def _weights(demand: pd.DataFrame) -> Floats:
    """How much people missing or over matter by row; 1 = as everywhere."""
    if "weight" not in demand:
        return np.ones(len(demand))
    weights = pd.to_numeric(demand["weight"], errors="coerce").fillna(1.0).to_numpy(dtype=float)
    wrong = np.flatnonzero(~(weights >= 0) | np.isinf(weights))
    if len(wrong):
        raise DataError(
            f"demand.weight must be a number in [0, inf) in {len(wrong)} row(s), first: row {wrong[0]}, "
            f"weight={weights[wrong[0]]}. Correct these rows.",
            table="demand",
            column="weight",
            rows=wrong.tolist(),
        )
    return weights


def _days_from(first: pd.Timestamp, until: pd.Timestamp) -> int:
    days = int(np.ceil((until - first) / ONE_DAY))
    if days < 1:
        raise SettingError(
            f"end must lie after the first day {first.date()}, got {until.date()}. Leave it out, or correct it.",
            name="end",
            value=until,
        )
    return days


def _refuse_early(table: pd.DataFrame, first: pd.Timestamp) -> None:
    early = np.flatnonzero((table["start"] < first).to_numpy())
    if len(early):
        raise DataError(
            f"demand.start must not lie before the first day {first.date()} in {len(early)} row(s), "
            "first: row "
            f"{early[0]}, start={table['start'].iloc[early[0]]}. Drop these rows or move `start`.",
            table="demand",
            column="start",
            rows=early.tolist(),
        )


def _step(moments: Sequence[float], shift_types: Sequence[ShiftType], interval: float) -> int:
    """The greatest step common to all times [s]."""
    times = [DAY, interval, *moments]
    for kind in shift_types:
        times += [kind.length, *kind.starts]
        for pause in kind.breaks:
            times += [pause.length, *(t for start in kind.starts for t in pause.starts(start, kind.length, interval))]
    step = gcd(*(round(time) for time in times))
    if step < LEAST_STEP:
        raise SettingError(
            f"starts, lengths, breaks and intervals have only {step} s in common, at least "
            f"{LEAST_STEP} s "
            "are needed. Choose times on a common grid such as 15 minutes.",
            name="shift_types",
            value=step,
        )
    return step
