"""What several rooms' tests need and is dear to make, made once a run and shared by its workers."""

import os
from functools import partial

import pytest

from longest_first import longest_first
from made_once import made_once
from planned_centre import PlannedCentre, planned_centre


def pytest_configure(config):
    """Workers take files in the order that is set below, not those with the most tests first."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items):
    longest_first(items)


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """A folder that all workers of this run see, and no other run."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def once(shared):
    """`once(make, *words)`: what `make(*words)` gives, made once a run. What it gives is never changed."""
    return partial(made_once, shared)


@pytest.fixture(scope="session")
def small_centre_planned(once, shared) -> PlannedCentre:
    """The small centre's plan and folder; copy the folder before changing it."""
    return once(planned_centre, str(shared))
