"""The small centre planned once for all tests that only need some plan, and its folder as the command leaves it."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import wfm
from small_centre import DESIGN_WEEK, write_centre
from wfm.plan import WeekPlan
from wfm.versions import write_run


def briefly(week, seconds=3, paths=40):
    """The week's file with a search of so many seconds on so few futures; nothing else is changed."""
    assert "time_limit: 30, seed: 1" in week
    return week.replace("time_limit: 30, seed: 1", f"time_limit: {seconds}, seed: 1, paths: {paths}")


WEEK = briefly(DESIGN_WEEK)


@dataclass(frozen=True)
class PlannedCentre:
    """The plan, and a folder with its inputs, week.yaml and out/; copy the folder before changing it."""

    plan: WeekPlan
    folder: Path


def planned_centre(within: str) -> PlannedCentre:
    """The small centre, planned and written into a folder of its own."""
    folder = Path(mkdtemp(prefix="centre-", dir=within))
    week = write_centre(folder, WEEK)
    plan = wfm.plan_week(week)
    written(plan, week, folder / "out")
    return PlannedCentre(plan=plan, folder=folder)


def written(plan, week, folder):
    """The folder as `wfm plan` leaves it."""
    plan.to_csv(folder / "tables")
    write_run(week, plan, folder)
    return folder
