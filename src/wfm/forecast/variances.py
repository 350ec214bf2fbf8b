"""Variances of a Gaussian model by penalised likelihood, in a dozen Newton steps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Kernels = npt.NDArray[np.float32]
"""Single precision: reading the matrices is most of the cost, and variances need no more than a few digits."""
PRIOR_SD = 2.5
"""Doubt about the log of a variance before any data."""
LIMITS = (-16.0, 2.0)
"""Bounds of the log of a variance."""


def estimate(
    y: Floats, noise: Floats, odd: Floats, kernels: Kernels, centre: Floats, begin: Floats, *, steps: int
) -> Floats:
    """Variances a_k of the kernels and, last, of the noise, that maximise the penalised likelihood of y.

    y ~ N(0, 1*1' + sum_k a_k K_k + diag(a_noise * odd + noise)), each column of y on its own; ln a_k has a normal prior
    about ln `centre`. Newton's steps from `begin` use the average of observed and expected information (Gilmour,
    Thompson, Cullis, Biometrics 1995), which costs no more than the likelihood itself and needs a third of the steps of
    a quasi-Newton method.
    """
    y = y.reshape(len(y), -1)
    prior = np.log(centre)
    theta = np.clip(np.log(begin), *LIMITS)
    state = _evaluate(theta, y, noise, odd, kernels, prior)
    for _ in range(steps):
        gradient, information = _slopes(state, theta, odd, kernels, prior)
        step = np.clip(np.linalg.solve(information, gradient), -2.5, 2.5)
        for _ in range(5):
            trial = np.clip(theta - step, *LIMITS)
            fresh = _evaluate(trial, y, noise, odd, kernels, prior)
            if fresh[0] <= state[0] + 1e-9:
                break
            step = step / 3
        else:
            break
        gain, state, theta = state[0] - fresh[0], fresh, trial
        if gain < 0.02:  # log-likelihood units: far below what the data can tell
            break
    return np.asarray(np.exp(theta))


def _evaluate(
    theta: Floats, y: Floats, noise: Floats, odd: Floats, kernels: Kernels, prior: Floats
) -> tuple[float, Floats, Floats]:
    """Objective, inverse of S (lower triangle) and S^-1 y."""
    from scipy.linalg.lapack import dpotrf, dpotri

    variances = np.exp(theta)
    count = len(y)
    summed = variances[:-1].astype(kernels.dtype) @ kernels.reshape(len(kernels), -1)
    total = summed.reshape(count, count).astype(float) + 1.0
    total[np.diag_indices(count)] += variances[-1] * odd + noise
    # total is symmetric: handed over as its transpose it is in Fortran order and needs no copy
    factor, failed = dpotrf(total.T, lower=1, overwrite_a=1)
    if failed:
        return np.inf, total, y
    log_det = 2 * float(np.log(np.diag(factor)).sum())
    inverse, _ = dpotri(factor, lower=1, overwrite_c=1)
    inverse = _mirrored(inverse)
    weights = inverse @ y
    misfit = float((y * weights).sum()) + y.shape[1] * log_det
    objective = 0.5 * misfit + 0.5 * float((((theta - prior) / PRIOR_SD) ** 2).sum())
    return objective, inverse, weights


def _mirrored(lower: Floats) -> Floats:
    below = np.tril(lower, -1)
    out: Floats = below + below.T
    out[np.diag_indices_from(out)] = np.diag(lower)
    return out


def _slopes(
    state: tuple[float, Floats, Floats], theta: Floats, odd: Floats, kernels: Kernels, prior: Floats
) -> tuple[Floats, Floats]:
    """Gradient and average information in the log variances."""
    _, inverse, weights = state
    variances = np.exp(theta)
    single = kernels.dtype
    pulled = np.concatenate(
        [(kernels @ weights.astype(single)) * variances[:-1, None, None], [variances[-1] * odd[:, None] * weights]]
    )
    trace = np.append(
        variances[:-1] * (kernels.reshape(len(kernels), -1) @ inverse.ravel().astype(single)),
        variances[-1] * float(odd @ np.diag(inverse)),
    )
    columns = np.ascontiguousarray(pulled.transpose(2, 0, 1))
    gradient = 0.5 * (weights.shape[1] * trace - (pulled * weights).sum(axis=(1, 2))) + (theta - prior) / PRIOR_SD**2
    information = 0.5 * (columns @ inverse @ columns.transpose(0, 2, 1)).sum(axis=0) + np.eye(len(theta)) / PRIOR_SD**2
    return gradient, information
