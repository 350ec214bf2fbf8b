"""Everything that a plan starts from, read and checked before anything is computed."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from wfm.errors import DataError, WfmWarning, listed
from wfm.events import Event
from wfm.plan.doors import Doors
from wfm.plan.learned import read_once
from wfm.plan.replan import Before, what_was
from wfm.plan.soundness import (
    clocks_that_jump,
    long_enough,
    near_enough,
    of_queue,
    open_at_all,
    placed_once,
    secret_names,
    sourced,
    whole_rostered,
)
from wfm.queues import BY_DEADLINE
from wfm.settings import Week
from wfm.tables import (
    ADJUSTMENTS,
    AGENTS,
    AVAILABILITY,
    DEFLECTION,
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
    from wfm.history import Reading
    from wfm.schedule import People


MANY_OUTSIDE = 0.1
"""Share of contacts outside opening hours from which the hours are doubted."""


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
    deflection : table or None  Contacts that leave a queue, by date.
    people : People or None
    before : Before             The roster that came before, and what people were told of the plan's own days.
    suspects : table or None    Unusual days of the history with the planner's answers.
    readings : mapping          queue -> what the history reader read, repaired and refused.
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
    deflection: pd.DataFrame | None = None
    people: People | None = None
    before: Before = field(default_factory=Before)
    suspects: pd.DataFrame | None = None
    readings: Mapping[str, Reading] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_inputs(week: Week, handed: Mapping[str, Any]) -> Inputs:
    """All tables that the week names or that were handed in; all problems at once.

    Parameters
    ----------
    handed : mapping    history, forecast, requirement: {queue: table} or one table with a queue column;
                        schedule, roster: a table; published: a table, or the folder of a published plan.
    """
    doors = Doors(week)
    histories, contacts, readings = _histories(week, handed.get("history"), doors)
    forecasts = _by_queue(week, "forecast", FORECAST, handed.get("forecast"), doors)
    requirements = _by_queue(week, "requirement", REQUIREMENT, handed.get("requirement"), doors)
    names = tuple(week.queues)
    schedule = doors.table(_given(handed, "schedule", week.spec.schedule), SCHEDULE, "schedule")
    roster = doors.table(_given(handed, "roster", week.spec.roster), ROSTER, "roster")
    adjustments = doors.table(week.spec.adjust, ADJUSTMENTS, "adjust", queues=names)
    deflection = _deflection(week, doors)
    before = _before(week, handed.get("published"), doors)
    people = _people(week, before, doors)
    if people is not None and week.shift_types and roster is None:
        doors.open(lambda: people.check_shifts(kind.name for kind in week.shift_types), "people", "locks")
    told = _told(week, doors)
    histories, fresh = _answered(histories, told)
    _backlogs(week, doors)
    sourced(week, handed, {**forecasts, **requirements}, doors)
    open_at_all(week, doors)
    near_enough(week, histories, doors)
    clocks_that_jump(week, doors)
    long_enough(week, histories, doors)
    secret_names(week, doors)
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
        deflection=deflection,
        people=people,
        before=before,
        readings=readings,
        notes=tuple(dict.fromkeys(doors.notes)),
    )


def _backlogs(week: Week, doors: Doors) -> None:
    """What waits at the start can be read; a problem names its place by itself."""
    from wfm.plan.waiting import backlog_of

    for name, part in week.spec.queues.items():
        if isinstance(part.backlog, (str, pd.DataFrame)) and week.queues[name].classes:
            try:
                backlog_of(name, week.queues[name], week)
            except DataError as error:
                doors.problems.append(error)


def _deflection(week: Week, doors: Doors) -> pd.DataFrame | None:
    """What leaves the queues of the week, by date."""
    from wfm.plan.deflection import checked_deflection

    table = doors.table(week.spec.deflection, DEFLECTION, "deflection", queues=tuple(week.queues))
    found: pd.DataFrame | None = doors.open(partial(checked_deflection, table, week), "deflection")
    return found


def _told(week: Week, doors: Doors) -> pd.DataFrame | None:
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
    week: Week, handed: Any, doors: Doors
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame], dict[str, Reading]]:
    from wfm.history import inspect_history

    histories: dict[str, pd.DataFrame] = {}
    contacts: dict[str, pd.DataFrame] = {}
    readings: dict[str, Reading] = {}
    for name, part in week.spec.queues.items():
        source = of_queue(handed, name) if handed is not None else None
        source = week.path(part.history) if source is None else source
        if source is None:
            continue
        reading = doors.open(
            lambda source=source, name=name: read_once(inspect_history, source, **how_read(week, name)),  # type: ignore[misc]
            "queues",
            name,
            "history",
        )
        if reading is None:
            continue
        until = week.history_until or week.start - pd.Timedelta(days=1)
        kept = reading.history[reading.history["start"] < until + pd.Timedelta(days=1)]
        if kept.empty:
            doors.problems.append(_no_rows(f"{_at(week, name)}history of queue {name!r}", name, reading, until))
            continue
        histories[name], readings[name] = kept.reset_index(drop=True), reading
        doors.notes += [f"history of {name}: {doubt}" for doubt in reading.doubts]
        outside = reading.outside_hours / max(reading.outside_hours + float(reading.history["offered"].sum()), 1.0)
        if outside > MANY_OUTSIDE:
            doors.notes.append(
                f"history of {name}: {outside:.0%} of its contacts came outside opening hours and are left out; "
                f"correct queues.{name}.hours if the queue is open then"
            )
        if reading.contacts is not None:
            before = reading.contacts["arrival"] < until + pd.Timedelta(days=1)
            contacts[name] = reading.contacts[before].reset_index(drop=True)
    return histories, contacts, readings


def how_read(week: Week, name: str) -> dict[str, Any]:
    """How the history of a queue is read: the settings of the history reader."""
    part = week.spec.queues[name]
    return {
        "columns": part.columns or None,
        "queue": name,
        "timezone": week.spec.timezone,
        "interval": week.spec.interval,
        "hours": week.queues[name].hours,
        "sheet": part.sheet,
        "dates": part.dates,
        "within": part.within,
        "outcomes": part.outcomes or None,
        "absent": part.absent,
        "stamps": part.stamps,
        "faulty": part.faulty,
        "outside": "wait" if part.channel in BY_DEADLINE else "leave out",
        "calendar": week.calendar,
    }


def _no_rows(history: str, queue: str, reading: Reading, until: pd.Timestamp) -> DataError:
    if reading.history.empty:
        text = (
            f"{history} has no row within the queue's hours. Correct queues.{queue}.hours, or hand in its own history."
        )
    else:
        text = (
            f"{history} has no row until {until.date()} (plan.history_until); it begins "
            f"{reading.history['start'].min()}. Give older history or a later history_until."
        )
    return DataError(text, table="history")


def _at(week: Week, queue: str) -> str:
    place = week.where("queues", queue, "history")
    return f"{place}: " if place else ""


def _by_queue(week: Week, key: str, spec: Spec, handed: Any, doors: Doors) -> dict[str, pd.DataFrame]:
    found = {}
    for name, part in week.spec.queues.items():
        source = of_queue(handed, name) if handed is not None else None
        source = getattr(part, key) if source is None else source
        if source is None:
            continue
        if isinstance(source, pd.DataFrame) and "queue" not in source:
            source = source.assign(queue=name)
        table = doors.table(source, spec, "queues", name, key)
        # A queue whose table cannot be read has a source all the same: one mistake is one problem.
        own = partial(_own_rows, table, name, key)
        rows = None if table is None else doors.open(own, "queues", name, key)
        found[name] = empty(spec) if rows is None else rows
    return found


def _own_rows(table: pd.DataFrame, name: str, key: str) -> pd.DataFrame:
    """The rows of one queue; a table of one other queue is taken for it, and said so."""
    there = [str(queue) for queue in table["queue"].unique()]
    if name in there:
        own = table[table["queue"] == name].reset_index(drop=True)
        whole_rostered(own, name)
        return own
    if len(there) > 1:
        raise DataError(
            f"{key} holds the queues {listed(there)}, none is {name!r}. Name the queue as the table does.",
            table=key,
            column="queue",
        )
    warnings.warn(f"{key} of queue {name!r} is called {there[0]!r} in its table.", WfmWarning, stacklevel=2)
    whole_rostered(table, name)
    return table.assign(queue=name)


def _people(week: Week, before: Before, doors: Doors) -> People | None:
    from wfm.schedule import People
    from wfm.schedule.sessions.sessions import attendees

    spec = week.spec.people
    if spec is None:
        return None
    agents = doors.table(spec.agents, AGENTS, "people", "agents")
    absences = doors.table(spec.absences, AVAILABILITY, "people", "absences")
    wishes = doors.table(spec.wishes, WISHES, "people", "wishes")
    locks = doors.table(spec.locks, LOCKS, "people", "locks")
    placed_once(week, absences, doors)
    if agents is None:
        return None
    made: People | None = doors.open(
        lambda: People(
            agents=agents,
            contracts=week.contracts,
            availability=absences,
            wishes=wishes,
            locks=locks,
            previous=before.roster,
            calendar=week.calendar,
            queues=tuple(week.queues),
        ),
        "people",
        "agents",
    )
    for name, part in week.spec.sessions.items():
        if made is not None:
            doors.open(partial(attendees, part.noun(solar_hijri=True), made), "sessions", name)
    return made


def _before(week: Week, published: object, doors: Doors) -> Before:
    found = doors.open(lambda: what_was(week, week.spec.plan.previous, published), "plan", "previous")
    return Before() if found is None else found
