"""What people missing and people too many cost: straight pieces, steeper where a stated minimum is broken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.checks import number_in

Floats = npt.NDArray[np.float64]
MINIMUM_TIMES = 5.0  # a missing hour, where it breaks a minimum that the planner stated


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverCost:
    """What missing and surplus people cost an hour.

    `spread` adds a second, smaller cost that grows with the square of the relative shortage, so that what cannot be
    covered is spread rather than heaped; the search uses it, the objective does not. `minimum` is what a missing hour
    costs on top of `under` where more people are missing than a stated minimum leaves room for.
    """

    under: float
    over: float
    spread: float = 0.0
    minimum: float = 0.0

    @classmethod
    def of_prices(cls, under: object, over: object) -> CoverCost:
        """From the cost of an agent-hour missing and of one too many."""
        missing = number_in(under, name="under_cost", low=0, high=1e9)
        surplus = number_in(over, name="over_cost", low=0, high=1e9)
        return cls(under=missing, over=surplus, minimum=(MINIMUM_TIMES - 1) * missing)

    def of(self, missing: Floats, hours: Floats, scale: Floats, room: Floats | None = None) -> Floats:
        """Cost of each cell; `missing` is negative where there are too many.

        `room` is how many may be missing before a minimum is broken; None where none is stated.

        >>> cost = CoverCost(under=10.0, over=1.0, minimum=40.0)
        >>> cost.of(np.array([3.0, -2.0]), np.ones(2), np.ones(2), np.array([1.0, 1.0])).tolist()
        [110.0, 2.0]
        """
        price = np.where(missing > 0, self.under, self.over) * hours
        away = np.abs(missing)
        plain = price * (away + self.spread * away * away / scale) if self.spread else price * away
        if room is None:
            return plain
        return np.asarray(plain + self.minimum * hours * np.maximum(missing - room, 0.0))

    def dearest(self, room: Floats | None) -> float | Floats:
        """The highest price of each cell, by the hour."""
        return self.under if room is None else np.where(np.isfinite(room), self.under + self.minimum, self.under)

    def drawn(self, missing: Floats, centre: Floats, softness: float, room: Floats | None) -> Floats:
        """The price of each cell by the hour, drawn towards `centre`: it rises by 1 with each `softness` missing."""
        price = np.clip(centre + missing / softness, -self.over, self.under)
        if room is None:
            return np.asarray(price)
        return np.asarray(price + np.clip(centre - self.under + (missing - room) / softness, 0.0, self.minimum))

    def forgone(self, price: Floats, room: Floats | None) -> Floats | float:
        """What prices above `under` do not earn by the hour: so many may be missing before they hold."""
        if room is None:
            return 0.0
        return np.maximum(price - self.under, 0.0) * np.where(np.isfinite(room), room, 0.0)
