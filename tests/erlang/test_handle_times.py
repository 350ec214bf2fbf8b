import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang.learned.handle_time_laws import handle_times, handle_times_by_time
from wfm.errors import SettingError, TooLittleHistory, WfmWarning


def handled(times, days: int = 20, **columns) -> pd.DataFrame:
    times = np.asarray(times, dtype=float)
    second = np.random.default_rng(9).uniform(0, days * 86_400, len(times))
    arrival = pd.Timestamp("2026-11-01") + pd.to_timedelta(second, unit="s")
    return pd.DataFrame({"queue": "voice", "arrival": arrival, "handle": times}).assign(**columns)


@pytest.mark.parametrize(
    ("law", "draw", "shape", "cv"),
    [
        ("lognormal", lambda rng, n: rng.lognormal(5.0, 0.7, n), 0.7, 0.795),
        ("gamma", lambda rng, n: rng.gamma(2.5, 100.0, n), 2.5, 0.632),
        ("weibull", lambda rng, n: 200.0 * rng.weibull(0.6, n), 0.6, 1.758),
        ("exponential", lambda rng, n: rng.exponential(240.0, n), 1.0, 1.0),
    ],
)
def test_the_law_that_made_the_times_is_found(law, draw, shape, cv):
    found = _quietly(handled(draw(np.random.default_rng(1), 8_000)))
    # an exponential is also a gamma or a Weibull of shape 1
    assert found.law == law or (law == "exponential" and found.shape == pytest.approx(1.0, abs=0.05))
    assert found.shape == pytest.approx(shape, rel=0.05)
    assert found.cv == pytest.approx(cv, rel=0.08)
    assert found.distance < 0.02


@settings(max_examples=20, deadline=None)
@given(sigma=st.floats(0.2, 1.2), zero=st.floats(0.0, 0.2), seed=st.integers(0, 1000))
def test_what_is_drawn_has_the_mean_and_spread_of_the_data(sigma, zero, seed):
    rng = np.random.default_rng(seed)
    times = np.where(rng.random(3_000) < zero, 0.0, rng.lognormal(5.0, sigma, 3_000))
    found = _quietly(handled(times))
    drawn = found.sample(200_000, np.random.default_rng(seed))
    assert drawn.mean() == pytest.approx(times.mean(), rel=0.03)
    assert drawn.std() / drawn.mean() == pytest.approx(found.cv, rel=0.25)
    assert (drawn == 0).mean() == pytest.approx(found.zero, abs=0.01)


def _quietly(contacts):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WfmWarning)
        return handle_times(contacts)


def test_times_of_no_simple_law_are_drawn_from_themselves():
    rng = np.random.default_rng(3)
    times = np.where(rng.random(6_000) < 0.5, rng.normal(60, 5, 6_000), rng.normal(600, 30, 6_000))
    found = handle_times(handled(times))
    assert found.law == "empirical"
    drawn = found.sample((100, 1_000), np.random.default_rng(0))
    assert drawn.shape == (100, 1_000)
    assert drawn.mean() == pytest.approx(times.mean(), rel=0.01)
    assert ((drawn > 100) & (drawn < 450)).mean() < 0.01
    assert "of no simple law" in str(found)


def test_quantiles_are_those_of_the_data_zeros_included():
    times = np.concatenate([np.zeros(100), np.arange(1.0, 901.0)])
    found = _quietly(handled(times))
    assert found.quantile(0.05) == 0.0
    assert found.quantile(1.0) == 900.0
    assert found.quantile(0.55) == pytest.approx(450, abs=2)
    assert found.zero == pytest.approx(0.1)
    with pytest.raises(SettingError, match=r"share must be a fraction in \[0, 1\], got 1.5"):
        found.quantile(1.5)


def test_many_short_contacts_are_named():
    times = np.random.default_rng(1).lognormal(5.0, 0.6, 2_000)
    times[::10] = 2.0
    with pytest.warns(WfmWarning, match=r"10.0% of the contacts were handled in less than 5 s"):
        assert handle_times(handled(times)).short == pytest.approx(0.1)


def test_only_answered_contacts_are_handled():
    times = np.random.default_rng(1).exponential(200.0, 900)
    outcome = np.where(np.arange(900) % 3 == 0, "abandoned", "answered")
    contacts = handled(np.where(outcome == "abandoned", 9_999.0, times), outcome=outcome)
    assert handle_times(contacts).mean == pytest.approx(times[outcome == "answered"].mean())


def test_too_few_contacts_have_no_distribution():
    with pytest.raises(TooLittleHistory, match=r"at least 30 handled contacts, got 12\. Give the mean as aht="):
        handle_times(handled(np.full(12, 200.0)))
    with pytest.raises(TooLittleHistory, match="no column handle"):
        handle_times(handled(np.full(50, 200.0)).drop(columns="handle"))
    assert handle_times(handled(np.random.default_rng(0).exponential(200, 100))).law == "empirical"


def test_the_range_holds_the_mean_nine_times_in_ten():
    held = []
    for seed in range(120):
        found = handle_times(handled(np.random.default_rng(seed).gamma(2.0, 120.0, 400)))
        held.append(found.low <= 240 <= found.high)
    assert 0.85 <= np.mean(held) <= 0.96


def test_days_that_differ_widen_the_range():
    times = np.random.default_rng(0).gamma(2.0, 120.0, 4_000)
    contacts = handled(times)
    even = contacts["arrival"].dt.day % 2 == 0
    mixed = contacts.assign(handle=times * np.where(even, 1.3, 0.7))
    assert handle_times(mixed).standard_error > 2 * handle_times(contacts).standard_error


def test_hours_with_longer_contacts_are_marked_and_thin_hours_left_open():
    rng = np.random.default_rng(0)
    contacts = handled(rng.gamma(2.0, 120.0, 6_000))
    hour = contacts["arrival"].dt.hour
    contacts = contacts[(hour >= 8) | (np.arange(6_000) % 100 == 0)]
    contacts["handle"] *= np.where(contacts["arrival"].dt.hour >= 20, 1.4, 1.0)
    found = handle_times_by_time(contacts)
    assert found["contacts"].sum() == len(contacts)
    assert np.isnan(found["mean"][0])
    assert found["differs"].iloc[-1]
    assert not found["differs"].iloc[0]
    assert found["mean"].iloc[-1] == pytest.approx(336, rel=0.06)
    with pytest.raises(SettingError, match="edges must be hours rising"):
        handle_times_by_time(contacts, edges=(0, 30))


@pytest.mark.parametrize(
    ("draw", "words", "factor"),
    [
        (lambda rng, n: rng.exponential(200.0, n), "Erlang's formulas fit", 1.0),
        (lambda rng, n: rng.lognormal(5.0, 1.0, n), "waits are up to 1.", 1.36),
        (lambda rng, n: rng.gamma(4.0, 50.0, n), "simulate before you save agents", 0.625),
        (lambda rng, n: rng.gamma(1.7, 50.0, n), "on the safe side", 0.79),
    ],
)
def test_the_spread_is_translated_into_staffing(draw, words, factor):
    found = handle_times(handled(draw(np.random.default_rng(5), 5_000)))
    assert words in found.note
    assert found.wait_factor == pytest.approx(factor, rel=0.08)
    assert str(found).startswith("handle time ")
