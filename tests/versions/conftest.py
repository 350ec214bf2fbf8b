"""A small centre, planned once; each test gets a folder of its own."""

import shutil

import pytest

from planned_centre import written


@pytest.fixture
def plan(small_centre_planned):
    return small_centre_planned.plan


@pytest.fixture
def centre(small_centre_planned, tmp_path):
    """Week's file, inputs and the plan's folder `out`, to be changed at will."""
    return shutil.copytree(small_centre_planned.folder, tmp_path / "centre")


@pytest.fixture
def roster(plan):
    return plan.roster.table


@pytest.fixture(scope="session")
def plan_into():
    return written
