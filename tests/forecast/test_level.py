from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.forecast.learned.components import day_components
from wfm.forecast.learned.days import YEAR, DayReader
from wfm.forecast.learned.fitting import TOGETHER, _begun, _data, _dealt_out, _prior, fit_level
from wfm.forecast.learned.ranges import Calibration, calibrate
from wfm.forecast.learned.variances import Sample, _evaluate, _slopes, estimate
from wfm.threads import one_thread


def _days(count, calendar=None, first="2024-01-01"):
    dates = pd.date_range(first, periods=count)
    return DayReader.of(calendar or Calendar(), dates).read(dates, dates)


def test_the_slopes_of_the_likelihood_are_its_differences():
    rng = np.random.default_rng(1)
    factors = rng.normal(size=(2, 30, 4))
    kernels = np.array([f @ f.T for f in factors]).astype(np.float32)
    sample = Sample(y=rng.normal(size=(30, 2)), noise=np.full(30, 0.1), odd=np.ones(30), kernels=kernels)
    theta, prior = np.log([0.5, 0.2, 0.3]), np.log([0.1, 0.1, 0.1])
    slopes, _ = _slopes(_evaluate(theta, sample, prior), theta, sample, prior)
    for k in range(3):
        step = np.zeros(3)
        step[k] = 1e-3
        up, down = (_evaluate(theta + s, sample, prior)[0] for s in (step, -step))
        assert slopes[k] == pytest.approx((up - down) / 2e-3, rel=1e-2, abs=1e-3)


def test_known_variances_are_found_again():
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(40), 10)
    kernels = np.equal.outer(group, group).astype(np.float32)[None]
    y = rng.normal(0, 0.5, 40)[group] + rng.normal(0, 0.2, 400)
    sample = Sample(y=y, noise=np.zeros(400), odd=np.ones(400), kernels=kernels)
    found = estimate([sample], np.array([0.01, 0.01]), np.array([0.01, 0.01]), steps=15)
    np.testing.assert_allclose(found, [0.25, 0.04], rtol=0.35)


def test_the_parts_of_a_level_add_up_to_it():
    days = _days(120)
    counts = np.random.default_rng(3).poisson(800 * np.exp(0.1 * (days.weekday < 3)))
    level = fit_level(days, counts.astype(float), day_components(days, ()))
    mean, _ = level.posterior(days)
    np.testing.assert_allclose(sum(level.parts(days).values()), mean)


def test_doubt_grows_with_the_distance():
    days = _days(120)
    counts = np.random.default_rng(3).poisson(np.exp(7 + 0.1 * np.random.default_rng(4).normal(size=120).cumsum() / 3))
    level = fit_level(days, counts.astype(float), day_components(days, ()))
    dates = pd.date_range("2024-04-30", periods=60)
    ahead = DayReader.of(Calendar(), pd.date_range("2024-01-01", periods=120)).read(dates, dates)
    doubt = np.sqrt(np.diag(level.posterior(ahead)[1]))
    assert doubt[40:].mean() > doubt[:7].mean()


def test_few_counts_are_poisson_and_not_logs_of_zero():
    days = _days(300)
    counts = np.random.default_rng(5).poisson(0.7, 300).astype(float)
    level = fit_level(days, counts, day_components(days, ()))
    mean, covariance = level.posterior(days)
    assert np.exp(mean + np.diag(covariance) / 2).mean() == pytest.approx(0.7, rel=0.25)


def test_a_growth_goes_on_and_bends():
    days = _days(400)
    counts = np.exp(7 + 0.8 * np.arange(400) / 365) * np.random.default_rng(6).normal(1, 0.02, 400)
    level = fit_level(days, counts, day_components(days, ()))
    dates = pd.date_range("2025-02-04", periods=91)
    ahead = DayReader.of(Calendar(), pd.date_range("2024-01-01", periods=400)).read(dates, dates)
    mean, _ = level.posterior(ahead)
    truth = 7 + 0.8 * np.arange(400, 491) / 365
    assert np.abs(mean[:28] - truth[:28]).max() < 0.06
    assert mean[-1] > mean[0] + 0.05


def test_a_calibrated_level_has_errors_of_the_size_it_says():
    days = _days(200)
    counts = np.exp(7 + np.random.default_rng(7).normal(0, 0.05, 200))
    calibration = calibrate(fit_level(days, counts, day_components(days, ())))
    assert 0.8 < calibration.near < 1.25
    assert 0.8 < calibration.far < 1.25
    assert 0.8 < calibration.weeks < 1.4
    assert calibration.at(np.array([1.0, 30.0])).tolist() == [calibration.near, calibration.far]


def test_a_spread_widens_weeks_and_leaves_days_as_wide_as_they_were():
    lead = np.arange(1.0, 29.0)
    covariance = 0.01 * np.exp(-np.abs(np.subtract.outer(lead, lead)) / 20) + 0.002 * np.eye(28)
    wide = Calibration(near=1.1, far=1.1, weeks=1.3).spread(covariance, lead)
    np.testing.assert_allclose(np.diag(wide), 1.21 * np.diag(covariance), rtol=1e-9)
    week = np.sqrt(wide[7:14, 7:14].mean() / covariance[7:14, 7:14].mean())
    assert 1.12 < week < 1.3
    assert np.sqrt(wide.mean() / covariance.mean()) > week  # a shift in common does not average out over four weeks
    assert np.linalg.eigvalsh(wide).min() > 0
    same = Calibration(near=1.1, far=1.1, weeks=1.0).spread(covariance, lead)
    np.testing.assert_allclose(same, 1.21 * covariance)


def test_weeks_are_dealt_out_whole_and_every_day_has_its_part():
    days = _days(1500)
    parts = _dealt_out(days)
    assert len(parts) == 4
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(1500))
    assert parts[0][-1] == 1499
    for rows in parts:
        weeks = ((days.day[-1] - days.day[rows]) // 7).astype(int)
        assert np.unique(weeks % 4).size == 1
        assert np.bincount(weeks)[np.unique(weeks)[:-1]].tolist() == [7] * (np.unique(weeks).size - 1)


def test_few_days_are_one_part():
    assert [len(rows) for rows in _dealt_out(_days(TOGETHER))] == [TOGETHER]


def test_the_prior_of_parts_is_that_of_the_days():
    days = _days(700)
    components = [
        c for c in day_components(days, ()) if c.name in ("weekday", "short memory", "yearly, smooth", "trend")
    ]
    draft = _begun(_data(days, np.full(700, 100.0), None, None), components, {})
    variances = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    direct = 1 + sum(v * c.kernel(days, days) for v, c in zip(variances, components, strict=False))
    assert len(draft.parts) == 2
    assert list(draft.components) == components
    np.testing.assert_allclose(_prior(replace(draft, variances=variances)), direct, atol=1e-6)


def test_variances_learned_in_parts_are_those_of_the_truth():
    days = _days(800)
    rng = np.random.default_rng(7)
    weekday, level = rng.normal(0, 0.2, 7), np.cumsum(rng.normal(0, 0.01, 800))
    counts = np.exp(12 + weekday[days.weekday] + level + rng.normal(0, 0.05, 800))
    learned = fit_level(days, counts, day_components(days, ())).learned
    assert learned["noise"] == pytest.approx(0.05**2, rel=0.3)
    assert learned["weekday"] == pytest.approx(weekday.var(), rel=0.7)
    assert learned["drifting weekday"] < 0.002


def test_a_component_that_only_one_part_feels_is_kept():
    days = _days(800)
    events = np.zeros((800, 1))
    events[786 - 7 * 2 * 20 :][:3] = 1.0  # within one week
    felt = days.with_events(events)
    counts = 2000 * np.exp(0.5 * events[:, 0]) * np.random.default_rng(8).normal(1, 0.02, 800)
    level = fit_level(felt, counts, day_components(felt, ("mailing",)))
    found = level.parts(felt)
    share = found["kind mailing"] + found["single mailing"]
    assert share[events[:, 0] > 0] == pytest.approx(0.5, abs=0.1)


def _monday_expected_too_high(seed, yearly):
    """Error of the expected lead of Mondays in the four weeks after two years in which it grew so much a year."""
    days, rng = _days(758), np.random.default_rng([seed, 12])
    monday, known = days.weekday == 0, np.arange(730)
    lead = 0.1 + yearly / YEAR * (days.day - days.day[0])
    log = 8 + monday * lead + rng.normal(0, 0.05, 758)
    past = days.take(known)
    level = fit_level(past, rng.poisson(np.exp(log))[known].astype(float), day_components(past, ()))
    coming, monday, lead = days.take(np.arange(730, 758)), monday[730:], lead[730:]
    mean, _ = level.posterior(coming)
    return (mean[monday] - lead[monday]).mean() - mean[~monday].mean(), level.learned


def test_weekdays_that_lean_are_expected_to_lean_on():
    errors = [_monday_expected_too_high(seed, 0.24)[0] for seed in range(6)]
    assert abs(np.mean(errors)) < 0.015  # weekdays that but wander are 0.07 behind
    assert np.abs(errors).mean() < 0.02


def test_weekdays_that_do_not_lean_are_not_taken_to():
    found = [_monday_expected_too_high(seed, 0.0) for seed in range(6)]
    assert np.abs([error for error, _ in found]).mean() < 0.012
    assert all(learned["leaning weekday"] < 0.02**2 for _, learned in found)


def test_half_a_year_does_not_tell_weekdays_that_lean():
    assert "leaning weekday" not in {component.name for component in day_components(_days(180), ())}
    assert "leaning weekday" in {component.name for component in day_components(_days(190), ())}


@pytest.mark.slow
def test_five_years_of_days_are_learned_in_a_second_of_cpu():
    days = _days(1826)
    rng = np.random.default_rng(9)
    season = 0.2 * np.cos(days.year_phase) + 0.3 * (days.weekday < 5)
    counts = rng.poisson(3000 * np.exp(season + rng.normal(0, 0.05, 1826))).astype(float)
    fit_level(_days(200), counts[:200], day_components(_days(200), ()))  # libraries are loaded once
    begun = time.process_time()
    with one_thread():
        level = fit_level(days, counts, day_components(days, ()))
    assert time.process_time() - begun < 1.0
    assert level.noise == pytest.approx(0.05**2, rel=0.3)


def test_kernels_in_single_precision_are_those_in_double():
    calendar = Calendar(
        months="solar-hijri", holidays={"2024-04-01": "a"}, seasons={"fast": [("2024-03-11", "2024-04-09")]}
    )
    days = _days(500, calendar)
    single = days.single()
    for component in day_components(days, ()):
        found = component.kernel(single, single)
        assert np.abs(found - component.kernel(days, days)).max() < 1e-4, component.name
        assert not ((found != 0) & (np.abs(found) < np.finfo(np.float32).tiny)).any(), component.name
