"""Variances of a Gaussian model by penalised likelihood, in a dozen Newton steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Kernels = npt.NDArray[np.float32]
"""Single precision: reading the matrices is most of the cost, and variances need no more than a few digits."""
PRIOR_SD = 2.5
"""Doubt about the log of a variance before any data."""
ENOUGH = 0.05
"""Gain in log-likelihood below which the search ends: data cannot tell apart what differs by so little."""
UNSEEN = 3.0
"""Gain below which the last step is taken without a look at what it brought."""
LIMITS = (-16.0, 2.0)
"""Bounds of the log of a variance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Days from which variances are learned.

    Attributes
    ----------
    y : array           (days, or days and columns each on its own) the response.
    noise : array       Its known variance.
    odd : array         How much each day is weighed down.
    kernels : array     (components, days, days)
    known : array       (days, days), or a number: the rest of the covariance.
    """

    y: Floats
    noise: Floats
    odd: Floats
    kernels: Kernels
    known: npt.NDArray[np.floating] | float = 1.0


def estimate(samples: Sequence[Sample], centre: Floats, begin: Floats, *, steps: int) -> Floats:
    """Variances a_k of the kernels and, last, of the noise, that maximise the penalised likelihood of the samples.

    y ~ N(0, known + sum_k a_k K_k + diag(a_noise * odd + noise)), each column of y on its own; ln a_k has a normal
    prior about ln `centre`, which counts once for each sample: samples of one history tell of the same effects.
    Newton's steps from `begin` use the average of observed and expected information (Gilmour, Thompson, Cullis,
    Biometrics 1995), which costs no more than the likelihood itself and needs a third of the steps of a quasi-Newton
    method.
    """
    prior = np.log(centre)
    theta = np.clip(np.log(begin), *LIMITS)
    states = [_evaluate(theta, sample, prior) for sample in samples]
    for left in reversed(range(steps)):
        slopes = [_slopes(state, theta, sample, prior) for state, sample in zip(states, samples, strict=True)]
        gradient, information = sum(g for g, _ in slopes), sum(i for _, i in slopes)
        step = np.clip(np.linalg.solve(information, gradient), -2.5, 2.5)
        if gradient @ step < 2 * (ENOUGH if left else UNSEEN):  # the step is worth half of that
            return np.asarray(np.exp(np.clip(theta - step, *LIMITS)))
        before = sum(state[0] for state in states)
        for _ in range(5):
            trial = np.clip(theta - step, *LIMITS)
            states = [_evaluate(trial, sample, prior) for sample in samples]
            gain = before - sum(state[0] for state in states)
            if gain >= -1e-9:
                break
            step = step / 3
        else:
            break
        theta = trial
        if gain < ENOUGH:
            break
    return np.asarray(np.exp(theta))


def unlikelihood(samples: Sequence[Sample], centre: Floats, variances: Floats) -> float:
    """What `estimate` makes small: the negative log-likelihood of the samples, and how strange the variances are."""
    theta, prior = np.log(variances), np.log(centre)
    return float(sum(_evaluate(theta, sample, prior)[0] for sample in samples))


def _evaluate(theta: Floats, sample: Sample, prior: Floats) -> tuple[float, Floats, Floats]:
    """Objective, lower Cholesky factor of S in Fortran order, and S^-1 y."""
    from scipy.linalg.lapack import dpotrf, dpotrs

    variances, kernels = np.exp(theta), sample.kernels
    y = sample.y.reshape(len(sample.y), -1)
    count = len(y)
    summed = variances[:-1].astype(kernels.dtype) @ kernels.reshape(len(kernels), -1)
    total = summed.reshape(count, count).astype(float)
    total += sample.known
    total[np.diag_indices(count)] += variances[-1] * sample.odd + sample.noise
    # total is symmetric: handed over as its transpose it is in Fortran order and needs no copy
    factor, failed = dpotrf(total.T, lower=1, overwrite_a=1)
    if failed:
        return np.inf, total, y
    log_det = 2 * float(np.log(np.diag(factor)).sum())
    weights = dpotrs(factor, y, lower=1)[0]
    misfit = float((y * weights).sum()) + y.shape[1] * log_det
    objective = 0.5 * misfit + 0.5 * float((((theta - prior) / PRIOR_SD) ** 2).sum())
    return objective, factor, weights


def _slopes(state: tuple[float, Floats, Floats], theta: Floats, sample: Sample, prior: Floats) -> tuple[Floats, Floats]:
    """Gradient and average information in the log variances."""
    from scipy.linalg.blas import ssymm
    from scipy.linalg.lapack import spotri

    _, factor, weights = state
    odd, kernels, variances = sample.odd, sample.kernels, np.exp(theta)
    single = kernels.dtype
    inverse = spotri(factor.astype(single), lower=1, overwrite_c=1)[0]  # its lower triangle, zeros above
    own = np.diag(inverse)
    weights = weights.astype(single)
    alone = (variances[-1] * odd[:, None] * weights).astype(single)
    pulled = np.concatenate([(kernels @ weights) * variances[:-1, None, None].astype(single), alone[None]])
    below = kernels.reshape(len(kernels), -1) @ inverse.T.ravel()
    trace = np.append(
        variances[:-1] * (2 * below - np.diagonal(kernels, axis1=1, axis2=2) @ own), variances[-1] * float(odd @ own)
    )
    gradient = 0.5 * (weights.shape[1] * trace - (pulled * weights).sum(axis=(1, 2))) + (theta - prior) / PRIOR_SD**2
    columns = pulled.transpose(1, 2, 0).reshape(len(weights), -1)  # columns of y and, within them, components
    half = ssymm(1.0, inverse, columns, lower=1).reshape(-1, len(theta))
    information = 0.5 * pulled.reshape(len(theta), -1) @ half + np.eye(len(theta)) / PRIOR_SD**2
    return gradient, information
