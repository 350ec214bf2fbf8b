"""What will come: volumes and handle times by interval, with ranges, paths, explanations and backtests."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wfm.forecast.backtesting import backtest as backtest
    from wfm.forecast.combining import Combination as Combination
    from wfm.forecast.deflection import deflected as deflected
    from wfm.forecast.deflection import learn_deflection as learn_deflection
    from wfm.forecast.drawing import plot_explained as plot_explained
    from wfm.forecast.forecaster import Forecaster as Forecaster
    from wfm.forecast.friends import Boosting as Boosting
    from wfm.forecast.friends import Mstl as Mstl
    from wfm.forecast.friends import Prophet as Prophet
    from wfm.forecast.friends import autoregression as autoregression
    from wfm.forecast.friends import smoothing as smoothing
    from wfm.forecast.lifts import event_lifts as event_lifts
    from wfm.forecast.many import forecast_many as forecast_many
    from wfm.forecast.naive import SameWeekday as SameWeekday
    from wfm.forecast.naive import references as references
    from wfm.forecast.naive import seasonal_naive as seasonal_naive
    from wfm.forecast.new_queue import like as like
    from wfm.forecast.new_queue import volume_with_pattern as volume_with_pattern
    from wfm.forecast.rehearsing import rehearse as rehearse
    from wfm.forecast.sums import totals as totals
    from wfm.forecast.update_backtest import backtest_update as backtest_update

# Forty modules, of which one forecast needs half: each is imported when one of its names is first used.
_HOMES = {
    "backtest": "wfm.forecast.backtesting",
    "Combination": "wfm.forecast.combining",
    "deflected": "wfm.forecast.deflection",
    "learn_deflection": "wfm.forecast.deflection",
    "plot_explained": "wfm.forecast.drawing",
    "Forecaster": "wfm.forecast.forecaster",
    "Boosting": "wfm.forecast.friends",
    "Mstl": "wfm.forecast.friends",
    "Prophet": "wfm.forecast.friends",
    "autoregression": "wfm.forecast.friends",
    "smoothing": "wfm.forecast.friends",
    "event_lifts": "wfm.forecast.lifts",
    "forecast_many": "wfm.forecast.many",
    "like": "wfm.forecast.new_queue",
    "volume_with_pattern": "wfm.forecast.new_queue",
    "SameWeekday": "wfm.forecast.naive",
    "references": "wfm.forecast.naive",
    "seasonal_naive": "wfm.forecast.naive",
    "rehearse": "wfm.forecast.rehearsing",
    "totals": "wfm.forecast.sums",
    "backtest_update": "wfm.forecast.update_backtest",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    """The name from its home, imported when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'wfm.forecast' has no attribute {name!r}")
    found: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Every public name."""
    return sorted([*globals(), *__all__])
