"""What the hours that came say of the rest of the day, and of the days after it.

A morning runs high because the day is busy, because its contacts came early, or by chance. How much each of these is
worth past days tell, forecast the evening before: how far their totals strayed from what was expected, and how far the
shares that had come by a moment strayed from theirs. A surprise is carried on as far as it is the day's; what came
early will be missing later; so a large centre whose days stray as a whole carries on nearly all of it, a queue of a few
contacts nearly nothing, and one whose afternoons make up for its mornings nothing at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.grid import DayGrid
from wfm.forecast.learned.level import DayLevel
from wfm.forecast.learned.ranges import Calibration

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
MOMENTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Parts of the day's contacts that have come when the forecast is looked at again."""
LEAST = 20
"""Past days below which nothing is carried on."""
WILD = 2.5
"""Surprises are drawn in to so many standard deviations."""
TRUSTED = 0.5
"""Doubt about what the model says of the variance of its levels, as a part of it, before past days are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carry:
    """What was learned from past days of the surprises within a day.

    Attributes
    ----------
    moments : array     Part of the day's expected contacts that have come.
    early : array       Variance of the log share that came before each moment, beyond chance: what makes a morning
                        high that is missing later.
    usual : float       Variance of the log level of a usual day, as the evening before.
    scale : float       Variance by which the levels of whole days strayed over what the model says of it; 0 = nothing
                        is carried on.
    """

    moments: Floats
    early: Floats
    usual: float = 1.0
    scale: float = 1.0

    def early_at(self, passed: float, variance: float) -> float:
        """Variance of the log share that came when this part of the day has passed; none when all has come.

        `variance` is that of the day's level: the day after a holiday, say, is in doubt in level and shape alike.
        """
        grid = np.concatenate([[0.0], self.moments, [1.0]])
        usual = float(np.interp(passed, grid, np.concatenate([self.early[:1], self.early, [0.0]])))
        return usual * variance / self.usual

    def factor(self, passed: float, contacts: float, variance: float) -> float:
        """Share of a small log surprise that the rest of a day of so many contacts takes over.

        >>> steady = Carry(moments=np.array([0.5]), early=np.array([0.0]))
        >>> [round(steady.factor(0.5, contacts, variance=0.01), 2) for contacts in (5, 50, 500, 5000)]
        [0.02, 0.2, 0.71, 0.96]
        """
        level, early = self.scale * variance, self.early_at(passed, variance)
        missing = early * passed / max(1 - passed, 1e-9)
        return max(level - missing, 0.0) / (level + early + 1 / max(passed * contacts, 1e-9))


def learn_carry(grid: DayGrid, rows: Bools, shares: Floats, level: DayLevel, calibration: Calibration) -> Carry:
    """Learn from past days, forecast from the evening before with the shape of earlier weeks (`earlier_shares`).

    The variance of the levels that past days show is weighed against the one that the model says by how sure each is
    (empirical Bayes): few contacts show little of it.
    """
    moments = np.array(MOMENTS)
    nothing = Carry(moments=moments, early=np.zeros(len(moments)), scale=0.0)
    if len(grid.slots) < 4:
        return nothing
    kept = np.flatnonzero(rows)[-len(level.days) :]
    checked = [
        place
        for place in range(25, len(kept))
        if not np.isnan(shares[kept[place]]).any() and grid.seen[kept[place]].all()
    ]
    if len(checked) < LEAST:
        return nothing
    expected = np.exp([_log_rate(level, place) for place in checked])
    said = _doubt(level, calibration)[checked] - 1 / np.maximum(expected, 0.5)
    usual = max(float(said.mean()) * calibration.near**2, 1e-9)
    came = grid.offered[kept[checked]].sum(axis=1)
    whole = np.log((came + 1) / (expected + 1))
    parts = np.array([_first_parts(grid.offered[kept[p]], shares[kept[p]], moments) for p in checked])
    due = parts[:, 0] * expected[:, None]
    early = np.log((parts[:, 1] + 1) / (due + 1)) - whole[:, None]
    chance = (1 - parts[:, 0]) / np.maximum(due, 0.5)  # of a binomial share, on the log scale
    beyond = (_drawn_in(early, chance) ** 2 - chance).mean(axis=0)
    scale = _scale(whole, 1 / (expected + 1), usual)
    return Carry(moments=moments, early=np.maximum(beyond, 0.0), usual=usual, scale=scale)


def _log_rate(level: DayLevel, place: int) -> float:
    """Log of the contacts expected on a day of history from those before it."""
    return level.middle + float(level.factor[place, :place] @ level.surprise[:place])


def _doubt(level: DayLevel, calibration: Calibration) -> Floats:
    """Variance of that for each day, chance included; the day is not known to be odd."""
    odd = level.noise * (level.oddness - 1)
    return np.asarray(np.diag(level.factor) ** 2 - odd + calibration.unrest.of(level.days))


def _first_parts(offered: Floats, shares: Floats, moments: Floats) -> tuple[Floats, Floats]:
    """Share that is expected before each moment of a day, and contacts that came by then."""
    due, came = np.append(0.0, np.cumsum(shares)), np.append(0.0, np.cumsum(offered))
    at = np.clip(np.searchsorted(due, moments * due[-1]), 1, len(due) - 2)
    return due[at] / due[-1], came[at]


def _scale(whole: Floats, chance: Floats, model: float) -> float:
    """Factor on the variance of the level that the model says, from log surprises of whole days."""
    found = max(float((_drawn_in(whole, chance) ** 2 - chance).mean()), 0.0)
    error = 2 * (model + float(chance.mean())) ** 2 / len(whole)
    believed = (TRUSTED * model) ** 2 / ((TRUSTED * model) ** 2 + error)
    return float(1 + believed * (found / model - 1))


def _drawn_in(surprise: Floats, chance: Floats) -> Floats:
    spread = np.maximum(1.4826 * np.median(np.abs(surprise), axis=0), np.sqrt(chance.mean(axis=0)))
    return np.asarray(np.clip(surprise, -WILD * spread, WILD * spread))
