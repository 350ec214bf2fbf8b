"""Chat: one agent handles several contacts at once, each the slower the more there are.

Balanced levels: with x chats in the centre, N agents and at most k each, the x chats are spread as evenly as they can
be. An agent with j chats finishes them at the rate j / aht_j. From x = kN on new chats wait and hang up as in Erlang A,
so every measure follows from `palm` with this chain in the place of the idle agents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wfm.checks import put
from wfm.durations import seconds
from wfm.erlang.formulas.arguments import Array
from wfm.erlang.formulas.palm import Palm, solve
from wfm.errors import SettingError


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """Handle time with 1, 2, ... chats at once [s]; each further chat must raise what an agent gets done.

    >>> Ladder(aht=(300, 420)).rate(2)  # 2 / 420 s
    0.004761904761904762
    """

    aht: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check that throughput j / aht_j rises."""
        put(self, aht=tuple(seconds(h, name=f"aht_by_concurrency[{j}]") for j, h in enumerate(self.aht)))
        rates = [self.rate(j) for j in range(1, len(self.aht) + 1)]
        for j in range(1, len(rates)):
            if rates[j] <= rates[j - 1]:
                raise SettingError(
                    f"aht_by_concurrency must let {j + 1} chats at once get more done than {j}: {j + 1} / "
                    f"{self.aht[j]:g} s is not above {j} / {self.aht[j - 1]:g} s. Allow fewer chats at once.",
                    name="aht_by_concurrency",
                    value=self.aht,
                )

    @property
    def most(self) -> int:
        """Chats that one agent handles at once."""
        return len(self.aht)

    def rate(self, chats: int) -> float:
        """Chats that an agent with so many at once finishes [1/s]."""
        return chats / self.aht[chats - 1] if chats else 0.0


def ladder_of(aht_by_concurrency: Sequence[float], concurrency: int) -> Ladder:
    """The ladder, as long as the concurrency asked for."""
    if concurrency > 1 and concurrency != len(aht_by_concurrency):
        raise SettingError(
            f"aht_by_concurrency must hold {concurrency} handle times, one for each number of chats at "
            f"once, got {len(aht_by_concurrency)}.",
            name="aht_by_concurrency",
            value=tuple(aht_by_concurrency),
        )
    return Ladder(aht=tuple(aht_by_concurrency))


def chat_queue(agents: Array, arrivals: Array, ladder: Ladder, patience: Array) -> tuple[Palm, Array]:
    """The queue for whole agents > 0, arrivals [1/s] > 0 and finite patience [s]; and the mean share of slots in use.

    Times of the result are in seconds.
    """
    idle, used = idle_ratio(agents, arrivals, ladder)
    full = agents * ladder.rate(ladder.most)
    queue = solve(arrivals / full, full * patience, arrivals * patience, patience, idle)
    waits = queue.longer(np.zeros_like(patience))
    slots = agents * ladder.most
    return queue, np.where(np.isfinite(used), (1 - waits) * used / slots + waits, 0.0)


def idle_ratio(agents: Array, arrivals: Array, ladder: Ladder) -> tuple[Array, Array]:
    """P(a slot free) / P(one slot free), and the mean number of chats given that a slot is free.

    The ratio grows from state to state as 1 / B does in Erlang B: E_x = 1 + (deaths_x / arrivals) E_(x-1).
    """
    total, mean = np.ones_like(arrivals), np.zeros_like(arrivals)
    last = agents * ladder.most - 1
    with np.errstate(over="ignore"):
        for x in range(1, int(last.max()) + 1):
            share = 1 / (1 + _deaths(x, agents, ladder) / arrivals * total)  # of state x among 0..x
            going = x <= last
            mean = np.where(going, mean + share * (x - mean), mean)
            total = np.where(going, 1 / np.maximum(share, 1e-300), total)
    return np.where(total >= 1e299, np.inf, total), mean


def _deaths(x: int, agents: Array, ladder: Ladder) -> Array:
    """Chats finished per second with x <= kN of them spread evenly."""
    level = np.minimum(x // agents, ladder.most).astype(int)
    above = np.where(level < ladder.most, x - level * agents, 0.0)
    rates = np.array([ladder.rate(j) for j in range(ladder.most + 1)] + [0.0])
    return np.asarray(above * rates[level + 1] + (agents - above) * rates[level])
