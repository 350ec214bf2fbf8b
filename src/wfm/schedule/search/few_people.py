"""The best roster of few people, and its proof.

The prices that everybody's shares leave say of each line how far it lies above its person's best. Lines further above
than the roster that there is lies above the bound can be no part of a better one; the steps that the others are made
of are few enough to choose among for all people at once. (Fixing by reduced costs: Dantzig, Fulkerson, Johnson 1954.)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from wfm.schedule.search.person_by_person import Search
from wfm.schedule.search.pool import Pool
from wfm.schedule.search.together import Together

Floats = npt.NDArray[np.float64]
MOST_STEPS = 100_000  # between states, of lines that can matter
PARTS = (0.4, 1.0)  # of what the roster lies above the bound: how far above it better ones are sought
SURE = 1e-6  # a gap that is none
SHARE = 0.8  # of the time left


def choose_all(search: Search, price: Floats, left: Callable[[], float]) -> float:
    """Everybody's lines at once; the roster never becomes worse. Returns what no roster costs less than.

    `price` [per person and hour of each cell] is what the bound comes from; `left` are the seconds left.
    """
    together = Together(search, Pool(search), range(len(search.choices)), left)
    shares = together.at((price * search.demand.hours).ravel())
    best, low = list(together.before.values()), shares.bound
    for part in PARTS:
        worth = together.cost_of(best)
        if worth - low <= SURE * (1 + abs(worth)):
            break
        aim = shares.bound + part * (worth - shares.bound)
        chosen, bound = together.choose(shares, aim, steps=MOST_STEPS, seconds=SHARE * left(), nodes=None)
        low = max(low, bound)
        if chosen is not None and together.cost_of(chosen) < worth - 1e-9:
            best = chosen
    together.give(best)
    return min(low, search.total())
