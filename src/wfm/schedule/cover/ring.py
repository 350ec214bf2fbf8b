"""The horizon as a ring of moments: what is needed between them, which shifts start at each, and what slack costs.

Behind a moment only those matter who are still on duty: how many, by the moment when they started. What a solution
costs falls apart accordingly: a distinct shift where it ends, slack from a moment to the next. Costs are in distinct
shifts.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, log

import numpy as np

from wfm.schedule.cover.changes import Changes
from wfm.schedule.program.program import Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """The horizon as a line of moments that closes to a ring.

    Attributes
    ----------
    need : Ints             People needed from each moment to the next.
    change : Ints           By how many that is more than before the moment.
    lengths : list          By moment, the lengths of the shifts that start there, in order.
    reach : Ints            By moment, the longest of them; 0 where none starts.
    surplus, missing        By moment, the price of a person too many or too few until the next.
    tie : dict              By start and length, what a person's shift adds where costs are equal; below any cost.
    """

    need: Ints
    change: Ints
    lengths: list[list[int]]
    reach: Ints
    surplus: Floats
    missing: Floats
    tie: dict[tuple[int, int], float]

    @classmethod
    def of(cls, changes: Changes, tie: Floats) -> Ring:
        """The ring of the changes; `tie` is what a person on each arc adds where costs are equal."""
        moments, shifts = changes.moments, np.flatnonzero(~changes.slack)
        above = np.cumsum(changes.balance)
        surplus, missing = np.full(moments, np.inf), np.full(moments, np.inf)
        back, on = changes.slack & (changes.length < 0), changes.slack & (changes.length > 0)
        surplus[changes.head[back]] = changes.price[back]
        missing[changes.tail[on]] = changes.price[on]
        lengths: list[set[int]] = [set() for _ in range(moments)]
        ties: dict[tuple[int, int], float] = {}
        for arc in shifts:
            key = int(changes.tail[arc]), int(changes.length[arc])
            lengths[key[0]].add(key[1])
            ties[key] = min(float(tie[arc]), ties.get(key, np.inf))
        return cls(
            need=above + round((changes.required - int(above.sum())) / moments),
            change=changes.balance,
            lengths=[sorted(own) for own in lengths],
            reach=np.array([max(own, default=0) for own in lengths], dtype=np.int64),
            surplus=surplus,
            missing=missing,
            tie=ties,
        )

    @property
    def moments(self) -> int:
        """Number of moments."""
        return len(self.need)

    @property
    def cheapest_slack(self) -> float:
        """The least that a person too many or too few costs."""
        return float(min(self.surplus.min(), self.missing.min()))

    def lasting(self, start: int) -> int:
        """The longest shift that starts at a moment; 0 where none does."""
        return int(self.reach[start % self.moments])

    def ends_at(self, start: int, moment: int) -> bool:
        """Whether a shift from one moment may end at the other."""
        return moment - start in self.lengths[start % self.moments]

    def open_at(self, cut: int) -> list[int]:
        """Moments before a cut at which shifts start that may last beyond it, in order; below 0 before the origin."""
        start = np.arange(cut - int(self.reach.max(initial=0)), cut)
        reach = self.reach[start % self.moments]
        return [int(one) for one in start[(reach > 0) & (start + reach >= cut)]]

    def crossings(self, cut: int) -> float:
        """The logarithm of how many ways there are to be on duty at a cut without slack."""
        need, starts = int(self.need[(cut - 1) % self.moments]), len(self.open_at(cut))
        return log(comb(max(need, 0) + starts - 1, starts - 1)) if starts else 0.0

    def price(self, slot: int, over: int) -> float:
        """Of so many people too many, below 0 too few, from a moment to the next."""
        if over == 0:
            return 0.0
        return float(over * self.surplus[slot] if over > 0 else -over * self.missing[slot])

    def overs(self, slot: int, most: float) -> list[int]:
        """How many people may be too many or too few at no more than such a cost."""
        found = [0]
        for sign in (1, -1):
            over = sign
            while self.need[slot] + over >= 0 and self.price(slot, over) <= most:
                found.append(over)
                over += sign
        return sorted(found)
