"""What a design pays for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wfm.schedule.cover.premiums import Premiums


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What counts in the objective beside a paid hour, which costs 1.

    Attributes
    ----------
    under, over : float         A missing, a surplus agent-hour.
    shift : float               Each distinct type x start x day in use.
    hard : bool                 Whether nobody may be missing; a missing agent-hour then costs `HARD` instead.
    most_shifts : int or None   Most distinct type x start in use.
    least_average : float       Least average length of the shifts [s].
    premiums : tuple            Opening hours and what a paid hour in them costs more.
    seats : int or None         Most people at work at once.
    people : mapping            Shift type -> least and most people who start on each day.
    """

    under: float
    over: float
    shift: float = 0.0
    hard: bool = False
    most_shifts: int | None = None
    least_average: float | None = None
    premiums: Premiums = ()
    seats: int | None = None
    people: Mapping[str, tuple[float, float]] = field(default_factory=dict)
