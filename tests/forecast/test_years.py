"""Daily series of three to five years with a known truth: season of the year, growth that changes, holidays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.forecast import Forecaster

WEEKDAY = np.array([0.12, 0.05, 0.0, -0.02, -0.03, -0.35, -0.50])
HOLIDAYS = {(1, 1): -0.9, (5, 1): -0.6, (7, 4): -0.7, (11, 11): -0.4, (12, 25): -1.2}


def _drawn(seed, years):
    """A year ahead of so many years: dates, counts, the rate without memory and noise, calendar, days of history."""
    rng = np.random.default_rng([seed, years])
    dates = pd.date_range("2018-01-01", periods=round(365.25 * years) + 365)
    angle = 2 * np.pi * dates.day_of_year.to_numpy() / 365.25
    season = sum(
        rng.uniform(0.08, 0.2) / k * np.cos(k * angle + phase)
        for k, phase in enumerate(rng.uniform(0, 2 * np.pi, 3), start=1)
    )
    place = rng.integers(40, 320)
    season = season + 0.3 * np.exp(-(((dates.day_of_year.to_numpy() - place) / 8) ** 2))
    turn = rng.uniform(0.3, 0.7) * years * 365
    slope = rng.normal(0.05, 0.1, 2)
    growth = np.cumsum(np.where(np.arange(len(dates)) < turn, *slope)) / 365.25
    holiday = np.array([HOLIDAYS.get((d.month, d.day), 0.0) for d in dates])
    after = np.append(0.0, np.where(holiday[:-1] < 0, 0.12, 0.0)) * (holiday == 0)
    level = 8 + WEEKDAY[dates.day_of_week] + season + growth + holiday + after
    memory = np.zeros(len(dates))
    for day in range(1, len(dates)):
        memory[day] = 0.8 * memory[day - 1] + rng.normal(0, 0.02)
    counts = rng.poisson(np.exp(level + memory + rng.normal(0, 0.04, len(dates)))).astype(float)
    named = {d.strftime("%Y-%m-%d"): f"{d.month}-{d.day}" for d in dates if (d.month, d.day) in HOLIDAYS}
    return dates, counts, np.exp(level), Calendar(holidays=named), round(365.25 * years)


def _errors(seed, years):
    """WAPE of the forecast and of the known truth by leads of days 1-28, 29-91 and 92-365, and the cover of 80%."""
    dates, counts, truth, calendar, known = _drawn(seed, years)
    history = pd.DataFrame({"queue": "q", "start": dates, "end": dates + pd.Timedelta(days=1), "offered": counts}).iloc[
        :known
    ]
    forecast = Forecaster(calendar=calendar).fit(history).predict(starts=dates[known:])
    came, true = counts[known:], truth[known:]
    inside = (came >= forecast["offered_q0.1"]) & (came <= forecast["offered_q0.9"])
    rows = []
    for lead, part in {"1-28": slice(0, 28), "29-91": slice(28, 91), "92-365": slice(91, 365)}.items():
        size = came[part].sum()
        own = np.abs(forecast["offered_q0.5"].to_numpy()[part] - came[part]).sum() / size
        rows.append((lead, own, np.abs(true[part] - came[part]).sum() / size, inside.to_numpy()[part].mean()))
    return pd.DataFrame(rows, columns=["lead", "own", "truth", "cover"])


def test_season_growth_and_holidays_of_three_years_are_learned():
    found = _errors(3, 3).set_index("lead")
    assert found.loc["1-28", "own"] < 1.25 * found.loc["1-28", "truth"]
    assert found.loc["29-91", "own"] < 1.6 * found.loc["29-91", "truth"]


@pytest.mark.slow
def test_years_are_learned_nearly_as_well_as_they_can_be_known():
    found = pd.concat([_errors(seed, years) for years in (3, 4, 5) for seed in range(4)]).groupby("lead").mean()
    ratio = found["own"] / found["truth"]
    assert ratio["1-28"] < 1.12
    assert ratio["29-91"] < 1.3
    assert ratio["92-365"] < 2.0
    assert 0.75 <= found.loc["1-28", "cover"] <= 0.88
