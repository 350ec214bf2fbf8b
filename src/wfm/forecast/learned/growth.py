"""The growth of a young queue: how far the days of less than a year believe that they follow a line.

Steady growth, a slope that comes and goes and a level that wanders look much alike within some months. What makes the
days likeliest is a level that wanders, which follows the growth and never expects it. So two accounts are weighed
against each other: with a line, beside which what wanders may be less than was learned, and without one. The forecast
grows by how much more the days believe in a line than in none, times the slope that they then tell. Steep growth that
comes and goes has two accounts as well, a level that strays far and a slope; the likelier of them is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.components import Component
from wfm.forecast.learned.days import YEAR, DayFeatures
from wfm.forecast.learned.kept import kept
from wfm.forecast.learned.likeness import Kernel
from wfm.forecast.learned.variances import PRIOR_SD, Sample

Floats = npt.NDArray[np.float64]
PACES = {0.1: 0.5, 1.0: 0.3, 10.0: 0.2}
"""Variances of the yearly growth on the log scale, with their shares: half of what grows or shrinks does so by a third
a year, the rest, new queues above all, by a tenth or a quarter a month."""
LESS = (1.0, 0.22, 0.05, 0.011)
"""What wanders beside a line, as parts of what was learned without one."""
DOUBLED = float(np.log(2.0))
"""Most growth on the log scale that is taken to have been seen: what grows steeply has not grown so for long."""
SLOPING = 2.0
"""Gain in log-likelihood that is asked of a slope in the place of a level that strays."""
MOST = 0.98
"""Largest part of the slope that days tell which is believed."""
GROWTH = "steady growth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """A growth that lasts.

    Attributes
    ----------
    slope : float       Expected growth of a year, on the log scale.
    variance : float    Variance of the slope before any data, under which the level then grows by that.
    """

    slope: float
    variance: float


def slope_instead(level: float, trend: float, *, usual: float, days: float) -> tuple[float, float] | None:
    """Variances of level and trend under which a slope moves so many days as far as the level strays by now.

    None where the level strays no more than is usual, and where the trend moves nearly as much already.

    >>> slope_instead(0.03, 0.001, usual=0.002, days=YEAR / 4)
    (0.0005, 5.76)
    """
    slope = 12 * level / (days / YEAR) ** 2  # a line strays about its middle by a twelfth of its rise, squared
    return None if level < usual or trend > slope / 4 else (usual / 4, slope)


def growth_component(growth: Growth, days: float, last: float) -> Component:
    """A line through the last of so many days of history, so that the level of today is the base.

    Its slope is a year's growth. What was seen for T days lasts t days more with a chance of T / (T + t) (Gott, Nature
    1993): the growth to come is the slope times the days that it lasts, on average T ln(1 + t / T) of t days.
    """
    seen = min(days, DOUBLED * YEAR / abs(growth.slope))
    return Component(name=GROWTH, part="trend", variance=growth.variance, kernel=_grown(seen, last))


@kept
def _grown(seen: float, last: float) -> Kernel:
    """What so many days of growth seen make of the days after the last."""

    def lasts(since: Floats) -> Floats:
        """Days of growth until then, on average."""
        return np.where(since > 0, seen * np.log1p(np.maximum(since, 0) / seen), since)

    def kernel(a: DayFeatures, b: DayFeatures) -> Floats:
        mine, other = a.day - last, b.day - last
        sooner, later = np.minimum.outer(mine, other), np.maximum.outer(mine, other)
        ahead = np.maximum(sooner, 0)
        together = 2 * seen * (ahead - lasts(ahead)) + ahead * (lasts(np.maximum(later, 0)) - lasts(ahead))
        return np.asarray(np.where(sooner > 0, together, np.outer(lasts(mine), lasts(other))) / YEAR**2)

    return kernel


def steady_growth(said: Sample, since: Floats, variances: Floats, usual: Floats) -> Growth | None:
    """The growth that both accounts together expect; None where the days speak for no line.

    Parameters
    ----------
    said : Sample       What the days say of the level at some nodes, then of changes.
    since : array       Days from the last one, of the nodes.
    variances : array   Of what wanders, then of the forms of the changes.
    usual : array       Usual variances of what wanders.
    """
    rise = np.zeros(len(said.y))
    rise[: len(since)] = since / YEAR
    known, kernels, wandering = np.asarray(said.known), said.kernels.reshape(len(said.kernels), -1), len(usual)
    without, told, pulled = np.empty((3, len(LESS), 1))
    for place, less in enumerate(LESS):
        beside = np.append(variances[:wandering] * less, variances[wandering:])
        covariance = known + (beside.astype(np.float32) @ kernels).reshape(known.shape)
        likelihood, told[place], pulled[place] = _told(covariance, said.y, rise)
        strange = np.log(beside[:wandering] / usual) / PRIOR_SD
        without[place] = likelihood - 0.5 * float(strange @ strange)
    paces, shares = np.array(list(PACES)), np.array(list(PACES.values()))
    slopes = pulled / (1 / paces + told)  # by what wanders beside the line, and by pace
    lines = shares * np.exp(without - without.max() + 0.5 * (slopes * pulled - np.log1p(paces * told)))
    line, none = float(lines.sum()), float(np.exp(without - without.max()).sum())
    slope = (line - none) / (line + none) * float((lines * slopes).sum()) / line
    part = min(slope * told[0, 0] / pulled[0, 0], MOST) if line > none and pulled[0, 0] else 0.0
    return Growth(slope=slope, variance=float(part / (1 - part) / told[0, 0])) if part > 0 else None


def _told(covariance: Floats, response: Floats, line: Floats) -> tuple[float, float, float]:
    """Log-likelihood of the response, and what it tells of the slope of a line: its precision, and that times it."""
    from scipy.linalg.lapack import dpotrf, dtrtrs

    factor = dpotrf(covariance.T, lower=1, overwrite_a=1)[0]
    error = dtrtrs(factor, np.column_stack([response, line]), lower=1)[0]
    own, shared, told = float(error[:, 0] @ error[:, 0]), float(error[:, 0] @ error[:, 1]), error[:, 1] @ error[:, 1]
    return -0.5 * own - float(np.log(np.diag(factor)).sum()), float(told), shared
