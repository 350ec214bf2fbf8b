"""What will come: volumes and handle times by interval, with ranges, paths, explanations and backtests."""

from wfm.forecast.backtesting import backtest
from wfm.forecast.forecaster import Forecaster
from wfm.forecast.new_queue import like, volume_with_pattern
from wfm.forecast.references import SameWeekday, references, seasonal_naive

__all__ = ["Forecaster", "SameWeekday", "backtest", "like", "references", "seasonal_naive", "volume_with_pattern"]
