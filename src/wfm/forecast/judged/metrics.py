"""Measures of a forecast's error, one short function each; `actual` and `forecast` are arrays of contacts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def wape(actual: Floats, forecast: Floats) -> float:
    """Weighted absolute percentage error, sum |f - y| / sum y; nan where nothing came.

    >>> wape(np.array([80.0, 120.0]), np.array([100.0, 110.0]))
    0.15
    """
    return _over(np.abs(forecast - actual).sum(), actual.sum())


def bias(actual: Floats, forecast: Floats) -> float:
    """Sum of f - y over sum y: positive where too much was forecast.

    >>> bias(np.array([80.0, 120.0]), np.array([100.0, 110.0]))
    0.05
    """
    return _over((forecast - actual).sum(), actual.sum())


def mase(actual: Floats, forecast: Floats, scale: float) -> float:
    """Mean |f - y| over `scale`, the mean |y - y a week before| of the training data.

    >>> mase(np.array([80.0, 120.0]), np.array([100.0, 110.0]), 30.0)
    0.5
    """
    return _over(np.abs(forecast - actual).mean(), scale)


def pinball(actual: Floats, quantiles: dict[float, Floats]) -> float:
    """Mean over the quantiles of twice the pinball loss, over mean y: a relative weighted quantile loss.

    >>> pinball(np.array([80.0, 120.0]), {0.5: np.array([100.0, 110.0])})
    0.15
    """
    losses = [2 * np.maximum(q * (actual - f), (q - 1) * (actual - f)).mean() for q, f in quantiles.items()]
    return _over(float(np.mean(losses)), actual.mean()) if losses else float("nan")


def coverage(actual: Floats, low: Floats, high: Floats) -> float:
    """Share of y within [low, high], bounds rounded outwards to whole contacts.

    >>> coverage(np.array([80.0, 120.0]), np.array([80.4, 121.0]), np.array([90.0, 130.0]))
    0.5
    """
    return float(((actual >= np.floor(low)) & (actual <= np.ceil(high))).mean())


def noise_floor(rate: Floats) -> float:
    """WAPE that perfect knowledge of the rates would still have: Poisson chance.

    E|Y - L| = 2 exp(-L) L^(floor(L) + 1) / floor(L)! for Poisson Y of mean L (de Moivre's mean deviation).

    >>> round(noise_floor(np.array([100.0, 100.0])), 4)
    0.0797
    """
    from scipy.special import gammaln

    rate = rate[rate > 0]
    whole = np.floor(rate)
    deviation = 2 * np.exp(-rate + (whole + 1) * np.log(rate) - gammaln(whole + 1))
    return _over(float(deviation.sum()), rate.sum())


def weekly_scale(offered: Floats, day: npt.NDArray[np.int64], slot: npt.NDArray[np.int64]) -> float:
    """Mean |y - y of the same slot a week before| over training data; nan where no two weeks meet."""
    cells = dict(zip(zip(day.tolist(), slot.tolist(), strict=True), offered.tolist(), strict=True))
    steps = [abs(y - cells[d - 7, s]) for (d, s), y in cells.items() if (d - 7, s) in cells]
    return float(np.mean(steps)) if steps else float("nan")


def _over(top: float, bottom: float) -> float:
    return float(top / bottom) if bottom > 0 else float("nan")
