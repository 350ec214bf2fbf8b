"""A start where the time does not suffice for the linear programme: near its solution by steps of a fixed number.

Two products with the matrix a step, no factorisation: half a second for a week round the clock. One price for every
missing hour, as high as the cheapest way to work an hour allows, is a bound that needs no programme at all; it lies
within a percent of the linear one where shifts pay alike. The steps begin at that price. (Primal-dual hybrid gradient
with averages, restarts and diagonal scaling: Chambolle and Pock 2011, Journal of Mathematical Imaging and Vision 40;
Pock and Chambolle 2011, ICCV; Applegate et al. 2021, NeurIPS 34.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import hypot, sqrt
from typing import TYPE_CHECKING

import numpy as np

from wfm.schedule.program.program import PLACE, SHIFT, SHORT, Floats, Ints, Program
from wfm.schedule.program.solver import Found, grain_of, relaxed, rounded_up
from wfm.schedule.shifts.candidates import Candidates

if TYPE_CHECKING:
    from scipy import sparse

FOR_LINEAR = 0.75  # of the time: what the linear programme may take before a start is made without it
STEPS, BETWEEN_RESTARTS = 240, 40
DEAREST = 6.0  # flat prices that a missing hour costs at most while the start is sought: dear ones slow the steps


def relaxed_or_near(program: Program, candidates: Candidates, *, seconds: float) -> Found:
    """The linear relaxation, or where it is not solved in time, values near it and a bound that holds all the same."""
    linear = relaxed(program, seconds=seconds * FOR_LINEAR)
    if linear.values is not None:
        return linear
    prices, bound = flat_price(program, candidates)
    if not program.of_kind(SHIFT).any():
        return Found(values=program.settled(np.zeros(len(program.cost))), bound=bound)
    return Found(values=near_linear(program, prices), bound=bound, exact=False)


def flat_price(program: Program, candidates: Candidates) -> tuple[Floats, float]:
    """One price of a missing hour in every slot, as a price of each row, and the cost below which there is nothing.

    The price is the highest at which no shift covers more than it costs, its breaks where they take away least.
    """
    shifts, rows = program.of_kind(SHIFT), own_rows(program)
    prices = np.zeros(len(program.low))
    prices[rows] = program.cost[program.of_kind(SHORT)]
    worth = program.matrix.T @ prices
    covered = worth[shifts] - _of_breaks(program, candidates, -worth)
    paid = program.cost[shifts] + _of_breaks(program, candidates, program.cost)
    covering = covered > 1e-9
    prices *= np.clip(np.min(paid[covering] / covered[covering], initial=1.0), 0.0, 1.0)
    reduced = program.cost - program.matrix.T @ prices
    few = np.isfinite(program.upper)
    bound = prices[rows] @ program.low[rows] + np.minimum(reduced[few], 0.0) @ program.upper[few] + program.constant
    return prices, rounded_up(float(bound), grain_of(program))


def own_rows(program: Program) -> Ints:
    """The cover row of every slot that may miss somebody."""
    own = program.matrix[:, np.flatnonzero(program.of_kind(SHORT))].sorted_indices()
    return np.asarray(own.indices[own.indptr[:-1]], dtype=np.int64)


def _of_breaks(program: Program, candidates: Candidates, amount: Floats) -> Floats:
    """What the breaks of every shift come to where each lies in its place of the least amount."""
    places = np.flatnonzero(program.of_kind(PLACE))
    least = np.zeros(len(candidates.groups))
    least[program.number[places]] = np.inf
    np.minimum.at(least, program.number[places], amount[places])
    shifts = [candidates.shifts[s].groups for s in program.number[program.of_kind(SHIFT)]]
    return np.array([least[list(groups)].sum() for groups in shifts])


def near_linear(program: Program, prices: Floats, *, steps: int = STEPS) -> Floats:
    """Values near the linear optimum after so many steps from a price of each row."""
    short = program.of_kind(SHORT)
    dearest = DEAREST * (prices[own_rows(program)].max(initial=0.0) or np.inf)
    scaled = _Scaled.of(replace(program, cost=np.where(short, np.minimum(program.cost, dearest), program.cost)))
    point = _Point(np.zeros(len(program.cost)), prices / scaled.by_row)
    weight = float(np.linalg.norm(scaled.cost)) / max(float(np.linalg.norm(scaled.low[np.isfinite(scaled.low)])), 1e-9)
    for _ in range(max(1, steps // BETWEEN_RESTARTS)):
        last, mean = scaled.walk(point, weight, BETWEEN_RESTARTS)
        nearer = min((last, mean), key=lambda one: scaled.error(one, weight))
        moved, priced = float(np.linalg.norm(nearer.x - point.x)), float(np.linalg.norm(nearer.y - point.y))
        if moved > 1e-9 and priced > 1e-9:
            weight = sqrt(weight * priced / moved)
        point = nearer
    return np.asarray(point.x * scaled.by_column)


@dataclass(frozen=True, slots=True)
class _Point:
    """Values of the columns and prices of the rows."""

    x: Floats
    y: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scaled:
    """The programme with rows and columns of like size: x = by_column x scaled values, y = by_row x scaled prices."""

    matrix: sparse.csr_array
    turned: sparse.csr_array
    cost: Floats
    low: Floats
    high: Floats
    upper: Floats
    by_row: Floats
    by_column: Floats
    step: float

    @classmethod
    def of(cls, program: Program) -> _Scaled:
        from scipy import sparse

        size = abs(program.matrix)
        by_row = 1 / np.sqrt(np.maximum(size.sum(axis=1), 1e-3))
        by_column = 1 / np.sqrt(np.maximum(size.sum(axis=0), 1e-3))
        matrix = (sparse.diags_array(by_row) @ program.matrix @ sparse.diags_array(by_column)).tocsr()
        turned = matrix.T.tocsr()
        along = np.ones(matrix.shape[1])
        for _ in range(10):  # the largest stretch of the matrix, by powers
            along = turned @ (matrix @ along)
            stretch = max(float(np.linalg.norm(along)), 1e-9)
            along /= stretch
        return cls(
            matrix=matrix,
            turned=turned,
            cost=program.cost * by_column,
            low=program.low * by_row,
            high=program.high * by_row,
            upper=program.upper / by_column,
            by_row=by_row,
            by_column=by_column,
            step=0.9 / sqrt(stretch),
        )

    def walk(self, point: _Point, weight: float, steps: int) -> tuple[_Point, _Point]:
        """The last point after so many steps, and the mean of all."""
        x, y = point.x, point.y
        sum_x, sum_y = np.zeros(len(x)), np.zeros(len(y))
        down, up = self.step / weight, self.step * weight
        for _ in range(steps):
            after = np.clip(x - down * (self.cost - self.turned @ y), 0.0, self.upper)
            short = y / up - self.matrix @ (2 * after - x)
            x, y = after, up * (short - np.clip(short, -self.high, -self.low))
            sum_x += x
            sum_y += y
        return _Point(x, y), _Point(sum_x / steps, sum_y / steps)

    def error(self, point: _Point, weight: float) -> float:
        """How far a point is from keeping the rows, from prices that hold, and cost from bound."""
        given, reduced = self.matrix @ point.x, self.cost - self.turned @ point.y
        beyond = np.maximum(self.low - given, 0.0) + np.maximum(given - self.high, 0.0)
        free = np.isinf(self.upper)
        limits = np.where(point.y > 0, self.low, self.high)
        bound = float(point.y[point.y != 0] @ limits[point.y != 0])
        bound += float(np.minimum(reduced[~free], 0.0) @ self.upper[~free])
        apart = float(self.cost @ point.x) - bound
        unpriced = float(np.linalg.norm(np.minimum(reduced[free], 0.0)))
        return hypot(weight * float(np.linalg.norm(beyond)), unpriced / weight, apart)
