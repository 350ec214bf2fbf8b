"""Wall time that a search may take."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

PART_SECONDS = 5.0  # HiGHS overruns its limit, so that no single call gets more


@dataclass(frozen=True, slots=True)
class Clock:
    """Wall time that a search may take."""

    deadline: float

    @classmethod
    def of(cls, seconds: float) -> Clock:
        """A clock that ends so many seconds from now."""
        return cls(perf_counter() + seconds)

    @property
    def left(self) -> float:
        """Seconds left, negative when the time is over."""
        return self.deadline - perf_counter()

    def part(self, parts: int) -> float:
        """Seconds for one of so many solves that are still to come."""
        return min(PART_SECONDS, self.left / max(parts, 1))
