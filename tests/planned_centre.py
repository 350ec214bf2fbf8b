"""The small centre planned once for all tests that only need some plan, and its folder as the command leaves it."""

import tempfile
from functools import cache
from pathlib import Path

import wfm
from small_centre import DESIGN_WEEK, write_centre
from wfm.versions import write_run

WEEK = DESIGN_WEEK.replace("time_limit: 30, seed: 1", "time_limit: 3, seed: 1, paths: 40")
_kept = []


@cache
def planned_centre():
    """The plan, and a folder with its inputs, week.yaml and out/; copy the folder before changing it."""
    _kept.append(tempfile.TemporaryDirectory())  # lives as long as the tests
    folder = Path(_kept[0].name) / "centre"
    folder.mkdir()
    week = write_centre(folder, WEEK)
    plan = wfm.plan_week(week)
    return plan, written(plan, week, folder / "out").parent


def written(plan, week, folder):
    """The folder as `wfm plan` leaves it."""
    plan.to_csv(folder / "tables")
    write_run(week, plan, folder)
    return folder
