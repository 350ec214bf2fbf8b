"""Who may take a shift, who may swap it, and which further shifts would help: each answer lawful and ranked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import read_date
from wfm.checks import number_in
from wfm.errors import DataError
from wfm.schedule.desk.desk import Desk, Trial, tried
from wfm.schedule.lawful.options import Choices, Patterns, patterns_of
from wfm.schedule.roster.writing import rows_of_duty
from wfm.schedule.rules.rule import shifts_of, week_of
from wfm.schedule.search.pricing import Board
from wfm.schedule.shifts.demand import Demand, read_demand

Floats = npt.NDArray[np.float64]
DAY = pd.Timedelta(days=1)
TAKERS = ("agent", "lawful", "rule", "why", "cost", "hours", "wish")
SWAPS = ("agent", "day", "shift", "start", "lawful", "why", "cost")
OPEN = ("queue", "day", "shift", "start", "end", "hours", "filled", "may_take", "first", "in_the_way")


def who_may_take(desk: Desk, agent: str, day: object) -> pd.DataFrame:
    """Everybody else, those who may lawfully take a person's shift first, the best first.

    A person who has a shift that day already may not; rests, contract hours, skills, absences and locks are judged from
    the rules' text. Ranked by what soft rules and wishes then cost more, then by the hours of the week so far.

    Returns
    -------
    table : agent, lawful, rule and why (the first in the way), cost, hours (paid in that week, the shift included) [h],
            wish (what the person asked for that day)

    Raises
    ------
    DataError       The person is not known, or has no shift that day.

    >>> from wfm.schedule import Contract, People, ShiftType
    >>> rows = pd.DataFrame({"agent": ["Ada", "Bo"], "start": pd.to_datetime(["2026-11-23 08:00", "2026-11-23 12:00"]),
    ...                      "activity": "work", "paid": True, "shift": ["day", "late"], "queue": "voice"})
    >>> rows["end"] = rows["start"] + pd.Timedelta("8h")
    >>> staff = People(agents=pd.DataFrame({"agent": ["Ada", "Bo", "Cy"], "contract": "ft"}),
    ...                contracts={"ft": Contract(name="ft")})
    >>> kinds = [ShiftType(name=n, length="8h", starts=at) for n, at in (("day", "08:00"), ("late", "12:00"))]
    >>> who_may_take(Desk(roster=rows, people=staff, shift_types=kinds), "Ada", "2026-11-23")[["agent", "lawful"]]
      agent  lawful
    0    Cy    True
    1    Bo   False
    """
    return takers(desk, desk.shift_of(agent, day), besides=(agent,))


def takers(desk: Desk, shift: pd.DataFrame, besides: Sequence[str] = ()) -> pd.DataFrame:
    """Who may lawfully take the rows of a shift, as `who_may_take` says it."""
    date = shift["start"].min().normalize()
    others = [name for name in desk.people.names if name not in besides]
    found = tried(desk, [Trial(agent=a, out=desk.roster[:0], into=shift.assign(agent=a)) for a in others])
    paid = float(((shift["end"] - shift["start"]).dt.total_seconds() / 3600)[shift["paid"].astype(bool)].sum())
    hours = _hours_of_week(desk, date)
    found = found.assign(hours=[hours.get(a, 0.0) + paid for a in others], wish=[_wish(desk, a, date) for a in others])
    place = {name: k for k, name in enumerate(desk.people.names)}
    order = found.assign(bad=~found["lawful"], place=found["agent"].map(place))
    order = order.sort_values(["bad", "cost", "hours", "place"], kind="stable")
    return order[list(TAKERS)].reset_index(drop=True)


def who_may_swap(desk: Desk, agent: str, day: object, *, within: int = 7) -> pd.DataFrame:
    """The shifts of others that a person may lawfully have for one of their own, the best first.

    Both give their shift away and take the other's; both must then keep every rule.

    Parameters
    ----------
    within : int    The other's shift starts at most so many days away.

    Returns
    -------
    table : agent (the other), day, shift, start (what the other gives), lawful, why, cost (of both)
    """
    mine = desk.shift_of(agent, day)
    near = int(number_in(within, name="within", low=0, high=366))
    date = read_date(day)
    shifts = shifts_of(desk.roster)
    shifts = shifts[(shifts["agent"] != agent) & ((shifts["day"] - date).abs() <= near * DAY)]
    theirs = [desk.shift_of(a, d) for a, d in zip(shifts["agent"], shifts["day"], strict=True)]
    trials = [Trial(agent=agent, out=mine, into=rows.assign(agent=agent)) for rows in theirs]
    trials += [
        Trial(agent=a, out=rows, into=mine.assign(agent=a)) for a, rows in zip(shifts["agent"], theirs, strict=True)
    ]
    told = tried(desk, trials)
    own, other = told[: len(theirs)], told[len(theirs) :].reset_index(drop=True)
    found = shifts[["agent", "day", "shift", "start"]].reset_index(drop=True)
    found = found.assign(
        lawful=(own["lawful"] & other["lawful"]).to_numpy(dtype=bool),
        why=np.where(own["lawful"], other["why"], own["why"]),
        cost=own["cost"] + other["cost"],
    )
    same = found["lawful"] & (found["start"] == mine["start"].min()) & (found["shift"] == mine["shift"].iloc[0])
    found = found[~same].assign(bad=~found["lawful"], far=(found["day"] - date).abs())
    ranked: pd.DataFrame = found.sort_values(["bad", "cost", "far", "agent"], kind="stable").reset_index(drop=True)
    return ranked[list(SWAPS)]


def handed_over(desk: Desk, agent: str, day: object, to: str) -> pd.DataFrame:
    """The roster table with a person's shift in the hands of another.

    Raises
    ------
    InfeasibleError     A hard rule would be broken that is kept now; `.reasons` names it.
    """
    shift = desk.shift_of(agent, day)
    desk.refuse_unknown(to)
    return desk.refuse_unlawful(desk.changed(shift, shift.assign(agent=to)))


def swapped(desk: Desk, agent: str, day: object, other: str, other_day: object) -> pd.DataFrame:
    """The roster table with the shifts of two people exchanged; refuses what breaks a hard rule."""
    mine, theirs = desk.shift_of(agent, day), desk.shift_of(other, other_day)
    out = pd.concat([mine, theirs], ignore_index=True)
    into = pd.concat([mine.assign(agent=other), theirs.assign(agent=agent)], ignore_index=True)
    return desk.refuse_unlawful(desk.changed(out, into))


def open_shifts(desk: Desk, *, most: int = 10) -> pd.DataFrame:
    """The further shifts that would fill most of what is missing, and who may take each.

    One after the other, each fills what the ones before leave missing, its breaks where they hurt least.

    Returns
    -------
    table : queue, day, shift, start, end, hours (paid), filled (missing agent-hours that it fills), may_take (how many
            people may lawfully take it), first (the best of them), in_the_way (by rule, how many it keeps away)

    Raises
    ------
    DataError       The desk has no coverage by interval.
    """
    if desk.coverage is None or "type" in desk.coverage:
        raise DataError(
            "open shifts need coverage by interval (queue, start, end, required, rostered). Hand the Roster in, or "
            "give Desk its coverage.",
            table="coverage",
        )
    number = int(number_in(most, name="most", low=0, high=1e4))
    demand = read_demand(desk.coverage.assign(agents=desk.coverage["required"]), desk.shift_types)
    patterns = patterns_of(desk.shift_types, demand, desk.hours)
    board, nobody = Board(demand, patterns), _nobody(demand, patterns)
    missing = _missing(desk.coverage, demand)
    found: list[tuple[object, ...]] = []
    while len(found) < number:
        gain = np.clip(missing, 0.0, 1.0) * demand.hours
        value = np.where(patterns.open, board.values(gain, nobody), -np.inf)
        queue, day, pattern = (int(k) for k in np.unravel_index(int(value.argmax()), value.shape))
        filled = float(value[queue, day, pattern])
        if filled < 1e-9:
            break
        duty = board.place(gain, nobody, day, pattern, queue)._replace(queue=queue)
        cells, holes = board.covered(duty, nobody)
        missing[queue, np.setdiff1d(cells, holes)] -= 1.0
        shift = rows_of_duty(duty, demand, patterns, nobody)
        may = takers(desk, shift)
        names = may.loc[may["lawful"], "agent"].tolist()
        found.append(
            (
                demand.queues[queue],
                demand.dates[day],
                patterns.name(pattern),
                shift["start"].min(),
                shift["end"].max(),
                float(patterns.paid[pattern]) / 3600,
                filled,
                len(names),
                names[0] if names else None,
                "; ".join(f"{rule}: {n}" for rule, n in may.loc[~may["lawful"], "rule"].value_counts().items()),
            )
        )
    return pd.DataFrame(found, columns=list(OPEN))


def _missing(coverage: pd.DataFrame, demand: Demand) -> Floats:
    """People missing by (queue, cell)."""
    found = np.zeros_like(demand.required)
    row = coverage["queue"].map({queue: k for k, queue in enumerate(demand.queues)}).to_numpy()
    first = np.rint(demand.seconds(coverage["start"]) / demand.step).astype(np.int64)
    last = np.rint(demand.seconds(coverage["end"]) / demand.step).astype(np.int64)
    short = (coverage["required"] - coverage["rostered"]).clip(lower=0).to_numpy(dtype=float)
    for queue, a, b, people in zip(row, first, last, short, strict=True):
        found[queue, a:b] = people
    return found


def _nobody(demand: Demand, patterns: Patterns) -> Choices:
    """The choices of a person without contract, absences and wishes."""
    return Choices(
        cost=np.zeros((demand.days, patterns.number)),
        off=np.zeros(demand.days),
        queue_cost=np.zeros(len(demand.queues)),
        queue_locked=np.full(demand.days, -1),
        weight=1.0,
        cuts=[],
    )


def _hours_of_week(desk: Desk, date: pd.Timestamp) -> dict[str, float]:
    """Paid hours of each person's shifts in the planning week of a day."""
    shifts = shifts_of(desk.roster)
    if not len(shifts):
        return {}
    start = desk.people.calendar.week_start
    week = week_of(pd.Series([date]), start).iloc[0]
    own = shifts[week_of(shifts["day"], start) == week]
    return {str(agent): float(hours) for agent, hours in own.groupby("agent")["hours"].sum().items()}


def _wish(desk: Desk, agent: str, date: pd.Timestamp) -> str:
    """What a person asked for on a day: off, work, or nothing."""
    assert desk.people.wishes is not None
    own = desk.people.wishes
    own = own[(own["agent"] == agent) & (own["start"] < date + DAY) & (own["end"] > date)]
    return "" if not len(own) else str(own["kind"].iloc[0])
