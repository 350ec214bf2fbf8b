"""What a planner asks of a plan: the price of each step, the dear hours, what a change would save, and what differs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wfm.errors import InfeasibleError, SettingError, WfmWarning, did_you_mean, listed
from wfm.evaluation import Evaluation, evaluate
from wfm.evaluation.presence import CountsAs, coverage_of
from wfm.hours import OpeningHours
from wfm.plan.correct import wrapped
from wfm.plan.ways_out import chance, promises_kept
from wfm.schedule import Contract, Schedule, Session, ShiftType, design_shifts, design_tours
from wfm.schedule import hour_prices as prices_of_hours
from wfm.schedule import what_if as saved_by
from wfm.schedule.design.pools import can_wait, days_around, pooled, pooled_hours, sessions_of_pools, shared_out

if TYPE_CHECKING:
    from wfm.plan.week_plan import WeekPlan

STEP_COLUMNS = [
    "step", "paid_hours", "more_hours", "bound", "missing", "service_level", "probability", "promises_kept", "promises",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the week's file allows: shifts, contracts and hours, and how designs of the plan are made and judged."""

    shift_types: tuple[ShiftType, ...] = ()
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    hours: Mapping[str, OpeningHours] = field(default_factory=dict)
    under_cost: float = 3.0
    cyclic: bool = False
    time_limit: float = 60.0
    seed: int = 0
    counts_as: CountsAs = field(default_factory=dict)
    capacity: pd.DataFrame | None = None
    pools: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sessions: tuple[Session, ...] = ()

    def design(self) -> dict[str, Any]:
        """Arguments of a design."""
        return {
            "shift_types": self.shift_types,
            "under_cost": self.under_cost,
            "cyclic": self.cyclic,
            "hours": self.hours,
        }

    def summed(self, requirement: pd.DataFrame) -> dict[str, Any]:
        """Arguments of a design of pools as if each were one queue."""
        hours = pooled_hours(self.hours, self.pools, days_around(requirement))
        return self.design() | {"requirement": pooled(requirement, self.pools), "hours": hours}


def steps(plan: WeekPlan, *, time_limit: float | None = None) -> pd.DataFrame:
    """The price of each step from the need to the plan: free shifts, sessions, tours of the contracts, named people.

    The first row is the need itself, people rostered exactly as the requirement asks: no shifts can do with less and
    cover it. Free shifts are any of the file's shift types on any day, of the people of a pool for all of its queues;
    sessions are the file's meetings and training beside contacts, by as many as attend in the plan; tours are weeks
    that its contracts allow, by any number of people. Every step is judged on the plan's own futures.

    Parameters
    ----------
    time_limit : float      Wall time of each design [s]; None = that of the plan.

    Returns
    -------
    DataFrame       step, paid_hours, more_hours (than the step before), bound (paid hours and shortage below which no
                    such step comes; NaN where none is known), missing [agent-hours against the requirement],
                    service_level and probability (of the worst live queue), promises_kept, promises.
    """
    terms, limit = _terms(plan), plan.terms.time_limit if time_limit is None else time_limit  # type: ignore[union-attr]
    width = (plan.requirement["end"] - plan.requirement["start"]).dt.total_seconds() / 3600
    need = float((plan.requirement["rostered"] * width).sum())
    rows: list[dict[str, Any]] = [{"step": "need", "paid_hours": need, "bound": need, "missing": 0.0}]
    given = {"time_limit": limit, "seed": terms.seed}
    for step, design in _designs(terms, plan):
        made = _quietly(lambda design=design: design(given))  # type: ignore[misc]
        if made is not None:
            rows.append({"step": step, "bound": made.bound} | _row(made.table, made.paid_hours, plan))
    if plan.schedule is not None:
        last = "named people" if plan.roster is not None else "shifts of the plan"
        table = plan.schedule.table if plan.roster is None else plan.roster.table
        rows.append({"step": last} | _row(table, plan.schedule.paid_hours, plan, plan.evaluation))
    found = pd.DataFrame(rows)
    return found.assign(more_hours=found["paid_hours"].diff()).reindex(columns=STEP_COLUMNS)


def step_lines(found: pd.DataFrame) -> list[str]:
    """The table of `steps` in words, a line each.

    >>> table = pd.DataFrame({"step": ["need", "free shifts"], "paid_hours": [400.0, 424.0], "more_hours": [None, 24.0],
    ...                       "service_level": [None, 0.83], "promises_kept": [None, 6], "promises": [None, 7]})
    >>> step_lines(table)
    ['STEP need           400 paid h', 'STEP free shifts    424 paid h (+6.0%), 83% expected, 6 of 7 promises kept']
    """
    lines = []
    for step, hours, more, level, kept, promises in zip(
        *(found[name] for name in ("step", "paid_hours", "more_hours", "service_level", "promises_kept", "promises")),
        strict=True,
    ):
        words = f"STEP {step:<12} {hours:>6,.0f} paid h"
        if not pd.isna(more) and hours > more:
            words += f" ({more / (hours - more):+.1%})"
        if not pd.isna(level):
            words += f", {level:.0%} expected, {kept:.0f} of {promises:.0f} promises kept"
        lines.append(words)
    return lines


def _designs(terms: Terms, plan: WeekPlan) -> list[tuple[str, Callable[[dict[str, Any]], Schedule]]]:
    """What is designed at each step, of the wall time and seed that it is given."""
    plain = {**terms.design(), "requirement": plan.requirement, "pools": terms.pools or None}
    held = _in_designs(plan)
    found: list[tuple[str, Callable[[dict[str, Any]], Schedule]]] = [
        ("free shifts", lambda given: design_shifts(**plain, **given))
    ]
    if held:
        found.append(("sessions", lambda given: design_shifts(**plain, **given, sessions=held)))
    if terms.contracts:
        found.append(("tours", lambda given: _tours(plan, held, given)))
    return found


def _tours(plan: WeekPlan, held: tuple[Session, ...], given: dict[str, Any]) -> Schedule:
    """Weeks of the contracts; those of a pool's people are designed for its sum and shared out among its queues."""
    terms = _terms(plan)
    of_pools = sessions_of_pools(held, terms.pools) or None
    summed = {**terms.summed(plan.requirement), **given, "contracts": list(terms.contracts.values())}
    made = design_tours(**summed, sessions=of_pools)
    if not terms.pools:
        return made
    cycle = (plan.start, plan.end) if terms.cyclic else None
    waiting = can_wait(plan.requirement)
    table = shared_out(made.table, plan.requirement, terms.pools, waiting=waiting, cycle=cycle)
    return replace(made, table=table)


def _in_designs(plan: WeekPlan) -> tuple[Session, ...]:
    """The file's sessions for shifts without names: as many attend as in the plan, of the queue that most belong to."""
    terms = _terms(plan)
    blocks = {} if plan.sessions.empty else plan.sessions.groupby("session")["people"].sum().to_dict()
    table = None if plan.schedule is None else plan.schedule.table if plan.roster is None else plan.roster.table
    several = len(plan.requirement["queue"].unique()) > 1
    found = []
    for one in terms.sessions:
        hours = one.hours if one.hours is not None else blocks.get(one.name, 0) * one.length / 3600
        queue = one.queue
        if queue is None and table is not None and "session" in table and several:
            own = table.loc[table["session"] == one.name, "queue"].dropna()
            queue = str(own.mode().iloc[0]) if len(own) else None
        if hours > 0:
            found.append(replace(one, hours=hours, queue=queue, agents=(), teams=(), roles=(), contracts=(), but=()))
    return tuple(one for one in found if one.queue is not None or not several)


def _quietly(design: Callable[[], Schedule]) -> Schedule | None:
    """A design; None where the contracts leave open what a tour needs to know."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", WfmWarning)  # what cannot be covered stands in the column missing
            return design()
    except (SettingError, InfeasibleError):
        return None


def _row(table: pd.DataFrame, paid: float, plan: WeekPlan, judged: Evaluation | None = None) -> dict[str, Any]:
    """Hours and service of one step."""
    found = {"paid_hours": paid}
    service = judged or _judge(table, plan)
    there = wrapped(table, plan.start, plan.end) if _terms(plan).cyclic else table
    coverage = coverage_of(there, plan.requirement) if service is None else service.coverage
    width = (coverage["end"] - coverage["start"]).dt.total_seconds() / 3600
    found["missing"] = float((np.maximum(-coverage["gap"], 0.0) * width).sum())
    if service is None:
        return found
    kept, promises = promises_kept(service, plan.queues)
    live = [name for name, queue in plan.queues.items() if queue.live]
    weeks = service.promise[(service.promise["scope"] == "week") & service.promise["queue"].isin(live)]
    return found | {
        "service_level": float(weeks["service_level"].min()),
        "probability": chance(service, plan.queues),
        "promises_kept": kept,
        "promises": promises,
    }


def _judge(table: pd.DataFrame, plan: WeekPlan) -> Evaluation | None:
    """The service of a schedule on the plan's futures."""
    if plan.paths.empty:
        return None
    terms, known = _terms(plan), set(plan.paths["queue"])
    return evaluate(
        wrapped(table, plan.start, plan.end) if terms.cyclic else table,
        plan.paths,
        queues={name: queue for name, queue in plan.queues.items() if name in known},
        requirement=plan.requirement,
        counts_as=terms.counts_as,
        capacity=terms.capacity,
        seed=plan.seed,
    )


def hour_prices(plan: WeekPlan) -> pd.DataFrame:
    """What one more agent costs in each interval of the requirement: queue, start, end, required, price [paid hours].

    See `wfm.schedule.hour_prices`: an hour at 0 is covered by those who are there for other hours. The queues of a pool
    are priced together, under the pool's name.
    """
    terms = _terms(plan)
    return prices_of_hours(**terms.summed(plan.requirement), time_limit=terms.time_limit)


def what_if(plan: WeekPlan, changes: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """What each change of the shift design would save, designed anew: another shift type, opening hours, a number.

    `changes` maps a name to the arguments of `design_shifts` that change; see `wfm.schedule.what_if`. The design has
    the file's pools, and its sessions as `steps` has them: `{"sessions": None}` drops them, a list keeps those that it
    names, and Session objects stand in their place.
    """
    terms, held = _terms(plan), _in_designs(plan)
    given = {**terms.design(), "requirement": plan.requirement, "time_limit": terms.time_limit, "seed": terms.seed}
    given |= {"pools": terms.pools or None, "sessions": held or None}
    return saved_by(given, {name: _with_sessions(change, held) for name, change in changes.items()})


def _with_sessions(change: Mapping[str, Any], held: tuple[Session, ...]) -> dict[str, Any]:
    """A change whose sessions are named, with the sessions themselves."""
    given = change.get("sessions")
    if given is None or isinstance(given, Session):
        return dict(change)
    known, found = {one.name: one for one in held}, []
    for one in [given] if isinstance(given, str) else given:
        if isinstance(one, str) and one not in known:
            raise SettingError(
                f"sessions names {one!r}, which the plan does not hold. Known: {listed(known) or 'none'}."
                f"{did_you_mean(one, list(known))}",
                name="sessions",
                value=one,
            )
        found.append(known[one] if isinstance(one, str) else one)
    return {**change, "sessions": found or None}


def compared(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Two schedules or rosters, by queue and day: paid hours of each, what the second has more, and what moved.

    Returns
    -------
    DataFrame       queue, day, paid_hours, paid_hours_other, more_hours, moved [agent-hours that are worked at another
                    time], people, people_other (who start on the day).

    >>> start = pd.Timestamp("2026-11-21 08:00")
    >>> row = {"shift": "a", "start": start, "end": start + pd.Timedelta("4h"), "activity": "work", "paid": True,
    ...        "people": 2, "type": "short", "queue": "voice"}
    >>> later = row | {"start": start + pd.Timedelta("1h"), "end": start + pd.Timedelta("5h")}
    >>> found = compared(pd.DataFrame([row]), pd.DataFrame([later]))
    >>> found[["paid_hours", "paid_hours_other", "more_hours", "moved", "people"]].values.tolist()
    [[8.0, 8.0, 0.0, 2.0, 2.0]]
    """
    one, other = _by_day(first), _by_day(second)
    both = one.join(other.add_suffix("_other"), how="outer").fillna(0.0).reset_index()
    return both.assign(
        more_hours=both["paid_hours_other"] - both["paid_hours"],
        moved=[_moved(first, second, queue, day) for queue, day in zip(both["queue"], both["day"], strict=True)],
        people=both["people"].astype(int),
        people_other=both["people_other"].astype(int),
    )[["queue", "day", "paid_hours", "paid_hours_other", "more_hours", "moved", "people", "people_other"]]


def _by_day(table: pd.DataFrame) -> pd.DataFrame:
    """Paid hours and people by queue and the day on which a line begins."""
    rows = _lines(table)
    hours = (rows["end"] - rows["start"]).dt.total_seconds() / 3600 * rows["people"]
    key = [rows["queue"], rows["day"]]
    first = rows.drop_duplicates(["line"])
    people = first.groupby([first["queue"], first["day"]])["people"].sum()
    return pd.DataFrame(
        {"paid_hours": hours.where(rows["paid"].astype(bool), 0.0).groupby(key).sum(), "people": people}
    )


def _lines(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of shifts with their line, the day on which it begins, and how many work it."""
    rows = table[table["shift"].notna()]
    queue = rows["queue"].fillna("") if "queue" in rows else pd.Series("", index=rows.index)
    if "people" in rows:
        line = rows["shift"].astype(str)
        return rows.assign(line=line, queue=queue, day=rows.groupby(line)["start"].transform("min").dt.normalize())
    rows = rows.assign(queue=queue).sort_values(["agent", "start"], kind="stable")
    fresh = (rows["agent"] != rows["agent"].shift()) | (rows["start"] != rows["end"].shift())
    number = fresh.cumsum()
    return rows.assign(line=number, people=1, day=rows.groupby(number)["start"].transform("min").dt.normalize())


def _moved(first: pd.DataFrame, second: pd.DataFrame, queue: str, day: pd.Timestamp) -> float:
    """Agent-hours of a day that one of the two works and the other does not, less the difference of their sums."""
    parts = []
    for table, sign in ((first, 1.0), (second, -1.0)):
        rows = _lines(table)
        rows = rows[(rows["queue"] == queue) & (rows["day"] == day) & (rows["activity"] == "work")]
        parts += [
            pd.Series(sign * rows["people"].to_numpy(dtype=float), index=rows["start"]),
            pd.Series(-sign * rows["people"].to_numpy(dtype=float), index=rows["end"]),
        ]
    steps_ = pd.concat(parts).groupby(level=0).sum().sort_index()
    hours = np.diff(steps_.index.to_numpy()) / np.timedelta64(1, "h")
    more = np.cumsum(steps_.to_numpy())[:-1]
    return float(min((np.maximum(more, 0.0) * hours).sum(), (np.maximum(-more, 0.0) * hours).sum()))


def _terms(plan: WeekPlan) -> Terms:
    if plan.terms is None or not plan.terms.shift_types:
        raise SettingError("shifts are not named in the week's file: there is nothing to design with.", name="shifts")
    return plan.terms
