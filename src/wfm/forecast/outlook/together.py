"""Queues of one centre have their busy days together: how their levels' errors correlate, and draws that do so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.forecast.learned.queue_model import QueueModel
from wfm.forecast.outlook.paths import draw_levels, with_tails
from wfm.forecast.outlook.slots import Outlook
from wfm.forecast.outlook.stream import Stream

Floats = npt.NDArray[np.float64]
Asked = Sequence[tuple[QueueModel, Outlook]]
RECENT = 250
"""Most recent days whose errors are compared."""
FIRST = 25
"""First days of history, whose errors are what all queues have yet to learn: their week, their level."""
AHEAD = 14
"""Days ahead of a past origin that are looked at; an origin each week."""
COMMON, OWN = 0.5, 0.3
"""Usual size of the correlation that a centre's queues have in common, and of what a pair of them differs by."""
CHANCE = 0.9
"""Most of an error that is taken for Poisson chance."""
WEEK = 7.0
WILD = 3.0
"""An error is drawn in to so many standard deviations."""


def surprise_correlation(models: Sequence[QueueModel]) -> Floats:
    """(queues, queues) correlation of the levels' errors up to two weeks ahead, on the days that two queues share.

    A day ahead the shocks of single days stand out, two weeks ahead what the levels did meanwhile. Poisson chance,
    which no two queues share, is taken out: what small queues have in common hides in it. What a pair shows is weighed
    against what the pairs show together, and that against none, by how sure each is (normal with normal priors,
    `COMMON` and `OWN`). It is positive semidefinite.
    """
    if len(models) == 1:
        return np.ones((1, 1))
    columns, whole = {}, []
    for number, model in enumerate(models):
        columns[number], chance = _errors(model)
        whole.append(1 - min(chance, CHANCE))
    table = pd.DataFrame(columns).to_numpy()
    seen, errors = ~np.isnan(table), np.nan_to_num(table)
    share = np.sqrt(np.outer(whole, whole))  # of the levels in the errors of two queues
    size = (errors**2).T @ seen  # of the one queue on the days that it shares with the other
    found = errors.T @ errors / np.sqrt(np.maximum(size * size.T, 1e-12)) / share
    days = (seen.T.astype(float) @ seen) * WEEK / AHEAD
    known = days * share**2  # one over the variance of what uncorrelated pairs show
    found = _weighed(found, known)
    found[np.diag_indices_from(found)] = 1.0
    return as_correlation(found)


def _errors(model: QueueModel) -> tuple[pd.Series, float]:
    """Standardised errors of recent days by past origin and day, and how much of their variance is Poisson chance.

    Leading blocks of the Cholesky factor are the factors of the leading days: every past origin costs but a product.
    """
    level, day = model.level, model.level.days.day
    begin = max(min(FIRST, len(day) // 2), len(day) - RECENT)
    found, places, chance = [], [], []
    for origin in np.arange(day[begin] // WEEK * WEEK, day[-1], WEEK):
        after = np.searchsorted(day, [max(origin, day[begin] - 1), origin + AHEAD], side="right")
        rows = slice(int(after[0]), int(after[1]))
        if rows.stop > rows.start:
            root = np.tril(level.factor[rows, rows])
            sd = np.sqrt((root**2).sum(axis=1))
            expected = np.exp(level.middle + level.factor[rows, : rows.start] @ level.surprise[: rows.start])
            found.append(np.clip(root @ level.surprise[rows] / sd, -WILD, WILD))
            chance.append(1 / np.maximum(expected, 0.5) / sd**2)
            places.append(origin * (AHEAD + 1) + day[rows] - origin)
    errors = pd.Series(np.concatenate(found), index=np.concatenate(places).astype(np.int64))
    return errors, float(np.median(np.concatenate(chance)))


def _weighed(found: Floats, known: Floats) -> Floats:
    """Correlations of pairs drawn to what the pairs have in common, and that to none."""
    apart = ~np.eye(len(found), dtype=bool)
    sure = known / (1 + known * OWN**2)
    common = (sure * found)[apart].sum() / 2 / (sure[apart].sum() / 2 + COMMON**-2)
    return np.asarray(common + (found - common) * known * OWN**2 / (1 + known * OWN**2))


def as_correlation(found: Floats) -> Floats:
    """The nearest thing to a symmetric matrix that draws can have as their correlation."""
    values, vectors = np.linalg.eigh(found)
    mended = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    scale = 1 / np.sqrt(np.diag(mended))
    return np.asarray(mended * np.outer(scale, scale))


def shared_draws(own: Floats, correlation: Floats) -> Floats:
    """(queues, paths, days) standard normals of which those of one day correlate between queues; `own` do not."""
    return np.asarray(np.einsum("qr,rpd->qpd", np.linalg.cholesky(correlation), own))


def joint_levels(
    asked: Asked, streams: Sequence[Stream], correlation: Floats, rngs: Sequence[np.random.Generator], paths: int
) -> list[Floats]:
    """(paths, days) log factors of mean one for each queue asked for: days and queues move together.

    The queues of a stream take theirs from its total and its drifting shares on the days that they divide.
    """
    dates = pd.DatetimeIndex(np.unique(np.concatenate([seen.days.to_numpy() for _, seen in asked])))
    own = np.array([rng.standard_normal((paths, len(dates))) for rng in rngs])
    shared = shared_draws(own, correlation)
    levels = [
        with_tails(
            draw_levels(shocks[:, dates.get_indexer(seen.days)], seen.covariance),
            np.clip(np.diag(seen.covariance), 0.0, None),
            model.calibration.days,
        )
        for (model, seen), shocks in zip(asked, shared, strict=True)
    ]
    for stream in streams:
        members = [place for place, (model, _) in enumerate(asked) if model.queue in stream.queues]
        days = stream.days_of(dates)
        if not members or not len(days):
            continue
        whole = shared[members].sum(axis=0) / np.sqrt(correlation[np.ix_(members, members)].sum())
        rng = np.random.default_rng(rngs[members[0]].integers(2**63))
        drawn = stream.draw(days, whole[:, dates.get_indexer(days)], rng)
        for place in members:
            model, seen = asked[place]
            inside = np.isin(seen.days, days)
            found = drawn[model.queue][:, days.get_indexer(seen.days[inside])]
            if model.queue in stream.leanings:
                lead = np.asarray((seen.days[inside] - model.last_day).days, dtype=float)
                weight = stream.leanings[model.queue].at(lead)
                found = weight * found + (1 - weight) * levels[place][:, inside]
                found = _with_variance(found, np.diag(seen.covariance)[inside])
            levels[place][:, inside] = found
    return levels


def _with_variance(draws: Floats, variance: Floats) -> Floats:
    """(paths, days) log factors stretched to a variance, with mean one."""
    centred = draws - draws.mean(axis=0)
    wide = np.sqrt(np.maximum(variance, 0.0) / np.maximum((centred**2).mean(axis=0), 1e-12))
    return np.asarray(centred * wide - variance / 2)
