"""How many are away at once on the breaks that must be taken apart, and what one more costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.schedule.lawful.options import Patterns
from wfm.schedule.rules.breaks import carried_rows, most_away, watched_breaks
from wfm.schedule.rules.rule import shifts_of
from wfm.schedule.search.pricing import Board, Duty, Prices
from wfm.schedule.shifts.demand import Demand

Floats = npt.NDArray[np.float64]
Week = Sequence[Duty | None]


class Crowds:
    """People on duty and away by slot, for every kind of break that has `most_at_once`.

    Attributes
    ----------
    away, old : (kinds of break, queues, slots)     People away, and those of them who are of the last roster.
    most : (kinds of break, queues, slots)          How many may be away.
    past : (kinds of break, queues, slots)          What slots cost more because too many wanted them before.
    """

    def __init__(
        self,
        weeks: Sequence[Week],
        *,
        demand: Demand,
        patterns: Patterns,
        board: Board,
        weight: float,
        previous: pd.DataFrame | None,
    ) -> None:
        self.patterns, self.board = patterns, board
        self.slot_cost = weight * demand.step / 3600
        kinds = [(p.name, p.most_at_once) for kind in patterns.types for p in kind.breaks if p.most_at_once is not None]
        self.kinds = list(dict.fromkeys(kinds))
        self.shares = [share for _, share in self.kinds]
        shape = (len(self.kinds), len(demand.queues), len(demand.cells))
        self.away, self.past = np.zeros(shape), np.zeros(shape)
        duty = self._carry_over(previous, demand)
        self.old = self.away.copy()
        for week in weeks:
            for one in week:
                if one is not None:
                    begin = int(board.midnight[one.day, 0])
                    duty[one.queue, begin + board.first[one.pattern] : begin + board.last[one.pattern]] += 1
                    self.enter(one)
        self.most = np.array([most_away(share, duty) for share in self.shares])

    def _carry_over(self, previous: pd.DataFrame | None, demand: Demand) -> Floats:
        """People on duty by (queue, slot) from shifts of the last roster that still run; their breaks are counted."""
        duty = np.zeros(self.away.shape[1:])
        rows = carried_rows(previous, demand.first)
        if not len(rows):
            return duty
        spans = shifts_of(rows)
        for queue, first, last in _slots(spans, demand):
            duty[queue, first:last] += 1
        for number, (name, share) in enumerate(self.kinds):
            taken = watched_breaks(rows, self.patterns.types, demand.first)
            for queue, first, last in _slots(taken[(taken["name"] == name) & (taken["share"] == share)], demand):
                self.away[number, queue, first:last] += 1
        return duty

    def enter(self, duty: Duty) -> None:
        """Count the breaks of a duty."""
        self._count(duty, 1.0)

    def leave(self, duty: Duty) -> None:
        """Count the breaks of a duty no longer."""
        self._count(duty, -1.0)

    def _count(self, duty: Duty, sign: float) -> None:
        for number, first, last in self.taken(duty):
            self.away[number, duty.queue, first:last] += sign

    def taken(self, duty: Duty) -> Iterator[tuple[int, int, int]]:
        """(kind of break, first slot, last slot + 1) of the breaks of a duty that are watched."""
        pauses = self.patterns.types[self.patterns.kind[duty.pattern]].breaks
        for start, length, pause in zip(duty.breaks, self.board.lengths(duty.pattern), pauses, strict=True):
            if pause.most_at_once is not None:
                yield self.kinds.index((pause.name, pause.most_at_once)), start, start + length

    def prices(self, duty: Duty) -> Prices:
        """For each break of a duty: what one more away costs, summed over the slots; None where it is not watched."""
        found: list[Floats | None] = []
        for pause in self.patterns.types[self.patterns.kind[duty.pattern]].breaks:
            if pause.most_at_once is None:
                found.append(None)
                continue
            number = self.kinds.index((pause.name, pause.most_at_once))
            full = self.away[number, duty.queue] >= self.most[number, duty.queue]
            price = self.slot_cost * full + self.past[number, duty.queue]
            found.append(np.r_[0.0, np.cumsum(price)])
        return found

    def paid(self, duty: Duty, prices: Prices) -> float:
        """What the breaks of a duty cost at prices."""
        lengths = self.board.lengths(duty.pattern)
        return sum(
            float(price[start + length] - price[start])
            for start, length, price in zip(duty.breaks, lengths, prices, strict=True)
            if price is not None
        )

    def over(self) -> Floats:
        """(kinds of break, queues, slots): people too many, those of the last roster left out."""
        return np.asarray(np.minimum(self.away - self.most, self.away - self.old).clip(min=0))

    def cost(self) -> float:
        """What the rule costs as things stand: weight x hours x people too many."""
        return float(self.over().sum()) * self.slot_cost


def _slots(spans: pd.DataFrame, demand: Demand) -> Iterator[tuple[int, int, int]]:
    """(queue, first slot, last slot + 1) of spans with a queue of the demand, from the first midnight on."""
    first = np.rint(demand.seconds(spans["start"]) / demand.step).astype(np.int64).clip(min=0)
    last = np.rint(demand.seconds(spans["end"]) / demand.step).astype(np.int64).clip(min=0)
    alone = demand.queues == ("all",) and bool(demand.types)
    for queue, begin, end in zip(spans["queue"], first, last, strict=True):
        named = isinstance(queue, str) and queue != ""
        if queue in demand.queues or (alone and not named):
            yield demand.queues.index(queue) if named else 0, int(begin), int(end)
