"""Plan next week: what a scheduler starts every Thursday, once the week's export lies in the folder.

    python plan.py                        next week, seen from today
    python plan.py --today 2026-11-05     the same for the files of this example

Reads week.yaml and the CSV files beside it, keeps next week's own file as week-<start>.yaml and writes the plan into
out/<start>/. The ten lines go to stdout, the log to stderr. Exit codes: 0 the promise is kept; 1 planned, but it is not
kept or people are short; 2 bad input, no plan is written; 3 a fault of the program. Starting it twice does no harm:
the second start waits for the first, and the same files give the same plan.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

import wfm
from wfm.calendars import WEEKDAYS
from wfm.settings import read_week
from wfm.versions import latest, write_run

KEPT, NOT_KEPT, BAD_INPUT, FAULT = 0, 1, 2, 3
OLDEST_EXPORT = pd.Timedelta(days=7)
log = logging.getLogger("weekly_plan")


def main(arguments: list[str] | None = None) -> int:
    """Plan next week and return the exit code."""
    asked = _asked(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(message)s", stream=sys.stderr)
    try:
        with one_at_a_time(asked.folder / "out"):
            plan = plan_next_week(asked.folder, asked.today)
    except wfm.WfmError as error:
        log.error("%s", error)
        return BAD_INPUT
    except Exception:
        log.exception("a fault of the program; last week's files are untouched")
        return FAULT
    print(plan.summary())
    return KEPT if plan.kept else NOT_KEPT


def plan_next_week(folder: Path, today: pd.Timestamp) -> wfm.WeekPlan:
    """The plan of the week after this one, written into out/<start>."""
    template = folder / "week.yaml"
    spec = read_week(template).spec
    for queue in spec.queues.values():
        refuse_stale(folder / str(queue.history), queue.columns, today)
    start = next_start(today, spec.week_start)
    week = dated(template, start, today)
    log.info("planning %s from %s", start.date(), week.name)
    plan = wfm.plan_week(week, progress=lambda step: log.info("  %s", step))
    for doubt in plan.warnings:
        log.warning("%s", doubt)
    write(plan, week, folder / "out" / str(start.date()), list(spec.output.formats))
    return plan


def next_start(today: pd.Timestamp, week_start: str) -> pd.Timestamp:
    """The first day of the next week; on the first day of a week, that of the week after.

    >>> next_start(pd.Timestamp("2026-11-05"), "mon").date().isoformat()
    '2026-11-09'
    """
    return today + pd.Timedelta(days=7 - (today.day_of_week - WEEKDAYS.index(week_start)) % 7)


def dated(template: Path, start: pd.Timestamp, today: pd.Timestamp) -> Path:
    """The template with its dates set, beside it, so that names of files and lines in messages stay true."""
    last_week = template.parent / "out" / str((start - pd.Timedelta(days=7)).date())
    values = {
        "start": str(start.date()),
        "history_until": str((today - pd.Timedelta(days=1)).date()),  # today is not over
        "previous": previous(last_week, template.parent),
    }
    text = template.read_text(encoding="utf-8")
    for key, value in values.items():
        text, found = re.subn(rf"(?m)^(  {key}:).*$", rf"\1 {value}".rstrip(), text)
        if found != 1:
            raise wfm.SettingError(f"{template.name} must have one line '  {key}:' under plan, got {found}.", name=key)
    path = template.with_name(f"week-{start.date()}.yaml")
    half = path.with_suffix(".part")
    half.write_text(text, encoding="utf-8")
    os.replace(half, path)
    return path


def previous(last_week: Path, folder: Path) -> str:
    """What last week's people really work: the published version where there is one, else the plan, else nothing."""
    if latest(last_week) is not None:
        return last_week.relative_to(folder).as_posix()
    roster = last_week / "tables" / "roster.csv"
    return roster.relative_to(folder).as_posix() if roster.is_file() else ""


def refuse_stale(file: Path, columns: dict[str, str], today: pd.Timestamp) -> None:
    """Nobody notices an export that was forgotten, unless it is refused."""
    last = wfm.read_history(file, columns=columns)["start"].max().normalize()
    if today - last > OLDEST_EXPORT:
        raise wfm.DataError(
            f"{file.name} ends on {last.date()}, {(today - last).days} days before {today.date()}. Bring a new export, "
            f"or plan as of then: --today {(last + pd.Timedelta(days=1)).date()}.",
            table="history",
            column="start",
        )


def write(plan: wfm.WeekPlan, week: Path, out: Path, formats: list[str]) -> None:
    """Tables, workbook, report and calendars; last the record that `wfm publish` asks for."""
    plan.to_csv(out / "tables")
    papers = [plan.to_excel(out / "plan.xlsx")] if "xlsx" in formats else []
    papers += [plan.to_html(out / "report.html")] if "html" in formats else []
    papers += plan.to_ics(out / "calendars") if "ics" in formats else []
    write_run(week, plan, out, papers)
    log.info("written to %s; to freeze it: wfm publish %s", out, out)


@contextmanager
def one_at_a_time(out: Path) -> Iterator[None]:
    """Wait for another run to end; the lock dies with its process."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("a") as file:
        try:
            import fcntl
        except ImportError:  # not on Windows: there the task scheduler is told not to start a second instance
            yield
            return
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _asked(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Plan next week.")
    now = pd.Timestamp.today().normalize()
    parser.add_argument("--today", type=pd.Timestamp, default=now, help="such as 2026-11-05")
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent, help="where week.yaml and its files are")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
