"""From the week's file to nouns: all problems at once, each with file, line and column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from wfm.calendars import Calendar, read_date
from wfm.errors import SettingError, SettingsError, did_you_mean, listed
from wfm.events import Event
from wfm.queues import Queue
from wfm.regressors import Regressor, known_regressors
from wfm.schedule import Contract, Rule, Session, ShiftType
from wfm.schedule.rules.law_files import read_rules
from wfm.settings.among import problems_among, problems_of_pools, problems_of_sessions, problems_of_sums
from wfm.settings.yaml_file import Document, Path_, read_document
from wfm.tables import HOLIDAYS, REGRESSORS, SEASONS, Spec

if TYPE_CHECKING:
    from wfm.settings.spec import WeekSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What the week's file says, as nouns; tables are still to be read.

    Attributes
    ----------
    spec : WeekSpec         The file as written, checked.
    document : Document     Where each value stands.
    start : Timestamp       First day planned.
    days : int              Days planned.
    history_until : Timestamp or None   Last day of history that may be used.
    """

    spec: WeekSpec
    document: Document
    calendar: Calendar
    start: pd.Timestamp
    days: int
    history_until: pd.Timestamp | None
    queues: Mapping[str, Queue]
    events: tuple[Event, ...] = ()
    regressors: tuple[Regressor, ...] = ()
    shift_types: tuple[ShiftType, ...] = ()
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    sessions: tuple[Session, ...] = ()

    @property
    def end(self) -> pd.Timestamp:
        """First day after the plan."""
        return self.start + pd.Timedelta(days=self.days)

    def starts(self, queue: str) -> pd.DatetimeIndex:
        """Open intervals of a queue in the plan."""
        return self.queues[queue].hours.starts(self.start, self.days, self.spec.interval)

    def path(self, name: object) -> object:
        """A file name taken from the week's file, seen from its folder; tables pass through."""
        return self.document.folder / name if isinstance(name, str) else name

    def where(self, *path: str | int) -> str | None:
        """`file:line:column` of a key."""
        return self.document.where(path)


def read_week(source: str | Path | Mapping[str, Any]) -> Week:
    """The week's file (or the same as a dict) as nouns.

    Raises SettingError, or SettingsError with all problems at once, each with `file:line:column`.
    """
    document = read_document(source)
    spec = _validated(document)
    problems = [*problems_among(spec.queues, document), *problems_of_sessions(spec, document)]
    problems += [*problems_of_sums(spec, document), *problems_of_pools(spec, document)]
    calendar = _calendar(spec, document, problems)
    start, history_until = _dates(spec, calendar, document, problems)
    rules = _rules(spec, document, problems)
    regressors = _regressors(spec, document, problems)
    _check_files(spec, document, problems)
    _raise(problems)
    assert start is not None
    assert calendar is not None
    solar = calendar.months == "solar-hijri"
    return Week(
        spec=spec,
        document=document,
        calendar=calendar,
        start=start,
        days=7 * spec.plan.weeks,
        history_until=history_until,
        queues={name: part.noun(calendar) for name, part in spec.queues.items()},
        events=tuple(part.noun(solar_hijri=solar) for part in spec.events),
        regressors=regressors,
        shift_types=tuple(part.noun() for part in spec.shifts.values()),
        contracts={name: part.noun() for name, part in spec.contracts.items()},
        rules=rules,
        sessions=tuple(
            session
            for part in spec.sessions.values()
            for session in part.of_plan(start, spec.plan.weeks, solar_hijri=solar)
        ),
    )


def _validated(document: Document) -> WeekSpec:
    from pydantic import ValidationError

    from wfm.settings.spec import WeekSpec

    try:
        return WeekSpec.model_validate(document.data if document.data is not None else {})
    except ValidationError as error:
        _raise([_problem(entry, document) for entry in error.errors()])
        raise  # unreachable: a ValidationError has at least one entry


def _problem(entry: Any, document: Document) -> SettingError:
    """One pydantic finding in the house's words."""
    path: Path_ = tuple(part for part in entry["loc"] if isinstance(part, int) or not str(part).startswith("function-"))
    if path[:2] == ("calendar", "recurring"):
        path = (*path[:3], *path[4:])  # without the word for the form in which the days are given
    name = ".".join(str(part) for part in path) or "the week's file"
    kind, got = entry["type"], entry.get("input")
    where = document.where(path)
    if kind == "missing":
        return SettingError(f"{name} is missing. Add it.", name=name, where=where)
    if kind == "extra_forbidden":
        return _unknown_key(path, name, document)
    cause = entry.get("ctx", {}).get("error")
    if isinstance(cause, SettingError):
        text = str(cause)
        text = name + text[5:] if text.startswith(("value ", "value[", "value.")) else f"{name}: {text}"
        return SettingError(text, name=name, value=cause.value, where=where)
    message = entry["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    joined = f"{name} {message}" if message.startswith(("must", "takes", "needs")) else f"{name}: must be {message}"
    if kind == "value_error":
        joined = (
            f"{name} {message}"
            if message.startswith(("must", "takes", "needs"))
            else (f"{name}: {message}" if path else message)
        )
        shown = f", got {got!r}" if not isinstance(got, (Mapping, list)) and not hasattr(got, "model_dump") else ""
        text = f"{joined}{shown}"
        return SettingError(text if text.endswith((".", "?")) else f"{text}.", name=name, value=got, where=where)
    return SettingError(f"{joined}, got {got!r}.", name=name, value=got, where=where)


def _unknown_key(path: Path_, name: str, document: Document) -> SettingError:
    from wfm.settings import spec as parts

    models: dict[str, Any] = {
        "queues": parts.QueueSpec,
        "shifts": parts.ShiftSpec,
        "contracts": parts.ContractSpec,
        "calendar": parts.CalendarSpec,
        "plan": parts.PlanSpec,
        "output": parts.OutputSpec,
        "people": parts.PeopleSpec,
        "costs": parts.CostsSpec,
        "events": parts.EventSpec,
        "sessions": parts.SessionSpec,
    }
    model = parts.WeekSpec if len(path) == 1 else models.get(str(path[0]), parts.WeekSpec)
    inner: dict[str, Any] = {
        "target": parts.TargetSpec,
        "breaks": parts.BreakSpec,
        "callback": parts.CallbackSpec,
        "blend": parts.BlendSpec,
        "derived": parts.DerivedSpec,
        "reply": parts.ReplySpec,
    }
    for key in path[2:-1]:
        model = inner.get(str(key), model)
    if path[:2] == ("calendar", "recurring"):
        model = parts.MonthlyDaySpec
    named = [info.alias or key for key, info in model.model_fields.items()]
    known = [key for key in named if not key.startswith("//")]
    return SettingError(
        f"{name} is no known key.{did_you_mean(path[-1], known)} Known here: {listed(known, most=30)}.",
        name=name,
        where=document.where(path),
    )


def _calendar(spec: WeekSpec, document: Document, problems: list[SettingError]) -> Calendar | None:
    tables: dict[str, pd.DataFrame | None] = {}
    plain = None
    for key, table in (("holidays", HOLIDAYS), ("seasons", SEASONS)):
        try:
            plain = plain or spec.calendar.noun(spec.week_start)
            tables[key] = _named_table(getattr(spec.calendar, key), table, plain, document)
        except (ValueError, OSError) as error:
            _note(problems, error, document, "calendar", key)
    if len(tables) < 2:
        return None
    return spec.calendar.noun(spec.week_start, tables["holidays"], tables["seasons"])


def _named_table(given: Any, table: Spec, calendar: Calendar, document: Document) -> pd.DataFrame | None:
    """The table of a file that a key names; None where the key holds its values itself."""
    if given is None or isinstance(given, (list, tuple, Mapping)):
        return None
    from wfm.history import read_table

    source = document.folder / given if isinstance(given, str) else given
    return read_table(source, table, calendar=calendar)


def _regressors(spec: WeekSpec, document: Document, problems: list[SettingError]) -> tuple[Regressor, ...]:
    try:
        calendar = Calendar(months=spec.calendar.months)
        table = _named_table(spec.regressors, REGRESSORS, calendar, document)
        found = () if table is None else known_regressors(table, calendar)
        unknown = [one.queue for one in found if one.queue and one.queue not in spec.queues]
        if unknown:
            raise SettingError(
                f"regressors names the unknown queue {unknown[0]!r}; known are {listed(spec.queues, most=12)}."
                f"{did_you_mean(unknown[0], spec.queues)}",
                name="regressors",
                value=unknown[0],
            )
        return found
    except (ValueError, OSError) as error:
        _note(problems, error, document, "regressors")
        return ()


def _rules(spec: WeekSpec, document: Document, problems: list[SettingError]) -> tuple[Rule, ...]:
    found: list[Rule] = []
    for k, mapping in enumerate(spec.rules):
        try:
            found += read_rules(mapping)
        except SettingError as error:
            _note(problems, error, document, "rules", k)
    return tuple(found)


def _dates(
    spec: WeekSpec, calendar: Calendar | None, document: Document, problems: list[SettingError]
) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    solar = spec.calendar.months == "solar-hijri"
    found: list[pd.Timestamp | None] = []
    for key in ("start", "history_until"):
        value = getattr(spec.plan, key)
        try:
            found.append(None if value is None else read_date(value, solar_hijri=solar, name=f"plan.{key}"))
        except SettingError as error:
            _note(problems, error, document, "plan", key)
            found.append(None)
    start, until = found
    if start is not None and until is not None and until >= start:
        _note(
            problems,
            SettingError(
                f"plan.history_until must lie before plan.start {start.date()}, got {until.date()}.",
                name="plan.history_until",
            ),
            document,
            "plan",
            "history_until",
        )
    return start, until


def _check_files(spec: WeekSpec, document: Document, problems: list[SettingError]) -> None:
    """Every file that the week names must be there; the plan itself reads them later."""
    named: list[tuple[Path_, Any]] = [
        (("adjust",), spec.adjust),
        (("deflection",), spec.deflection),
        (("schedule",), spec.schedule),
        (("roster",), spec.roster),
        (("plan", "previous"), spec.plan.previous),
    ]
    for queue, part in spec.queues.items():
        named += [
            (("queues", queue, key), getattr(part, key))
            for key in ("history", "forecast", "requirement", "pattern", "backlog")
        ]
    if spec.people is not None:
        named += [(("people", key), getattr(spec.people, key)) for key in ("agents", "absences", "wishes", "locks")]
    for path, value in named:
        place = document.folder / value if isinstance(value, str) else None
        of_a_plan = path == ("plan", "previous") or path[-1] == "backlog"
        published = of_a_plan and place is not None and place.is_dir()
        if place is not None and not place.is_file() and not published:
            _note(
                problems,
                SettingError(
                    f"{'.'.join(map(str, path))}: there is no file {value!r} in the folder of the "
                    "week's file. Correct the name or put the file there.",
                    name=".".join(map(str, path)),
                    value=value,
                ),
                document,
                *path,
            )


def _note(problems: list[SettingError], error: Exception, document: Document, *path: str | int) -> None:
    name = ".".join(str(part) for part in path)
    value = getattr(error, "value", None)
    problems.append(SettingError(str(error), name=name, value=value, where=document.where(path)))


def _raise(problems: list[SettingError]) -> None:
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise SettingsError(problems)
