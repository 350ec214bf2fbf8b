"""Fewest agents that keep a set of targets, for one interval or a million.

Every condition is monotone in agents, so the search starts from nobody, never from the load: with patience the answer
may lie below it. Intervals that share all parameters are looked up in a table of the largest load that each number of
agents carries; others are bracketed by square-root staffing and bisected.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.checks import fraction
from wfm.durations import seconds
from wfm.erlang import erlang_a
from wfm.erlang.arguments import Array, Numbers, amount, share_of, together
from wfm.errors import SettingError

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that must hold: `holds(agents, load, *parameters)` by element, monotone in agents and in load."""

    holds: Callable[..., Flags]
    parameters: tuple[Array, ...]


def conditions_c(
    *,
    aht: Numbers,
    within: Numbers,
    share: Numbers | None,
    max_occupancy: Numbers | None,
    max_asa: Numbers | None,
    wait_quantile: tuple[float, float] | None,
) -> list[Condition]:
    """The conditions of Erlang C targets."""
    return conditions_a(
        aht=aht,
        patience=np.asarray(np.inf),
        within=within,
        share=share,
        abandoned="lost",
        short=0.0,
        max_abandon=None,
        max_occupancy=max_occupancy,
        max_asa=max_asa,
        wait_quantile=wait_quantile,
    )


def conditions_a(
    *,
    aht: Numbers,
    patience: Array,
    within: Numbers,
    share: Numbers | None,
    abandoned: str,
    short: Numbers,
    max_abandon: Numbers | None,
    max_occupancy: Numbers | None,
    max_asa: Numbers | None,
    wait_quantile: tuple[float, float] | None,
) -> list[Condition]:
    """The conditions of Erlang A targets; each only where it is asked for."""
    aht = amount(aht, name="aht", positive=True)
    within = amount(within, name="within")
    queue = (aht, patience)
    found: list[Condition] = []
    if share is not None:
        found.append(
            Condition(
                holds=_level_of(abandoned),
                parameters=(*queue, within, amount(short, name="short"), share_of(share, name="share")),
            )
        )
    if max_abandon is not None:
        found.append(
            Condition(holds=_abandon_holds, parameters=(*queue, share_of(max_abandon, name="max_abandon", one=True)))
        )
    if max_occupancy is not None:
        found.append(
            Condition(
                holds=_occupancy_holds, parameters=(*queue, share_of(max_occupancy, name="max_occupancy", one=True))
            )
        )
    if max_asa is not None:
        found.append(Condition(holds=_asa_holds, parameters=(*queue, amount(max_asa, name="max_asa", positive=True))))
    if wait_quantile is not None:
        part = fraction(wait_quantile[0], name="wait_quantile share", zero=False, one=False)
        wait = seconds(wait_quantile[1], name="wait_quantile seconds", zero=True)
        found.append(
            Condition(holds=_level_of("met"), parameters=(*queue, np.asarray(wait), np.asarray(0.0), np.asarray(part)))
        )
    if not found:
        raise SettingError(
            "agents_for needs a target: share with within, max_abandon, max_occupancy, max_asa or wait_quantile.",
            name="share",
        )
    return found


def _level_of(abandoned: str) -> Callable[..., Flags]:
    def holds(n: Array, a: Array, aht: Array, p: Array, within: Array, short: Array, share: Array) -> Flags:
        level = erlang_a.service_level(n, a, aht=aht, patience=p, within=within, abandoned=abandoned, short=short)
        return np.asarray(level >= share)

    return holds


def _abandon_holds(n: Array, a: Array, aht: Array, p: Array, most: Array) -> Flags:
    return np.asarray(erlang_a.abandon_rate(n, a, aht=aht, patience=p) <= most)


def _occupancy_holds(n: Array, a: Array, aht: Array, p: Array, most: Array) -> Flags:
    # an endless queue keeps everybody busy: a cap of 1 still needs agents above the load
    steady = np.isfinite(p) | (n > a) | (a <= 0)
    return np.asarray((erlang_a.occupancy(n, a, aht=aht, patience=p) <= most) & steady & ((n > 0) | (a <= 0)))


def _asa_holds(n: Array, a: Array, aht: Array, p: Array, most: Array) -> Flags:
    return np.asarray(erlang_a.asa(n, a, aht=aht, patience=p) <= most)


def fewest(load: Array, conditions: Sequence[Condition], *, patience: Array) -> Array:
    """Fewest agents for every element: the largest number over the conditions."""
    shape = np.broadcast_shapes(load.shape, patience.shape, *(p.shape for c in conditions for p in c.parameters))
    best = np.zeros(shape)
    for condition in conditions:
        a, *rest = (x.ravel() for x in together(load, *condition.parameters))
        found = _by_table(a, condition) if _shared(a, condition) else by_bisection(condition.holds, a, rest)
        spread = together(load, *condition.parameters)[0].shape
        best = np.maximum(best, found.reshape(spread))
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
        if high.max() > 1e9:
            break
    for _ in range(60):
        middle = (low + high) / 2
        good = condition.holds(n, middle, *parameters)
        low, high = np.where(good, middle, low), np.where(good, high, middle)
    return np.maximum.accumulate(low)


def by_bisection(holds: Callable[..., Flags], a: Array, parameters: Sequence[Array]) -> Array:
    """Smallest whole number that holds, by element; 0 where there is no load."""
    spread = [np.broadcast_to(p, a.shape) for p in parameters]
    busy = a > 0
    low, high = np.full(a.shape, -1.0), np.where(busy, np.ceil(a + 0.6 * np.sqrt(a)), 0.0)
    low[busy] = 0.0  # no agents keep no promise
    step = np.ceil(0.5 * np.sqrt(a)) + 1
    active = np.flatnonzero(busy)
    while active.size:  # upwards until it holds
        good = holds(high[active], a[active], *(p[active] for p in spread))
        active = active[~good]
        low[active] = high[active]
        high[active] += step[active]
        step[active] *= 2
        if active.size and high[active].max() > 1e9:
            raise SettingError("no number of agents keeps this target.")
    near = np.maximum(low, np.floor(high - np.maximum(step, 2)))  # the answer is seldom far below the bracket
    active = np.flatnonzero(near > low)
    if active.size:
        good = holds(near[active], a[active], *(p[active] for p in spread))
        high[active[good]], low[active[~good]] = near[active[good]], near[active[~good]]
    while (active := np.flatnonzero(busy & (high - low > 1))).size:
        middle = np.floor((low[active] + high[active]) / 2)
        good = holds(middle, a[active], *(p[active] for p in spread))
        high[active[good]], low[active[~good]] = middle[good], middle[~good]
    return high
