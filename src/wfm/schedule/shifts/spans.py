"""Least and most: pairs of numbers as settings give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wfm.checks import number_in
from wfm.durations import time_of_day
from wfm.errors import SettingError, listed

Span = tuple[float, float]
MOST = 1e6  # people


def read_span(value: object, *, name: str, most: float = MOST) -> Span:
    """A pair (least, most); None at its end means without limit.

    >>> read_span((2, None), name="people")
    (2.0, 1000000.0)
    """
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise SettingError(f"{name} must be a pair (least, most), got {value!r}.", name=name, value=value)
    low = number_in(value[0] if value[0] is not None else 0.0, name=f"least {name}", low=0, high=most)
    high = number_in(value[1] if value[1] is not None else most, name=f"most {name}", low=0, high=most)
    if low > high:
        raise SettingError(f"{name} must have least <= most, got {value!r}.", name=name, value=value)
    return float(low), float(high)


def spans_of_starts(value: object, starts: Sequence[float], *, name: str) -> tuple[tuple[float, Span], ...]:
    """(start, (least, most)) from a mapping of times of day, or from one pair for each of the starts.

    >>> spans_of_starts({"07:00": (2, 6)}, (25200.0, 28800.0), name="people_at")
    ((25200.0, (2.0, 6.0)),)
    >>> spans_of_starts((0, 4), (25200.0, 28800.0), name="people_at")
    ((25200.0, (0.0, 4.0)), (28800.0, (0.0, 4.0)))
    """
    if isinstance(value, Mapping):
        read = {time_of_day(at, name=f"start of {name}"): span for at, span in value.items()}
    elif isinstance(value, tuple) and value and all(isinstance(one, tuple) and len(one) == 2 for one in value):
        read = {float(at): span for at, span in value}  # read before
    else:
        read = dict.fromkeys(starts, value)
    unknown = [at for at in read if at not in starts]
    if unknown:
        known = [f"{int(at // 3600):02d}:{int(at // 60 % 60):02d}" for at in starts]
        first = f"{int(unknown[0] // 3600):02d}:{int(unknown[0] // 60 % 60):02d}"
        raise SettingError(
            f"{name} names {first}, which is no start. Known: {listed(known, most=10)}.", name=name, value=first
        )
    return tuple((at, read_span(read[at], name=name)) for at in sorted(read))
