"""What a design is asked, checked at the door: costs, requirement, shift types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from wfm.checks import number_in
from wfm.durations import seconds
from wfm.errors import DataError, SettingError, did_you_mean, listed
from wfm.schedule.cover.costs import Costs
from wfm.schedule.cover.premiums import read_premiums
from wfm.schedule.shifts.shift_types import ShiftType
from wfm.schedule.shifts.spans import read_span
from wfm.tables import REQUIREMENT, check, with_end


def read_costs(
    under: float,
    over: float,
    *,
    shift: float = 0.0,
    most: int | None = None,
    hard: bool = False,
    average: object = None,
    premiums: Mapping[str, float] | Sequence[tuple[object, float]] | None = None,
    seats: int | None = None,
    people: Mapping[str, tuple[float, float]] | None = None,
) -> Costs:
    """The prices and limits of a design."""
    return Costs(
        under=number_in(under, name="under_cost", low=0, high=1e6, unit="paid hours"),
        over=number_in(over, name="over_cost", low=0, high=1e6, unit="paid hours"),
        shift=number_in(shift, name="shift_cost", low=0, high=1e6, unit="paid hours"),
        hard=bool(hard),
        most_shifts=None if most is None else int(number_in(most, name="max_shifts", low=1, high=1e6)),
        least_average=None if average is None else seconds(average, name="min_average_length"),
        premiums=read_premiums(premiums),
        seats=None if seats is None else int(number_in(seats, name="seats", low=1, high=1e6)),
        people={name: read_span(span, name=f"people of shift {name!r}") for name, span in (people or {}).items()},
    )


def check_people(costs: Costs, kinds: Sequence[ShiftType]) -> None:
    """Refuse numbers of people for what is no shift type."""
    known = [*(kind.name for kind in kinds), *dict.fromkeys(kind.kind for kind in kinds if kind.kind)]
    for name in costs.people:
        if name not in known:
            raise SettingError(
                f"people names {name!r}, which is no shift type and no kind of one. Known: {listed(known, most=10)}."
                f"{did_you_mean(name, known)}",
                name="people",
                value=name,
            )


def read_requirement(requirement: pd.DataFrame, interval: object) -> pd.DataFrame:
    """The requirement table with its ends; it holds at least a row."""
    checked = check(requirement, REQUIREMENT)
    if checked.empty:
        raise DataError(
            "requirement has no rows; there is nothing to cover. Hand in at least one interval.", table="requirement"
        )
    return with_end(checked, None if interval is None else seconds(interval, name="interval"))


def read_kinds(shift_types: Sequence[ShiftType]) -> tuple[ShiftType, ...]:
    """The shift types, at least one, with names that differ."""
    kinds = tuple(shift_types) if not isinstance(shift_types, ShiftType) else (shift_types,)
    if not kinds:
        raise SettingError("shift_types must hold at least one ShiftType, got none.", name="shift_types")
    wrong = [kind for kind in kinds if not isinstance(kind, ShiftType)]
    if wrong:
        raise SettingError(
            f"shift_types must be ShiftType objects, got {wrong[0]!r}.", name="shift_types", value=wrong[0]
        )
    names = [kind.name for kind in kinds]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingError(
            f"names of shift_types must differ, got {listed(twice)} more than once.", name="shift_types", value=twice
        )
    return kinds
