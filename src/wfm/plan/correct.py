"""The loop that joins need and schedule: solve, judge, and ask for more where a promise is missed without being short.

The requirement is made for intervals, the schedule for shifts; between the two, absence by person and the sample of
futures move the chance that a promise holds by a few points. Where an instance of a promise is missed though everybody
asked for is rostered, a little more is asked for and the schedule is solved again from where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd

from wfm.evaluation import Evaluation
from wfm.evaluation.service import Service
from wfm.plan.need import Need
from wfm.schedule import Roster, Schedule

ROUNDS = 3
SHORT = 0.02  # of what is required may be missing before a missed promise is put down to people
WORST = 0.15  # of the intervals of a missed instance get one agent more
MORE_WORK, LEAST_MORE = 0.25, 0.5  # of the people on work, and people, where what came in then was late
Solved = TypeVar("Solved", Schedule, Roster)


def corrected(
    aimed: pd.DataFrame,
    first: Solved,
    solve: Callable[[pd.DataFrame, Solved], Solved],
    judge: Callable[[Solved, Evaluation | None], Evaluation],
    need: Need,
    service: Evaluation | None = None,
    *,
    rounds: int = ROUNDS,
    waiting: Sequence[str] = (),
    pools: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Solved, Evaluation]:
    """The plan after so many corrections at most, and the service that it gives; `service` is that of the first.

    `waiting` are queues whose work can wait and is given more people where it is not done in time; `pools` queues that
    the same people answer, of whom some are missing only where the pool as a whole lacks them.
    """
    solved, service = first, service or judge(first, None)
    for _ in range(rounds):
        raised = raise_aim(aimed, service, need, waiting, pools)
        if raised is None:
            break
        aimed = raised
        solved = solve(aimed, solved)
        service = judge(solved, service)
    return solved, service


def raise_aim(
    aimed: pd.DataFrame,
    service: Evaluation,
    need: Need,
    waiting: Sequence[str] = (),
    pools: Mapping[str, Sequence[str]] | None = None,
) -> pd.DataFrame | None:
    """The requirement with one agent more in the worst intervals of every missed instance that is not short.

    None where every promise is kept, or where it is people that are missing and asking for more would not help.
    """
    extra = pd.Series(0.0, index=aimed.index)
    for name, queue in need.queues.items():
        if queue.target is None or name not in service.services:
            continue
        missed = service.promise[
            (service.promise["queue"] == name)
            & (service.promise["scope"] == queue.target.scope)
            & ~service.promise["kept"].astype(bool)
        ]
        most = queue.target.max_abandon
        for start, end, lost in zip(missed["start"], missed["end"], missed["abandon_rate"], strict=True):
            over = 0.0 if most is None else max(0.0, float(lost) - most)
            inside = _inside(service.coverage, name, start, end)
            if not _short(_of_pool(service.coverage, name, inside["start"], pools or {})):
                extra += _more_in(inside, service.services[name], aimed, over)
    for name in late_queues(service, waiting):
        own = (aimed["queue"] == name) & aimed["start"].isin(late_starts(service, name))
        extra[own] += np.maximum(MORE_WORK * aimed.loc[own, "agents"], LEAST_MORE)
    if not extra.any():
        return None
    ratio = (aimed["rostered"] / aimed["agents"]).where(aimed["agents"] > 0, 1.0)
    return aimed.assign(agents=aimed["agents"] + extra, rostered=aimed["rostered"] + extra * ratio)


def missed(service: Evaluation) -> int:
    """Instances of promises that are not kept."""
    return int((~service.promise["kept"].dropna().astype(bool)).sum())


def late_queues(service: Evaluation, waiting: Sequence[str]) -> list[str]:
    """Queues whose work can wait and is not done in time."""
    rows = service.promise[service.promise["queue"].isin(list(waiting)) & service.promise["kept"].notna()]
    return [str(name) for name in rows.loc[~rows["kept"].astype(bool), "queue"].unique()]


def late_starts(service: Evaluation, queue: str) -> pd.Series:
    """Intervals of which the work that came in then is late more often than is promised."""
    target = service.services[queue].target
    rows = service.coverage[service.coverage["queue"] == queue]
    return rows.loc[rows["service_level"] < (1.0 if target is None else target.share), "start"]


def latest_starts(service: Evaluation, queue: str) -> pd.Series:
    """The half of those intervals of which most is late."""
    rows = service.coverage[service.coverage["queue"] == queue]
    rows = rows[rows["start"].isin(late_starts(service, queue))]
    return rows.loc[rows["service_level"] <= rows["service_level"].median(), "start"]


def _of_pool(coverage: pd.DataFrame, queue: str, starts: pd.Series, pools: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """What the people of a queue must cover in some intervals, and how far they do: they may answer others too."""
    queues = next((list(own) for own in pools.values() if queue in own), [queue])
    rows = coverage[coverage["queue"].isin(queues) & coverage["start"].isin(starts)]
    return rows.groupby("start", as_index=False)[["required", "gap"]].sum()


def _inside(coverage: pd.DataFrame, queue: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    rows = (coverage["queue"] == queue) & (coverage["start"] >= start) & (coverage["start"] < end)
    return coverage[rows & (coverage["offered"] > 0)]


def _short(rows: pd.DataFrame) -> bool:
    """Whether people are missing, so that asking for more would not help."""
    return bool(rows.empty or rows["gap"].clip(upper=0).sum() < -SHORT * rows["required"].sum())


def _more_in(rows: pd.DataFrame, service: Service, aimed: pd.DataFrame, over: float) -> pd.Series:
    """Agents to add: one in the intervals that break the floor most often, or else serve worst.

    Where too many hang up, as many as hang up: an overloaded queue loses one contact less for each agent more.
    """
    more = pd.Series(0.0, index=aimed.index)
    count = max(1, round(WORST * len(rows)))
    breach = service.breaches().reindex(rows["start"]).to_numpy()
    order = np.lexsort((rows["service_level"].to_numpy(), -breach))[:count]
    chosen = (aimed["queue"] == service.queue.name) & aimed["start"].isin(rows["start"].iloc[order])
    more[chosen] = 1.0
    if over > 0:
        everywhere = (aimed["queue"] == service.queue.name) & aimed["start"].isin(rows["start"])
        more[everywhere] = np.maximum(more[everywhere], np.ceil(over * aimed.loc[everywhere, "agents"]))
    return more


def with_carried(table: pd.DataFrame, previous: pd.DataFrame | None, start: pd.Timestamp) -> pd.DataFrame:
    """The roster and the tail of last week's shifts that runs into its first day."""
    if previous is None or previous.empty:
        return table
    rows = previous.sort_values(["agent", "start"], kind="stable")
    fresh = (rows["agent"] != rows["agent"].shift()) | (rows["start"] != rows["end"].shift())
    begun = rows.groupby(fresh.cumsum())["start"].transform("min") < start
    tail = rows[begun & (rows["end"] > start)]
    tail = tail.assign(start=tail["start"].where(tail["start"] > start, start))
    return pd.concat([tail[table.columns.intersection(tail.columns)], table], ignore_index=True)


def wrapped(table: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """A schedule or roster that follows itself: what runs past its end comes in at its beginning."""
    over = table[table["end"] > end]
    if over.empty:
        return table
    shift = end - start
    head = over.assign(start=over["start"].where(over["start"] > end, end) - shift, end=over["end"] - shift)
    name = "agent" if "agent" in head else "shift"
    return pd.concat([head.assign(**{name: head[name] + " (week before)"}), table], ignore_index=True)
