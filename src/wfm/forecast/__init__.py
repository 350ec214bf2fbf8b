"""What will come: volumes and handle times by interval, with ranges, paths, explanations and backtests."""

from wfm.forecast.backtesting import backtest
from wfm.forecast.combining import Combination
from wfm.forecast.deflection import deflected, learn_deflection
from wfm.forecast.drawing import plot_explained
from wfm.forecast.forecaster import Forecaster
from wfm.forecast.friends import Boosting, Mstl, Prophet, autoregression, smoothing
from wfm.forecast.many import forecast_many
from wfm.forecast.new_queue import like, volume_with_pattern
from wfm.forecast.references import SameWeekday, references, seasonal_naive
from wfm.forecast.rehearsing import rehearse
from wfm.forecast.sums import totals
from wfm.forecast.update_backtest import backtest_update

__all__ = [
    "Boosting",
    "Combination",
    "Forecaster",
    "Mstl",
    "Prophet",
    "SameWeekday",
    "autoregression",
    "backtest",
    "backtest_update",
    "deflected",
    "forecast_many",
    "learn_deflection",
    "like",
    "plot_explained",
    "references",
    "rehearse",
    "seasonal_naive",
    "smoothing",
    "totals",
    "volume_with_pattern",
]
