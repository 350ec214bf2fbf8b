"""A running week looked at again: forecast and requirement of the rest follow what came."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from wfm.cli import main
from wfm.errors import DataError, WfmWarning
from wfm.plan.intraday import read_came, update_week
from wfm.settings import read_week

SHAPE = np.array([3.0, 5, 7, 7, 6, 5, 5, 6, 6, 5, 4, 3])
WEEK = {
    "name": "Rest of the week",
    "interval": "60min",
    "week_start": "mon",
    "queues": {
        "voice": {
            "hours": [{"days": "all", "open": "09:00-21:00"}],
            "target": {"share": 0.8, "within": 30, "scope": "interval"},
            "patience": 180,
            "shrinkage": {"unplanned": 0.05},
        }
    },
    "plan": {"start": "2026-08-03", "weeks": 1, "paths": 50},
}


def _rows(dates, factor, rng=None):
    starts = pd.DatetimeIndex([day + pd.Timedelta(hours=9 + k) for day in dates for k in range(12)])
    rate = np.outer(2400 * factor, SHAPE / SHAPE.sum()).ravel()
    offered = rate if rng is None else rng.poisson(rate).astype(float)
    return pd.DataFrame({"queue": "voice", "start": starts, "offered": offered, "aht": 240.0})


@pytest.fixture(scope="module")
def history():
    rng = np.random.default_rng(0)
    dates = pd.date_range("2026-02-02", "2026-08-02")
    return _rows(dates, np.exp(0.1 * (dates.day_of_week < 5) + rng.normal(0, 0.12, len(dates))), rng)


def _until(day, hour, factor):
    dates = pd.date_range("2026-08-03", day)
    whole = _rows(dates, np.full(len(dates), factor))
    return whole[whole["start"] < pd.Timestamp(day) + pd.Timedelta(hours=hour)].reset_index(drop=True)


def test_a_busy_morning_asks_for_more_people_in_the_afternoon(history):
    calm, busy = (update_week(WEEK, _until("2026-08-05", 13, f), history=history) for f in (1.1, 1.45))
    assert busy.now == pd.Timestamp("2026-08-05 13:00")
    assert busy.requirement["start"].min() == busy.now
    assert busy.requirement["start"].max() == pd.Timestamp("2026-08-09 20:00")
    today = busy.requirement["start"] < "2026-08-06"
    more = busy.requirement["agents"] - calm.requirement["agents"]
    assert more[today].sum() > 5
    assert (busy.forecast["offered"][today] > 1.1 * calm.forecast["offered"][today]).all()
    mean = busy.paths.groupby("start")["rate"].mean()
    np.testing.assert_allclose(mean, busy.forecast["offered"], rtol=0.15)


def test_the_plan_is_set_beside(history):
    planned = update_week(WEEK, _until("2026-08-03", 10, 1.1), history=history).requirement
    later = update_week(WEEK, _until("2026-08-04", 12, 1.3), history=history, planned=planned).requirement
    assert (later["agents_planned"] + later["more"] == later["agents"]).all()
    assert later["more"].sum() > 0


def test_what_is_not_of_the_week_is_refused(history):
    with pytest.raises(DataError, match="came must end within the week, 2026-08-03 to 2026-08-10"):
        update_week(WEEK, _until("2026-08-12", 12, 1.0), history=history)
    with pytest.raises(DataError, match="got queue 'fax', which has no history"):
        update_week(WEEK, _until("2026-08-04", 12, 1.0).assign(queue="fax"), history=history)


def test_the_command_reads_files_and_writes_what_it_now_takes(history, tmp_path):
    history.to_csv(tmp_path / "calls.csv", index=False)
    voice = {**WEEK["queues"]["voice"], "history": "calls.csv"}
    (tmp_path / "week.yaml").write_text(yaml.safe_dump({**WEEK, "queues": {"voice": voice}}))
    _until("2026-08-04", 12, 1.3).to_csv(tmp_path / "came.csv", index=False)
    words = ["update", tmp_path / "week.yaml", tmp_path / "came.csv", "--forecast", tmp_path / "rest.csv"]
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[1].startswith("voice,2026-08-04 12:00")
    assert "from 2026-08-04 12:00 on:" in done.stderr
    assert len(pd.read_csv(tmp_path / "rest.csv")) == len(done.stdout.splitlines()) - 1


def test_rows_of_closed_hours_change_nothing(history):
    came = _until("2026-08-05", 13, 1.3)
    whole = pd.DataFrame({"queue": "voice", "start": pd.date_range("2026-08-03", "2026-08-05 12:00", freq="h")})
    whole = whole.merge(came, how="left").fillna({"offered": 0.0, "aht": 240.0})
    known, again = (update_week(WEEK, table, history=history) for table in (came, whole))
    pd.testing.assert_frame_equal(again.requirement, known.requirement)
    before_opening = whole[whole["start"] < "2026-08-05 07:00"]
    assert update_week(WEEK, before_opening, history=history).now == pd.Timestamp("2026-08-05 07:00")


def test_zeros_of_hours_that_are_still_to_come_are_doubted(history):
    came = _until("2026-08-05", 21, 1.0)
    came.loc[came["start"] >= "2026-08-05 15:00", "offered"] = 0.0
    with pytest.warns(WfmWarning, match="no contact from Wed 05 Aug 15:00 to 21:00, where about"):
        update_week(WEEK, came, history=history)


@pytest.mark.parametrize("written", ["as a table", "as the history is", "with its zone"])
def test_what_came_may_be_the_next_file_of_the_kind_that_the_history_is(history, tmp_path, written):
    names = {"start": "Begin", "offered": "Calls in"}
    history.rename(columns=names).drop(columns="queue").to_csv(tmp_path / "calls.csv", index=False)
    spec = WEEK | {"timezone": "Europe/Berlin"}
    spec["queues"] = {"voice": WEEK["queues"]["voice"] | {"history": "calls.csv", "columns": names}}
    (tmp_path / "week.yaml").write_text(yaml.safe_dump(spec))
    came = _until("2026-08-05", 13, 1.3)
    if written == "as the history is":
        came = came.rename(columns=names).drop(columns="queue")
    elif written == "with its zone":
        came = came.assign(start=came["start"].dt.tz_localize("Europe/Berlin").dt.tz_convert("UTC").astype(str))
    came.to_csv(tmp_path / "came.csv", index=False)
    known = read_came(tmp_path / "came.csv", read_week(tmp_path / "week.yaml")).dropna(subset="offered")
    same = _until("2026-08-05", 13, 1.3)
    assert known["start"].tolist() == same["start"].tolist()
    np.testing.assert_allclose(known["offered"], same["offered"])
