"""How many agents it takes: the requirement of every queue, and what each step of confidence costs."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from wfm.errors import DataError, WfmWarning
from wfm.plan.adjust import adjusted
from wfm.plan.demand import Outlook
from wfm.plan.inputs import Inputs
from wfm.queues import Queue, Shrinkage
from wfm.tables import REQUIREMENT, WORK, check, empty, with_end

ASSUMED_PATIENCE = 300.0
ASSUMED_UNPLANNED = 0.06
LEVELS: tuple[float | None, ...] = (None, 0.8, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What it takes.

    Attributes
    ----------
    queues : dict               The queues with patience and absence filled in.
    requirement : requirement   All queues.
    work : work                 Deferrable work.
    prices : DataFrame          confidence (NaN = mean forecast), agent_hours over all queues.
    assumed, fitted : tuple     What was assumed, and what was learned from data, in words.
    """

    queues: dict[str, Queue]
    requirement: pd.DataFrame
    work: pd.DataFrame
    prices: pd.DataFrame
    assumed: tuple[str, ...]
    fitted: tuple[str, ...]


def staff(inputs: Inputs, outlook: Outlook) -> Need:
    """Requirement by queue and interval for the promises of the week's file."""
    queues, assumed, fitted = _settled(inputs)
    tables: list[pd.DataFrame] = []
    works: list[pd.DataFrame] = []
    levels: dict[float | None, float] = dict.fromkeys(_levels(queues), 0.0)
    for name, queue in sorted(queues.items(), key=lambda item: not item[1].live):  # deferred work fills their troughs
        if name in inputs.requirements:
            table = _given(inputs, name, queue)
            prices = dict.fromkeys(levels, hours_of(table))
        elif queue.live:
            by_level = {level: live_requirement(queue, outlook, inputs, level) for level in levels}
            table = by_level[queue.target.confidence if queue.target else None]
            prices = {level: hours_of(found) for level, found in by_level.items()}
        else:
            table, work = deferred_requirement(queue, outlook, inputs, tables)
            works.append(work)
            prices = dict.fromkeys(levels, hours_of(table))
        tables.append(table)
        levels = {level: hours + prices[level] for level, hours in levels.items()}
    order = list(queues)
    tables.sort(key=lambda table: order.index(str(table["queue"].iloc[0])) if len(table) else len(order))
    requirement = check(pd.concat(tables, ignore_index=True), REQUIREMENT)
    more = adjusted(requirement, inputs.adjustments, "agents", "agents")
    final = _with_shrinkage(more, queues, inputs.adjustments)
    table_of_prices = pd.DataFrame(
        {"confidence": [np.nan if level is None else level for level in levels], "agent_hours": list(levels.values())}
    )
    return Need(
        queues=queues,
        requirement=final,
        work=pd.concat(works, ignore_index=True) if works else empty(WORK),
        prices=table_of_prices,
        assumed=assumed,
        fitted=fitted,
    )


def live_requirement(queue: Queue, outlook: Outlook, inputs: Inputs, confidence: float | None) -> pd.DataFrame:
    """Requirement of a voice or chat queue at a stated confidence (None = the mean forecast)."""
    from wfm.erlang import requirement

    assert queue.target is not None
    forecast = outlook.forecast[outlook.forecast["queue"] == queue.name].reset_index(drop=True)
    paths = outlook.paths[outlook.paths["queue"] == queue.name].reset_index(drop=True)
    minimum = queue.minimum(pd.DatetimeIndex(forecast["start"]))
    return requirement(
        forecast,
        replace(queue.target, confidence=confidence),
        patience=queue.patience,
        shrinkage=queue.shrinkage,
        paths=paths if confidence is not None else None,
        minimum=minimum,
        concurrency=queue.concurrency,
        aht_by_concurrency=queue.aht_by_concurrency,
        seed=inputs.week.spec.plan.seed,
    )


def deferred_requirement(
    queue: Queue, outlook: Outlook, inputs: Inputs, live: list[pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Requirement and work of a queue whose contacts can wait, placed in the troughs of the live queues."""
    from wfm.erlang import ticket_requirement, work

    forecast = outlook.forecast[outlook.forecast["queue"] == queue.name].reset_index(drop=True)
    todo = work(
        forecast,
        classes=queue.classes,
        class_shares=queue.class_shares or None,
        touches=queue.touches,
        backlog=_backlog(queue, inputs),
    )
    starts = pd.DatetimeIndex(forecast["start"])
    interval = inputs.week.spec.interval
    beside = sum(
        (table.groupby("start")["agents"].sum().reindex(starts).fillna(0.0).to_numpy() for table in live),
        np.zeros(len(starts)),
    )
    rows = ticket_requirement(todo, starts, interval=interval, shrinkage=queue.shrinkage, beside=beside)
    least = queue.minimum(starts)
    rows = rows.assign(
        offered=forecast["offered"].to_numpy(),
        aht=forecast["aht"].to_numpy(),
        minimum=least,
        load=(forecast["offered"] * forecast["aht"] * queue.touches / interval).to_numpy(),
        agents=np.maximum(rows["agents"].to_numpy(), least),
    )
    return rows, todo


def _backlog(queue: Queue, inputs: Inputs) -> pd.DataFrame | None:
    """Contacts that wait at the start, as if they had come evenly over the longest deadline before it."""
    waiting = inputs.week.spec.queues[queue.name].backlog
    if not waiting:
        return None
    shares = queue.class_shares or {next(iter(queue.classes)): 1.0}
    rows = [
        (queue.name, waiting * share / 8, name, inputs.week.start - pd.Timedelta(seconds=queue.classes[name] * part))
        for name, share in shares.items()
        for part in (np.arange(8) + 0.5) / 8
    ]
    return pd.DataFrame(rows, columns=["queue", "contacts", "class", "arrived"])


def _levels(queues: dict[str, Queue]) -> tuple[float | None, ...]:
    asked = {queue.target.confidence for queue in queues.values() if queue.target is not None}
    return tuple(sorted({*LEVELS, *asked}, key=lambda level: -1.0 if level is None else level))


def hours_of(table: pd.DataFrame) -> float:
    """Agent-hours of a requirement."""
    width = (table["end"] - table["start"]).dt.total_seconds() / 3600
    return float((table["agents"] * width).sum())


def _given(inputs: Inputs, name: str, queue: Queue) -> pd.DataFrame:
    week = inputs.week
    whole = with_end(inputs.requirements[name], week.spec.interval)
    inside = whole[whole["start"].isin(week.starts(name))].reset_index(drop=True)
    if inside.empty:
        raise DataError(
            f"requirement of queue {name!r} has no row in the open hours of the plan, {week.start.date()} to "
            f"{week.end.date()}. Correct plan.start, the hours or the table.",
            table="requirement",
            column="start",
        )
    least = queue.minimum(pd.DatetimeIndex(inside["start"]))
    return inside.assign(agents=np.maximum(inside["agents"], least), minimum=least)


def _with_shrinkage(table: pd.DataFrame, queues: dict[str, Queue], adjustments: pd.DataFrame | None) -> pd.DataFrame:
    """Rostered and headcount from agents; the planner may expect another absence in some intervals."""
    usual = table["queue"].map({name: queue.shrinkage.unplanned for name, queue in queues.items()}).astype(float)
    placed = table["queue"].map({name: queue.shrinkage.total for name, queue in queues.items()}).astype(float) - usual
    expected = adjusted(table.assign(unplanned=usual), adjustments, "unplanned", "unplanned")["unplanned"]
    wrong = expected[(expected + placed >= 1) | (expected < 0)]
    if len(wrong):
        first = table.loc[wrong.index[0]]
        raise DataError(
            f"adjustments.value sets the unplanned absence of queue {first['queue']!r} at {first['start']} to "
            f"{wrong.iloc[0]:g}; with placed shrinkage it must stay below 1. Give a fraction such as 0.10.",
            table="adjustments",
            column="value",
        )
    found = table.assign(rostered=table["agents"] / (1 - expected), headcount=table["agents"] / (1 - expected - placed))
    return found if expected.equals(usual) else found.assign(unplanned=expected)


def _settled(inputs: Inputs) -> tuple[dict[str, Queue], tuple[str, ...], tuple[str, ...]]:
    """Queues with patience fitted or assumed and unplanned absence given or assumed; adjusted by the planner."""
    queues: dict[str, Queue] = {}
    assumed: list[str] = []
    fitted: list[str] = []
    for name, queue in inputs.week.queues.items():
        settled = queue
        part = inputs.week.spec.queues[name]
        if queue.live and queue.patience is None:
            patience, words = _patience(inputs, name)
            (fitted if words.startswith("patience") else assumed).append(words)
            settled = replace(settled, patience=patience)
        if "unplanned" not in part.shrinkage:
            assumed.append(f"unplanned absence of {name} {ASSUMED_UNPLANNED:.0%} ASSUMED")
            settled = replace(settled, shrinkage=Shrinkage(unplanned=ASSUMED_UNPLANNED, kinds=queue.shrinkage.kinds))
        queues[name] = settled
    return queues, tuple(assumed), tuple(fitted)


def _ordinary(inputs: Inputs, name: str) -> pd.DataFrame:
    """History without the days of outages: who cannot do without an answer waits longer than usual."""
    history = inputs.histories[name]
    out = pd.Series(False, index=history.index)
    for event in inputs.week.events:
        if event.kind == "outage" and event.acts_on(name):
            last = event.end if event.end is not None else event.start
            out |= (history["start"] >= event.start) & (history["start"] < last.normalize() + pd.Timedelta(days=1))
    return history[~out].reset_index(drop=True)


def _patience(inputs: Inputs, name: str) -> tuple[float, str]:
    """Mean patience from contacts, else from interval data, else assumed."""
    from wfm.erlang import patience_from_contacts, patience_from_history

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WfmWarning)
        if name in inputs.contacts:
            found = patience_from_contacts(inputs.contacts[name])
        elif name in inputs.histories:
            found = patience_from_history(_ordinary(inputs, name))
        else:
            found = None
    if found is None or not math.isfinite(found.mean):
        return ASSUMED_PATIENCE, f"{name}: patience {ASSUMED_PATIENCE:.0f} s ASSUMED"
    return found.mean, f"patience of {name} {found.mean:.0f} s fitted"
