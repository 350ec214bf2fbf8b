"""What will come: volumes and handle times by interval, with ranges, paths, explanations and backtests."""

from typing import TYPE_CHECKING

from wfm.first_use import on_first_use

if TYPE_CHECKING:
    from wfm.forecast.deflection import deflected as deflected
    from wfm.forecast.deflection import learn_deflection as learn_deflection
    from wfm.forecast.explained.drawing import plot_explained as plot_explained
    from wfm.forecast.forecaster import Forecaster as Forecaster
    from wfm.forecast.judged.backtesting import backtest as backtest
    from wfm.forecast.judged.combining import Combination as Combination
    from wfm.forecast.judged.friends import Boosting as Boosting
    from wfm.forecast.judged.friends import Mstl as Mstl
    from wfm.forecast.judged.friends import Prophet as Prophet
    from wfm.forecast.judged.friends import autoregression as autoregression
    from wfm.forecast.judged.friends import smoothing as smoothing
    from wfm.forecast.judged.naive import SameWeekday as SameWeekday
    from wfm.forecast.judged.naive import references as references
    from wfm.forecast.judged.naive import seasonal_naive as seasonal_naive
    from wfm.forecast.judged.rehearsing import rehearse as rehearse
    from wfm.forecast.judged.update_backtest import backtest_update as backtest_update
    from wfm.forecast.level_changes import level_changes as level_changes
    from wfm.forecast.lifts import event_lifts as event_lifts
    from wfm.forecast.many import forecast_many as forecast_many
    from wfm.forecast.outlook.new_queue import like as like
    from wfm.forecast.outlook.new_queue import volume_with_pattern as volume_with_pattern
    from wfm.forecast.outlook.sums import totals as totals

# Forty modules, of which one forecast needs half: each is imported when one of its names is first used.
_HOMES = {
    "backtest": "wfm.forecast.judged.backtesting",
    "Combination": "wfm.forecast.judged.combining",
    "deflected": "wfm.forecast.deflection",
    "learn_deflection": "wfm.forecast.deflection",
    "plot_explained": "wfm.forecast.explained.drawing",
    "Forecaster": "wfm.forecast.forecaster",
    "Boosting": "wfm.forecast.judged.friends",
    "Mstl": "wfm.forecast.judged.friends",
    "Prophet": "wfm.forecast.judged.friends",
    "autoregression": "wfm.forecast.judged.friends",
    "smoothing": "wfm.forecast.judged.friends",
    "event_lifts": "wfm.forecast.lifts",
    "level_changes": "wfm.forecast.level_changes",
    "forecast_many": "wfm.forecast.many",
    "like": "wfm.forecast.outlook.new_queue",
    "volume_with_pattern": "wfm.forecast.outlook.new_queue",
    "SameWeekday": "wfm.forecast.judged.naive",
    "references": "wfm.forecast.judged.naive",
    "seasonal_naive": "wfm.forecast.judged.naive",
    "rehearse": "wfm.forecast.judged.rehearsing",
    "totals": "wfm.forecast.outlook.sums",
    "backtest_update": "wfm.forecast.judged.update_backtest",
}
__all__ = sorted(_HOMES)
__getattr__, __dir__ = on_first_use(__name__, _HOMES)
