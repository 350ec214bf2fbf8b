"""Everything that a plan starts from, read and checked before anything is computed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from wfm.errors import DataError, SettingError, SettingsError, WfmWarning, listed
from wfm.events import Event
from wfm.settings import Week
from wfm.tables import (
    ADJUSTMENTS,
    AGENTS,
    AVAILABILITY,
    FORECAST,
    LOCKS,
    REQUIREMENT,
    ROSTER,
    SCHEDULE,
    WISHES,
    Spec,
    empty,
)

if TYPE_CHECKING:
    from wfm.schedule import People


FAR, FARTHEST = 120, 730  # days from the end of history to the plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The tables of a plan.

    Attributes
    ----------
    week : Week
    histories : mapping         queue -> history until the last day that may be used.
    contacts : mapping          queue -> contacts, where the history came contact by contact.
    forecasts, requirements : mapping   queue -> table that was handed in.
    schedule, roster : table or None    Handed in.
    adjustments : table or None
    people : People or None
    suspects : table or None    Unusual days of the history with the planner's answers.
    reports : mapping           queue -> what the history reader found.
    notes : tuple of str        Warnings met on the way.
    """

    week: Week
    histories: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    contacts: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    forecasts: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    requirements: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    schedule: pd.DataFrame | None = None
    roster: pd.DataFrame | None = None
    adjustments: pd.DataFrame | None = None
    people: People | None = None
    suspects: pd.DataFrame | None = None
    reports: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class _Doors:
    """Reads table after table and keeps every problem until all are read."""

    def __init__(self, week: Week) -> None:
        self.week = week
        self.problems: list[SettingError | DataError] = []
        self.notes: list[str] = []

    def open(self, read: Callable[[], Any], *path: str | int) -> Any:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", WfmWarning)
            try:
                return read()
            except (DataError, SettingError) as error:
                place = self.week.where(*path) or ".".join(str(part) for part in path)
                message = f"{place}: {error}"
                self.problems.append(
                    DataError(
                        message,
                        table=getattr(error, "table", None),
                        column=getattr(error, "column", None),
                        rows=getattr(error, "rows", ()),
                    )
                )
                return None
            finally:
                self.notes += [str(entry.message) for entry in caught if issubclass(entry.category, WfmWarning)]

    def table(self, source: object, spec: Spec, *path: str | int, queues: tuple[str, ...] | None = None) -> Any:
        from wfm.history import read_table

        if source is None:
            return None
        place = self.week.path(source)
        return self.open(lambda: read_table(place, spec, calendar=self.week.calendar, queues=queues), *path)

    def close(self) -> None:
        if len(self.problems) == 1:
            raise self.problems[0]
        if self.problems:
            raise SettingsError(self.problems)


def read_inputs(week: Week, handed: Mapping[str, Any]) -> Inputs:
    """All tables that the week names or that were handed in; all problems at once.

    Parameters
    ----------
    handed : mapping    history, forecast, requirement: {queue: table} or one table with a queue column;
                        schedule, roster: a table.
    """
    doors = _Doors(week)
    histories, contacts, reports = _histories(week, handed.get("history"), doors)
    forecasts = _by_queue(week, "forecast", FORECAST, handed.get("forecast"), doors)
    requirements = _by_queue(week, "requirement", REQUIREMENT, handed.get("requirement"), doors)
    names = tuple(week.queues)
    schedule = doors.table(_given(handed, "schedule", week.spec.schedule), SCHEDULE, "schedule")
    roster = doors.table(_given(handed, "roster", week.spec.roster), ROSTER, "roster")
    adjustments = doors.table(week.spec.adjust, ADJUSTMENTS, "adjust", queues=names)
    people = _people(week, doors)
    told = _told(week, doors)
    histories, fresh = _answered(histories, told)
    _sourced(week, histories, forecasts, requirements, doors)
    _open_at_all(week, doors)
    _near_enough(week, histories, doors)
    doors.close()
    return Inputs(
        week=replace(week, events=(*week.events, *fresh)),
        suspects=told,
        histories=histories,
        contacts=contacts,
        forecasts=forecasts,
        requirements=requirements,
        schedule=schedule,
        roster=roster,
        adjustments=adjustments,
        people=people,
        reports=reports,
        notes=tuple(dict.fromkeys(doors.notes)),
    )


def _told(week: Week, doors: _Doors) -> pd.DataFrame | None:
    """The answers about unusual days; the file need not be there yet."""
    from wfm.suspects import SUSPECTS

    source = week.path(week.spec.suspects)
    if source is None or (isinstance(source, Path) and not source.is_file()):
        return None
    found: pd.DataFrame | None = doors.table(source, SUSPECTS, "suspects", queues=tuple(week.queues))
    return found


def _answered(
    histories: dict[str, pd.DataFrame], told: pd.DataFrame | None
) -> tuple[dict[str, pd.DataFrame], tuple[Event, ...]]:
    """Histories with the excluded days marked, and the events that the planner recognised."""
    from wfm.suspects import apply_answers

    if told is None or not histories:
        return histories, ()
    marked, fresh = apply_answers(pd.concat(list(histories.values()), ignore_index=True), told)
    return {name: marked[marked["queue"] == name].reset_index(drop=True) for name in histories}, tuple(fresh)


def _given(handed: Mapping[str, Any], key: str, in_file: object) -> object:
    return handed[key] if handed.get(key) is not None else in_file


def _histories(
    week: Week, handed: Any, doors: _Doors
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    from wfm.history import inspect_history

    histories: dict[str, pd.DataFrame] = {}
    contacts: dict[str, pd.DataFrame] = {}
    reports: dict[str, pd.DataFrame] = {}
    for name, part in week.spec.queues.items():
        source = _of_queue(handed, name) if handed is not None else None
        source = week.path(part.history) if source is None else source
        if source is None:
            continue
        reading = doors.open(
            lambda source=source, part=part, name=name: inspect_history(  # type: ignore[misc]
                source,
                columns=part.columns or None,
                queue=name,
                timezone=week.spec.timezone,
                interval=week.spec.interval,
                hours=week.queues[name].hours,
                sheet=part.sheet,
                dates=part.dates,
                within=part.within,
                outcomes=part.outcomes or None,
                absent=part.absent,
                stamps=part.stamps,
                calendar=week.calendar,
            ),
            "queues",
            name,
            "history",
        )
        if reading is None:
            continue
        until = week.history_until or week.start - pd.Timedelta(days=1)
        kept = reading.history[reading.history["start"] < until + pd.Timedelta(days=1)]
        if kept.empty:
            doors.problems.append(
                DataError(
                    f"{_at(week, name)}history of queue {name!r} has no row until {until.date()} (plan.history_until); "
                    f"it begins {reading.history['start'].min()}. Give older history or a later history_until.",
                    table="history",
                )
            )
            continue
        histories[name], reports[name] = kept.reset_index(drop=True), reading.report
        if reading.contacts is not None:
            before = reading.contacts["arrival"] < until + pd.Timedelta(days=1)
            contacts[name] = reading.contacts[before].reset_index(drop=True)
    return histories, contacts, reports


def _at(week: Week, queue: str) -> str:
    place = week.where("queues", queue, "history")
    return f"{place}: " if place else ""


def _by_queue(week: Week, key: str, spec: Spec, handed: Any, doors: _Doors) -> dict[str, pd.DataFrame]:
    found = {}
    for name, part in week.spec.queues.items():
        source = _of_queue(handed, name) if handed is not None else None
        source = getattr(part, key) if source is None else source
        if source is None:
            continue
        if isinstance(source, pd.DataFrame) and "queue" not in source:
            source = source.assign(queue=name)
        table = doors.table(source, spec, "queues", name, key)
        # A queue whose table cannot be read has a source all the same: one mistake is one problem.
        own = partial(_own_rows, table, name, key)
        found[name] = empty(spec) if table is None else doors.open(own, "queues", name, key)
    return {name: table for name, table in found.items() if table is not None}


def _own_rows(table: pd.DataFrame, name: str, key: str) -> pd.DataFrame:
    """The rows of one queue; a table of one other queue is taken for it, and said so."""
    there = [str(queue) for queue in table["queue"].unique()]
    if name in there:
        return table[table["queue"] == name].reset_index(drop=True)
    if len(there) > 1:
        raise DataError(
            f"{key} holds the queues {listed(there)}, none is {name!r}. Name the queue as the table does.",
            table=key,
            column="queue",
        )
    warnings.warn(f"{key} of queue {name!r} is called {there[0]!r} in its table.", WfmWarning, stacklevel=2)
    return table.assign(queue=name)


def _of_queue(handed: Any, name: str) -> Any:
    if isinstance(handed, Mapping):
        return handed.get(name)
    if isinstance(handed, pd.DataFrame) and "queue" in handed:
        mine = handed[handed["queue"] == name]
        return mine if len(mine) else None
    return handed


def _people(week: Week, doors: _Doors) -> People | None:
    from wfm.schedule import People

    spec = week.spec.people
    if spec is None:
        return None
    agents = doors.table(spec.agents, AGENTS, "people", "agents")
    absences = doors.table(spec.absences, AVAILABILITY, "people", "absences")
    wishes = doors.table(spec.wishes, WISHES, "people", "wishes")
    locks = doors.table(spec.locks, LOCKS, "people", "locks")
    previous = _previous(week, doors)
    _placed_once(week, absences, doors)
    if agents is None:
        return None
    made: People | None = doors.open(
        lambda: People(
            agents=agents,
            contracts=week.contracts,
            availability=absences,
            wishes=wishes,
            locks=locks,
            previous=previous,
            calendar=week.calendar,
            queues=tuple(week.queues),
        ),
        "people",
        "agents",
    )
    return made


def _previous(week: Week, doors: _Doors) -> pd.DataFrame | None:
    """The roster before: a table, or the last version in a published folder."""
    from wfm.versions import previous_roster

    source = week.spec.plan.previous
    if source is None:
        return None
    place: Any = week.path(source)
    found: pd.DataFrame | None = doors.open(lambda: previous_roster(place, calendar=week.calendar), "plan", "previous")
    return found


def _placed_once(week: Week, absences: pd.DataFrame | None, doors: _Doors) -> None:
    """A kind of shrinkage that is placed by date may not also be given as a share."""
    placed = set() if absences is None else set(absences["kind"])
    for name, queue in week.queues.items():
        for kind in sorted(placed & set(queue.shrinkage.kinds)):
            doors.problems.append(
                SettingError(
                    f"queues.{name}.shrinkage.{kind} is given as a share, and people.absences places it by date; "
                    "it would be counted twice. Keep one of them.",
                    name=f"queues.{name}.shrinkage.{kind}",
                    where=week.where("queues", name, "shrinkage", kind),
                )
            )


def _open_at_all(week: Week, doors: _Doors) -> None:
    for name in week.queues:
        if len(week.starts(name)) == 0:
            where = week.where("queues", name, "hours")
            doors.problems.append(
                SettingError(
                    f"queues.{name} has no open interval from {week.start.date()} to {week.end.date()}. Correct its "
                    "hours, calendar.closed or plan.start.",
                    name=f"queues.{name}.hours",
                    where=where,
                )
            )


def _near_enough(week: Week, histories: Mapping[str, pd.DataFrame], doors: _Doors) -> None:
    """A forecast far beyond its history is a mistyped year, or a guess."""
    for name, history in histories.items():
        ahead = (week.start - history["start"].max()) / pd.Timedelta(days=1)
        if ahead > FARTHEST:
            doors.problems.append(
                SettingError(
                    f"plan.start {week.start.date()} lies {ahead / 365:.1f} years after the history of queue {name!r} "
                    f"ends ({history['start'].max().date()}); at most {FARTHEST / 365:.0f} years are "
                    "forecast. Correct the date.",
                    name="plan.start",
                    where=week.where("plan", "start"),
                )
            )
        elif ahead > FAR:
            doors.notes.append(
                f"the plan begins {ahead:.0f} days after the history of queue {name} ends: ranges do not know so long"
            )


def _sourced(
    week: Week,
    histories: Mapping[str, Any],
    forecasts: Mapping[str, Any],
    requirements: Mapping[str, Any],
    doors: _Doors,
) -> None:
    for name, part in week.spec.queues.items():
        known = part.volume is not None or part.like is not None or part.history is not None
        if known or name in histories or name in forecasts or name in requirements:
            continue
        doors.problems.append(
            SettingError(
                f"queues.{name} has no source: give history, forecast, requirement, volume or like.",
                name=f"queues.{name}",
                where=week.where("queues", name),
            )
        )
