"""A small centre, planned once; each test gets a folder of its own."""

import shutil

import pytest

from planned_centre import planned_centre, written


@pytest.fixture(scope="session")
def planned():
    return planned_centre()


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
