"""Modified offered load: the load that contacts in the system make, which lags behind the rate they arrive at."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas.arguments import Array

_STEPS = 60


def modified_load(
    rate: Array, aht: Array, interval: float, begins: npt.NDArray[np.bool_] | None = None
) -> tuple[Array, Array]:
    """Mean and highest modified offered load of every interval [erlangs].

    `m' = rate - m / aht`, within an interval relaxing exactly towards `rate x aht`. A run begins as if its first rate
    had always been there. (Jennings, Mandelbaum, Massey & Whitt 1996, server staffing to meet time-varying demand.)

    Parameters
    ----------
    rate, aht : array [intervals]       Contacts a second; mean handle time [s].
    interval : float [s]                Width of the intervals.
    begins : array [intervals]          Marks the first interval of each run.

    >>> mean, highest = modified_load(np.array([0.1, 0.2]), np.array([300.0, 300.0]), 1800.0)
    >>> mean.round(2).tolist(), highest.round(2).tolist()
    ([30.0, 55.01], [30.0, 59.93])
    """
    mean, highest = np.empty(len(rate)), np.empty(len(rate))
    m = 0.0
    for i, (lam, handle) in enumerate(zip(rate.tolist(), aht.tolist(), strict=True)):
        if i == 0 or (begins is not None and begins[i]):
            m = lam * handle
        steps = lam * handle + (m - lam * handle) * np.exp(-np.arange(_STEPS + 1) / _STEPS * interval / handle)
        mean[i], highest[i] = (steps[1:] + steps[:-1]).mean() / 2, steps.max()
        m = float(steps[-1])
    return mean, highest
