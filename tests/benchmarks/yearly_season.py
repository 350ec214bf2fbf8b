"""Daily series of three to five years with a known truth: what a season of the year and a growth are learned to.

    OMP_NUM_THREADS=1 python tests/benchmarks/yearly_season.py [seeds]

Each series has weekdays, a season of the year (smooth waves, and in some a sharp one), a growth that turns, holidays on
fixed and on moving dates with the day after, memory of some days, and noise. The last year is forecast at once. Printed
is the WAPE by lead of this package, of Prophet (additive and multiplicative, told the same holidays; left out where it is
not installed) and of the truth without its memory and noise, which nobody can beat, with the share of days inside the
80% range and CPU seconds.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import Calendar
from wfm.forecast import Forecaster

Floats = npt.NDArray[np.float64]
WEEKDAY = np.array([0.12, 0.05, 0.0, -0.02, -0.03, -0.35, -0.50])
HOLIDAYS = {(1, 1): -0.9, (5, 1): -0.6, (7, 4): -0.7, (11, 11): -0.4, (12, 25): -1.2}
LEADS = {"1-28": slice(0, 28), "29-91": slice(28, 91), "92-182": slice(91, 182), "183-365": slice(182, 365)}
KINDS = ("smooth season, growth", "sharp season, growth", "step and odd days", "sharp season, no growth")


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Counts of `known` days and of the year after them, the rate without memory and noise, and the holidays."""

    dates: pd.DatetimeIndex
    counts: Floats
    truth: Floats
    holidays: dict[pd.Timestamp, str]
    known: int


def made(kind: str, years: int, seed: int) -> Series:
    """Draw one series."""
    rng = np.random.default_rng([seed, years, KINDS.index(kind)])
    known = round(365.25 * years)
    dates = pd.date_range("2018-01-01", periods=known + 365)
    years_passed = np.arange(len(dates)) / 365.25
    effect, holidays = _holidays(dates, rng)
    truth = 8 + (WEEKDAY + rng.normal(0, 0.03, 7))[dates.day_of_week] + effect
    truth = truth + _season(dates, rng, sharp="sharp" in kind) + _growth(years_passed, years, kind, rng)
    memory = np.zeros(len(dates))
    for day in range(1, len(dates)):
        memory[day] = 0.8 * memory[day - 1] + rng.normal(0, 0.02)
    level = truth + memory + rng.normal(0, 0.04, len(dates))
    if "odd days" in kind:
        level[rng.integers(0, len(dates), 6 * years)] += rng.choice([-0.5, 0.6], 6 * years)
    counts = rng.poisson(np.exp(level)).astype(float)
    return Series(dates=dates, counts=counts, truth=np.exp(truth), holidays=holidays, known=known)


def _season(dates: pd.DatetimeIndex, rng: np.random.Generator, *, sharp: bool) -> Floats:
    day = dates.day_of_year.to_numpy()
    angle = 2 * np.pi * day / 365.25
    sizes = (rng.uniform(0.08, 0.25), rng.uniform(0.03, 0.1), rng.uniform(0.01, 0.05))
    waves = [size * np.cos(k * angle + rng.uniform(0, 2 * np.pi)) for k, size in enumerate(sizes, start=1)]
    total = np.sum(waves, axis=0)
    for width, size in ((7, 0.35), (4, -0.3)) if sharp else ():
        place = rng.integers(20, 340)
        total = total + size * np.exp(-(((day - place + 182) % 365 - 182) ** 2) / (2 * width**2))
    return np.asarray(total)


def _growth(passed: Floats, years: int, kind: str, rng: np.random.Generator) -> Floats:
    if "no growth" in kind:
        return np.zeros(len(passed))
    if "step" in kind:
        return np.where(passed > years - rng.uniform(0.3, 1.2), rng.choice([-0.25, 0.25]), 0.0) + 0.05 * passed
    turns = np.sort(rng.uniform(0, years, 3))
    return np.asarray(np.cumsum(rng.normal(0.08, 0.15, 4)[np.searchsorted(turns, passed)]) / 365.25)


def _holidays(dates: pd.DatetimeIndex, rng: np.random.Generator) -> tuple[Floats, dict[pd.Timestamp, str]]:
    named = {day: f"{day.month}-{day.day}" for day in dates if (day.month, day.day) in HOLIDAYS}
    effect = np.array([HOLIDAYS.get((day.month, day.day), 0.0) for day in dates])
    for year in range(dates[0].year, dates[-1].year + 1):
        feast = pd.Timestamp(year, 4, 1) + pd.Timedelta(days=int(rng.integers(-10, 25)))
        if feast in dates:
            named[feast] = "feast"
            effect[dates.get_loc(feast)] -= 0.5
    after = np.append(False, effect[:-1] < 0) & (effect == 0)
    return effect + 0.12 * after, named


Forecast = tuple[Floats, Floats, Floats]


def own(series: Series) -> Forecast:
    """Median and 80% range by this package, with its defaults."""
    calendar = Calendar(holidays={day.strftime("%Y-%m-%d"): name for day, name in series.holidays.items()})
    known = series.dates[: series.known]
    history = pd.DataFrame(
        {"queue": "q", "start": known, "end": known + pd.Timedelta(days=1), "offered": series.counts[: series.known]}
    )
    found = Forecaster(calendar=calendar).fit(history).predict(starts=series.dates[series.known :])
    middle, low, high = (found[f"offered_q{level}"].to_numpy() for level in (0.5, 0.1, 0.9))
    return middle, low, high


def prophet(mode: str) -> Callable[[Series], Forecast]:
    """The same by Prophet."""

    def forecast(series: Series) -> Forecast:
        from prophet import Prophet

        logging.disable(logging.WARNING)
        days = list(series.holidays)
        told = pd.DataFrame({"holiday": list(series.holidays.values()), "ds": days}).assign(
            lower_window=0, upper_window=1
        )
        model = Prophet(seasonality_mode=mode, holidays=told, interval_width=0.8, yearly_seasonality=True)
        model.fit(pd.DataFrame({"ds": series.dates[: series.known], "y": series.counts[: series.known]}))
        found = model.predict(pd.DataFrame({"ds": series.dates[series.known :]}))
        return found["yhat"].to_numpy(), found["yhat_lower"].to_numpy(), found["yhat_upper"].to_numpy()

    return forecast


def truth(series: Series) -> Forecast:
    """What the year would be without its memory and noise."""
    rate = series.truth[series.known :]
    return rate, rate, rate


def score(forecast: Forecast, series: Series) -> dict[str, float]:
    """WAPE by lead, and the share of days inside the range."""
    middle, low, high = forecast
    came = series.counts[series.known :]
    row = {lead: float(np.abs(middle[at] - came[at]).sum() / came[at].sum()) for lead, at in LEADS.items()}
    inside = (came >= np.floor(low)) & (came <= np.ceil(high))
    return {**row, "cover 1-28": float(inside[:28].mean()), "cover 29-365": float(inside[28:].mean())}


def table(seeds: int, years: tuple[int, ...] = (3, 5)) -> pd.DataFrame:
    """Mean scores by method, and by method and kind of series."""
    methods: dict[str, Callable[[Series], Forecast]] = {"wfm": own, "truth": truth}
    try:
        import prophet as _  # noqa: F401

        methods |= {"prophet +": prophet("additive"), "prophet x": prophet("multiplicative")}
    except ImportError:
        pass
    rows = []
    for kind in KINDS:
        for span in years:
            for seed in range(seeds):
                series = made(kind, span, seed)
                for name, method in methods.items():
                    begin = time.process_time()
                    row = score(method(series), series)
                    rows.append({"kind": kind, "years": span, "method": name, **row, "s": time.process_time() - begin})
    found = pd.DataFrame(rows)
    whole = found.drop(columns="years").assign(kind="all").groupby(["kind", "method"]).mean()
    return pd.concat([found.drop(columns="years").groupby(["kind", "method"]).mean(), whole])


if __name__ == "__main__":
    print(table(int(sys.argv[1]) if len(sys.argv) > 1 else 2).round(4).to_string())
