"""The shape of a day as it came, told apart from the chance of single intervals."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
AROUND = 3600.0  # to either side of an interval whose contacts tell of its rate [s]


def came_shape(offered: Floats, expected: Floats, interval: float) -> Floats:
    """Rates by interval of one day whose contacts came otherwise spread than expected; they add up to the contacts.

    A single count strays from its rate by Poisson chance, which is no shape. So the ratio of counted to expected is
    taken over two hours around each interval and drawn towards 1 by the part of its spread that chance explains
    (an empirical Bayes estimate; Efron, Morris 1973).

    Parameters
    ----------
    offered, expected : array   Contacts by interval that came, and as the plan's shape would spread as many.
    interval : float            Width of an interval [s].

    >>> flat, early = np.full(8, 50.0), np.repeat([80.0, 20.0], 4)
    >>> came_shape(early, flat, 3600).round(0).tolist()
    [79.0, 79.0, 79.0, 60.0, 40.0, 21.0, 21.0, 21.0]
    >>> came_shape(np.array([52.0, 47, 51, 50, 55, 44, 51, 50]), flat, 3600).round(0).tolist()
    [50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0]
    """
    reach = int(AROUND // interval)
    counted, likely = _around(offered, reach), _around(expected, reach)
    if not (expected.sum() > 0 and offered.sum() > 0):
        return expected
    spread = max(float(((counted - likely) ** 2 - likely).sum() / (likely**2).sum()), 0.0)
    ratio = np.divide(counted, likely, out=np.ones_like(likely), where=likely > 0)
    kept = np.divide(spread * likely, spread * likely + 1)
    rates = expected * (1 + kept * (ratio - 1))
    return np.asarray(rates * offered.sum() / rates.sum())


def _around(values: Floats, reach: int) -> Floats:
    """Sum over the intervals at most `reach` before or behind each."""
    total = np.r_[0.0, np.cumsum(values)]
    at = np.arange(len(values))
    return np.asarray(total[np.minimum(at + reach + 1, len(values))] - total[np.maximum(at - reach, 0)])
