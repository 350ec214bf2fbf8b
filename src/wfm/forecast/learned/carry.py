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

    Each day is judged by its own doubt. The variance of the levels that past days show is weighed against the one that
    the model says by how sure each is (empirical Bayes): few contacts show little of it.
    """
    moments = np.array(MOMENTS)
    nothing = Carry(moments=moments, early=np.zeros(len(moments)), scale=0.0)
    if len(grid.slots) < 4:
        return nothing
    kept = np.flatnonzero(rows)[-len(level.days) :]
    whole_days = grid.seen[kept].all(axis=1) & ~np.isnan(shares[kept]).any(axis=1)
    checked = np.flatnonzero(whole_days & (np.arange(len(kept)) >= 25))
    if len(checked) < LEAST:
        return nothing
    expected = np.exp(_log_rates(level)[checked])
    chance = 1 / (expected + 1)
    doubt = _doubt(level, calibration)[checked] - 1 / np.maximum(expected, 0.5)
    doubt = np.maximum(doubt, 1e-9) * calibration.near**2
    offered, due = grid.offered[kept[checked]], shares[kept[checked]]
    surprise = np.log((offered.sum(axis=1) + 1) / (expected + 1))
    passed, came = _first_parts(offered, due, moments)
    by_then = passed * expected[:, None]
    early = np.log((came + 1) / (by_then + 1)) - surprise[:, None]
    of_share = (1 - passed) / np.maximum(by_then, 0.5)  # chance of a binomial share, on the log scale
    of_share = of_share / doubt[:, None]
    strayed = _drawn_in(early / np.sqrt(doubt)[:, None], of_share)
    beyond = np.maximum((strayed**2 - of_share).mean(axis=0), 0.0)
    usual = float(np.exp(np.log(doubt).mean()))
    return Carry(moments=moments, early=beyond * usual, usual=usual, scale=_scale(surprise, chance, doubt))


def _log_rates(level: DayLevel) -> Floats:
    """Log of the contacts expected on each day of history from those before it."""
    own = np.diag(level.factor) * level.surprise
    return np.asarray(level.middle + np.tril(level.factor) @ level.surprise - own)


def _doubt(level: DayLevel, calibration: Calibration) -> Floats:
    """Variance of that for each day, chance included; the day is not known to be odd."""
    odd = level.noise * (level.oddness - 1)
    return np.asarray(np.diag(level.factor) ** 2 - odd + calibration.unrest.of(level.days))


def _first_parts(offered: Floats, shares: Floats, moments: Floats) -> tuple[Floats, Floats]:
    """(days, moments) share that is expected before each moment of each day, and contacts that came by then."""
    due, came = (np.pad(np.cumsum(cells, axis=1), ((0, 0), (1, 0))) for cells in (shares, offered))
    due /= due[:, -1:]
    before = (due[:, None, :] < moments[:, None]).sum(axis=2)  # slots that begin before the moment
    at = np.clip(before, 1, due.shape[1] - 2)
    return np.take_along_axis(due, at, axis=1), np.take_along_axis(came, at, axis=1)


def _scale(surprise: Floats, chance: Floats, model: Floats) -> float:
    """Factor on the variances of the level that the model says, from log surprises of whole days."""
    total = model + chance
    standard = _drawn_in(surprise / np.sqrt(total), chance / total)
    weight = model / total  # days that show more of their level than of chance
    found = max(float((weight * (standard**2 - chance / total)).sum() / (weight**2).sum()), 0.0)
    believed = TRUSTED**2 / (TRUSTED**2 + 2 / float((weight**2).sum()))
    return float(1 + believed * (found - 1))


def _drawn_in(surprise: Floats, chance: Floats) -> Floats:
    spread = np.maximum(1.4826 * np.median(np.abs(surprise), axis=0), np.sqrt(chance.mean(axis=0)))
    return np.asarray(np.clip(surprise, -WILD * spread, WILD * spread))
