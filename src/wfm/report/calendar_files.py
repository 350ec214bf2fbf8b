"""One calendar file a person: a second publication updates what the first one wrote."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from wfm.errors import MissingExtra, SettingError
from wfm.plan.output import write_atomically
from wfm.report.duties import duties
from wfm.report.edition import Edition
from wfm.report.pseudonyms import pseudonyms
from wfm.report.texts import clean, short

if TYPE_CHECKING:
    from wfm.plan import WeekPlan

LONGEST_NAME = 80  # of a file, in characters
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{k}" for port in ("com", "lpt") for k in range(1, 10))}


def write_calendars(
    plan: WeekPlan, folder: str | Path, *, names: str = "full", key: str = "", edition: Edition | None = None
) -> list[Path]:
    """Write one .ics file a person, all contents made before the first is written; the same plan, the same bytes.

    Every shift, leave and training is an event with a stable identifier of person, date and number of the duty on that
    day; the edition's version is its sequence number, so that a calendar program updates instead of doubling. What the
    edition's previous roster held on the days of the plan and this one does not is cancelled.

    Parameters
    ----------
    plan : WeekPlan         With a roster; without people nothing is written.
    folder : path           Gets <person>.ics.
    names, key : str        full, initials or hash: how people are called, in the files and in their names; the secret
                            of the codes.
    edition : Edition       Version, zone of the times (None = local times without a zone), previous roster.
                            None = what the plan says of itself.

    Raises
    ------
    MissingExtra, SettingError      Without icalendar; for an unknown zone.
    """
    contents = calendar_bytes(plan, names=names, key=key, edition=edition or Edition.of(plan))
    paths = []
    for name, content in contents.items():
        paths.append(Path(folder) / name)
        write_atomically(paths[-1], content)
    return paths


def calendar_bytes(plan: WeekPlan, *, names: str = "full", key: str = "", edition: Edition) -> dict[str, bytes]:
    """File name -> content, by person."""
    if plan.roster is None:
        return {}
    zone = _zone(edition.timezone)
    now = duties(plan.roster.table)
    gone = _cancelled(now, plan, edition)
    people = sorted({str(agent) for agent in [*plan.roster.table["agent"], *gone["agent"]]})
    called = pseudonyms(people, names, key=key)
    files = _file_names(called[agent] for agent in people)
    rows, old = dict(tuple(now.groupby("agent"))), dict(tuple(gone.groupby("agent")))
    return {
        files[called[agent]]: _calendar(called[agent], rows.get(agent), old.get(agent), plan, edition, zone)
        for agent in people
    }


def uid(agent: str, day: pd.Timestamp, number: int) -> str:
    """The identifier of a duty: the same in every version of the plan.

    >>> uid("A001", pd.Timestamp("2026-11-21"), 1)
    '20261121-1-8e7d97a738983490@openwfm'
    """
    code = hashlib.sha256(agent.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{day:%Y%m%d}-{number}-{code}@openwfm"


def _calendar(
    called: str,
    rows: pd.DataFrame | None,
    gone: pd.DataFrame | None,
    plan: WeekPlan,
    edition: Edition,
    zone: tzinfo | None,
) -> bytes:
    try:
        from icalendar import Calendar
    except ImportError as error:
        raise MissingExtra("Calendar files", extra="office", package="icalendar") from error
    calendar = Calendar()
    calendar.add("prodid", "-//openwfm//roster//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", short(f"{clean(called, 60)}: {clean(plan.name, 60)}", 130))
    for table, status in ((rows, "CONFIRMED"), (gone, "CANCELLED")):
        for row in table.itertuples() if table is not None else ():
            calendar.add_component(_event(row, called, plan, edition, zone, status))
    return bytes(calendar.to_ical())


def _event(row: Any, called: str, plan: WeekPlan, edition: Edition, zone: tzinfo | None, status: str) -> Any:
    from icalendar import Event

    event = Event()
    event.add("uid", uid(called, row.day, row.number))
    # neither the clock nor the machine: version 2 of a plan is one minute younger than version 1
    event.add(
        "dtstamp",
        (plan.start - pd.Timedelta(days=14)).to_pydatetime(warn=False).replace(tzinfo=UTC)
        + timedelta(minutes=edition.version),
    )
    event.add("sequence", edition.version)
    event.add("dtstart", _moment(row.start, zone))
    event.add("dtend", _moment(row.end, zone))
    event.add("summary", _summary(row))
    event.add("description", _description(row, plan, edition))
    event.add("status", status)
    event.add("transp", "OPAQUE" if row.kind != "leave" else "TRANSPARENT")
    return event


def _summary(row: Any) -> str:
    if row.kind != "work":
        return str(row.kind).capitalize()
    queues = clean(row.queue, 80)
    return f"Work: {queues}" if queues else "Work"


def _description(row: Any, plan: WeekPlan, edition: Edition) -> str:
    lines = [f"{activity.capitalize()} {start:%H:%M}-{end:%H:%M}" for activity, start, end in row.parts]
    if row.type:
        lines.insert(0, f"Shift: {clean(row.type, 80)}")
    lines.append(f"{clean(plan.name, 80)}, {edition.title.lower()}, {row.paid_hours:g} paid h")
    return "\n".join(lines)


def _moment(time: pd.Timestamp, zone: tzinfo | None) -> datetime:
    """A local time as UTC, or as it stands where no zone is known; of a doubled hour the first."""
    local: datetime = time.to_pydatetime(warn=False)
    return local if zone is None else local.replace(tzinfo=zone).astimezone(UTC)


def _zone(name: str | None) -> tzinfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingError(
            f"timezone must be a name such as 'Asia/Tehran', got {name!r}.", name="timezone", value=name
        ) from error


def _cancelled(now: pd.DataFrame, plan: WeekPlan, edition: Edition) -> pd.DataFrame:
    """Duties of the previous roster on the plan's days whose identifier is no longer in use."""
    if edition.previous is None:
        return now.iloc[:0]
    before = duties(edition.previous)
    before = before[(before["day"] >= plan.start) & (before["day"] < plan.end)]
    key = ["agent", "day", "number"]
    kept = set(now[key].itertuples(index=False, name=None))
    gone = [found not in kept for found in before[key].itertuples(index=False, name=None)]
    return before.loc[np.array(gone, dtype=bool)]


def _file_names(people: Iterable[str]) -> dict[str, str]:
    """A safe file name for everybody; two who would share one get a code."""
    found: dict[str, str] = {}
    taken: dict[str, str] = {}
    for person in people:
        stem = _stem(person)
        if stem.casefold() in taken or stem != person:
            code = hashlib.sha256(person.encode("utf-8", "surrogatepass")).hexdigest()[:8]
            stem = f"{stem}-{code}"
        taken[stem.casefold()] = person
        found[person] = f"{stem}.ics"
    return found


def _stem(person: str) -> str:
    """Letters, digits, dots inside, dashes and underscores of a name; never a path, a hidden file or a device."""
    text = unicodedata.normalize("NFKC", clean(person, 4 * LONGEST_NAME))
    stem = re.sub(r"[^\w.-]+", "_", text).strip("._-")
    while len(stem.encode("utf-8")) > LONGEST_NAME:
        stem = stem[:-1]
    return f"_{stem}" if not stem or stem.split(".")[0].lower() in _RESERVED else stem
