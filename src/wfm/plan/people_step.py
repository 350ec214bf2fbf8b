"""From requirement to shifts to people, within the week's settings."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wfm.durations import DAY
from wfm.errors import InfeasibleError, WfmWarning, listed
from wfm.hours import OpeningHours
from wfm.plan.inputs import Inputs
from wfm.plan.loosened import with_relaxations
from wfm.plan.need import Need
from wfm.schedule import Roster, Schedule, build_roster, design_shifts
from wfm.schedule.results import hours_paid
from wfm.settings import Week

if TYPE_CHECKING:
    from wfm.schedule import People, Session

DESIGN_UNDER = 50.0  # shifts are bought for the promise: it comes first
TURNS = 2  # of a design that left hours uncovered
MORE_TIME, MOST_MORE = 2.0, 30.0  # times the limit, and seconds, that the second has beyond it
LITTLE = 0.002  # of what is required: so much missing is no hole
PATIENCE = 3.0  # a plan waits for no gain that takes many times the work of the last one
ROSTER_UNDER = 10.0  # people are there: wishes weigh against an hour that is short, but the promise comes first


def opening(week: Week) -> Mapping[str, OpeningHours]:
    """Opening hours by queue."""
    return {name: queue.hours for name, queue in week.queues.items()}


def design(inputs: Inputs, need: Need) -> Schedule | None:
    """People per shift for the requirement; None where the week names no shifts, or people who decide the shifts."""
    week = inputs.week
    if inputs.schedule is not None:
        return handed_schedule(inputs.schedule, need)
    if not week.shift_types or inputs.roster is not None or inputs.people is not None:
        return None
    return redesigned(inputs, need.requirement)


def redesigned(
    inputs: Inputs, requirement: pd.DataFrame, *, part: float = 1.0, sessions: Sequence[Session] = ()
) -> Schedule:
    """People per shift for a requirement, within the week's settings and a part of its time limit.

    Nobody limits these people: where the time did not suffice to cover what shifts can cover, there is more of it.
    """
    week = inputs.week
    limit, under = part * week.spec.plan.time_limit, week.spec.costs.under or DESIGN_UNDER
    for turn in range(TURNS):
        made = design_shifts(
            requirement,
            week.shift_types,
            under_cost=under,
            over_cost=0.0,
            cyclic=follows_itself(inputs),
            time_limit=limit + turn * min(MORE_TIME * limit, MOST_MORE),
            seed=week.spec.plan.seed,
            sessions=sessions,
            hours=opening(week),
            pools=week.spec.pools or None,
        )
        if not _left_uncovered(made, under):
            break
    return made


def _left_uncovered(made: Schedule, under: float) -> bool:
    """Whether hours are missing for want of time: the bound tells what no shift can cover."""
    width = (made.coverage["end"] - made.coverage["start"]).dt.total_seconds() / 3600
    missing = float((np.maximum(-made.coverage["gap"], 0.0) * width).sum())
    avoidable = min(missing, (made.objective - made.bound) / under)
    return made.status == "time_limit" and avoidable > LITTLE * float((made.coverage["required"] * width).sum())


def follows_itself(inputs: Inputs) -> bool:
    """Whether the plan's nights run into its own beginning, for want of a roster of the week before."""
    week = inputs.week
    first = pd.DatetimeIndex([week.start])
    open_at_midnight = any(bool(queue.hours.is_open(first)[0]) for queue in week.queues.values())
    return open_at_midnight and inputs.before.roster is None


def renamed(inputs: Inputs, aimed: pd.DataFrame, now: Roster) -> Roster:
    """The roster re-solved for a raised aim, from where it stands."""
    assert inputs.people is not None
    limit = inputs.week.spec.plan.time_limit / 3
    told = inputs.before.told
    return roster_for(aimed, inputs.people, inputs, time_limit=limit, start_from=now.table, published=told)


def name_people(inputs: Inputs, need: Need, aimed: pd.DataFrame, *, keep: bool = False) -> Roster | None:
    """Named people for what they should aim at; None where the week names no people.

    Where people were told their days before, the search starts from those; `keep` leaves every lawful one as it is.
    """
    week = inputs.week
    if inputs.roster is not None:
        return handed_roster(inputs.roster, need)
    if inputs.people is None or not week.shift_types:
        return None
    limit = 0.0 if keep else week.spec.plan.time_limit
    made = roster_for(aimed, inputs.people, inputs, time_limit=limit, published=inputs.before.told)
    _say_lost_locks(inputs, made)
    return made


def _say_lost_locks(inputs: Inputs, roster: Roster) -> None:
    """A lock on a shift that no day of the plan can hold is named, not dropped."""
    locks = None if inputs.people is None else inputs.people.locks
    if locks is None or locks.empty:
        return
    work = roster.table[roster.table["activity"] == "work"]
    worked = set(zip(work["agent"], work["start"].dt.normalize(), strict=True))
    wanted = locks[locks["type"] != "off"]
    lost = [
        f"{agent} on {start.date()}"
        for agent, start in zip(wanted["agent"], wanted["start"], strict=True)
        if (agent, start.normalize()) not in worked
    ]
    if lost:
        warnings.warn(
            f"{len(lost)} lock(s) hold no shift of the plan: {listed(lost)}; the day is closed, or outside the plan.",
            WfmWarning,
            stacklevel=2,
        )


def roster_for(
    requirement: pd.DataFrame,
    people: People,
    inputs: Inputs,
    *,
    time_limit: float,
    start_from: pd.DataFrame | None = None,
    published: pd.DataFrame | None = None,
) -> Roster:
    """The week's roster for a requirement and people; `start_from` re-solves, `published` changes few cells.

    Raises InfeasibleError with the contradictions and the smallest relaxations that mend them.
    """
    given = given_for(requirement, people, inputs) | {"time_limit": time_limit, "patience": PATIENCE}
    change = 1.0 if published is None else inputs.week.spec.costs.change
    try:
        return build_roster(**given, start_from=start_from, published=published, change_cost=change)
    except InfeasibleError as error:
        raise with_relaxations(error, given) from error


def given_for(requirement: pd.DataFrame, people: People, inputs: Inputs) -> dict[str, Any]:
    """What a roster of the week is made of: the arguments of `build_roster` by name."""
    week, around = inputs.week, follows_itself(inputs)
    night = requirement.iloc[:0] if around else next_night(requirement, week)
    return {
        "demand": pd.concat([requirement, night], ignore_index=True) if len(night) else requirement,
        "agents": people,
        "rules": week.rules,
        "shift_types": week.shift_types,
        "under_cost": week.spec.costs.under or ROSTER_UNDER,
        "over_cost": week.spec.costs.over,
        "hours": opening(week),
        "start": week.start,
        "end": week.end,  # days that are closed at its end belong to the week that contracts count by
        "cyclic": around,
        "seed": week.spec.plan.seed,
    }


def next_night(requirement: pd.DataFrame, week: Week) -> pd.DataFrame:
    """What the first night after the plan will ask for of those whose shifts of the last day run on into it.

    As a week before; of work that can wait, of which little is left where a plan begins, as the night before. It ends
    with the first shift of the day after: the next plan finds the nights as they are, and its own people beside them.
    """
    runs_on = max((max(kind.starts) + kind.length for kind in week.shift_types), default=0.0) - DAY
    morning = min((min(kind.starts) for kind in week.shift_types if kind.starts_on(week.end)), default=DAY)
    length = pd.Timedelta(seconds=max(0.0, min(runs_on, morning)))
    parts = [
        _as_before(requirement, week, days=7 if queue.live else 1, queue=name) for name, queue in week.queues.items()
    ]
    later = pd.concat(parts, ignore_index=True)
    later = later[later["end"] <= week.end + length]
    open_then = [
        bool(week.queues[queue].hours.is_open(pd.DatetimeIndex([start]))[0])
        for queue, start in zip(later["queue"], later["start"], strict=True)
    ]
    return later[np.array(open_then, dtype=bool)]


def _as_before(requirement: pd.DataFrame, week: Week, *, days: int, queue: str) -> pd.DataFrame:
    """What a queue needed so many days before the end of the plan and after, as if it came after the end."""
    since = max(week.start, week.end - pd.Timedelta(days=days))
    rows = requirement[(requirement["queue"] == queue) & (requirement["start"] >= since)]
    return rows.assign(start=rows["start"] + (week.end - since), end=rows["end"] + (week.end - since))


def handed_schedule(table: pd.DataFrame, need: Need) -> Schedule:
    """A schedule that was handed in, as a result without a claim."""
    from wfm.evaluation.presence import coverage_of

    coverage = coverage_of(table, need.requirement)
    return Schedule(
        table=table, coverage=coverage, objective=hours_paid(table), bound=0.0, status="feasible", seconds=0.0
    )


def handed_roster(table: pd.DataFrame, need: Need) -> Roster:
    """A roster that was handed in, as a result without a claim."""
    from wfm.evaluation.presence import coverage_of

    return Roster(
        table=table,
        coverage=coverage_of(table, need.requirement),
        objective=0.0,
        bound=0.0,
        status="feasible",
        seconds=0.0,
    )
