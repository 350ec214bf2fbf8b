"""How many whole people are on which queue, slot by slot: those who wait now first, then what is due next.

Where nobody says when the work that can wait comes and falls due, its people are those that its queues ask for. Where
it is known, whoever is over takes the piece that is due first, of whichever queue: no other order is in time where this
one is late.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
STAYS = 0.5  # of a person: what a queue must be owed more before it gets somebody for a slot who goes again
MORE_THAN_EXPECTED = 1.5  # times the work: what whoever is then still over is ready for
CRUMB = 1e-6


@dataclass(slots=True, kw_only=True)
class OpenWork:
    """Pieces of work, the earliest due first: queue, first slot, the one behind the last, people and slots left."""

    queue: Ints
    first: Ints
    last: Ints
    left: Floats

    @classmethod
    def of(cls, work: pd.DataFrame, queues: list[str], origin: pd.Timestamp, step: int, slots: int) -> OpenWork:
        """The pieces of a table queue, start, end, hours, and as a second thought what may come beyond them."""
        rows = work[work["queue"].isin(queues)]
        first, last = (
            np.rint((pd.DatetimeIndex(rows[key]) - origin) / pd.Timedelta(seconds=step)).astype(np.int64)
            for key in ("start", "end")
        )
        hours = rows["hours"].to_numpy(dtype=float) * 3600 / step
        place = rows["queue"].map({name: k for k, name in enumerate(queues)}).to_numpy(dtype=np.int64)
        order = np.lexsort((np.asarray(first), np.asarray(last)))
        beyond = order[hours[order] > CRUMB]
        more = hours[beyond] * (MORE_THAN_EXPECTED - 1)
        by_due = [np.r_[np.asarray(key)[beyond], np.asarray(key)[beyond]] for key in (place, first, last)]
        return cls(queue=by_due[0], first=by_due[1], last=np.minimum(by_due[2], slots), left=np.r_[hours[beyond], more])

    def urgent(self, slot: int, queues: int) -> Ints:
        """People whom each queue needs in a slot, because one person from the next slot on would be late."""
        sure = np.arange(len(self.left)) < len(self.left) // 2
        open_ = sure & (self.first <= slot) & (self.last > slot) & (self.left > CRUMB)
        found = np.zeros(queues, dtype=np.int64)
        for queue in np.unique(self.queue[open_]):
            own = open_ & (self.queue == queue)
            ends, places = np.unique(self.last[own], return_inverse=True)
            due = np.cumsum(np.bincount(places, weights=self.left[own]))
            ahead = ends - slot
            late = due - (ahead - 1) > CRUMB
            found[queue] = int(np.ceil((due[late] / ahead[late]).max() - CRUMB)) if late.any() else 0
        return found

    def next_queue(self, slot: int, allowed: Bools) -> int:
        """The queue of the open piece that is due first, of what is expected before what may come beyond; or -1."""
        at = np.flatnonzero((self.first <= slot) & (self.last > slot) & (self.left > CRUMB) & allowed[self.queue])
        return int(self.queue[at[0]]) if len(at) else -1

    def done(self, slot: int, queue: int) -> None:
        """One person of a queue works for a slot."""
        room = 1.0
        for piece in np.flatnonzero((self.first <= slot) & (self.queue == queue) & (self.left > CRUMB)):
            part = min(room, float(self.left[piece]))
            self.left[piece] -= part
            room -= part
            if room <= CRUMB:
                return


def people_by_queue(required: Floats, people: Ints, waits: Bools, most: float, work: OpenWork | None = None) -> Ints:
    """Whole people on every queue in every slot, of all that are there: [queues x slots].

    Nobody goes below the whole part of what is asked while there are people; then comes work that would be late, and
    the rest go where most is owed so far. What a queue was short of is made up for, by work that waits always, by
    others as far as `most`.
    """
    owed, before = np.zeros(len(required)), np.zeros(len(required))
    found = np.zeros(required.shape, dtype=np.int64)
    for slot, there in enumerate(people.tolist()):
        asked = required[:, slot]
        owed += asked
        given = np.where(waits, 0.0, np.floor(asked + 1e-9))
        while given.sum() > there:  # too few: each one fewer where the smallest part of what is asked is lost
            given[int(np.argmin(np.where(given > 0, (asked - given + 1) / np.maximum(asked, 1e-9), np.inf)))] -= 1
        if work is not None and there > given.sum():
            _urgent_first(given, there, work, slot)
        for _ in range(int(there - given.sum())):
            wish = owed - given + np.where(given < before, STAYS, 0.0)
            wish[(asked <= 0) & (owed < 1)] = -np.inf if (asked > 0).any() else 0.0
            queue = int(np.argmax(wish)) if work is None else _due_or_owed(wish, owed - given, waits, work, slot)
            given[queue] += 1
        owed -= given
        if work is not None:  # what the work that can wait is owed together is any of its queues'
            owed[waits] = owed[waits].mean() if waits.any() else 0.0
        owed = np.clip(owed, -1.0, np.where(waits, np.inf, most))
        found[:, slot], before = given.astype(np.int64), given
    return found


def _urgent_first(given: Floats, there: int, work: OpenWork, slot: int) -> None:
    """People on work that would be late, as many as there are."""
    wanted = work.urgent(slot, len(given))
    for queue in np.flatnonzero(wanted):
        for _ in range(min(int(wanted[queue]), int(there - given.sum()))):
            given[queue] += 1
            work.done(slot, int(queue))


def _due_or_owed(wish: Floats, owed: Floats, waits: Bools, work: OpenWork, slot: int) -> int:
    """The queue that one more person goes to: of those who wait now the one that is owed most, or the work due next."""
    live = np.where(waits, -np.inf, wish)
    due = work.next_queue(slot, waits)
    if due >= 0 and (waits.all() or float(owed[waits].sum()) >= float(live.max())):
        work.done(slot, due)
        return due
    if np.isfinite(live.max()):
        return int(np.argmax(live))
    return due if due >= 0 else int(np.argmax(wish))
