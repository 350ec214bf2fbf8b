"""The load that an interval really has: work in hand and queues come over from the interval before.

A quick companion of the exact solver for hundreds of possible futures at once: the steady-state formulas at this load
miss the exact service of an interval by a third of what they miss at the load of its own arrivals.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.erlang.formulas.arguments import Array

_LEAST_STEPS, _MOST_STEPS = 4, 16


def carried_load(
    load: npt.ArrayLike,
    slots: npt.ArrayLike,
    *,
    width: npt.ArrayLike,
    aht: npt.ArrayLike,
    patience: float,
    opens: npt.ArrayLike,
) -> Array:
    """Modified offered load of every interval, finite staff and the queue that it leaves behind included.

    Parameters
    ----------
    load : array [... x intervals]      Load of the interval's own arrivals [erlangs].
    slots : array [... x intervals]     Contacts that the people present can handle at once.
    width, aht : array [intervals]      Width and mean handle time [s].
    patience : float [s]                Mean patience; inf = nobody hangs up.
    opens : array of bool [intervals]   Whether the queue has been closed before the interval: it starts empty there.
                                        Elsewhere the first interval starts in equilibrium.

    Returns
    -------
    array [... x intervals]             Erlangs. Below the slots the mean number in service of a queue with endless
                                        staff, `m' = (load - m) / aht`; above them the load that would hold so long a
                                        queue in a steady state, `slots + queue aht / patience`, where the queue of the
                                        fluid follows `q' = (load - slots) / aht - q / patience`. Where people leave,
                                        those who are busy take the contact in hand with them.

    Notes
    -----
    Modified offered load: Jennings, Mandelbaum, Massey and Whitt 1996; the fluid of an overloaded queue with
    abandonment: Whitt 2004. Without abandonment the load of an overloaded interval is cut at the slots: no steady
    state has that queue, and its service is 0.

    >>> busy = carried_load([20, 60, 20], [25, 40, 25], width=1800, aht=300, patience=300, opens=[True, False, False])
    >>> busy.round(1).tolist()
    [16.4, 52.8, 24.6]
    """
    own, staff = np.broadcast_arrays(np.asarray(load, dtype=float), np.asarray(slots, dtype=float))
    count = own.shape[-1]
    seconds = np.broadcast_to(np.asarray(width, dtype=float), count)
    handle = np.broadcast_to(np.asarray(aht, dtype=float), count)
    first = np.broadcast_to(np.asarray(opens, dtype=bool), count)
    # interval by interval through memory: all paths of one interval lie side by side
    own, staff = (np.ascontiguousarray(np.moveaxis(values, -1, 0)) for values in (own, staff))
    found = np.empty(own.shape)
    present = np.minimum(own[0], staff[0]) if count else np.zeros(own.shape[1:])
    with np.errstate(invalid="ignore"):  # endless staff leaves no queue to follow
        for i in range(count):
            if first[i]:
                present = np.zeros(own.shape[1:])
            elif i:
                present = _without_leavers(present, staff[i - 1], staff[i])
            present, found[i] = _interval(present, own[i], staff[i], seconds[i], handle[i], patience)
    return np.moveaxis(found, 0, -1)


def openings(starts: pd.DatetimeIndex, hours: Array) -> npt.NDArray[np.bool_]:
    """Whether the queue was closed before each interval; a horizon that begins at midnight runs on from the day before.

    >>> openings(pd.DatetimeIndex(["2026-11-21 08:00", "2026-11-21 09:00", "2026-11-22 08:00"]), np.ones(3)).tolist()
    [True, False, True]
    """
    if not len(starts):
        return np.zeros(0, dtype=bool)
    ends = starts + pd.to_timedelta(np.asarray(hours) * 3600, unit="s")
    after_a_gap = np.asarray(starts[1:] > ends[:-1], dtype=bool)
    return np.concatenate([[starts[0] != starts[0].normalize()], after_a_gap])


def _without_leavers(present: Array, before: Array, now: Array) -> Array:
    """Contacts that stay when people leave: idle ones go first, the others finish the contact in hand elsewhere.

    The number of contacts is taken as normal around its mean: with `now` busy people left, as many as
    `E[(X - now)+ - (X - before)+]` contacts leave with theirs.
    """
    fewer = now < before
    if not np.any(fewer):
        return present
    taken = np.where(present > before, before - now, _excess(present, now) - _excess(present, before))
    return np.where(fewer, np.maximum(present - np.clip(taken, 0.0, before - now), 0.0), present)


def _excess(mean: Array, level: Array) -> Array:
    """E[(X - level)+] of a normal number with the variance of a Poisson one."""
    from scipy.special import ndtr

    spread = np.sqrt(np.maximum(mean, 1e-9))
    z = (mean - level) / spread
    return np.asarray(spread * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) + (mean - level) * ndtr(z))


def _interval(
    present: Array, own: Array, slots: Array, width: float, aht: float, patience: float
) -> tuple[Array, Array]:
    """Contacts present at the end of one interval, and its mean load."""
    steps = int(np.clip(np.ceil(width / min(aht, patience)), _LEAST_STEPS, _MOST_STEPS))
    h = width / steps
    slower = np.exp(-h / aht)
    if np.all(np.maximum(present, own) <= slots):  # nobody waits in the mean: every step at once
        left = slower ** np.arange(steps + 1)
        return own + (present - own) * left[-1], own + (present - own) * ((left[:-1] + left[1:]) / 2).mean()
    leaving = np.exp(-h / patience) if np.isfinite(patience) else 1.0
    held = aht / patience if np.isfinite(patience) else 0.0  # erlangs that hold one contact in the queue
    still = slots + (own - slots) / held if held else slots  # contacts present when the queue no longer moves
    growth = (own - slots) * h / aht
    total = np.zeros(np.shape(own))
    for _ in range(steps):
        served = own + (present - own) * slower
        queued = still + (present - still) * leaving if held else present + growth
        after = np.where(present <= slots, served, queued)
        gone = (present > slots) & (queued < slots)
        if np.any(gone):
            after = np.where(gone, _emptied(present, own, slots, queued, h / aht), after)
        middle = (present + after) / 2
        total += np.where(middle <= slots, middle, slots + (middle - slots) * held)
        present = after
    return present, total / steps


def _emptied(present: Array, own: Array, slots: Array, queued: Array, length: float) -> Array:
    """Contacts present after a step of so many handle times in which a queue, sinking evenly, comes to its end."""
    with np.errstate(divide="ignore", over="ignore"):
        waited = (present - slots) / (present - queued)  # the part of the step
    return np.asarray(own + (slots - own) * np.exp(-np.clip(1 - waited, 0.0, 1.0) * length))
