"""exp(tA) p for a tridiagonal generator A by one rational function: seven complex tridiagonal solves, any t.

e^z is approximated on z <= 0 by sum c_k / (z - z_k) of order 14 to 8e-14, the Caratheodory-Fejer approximation
(Trefethen, Weideman & Schmelzer 2006, Talbot quadratures and rational approximations). The mean over time comes from
the same solves with c_k / z_k. The eigenvalues of a birth-death chain are real, but its eigenvectors are not
orthogonal: see `transient.evolution` for when the error grows and what helps.
"""

from __future__ import annotations

import numpy as np

from wfm.erlang.formulas.arguments import Array

# poles above the real axis and their residues; the residues cancel, so every digit counts
POLES = np.array(
    [
        5.62315854496068 + 1.19406500894509j,
        5.08936079167498 + 3.58881180292203j,
        3.99338484086075 + 6.00481087106402j,
        2.26979761140638 + 8.46170799092752j,
        -0.208748078428645 + 10.991220724946j,
        -3.70327115595226 + 13.6563236209592j,
        -8.89777661886301 + 16.630933425564j,
    ]
)
RESIDUES = np.array(
    [
        -27.8758838885751 - 102.148529254236j,
        46.9343726971673 + 45.6437100993915j,
        -23.4986370924067 - 5.80798703936278j,
        4.80713282629954 - 1.32112777834332j,
        -0.376351279628399 + 0.335200741008859j,
        0.00943827277978242 - 0.0171853087080135j,
        -7.15355532173782e-05 + 1.43613584533877e-04j,
    ]
)
_WEIGHTS = np.stack([RESIDUES, RESIDUES / POLES])
_UNKNOWNS = 6000  # of one call of LAPACK: what the cache holds


def propagate(
    lower: Array, diagonal: Array, upper: Array, times: Array, vectors: Array, *, average: bool = False
) -> Array:
    """exp(t A) v for every time and its vector [times x states]; or the mean of that over 0..t.

    `lower[x]` is the rate from state x into x + 1, `upper[x]` from x + 1 into x, `diagonal` minus all rates out: one
    generator for all rows, or one a row.
    """
    return end_and_mean(lower, diagonal, upper, times, vectors)[int(average)]


def end_and_mean(lower: Array, diagonal: Array, upper: Array, times: Array, vectors: Array) -> tuple[Array, Array]:
    """exp(t A) v, and its mean over 0..t, for every row [rows x states]."""
    rows, states = vectors.shape
    both = np.empty((2, rows, states))
    step = max(_UNKNOWNS // (len(POLES) * states), 1)
    for begin in range(0, rows, step):
        part = slice(begin, min(begin + step, rows))
        low, main, high = (x[part] if x.ndim == 2 else x for x in (lower, diagonal, upper))
        both[:, part] = _solve(low, main, high, times[part], vectors[part])
    return both[0], both[1]


def _solve(lower: Array, diagonal: Array, upper: Array, times: Array, vectors: Array) -> Array:
    """Both combinations of the solves, stacked into one tridiagonal system: one call of LAPACK."""
    from scipy.linalg.lapack import zgtsv

    shape = (len(times), len(POLES), vectors.shape[1])
    main, right = np.empty(shape, dtype=complex), np.empty(shape, dtype=complex)
    below, above = np.zeros(shape, dtype=complex), np.zeros(shape, dtype=complex)
    scale = times[:, None]
    main[:] = (scale * diagonal)[:, None, :]
    main -= POLES[None, :, None]
    below[:, :, :-1], above[:, :, :-1] = (scale * lower)[:, None, :], (scale * upper)[:, None, :]
    right[:] = vectors[:, None, :]
    solved = zgtsv(below.ravel()[:-1], main.ravel(), above.ravel()[:-1], right.ravel(), 1, 1, 1, 1)[3]
    return np.asarray(2 * np.einsum("ak,mkx->amx", _WEIGHTS, solved.reshape(shape)).real)
