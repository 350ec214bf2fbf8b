import numpy as np
import pandas as pd
import pytest

from wfm.erlang import erlang_a, patience_from_contacts, patience_from_history
from wfm.erlang.attendance import draw_attendance
from wfm.errors import WfmWarning


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
    extra = contacts.head(100).assign(wait=300.0)
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
