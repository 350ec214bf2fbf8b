"""Days that come back every month, pay days and billing days, and where they move when nobody works."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.checks import one_of, put
from wfm.errors import SettingError

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
MOVES = ("not", "before", "after")
LAST = "last"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyDay:
    """A day of every month, in the reckoning of the calendar.

    Attributes
    ----------
    day : int or "last"     1-31; a month that is too short has it on its last day.
    moved : str             Where it goes from a weekend, holiday or closed day: `before` = to the last working day
                            before it (wages, as a rule), `after` = to the next one (direct debits), `not` = it stays.

    >>> MonthlyDay(day=25, moved="before").day
    25
    """

    day: int | str
    moved: str = "not"

    def __post_init__(self) -> None:
        """Refuse days that no month has."""
        one_of(self.moved, MOVES, name="moved")
        whole = isinstance(self.day, int) and not isinstance(self.day, bool) and 1 <= self.day <= 31
        if not whole and self.day != LAST:
            raise SettingError(
                f"day must be a whole number 1-31 or 'last', got {self.day!r}.", name="day", value=self.day
            )
        put(self, day=self.day)

    def falls(self, number: Ints, length: Ints, working: Bools) -> Ints:
        """Positions, in a span of consecutive days, on which it falls.

        Parameters
        ----------
        number, length : array  Day of the month and length of the month of each day of the span.
        working : array         Whether each day is worked: no weekend, holiday or closure.

        >>> number, working = np.arange(1, 31), np.arange(30) % 7 < 5
        >>> wages = MonthlyDay(day=27, moved="before").falls(number, np.full(30, 30), working)
        >>> (wages + 1).tolist()
        [26]
        """
        wanted = length if isinstance(self.day, str) else np.minimum(self.day, length)
        found = np.flatnonzero(number == wanted)
        if self.moved == "not" or not working.any():
            return np.asarray(found, dtype=np.int64)
        at = np.flatnonzero(working)
        if self.moved == "before":
            place = np.searchsorted(at, found, side="right") - 1
            return np.asarray(at[place[place >= 0]], dtype=np.int64)
        place = np.searchsorted(at, found)
        return np.asarray(at[place[place < len(at)]], dtype=np.int64)
