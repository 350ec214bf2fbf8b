"""Possible futures of the rate: days that move together, slots that stray for a while and from week to week."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.forecast.learned.queue_model import QueueModel
from wfm.forecast.learned.ranges import Tails
from wfm.forecast.outlook.slots import Outlook

Floats = npt.NDArray[np.float64]
WILD = 4.0
"""A day's shock is drawn in to so many standard deviations before it is handed on."""


def draw_paths(
    model: QueueModel, seen: Outlook, starts: pd.DatetimeIndex, levels: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """(paths, slots) rates, whose mean is the forecast, and handle times.

    `levels` are (paths, days) log factors of mean one on the outlook's days, as `draw_levels` makes them.
    """
    paths = len(levels)
    log_rate = np.log(np.maximum(seen.rate, 1e-12)) + levels[:, seen.row]
    log_rate += _slot_noise(model, seen, starts, paths, rng)
    if seen.lift_doubt.any():  # a short event's effect is too large or too small in all of its slots
        sd = np.sqrt(seen.lift_doubt)
        log_rate += rng.standard_normal((paths, 1)) * sd - sd**2 / 2
    handle = _handle_times(model, seen, levels, rng)
    aht = seen.aht * np.exp(_centred(handle, seen.aht_covariance)[:, seen.row])
    return np.exp(log_rate), aht


def draw_levels(shocks: Floats, covariance: Floats) -> Floats:
    """(paths, days) log factors of mean one, from standard normals: what is new on each day."""
    return _centred(shocks @ root_of(covariance).T, covariance)


def with_tails(levels: Floats, variance: Floats, tails: Tails) -> Floats:
    """(paths, days) log factors of mean one, made to stray now and then by as far as single days did."""
    from scipy.special import ndtri

    if tails == Tails():
        return levels
    sd = np.sqrt(np.maximum(variance, 1e-12))
    usual = tails.stretch(ndtri((np.arange(400) + 0.5) / 400))
    mean = np.log(np.exp(np.outer(usual, sd)).mean(axis=0))
    return np.asarray(tails.stretch((levels + variance / 2) / sd) * sd - mean)


def root_of(covariance: Floats) -> Floats:
    """Lower triangular factor, by which a day's shock moves that day and those after it.

    It is made from eigenvectors: rounding may leave a covariance a little less than positive.
    """
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    _, upper = np.linalg.qr((vectors * np.sqrt(np.maximum(values, 0.0))).T)
    return np.asarray(upper.T * np.where(np.diag(upper) < 0, -1.0, 1.0))


def _handle_times(model: QueueModel, seen: Outlook, levels: Floats, rng: np.random.Generator) -> Floats:
    """(paths, days) log deviations of the handle time; busy days have longer contacts as far as past ones did."""
    shared = 0.0 if model.aht is None else model.aht.with_volume
    own = rng.standard_normal(levels.shape)
    if shared:
        own = shared * _shocks(levels, seen.covariance) + np.sqrt(1 - shared**2) * own
    return np.asarray(own @ root_of(seen.aht_covariance).T)


def _shocks(levels: Floats, covariance: Floats) -> Floats:
    """What is new on each day of drawn levels, as standard normals: `draw_levels` turned round."""
    from scipy.linalg import solve_triangular

    spread = np.clip(np.diag(covariance), 1e-12, None)
    root = root_of(covariance + np.diag(1e-6 * spread))
    shocks = solve_triangular(root, (levels + np.diag(covariance) / 2).T, lower=True).T
    return np.clip(shocks, -WILD, WILD)


def _centred(draws: Floats, covariance: Floats) -> Floats:
    """Log factors whose mean factor is 1."""
    return np.asarray(draws - np.clip(np.diag(covariance), 0.0, None) / 2)


def _slot_noise(
    model: QueueModel, seen: Outlook, starts: pd.DatetimeIndex, paths: int, rng: np.random.Generator
) -> Floats:
    """Log factors of the slots: a part that lasts for each weekday and a part of the day, both fading along the day."""
    slots = len(model.profile.slots)
    if slots == 1:
        return np.zeros((paths, len(starts)))
    place = np.clip(np.searchsorted(model.profile.slots, (starts - starts.normalize()).total_seconds()), 0, slots - 1)
    lasting, along = model.noise.lasting, model.noise.along
    weekly = _fading(paths * 7, slots, along, rng).reshape(paths, 7, slots)
    daily = _fading(paths * len(seen.days), slots, along, rng).reshape(paths, len(seen.days), slots)
    mixed = np.sqrt(lasting) * weekly[:, seen.features.weekday] + np.sqrt(1 - lasting) * daily
    mixed = _within_days(mixed * np.sqrt(model.noise.variance), model, seen)
    return np.asarray(mixed[:, seen.row, place] - seen.noise / 2)


def _within_days(noise: Floats, model: QueueModel, seen: Outlook) -> Floats:
    """Take the days' own sums out of the noise: it is what slots stray by from a day of a known total.

    What is left is stretched to the variance that slots were seen to have.
    """
    share = model.profile.of(seen.features)
    deviation = np.sqrt(model.noise.variance)
    apart = np.abs(np.subtract.outer(np.arange(len(deviation)), np.arange(len(deviation))))
    covariance = model.noise.along**apart * np.outer(deviation, deviation)
    whole = share @ deviation**2
    kept = np.maximum(whole - ((share @ covariance) * share).sum(axis=1), 0.2 * whole)
    centred = noise - (noise * share).sum(axis=2, keepdims=True)
    return np.asarray(centred * np.sqrt(whole / kept)[:, None])


def _fading(rows: int, slots: int, along: float, rng: np.random.Generator) -> Floats:
    """Rows of standard normals whose neighbours correlate by `along`."""
    out = rng.standard_normal((rows, slots))
    for slot in range(1, slots):
        out[:, slot] = along * out[:, slot - 1] + np.sqrt(1 - along**2) * out[:, slot]
    return out
