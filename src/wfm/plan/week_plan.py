"""A week's plan: every table of it, its ten lines, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from wfm.calendars import Calendar
from wfm.errors import SettingError
from wfm.evaluation import Evaluation
from wfm.plan import asked
from wfm.plan.asked import Terms
from wfm.plan.output import write_tables
from wfm.queues import Queue
from wfm.schedule import Roster, Schedule

if TYPE_CHECKING:
    from wfm.history import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekPlan:
    """What `plan_week` returns.

    Attributes
    ----------
    name : str
    timezone : str or None
    version : int                   Draft number.
    start, end : Timestamp          First day planned, first day after.
    calendar : Calendar
    queues : mapping                name -> Queue, with what was fitted or assumed filled in.
    forecast, paths, requirement : tables
    coverage, promise : tables      Of the roster, or of the schedule where no people were given.
    schedule : Schedule or None
    roster : Roster or None
    evaluation : Evaluation or None The service by path behind `promise`.
    prices : DataFrame              Agent-hours at each confidence.
    ways_out : DataFrame            What would mend the plan, each re-solved: way, hours, people, service, probability.
    relaxations : DataFrame         Rules that close most of what is short when loosened for a few people: relaxation,
                                    people, agents, closed and left [agent-hours], lines (of the week's file).
    trust : DataFrame               What the backtest and the past say: name, value.
    drivers : DataFrame             queue, day, component, factor.
    figures : mapping               Every number of the ten lines, by name.
    lines : tuple of str            The ten lines.
    warnings, assumed : tuple of str
    readings : mapping              queue -> what the history reader read, repaired and refused.
    mean : requirement              Of the live queues, for the mean forecast alone.
    previous : roster or None       The roster of the days before.
    told : roster or None           What people were told of the same days in an earlier version.
    history : history or None       What the forecast was learned from, until `history_until`.
    seed : int
    changes : DataFrame             Old and new, cell by cell, against the roster before.
    sessions : DataFrame            Meetings and training: session, kind, start, end, people, agents, gap (people over
                                    the requirement meanwhile, at its worst).
    backlog : DataFrame             Work that can wait and is open when the plan ends: queue, contacts, class, arrived;
                                    `backlog` of the next week's file takes it.
    adjustments : DataFrame         The planner's changes with the hours that each adds.
    suspects : DataFrame            Unusual days of the history, to be answered: keep, exclude, event:<kind>.
    sources : tuple of str          Files that went in.
    terms : Terms or None           What shifts and people may be: with it a plan answers what else could be designed.
    """

    name: str
    start: pd.Timestamp
    end: pd.Timestamp
    calendar: Calendar
    queues: Mapping[str, Queue]
    forecast: pd.DataFrame
    paths: pd.DataFrame
    requirement: pd.DataFrame
    coverage: pd.DataFrame
    promise: pd.DataFrame
    schedule: Schedule | None = None
    roster: Roster | None = None
    evaluation: Evaluation | None = None
    work: pd.DataFrame = field(default_factory=pd.DataFrame)
    prices: pd.DataFrame = field(default_factory=pd.DataFrame)
    ways_out: pd.DataFrame = field(default_factory=pd.DataFrame)
    relaxations: pd.DataFrame = field(default_factory=pd.DataFrame)
    trust: pd.DataFrame = field(default_factory=pd.DataFrame)
    drivers: pd.DataFrame = field(default_factory=pd.DataFrame)
    figures: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    readings: Mapping[str, Reading] = field(default_factory=dict)
    timezone: str | None = None
    version: int = 1
    mean: pd.DataFrame = field(default_factory=pd.DataFrame)
    previous: pd.DataFrame | None = None
    told: pd.DataFrame | None = None
    history: pd.DataFrame | None = None
    history_until: pd.Timestamp | None = None
    seed: int = 1
    suspects: pd.DataFrame = field(default_factory=pd.DataFrame)
    adjustments: pd.DataFrame = field(default_factory=pd.DataFrame)
    changes: pd.DataFrame = field(default_factory=pd.DataFrame)
    sessions: pd.DataFrame = field(default_factory=pd.DataFrame)
    backlog: pd.DataFrame = field(default_factory=pd.DataFrame)
    sources: tuple[str, ...] = ()
    terms: Terms | None = None

    @property
    def kept(self) -> bool:
        """Whether every queue's promise is kept and nobody is short."""
        return bool(self.figures.get("kept", True)) and not self.figures.get("short_hours", 0.0)

    def as_version(self, version: int) -> WeekPlan:
        """The same plan under another draft number; calendars carry it as their sequence, so that they update."""
        header = re.sub(r"DRAFT \d+", f"DRAFT {version}", self.lines[0]) if self.lines else ""
        return replace(self, version=version, lines=(header, *self.lines[1:]))

    def explain(self, scope: str = "interval") -> pd.DataFrame:
        """Each headcount of the live queues as a sum of terms, in people, or in hours over a day or week.

        Parameters
        ----------
        scope : str     interval, day or week.

        Returns
        -------
        DataFrame       As `wfm.erlang.explain_requirement` gives it, with a column `words`: the terms as a sentence.
        """
        from wfm.erlang import explain_requirement, explained_hours, explanation

        told = [name for name, queue in self.queues.items() if queue.live and queue.target is not None]
        told = [name for name in told if name in set(self.forecast.get("queue", ())) and not self.queues[name].callback]
        rows = self.requirement[self.requirement["queue"].isin(told)].reset_index(drop=True)
        queues = {name: self.queues[name] for name in told}
        found = explain_requirement(
            rows,
            {name: queue.target for name, queue in queues.items()},
            patience={name: queue.patience for name, queue in queues.items()},
            shrinkage={name: queue.shrinkage for name, queue in queues.items()},
            concurrency={name: queue.concurrency for name, queue in queues.items()},
            aht_by_concurrency={name: queue.aht_by_concurrency for name, queue in queues.items()},
            mean=self.mean[self.mean["queue"].isin(told)] if len(self.mean) else None,
        )
        found = found if scope == "interval" else explained_hours(found, scope=scope)
        return found.assign(words=[explanation(row) for _, row in found.iterrows()])

    def steps(self, *, time_limit: float | None = None) -> pd.DataFrame:
        """The price of each step in hours and service, from the need to named people (see `plan.asked`)."""
        return asked.steps(self, time_limit=time_limit)

    def hour_prices(self) -> pd.DataFrame:
        """Which hour is expensive: what one more agent costs in each interval (see `plan.asked`)."""
        return asked.hour_prices(self)

    def what_if(self, changes: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
        """What other shift types, opening hours or numbers would save, designed anew (see `plan.asked`)."""
        return asked.what_if(self, changes)

    def compared(self, other: WeekPlan | Schedule | Roster | pd.DataFrame) -> pd.DataFrame:
        """Shifts of the plan beside others, by queue and day: hours, people, and what is worked at another time."""
        if self.schedule is None:
            raise SettingError("the plan has no shifts to compare.", name="schedule")
        theirs = other.schedule if isinstance(other, WeekPlan) else other
        if theirs is None:
            raise SettingError("the other plan has no shifts to compare.", name="schedule")
        return asked.compared(self.schedule.table, theirs if isinstance(theirs, pd.DataFrame) else theirs.table)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table of the plan by name, in the order of the chain."""
        found = {
            "forecast": self.forecast,
            "paths": self.paths,
            "drivers": self.drivers,
            "work": self.work,
            "requirement": self.requirement,
            "prices": self.prices,
        }
        if self.schedule is not None:
            found["schedule"] = self.schedule.table
        if self.roster is not None:
            found |= {"roster": self.roster.table, "wishes": self.roster.wishes, "violations": self.roster.violations}
        if len(self.sessions):
            found["sessions"] = self.sessions
        if len(self.backlog):
            found["backlog"] = self.backlog
        found |= {
            "coverage": self.coverage,
            "promise": self.promise,
            "ways_out": self.ways_out,
            "relaxations": self.relaxations,
            "trust": self.trust,
            "suspects": self.suspects,
            "adjustments": self.adjustments,
            "changes": self.changes,
        }
        if self.roster is not None and self.previous is not None:
            found["previous"] = self.previous
        for queue, reading in self.readings.items():
            found[f"history_report_{queue}"] = reading.report
            if len(reading.rows):  # every row that was not taken as it stood
                found[f"history_rows_{queue}"] = reading.rows
        return {name: table for name, table in found.items() if len(table.columns)}

    def to_csv(self, folder: str | Path) -> list[Path]:
        """Every table as a CSV file in a folder, each written whole or not at all."""
        return write_tables(self.tables(), Path(folder))

    def to_excel(self, path: str | Path, *, names: str = "full", key: str = "", language: str = "en") -> Path:
        """The plan as a workbook that a planner can work in (extra `office`)."""
        from wfm.report import write_workbook

        return write_workbook(self, Path(path), names=names, key=key, language=language)

    def to_ics(self, folder: str | Path, *, names: str = "full", key: str = "") -> list[Path]:
        """One calendar file for each person (extra `office`)."""
        from wfm.report import write_calendars

        return write_calendars(self, Path(folder), names=names, key=key)

    def to_html(self, path: str | Path, *, names: str = "full", key: str = "", language: str = "en") -> Path:
        """The report as one page that needs no network (extra `report`)."""
        from wfm.report import write_report

        return write_report(self, Path(path), names=names, key=key, language=language)

    def summary(self) -> str:
        """The ten lines."""
        return "\n".join(self.lines)

    def __str__(self) -> str:
        """The ten lines."""
        return self.summary()

    def __repr__(self) -> str:
        """One line."""
        return f"WeekPlan({self.name!r}, {self.start.date()} to {self.end.date()}, kept={self.kept})"

    def _repr_html_(self) -> str:
        days = self.promise[self.promise["scope"] != "interval"] if len(self.promise) else self.promise
        return f"<pre>{escape(self.summary())}</pre>{days.head(24).to_html(index=False)}"
