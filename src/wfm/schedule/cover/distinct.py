"""Few distinct shifts: a flag for each in use, and what their number must be at every step of the requirement."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from wfm.schedule.cover.costs import Costs
from wfm.schedule.program.program import FLAG, PART, SHORT, SURPLUS, Builder, Floats, Ints
from wfm.schedule.shifts.candidates import Candidates, Key

MOST_APART = 6  # slots between the two sides of a step of the requirement


def add_distinct(build: Builder, candidates: Candidates, required: Floats, costs: Costs, shifts: Ints) -> None:
    """Flags of the distinct shifts in use: by type x start x day for their cost, by type x start for their number."""
    if not len(shifts):
        return
    # Where an average length is asked, one more long shift may be of use although nobody needs its cover.
    ballast = 0.0 if costs.least_average is None else float(np.nanmax(np.nan_to_num(required)))
    long = [shift.kind.length > (costs.least_average or np.inf) for shift in candidates.shifts]
    extra = np.where(long, ballast, 0.0)
    if costs.shift > 0:
        flags = _add_flags(build, candidates, required, shifts, range(len(shifts)), costs.shift, extra)
        if not any(shift.clusters for shift in candidates.shifts):
            _add_steps(build, candidates, required, flags)
            _add_turns(build, candidates, required, shifts, flags)
    if costs.most_shifts is not None:
        keys: dict[Key, int] = {}
        of = [keys.setdefault(shift.key, len(keys)) for shift in candidates.shifts]
        flags = _add_flags(build, candidates, required, shifts, of, 0.0, extra)
        row = build.add_rows(-np.inf, costs.most_shifts, 1)
        build.put(np.repeat(row, len(flags)), flags, 1.0)


def _add_flags(
    build: Builder,
    candidates: Candidates,
    required: Floats,
    shifts: Ints,
    of: Iterable[int],
    cost: float,
    extra: Floats,
) -> Ints:
    of = np.asarray(list(of))
    flags = build.add_columns(FLAG, np.arange(of.max() + 1), cost, upper=1.0, integer=True)
    rows = build.add_rows(-np.inf, 0.0, len(shifts))
    build.put(rows, shifts, 1.0)
    build.put(rows, flags[of], [-_most_of(candidates, s, required) - extra[s] for s in range(len(shifts))])
    return flags


def _most_of(candidates: Candidates, s: int, required: Floats) -> float:
    """People on one shift beyond whom another one is never of use.

    Without breaks the largest requirement it spans. With B slots of breaks each person works in a slot where at most
    that many work and the rest are away; there are at most 2 B such slots once twice as many are on duty.
    """
    axis, shift = candidates.axis, candidates.shifts[s]
    slots = np.arange(shift.start, shift.start + shift.length)
    slots = slots % axis.slots if axis.cyclic else slots[slots < axis.slots]
    peak = float(np.nanmax(np.ceil(np.nan_to_num(required[slots])), initial=0.0))
    away = sum(sum(cluster.lengths) for cluster in shift.clusters)
    return max(peak, 1.0) * max(1, 2 * away)


def _add_steps(build: Builder, candidates: Candidates, required: Floats, flags: Ints) -> None:
    """Where the requirement steps up by d agents, some shift starts there or cover lay d too high before.

    For slots a, b at most `MOST_APART` apart with need_b - need_a = d > 0: all who are on duty in b but not in a start
    (or end, where b comes first) between them, so that with the surplus o and the missing agents u

        o_a + u_b + d * (sum of flags of shifts that start between)  >=  d

    holds for whole numbers; the linear bound rises much, since flags otherwise hide behind large multiples.
    """
    axis = candidates.axis
    need = np.nan_to_num(np.ceil(required - 1e-9))
    begins = np.array([shift.start for shift in candidates.shifts])
    ends = begins + np.array([shift.length for shift in candidates.shifts])
    short, surplus = _of_slots(build, (SHORT, PART)), _of_slots(build, (SURPLUS,))
    for late in range(axis.slots if axis.cyclic else axis.slots - 1):
        for apart in range(1, MOST_APART + 1):
            low, high = late, late + apart
            if high >= axis.slots and not axis.cyclic:
                break
            edge = begins
            if need[high % axis.slots] < need[low]:
                low, high, edge = high, low, ends
            step = need[high % axis.slots] - need[low % axis.slots]
            if step <= 0 or low % axis.slots not in surplus:
                continue
            after = (edge - late - 1) % axis.slots if axis.cyclic else edge - late - 1
            between = np.flatnonzero((after >= 0) & (after < apart))
            row = build.add_rows(step, np.inf, 1)
            for columns, value in (
                (surplus.get(low % axis.slots, []), 1.0),
                (flags[between], step),
                (short.get(high % axis.slots, []), 1.0),
            ):
                build.put(np.repeat(row, len(columns)), columns, value)


def _add_turns(build: Builder, candidates: Candidates, required: Floats, shifts: Ints, flags: Ints) -> None:
    """No more start in a slot than the requirement rises there, but for surplus and for those who end there.

    All who start in b are needed for the rise r = need_b - need_a from the slot a before, or replace somebody who ends
    there or was missing in a, or are surplus o_b. So for each of them, whose flag is down where nobody takes it,

        x_s  <=  max(r, 0) * flag_s + o_b + u_a + sum of x that end there

    and the same for those who end where the requirement falls, with starts for ends and o_a, u_b for o_b, u_a.
    (Flow covers: Padberg, Van Roy and Wolsey 1985, Operations Research 33.)
    """
    axis = candidates.axis
    need = np.nan_to_num(np.ceil(required - 1e-9))
    short, surplus = _of_slots(build, (SHORT, PART)), _of_slots(build, (SURPLUS,))
    begins = axis.wrapped(candidates.starts)
    ends = axis.wrapped(candidates.starts + np.array([shift.length for shift in candidates.shifts]))
    for late in range(axis.slots if axis.cyclic else axis.slots - 1):
        before, after = late, (late + 1) % axis.slots
        if before not in surplus or after not in surplus:
            continue
        rise = need[after] - need[before]
        moving, met, idle, missing = (begins, ends, after, before) if rise > 0 else (ends, begins, before, after)
        own, other = np.flatnonzero(moving == after), shifts[met == after]
        if rise == 0 or not len(own):
            continue
        rows = build.add_rows(-np.inf, 0.0, len(own))
        build.put(rows, shifts[own], 1.0)
        build.put(rows, flags[own], -abs(rise))
        others = np.concatenate([other, surplus[idle], np.array(short.get(missing, []), dtype=np.int64)])
        build.put(np.repeat(rows, len(others)), np.tile(others, len(rows)), -1.0)


def _of_slots(build: Builder, wanted: tuple[int, ...]) -> dict[int, list[int]]:
    """Slot -> its columns of these kinds."""
    found: dict[int, list[int]] = {}
    column = 0
    for kinds, numbers in zip(build.kind, build.number, strict=True):
        for kind, number in zip(kinds.tolist(), numbers.tolist(), strict=True):
            if kind in wanted:
                found.setdefault(number, []).append(column)
            column += 1
    return found
