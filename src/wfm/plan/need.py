"""How many agents it takes: the requirement of every queue, and what each step of confidence costs."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, WfmWarning
from wfm.plan.adjust import adjusted
from wfm.plan.arising import at_confidence
from wfm.plan.demand import Outlook
from wfm.plan.inputs import Inputs
from wfm.plan.waiting import placed, with_facts
from wfm.queues import Queue, Shrinkage
from wfm.tables import REQUIREMENT, WORK, check, empty, with_end

Floats = npt.NDArray[np.float64]
ASSUMED_PATIENCE = 300.0
OTHER_PATIENCE = (120.0, 900.0)
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
    mean : requirement          The live queues for the mean forecast alone.
    prices : DataFrame          confidence (NaN = mean forecast), agent_hours over all queues.
    assumed, fitted : tuple     What was assumed, and what was learned from data, in words.
    """

    queues: dict[str, Queue]
    requirement: pd.DataFrame
    work: pd.DataFrame
    prices: pd.DataFrame
    mean: pd.DataFrame
    assumed: tuple[str, ...]
    fitted: tuple[str, ...]


def staff(inputs: Inputs, outlook: Outlook) -> Need:
    """Requirement by queue and interval for the promises of the week's file."""
    queues, assumed, fitted = _settled(inputs)
    queues = with_facts(queues, inputs.week)
    levels = _levels(queues)
    by_level = _standing(queues, levels, outlook, inputs)
    own = {name: found[_own_level(queues[name])] for name, found in by_level.items()}
    assumed = tuple(_at_other_patience(words, queues, outlook, inputs) for words in assumed)
    waiting = {name: queue for name, queue in queues.items() if name not in own}
    blends = [queues[name] for name in own if queues[name].blend is not None]
    work = empty(WORK)
    requirement = pd.concat(list(own.values()), ignore_index=True) if own else empty(REQUIREMENT)
    if waiting:
        found = placed(own, waiting, outlook, inputs, blends)
        requirement, work = found.requirement, found.work
        queues |= {name: replace(queues[name], in_idle=done) for name, done in found.in_idle.items()}
    requirement = check(requirement, REQUIREMENT)
    more = adjusted(requirement, inputs.adjustments, "agents", "agents")
    final = _with_shrinkage(more, queues, inputs.adjustments)
    later = hours_of(requirement[requirement["queue"].isin(list(waiting))])
    hours = [later + sum(hours_of(found[level]) for found in by_level.values()) for level in levels]
    return Need(
        queues=queues,
        requirement=final,
        work=work,
        prices=pd.DataFrame(
            {"confidence": [np.nan if level is None else level for level in levels], "agent_hours": hours}
        ),
        mean=pd.concat([found[None] for found in by_level.values()], ignore_index=True) if by_level else requirement,
        assumed=assumed,
        fitted=fitted,
    )


def _at_other_patience(words: str, queues: dict[str, Queue], outlook: Outlook, inputs: Inputs) -> str:
    """An assumed patience with what the mean forecast takes if it were shorter or longer."""
    name = words.partition(": patience")[0]
    if name == words or name in inputs.requirements or not queues[name].live:
        return words
    took = {
        wait: hours_of(live_requirement(replace(queues[name], patience=wait), outlook, inputs, None))
        for wait in (ASSUMED_PATIENCE, *OTHER_PATIENCE)
    }
    low, high = OTHER_PATIENCE
    return (
        f"{words}: the mean forecast takes {took[ASSUMED_PATIENCE]:.0f} agent-hours, "
        f"{took[low]:.0f} at {low:.0f} s, {took[high]:.0f} at {high:.0f} s"
    )


def _standing(
    queues: dict[str, Queue], levels: tuple[float | None, ...], outlook: Outlook, inputs: Inputs
) -> dict[str, dict[float | None, pd.DataFrame]]:
    """Requirement at every confidence of the queues that are answered from a line, or that were handed in.

    Those who also have work that can wait, such as callbacks, come last: it fills the troughs of the others.
    """
    found: dict[str, dict[float | None, pd.DataFrame]] = {}
    for name, queue in sorted(queues.items(), key=lambda item: has_both(item[1])):
        own = _own_level(queue)
        if name in inputs.requirements:
            found[name] = dict.fromkeys(levels, _given(inputs, name, queue))
        elif queue.live or has_both(queue):
            beside = [tables[_own_level(queues[other])] for other, tables in found.items()]
            found[name] = {
                level: live_requirement(
                    queue, outlook, inputs, level, exact=None if level == own else False, beside=beside
                )
                for level in levels
            }
    return {name: found[name] for name in queues if name in found}


def _own_level(queue: Queue) -> float | None:
    return None if queue.target is None else queue.target.confidence


def has_both(queue: Queue) -> bool:
    """Whether the agents of a line also do work of its own that can wait: callbacks, or replies promised in hours."""
    return queue.callback is not None or (queue.channel == "messages" and set(queue.classes) in ({"new"}, {"replies"}))


def live_requirement(
    queue: Queue,
    outlook: Outlook,
    inputs: Inputs,
    confidence: float | None,
    *,
    exact: bool | None = False,
    beside: Sequence[pd.DataFrame] = (),
) -> pd.DataFrame:
    """Requirement of a queue that is answered from a line, at a stated confidence (None = the mean forecast).

    `exact` None plans a mean forecast on the exact queue; by formula it is a matter of milliseconds, to compare with.
    Callbacks and replies that can wait fill the troughs of the line and of those `beside`; they are planned for the
    level of volume that so many futures stay below.
    """
    from wfm.erlang import requirement

    assert queue.target is not None
    forecast = outlook.forecast[outlook.forecast["queue"] == queue.name].reset_index(drop=True)
    paths = outlook.paths[outlook.paths["queue"] == queue.name].reset_index(drop=True)
    minimum = queue.minimum(pd.DatetimeIndex(forecast["start"]))
    if has_both(queue):
        volume = at_confidence(forecast, paths, queue.target.scope, confidence)
        return _line_and_later(queue, volume, minimum, beside)
    return requirement(
        forecast,
        replace(queue.target, confidence=confidence),
        patience=queue.patience,
        shrinkage=queue.shrinkage,
        paths=paths if confidence is not None else None,
        minimum=minimum,
        concurrency=queue.concurrency,
        aht_by_concurrency=queue.aht_by_concurrency,
        exact=exact,
        seed=inputs.week.spec.plan.seed,
    )


def _line_and_later(
    queue: Queue, forecast: pd.DataFrame, minimum: Floats, beside: Sequence[pd.DataFrame]
) -> pd.DataFrame:
    """A line with callbacks, or messages whose replies can wait, as one queue; `deferrable` is the part that can."""
    from wfm.erlang import callback_requirement, message_requirement

    assert queue.target is not None
    starts = pd.DatetimeIndex(forecast["start"])
    others = np.zeros(len(starts))
    for table in beside:
        others += table.groupby("start")["agents"].sum().reindex(starts).fillna(0.0).to_numpy(dtype=float)
    mean = replace(queue.target, confidence=None)
    given: dict[str, Any] = {
        "shrinkage": queue.shrinkage,
        "minimum": minimum,
        "occupancy": queue.occupancy,
        "beside": others,
        "patience": np.inf if queue.patience is None else queue.patience,
    }
    offer = queue.callback
    if offer is None:
        assert queue.turns is not None
        return message_requirement(
            forecast, first=mean, reply=queue.turns.reply, live_within=queue.turns.live_within, **given
        )
    found = callback_requirement(
        forecast,
        mean,
        above=offer.above,
        taken=offer.taken,
        call_within=offer.within,
        call_aht=offer.aht,
        attempts=offer.attempts,
        max_callbacks=offer.at_most,
        counted=offer.counted,
        **given,
    )
    line = found[found["queue"] == queue.name].reset_index(drop=True)
    calls = found[found["queue"] != queue.name].set_index("start")["agents"].reindex(starts).fillna(0.0).to_numpy()
    agents = line["agents"].to_numpy(dtype=float) + calls
    columns = {"rostered": queue.shrinkage.rostered(agents), "headcount": queue.shrinkage.headcount(agents)}
    return line.assign(agents=agents, deferrable=calls, method="callbacks + deadlines", **columns)


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
        if queue.channel == "messages" and queue.live and queue.turns is not None and queue.target is not None:
            line = queue.turns.line(queue.target)  # one line keeps the stricter promise for first answers and replies
            settled = replace(settled, target=line, turns=replace(queue.turns, reply=None))
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
