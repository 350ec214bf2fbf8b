"""Whether a rotation keeps its contract over all weeks and their seams: written from the rules' text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from wfm.calendars import weekday_set
from wfm.durations import clock, spoken
from wfm.schedule.people.people import Contract

DAY = pd.Timedelta(days=1)
Broken = tuple[str, str]


def rotation_faults(
    table: pd.DataFrame,
    contract: Contract,
    *,
    weeks: int,
    first_day: object | None = None,
    weekend: Sequence[str] = ("sat", "sun"),
    least_days_off: int = 1,
    one_type_a_week: bool = True,
) -> pd.DataFrame:
    """Every broken rule of a rotation, one row each: tour, rule, message; no rows where all is well.

    Shifts and their breaks are judged by `schedule_faults`.

    Parameters
    ----------
    table : schedule        With `tour` and `week`, 1 to `weeks`, and `line` where there are several; a week without
                            work has no rows.
    first_day : date        First day of the planning week; None = the earliest start of the table.

    >>> table = pd.DataFrame({"shift": ["a", "b"], "tour": ["v-1", "v-2"], "week": [1, 2], "type": "day", "people": 3,
    ...                       "start": pd.to_datetime(["2026-11-08 22:00", "2026-11-02 06:00"]), "activity": "work",
    ...                       "end": pd.to_datetime(["2026-11-09 06:00", "2026-11-02 14:00"]), "paid": True})
    >>> rotation_faults(table, Contract(name="ft"), weeks=2, first_day="2026-11-02")["message"].tolist()
    ['rests 0 s between day 7 and day 8, at least 11 h']
    """
    first = pd.Timestamp(first_day) if first_day is not None else table["start"].min()  # type: ignore[arg-type]
    off = weekday_set(list(weekend), name="weekend") if weekend else frozenset()
    free = {p for p in range(7 * weeks) if (first + p * DAY).day_of_week in off}
    found: list[tuple[str, str, str]] = []
    for _, own in table.groupby(table["line"] if "line" in table else pd.Series(1, index=table.index)):
        duties = _duties(own, first.normalize(), weeks)
        line = duties.drop_duplicates("day").sort_values("day").to_dict("records")
        days = {row["day"] for row in line}
        broken = [*_groups(duties, contract), *(_bands(duties, contract) if one_type_a_week else ())]
        broken += _rest(line, contract, 7 * weeks)
        broken += _stretches(days, contract, 7 * weeks, least_days_off)
        broken += _hours(line, contract, weeks)
        broken += _weekends(days, contract, free, 7 * weeks)
        found += [(str(own["tour"].iloc[0]).rsplit("-", 1)[0], *one) for one in broken]
    return pd.DataFrame(found, columns=["tour", "rule", "message"])


def _duties(table: pd.DataFrame, first: pd.Timestamp, weeks: int) -> pd.DataFrame:
    """One row a line of the table: day and week of the rotation, start, end and paid hours.

    A start on the eighth day of a week that does not begin at midnight belongs to the first of the week after.
    """
    hours = (table["end"] - table["start"]).dt.total_seconds() / 3600
    own = table.assign(hours=hours.where(table["paid"].astype(bool), 0.0)).groupby("shift", as_index=False).agg(
        week=("week", "first"), type=("type", "first"), start=("start", "min"), end=("end", "max"),
        people=("people", "first"), hours=("hours", "sum"),
    )  # fmt: skip
    date = own["start"].dt.normalize()
    day = (7 * (own["week"] - 1) + (date - first).dt.days).astype(int) % (7 * weeks)
    return own.assign(day=day, week=day // 7 + 1, clock=(own["start"] - date).dt.total_seconds())


def _groups(duties: pd.DataFrame, contract: Contract) -> Iterator[Broken]:
    """Each day of the line has one shift, worked by the same number of people as every other."""
    for _, rows in duties.groupby("day"):
        if len(rows.drop_duplicates(["start", "end", "type"])) > 1:
            yield "one_shift_a_day", f"has several shifts on day {int(rows['day'].iloc[0]) + 1}"
        lost = sorted(set(rows["type"]) - set(contract.shifts or rows["type"]))
        if lost:
            yield "shifts", f"works {lost[0]}, which the contract does not allow"
    people = duties.groupby("day")["people"].sum()
    if len(people) and people.min() < people.max():
        yield "people", f"has groups of {int(people.min())} to {int(people.max())} people"


def _bands(duties: pd.DataFrame, contract: Contract) -> Iterator[Broken]:
    """A week holds one shift type, and starts within the band."""
    for week, rows in duties.groupby("week"):
        if len(set(rows["type"])) > 1:
            yield "one_type_a_week", f"mixes the types {sorted(set(rows['type']))} in week {week}"
        apart = float(rows["clock"].max() - rows["clock"].min())
        if contract.start_band is not None and apart > 2 * contract.start_band + 1e-6:
            first, last = clock(float(rows["clock"].min())), clock(float(rows["clock"].max()))
            yield "start_band", f"starts between {first} and {last} in week {week}"


def _rest(line: list[Any], contract: Contract, days: int) -> Iterator[Broken]:
    """Rest between one shift and the next, the first of the line after the last."""
    spans = [
        (row["day"], row["day"] * DAY + row["clock"] * pd.Timedelta(seconds=1), row["end"] - row["start"])
        for row in line
    ]
    again = [(day + days, start + days * DAY, length) for day, start, length in spans[:1]]
    for (day, start, length), (next_day, after, _) in pairwise(spans + again):
        rest = (after - start - length).total_seconds()
        if rest < contract.min_rest - 1e-6:
            yield (
                "min_rest",
                f"rests {spoken(max(rest, 0.0))} between day {day + 1} and day {next_day % days + 1}, at least "
                f"{spoken(contract.min_rest)}",
            )


def _stretches(worked: set[int], contract: Contract, days: int, least_off: int) -> Iterator[Broken]:
    """Days in a row and days off in a row around the line."""
    if len(worked) == days:
        if contract.max_consecutive_days < 366:
            yield "max_consecutive_days", "never has a day off"
        return
    for begin in range(days):
        if (begin in worked) == ((begin - 1) % days in worked):
            continue
        length = 1
        while ((begin + length) % days in worked) == (begin in worked):
            length += 1
        if begin in worked and length > contract.max_consecutive_days:
            yield (
                "max_consecutive_days",
                f"works {length} days in a row from day {begin + 1}, at most {contract.max_consecutive_days}",
            )
        if begin not in worked and length < least_off:
            yield "least_days_off", f"has {length} day(s) off from day {begin + 1}, at least {least_off} in a row"


def _hours(line: list[Any], contract: Contract, weeks: int) -> Iterator[Broken]:
    """Days and paid hours of every week."""
    hours = [sum(row["hours"] for row in line if row["week"] == week) for week in range(1, weeks + 1)]
    days = [sum(row["week"] == week for row in line) for week in range(1, weeks + 1)]
    for week in range(weeks):
        spans: list[tuple[str, float, tuple[float, float] | None]] = [
            ("days_per_week", days[week], contract.days_per_week)
        ]
        if contract.averaging_weeks is None:
            spans.append(("hours_per_week", hours[week], contract.hours_per_week))
        if contract.max_hours_in_week is not None:
            spans.append(("max_hours_in_week", hours[week], (0.0, contract.max_hours_in_week)))
        for rule, number, span in spans:
            if span is not None and not span[0] - 1e-6 <= number <= span[1] + 1e-6:
                what = "day(s)" if rule == "days_per_week" else "paid h"
                yield rule, f"has {number:g} {what} in week {week + 1}, allowed: {span[0]:g} to {span[1]:g}"
    mean = sum(hours) / weeks
    least, most = contract.hours_per_week or (0.0, 168.0)
    if contract.averaging_weeks is not None and not least - 1e-6 <= mean <= most + 1e-6:
        yield "hours_per_week", f"has {mean:g} paid h a week in the mean, allowed: {least:g} to {most:g}"


def _weekends(worked: set[int], contract: Contract, free: set[int], days: int) -> Iterator[Broken]:
    """Weekends with work in any four weeks."""
    if contract.max_weekends is None or not free or len(free) == days:
        return
    begins = [p for p in sorted(free) if (p - 1) % days not in free]
    busy = []
    for begin in begins:
        own = {begin}
        while (max(own) + 1) % days in free and len(own) < days:
            own.add(max(own) + 1)
        busy.append(any(day % days in worked for day in own))
    for first in range(len(busy)):
        number = sum(busy[(first + j) % len(busy)] for j in range(4))
        if number > contract.max_weekends:
            yield (
                "max_weekends",
                f"works {number} weekends in the four weeks from week {first + 1}, at most {contract.max_weekends}",
            )
            return
