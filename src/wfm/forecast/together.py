"""Queues of one centre have their busy days together: how their levels' surprises correlate, and draws that do so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.forecast.queue_model import QueueModel

Floats = npt.NDArray[np.float64]
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
    values, vectors = np.linalg.eigh(found)
    mended = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    scale = 1 / np.sqrt(np.diag(mended))
    return np.asarray(mended * np.outer(scale, scale))


def shared_draws(own: Floats, correlation: Floats) -> Floats:
    """(queues, paths, days) standard normals of which those of one day correlate between queues; `own` do not."""
    return np.asarray(np.einsum("qr,rpd->qpd", np.linalg.cholesky(correlation), own))
