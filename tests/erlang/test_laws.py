"""Redials, patience of any law, uncertain rates: each against reference values and its known limits."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import erlang_a, impatience, redial, uncertain
from wfm.errors import SettingError

DATA = Path(__file__).parent / "data"
LAWS = {
    "det": lambda m, par: impatience.fixed(m),
    "unif": lambda m, par: impatience.uniform(m),
    "exp": lambda m, par: impatience.exponential(m),
    "weib": lambda m, par: impatience.weibull(m, shape=par),
    "hyper2": lambda m, par: impatience.two_kinds(m, share=par),
    "balk_exp": lambda m, par: impatience.balking(m, leave=par),
}


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / f"{name}.csv", comment="#")


def test_redials_are_the_reference_fixed_point():
    d = read("redial")
    settings_ = {"aht": 1.0, "patience": d["patience_in_aht"], "redial": d["redial_prob"]}
    total = redial.total_load(d["n"], d["fresh_load_erl"], **settings_)
    np.testing.assert_allclose(total, d["total_load_erl"], rtol=1e-12)
    np.testing.assert_allclose(
        redial.served_in_the_end(d["n"], d["fresh_load_erl"], **settings_),
        d["p_fresh_contact_eventually_served"],
        atol=1e-12,
    )
    lost = erlang_a.abandon_rate(d["n"], total, aht=1.0, patience=d["patience_in_aht"])
    np.testing.assert_allclose(lost, d["p_abandon_per_attempt"], atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.floats(1, 60), st.floats(0.1, 90), st.floats(0, 0.95))
def test_attempts_times_fresh_contacts_are_the_load(agents, fresh, again):
    queue = {"aht": 240.0, "patience": 150.0, "redial": again}
    total = redial.total_load(agents, fresh, **queue)
    assert total == pytest.approx(fresh * redial.attempts(agents, fresh, **queue), rel=1e-9)
    assert fresh <= total * (1 + 1e-12)
    assert total <= fresh / (1 - again) * (1 + 1e-12)


def test_without_redials_or_hang_ups_the_load_is_the_fresh_one():
    assert redial.total_load(10, 12.0, aht=240, patience=100, redial=0.0) == pytest.approx(12.0, rel=1e-14)
    assert redial.total_load(10, 12.0, aht=240, patience=np.inf, redial=0.5) == pytest.approx(12.0, rel=1e-14)
    assert redial.served_in_the_end(10, 9.0, aht=240, patience=np.inf, redial=0.5) == 1.0
    with pytest.raises(SettingError, match=r"redial must be a fraction in \[0, 1\), got 1"):
        redial.total_load(10, 12.0, aht=240, patience=100, redial=1.0)


def test_any_patience_is_the_reference_to_thirteen_digits():
    for row in read("impatience").itertuples():
        law = LAWS[row.patience_kind](row.patience_mean_in_aht, row.patience_par)
        found = impatience.performance(row.n, row.load_erl, law, aht=1.0, within=row.T_in_aht)
        assert found["wait_probability"] == pytest.approx(row.p_V_gt_0, abs=1e-13)
        assert found["abandon_rate"] == pytest.approx(row.p_abandon, abs=1e-13)
        assert found["service_level"] == pytest.approx(row.p_served_within_T_offered, abs=1e-13)
        assert found["longer"] == pytest.approx(row.p_V_gt_T, abs=1e-13)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.5, 60), st.floats(0.05, 80), st.floats(20, 900), st.floats(0, 300))
def test_exponential_patience_is_erlang_a(agents, load, patience, within):
    queue = {"aht": 240.0, "patience": patience}
    for law in (
        impatience.exponential(patience),
        impatience.weibull(patience, shape=1),
        impatience.balking(patience, leave=0),
        impatience.two_kinds(patience, share=0.5),
    ):
        found = impatience.performance(agents, load, law, aht=240.0, within=within)
        assert found["abandon_rate"] == pytest.approx(erlang_a.abandon_rate(agents, load, **queue), abs=1e-9)
        level = erlang_a.service_level(agents, load, **queue, within=within)
        assert found["service_level"] == pytest.approx(level, abs=1e-9)


def test_an_idle_centre_and_a_closed_one_are_ordinary():
    law = impatience.fixed(60)
    assert impatience.performance(5, 0.0, law, aht=240, within=20)["service_level"] == 1.0
    assert impatience.performance(500, 0.01, law, aht=240, within=20)["service_level"] == 1.0
    assert impatience.performance(5, 4.0, law, aht=240, within=0)["service_level"] == pytest.approx(
        1 - impatience.performance(5, 4.0, law, aht=240, within=0)["wait_probability"]
    )
    with pytest.raises(SettingError, match=r"agents must be >= 0 and finite, got -1"):
        impatience.performance(-1, 4.0, law, aht=240, within=20)


def test_uncertain_rates_are_averaged_by_contact():
    d = read("uncertain")
    law = {"doubt": d["cv_of_rate"], "aht": 1.0, "within": d["T_in_aht"]}
    found = uncertain.service_level(d["n"], d["mean_load_erl"], patience=d["patience_in_aht"], **law)
    np.testing.assert_allclose(found, d["slA_offered_contact_avg"], atol=1e-11)
    endless = uncertain.service_level(d["n"], d["mean_load_erl"], patience=np.inf, **law)
    np.testing.assert_allclose(endless, d["slC_contact_avg"], atol=1e-11)


def test_doubt_costs_service_where_service_is_good():
    queue = {"aht": 300.0, "patience": 180.0, "within": 60.0}
    levels = uncertain.service_level(125, 130.0, doubt=[0.0, 0.05, 0.1, 0.2], **queue)
    assert levels[0] == erlang_a.service_level(125, 130.0, **queue)
    assert (np.diff(levels) < 0).all()
    assert uncertain.service_level(0, 0.0, doubt=0.1, **queue) == 1.0
