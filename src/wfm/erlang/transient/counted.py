"""Which contacts count as met, and which count at all, as sums of the chances that the chains give.

Every definition is a quotient of two such sums: a promise `met / base >= share` is the one sum `met - share base >= 0`,
linear in the state of the queue, so that it has an adjoint.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from wfm.erlang.formulas.arguments import word_of
from wfm.erlang.formulas.definitions import ABANDONED

Chance = tuple[float, bool]  # served within so many seconds; with the contact's own patience, or as if it had no end


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """`constant + sum of factor x chance`, an arrival; and `hung_up` for every contact that hangs up in the time."""

    parts: dict[Chance, float] = field(default_factory=dict)
    constant: float = 0.0
    hung_up: float = 0.0

    def plus(self, other: Sum, factor: float = 1.0) -> Sum:
        """The sum with so many times the other."""
        parts = dict(self.parts)
        for chance, weight in other.parts.items():
            parts[chance] = parts.get(chance, 0.0) + factor * weight
        return Sum(
            parts={chance: weight for chance, weight in parts.items() if weight},
            constant=self.constant + factor * other.constant,
            hung_up=self.hung_up + factor * other.hung_up,
        )


def answered_in(time: float) -> Sum:
    """Share of the offered that is answered within a time."""
    return Sum(parts={(time, True): 1.0})


def not_longer(time: float) -> Sum:
    """Share whose wait would be over within a time if nobody of them hung up: P(V <= T)."""
    return Sum(parts={(time, False): 1.0})


def gone_in(time: float, theta: float) -> Sum:
    """Share that hangs up within a time: 1 - exp(-theta T) P(V > T) less those answered."""
    if theta == 0 or time == 0:
        return Sum()
    stay = math.exp(-theta * time)
    return Sum(constant=1 - stay).plus(not_longer(time), stay).plus(answered_in(time), -1.0)


def met_and_base(abandoned: str, within: float, short: float, theta: float) -> tuple[Sum, Sum]:
    """Contacts met and contacts that count, an arrival, in a definition of the service level.

    Of `answered` the base leaves out those who hang up in the time, whenever they came.
    """
    word_of(abandoned, ABANDONED, name="abandoned")
    everybody, served, early = Sum(constant=1.0), answered_in(within), gone_in(short, theta)
    if abandoned == "virtual":
        return not_longer(within), everybody
    if abandoned == "credited":
        return served.plus(early), everybody
    if abandoned == "answered":
        return served, Sum(constant=1.0, hung_up=-1.0)
    if abandoned == "ignored":
        return served, everybody.plus(gone_in(max(within, short), theta), -1.0)
    base = everybody.plus(early, -1.0)
    if abandoned == "met" and within > short:
        return served.plus(gone_in(within, theta)).plus(early, -1.0), base
    return served, base
