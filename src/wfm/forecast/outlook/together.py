"""Queues of one centre have their busy days together: how their levels' surprises correlate, and draws that do so."""

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
"""Most recent days whose surprises are compared."""
FAMILIAR = 30.0
"""Days that the guess of no correlation is worth."""
WILD = 3.0
"""A surprise is drawn in to so many standard deviations."""


def surprise_correlation(models: Sequence[QueueModel]) -> Floats:
    """(queues, queues) correlation of the levels' errors one day ahead, on the days that two queues share.

    It is shrunk to none by the number of those days, and is positive semidefinite.
    """
    if len(models) == 1:
        return np.ones((1, 1))
    columns = {}
    for number, model in enumerate(models):
        days, surprise = model.open_days[-RECENT:], model.level.surprise[-RECENT:]
        columns[number] = pd.Series(np.clip(surprise, -WILD, WILD), index=days[-len(surprise) :])
    table = pd.DataFrame(columns).to_numpy()
    seen, errors = ~np.isnan(table), np.nan_to_num(table)
    days = (seen.T.astype(float) @ seen).astype(float)
    size = (errors**2).T @ seen  # of the one queue on the days that it shares with the other
    found = errors.T @ errors / np.sqrt(np.maximum(size * size.T, 1e-12)) * days / (days + FAMILIAR)
    found[np.diag_indices_from(found)] = 1.0
    return as_correlation(found)


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
