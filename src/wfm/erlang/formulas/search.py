"""Fewest agents that keep a set of targets, for one interval or a million, whole or fractional.

Every condition is monotone in agents, so the search starts from nobody, never from the load: with patience the answer
may lie below it. Intervals that share all parameters are looked up in a table of the largest load that each number of
agents carries; others are bracketed by square-root staffing and bisected. Fractional agents lie between the whole
answer and one less, so that the whole answer is the fractional one rounded up; a load needs at least one whole agent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas.arguments import Array, together
from wfm.erlang.formulas.targets import Condition
from wfm.errors import SettingError

Flags = npt.NDArray[np.bool_]

_FINE = 1e-9  # agents; fractions are not told apart more finely
_ABSURD = 1e9  # agents


def fewest(
    load: Array, conditions: Sequence[Condition], *, fractional: bool = False, most: Array | None = None
) -> Array:
    """Fewest agents for every element: the largest number over the conditions; never more than `most`."""
    spread = [together(load, *condition.parameters, *([most] if most is not None else [])) for condition in conditions]
    best = np.zeros(np.broadcast_shapes(*(arrays[0].shape for arrays in spread)))
    for condition, arrays in zip(conditions, spread, strict=True):
        a, *rest = (x.ravel() for x in arrays)
        cap = None if most is None else rest.pop()
        if cap is None and _shared(a, condition):
            found = _by_table(a, condition)
        else:
            found = by_bisection(condition.holds, a, rest, most=cap)
        if fractional:
            found = _fraction_below(found, condition, a, rest)
        best = np.maximum(best, found.reshape(arrays[0].shape))
    return best


def _shared(a: Array, condition: Condition) -> bool:
    """Whether one table of largest loads costs less than a search for every element."""
    one = all(p.size == 1 for p in condition.parameters)
    return one and a.size > 2000 and 60 * (a.max() + 40) < 8 * a.size


def _by_table(a: Array, condition: Condition) -> Array:
    """Look every load up among the largest loads that 1, 2, ... agents carry."""
    parameters = [p.ravel()[:1] for p in condition.parameters]
    top = int(by_bisection(condition.holds, np.array([a.max()]), parameters)[0])
    carried = largest_loads(condition, max(top, 1))
    return np.where(a > 0, np.searchsorted(carried, a, side="left") + 1, 0).astype(float)


def largest_loads(condition: Condition, most: int) -> Array:
    """Largest load [erlangs] that 1, ..., `most` agents carry while the condition holds, by 60 halvings."""
    n = np.arange(1, most + 1, dtype=float)
    parameters = [np.broadcast_to(p.ravel(), n.shape) for p in condition.parameters]
    low, high = np.zeros_like(n), n + 1.0
    while (carried := condition.holds(n, high, *parameters)).any():
        low, high = np.where(carried, high, low), np.where(carried, 2 * high, high)
        if high.max() > _ABSURD:
            break
    for _ in range(60):
        middle = (low + high) / 2
        good = condition.holds(n, middle, *parameters)
        low, high = np.where(good, middle, low), np.where(good, high, middle)
    return np.maximum.accumulate(low)


def by_bisection(
    holds: Callable[..., Flags], a: Array, parameters: Sequence[Array], *, most: Array | None = None
) -> Array:
    """Smallest whole number >= 1 that holds, by element; 0 where there is no load; `most` where not even that holds."""
    spread = [np.broadcast_to(p, a.shape) for p in parameters]
    top = np.full(a.shape, np.inf) if most is None else np.broadcast_to(most, a.shape)
    low, high, step = _bracket(holds, a, spread, top)
    near = np.maximum(low, np.floor(high - np.maximum(step, 2)))  # the answer is seldom far below the bracket
    active = np.flatnonzero(near > low)
    if active.size:
        good = holds(near[active], a[active], *(p[active] for p in spread))
        high[active[good]], low[active[~good]] = near[active[good]], near[active[~good]]
    while (active := np.flatnonzero(high - low > 1)).size:
        middle = np.floor((low[active] + high[active]) / 2)
        good = holds(middle, a[active], *(p[active] for p in spread))
        high[active[good]], low[active[~good]] = middle[good], middle[~good]
    return high


def _bracket(holds: Callable[..., Flags], a: Array, spread: Sequence[Array], top: Array) -> tuple[Array, Array, Array]:
    """Agents too few and agents that hold (or `top`), by square-root staffing; the last step taken upwards."""
    high = np.where(a > 0, np.minimum(np.ceil(a + 0.6 * np.sqrt(a)), top), 0.0)
    low = np.minimum(0.0, high)  # no agents keep no promise
    step = np.ceil(0.5 * np.sqrt(a)) + 1
    active = np.flatnonzero(high > 0)
    while active.size:
        good = holds(high[active], a[active], *(p[active] for p in spread))
        active = active[~good]
        low[active] = high[active]
        high[active] = np.minimum(high[active] + step[active], top[active])
        active = active[high[active] > low[active]]
        step[active] *= 2
        if active.size and high[active].max() > _ABSURD:
            raise SettingError("no number of agents keeps this target.")
    return low, high, step


def _fraction_below(whole: Array, condition: Condition, a: Array, parameters: Sequence[Array]) -> Array:
    """Smallest real number of agents, given the smallest whole one: secants, and halves where they creep.

    The lower end of the bracket never counts as holding, so that rounding up gives the whole answer back.
    """
    spread = [np.broadcast_to(p, a.shape) for p in parameters]
    out = whole.astype(float)
    rows = np.flatnonzero(whole > 0)
    low, high = out[rows] - 1, out[rows]
    few, enough = (condition.margin(n, a[rows], *(p[rows] for p in spread)) for n in (low, high))
    good = enough >= 0
    rows, low, high, few, enough = rows[good], low[good], high[good], few[good], enough[good]
    creeping = np.zeros(rows.shape, dtype=bool)
    while rows.size:
        n = _guess(low, high, few, enough, creeping)
        found = condition.margin(n, a[rows], *(p[rows] for p in spread))
        before, good = high - low, found >= 0
        high, enough = np.where(good, n, high), np.where(good, found, enough)
        low, few = np.where(good, low, n), np.where(good, few, found)
        creeping = high - low > before / 2
        out[rows] = high
        going = high - low > _fine(high)
        rows, low, high = rows[going], low[going], high[going]
        few, enough, creeping = few[going], enough[going], creeping[going]
    return out


def _guess(low: Array, high: Array, few: Array, enough: Array, creeping: Flags) -> Array:
    """Where the secant meets zero, at least a little inside the bracket; its middle where the last step crept."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        n = high - enough * (high - low) / (enough - few)
    inside = np.clip(n, low + 0.9 * _fine(high), high - 0.9 * _fine(high))
    return np.where(np.isfinite(n) & np.isfinite(few) & ~creeping, inside, (low + high) / 2)


def _fine(agents: Array) -> Array:
    """Agents that are not told apart: a billionth of one, or rounding."""
    return np.maximum(_FINE, 1e-15 * agents)
