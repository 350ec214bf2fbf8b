import warnings

import numpy as np
import pandas as pd
import pytest

from replayed_centre import contacts_of, counted
from wfm.erlang.learned.calibration import calibrate
from wfm.erlang.learned.patience import patience_from_contacts
from wfm.erlang.learned.replay import past_of, staff_of
from wfm.errors import DataError, SettingError, WfmWarning

OFFERED = np.array([62, 66, 132, 140, 135, 128, 125, 130, 70, 66, 60, 62])
STAFFED = np.array([10, 10, 20, 20, 20, 20, 20, 20, 10, 10, 10, 10])
EFFECTIVE = (STAFFED * 0.9).astype(int)


def past_days(seed: int, days: int = 10, effective=EFFECTIVE) -> pd.DataFrame:
    contacts = contacts_of(OFFERED, effective, aht=240.0, patience=180.0, days=days, seed=seed)
    return counted(contacts, STAFFED, days=days)


@pytest.fixture(scope="module")
def history():
    return past_days(seed=1)


@pytest.fixture(scope="module")
def found(history):
    return calibrate(history, patience=180.0)


def test_nine_of_ten_agents_are_found_to_have_been_effective(found):
    assert found.low < 0.9 < found.high
    assert found.efficiency == pytest.approx(0.9, abs=0.03)
    assert found.needed
    assert not found.doubts
    assert found.predicted > found.achieved + 0.1
    assert "of the agents were effective" in str(found)
    assert "more unplanned shrinkage" in str(found)


def test_corrected_service_is_the_achieved_over_the_whole_period(found):
    assert found.intervals["corrected"].sum() == pytest.approx(found.intervals["achieved"].sum(), rel=1e-3)
    for scope, rows in (("day", 10), ("week", 2)):
        table = found.by_scope(scope)
        assert len(table) == rows
        assert (table["corrected"] * table["offered"]).sum() == pytest.approx(found.achieved * found.contacts, rel=1e-3)
        assert (table["predicted"] > table["corrected"]).all()
    assert found.intervals["lost_corrected"].sum() == pytest.approx(found.intervals["lost"].sum(), rel=0.15)


def test_the_quick_model_is_near_the_exact_one(history, found):
    quick = calibrate(history, patience=180.0, model="stationary")
    assert quick.efficiency == pytest.approx(found.efficiency, abs=0.015)


def test_a_model_that_fits_needs_no_correction():
    fits = calibrate(past_days(seed=4, effective=STAFFED), patience=180.0, model="stationary")
    assert fits.efficiency == pytest.approx(1.0, abs=0.04)
    assert not fits.needed
    assert str(fits).endswith("no correction needed")


def test_bands_of_hours_are_judged_by_themselves(history):
    slack = history["start"].dt.hour >= 12
    mixed = history.assign(staffed=history["staffed"] * np.where(slack, 1.25, 1.0))
    bands = calibrate(mixed, patience=180.0, model="stationary").bands.set_index("from")
    assert bands.loc[12, "efficiency"] < bands.loc[8, "efficiency"] - 0.1
    assert bands["differs"].any()
    assert bands["offered"].sum() == history["offered"].sum()


@pytest.mark.slow
def test_the_range_holds_the_efficiency_nine_times_in_ten():
    runs = []
    for seed in range(40):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", WfmWarning)
            runs.append(calibrate(past_days(seed), patience=180.0))
    assert np.mean([run.low <= 0.9 <= run.high for run in runs]) >= 0.80
    assert np.mean([run.efficiency for run in runs]) == pytest.approx(0.9, abs=0.006)
    spread = np.std([run.efficiency for run in runs])
    assert np.mean([run.standard_error for run in runs]) == pytest.approx(spread, rel=0.35)


def test_doubt_about_patience_widens_the_range(history):
    contacts = contacts_of(OFFERED, EFFECTIVE, aht=240.0, patience=180.0, days=1, seed=1)
    patience = patience_from_contacts(contacts)
    sure = calibrate(history, patience=patience.mean, model="stationary")
    doubtful = calibrate(history, patience=patience, model="stationary")
    assert doubtful.efficiency == sure.efficiency
    assert doubtful.high - doubtful.low > sure.high - sure.low
    assert doubtful.standard_error > sure.standard_error


def test_the_factor_is_further_unplanned_shrinkage(found):
    assert found.unplanned() == pytest.approx(1 - found.efficiency)
    assert found.unplanned(0.06) == pytest.approx(1 - 0.94 * found.efficiency)
    better = calibrate(past_days(seed=4, effective=STAFFED + 2), patience=180.0, model="stationary")
    assert better.unplanned(0.02) == 0.0
    assert "better than the model" in str(better)


def roster_of(history: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row in history.itertuples():
        rows += [
            (f"agent {k}", row.start, row.start + pd.Timedelta("30min"), "work", True, "voice")
            for k in range(int(row.staffed))
        ]
    return pd.DataFrame(rows, columns=["agent", "start", "end", "activity", "paid", "queue"])


def test_a_roster_serves_in_the_place_of_staffed(history):
    day = history.iloc[:60]
    with pytest.warns(WfmWarning, match="few|says little|day"):
        by_staff = calibrate(day.iloc[:48], patience=180.0, model="stationary")
    with pytest.warns(WfmWarning, match="few|says little|day"):
        by_roster = calibrate(
            day.iloc[:48].drop(columns="staffed"), patience=180.0, model="stationary", roster=roster_of(day)
        )
    assert by_roster.efficiency == by_staff.efficiency


def test_breaks_pools_and_parts_of_intervals_count_as_they_are():
    starts = pd.date_range("2026-11-21 08:00", periods=4, freq="30min")
    intervals = pd.DataFrame({"queue": "voice", "start": starts, "end": starts + pd.Timedelta("30min")})
    at = [pd.Timestamp("2026-11-21") + pd.Timedelta(hours=h) for h in (7, 8.25, 8.5, 9, 10)]
    roster = pd.DataFrame(
        [
            ("a", at[0], at[2], "work", "voice"),
            ("a", at[2], at[3], "meal", "voice"),
            ("a", at[3], at[4], "work", "voice"),
            ("b", at[1], at[4], "work", "voice|chat"),
            ("c", at[0], at[4], "work", "chat"),
            ("d", at[1], at[3], "work", None),
        ],
        columns=["agent", "start", "end", "activity", "queue"],
    ).assign(paid=True)
    assert staff_of(roster, intervals).tolist() == [1.75, 1.5, 1.5, 1.5]
    with pytest.raises(SettingError, match="nobody at work on queue 'mail'"):
        staff_of(roster[roster["queue"].isin(["voice", "chat"])], intervals.assign(queue="mail"))


def test_service_may_come_as_a_share_and_excluded_rows_stay_out(history):
    share = history.assign(service_level=history["answered_within"] / history["offered"])
    plain = calibrate(history, patience=180.0, model="stationary")
    shared = calibrate(share.drop(columns="answered_within"), patience=180.0, model="stationary")
    assert shared.efficiency == pytest.approx(plain.efficiency, abs=1e-6)
    crisis = history["start"].dt.day == 3
    broken = history.assign(answered_within=history["answered_within"] * ~crisis, excluded=crisis)
    assert calibrate(broken, patience=180.0, model="stationary").days == 9


def test_service_that_no_staff_explains_is_said(history):
    with pytest.warns(WfmWarning, match="no share of agents between 40% and 160% explains"):
        found = calibrate(history.assign(answered_within=0.0), patience=180.0)
    assert np.isnan(found.efficiency)
    assert found.unplanned(0.06) == 0.06
    assert not found.needed
    assert "no share of effective agents explains it" in str(found)


def test_service_that_was_always_good_says_little():
    plenty = past_days(seed=2, days=6, effective=STAFFED + 8)
    with pytest.warns(
        WfmWarning, match=r"only \d+ of [\d,]+ contacts were not answered in time: the service says little"
    ):
        found = calibrate(plenty.assign(staffed=plenty["staffed"] + 8), patience=180.0, model="stationary")
    assert found.doubts


def test_hang_ups_that_do_not_fit_speak_of_another_patience(history):
    with pytest.warns(WfmWarning, match="patience may be shorter"):
        calibrate(history, patience=600.0, model="stationary")
    with pytest.warns(WfmWarning, match="patience may be longer"):
        calibrate(history, patience=40.0, model="stationary")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda h: h.drop(columns="staffed"), r"no staffed \(or give roster=\)"),
        (lambda h: h.drop(columns="answered_within"), "no answered_within or service_level"),
        (lambda h: h.drop(columns="aht"), "it has no aht"),
        (lambda h: pd.concat([h, h.assign(queue="chat")]), "must be of one queue to be replayed, got 2"),
    ],
)
def test_what_is_missing_is_named(history, change, words):
    with pytest.raises(DataError, match=words):
        calibrate(change(history), patience=180.0)


def test_wrong_settings_are_refused(history):
    with pytest.raises(SettingError, match="model must be one of"):
        calibrate(history, patience=180.0, model="erlang")
    with pytest.raises(SettingError, match="edges must be rising hours"):
        calibrate(history, patience=180.0, model="stationary", edges=(8, 8, 12))
    with pytest.raises(SettingError, match="patience must be"):
        calibrate(history, patience=-5.0)


def test_nights_between_days_are_gaps_and_the_caller_s_table_stays(history):
    before = history.copy()
    past = past_of(history, roster=None, aht=None, within=None)
    assert past.stretch.max() == 9
    assert (np.bincount(past.stretch) == 12).all()
    pd.testing.assert_frame_equal(history, before)
    bare = history.drop(columns=["aht", "within"])
    assert past_of(bare, roster=None, aht="4min", within=20).aht[0] == 240.0
