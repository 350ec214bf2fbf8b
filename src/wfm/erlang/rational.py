"""exp(tA) p for a tridiagonal generator A by one rational function: seven complex tridiagonal solves, any t.

e^z is approximated on z <= 0 by sum c_k / (z - z_k) of order 14 to 8e-14, the Caratheodory-Fejer approximation
(Trefethen, Weideman & Schmelzer 2006, Talbot quadratures and rational approximations). The mean over time comes from
the same solves with c_k / z_k.
"""

from __future__ import annotations

import numpy as np

from wfm.erlang.arguments import Array

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


def propagate(
    lower: Array, diagonal: Array, upper: Array, times: Array, vectors: Array, *, average: bool = False
) -> Array:
    """exp(t A) v for every time and its vector [times x states]; or the mean of that over 0..t.

    `lower[x]` is the rate from state x into x + 1, `upper[x]` from x + 1 into x, `diagonal` minus all rates out. All
    systems are stacked into one tridiagonal system: one call of LAPACK.
    """
    from scipy.linalg.lapack import zgtsv

    weights = RESIDUES / POLES if average else RESIDUES
    count, states = vectors.shape
    shape = (count, len(POLES), states)
    scale = times[:, None, None]
    main = np.empty(shape, dtype=complex)
    main[:] = scale * diagonal - POLES[None, :, None]
    below, above = np.zeros(shape, dtype=complex), np.zeros(shape, dtype=complex)
    below[:, :, :-1], above[:, :, :-1] = scale * lower, scale * upper
    right = np.empty(shape, dtype=complex)
    right[:] = vectors[:, None, :]
    solved = zgtsv(below.ravel()[:-1], main.ravel(), above.ravel()[:-1], right.ravel(), 1, 1, 1, 1)[3]
    return np.asarray(2 * np.einsum("k,mkx->mx", weights, solved.reshape(shape)).real)
