"""Meetings and training of the week's file: placed in the shifts that are designed, or in the days of named people.

Where shifts are designed, the last design covers what the promise takes and the blocks beside it. Where people are
named, their first roster shows who is missed least and when; the blocks are then fixed appointments, each on a day that
stays worked, and the roster is solved again around them, for the people who are left on contacts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from wfm.evaluation import Evaluation
from wfm.evaluation.presence import coverage_of
from wfm.plan.correct import corrected, wrapped
from wfm.plan.inputs import Inputs
from wfm.plan.lighten import no_worse, status_of
from wfm.plan.need import Need
from wfm.plan.people_step import ROSTER_UNDER, follows_itself, redesigned
from wfm.schedule import People, Roster, Schedule, Session, place_sessions
from wfm.schedule.rules.rule import shifts_of
from wfm.schedule.sessions.sessions import attendees, for_people

COLUMNS = ["session", "kind", "start", "end", "people", "agents", "gap"]
FOR_PLACES = 1 / 6  # of the plan's time limit, for who attends when
HELD = ("training", "meeting")


def held_in_shifts(
    lines: Schedule,
    service: Evaluation | None,
    inputs: Inputs,
    need: Need,
    judge: Callable[[Schedule, Evaluation | None], Evaluation],
) -> tuple[Schedule, Evaluation | None]:
    """The cheapest shifts found for what keeps the promise and for the sessions beside it, and the service they give.

    Surplus above the requirement may go to sessions; where a promise is then missed, all that was covered stays.
    """
    asked = need.requirement.reset_index(drop=True)
    now = lines.coverage[["queue", "start", "rostered"]].rename(columns={"rostered": "now"})
    covered = asked[["queue", "start"]].merge(now, on=["queue", "start"], how="left")["now"].fillna(0.0)
    if service is None:
        return _with_sessions(asked, inputs, need), None
    lean = np.minimum(covered, asked["rostered"])
    made = _with_sessions(asked.assign(rostered=lean), inputs, need)
    judged = judge(made, service)
    if no_worse(judged, service):
        return made, judged
    whole = asked.assign(rostered=covered)

    def against_cover(plan: Schedule, before: Evaluation | None) -> Evaluation:
        told = judge(plan, before)
        short = told.coverage.merge(
            whole[["queue", "start", "rostered"]], on=["queue", "start"], suffixes=("", "_asked")
        )
        return replace(told, coverage=short.assign(gap=short["rostered"] - short["rostered_asked"]))

    made, _ = corrected(
        whole,
        _with_sessions(whole, inputs, need),
        lambda more, _: _with_sessions(more, inputs, need),
        against_cover,
        need,
    )
    return made, judge(made, service)


def _with_sessions(cover: pd.DataFrame, inputs: Inputs, need: Need) -> Schedule:
    """The cheapest shifts for a cover and the sessions beside it, their coverage against the requirement."""
    week = inputs.week
    found = redesigned(inputs, cover, sessions=week.sessions)
    table = wrapped(found.table, week.start, week.end) if follows_itself(inputs) else found.table
    made = replace(found, coverage=coverage_of(table, need.requirement), objective=found.paid_hours)
    bound = min(found.bound, made.paid_hours)
    return replace(made, bound=bound, status=status_of(made, bound))


def with_told_sessions(inputs: Inputs) -> Inputs:
    """The people with the blocks of sessions that they were told of, as far as those are still asked for."""
    told, people = inputs.before.told, inputs.people
    if people is None or told is None or "session" not in told:
        return inputs
    rows, wanted = told[told["session"].notna()], {one.name: one for one in inputs.week.sessions}
    kept = [
        k
        for k, row in enumerate(rows.to_dict("records"))
        if _still_asked(row, wanted.get(row["session"]), people) and not _away(row, people)
    ]
    return replace(inputs, people=_with_appointments(people, rows.iloc[kept], told))


def _still_asked(row: dict[Any, Any], session: Session | None, people: People) -> bool:
    """Whether a block is as its session asks, for somebody whom it names."""
    if session is None or row["agent"] not in attendees(session, people):
        return False
    lasts = (row["end"] - row["start"]).total_seconds() == session.length
    return lasts and row["activity"] == session.kind and session.held_on(row["start"].normalize())


def _away(row: dict[Any, Any], people: People) -> bool:
    """Whether the person of a row cannot be there, or is somewhere else."""
    away = people.availability
    assert away is not None
    met = (away["agent"] == row["agent"]) & (away["start"] < row["end"]) & (away["end"] > row["start"])
    return bool((met & (away["kind"] != "only")).any())


def with_sessions(inputs: Inputs, aimed: pd.DataFrame, named: Roster) -> Inputs:
    """The people with blocks of every session that is not yet held, where they are missed least in their roster."""
    people, week = inputs.people, inputs.week
    assert people is not None
    table = marked(named.table, people)
    left = [one for one in (_left(session, people, table) for session in week.sessions) if one.hours != 0]
    left.sort(key=lambda one: not one.together)  # who meets at one time comes first: that is the hardest to place
    if not left:
        return inputs
    placed = place_sessions(
        table,
        aimed,
        left,
        under_cost=week.spec.costs.under or ROSTER_UNDER,
        over_cost=week.spec.costs.over,
        cyclic=follows_itself(inputs),
        time_limit=FOR_PLACES * week.spec.plan.time_limit,
        people=people,
    )
    known = {(row.agent, row.start) for row in _appointments(people).itertuples()}
    rows = placed[placed["session"].notna()]
    fresh = rows[[key not in known for key in zip(rows["agent"], rows["start"], strict=True)]]
    return replace(inputs, people=_with_appointments(people, fresh, named.table))


def _left(session: Session, people: People, table: pd.DataFrame) -> Session:
    """The session without those who attend it already."""
    held = table.loc[table["session"] == session.name, "agent"]
    hours = None if session.hours is None else max(0.0, session.hours - len(held) * session.length / 3600)
    return replace(session, hours=hours, but=(*session.but, *held))


def _with_appointments(people: People, rows: pd.DataFrame, roster: pd.DataFrame) -> People:
    """The people with blocks as appointments, each on a day that stays worked by the shift that holds it."""
    if rows.empty:
        return people
    fresh = pd.DataFrame(
        {
            "agent": rows["agent"],
            "start": rows["start"],
            "end": rows["end"],
            "kind": rows["activity"],
            "reason": rows["session"],
            "paid": True,
        }
    )
    shifts = shifts_of(roster)
    both = fresh.merge(shifts, on="agent", suffixes=("", "_shift"))
    inside = both[(both["start_shift"] <= both["start"]) & (both["end_shift"] >= both["end"])]
    days = pd.DataFrame({"agent": inside["agent"], "start": inside["day"], "type": inside["shift"]})
    assert people.locks is not None
    locked = set(zip(people.locks["agent"], people.locks["start"].dt.normalize(), strict=True))
    open_ = [key not in locked for key in zip(days["agent"], days["start"], strict=True)]
    return replace(
        people,
        availability=_joined(people.availability, fresh),
        locks=_joined(people.locks, days[open_].drop_duplicates(["agent", "start"])),
    )


def _joined(table: pd.DataFrame | None, more: pd.DataFrame) -> pd.DataFrame:
    return more if table is None or table.empty else pd.concat([table, more], ignore_index=True)


def _appointments(people: People) -> pd.DataFrame:
    """Trainings and meetings of the people with the name that each was given."""
    away = people.availability
    assert away is not None
    return away[away["kind"].isin(HELD) & away["reason"].notna()]


def marked(table: pd.DataFrame, people: People | None, sessions: Sequence[Session] | None = None) -> pd.DataFrame:
    """A roster with a column `session`: the name of the session that a row is a block of, of these where given."""
    if people is None:
        return table
    own = _appointments(people)
    if sessions is not None:
        own = own[own["reason"].isin([one.name for one in sessions])]
    names = {(agent, start): name for agent, start, name in zip(own["agent"], own["start"], own["reason"], strict=True)}
    held = table["activity"].isin(HELD)
    keys = zip(table["agent"], table["start"], held, strict=True)
    found = [names.get((agent, start)) if block else None for agent, start, block in keys]
    return table.assign(session=pd.Series(found, index=table.index, dtype=object))


def sessions_table(plan: Schedule | Roster | None) -> pd.DataFrame:
    """When each session is held, by how many and by whom, and what contacts miss meanwhile.

    Columns: session, kind, start, end, people, agents (names, where there are), gap [people over the requirement while
    it lasts, negative: missing; at its worst].
    """
    if plan is None or "session" not in plan.table:
        return pd.DataFrame(columns=COLUMNS)
    rows = plan.table[plan.table["session"].notna()]
    rows = rows if "people" in rows else rows.assign(people=1)
    found = []
    key: Any
    for key, own in rows.groupby(["session", "activity", "start", "end"]):
        name, kind, start, end = key
        who = ", ".join(own["agent"]) if "agent" in own else ""
        gap = _worst(plan.coverage, start, end, set(own["queue"].dropna()))
        found.append((name, kind, start, end, int(own["people"].sum()), who, gap))
    return pd.DataFrame(found, columns=COLUMNS).sort_values(["session", "start"], kind="stable", ignore_index=True)


def _worst(coverage: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp, queues: set[str]) -> float:
    rows = coverage[(coverage["start"] < end) & (coverage["end"] > start) & coverage["queue"].isin(queues)]
    return float(rows["gap"].min()) if len(rows) else float("nan")


def on_contacts(table: pd.DataFrame) -> pd.DataFrame:
    """A schedule or roster as if nobody attended: the blocks of sessions are work."""
    if "session" not in table:
        return table
    return table.assign(activity=table["activity"].where(table["session"].isna(), "work"))


def session_figures(
    held: pd.DataFrame,
    plan: Schedule | Roster | None,
    service: Evaluation | None,
    inputs: Inputs,
    judge: Callable[[Any], Evaluation],
) -> dict[str, Any]:
    """How many attend each session of how many, and the points of service that each queue would have without them."""
    if plan is None or not inputs.week.sessions:
        return {"sessions": [], "session_points": {}}
    counted = held.groupby("session")["people"].sum()
    found = [(one.name, int(counted.get(one.name, 0)), _asked(one, plan, inputs)) for one in inputs.week.sessions]
    points: dict[str, float] = {}
    if service is not None and len(held):
        free = judge(replace(plan, table=on_contacts(plan.table))).promise
        for queue in service.services:
            now, then = (float(_week(table, queue).mean()) for table in (service.promise, free))
            points[queue] = 100 * (then - now)
    return {"sessions": found, "session_points": points}


def _asked(session: Session, plan: Schedule | Roster, inputs: Inputs) -> int:
    """How many should attend."""
    named = isinstance(plan, Roster) and inputs.people is not None
    return (for_people(session, inputs.people, plan.table) if named else session).blocks  # type: ignore[arg-type]


def _week(promise: pd.DataFrame, queue: str) -> pd.Series:
    return promise.loc[(promise["queue"] == queue) & (promise["scope"] == "week"), "service_level"]
