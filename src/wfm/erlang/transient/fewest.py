"""Fewest agents for a promise over a day or week, by the exact course of the queue."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from wfm.checks import fraction
from wfm.durations import seconds
from wfm.erlang.formulas.arguments import Array, Numbers, amount
from wfm.erlang.formulas.law import Law, law_of
from wfm.erlang.formulas.search import by_bisection
from wfm.erlang.formulas.steady import measures
from wfm.erlang.staffing.allocation import Criterion, rank_agents, steps_needed
from wfm.erlang.transient.counted import Sum, met_and_base
from wfm.erlang.transient.course import run_within
from wfm.erlang.transient.day import Day, Whole, open_day
from wfm.erlang.transient.gains import Counting
from wfm.erlang.transient.offered_load import modified_load
from wfm.erlang.transient.search import Limits, Standing, improve, kept_scopes, standing
from wfm.errors import SettingError


def agents_for(
    offered: Numbers,
    *,
    interval: float,
    aht: Numbers,
    patience: float = math.inf,
    within: float,
    share: float | None = None,
    floor: float = 0.0,
    abandoned: str = "lost",
    short: float = 0.0,
    max_abandon: float | None = None,
    minimum: Numbers = 0,
    most: Numbers = math.inf,
    agent_hours: Numbers = math.inf,
    scope: npt.ArrayLike | None = None,
    begins: npt.ArrayLike | None = None,
    waiting: float = 0.0,
    concurrency: int = 1,
    aht_by_concurrency: Sequence[float] = (),
) -> Whole:
    """Fewest agents by interval with which the exactly computed service of every scope reaches `share`.

    Parameters
    ----------
    offered : array [intervals]         Mean contacts of each interval.
    interval, aht, patience, within     As in `performance` [s].
    share : float                       Share of the scope's contacts to be met; None = the best service for the
                                        agents that `agent_hours` and `most` allow.
    floor : float                       Least service of any interval with contacts.
    abandoned, short                    What those who hang up count as. Of `answered`, the base leaves out those who
                                        hang up in the scope, whenever they came.
    max_abandon : float                 Largest share of the scope's contacts that may hang up.
    minimum, most : int or array        Fewest and most agents of an interval.
    agent_hours : float or array        Most agent-hours of every scope [h].
    scope : array [intervals]           Number of the scope of each interval, rising from 0: day by day, or all one.
    begins : array [intervals]          Marks the intervals before which the line was closed: they start empty.
    waiting : float                     Contacts in the system at the start.

    Returns
    -------
    array of int                        Where caps leave the promise out of reach, the best service within them.

    Raises
    ------
    SettingError                        An argument does not fit.

    Notes
    -----
    The start is the stationary plan for the modified offered load; from there agents are added, taken and exchanged
    by their exact gains until no single agent can be spared and no exchange of two helps.

    >>> agents_for([90, 180, 120], interval=1800, aht=240, patience=180, within=60, share=0.80).tolist()
    [11, 23, 16]
    """
    day = open_day(
        offered,
        interval=interval,
        aht=aht,
        patience=patience,
        waiting=waiting,
        concurrency=concurrency,
        aht_by_concurrency=aht_by_concurrency,
        begins=begins,
    )
    law = law_of(
        patience=seconds(patience, name="patience", endless=True),
        within=seconds(within, name="within", zero=True),
        abandoned=abandoned,
        short=seconds(short, name="short", zero=True),
        concurrency=concurrency,
        aht_by_concurrency=aht_by_concurrency,
    )
    counting = _counting(day, law, share, max_abandon, _scopes(scope, len(day.rate)))
    limits = _limits(day, counting, minimum, most, agent_hours, floor)
    return fewest(day, counting, limits, law, share).staff


def fewest(day: Day, counting: Counting, limits: Limits, law: Law, share: float | None) -> Standing:
    """The plan and its course: the promise with the fewest agents, or the best service that the caps allow."""
    if share is None:
        return _best_within(day, counting, limits, law)
    free = replace(limits, budget=np.full(len(limits.budget), np.inf))
    found = _searched(day, counting, free, law, share)
    agents = np.bincount(counting.scope, weights=found.staff, minlength=len(limits.budget))
    out_of_reach = ~kept_scopes(day, counting, free, found) | (agents > limits.budget)
    if not out_of_reach.any():
        return found
    budget = np.where(out_of_reach, np.minimum(limits.budget, np.bincount(counting.scope, weights=limits.high)), agents)
    return _best_within(day, counting, replace(limits, budget=budget), law)


def _best_within(day: Day, counting: Counting, limits: Limits, law: Law) -> Standing:
    """The best service that the caps allow, above the floor where they allow that too."""
    found = _searched(day, counting, limits, law, None)
    if limits.floor <= 0 or not ((found.account.level < limits.floor) & (day.rate > 0)).any():
        return found
    return _searched(day, counting, replace(limits, floor=0.0), law, None)


def _searched(day: Day, counting: Counting, limits: Limits, law: Law, share: float | None) -> Standing:
    staff = _start(day, counting, limits, law, share)
    roomy = day.sized(np.maximum(np.where(day.rate > 0, np.ceil(1.03 * staff) + 2, staff), 0).astype(np.int64))
    roomy, _ = run_within(roomy, staff)
    while True:
        found = improve(roomy, counting, limits, standing(roomy, counting, staff))
        enough, _ = run_within(roomy, found.staff)
        if enough.states <= roomy.states:
            return found
        roomy, staff = enough, found.staff


def _start(day: Day, counting: Counting, limits: Limits, law: Law, share: float | None) -> Whole:
    """The stationary plan for the modified offered load."""
    handle = 1 / day.done[:, 1] if law.ladder is None else np.full(len(day.rate), law.ladder.aht[-1])
    first = np.array([day.begins(i) for i in range(len(day.rate))])
    mean, highest = modified_load(day.rate, handle, day.dt, first)
    mean = np.minimum(mean, day.rate * handle)  # where staff falls with the load, those who leave take contacts along
    low, scope = limits.low.astype(float), counting.scope
    base = _reaching(limits.floor, mean, handle, day, limits, law)
    least = np.bincount(scope, weights=base, minlength=len(limits.budget))
    base = np.where((least > limits.budget)[scope], low, base)  # where the floor costs more than there is
    top = np.maximum(
        _reaching(0.999 if share is None else 1 - 0.02 * (1 - share), highest, handle, day, limits, law), base
    )
    n = np.minimum(base[:, None] + np.arange(int((top - base).max(initial=0)) + 1), top[:, None])
    load, aht = (np.broadcast_to(x[:, None], n.shape).ravel() for x in (mean, handle))
    level = measures(n.ravel(), load, aht, law)["service_level"].reshape(n.shape)
    curve = day.offered[:, None] * level
    ranking = rank_agents(curve, np.ones(len(base)), scope, (top - base).astype(np.int64))
    if limits.capped:
        left = limits.budget - np.bincount(scope, weights=base, minlength=len(limits.budget))
        steps = np.maximum(left, 0).astype(np.int64)
    else:
        need = np.bincount(scope, weights=(share or 0.0) * day.offered, minlength=len(limits.budget)).astype(float)
        steps = steps_needed(ranking, Criterion(curve=curve, need=need), scope)
    return np.asarray(base + ranking.agents(steps, scope)).astype(np.int64)


def _reaching(level: float, load: Array, handle: Array, day: Day, limits: Limits, law: Law) -> Array:
    """Fewest agents that reach a level by the stationary formulas, within the limits."""
    low, high = limits.low.astype(float), limits.high.astype(float)
    if level <= 0:
        return low
    found = by_bisection(
        lambda n, a, h: measures(n, a, h, law)["service_level"] >= level, np.where(day.rate > 0, load, 0.0), [handle]
    )
    return np.clip(found, low, high)


def _counting(day: Day, law: Law, share: float | None, max_abandon: float | None, scope: Whole) -> Counting:
    met, base = met_and_base(law.abandoned, float(law.within), float(law.short), day.theta)
    if share is None:
        sums = [met]
    else:
        sums = [met.plus(base, -fraction(share, name="share", zero=False, one=False))]
        if max_abandon is not None:
            sums.append(Sum(constant=fraction(max_abandon, name="max_abandon", zero=True), hung_up=-1.0))
    return Counting(met=met, base=base, sums=tuple(sums), scope=scope)


def _scopes(scope: npt.ArrayLike | None, count: int) -> Whole:
    numbers = np.zeros(count, dtype=np.int64) if scope is None else np.asarray(scope)
    if numbers.shape != (count,) or (np.diff(numbers) < 0).any():
        raise SettingError(
            f"scope must hold the number of the scope of each of the {count} intervals, never falling, got "
            f"{numbers.shape}.",
            name="scope",
        )
    return np.unique(numbers, return_inverse=True)[1].astype(np.int64)


def _limits(day: Day, counting: Counting, minimum: Numbers, most: Numbers, hours: Numbers, floor: float) -> Limits:
    count, scopes = len(day.rate), int(counting.scope.max(initial=-1)) + 1
    low = np.broadcast_to(np.ceil(amount(minimum, name="minimum")), (count,))
    high = np.broadcast_to(np.floor(amount(most, name="most", endless=True)), (count,))
    bad = low > high
    if bad.any():
        raise SettingError(
            f"most must be at least minimum, got {high[bad][0]:g} < {low[bad][0]:g} in interval {int(bad.argmax())}.",
            name="most",
        )
    budget = _budget(counting.scope, scopes, amount(hours, name="agent_hours", endless=True) * 3600 / day.dt, low)
    return Limits(
        low=low.astype(np.int64),
        high=np.where(day.rate > 0, np.minimum(high, 1e9), low).astype(np.int64),
        floor=fraction(floor, name="floor", zero=True),
        budget=budget,
    )


def _budget(scope: Whole, scopes: int, agents: Any, low: Array) -> Array:
    budget = np.floor(np.broadcast_to(agents, (scopes,)) + 1e-9)
    least = np.bincount(scope, weights=low, minlength=scopes)
    if (budget < least).any():
        raise SettingError(
            "agent_hours must allow the minimum of every interval, got less in scope "
            f"{int(np.argmax(budget < least))}.",
            name="agent_hours",
        )
    return np.asarray(budget)
