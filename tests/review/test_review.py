"""A plan beside what came, from the plan, its folder or its published version."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.review import review
from wfm.versions import publish
from wfm.versions.runs import plain


def measure(found, name):
    return found.accuracy.set_index("measure").loc[name]


def shown(text, pattern):
    match = re.search(pattern, text)
    assert match, f"{pattern!r} is not in {text!r}"
    return float(match[1].replace(",", ""))


def test_days_are_the_sums_of_plan_and_history(plan, came):
    history = came(plan, volume=1.1, aht=1.2, came=0.9)
    days = review(plan, history).days
    by_day = history.groupby(history["start"].dt.normalize())
    assert days["day"].tolist() == list(by_day.groups)
    np.testing.assert_allclose(days["offered"], by_day["offered"].sum())
    np.testing.assert_allclose(days["forecast"], days["offered"] / 1.1)
    np.testing.assert_allclose(days["error"], 1 / 1.1 - 1)
    np.testing.assert_allclose(days["aht"] / days["aht_forecast"], 1.2, rtol=1e-4)
    np.testing.assert_allclose(days["came_hours"], days["expected_hours"] * 0.9)
    np.testing.assert_allclose(days["expected_hours"], days["rostered_hours"] * 0.94)
    np.testing.assert_allclose(days["needed_hours"].sum(), plan.figures["need_hours"])
    np.testing.assert_allclose(days["achieved"], by_day["answered_within"].sum() / by_day["offered"].sum())
    np.testing.assert_allclose(days["abandon_rate"], by_day["abandoned"].sum() / by_day["offered"].sum())
    np.testing.assert_allclose(days["promised"], plan.promise.query("scope == 'day'")["service_level"])


def test_accuracy_is_that_of_a_plain_sum(plan, came):
    rng = np.random.default_rng(1)
    history = came(plan)
    history["offered"] = rng.poisson(history["offered"])
    history["answered"], history["answered_within"], history["abandoned"] = history["offered"], history["offered"], 0.0
    found = review(plan, history)
    forecast, actual = plan.forecast["offered"].to_numpy(), history["offered"].to_numpy()
    assert measure(found, "interval_error")["value"] == pytest.approx(np.abs(forecast - actual).sum() / actual.sum())
    assert measure(found, "bias")["value"] == pytest.approx((forecast.sum() - actual.sum()) / actual.sum())
    assert measure(found, "interval_error")["value"] == pytest.approx(
        measure(found, "interval_error")["beside"], rel=0.15
    )
    assert 0.7 < measure(found, "interval_band")["value"] < 0.97
    assert measure(found, "day_band")["n"] == 7
    assert measure(found, "absence")[["value", "beside"]].tolist() == pytest.approx([0.06, 0.06])


def test_contacts_far_outside_the_band_are_no_hits(plan, came):
    found = review(plan, came(plan, volume=2.0))
    assert measure(found, "day_band")["value"] == 0.0
    assert measure(found, "interval_band")["value"] < 0.1


@pytest.mark.parametrize(("volume", "verdict"), [(1.0, "helped"), (1 / 1.10, "harmed")])
def test_the_planners_changes_are_scored_against_the_machine(plan, came, volume, verdict):
    found = review(plan, came(plan, volume=volume))  # the planner had raised one day by a tenth
    row = measure(found, "planner")
    assert row["n"] == 1
    expected = (1 / volume - 1, 1 - 1 / (1.1 * volume))
    assert row[["value", "beside"]].tolist() == pytest.approx(list(expected), abs=1e-9)
    assert verdict in found.summary()


def test_folder_version_and_plan_tell_the_same(plan, folder, came, tmp_path):
    history = came(plan, volume=1.05, rounded=True)
    path = tmp_path / "actual.csv"
    history.drop(columns="queue").rename(columns={"offered": "Calls offered", "aht": "AHT"}).to_csv(path, index=False)
    of_plan, of_draft = review(plan, history), review(folder / "out", path)
    version = publish(folder / "out", published="2026-11-14")
    for found, title in (
        (of_draft, "draft 1"),
        (review(folder / "out", path), "version 1"),
        (review(version, path), "version 1"),
        (review(version.folder, path), "version 1"),
    ):
        assert found.title == title
        for name, table in of_plan.tables().items():
            numbers = table.select_dtypes("number").columns
            np.testing.assert_allclose(found.tables()[name][numbers], table[numbers], atol=1e-6)


def test_there_are_at_most_ten_lines_and_their_numbers_are_those_of_the_tables(plan, came):
    found = review(plan, came(plan, volume=1.1, aht=1.1, came=0.95))
    lines = found.summary().splitlines()
    assert len(lines) <= 10
    assert lines[0] == "Blue bank - Sat 30 Aban 1405 to Fri 6 Azar 1405 - REVIEW of draft 1, 7 days"
    text = {line.split()[1]: line for line in lines[1:]}
    assert shown(text["VOLUME"], r"voice ([\d,]+) came") == round(found.days["offered"].sum())
    assert shown(text["VOLUME"], r"([\d,]+) forecast") == round(found.days["forecast"].sum())
    assert shown(text["AHT"], r"planned [\d]+ s \(\+([\d.]+)%") == pytest.approx(10.0)
    assert shown(text["PEOPLE"], r"([\d,]+) came") == round(found.days["came_hours"].sum())
    week = found.split.query("scope == 'week'").iloc[0]
    assert shown(text["SERVICE"], r"promised ([\d.]+)%") == pytest.approx(week["promised"] * 100, abs=0.051)
    parts = [
        shown(text["SERVICE"], rf"{word} ([-+][\d.]+)") for word in ("volume", "shape", "AHT", "attendance", "chance")
    ]
    assert sum(parts) == pytest.approx(shown(text["SERVICE"], r": ([-+][\d.]+) points"), abs=1e-9)
    assert parts[2] == pytest.approx(week["aht"] * 100, abs=0.051)
    worst = found.split.query("scope == 'day'").nsmallest(1, "miss").iloc[0]
    assert plan.calendar.label(worst["start"]) in text["WORST"]
    assert "DOUBT    none" in text["DOUBT"]


def test_attendance_may_come_from_a_table_of_its_own(plan, came):
    history = came(plan, came=0.8)
    there = history[["queue", "start", "staffed"]].rename(columns={"staffed": "agents"})
    plainly = review(plan, history)
    apart = review(plan, history.drop(columns="staffed"), attendance=there)
    pd.testing.assert_frame_equal(apart.split, plainly.split)


def test_attendance_may_be_a_roster_of_hours_really_worked(plan, came):
    sick = plan.roster.table[~plan.roster.table["agent"].isin(["A07", "A08"])]
    found = review(plan, came(plan), attendance=sick)
    gone = plan.roster.table[
        plan.roster.table["agent"].isin(["A07", "A08"]) & (plan.roster.table["activity"] == "work")
    ]
    hours = (gone["end"] - gone["start"]).dt.total_seconds().sum() / 3600
    assert found.days["rostered_hours"].sum() - found.days["came_hours"].sum() == pytest.approx(hours)


def test_volume_alone_is_enough(plan, came):
    found = review(plan, came(plan)[["queue", "start", "offered"]])
    assert found.split.empty
    assert "the counted service is not known" in found.summary()
    assert found.days["achieved"].isna().all()
    assert found.days["offered"].notna().all()


def test_contacts_one_by_one_are_counted_at_the_promised_threshold(plan):
    starts = pd.Series(plan.forecast["start"])
    contacts = pd.DataFrame(
        {
            "arrival": np.repeat(starts, 2).to_numpy() + np.timedelta64(5, "m"),
            "wait": [10.0, 30.0] * len(starts),
            "outcome": "answered",
            "handle": 240.0,
        }
    )
    quick = replace(plan.queues["voice"], target=replace(plan.queues["voice"].target, within=20))
    for queue, level in ((plan.queues["voice"], 1.0), (quick, 0.5)):
        found = review(replace(plan, queues={"voice": queue}), contacts)
        np.testing.assert_allclose(found.days["achieved"], level)
        np.testing.assert_allclose(found.days["offered"].sum(), 2 * len(starts))


def test_a_longer_history_is_cut_to_the_plan(plan, folder, came):
    old = pd.read_csv(folder / "calls.csv", parse_dates=["Time"]).rename(
        columns={"Time": "start", "Calls offered": "offered", "AHT": "aht"}
    )
    week = came(plan).drop(columns=["queue", "end"])
    found = review(plan, pd.concat([old, week], ignore_index=True))
    pd.testing.assert_frame_equal(found.days, review(plan, came(plan)).days)


def test_what_lies_outside_the_plan_is_said(plan, came):
    night = pd.DataFrame({"queue": "voice", "start": [pd.Timestamp("2026-11-21 03:00")], "offered": [12.0]})
    found = review(plan, pd.concat([came(plan).drop(columns="end"), night]))
    assert any("12 contacts came outside the planned hours" in note for note in found.notes)
    lacking = came(plan)
    lacking.loc[5, "offered"] = np.nan
    found = review(plan, lacking)
    assert any(
        "1 of the planned intervals have no actual data, first 2026-11-21 09:30:00" in note for note in found.notes
    )


def test_data_of_another_week_or_queue_are_refused(plan, came):
    history = came(plan)
    week = pd.Timedelta(days=7)
    with pytest.raises(DataError, match="hold nothing of the plan's days, 2026-11-21 until 2026-11-28"):
        review(plan, history.assign(start=history["start"] + week, end=history["end"] + week))
    with pytest.raises(DataError, match=r"actuals name the unknown queue 'chat'; the plan has 'voice'"):
        review(plan, {"chat": history})


def test_a_folder_without_a_plan_is_refused(came, plan, tmp_path):
    with pytest.raises(DataError, match="no plan was written there"):
        review(tmp_path, came(plan))


def test_it_is_json_and_shows_itself_small(plan, came):
    found = review(plan, came(plan, volume=1.1))
    record = json.loads(json.dumps(found.record(), allow_nan=False))
    assert record["split"][0]["miss"] == found.split["miss"].iloc[0]
    assert record["lines"] == list(found.lines)
    assert len(found._repr_html_()) < 8000
    assert "<script" not in found._repr_html_()
    assert plain(found.start) == record["start"]


def test_the_history_is_not_changed(plan, came):
    history = came(plan)
    kept = history.copy()
    review(plan, history)
    pd.testing.assert_frame_equal(history, kept)
