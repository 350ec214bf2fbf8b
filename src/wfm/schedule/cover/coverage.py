"""What a schedule table gives against a requirement, recomputed from its rows alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm.schedule.cover.costs import Costs
from wfm.schedule.program.program import Floats
from wfm.schedule.shifts.axis import TimeAxis


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a schedule costs, by cause.

    Attributes
    ----------
    paid, missing, surplus : float      Hours, agent-hours, agent-hours.
    distinct : int                      Type x start x day in use.
    """

    paid: float
    missing: float
    surplus: float
    distinct: int

    def cost(self, costs: Costs) -> float:
        """The objective."""
        return self.paid + costs.under * self.missing + costs.over * self.surplus + costs.shift * self.distinct


def needed(requirement: pd.DataFrame) -> Floats:
    """People the schedule must cover in each interval: `rostered` where it is given, else `agents`."""
    agents = requirement["agents"]
    people = requirement["rostered"].fillna(agents) if "rostered" in requirement else agents
    return np.asarray(people, dtype=float)


def by_slot(requirement: pd.DataFrame, axis: TimeAxis) -> Floats:
    """The requirement of every slot of the axis; nan where no interval asks for cover."""
    slots = np.full(axis.slots, np.nan)
    first, last = axis.slots_of(requirement["start"]), axis.slots_of(requirement["end"])
    for begin, end, people in zip(first, last, needed(requirement), strict=True):
        slots[axis.wrapped(np.arange(begin, end))] = people
    return slots


def loaded(required: Floats, load: Floats | None) -> Floats:
    """The requirement of every slot and beside it those who are away in a meeting or training."""
    return required if load is None else np.where(load > 0, np.nan_to_num(required) + load, required)


def on_duty(table: pd.DataFrame, axis: TimeAxis) -> Floats:
    """People at work in every slot of the axis; what runs past the end of an open axis counts nowhere."""
    cover = np.zeros(axis.slots)
    work = table[table["activity"] == "work"]
    if work.empty:
        return cover
    first, last = axis.slots_of(work["start"]), axis.slots_of(work["end"])
    for begin, end, people in zip(first, last, work["people"], strict=True):
        slots = axis.wrapped(np.arange(begin, end))
        np.add.at(cover, slots[(slots >= 0) & (slots < axis.slots)], people)
    return cover


def bill_of(table: pd.DataFrame, requirement: pd.DataFrame, axis: TimeAxis, load: Floats | None = None) -> Bill:
    """Paid hours, missing and surplus agent-hours, and distinct shifts of one queue's table."""
    required, cover = loaded(by_slot(requirement, axis), load), on_duty(table, axis)
    paid = table[table["paid"].astype(bool)]
    hours = (paid["end"] - paid["start"]).dt.total_seconds() / 3600 * paid["people"]
    begins = table.groupby("shift").agg(type=("type", "first"), start=("start", "min"))
    return Bill(
        paid=float(hours.sum()),
        distinct=len(begins.drop_duplicates()),
        missing=float(np.nansum(np.maximum(required - cover, 0)) * axis.hours),
        surplus=float(np.nansum(np.maximum(cover - required, 0)) * axis.hours),
    )


def coverage_of(table: pd.DataFrame, requirement: pd.DataFrame, axis: TimeAxis) -> pd.DataFrame:
    """The coverage table of one queue: people at work on the mean of each interval, and the gap to the requirement."""
    total = np.concatenate([[0.0], np.cumsum(np.tile(on_duty(table, axis), 2 if axis.cyclic else 1))])
    first, last = axis.slots_of(requirement["start"]), axis.slots_of(requirement["end"])
    rostered = (total[last] - total[first]) / (last - first)
    required = needed(requirement)
    return requirement[["queue", "start", "end"]].assign(required=required, rostered=rostered, gap=rostered - required)
