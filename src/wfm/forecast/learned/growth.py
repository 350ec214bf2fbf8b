"""The growth of a young queue: how far the days of less than a year believe that they follow a line.

Steady growth, a slope that comes and goes and a level that wanders look much alike within some months. What makes the
days likeliest is a level that wanders, which follows the growth and never expects it. So two accounts are weighed
against each other: with a line, beside which what wanders may be less than was learned, and without one. The forecast
grows by the chance of a line that the days add to the usual one, times the slope that they then tell. Steeper growth
has two accounts as well, a level that strays far and a slope that comes and goes; the likelier of them is taken.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.components import Component
from wfm.forecast.learned.days import YEAR, DayFeatures
from wfm.forecast.learned.variances import PRIOR_SD, Sample

Floats = npt.NDArray[np.float64]
USUALLY = 1 / 3
"""Share of queues that grow or shrink steadily over some months."""
PACE = 0.1
"""Variance of the yearly growth of these, on the log scale: a third a year, up or down."""
LESS = (1.0, 0.22, 0.05, 0.011)
"""What wanders beside a line, as parts of what was learned without one."""
SLOPING = 2.0
"""Gain in log-likelihood that is asked of a slope in the place of a level that strays."""
MOST = 0.98
"""Largest part of the slope that days tell which is believed."""
GROWTH = "steady growth"


def slope_instead(level: float, trend: float, *, usual: float, days: float) -> tuple[float, float] | None:
    """Variances of level and trend under which a slope moves so many days as far as the level strays by now.

    None where the level strays no more than is usual, and where the trend moves nearly as much already.

    >>> slope_instead(0.03, 0.001, usual=0.002, days=YEAR / 4)
    (0.0005, 5.76)
    """
    slope = 12 * level / (days / YEAR) ** 2  # a line strays about its middle by a twelfth of its rise, squared
    return None if level < usual or trend > slope / 4 else (usual / 4, slope)


def growth_component(variance: float, last: float) -> Component:
    """A line through the last day of history, so that the level of today is the base; its slope is a year's growth."""

    def kernel(a: DayFeatures, b: DayFeatures) -> Floats:
        return np.outer((a.day - last) / YEAR, (b.day - last) / YEAR)

    return Component(name=GROWTH, part="trend", variance=variance, kernel=kernel)


def growth_variance(said: Sample, since: Floats, variances: Floats, usual: Floats) -> float:
    """Variance of the slope under which the level grows as both accounts together expect; 0 where there is no line.

    Parameters
    ----------
    said : Sample       What the days say of the level at some nodes, then of changes.
    since : array       Days from the last one, of the nodes.
    variances : array   Of what wanders, then of the forms of the changes.
    usual : array       Usual variances of what wanders.
    """
    line = np.zeros(len(said.y))
    line[: len(since)] = since / YEAR
    known, kernels, wandering = np.asarray(said.known), said.kernels.reshape(len(said.kernels), -1), len(usual)
    without, lines, slopes = np.empty(len(LESS)), np.empty(len(LESS)), np.empty(len(LESS))
    for place, less in enumerate(LESS):
        beside = np.append(variances[:wandering] * less, variances[wandering:])
        covariance = known + (beside.astype(np.float32) @ kernels).reshape(known.shape)
        likelihood, told, pulled = _told(covariance, said.y, line)
        strange = np.log(beside[:wandering] / usual) / PRIOR_SD
        without[place] = likelihood - 0.5 * float(strange @ strange)
        slopes[place] = pulled / (1 / PACE + told)
        lines[place] = without[place] + 0.5 * (slopes[place] * pulled - np.log1p(PACE * told))
        if place == 0:
            plain = told, pulled
    likelier = np.exp(lines - without.max())
    odds = USUALLY / (1 - USUALLY) * float(likelier.sum() / np.exp(without - without.max()).sum())
    added = (odds / (1 + odds) - USUALLY) / (1 - USUALLY)
    told, pulled = plain
    part = added * float(likelier @ slopes / likelier.sum()) * told / pulled if added > 0 and pulled else 0.0
    part = min(part, MOST)
    return part / (1 - part) / told if part > 0 else 0.0


def _told(covariance: Floats, response: Floats, line: Floats) -> tuple[float, float, float]:
    """Log-likelihood of the response, and what it tells of the slope of a line: its precision, and that times it."""
    from scipy.linalg.lapack import dpotrf, dtrtrs

    factor = dpotrf(covariance.T, lower=1, overwrite_a=1)[0]
    error = dtrtrs(factor, np.column_stack([response, line]), lower=1)[0]
    own, shared, told = float(error[:, 0] @ error[:, 0]), float(error[:, 0] @ error[:, 1]), error[:, 1] @ error[:, 1]
    return -0.5 * own - float(np.log(np.diag(factor)).sum()), float(told), shared
