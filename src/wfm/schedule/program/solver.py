"""The calls to HiGHS, through scipy: linear bound and whole numbers of one programme, each within a time limit."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, gcd
from typing import Any

import numpy as np

from wfm.schedule.program.program import Floats, Program

SMALLEST_GRAIN = 1e-3
TOLERANCE = 1e-7  # what HiGHS may be off, as a share of the cost
FEW_CUTS = {"mip_pool_soft_limit": 1, "mip_pool_age_limit": 0}  # those out of use go at once: half the memory
HANDED_ON = "Unrecognized options detected"  # what scipy says of options that it hands to HiGHS as they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a solve gave: values or None, and a cost below which no solution lies (-inf where unknown).

    `prices` are what one more on each row's limit costs, where the solve was linear. Values that are not `exact` lie
    near a solution and may break rows.
    """

    values: Floats | None
    bound: float
    prices: Floats | None = None
    exact: bool = True


def relaxed(program: Program, *, seconds: float, method: str = "highs-ipm") -> Found:
    """The linear relaxation; its optimum is the bound, rounded up to the grain of the costs.

    By default the interior point method with crossover: three times faster than the simplex on a week round the clock.
    """
    from scipy import sparse
    from scipy.optimize import linprog

    equal = program.low == program.high
    below, above = np.isfinite(program.high) & ~equal, np.isfinite(program.low) & ~equal
    unequal = -program.matrix[above]
    if below.any():
        unequal = sparse.vstack([unequal, program.matrix[below]])
    solved: Any = linprog(  # type: ignore[call-overload]  # the stubs know no sparse matrices
        program.cost,
        A_ub=unequal,
        b_ub=np.concatenate([-program.low[above], program.high[below]]),
        A_eq=program.matrix[equal],
        b_eq=program.low[equal],
        bounds=np.column_stack([np.zeros(len(program.cost)), program.upper]),
        method=method,
        options={"time_limit": max(seconds, 0.1)},
    )
    if solved.status != 0:
        return Found(values=None, bound=-np.inf)
    prices = np.zeros(len(program.low))
    count = int(above.sum())
    prices[above] = -solved.ineqlin.marginals[:count]
    prices[below] += solved.ineqlin.marginals[count:]
    prices[equal] = solved.eqlin.marginals
    bound = rounded_up(float(solved.fun) + program.constant, grain_of(program))
    return Found(values=solved.x, bound=bound, prices=prices)


def whole(program: Program, *, seconds: float, gap: float, nodes: int | None = None, long_rows: bool = False) -> Found:
    """The best whole numbers found within so many seconds, or None.

    Parameters
    ----------
    gap : float         Stop where the cost is proven to be so near the best, as a share of the part's own cost.
    nodes : int         Stop after so many nodes of the search tree, which is the same on every computer.
    long_rows : bool    Whether rows hold most columns, as those of cover do: cuts are then as long, and none are kept.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    options: dict[str, Any] = {"time_limit": max(seconds, 0.05), "mip_rel_gap": gap, **(FEW_CUTS if long_rows else {})}
    if nodes is not None:
        options["node_limit"] = nodes
    if long_rows:
        _say_nothing_of_options()
    solved: Any = milp(
        program.cost,
        integrality=program.integer.astype(int),
        constraints=LinearConstraint(program.matrix, program.low, program.high),
        bounds=Bounds(np.zeros(len(program.cost)), program.upper),
        options=options,  # type: ignore[arg-type]
    )
    bound = -np.inf
    if solved.mip_dual_bound is not None and np.isfinite(solved.mip_dual_bound):
        bound = rounded_up(float(solved.mip_dual_bound) + program.constant, grain_of(program))
    if solved.status == 2:
        bound = np.inf
    if solved.x is None:
        return Found(values=None, bound=bound)
    values = program.settled(solved.x)
    return Found(values=values if program.holds(values) else None, bound=bound)


def _say_nothing_of_options() -> None:
    """Keep scipy from warning of options that are meant for HiGHS.

    A filter that is there already stays: solves go on side by side, and none may find it taken away for a moment.
    """
    said = [getattr(message, "pattern", "") for action, message, *_ in warnings.filters if action == "ignore"]
    if HANDED_ON not in said:
        warnings.filterwarnings("ignore", message=HANDED_ON, category=RuntimeWarning)


def grain_of(program: Program) -> float:
    """The largest amount of which every possible cost is a whole multiple; 0 where there is none worth using."""
    return grain_of_amounts(np.r_[program.cost, program.constant])


def grain_of_amounts(given: Floats) -> float:
    """The largest amount of which all given ones are whole multiples; 0 where there is none worth using.

    >>> grain_of_amounts(np.array([100.0, 2.5, 0.0]))
    2.5
    """
    amounts = {Fraction(float(amount)).limit_denominator(1_000_000) for amount in np.unique(given)}
    amounts.discard(Fraction(0))
    if not amounts:
        return 0.0
    below = 1
    for amount in amounts:
        below = below * amount.denominator // gcd(below, amount.denominator)
    grain = gcd(*(int(amount * below) for amount in amounts)) / below
    return grain if grain >= SMALLEST_GRAIN else 0.0


def rounded_up(cost: float, grain: float) -> float:
    """The least cost on the grain that is not below, solver tolerance allowed for.

    >>> rounded_up(9557.525, 0.25), rounded_up(100.0000001, 0.25), rounded_up(3.3, 0.0)
    (9557.75, 100.0, 3.299999...)
    """
    safe = cost - TOLERANCE * max(1.0, abs(cost))
    return ceil(safe / grain - 1e-9) * grain if grain else safe
