"""A published week that is planned again: what its people were told, and whether anything has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wfm.settings import Week
from wfm.settings.yaml_file import read_document
from wfm.tables import ROSTER, check

if TYPE_CHECKING:
    from wfm.versions import Published

PEOPLE_PARTS = ("agents", "absences", "wishes", "locks")
SECTIONS = ("interval", "week_start", "calendar", "shifts", "contracts", "rules", "sessions", "costs")
AGENTS = ("agents", "rostered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What was there before this plan.

    Attributes
    ----------
    roster : roster or None     Shifts that began before the plan: rest, nights and fairness run on from them.
    told : roster or None       What people were told of the plan's own days; None = they were told nothing yet.
    version : Published or None The version that told them, where it is known.
    """

    roster: pd.DataFrame | None = None
    told: pd.DataFrame | None = None
    version: Published | None = None

    @property
    def source(self) -> str:
        """Who told them, in words."""
        return "the published roster" if self.version is None else f"version {self.version.version}"


def what_was(week: Week, previous: object, published: object) -> Before:
    """Before and told, from `plan.previous` of the week's file and from a folder or roster that was published.

    Either may hold days before the plan, days of the plan, or both; what is nearest to the plan counts.
    """
    before, told, version = _read(week, previous)
    _, newer, by = _read(week, published) if _has_roster(week, published) else (None, None, None)
    if newer is not None:
        told, version = newer, by
    if told is not None and before is None and version is not None and "previous" in version.run.record["tables"]:
        before = check(version.table("previous"), ROSTER)
    return Before(roster=before, told=told, version=version)


def _has_roster(week: Week, published: object) -> bool:
    """Whether a folder's last version was planned with people; a table is a roster."""
    from wfm.versions import latest

    place = week.path(published)
    if not isinstance(place, Path) or not place.is_dir():
        return published is not None
    version = latest(place)
    return version is not None and "roster" in version.run.record["tables"]


def _read(week: Week, source: object) -> tuple[pd.DataFrame | None, pd.DataFrame | None, Published | None]:
    from wfm.versions import latest, previous_roster

    if source is None:
        return None, None, None
    place: Any = week.path(source)
    version = None
    if isinstance(place, Path) and place.is_dir():
        version = latest(place)
    before, told = parted(previous_roster(place, calendar=week.calendar), week.start, week.end)
    return before, told, version


def parted(
    roster: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp
) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Rows of a roster before the plan and of its own days; a shift belongs to the day on which it begins.

    >>> t = pd.Timestamp("2026-11-21 22:00")
    >>> rows = pd.DataFrame({"agent": "Ada", "start": [t, t + pd.Timedelta("3h"), t + pd.Timedelta("24h")],
    ...     "end": [t + pd.Timedelta("3h"), t + pd.Timedelta("8h"), t + pd.Timedelta("32h")], "activity": "work",
    ...     "paid": True, "shift": "night", "queue": "voice"})
    >>> [len(part) for part in parted(rows, pd.Timestamp("2026-11-22"), pd.Timestamp("2026-11-29"))]
    [2, 1]
    """
    rows = roster.sort_values(["agent", "start"], kind="stable", ignore_index=True)
    shift = rows["shift"].fillna("") if "shift" in rows else pd.Series("work", index=rows.index)
    last = rows.shift()
    on = (rows["agent"] == last["agent"]) & (rows["start"] == last["end"]) & (shift == shift.shift()) & (shift != "")
    begun = rows.groupby((~on).cumsum())["start"].transform("min")
    own = (begun >= start) & (begun < end)
    before, told = (rows[chosen].reset_index(drop=True) for chosen in (begun < start, own))
    worked = bool((told["activity"] == "work").any())
    return (before if len(before) else None), (told if worked else None)


def nothing_changed(week: Week, before: Before, requirement: pd.DataFrame) -> bool:
    """Whether all that a roster depends on is what it was when it was published, so that it stays as it is."""
    version = before.version
    if version is None or "requirement" not in version.run.record["tables"]:
        return False
    return (
        _same_files(week, version.run.record)
        and _same_sections(week, version)
        and _same_need(version.table("requirement"), requirement)
    )


def newly_asked(aimed: pd.DataFrame, requirement: pd.DataFrame, before: Before, agents: list[str]) -> pd.DataFrame:
    """What a published roster must be mended for: what was covered when it was published, and what is asked for since.

    A shortage that was published is not mended by moving people who were told their days; new people are put to use.
    """
    version, told = before.version, before.told
    tables = () if version is None else version.run.record["tables"]
    if version is None or told is None or not {"requirement", "coverage"} <= set(tables):
        return aimed
    if set(agents) - set(told["agent"]):
        return aimed
    key = ["queue", "start"]
    was = version.table("coverage")[[*key, "rostered"]].rename(columns={"rostered": "covered"})
    was = was.merge(version.table("requirement")[[*key, "rostered"]].rename(columns={"rostered": "asked"}), on=key)
    now = aimed[key].merge(was, on=key, how="left").merge(requirement[[*key, "rostered"]], on=key, how="left")
    more = (now["rostered"] - now["asked"]).clip(lower=0).where(now["asked"].notna(), np.inf)
    most = (now["covered"].fillna(0.0) + more).to_numpy()
    rostered = np.minimum(aimed["rostered"].to_numpy(), most)
    ratio = np.divide(rostered, aimed["rostered"], out=np.ones(len(aimed)), where=aimed["rostered"].to_numpy() > 0)
    return aimed.assign(rostered=rostered, agents=aimed["agents"].to_numpy() * ratio)


def _same_files(week: Week, record: Mapping[str, Any]) -> bool:
    """The files of people, byte for byte; tables that were handed in have no hash and count as changed."""
    from wfm.versions.runs import inputs_of

    people = week.spec.people
    if people is None or not all(isinstance(getattr(people, part), str | None) for part in PEOPLE_PARTS):
        return False
    was, now = (
        {entry["key"]: entry["sha256"] for entry in found if entry["key"].startswith("people.")}
        for found in (record["inputs"], inputs_of(week))
    )
    return was == now


def _same_sections(week: Week, version: Published) -> bool:
    was, now = read_document(version.folder / version.run.record["week"]["file"]).data, week.document.data
    return all(was.get(key) == now.get(key) for key in SECTIONS)


def _same_need(was: pd.DataFrame, now: pd.DataFrame) -> bool:
    """The same agents in the same intervals, as far as a file keeps digits."""
    if len(was) != len(now):
        return False
    key = ["queue", "start"]
    was, now = (table.sort_values(key, ignore_index=True) for table in (was, now))
    same = (was["queue"] == now["queue"]).all() and (was["start"] == now["start"]).all()
    return bool(same) and all(np.allclose(was[name], now[name], rtol=1e-6, atol=1e-6) for name in AGENTS)
