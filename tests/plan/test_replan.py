"""A published week that is planned again changes as few cells as possible, and none where nothing else changed."""

import shutil

import pandas as pd
import pytest

import wfm
from wfm.errors import DataError
from wfm.plan.replan import parted
from wfm.versions import changes_on, latest, publish


@pytest.fixture(scope="module")
def told(small_centre_planned, tmp_path_factory):
    """The small centre with its plan published."""
    folder = shutil.copytree(small_centre_planned.folder, tmp_path_factory.mktemp("replan") / "centre")
    publish(folder / "out")
    return folder


@pytest.fixture
def centre(told, tmp_path):
    return shutil.copytree(told, tmp_path / "centre")


def cells(plan, folder):
    return changes_on(latest(folder / "out").roster(), plan.roster.table, plan.start, plan.end)


def test_nothing_changed_changes_nothing(centre):
    plan = wfm.plan_week(centre / "week.yaml", published="out")
    assert len(cells(plan, centre)) == len(plan.changes) == 0
    pd.testing.assert_frame_equal(plan.roster.table, latest(centre / "out").roster(), check_dtype=False)
    assert "0 cells differ from version 1" in plan.lines[9]


@pytest.mark.slow
def test_one_absence_moves_few_people(centre):
    roster = latest(centre / "out").roster()
    day = pd.Timestamp("2026-11-23")
    work = roster[(roster["activity"] == "work") & (roster["start"].dt.normalize() == day)]
    who = work["agent"].iloc[0]
    away = pd.read_csv(centre / "absences.csv")
    more = pd.DataFrame([{"agent": who, "start": str(day), "end": str(day + pd.Timedelta("1D")), "kind": "leave"}])
    pd.concat([away, more]).to_csv(centre / "absences.csv", index=False)
    plan = wfm.plan_week(centre / "week.yaml", published="out")
    found = cells(plan, centre)
    assert found.loc[(found["agent"] == who) & (found["day"] == day), "new"].tolist() == ["leave"]
    assert found["agent"].nunique() <= 4
    assert len(found) <= 8
    assert plan.figures["hard_rules_broken"] == 0
    assert len(plan.changes) == len(found)


@pytest.mark.slow
def test_the_folder_of_the_published_week_may_also_be_named_in_the_file(centre):
    week = centre / "week.yaml"
    week.write_text(week.read_text().replace("previous: roster_last_week.csv", "previous: out"))
    assert "previous: out" in week.read_text()
    plan = wfm.plan_week(week)
    assert len(cells(plan, centre)) == 0
    assert plan.previous["start"].max() < plan.start  # the week before is known from the version itself


@pytest.mark.slow
def test_a_version_of_another_week_is_not_what_people_were_told(centre):
    week = centre / "week.yaml"
    week.write_text(week.read_text().replace("start: 2026-11-21", "start: 2026-11-28"))
    plan = wfm.plan_week(week, published="out")
    assert plan.told is None
    assert "cells differ from last week" in plan.lines[9]


def test_a_damaged_version_is_refused_before_anything_is_planned(centre):
    table = latest(centre / "out").folder / "tables" / "roster.csv"
    table.write_bytes(table.read_bytes().replace(b"A06", b"A07", 1))
    with pytest.raises(DataError, match="not the table that was planned"):
        wfm.plan_week(centre / "week.yaml", published="out")


def test_a_shift_belongs_to_the_day_on_which_it_begins():
    night = pd.Timestamp("2026-11-20 22:00")
    rows = pd.DataFrame(
        {
            "agent": "Ada",
            "start": [night, night + pd.Timedelta("4h"), pd.Timestamp("2026-11-21 08:00")],
            "end": [night + pd.Timedelta("4h"), night + pd.Timedelta("8h"), pd.Timestamp("2026-11-21 16:00")],
            "activity": ["work", "break", "leave"],
            "paid": True,
            "shift": ["night", "night", None],
            "queue": ["voice", "voice", None],
        }
    )
    before, told = parted(rows, pd.Timestamp("2026-11-21"), pd.Timestamp("2026-11-28"))
    assert len(before) == 2
    assert told is None  # leave alone is nothing that a plan told
