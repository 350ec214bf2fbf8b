"""How far the level of a queue leans on its share of the sum of a group, and how far on its own past.

Small queues share what no one of them shows: a month's start that is lost in the chance of forty queues stands out in
their sum. Queues that have little in common gain nothing from a sum. Which it is, past errors tell: those of the
queue's own forecast and those of its share of the sum's, from the same past days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.forecast.learned.level import DayLevel

Floats = npt.NDArray[np.float64]
FIRST = 25
"""Days known at the first past origin."""
LAST = 150
"""Days before the end of history at which the first past origin lies at most."""
AHEAD = 28
"""Days to look ahead from a past origin."""
UNSURE = 4.0
"""Past weeks that the guess of leaning half is worth."""
LEADS = (7.0, 14.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaning:
    """Weight of the share of the sum in a queue's log level, beside its own forecast.

    Attributes
    ----------
    near, far : float       To a week ahead, and from two weeks on.
    together : float        Mean square error of the mixture over that of its parts, weighed alike.
    """

    near: float = 1.0
    far: float = 1.0
    together: float = 1.0

    def at(self, lead: Floats) -> Floats:
        """Weight for days so many days after the end of history."""
        return np.asarray(np.interp(lead, LEADS, [self.near, self.far]))

    def mixed(self, own: tuple[Floats, Floats], share: tuple[Floats, Floats], lead: Floats) -> tuple[Floats, Floats]:
        """Mean and covariance of the log level from those of the queue's own forecast and of its share of the sum."""
        weight = self.at(lead)
        mean = weight * share[0] + (1 - weight) * own[0]
        parts = [np.sqrt(np.outer(w, w)) * c for w, (_, c) in ((weight, share), (1 - weight, own))]
        return mean, (parts[0] + parts[1]) * np.where(weight.prod() == 1, 1.0, self.together)


def past_errors(level: DayLevel, days: pd.DatetimeIndex, origins: pd.DatetimeIndex) -> dict[tuple[int, int], float]:
    """(origin, day) -> error of the log level of a day forecast from what was known at the origin, as ordinals.

    Leading blocks of the Cholesky factor are the factors of the leading days: every past origin costs but a product.
    """
    kept = days[-len(level.days) :]
    number = kept.to_numpy().astype("datetime64[D]").astype(np.int64)
    found: dict[tuple[int, int], float] = {}
    for origin in origins.to_numpy().astype("datetime64[D]").astype(np.int64).tolist():
        begin, end = np.searchsorted(number, [origin, origin + AHEAD], side="right").tolist()
        error = level.factor[begin:end, begin:end] @ level.surprise[begin:end]
        found |= {(origin, day): e for day, e in zip(number[begin:end].tolist(), error.tolist(), strict=True)}
    return found


def past_origins(days: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Every seventh of the recent days of a group."""
    first = max(FIRST, len(days) - LAST)
    return days[np.arange(len(days) - 2, first - 1, -7)[::-1]]


def learn_leaning(own: dict[tuple[int, int], float], share: dict[tuple[int, int], float]) -> Leaning:
    """Weights with the least mean square error, drawn to a half where the past is short."""
    keys = sorted(set(own) & set(share))
    weeks = len({origin for origin, _ in keys})
    if weeks < 2:
        return Leaning(near=0.5, far=0.5)
    errors = np.array([[own[key], share[key]] for key in keys])
    limit = 3 * 1.4826 * np.median(np.abs(errors), axis=0)
    errors = np.clip(errors, -limit, limit)
    lead = np.array([day - origin for origin, day in keys])
    near, far = (_weight(errors[rows], weeks) for rows in (lead <= LEADS[0], lead > LEADS[0]))
    weight = np.where(lead <= LEADS[0], near, far)
    apart = ((1 - weight) * errors[:, 0] ** 2 + weight * errors[:, 1] ** 2).mean()
    both = (((1 - weight) * errors[:, 0] + weight * errors[:, 1]) ** 2).mean()
    return Leaning(near=near, far=far, together=float(np.clip(both / max(apart, 1e-12), 0.3, 1.0)))


def _weight(errors: Floats, weeks: int) -> float:
    if not len(errors):
        return 0.5
    own, share = errors.T
    apart = ((own - share) ** 2).mean()
    best = float(np.clip((own * (own - share)).mean() / max(apart, 1e-12), 0.0, 1.0))
    return (best * weeks + 0.5 * UNSURE) / (weeks + UNSURE)


def share_errors(
    total: dict[tuple[int, int], float], ratios: Sequence[dict[tuple[int, int], float]], shares: Floats
) -> list[dict[tuple[int, int], float]]:
    """Past errors of each queue's level as its share of the sum, from those of the sum and of the log ratios."""
    keys = sorted(set(total).intersection(*ratios))
    whole = np.array([total[key] for key in keys])
    logits = np.array([[one[key] for key in keys] for one in ratios] + [[0.0] * len(keys)])
    middle = shares @ logits
    return [dict(zip(keys, (whole + mine - middle).tolist(), strict=True)) for mine in logits]
