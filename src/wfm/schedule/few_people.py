"""The best roster of few people, and its proof.

The prices that everybody's shares leave say of each line how far it lies above its person's best. Lines further above
than the roster that there is lies above the bound can be no part of a better one; the steps that the others are made
of are few enough to choose among for all people at once. (Fixing by reduced costs: Dantzig, Fulkerson, Johnson 1954.)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from wfm.schedule.pool import Pool
from wfm.schedule.search import Search
from wfm.schedule.together import Together

Floats = npt.NDArray[np.float64]
MOST_STEPS = 100_000  # between states, of lines that can matter
SHARE = 0.8  # of the time left


def choose_all(search: Search, price: Floats, left: Callable[[], float]) -> float:
    """Everybody's lines at once; the roster never becomes worse. Returns what no roster costs less than.

    `price` [per person and hour of each cell] is what the bound comes from; `left` are the seconds left.
    """
    together = Together(search, Pool(search), range(len(search.choices)), left)
    shares = together.at((price * search.demand.hours).ravel())
    now = list(together.before.values())
    worth = together.cost_of(now)
    chosen, low = together.choose(shares, worth, steps=MOST_STEPS, seconds=SHARE * left(), nodes=None)
    better = chosen is not None and together.cost_of(chosen) < worth - 1e-9
    together.give(chosen if better and chosen is not None else now)
    return min(low, search.total())
