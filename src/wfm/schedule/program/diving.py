"""From linear numbers of people to whole ones: a few linear programmes, each of which keeps more of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.program import Bools, Floats, Program
from wfm.schedule.program.solver import relaxed

KEPT_AT_ONCE = 0.5  # share of the people still open whom a linear programme settles
LAST_FEW = 1.5  # people left open, where stopping and one more are both tried


def dive(program: Program, columns: Bools, linear: Floats, clock: Clock, *, until: float = 0.0) -> Floats:
    """A linear solution whose `columns` are whole but for `until` people, or as many as the time allows.

    What a linear solution has of whole people stays; of the rest the greatest parts become one. As long as all else may
    still move this costs next to nothing.
    """
    kept = np.where(columns, np.floor(linear + 1e-6), 0.0)
    share = KEPT_AT_ONCE
    while clock.left > 0:
        rest = np.where(columns, linear - kept, 0.0)
        if rest.sum() < max(until, 1e-6):
            break
        trials = [_with_most(kept, rest, max(1, int(share * rest.sum())))]
        found = [_above(program, trial, clock) for trial in trials]
        if rest.sum() <= LAST_FEW:
            found.append(_above(program, kept, clock, stop=columns))
            trials.append(kept)
        solved = [(program.objective(one), k) for k, one in enumerate(found) if one is not None]
        if not solved and share * rest.sum() < 2:
            break  # limits allow no more, or the time is over
        if not solved:
            share /= 2
            continue
        best = min(solved)[1]
        kept, linear = trials[best], np.asarray(found[best])
        kept = np.where(columns, np.maximum(kept, np.floor(linear + 1e-6)), 0.0)
    return linear


def _with_most(kept: Floats, rest: Floats, number: int) -> Floats:
    """The kept people and one more in so many columns of which the greatest part is open."""
    more = kept.copy()
    order = np.argsort(-rest, kind="stable")[:number]
    more[order[rest[order] > 1e-6]] += 1
    return more


def _above(program: Program, kept: Floats, clock: Clock, *, stop: Bools | None = None) -> Floats | None:
    """The linear solution with at least the kept people; in the columns of `stop` with them alone."""
    given = program.matrix @ kept
    upper = program.upper - kept
    part = replace(
        program,
        low=program.low - given,
        high=program.high - given,
        upper=upper if stop is None else np.where(stop, 0.0, upper),
        constant=program.constant + float(program.cost @ kept),
    )
    found = relaxed(part, seconds=max(clock.left, 0.1)).values
    return None if found is None else found + kept
