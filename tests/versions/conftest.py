"""A small centre, planned once for these tests; each test gets a folder of its own."""

import shutil

import pytest
from small_centre import DESIGN_WEEK, write_centre

import wfm
from wfm.versions import write_run

WEEK = DESIGN_WEEK.replace("time_limit: 6, seed: 1", "time_limit: 2, seed: 1, paths: 40")


def written(plan, week, folder):
    """The folder as `wfm plan` leaves it."""
    plan.to_csv(folder / "tables")
    write_run(week, plan, folder)
    return folder


@pytest.fixture(scope="session")
def planned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("versions")
    week = write_centre(folder, WEEK)
    plan = wfm.plan_week(week)
    written(plan, week, folder / "out")
    return plan, folder


@pytest.fixture
def plan(planned):
    return planned[0]


@pytest.fixture
def centre(planned, tmp_path):
    """Week's file, inputs and the plan's folder `out`, to be changed at will."""
    return shutil.copytree(planned[1], tmp_path / "centre")


@pytest.fixture
def roster(plan):
    return plan.roster.table


@pytest.fixture(scope="session")
def plan_into():
    return written
