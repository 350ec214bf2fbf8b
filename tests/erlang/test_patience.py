from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replayed_centre import contacts_of, counted
from wfm.erlang import erlang_a, impatience, patience_from_contacts, patience_from_history
from wfm.erlang.learned.hang_ups import patience_from_histogram, patience_from_staffing
from wfm.erlang.learned.patience import assumed_patience
from wfm.erlang.learned.survival import patience_by_time, patience_by_wait, patience_curve, patience_shape
from wfm.erlang.staffing.attendance import draw_attendance
from wfm.errors import DataError, SettingError, TooLittleHistory, WfmWarning

OFFERED = np.array([60, 90, 110, 120, 110, 100, 105, 110, 90, 70, 60, 50])
TIGHT = np.round(OFFERED * 240 / 1800 + 0.1 * np.sqrt(OFFERED * 240 / 1800)).astype(int)
BANK = Path(__file__).parents[2] / "../shared/data/technion_bank_feb1999_calls.csv"


def simulated_contacts(patience: float, count: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    offered = np.where(rng.random(count) < 0.5, 0.0, rng.exponential(60.0, count))
    willing = rng.exponential(patience, count)
    arrival = pd.Timestamp("2026-11-01") + pd.to_timedelta(np.sort(rng.uniform(0, 20 * 86_400, count)), unit="s")
    return pd.DataFrame(
        {
            "queue": "voice",
            "arrival": arrival,
            "wait": np.minimum(offered, willing),
            "outcome": np.where(willing < offered, "abandoned", "answered"),
        }
    )


def counted_days(patience: float, *, detail: bool = True) -> pd.DataFrame:
    load = np.tile(np.linspace(5, 30, 26), 15)
    spare = np.repeat(np.append(np.linspace(-0.3, 1.4, 13), [4.0, 4.0]), 26)
    agents, queue = np.round(load + spare * np.sqrt(load)), {"aht": 240.0, "patience": patience}
    offered = load * 1800 / 240
    lost = erlang_a.abandon_rate(agents, load, **queue)
    history = pd.DataFrame(
        {
            "queue": "voice",
            "offered": offered,
            "answered": offered * (1 - lost),
            "abandoned": offered * lost,
            "asa": erlang_a.asa(agents, load, **queue),
            "start": [
                pd.Timestamp("2026-11-01 08:00") + pd.Timedelta(days=d, minutes=30 * k)
                for d in range(15)
                for k in range(26)
            ],
        }
    )
    if detail:
        level = erlang_a.service_level(agents, load, **queue, within=20)
        history = history.assign(answered_within=offered * level, within=20.0)
    return history


@pytest.mark.parametrize("patience", [60.0, 180.0, 600.0])
def test_contacts_give_the_patience_that_made_them(patience):
    found = patience_from_contacts(simulated_contacts(patience, 20_000))
    assert found.mean == pytest.approx(patience, abs=3.5 * found.standard_error)
    assert found.standard_error < 0.08 * patience
    assert found.method == "contacts"


def test_the_mean_wait_of_those_who_hung_up_is_not_their_patience():
    contacts = simulated_contacts(600.0, 20_000)
    naive = contacts.loc[contacts["outcome"] == "abandoned", "wait"].mean()
    assert naive < 100
    assert patience_from_contacts(contacts).mean > 500


def test_blocked_contacts_never_waited_and_those_who_flowed_out_did():
    contacts = simulated_contacts(180.0, 4_000)
    extra = contacts.iloc[::40].assign(wait=300.0)
    plain = patience_from_contacts(contacts).mean
    with_blocked = patience_from_contacts(pd.concat([contacts, extra.assign(outcome="blocked")])).mean
    with_flowed = patience_from_contacts(pd.concat([contacts, extra.assign(outcome="flowed")])).mean
    assert with_blocked == pytest.approx(plain)
    assert with_flowed > plain


@pytest.mark.parametrize("patience", [90.0, 300.0, 900.0])
def test_interval_counts_give_patience_within_a_tenth(patience):
    found = patience_from_history(counted_days(patience))
    assert found.mean == pytest.approx(patience, rel=0.10)
    assert found.method == "history"


def test_without_the_share_answered_in_time_patience_comes_out_somewhat_short():
    found = patience_from_history(counted_days(300.0, detail=False))
    assert 0.75 * 300 < found.mean < 300


def test_the_load_serves_in_the_place_of_the_share_answered_in_time():
    for patience in (60.0, 300.0, 900.0):
        history = counted_days(patience, detail=False).assign(aht=240.0)
        assert patience_from_history(history).mean == pytest.approx(patience, rel=0.06)


def test_a_single_interval_of_unknown_width_is_read_without_its_load():
    one = counted_days(300.0, detail=False).assign(aht=240.0).iloc[[20]].assign(abandoned=40.0, asa=30.0)
    assert (
        0
        < patience_from_history(one).mean
        < patience_from_history(one.assign(end=one["start"] + pd.Timedelta("30min"))).mean * 2
    )


def test_ringing_is_no_queueing():
    history = counted_days(300.0)
    ringing = history.assign(asa=history["asa"] + 6.0)
    assert patience_from_history(ringing).mean == pytest.approx(patience_from_history(history).mean, rel=0.05)


def test_hang_ups_may_be_what_is_not_answered():
    history = counted_days(300.0)
    assert patience_from_history(history.drop(columns="abandoned")).mean == pytest.approx(
        patience_from_history(history).mean, rel=1e-9
    )
    assert patience_from_history(history.drop(columns="answered")).mean == pytest.approx(
        patience_from_history(history).mean, rel=1e-9
    )


def test_days_that_differ_widen_the_doubt():
    contacts = simulated_contacts(180.0, 6_000)
    even = patience_from_contacts(contacts).standard_error
    odd = contacts["arrival"].dt.day % 2 == 0
    mixed = contacts.assign(outcome=contacts["outcome"].where(~odd | (contacts["wait"] < 40), "answered"))
    assert patience_from_contacts(mixed).standard_error > 1.3 * even


def test_excluded_rows_do_not_count():
    history = counted_days(300.0)
    crisis = history.assign(
        abandoned=history["abandoned"] * np.where(history["start"].dt.day == 3, 30, 1),
        excluded=history["start"].dt.day == 3,
    )
    assert patience_from_history(crisis).mean == pytest.approx(patience_from_history(history).mean, rel=0.02)


def test_nobody_hung_up_is_endless_and_said():
    contacts = simulated_contacts(180.0, 100).assign(outcome="answered")
    with pytest.warns(WfmWarning, match=r"nobody hung up\. Treated as endless"):
        assert patience_from_contacts(contacts).mean == np.inf


def test_few_hang_ups_are_doubtful():
    with pytest.warns(WfmWarning, match=r"patience rests on \d+ hang-ups only"):
        found = patience_from_contacts(simulated_contacts(180.0, 80))
    assert found.abandoned < 30


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: patience_from_contacts(simulated_contacts(180.0, 50).drop(columns="wait")), "no wait or no outcome"),
        (lambda: patience_from_history(counted_days(180.0).drop(columns="asa")), "history has no asa"),
        (
            lambda: patience_from_contacts(simulated_contacts(180.0, 50).assign(wait=0.0, outcome="abandoned")),
            "without any recorded wait",
        ),
    ],
)
def test_data_that_cannot_tell_give_an_unknown_patience(call, words):
    with pytest.warns(WfmWarning, match=words):
        assert np.isnan(call().mean)


def test_of_twenty_people_with_six_percent_absence_about_nineteen_come():
    come = draw_attendance(20, 0.06, paths=4000, parts=3, seed=2).of(np.full(3, 20.0), np.arange(3))
    assert come.mean() == pytest.approx(18.8, abs=0.05)
    assert 1.02 < come.std() < 1.25
    assert come.max() <= 20


def test_people_of_one_part_of_the_day_are_the_same_and_more_people_never_mean_fewer():
    drawn = draw_attendance(30, 0.2, paths=200, parts=2, seed=1)
    few, more = drawn.of(np.array([10.0, 10.0]), np.array([0, 0])).T
    np.testing.assert_array_equal(few, more)
    assert (drawn.of(np.array([21.5]), np.array([1])) >= drawn.of(np.array([20.0]), np.array([1]))).all()


def test_big_sites_are_drawn_in_groups_with_the_same_mean():
    drawn = draw_attendance(2000, 0.06, paths=400, parts=1, seed=1)
    assert drawn.group > 1
    assert drawn.of(np.array([1500.0]), np.array([0])).mean() == pytest.approx(1410, abs=6)


def test_no_absence_means_everybody_comes():
    come = draw_attendance(12, 0.0, paths=5, parts=1).of(np.array([12.0, 7.5]), np.array([0, 0]))
    assert (come == [12.0, 7.5]).all()


def simulated_waits(draw, count: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    offered = np.where(rng.random(count) < 0.3, 0.0, rng.exponential(90.0, count))
    willing = draw(rng, count)
    arrival = pd.Timestamp("2026-11-01") + pd.to_timedelta(np.sort(rng.uniform(0, 20 * 86_400, count)), unit="s")
    gone = willing < offered
    outcome = np.where(gone, "abandoned", "answered")
    return pd.DataFrame(
        {"queue": "voice", "arrival": arrival, "wait": np.minimum(offered, willing), "outcome": outcome}
    )


def buckets_of(contacts: pd.DataFrame, edges=(0.0, 10.0, 20.0, 40.0, 60.0, 120.0), *, at_once: bool) -> pd.DataFrame:
    bounds = [*([-1.0] if at_once else []), *([0.0] if at_once else [-1.0]), *edges[1:], np.inf]
    place = pd.cut(contacts["wait"], bounds, labels=False)
    gone = contacts["outcome"] == "abandoned"
    count = range(len(bounds) - 1)
    return pd.DataFrame(
        {
            "from": np.maximum(bounds[:-1], 0.0),
            "until": bounds[1:],
            "answered": (~gone).groupby(place).sum().reindex(count).fillna(0).to_numpy(dtype=float),
            "abandoned": gone.groupby(place).sum().reindex(count).fillna(0).to_numpy(dtype=float),
        }
    )


def estimates(seed: int) -> dict:
    """Every estimator on the same twelve days of a busy centre with a patience of 180 s."""
    contacts = contacts_of(OFFERED, TIGHT, aht=240.0, patience=180.0, days=12, seed=seed)
    history = counted(contacts, TIGHT, days=12)
    return {
        "contacts": patience_from_contacts(contacts),
        "history": patience_from_history(history),
        "staffing": patience_from_staffing(history),
        "histogram": patience_from_histogram(buckets_of(contacts, at_once=False)),
    }


def test_every_way_of_looking_finds_the_patience_of_a_busy_centre():
    for found in estimates(seed=3).values():
        assert found.low < 180 < found.high
        assert found.abandoned > 500


@pytest.mark.slow
def test_ranges_hold_the_truth_nine_times_in_ten():
    runs = [estimates(seed) for seed in range(60)]
    for name in ("contacts", "history", "staffing", "histogram"):
        means = np.array([run[name].mean for run in runs])
        held = np.mean([run[name].low <= 180 <= run[name].high for run in runs])
        assert held >= 0.80, name
        assert means.mean() == pytest.approx(180, rel=0.05), name


def test_a_range_narrows_with_the_root_of_the_hang_ups():
    few, many = (patience_from_contacts(simulated_contacts(180.0, n)) for n in (3_000, 27_000))
    assert (many.high - many.low) / (few.high - few.low) == pytest.approx(1 / 3, abs=0.12)
    assert few.low < few.mean < few.high


def half_hours_of(balk: float, menu: float, seed: int = 2) -> pd.DataFrame:
    """Half hours with and without a queue; some leave as soon as they meet it, some before it."""
    rng = np.random.default_rng(seed)
    hours = 20 * 48
    busy = np.repeat(rng.random(hours) < 0.4, 12)
    before = rng.random(len(busy)) < menu
    balks = busy & (rng.random(len(busy)) < balk)
    wait = np.where(busy & ~balks & ~before, rng.exponential(60.0, len(busy)) + 0.1, 0.0)
    gone = before | balks | ((wait > 0) & (rng.random(len(busy)) < 0.2))
    arrival = pd.Timestamp("2026-11-01") + pd.to_timedelta(np.repeat(np.arange(hours), 12) * 1800, unit="s")
    outcome = np.where(gone, "abandoned", "answered")
    return pd.DataFrame({"queue": "voice", "arrival": arrival, "wait": wait, "outcome": outcome})


def test_hang_ups_in_the_menu_are_nobody_s_impatience():
    found = patience_from_contacts(half_hours_of(balk=0.0, menu=0.1))
    assert found.left_before == pytest.approx(1152, rel=0.12)
    assert found.balking < 0.03
    assert found.mean == pytest.approx(patience_from_contacts(half_hours_of(balk=0.0, menu=0.0)).mean, rel=0.10)


def test_those_who_balk_come_with_the_queue_and_count():
    contacts = half_hours_of(balk=0.15, menu=0.0)
    found = patience_from_contacts(contacts)
    assert found.balking == pytest.approx(0.15, abs=0.02)
    assert found.left_before < 60
    assert patience_curve(contacts)["patient"].iloc[0] == pytest.approx(0.85, abs=0.02)
    assert patience_shape(contacts).law.patient(np.array([1e-9]))[0] == pytest.approx(0.85, abs=0.02)


def test_both_kinds_of_leaving_at_once_are_parted():
    found = [patience_from_contacts(half_hours_of(balk=0.15, menu=0.1, seed=seed)) for seed in range(8)]
    assert np.mean([one.balking for one in found]) == pytest.approx(0.15, abs=0.02)
    assert np.mean([one.left_before for one in found]) == pytest.approx(1152, rel=0.1)


def test_half_hours_all_alike_cannot_tell_the_menu_from_the_queue():
    contacts = simulated_contacts(180.0, 9_000, seed=5)
    menu = contacts.iloc[::12].assign(wait=0.0, outcome="abandoned")
    with pytest.warns(WfmWarning, match="750 hang-ups without a wait are taken as impatience"):
        found = patience_from_contacts(pd.concat([contacts, menu], ignore_index=True))
    assert found.left_before == 0


def test_an_outage_that_carries_the_estimate_is_named():
    contacts = simulated_contacts(180.0, 3_000)
    stuck = contacts.iloc[:200].assign(wait=900.0, outcome="answered")
    with pytest.warns(WfmWarning, match=r"hangs on a single day: \d+ s, without 2026-11-01 \d+ s. Exclude"):
        found = patience_from_contacts(pd.concat([contacts, stuck], ignore_index=True))
    assert found.doubts


def test_nobody_hung_up_still_says_how_patient_they_are_at_least():
    contacts = simulated_contacts(180.0, 100).assign(outcome="answered")
    with pytest.warns(WfmWarning, match="nobody hung up"):
        found = patience_from_contacts(contacts)
    assert found.low == pytest.approx(contacts["wait"].sum() / 2.9957, rel=1e-3)
    assert str(found).startswith("patience endless: nobody hung up, at least")


def test_an_estimate_says_itself_in_a_sentence():
    found = patience_from_contacts(simulated_contacts(180.0, 4_000))
    assert str(found).endswith("hang-ups: all time spent waiting / hang-ups, contact by contact")
    assert "nine in ten" in str(found)
    assert str(assumed_patience()) == "patience 5 min ASSUMED: nothing known of how long contacts wait"
    assert assumed_patience().assumed
    assert not found.assumed
    with pytest.warns(WfmWarning, match="no asa"):
        assert "unknown: history has no asa" in str(patience_from_history(counted_days(180.0).drop(columns="asa")))


def test_the_curve_is_that_of_a_textbook():
    # remission times of 21 patients under 6-MP (Freireich et al. 1963), in Kaplan and Meier's product-limit form
    gone = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    stayed = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    contacts = pd.DataFrame(
        {
            "queue": "voice",
            "arrival": pd.Timestamp("2026-11-01"),
            "wait": [float(t) for t in gone + stayed],
            "outcome": ["abandoned"] * len(gone) + ["answered"] * len(stayed),
        }
    )
    curve = patience_curve(contacts)
    assert curve["wait"].tolist() == [0, 6, 7, 10, 13, 16, 22, 23]
    assert curve["patient"].round(4).tolist() == [1, 0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert curve["standard_error"].round(4).tolist() == [0, 0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert ((curve["low"] <= curve["patient"]) & (curve["patient"] <= curve["high"])).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(40, 300))
def test_the_curve_only_falls_and_the_bands_share_out_all_time_at_risk(seed, size):
    contacts = simulated_waits(lambda rng, n: rng.exponential(120.0, n), size, seed)
    curve = patience_curve(contacts)
    assert (curve["patient"].diff().dropna() <= 1e-12).all()
    assert curve["patient"].between(0, 1).all()
    by_wait, by_time = patience_by_wait(contacts), patience_by_time(contacts)
    gone = contacts["outcome"] == "abandoned"
    for table in (by_wait, by_time):
        assert table["at_risk"].sum() == pytest.approx(contacts["wait"].sum())
        assert table["abandoned"].sum() == gone.sum()
        assert (table["low"] <= table["high"]).all()


def test_an_announcement_after_a_minute_shows_in_its_band():
    contacts = simulated_waits(lambda rng, n: np.where(rng.random(n) < 0.2, rng.uniform(60, 70, n), 1e4), 6_000)
    found = patience_by_wait(contacts, edges=(0, 60, 70, 120))
    assert found["patience"].idxmin() == 1
    assert found["abandoned"].tolist()[0] == 0
    assert found["high"][0] == np.inf


def test_hours_of_another_patience_are_marked():
    contacts = simulated_waits(lambda rng, n: rng.exponential(300.0, n), 30_000, seed=4)
    evening = contacts["arrival"].dt.hour >= 20
    hasty = simulated_waits(lambda rng, n: rng.exponential(60.0, n), 30_000, seed=5)
    mixed = pd.concat([contacts[~evening], hasty[hasty["arrival"].dt.hour >= 20]])
    found = patience_by_time(mixed)
    assert found["differs"].iloc[-1]
    assert found["patience"].iloc[-1] == pytest.approx(60, rel=0.1)
    assert found["patience"].iloc[0] == pytest.approx(300, rel=0.1)


def test_exponential_patience_is_seen_to_suffice():
    shapes = [patience_shape(simulated_waits(lambda rng, n: rng.exponential(200.0, n), 3_000, k)) for k in range(12)]
    assert all(shape.exponential_suffices for shape in shapes)
    assert sum(shape.p_value < 0.05 for shape in shapes) <= 2
    assert "exponential as far as the data tell" in str(max(shapes, key=lambda shape: shape.p_value))


def test_weibull_patience_is_told_from_exponential():
    shape = patience_shape(simulated_waits(lambda rng, n: 150.0 * rng.weibull(0.5, n), 8_000))
    best = shape.laws.iloc[0]
    assert best["law"] == "weibull"
    assert best["parameter"] == pytest.approx(0.5, abs=0.04)
    assert best["mean"] == pytest.approx(300.0, rel=0.15)
    assert not shape.exponential_suffices
    assert shape.early > 1.25
    assert "Erlang A with the mean errs" in str(shape)
    assert isinstance(shape.law, type(impatience.exponential(100.0)))


def test_two_kinds_of_people_are_told_from_one():
    share, mean = 0.15, 200.0

    def draw(rng, n):
        hasty = rng.random(n) < share
        return rng.exponential(1.0, n) * np.where(hasty, mean / (2 * share), mean / (2 * (1 - share)))

    found = patience_shape(simulated_waits(draw, 20_000)).laws.set_index("law")
    assert found.loc["two kinds", "p_value"] < 0.01
    assert found.loc["two kinds", "mean"] == pytest.approx(mean, rel=0.15)
    assert found.loc["two kinds", "parameter"] == pytest.approx(share, abs=0.06)


def test_too_few_hang_ups_have_no_shape():
    with pytest.raises(TooLittleHistory, match=r"at least 30 hang-ups after a wait, got \d+"):
        patience_shape(simulated_waits(lambda rng, n: rng.exponential(200.0, n), 60))
    with pytest.raises(TooLittleHistory, match="nobody waited"):
        patience_curve(simulated_contacts(180.0, 50).assign(wait=0.0))
    with pytest.raises(DataError, match="columns wait and outcome"):
        patience_curve(simulated_contacts(180.0, 50).drop(columns="wait"))


@pytest.mark.parametrize("edges", [(0, 20, 10), (-5, 10)])
def test_bands_must_rise(edges):
    contacts = simulated_contacts(180.0, 300)
    with pytest.raises(SettingError, match="edges must rise"):
        patience_by_wait(contacts, edges=edges)
    with pytest.raises(SettingError, match="edges must be hours"):
        patience_by_time(contacts, edges=edges)


def test_staff_that_was_not_there_looks_like_impatience_and_is_said():
    history = counted(contacts_of(OFFERED, TIGHT, aht=240.0, patience=180.0, days=12, seed=8), TIGHT, days=12)
    honest = patience_from_staffing(history)
    boasting = patience_from_staffing(history.assign(staffed=history["staffed"] + 1))
    assert boasting.mean < 0.8 * honest.mean
    assert any("5% fewer people" in doubt for doubt in honest.doubts)


def test_staff_without_handle_times_takes_the_one_given():
    history = counted(contacts_of(OFFERED, TIGHT, aht=240.0, patience=180.0, days=4, seed=8), TIGHT, days=4)
    with_aht = patience_from_staffing(history)
    assert patience_from_staffing(history.drop(columns="aht"), aht=240.0).mean == with_aht.mean
    assert with_aht.method == "staffing"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda h: h.drop(columns="staffed"), "history has no staffed"),
        (lambda h: h.drop(columns="aht"), "no interval has offered"),
        (lambda h: h.assign(abandoned=0.0), "nobody hung up"),
        (lambda h: h.assign(abandoned=h["offered"] * 0.9), "it would be shorter still; look at the staff"),
        (lambda h: h.assign(staffed=h["staffed"] - 5, abandoned=h["offered"] * 0.01), "it would be longer still"),
    ],
)
def test_counts_that_fit_no_patience_are_unknown(change, words):
    history = counted(contacts_of(OFFERED, TIGHT, aht=240.0, patience=180.0, days=2, seed=8), TIGHT, days=2)
    with pytest.warns(WfmWarning, match=words):
        assert np.isnan(patience_from_staffing(change(history)).mean)


@pytest.mark.parametrize("at_once", [True, False])
def test_buckets_of_the_wait_give_nearly_what_the_contacts_give(at_once):
    contacts = contacts_of(OFFERED, TIGHT, aht=240.0, patience=180.0, days=12, seed=11)
    found = patience_from_histogram(buckets_of(contacts, at_once=at_once))
    assert found.mean == pytest.approx(patience_from_contacts(contacts).mean, rel=0.03)
    assert found.method == "histogram"


def test_finer_buckets_come_to_the_estimate_of_the_contacts():
    contacts = simulated_waits(lambda rng, n: rng.exponential(150.0, n), 8_000)
    fine = patience_from_histogram(buckets_of(contacts, tuple(np.arange(0.0, 900.0, 2.0)), at_once=True))
    assert fine.mean == pytest.approx(patience_from_contacts(contacts).mean, rel=0.005)


def test_few_hang_ups_in_the_buckets_are_doubtful_and_none_unknown():
    buckets = buckets_of(simulated_waits(lambda rng, n: rng.exponential(150.0, n), 80), at_once=True)
    with pytest.warns(WfmWarning, match=r"rests on \d+ hang-ups only"):
        assert patience_from_histogram(buckets).doubts
    with pytest.warns(WfmWarning, match="nobody hung up after a wait"):
        assert np.isnan(patience_from_histogram(buckets.assign(abandoned=0)).mean)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda b: b.drop(columns="answered"), "no column 'answered'"),
        (lambda b: b.drop(index=2), "buckets that join"),
        (lambda b: b.assign(abandoned=-1.0), "counts >= 0"),
    ],
)
def test_broken_buckets_are_refused(change, words):
    buckets = buckets_of(simulated_waits(lambda rng, n: rng.exponential(150.0, n), 800), at_once=True)
    with pytest.raises(DataError, match=words):
        patience_from_histogram(change(buckets))


@pytest.mark.skipif(not BANK.exists(), reason="the public data are not there")
def test_a_real_bank_shows_menu_hang_ups_and_a_patience_of_minutes():
    calls = pd.read_csv(BANK, parse_dates=["timestamp"])
    words = {"AGENT": "answered", "HANG": "abandoned", "PHANTOM": "blocked"}
    contacts = pd.DataFrame(
        {
            "queue": "voice",
            "arrival": calls["timestamp"],
            "wait": calls["q_time"].astype(float),
            "outcome": calls["outcome"].map(words),
        }
    )
    found = patience_from_contacts(contacts)
    assert found.left_before > 0.9 * ((contacts["outcome"] == "abandoned") & (contacts["wait"] == 0)).sum()
    assert 320 < found.mean < 380
    shape = patience_shape(contacts)
    assert shape.laws["law"].iloc[0] == "weibull"
    assert shape.exponential_suffices
