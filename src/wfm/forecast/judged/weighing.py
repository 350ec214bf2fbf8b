"""Weights of methods from their errors at past origins: the best mixture, as far as other origins confirm it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.forecast.judged.rehearsing import QUANTILES

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
TRUSTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How far the best mixture is followed; the rest stays with the model."""
LEAST_GAIN = 0.005
"""Part of the error that a mixture must take away on origins it has not seen."""
SURE = 1.5
"""Standard errors by which a mixture must help on them: few origins, and several mixtures tried."""
OWN = 2.0
"""Origins that the belief is worth that errors of different methods have nothing to do with each other."""
FAMILIAR = 20.0
"""Days that the width of the model's own ranges is worth."""
FEWEST = 3
"""Origins below which the model is followed alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Weights of one queue at one group of leads.

    Attributes
    ----------
    by_method : mapping     method -> weight, adding up to 1; the first is the model.
    trust : float           How far the best mixture is followed.
    gain : float            Part of the model's error that it takes away on origins that it has not seen.
    wide : float            Width of the mixture's ranges over that of the model's.
    reach : float           The mixture is not followed farther from the model, in logs, than it went at past origins.
    came : array            Contacts of the past intervals.
    past : array            (methods, intervals) what was forecast.
    ranges : mapping        level -> the model's quantile of each past interval.
    origins : int
    """

    by_method: Mapping[str, float]
    trust: float
    gain: float
    wide: float
    reach: float
    came: Floats
    past: Floats
    ranges: Mapping[float, Floats]
    origins: int

    def levels(self) -> dict[float, Floats]:
        """Quantiles of the combination at the past intervals."""
        middle, moved = self.past[0], self.centre("combination") / np.maximum(self.past[0], 0.5)
        return {q: np.maximum(moved * (middle + self.wide * (own - middle)), 0.0) for q, own in self.ranges.items()}

    def centre(self, method: str) -> Floats:
        """What a method forecast, or the combination of all."""
        names = list(self.by_method)
        if method in names:
            return np.asarray(self.past[names.index(method)])
        return np.asarray(np.array(list(self.by_method.values())) @ self.past)

    def why(self, method: str) -> str:
        """The weight of a method in words."""
        names = list(self.by_method)
        if method not in names:
            return f"misses {self.gain:.1%} less than the model on origins that it has not seen" if self.trust else (
                "is the model alone"
            )  # fmt: skip
        weight = self.by_method[method]
        if self.origins < FEWEST:
            return f"{self.origins} origin(s) are too few to weigh: the model alone"
        if method == names[0]:
            return "no mixture missed less on other origins" if weight == 1 else "keeps what the mixture leaves"
        if weight > 0:
            return "misses at other times than the model"
        return "adds nothing to the mixture" if self.trust else "did not help on other origins"


def weigh(part: pd.DataFrame, methods: Sequence[str]) -> Weights:
    """Learn weights from `rehearse`d forecasts of one queue and group of leads; the first method is the model."""
    key = ["origin", "start"]
    base = part[part["model"] == methods[0]]
    base = base.sort_values(key)
    centre = [_centre(part[part["model"] == name], base) for name in methods]
    known = np.all(np.isfinite(centre), axis=0)
    came, past = base["came"].to_numpy(dtype=float)[known], np.array(centre)[:, known]
    origin = pd.factorize(base["origin"])[0][known]
    origins = len(np.unique(origin))
    trust, gain = _trust(came, past, origin) if origins >= FEWEST and len(methods) > 1 else (0.0, 0.0)
    weight = _followed(came, past, trust, origin)
    bounds = [base[f"offered_q{q:g}"].to_numpy(dtype=float)[known] for q in (0.1, 0.9)]
    day = pd.factorize(base["day"])[0][known]
    return Weights(
        by_method=dict(zip(methods, weight.tolist(), strict=True)),
        trust=trust,
        gain=gain,
        wide=_width(came, past[0], weight @ past, bounds, day) if trust else 1.0,
        reach=_reach(past[0], weight @ past),
        came=came,
        past=past,
        ranges={q: base[f"offered_q{q:g}"].to_numpy(dtype=float)[known] for q in QUANTILES},
        origins=origins,
    )


def _centre(mine: pd.DataFrame, base: pd.DataFrame) -> Floats:
    found = base[["origin", "start"]].merge(mine, on=["origin", "start"], how="left")
    return found["offered_q0.5"].fillna(found["mean"]).to_numpy(dtype=float)


def _trust(came: Floats, past: Floats, origin: Whole) -> tuple[float, float]:
    """How far the mixture of the other origins would have helped each origin, and by how much.

    Origins count alike, whatever came in them, and the help must stand out of its own standard error: one wild month
    that a friend happened to meet is no reason to follow him.
    """
    found = np.unique(origin)
    ratio = np.zeros((len(TRUSTS), len(found)))
    for place, left_out in enumerate(found):
        others, here = origin != left_out, origin == left_out
        alone = np.abs(past[0, here] - came[here]).sum()
        for row, trust in enumerate(TRUSTS):
            mixed = _followed(came[others], past[:, others], trust, origin[others]) @ past[:, here]
            ratio[row, place] = np.log((np.abs(mixed - came[here]).sum() + 1) / (alone + 1))
    mean = ratio.mean(axis=1)
    unsure = SURE * ratio.std(axis=1, ddof=1) / np.sqrt(len(found))
    best = int(np.argmin(mean + unsure))
    gain = float(1 - np.exp(mean[best]))
    return (TRUSTS[best], gain) if mean[best] + unsure[best] < 0 and gain > LEAST_GAIN else (0.0, 0.0)


def _followed(came: Floats, past: Floats, trust: float, origin: Whole) -> Floats:
    weight = np.zeros(len(past))
    weight[0] = 1.0
    return trust * _best(came, past, origin) + (1 - trust) * weight if trust else weight


def _best(came: Floats, past: Floats, origin: Whole) -> Floats:
    """Weights of at least 0 that add up to 1, with the least squares of errors over the root of the contacts.

    The errors of each origin are taken beside those of the model there, so that all origins count alike.
    """
    from scipy.optimize import nnls

    size = np.sqrt(np.maximum(past[0], 1.0))
    number = np.unique(origin, return_inverse=True)[1]
    own = np.bincount(number, weights=((past[0] - came) / size) ** 2) / np.bincount(number)
    size = size * np.sqrt(np.maximum(own, 1e-12))[number]
    errors = ((past - came) / size).T
    root = np.linalg.qr(errors, mode="r") / np.sqrt(len(errors))
    # The weights add up to 1 by a row that outweighs all others. Few origins do not tell whose errors go together, so
    # each method's own error counts besides: with one origin that is all, and weights are as one over its square.
    alone = np.sqrt(OWN / len(own) * (errors**2).mean(axis=0))
    heavy = 1e3 * float(np.sqrt((errors**2).mean(axis=0).max()) + 1e-9)
    system = np.vstack([root, np.diag(alone), np.full((1, len(past)), heavy)])
    weight, _ = nnls(system, np.append(np.zeros(len(system) - 1), heavy))
    return np.asarray(weight / weight.sum())


def _reach(model: Floats, mixed: Floats) -> float:
    """How far the mixture went from the model on all but one in twenty of the past intervals."""
    return float(np.quantile(np.abs(np.log((mixed + 1) / (model + 1))), 0.95))


def _width(came: Floats, model: Floats, mixed: Floats, bounds: list[Floats], day: Whole) -> float:
    """How wide the mixture's 80% range must be for it to hold as many of its past as the model's held of its own."""
    half = np.maximum((bounds[1] - bounds[0]) / 2, 0.5)
    ratio = mixed / np.maximum(model, 0.5)
    inside = float((np.abs(came - model) <= half).mean())
    needed = float(np.quantile(np.abs(came - mixed) / (half * np.maximum(ratio, 0.2)), inside))
    days = len(np.unique(day))
    return float(np.clip((needed * days + FAMILIAR) / (days + FAMILIAR), 0.8, 1.3))
