"""Every number of the ten lines, derived from the plan's tables alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from wfm.evaluation.service import DEFERRED_SHARE
from wfm.plan.demand import Outlook
from wfm.plan.inputs import Inputs
from wfm.plan.need import Need
from wfm.plan.runs import spare_runs, thin_runs
from wfm.plan.ways_out import chance, verdict
from wfm.queues import Queue
from wfm.schedule import Roster, Schedule
from wfm.schedule.design.pools import can_wait
from wfm.tables import with_end

Figures = dict[str, Any]
NIGHT = (22.0, 7.0)  # hours of the day


def comes(outlook: Outlook, inputs: Inputs, need: Need) -> Figures:
    """Line 1: contacts by queue, range, change on last week and what drives it; of messages the conversations."""
    live = [name for name, queue in need.queues.items() if in_line(queue)]
    forecast, paths = _begun(outlook.forecast, outlook.paths)
    by_queue = forecast.groupby("queue")["offered"].sum()
    total = float(by_queue.reindex(live).sum())
    found: Figures = {"contacts": {str(name): float(value) for name, value in by_queue.items()}, "live_contacts": total}
    found |= _range(paths[paths["queue"].isin(live)], inputs.week.spec.plan.seed, total)
    last = _last_week(inputs, live)
    found["last_week"] = last
    found["days"] = inputs.week.days
    found["change"] = total / last - 1 if last else None
    drivers = _with_hours(outlook.drivers, inputs)
    found["drivers"] = _drivers(drivers, forecast, live, last or total, _fresh_events(inputs))
    return found


def in_line(queue: Queue) -> bool:
    """Whether customers wait for at least the first answer: live queues, and messages whose replies can wait."""
    return queue.live or (queue.channel == "messages" and "new" not in queue.classes)


def _begun(forecast: pd.DataFrame, paths: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forecast and paths with conversations in place of their turns."""
    if "new" not in forecast:
        return forecast, paths
    begun = forecast.assign(offered=forecast["new"].fillna(forecast["offered"]))
    share = (begun["offered"] / forecast["offered"]).where(forecast["offered"] > 0, 1.0)
    shares = forecast[["queue", "start"]].assign(share=share)
    part = paths[["queue", "start"]].merge(shares, on=["queue", "start"], how="left")["share"].fillna(1.0)
    return begun, paths.assign(rate=paths["rate"].to_numpy() * part.to_numpy())


def work(outlook: Outlook, need: Need) -> Figures:
    """Line 2: handling hours by queue, who else does them and when, and the busiest interval.

    `aht` is that of one contact with all its touches; of an outbound one that of an attempt.
    """
    found: Figures = {"work_hours": {}, "aht": {}, "at_once": {}, "due_after": {}}
    found |= {"attempts": {}, "idle_hours": {}, "called_back": {}}
    for name, queue in need.queues.items():
        rows = outlook.forecast[outlook.forecast["queue"] == name]
        if rows.empty:
            continue
        seconds = float((rows["offered"] * rows["aht"]).sum()) * (queue.touches if not queue.live else 1.0)
        found["work_hours"][name] = seconds / 3600 / queue.concurrency
        found["aht"][name] = seconds / max(float(rows["offered"].sum()), 1e-9)
        found["at_once"][name] = queue.concurrency
        found["due_after"][name] = _left_over(need.requirement, name)
        found["idle_hours"][name] = _idle_hours(queue, need.requirement)
        if queue.channel == "outbound":
            found["attempts"][name] = queue.touches
            found["aht"][name] /= queue.touches
        calls = _called_back(queue, rows, need.requirement)
        if calls is not None:
            found["called_back"][name] = {"share": calls["share"], "hours": calls["hours"]}
            found["work_hours"][name] += calls["hours"] - calls["spared"]
    found["work_total"] = float(sum(found["work_hours"].values()))
    total = need.requirement.groupby("start")[["agents", "rostered"]].sum()
    busiest = pd.Timestamp(total.index[int(total["agents"].to_numpy().argmax())])
    found |= {
        "busiest": busiest,
        "busiest_agents": float(total["agents"].max()),
        "busiest_rostered": float(total["rostered"].to_numpy()[int(total["agents"].to_numpy().argmax())]),
    }
    return found


def need_and_have(need: Need, roster: Roster | None, schedule: Schedule | None, people: int) -> Figures:
    """Lines 3 and 4: hours needed at each confidence, hours there are, and what is short."""
    table = need.requirement
    hours = float((table["agents"] * _width(table)).sum())
    prices = {
        ("mean" if np.isnan(level) else f"{level:g}"): float(value)
        for level, value in zip(need.prices["confidence"], need.prices["agent_hours"], strict=True)
    }
    found: Figures = {"need_hours": hours, "prices": prices, "people": people}
    if roster is None:
        found |= {
            "paid_hours": schedule.paid_hours if schedule is not None else 0.0,
            "have_hours": None,
            "short_hours": 0.0,
        }
        return found
    found |= have(roster.table, need)
    found["short_hours"] = max(0.0, hours - found["have_hours"])
    found["hours_per_person"] = found["have_hours"] / people if people else None
    return found


def have(roster: pd.DataFrame, need: Need) -> Figures:
    """Paid hours, what is placed in them, what absence takes, and what is left for contacts."""
    span = _width(roster)
    paid = roster["paid"].astype(bool)
    away = roster["activity"].isin(["leave", "training", "meeting"])
    rest = roster["activity"].isin(["break", "meal"])
    at_work = roster["activity"] == "work"
    absent = {name: queue.shrinkage.unplanned for name, queue in need.queues.items()}
    lost = float((span * roster["queue"].map(absent).fillna(0.0).astype(float))[at_work].sum())
    total = float(span[paid].sum())
    placed, breaks = float(span[paid & away].sum()), float(span[paid & rest].sum())
    return {
        "paid_hours": total,
        "placed_hours": placed,
        "break_hours": breaks,
        "absent_hours": lost,
        "have_hours": total - placed - breaks - lost,
    }


def promise(evaluation: Any, need: Need) -> Figures:
    """Lines 5 and 6: service by queue with range and chance; what customers feel."""
    found: Figures = {"promise": {}, "kept": True}
    for name in need.queues:
        if name not in evaluation.services:
            continue
        service = evaluation.services[name]
        scope = service.target.scope if service.target is not None else "week"
        rows = evaluation.promise[(evaluation.promise["queue"] == name) & (evaluation.promise["scope"] == scope)]
        level = service.overall()
        weight = service.weight.sum(axis=1)
        kept = verdict(evaluation.promise, name, scope)
        found["kept"] = found["kept"] and kept
        weakest = rows.loc[rows["probability"].idxmin()]
        promised = None if service.target is None else service.target.share
        found["promise"][name] = {
            "promised": promised if need.queues[name].promise else None,
            "service_level": float(np.average(level, weights=np.maximum(weight, 1e-12))),
            "low": float(np.quantile(level, 0.1)),
            "high": float(np.quantile(level, 0.9)),
            "kept": kept,
            "chance": float(weakest["probability"]),
            "weakest": weakest["start"],
            "instances": len(rows),
            "instances_kept": int(rows["kept"].sum()),
            "scope": scope,
        }
    found["chance"] = chance(evaluation, need.queues)
    return found | feels(evaluation)


def feels(evaluation: Any) -> Figures:
    """Line 6: abandonment, waits and occupancy of the live queues."""
    live = [service for service in evaluation.services.values() if service.queue.live]
    if not live:
        return {}
    offered = sum(float(service.demand.rate.mean(axis=0).sum()) for service in live)
    lost = sum(float((service.demand.rate * service.abandon_rate).mean(axis=0).sum()) for service in live)
    cover = evaluation.coverage[evaluation.coverage["queue"].isin([service.queue.name for service in live])]
    answered = cover["offered"] * (1 - cover["abandon_rate"])
    finite = np.isfinite(cover["asa"]) & (answered > 0)
    busy = cover["expected"] * _width(cover)
    days = evaluation.promise[
        (evaluation.promise["scope"] == "day")
        & evaluation.promise["queue"].isin([service.queue.name for service in live])
    ]
    longest = days.loc[days["longest_wait"].idxmax()] if days["longest_wait"].notna().any() else None
    voice = max(live, key=lambda service: float(service.demand.rate.mean(axis=0).sum()))
    return {
        "abandon_rate": lost / offered if offered else 0.0,
        "abandon_verdict": _abandon_verdict(evaluation, live),
        "mean_wait": float(np.average(cover["asa"][finite], weights=answered[finite])) if finite.any() else None,
        "wait_99": voice.wait_quantile(0.99),
        "wait_99_queue": voice.queue.name,
        "longest_wait": None if longest is None else float(longest["longest_wait"]),
        "longest_day": None if longest is None else longest["start"],
        "occupancy": float(np.average(cover["occupancy"].fillna(0.0), weights=busy)) if busy.sum() > 0 else 0.0,
    }


def _abandon_verdict(evaluation: Any, live: list[Any]) -> str:
    """Queues that lose more contacts than promised, in words; empty where none does."""
    weeks = evaluation.promise[evaluation.promise["scope"] == "week"].groupby("queue")["abandon_rate"].max()
    caps = {service.queue.name: service.target.max_abandon for service in live if service.target.max_abandon}
    over = [name for name, cap in caps.items() if weeks[name] > cap + 0.001]
    return f" (more than the {caps[over[0]]:.0%} promised in {', '.join(over)})" if over else ""


def thin(coverage: pd.DataFrame, need: Need, inputs: Inputs) -> Figures:
    """Line 7: the runs of intervals with the most people missing, and with the most to spare.

    Work of a pool that can wait has no interval of its own: it is done when the people of the pool are over.
    """
    own = {queue for queues in inputs.week.spec.pools.values() for queue in queues}
    if inputs.people is None and own:
        waits = [queue for queue in can_wait(need.requirement) if queue in own]
        coverage = coverage[~coverage["queue"].isin(waits)].reset_index(drop=True)
    return {"thin": thin_runs(coverage), "spare": spare_runs(coverage, need.requirement)}


def people_lines(roster: Roster | None, inputs: Inputs, schedule: Schedule | None) -> Figures:
    """Line 9: rules, wishes, nights, changes, and paid hours over what free shifts would take."""
    if roster is None:
        return {"schedule_gap": None} if schedule is None else _of_shifts(schedule, inputs)
    nights = night_shifts(roster.table)
    agents = [] if inputs.people is None else inputs.people.agents["agent"].tolist()
    counts = nights.reindex(agents, fill_value=0) if agents else nights
    wishes = roster.wishes
    hard = int(roster.violations["hard"].sum()) if "hard" in roster.violations else 0
    return {
        "hard_rules_broken": hard,
        "soft_rules_broken": len(roster.violations) - hard,
        "wishes": len(wishes),
        "wishes_granted": int(wishes["granted"].sum()) if len(wishes) else 0,
        "nights_min": int(counts.min()) if len(counts) else 0,
        "nights_max": int(counts.max()) if len(counts) else 0,
        "lines": 0 if schedule is None else int(schedule.table["shift"].nunique()),
        "status": roster.status,
    }


def _of_shifts(schedule: Schedule, inputs: Inputs) -> Figures:
    """How near the bound shifts lie, of what, and the paid hours of every pool.

    Shifts may cover less than was asked where the promise is kept without it: the bound is then that of what they do
    cover. Where the shortage is in the cost, it is that of all that was asked.
    """
    missing = float((schedule.coverage["gap"].clip(upper=0) * _width(schedule.coverage)).sum())
    priced = schedule.objective > schedule.paid_hours + 1e-6
    paid = schedule.table[schedule.table["paid"].astype(bool)]
    hours = (_width(paid) * paid["people"]).groupby(paid["pool"]).sum() if "pool" in paid else pd.Series(dtype=float)
    return {
        "schedule_gap": schedule.gap,
        "schedule_bound": schedule.bound,
        "bound_of": "covered" if missing < -1e-6 and not priced else "asked",
        "pools": {
            name: {
                "queues": list(own),
                "paid_hours": float(hours.get(name, 0.0)),
                "in_time": _least_in_time(own, inputs),
            }
            for name, own in inputs.week.spec.pools.items()
        },
    }


def _least_in_time(queues: Sequence[str], inputs: Inputs) -> float | None:
    """Share of the work that can wait which suffices in a pool; None where each of its queues says so itself."""
    known = [inputs.week.queues[name] for name in queues]
    usual = any(not queue.live and queue.target is None and not queue.promise for queue in known)
    return DEFERRED_SHARE if usual else None


def missing_where_missed(service: Any) -> Figures:
    """Agent-hours that a plan lacks of what was asked for, in the instances of a promise that is not kept."""
    missed = service.promise[service.promise["kept"].notna()]
    missed = missed[~missed["kept"].astype(bool)]
    lacking = np.maximum(-service.coverage["gap"].fillna(0.0), 0.0) * _width(service.coverage)
    inside = np.zeros(len(service.coverage), dtype=bool)
    for queue, start, end in zip(missed["queue"], missed["start"], missed["end"], strict=True):
        rows = service.coverage
        inside |= ((rows["queue"] == queue) & (rows["start"] >= start) & (rows["start"] < end)).to_numpy()
    return {"missing_where_missed": float(lacking[inside].sum())}


def night_shifts(roster: pd.DataFrame) -> pd.Series:
    """Nights of each agent: days whose work touches 22:00-07:00 for three hours or more."""
    work = roster[roster["activity"] == "work"]
    begin = (work["start"] - work["start"].dt.normalize()).dt.total_seconds() / 3600
    until = begin + _width(work)
    dark = (np.minimum(until, NIGHT[1]) - begin).clip(lower=0) + (
        np.minimum(until, 24 + NIGHT[1]) - np.maximum(begin, NIGHT[0])
    ).clip(lower=0)
    night = (work["start"] - pd.Timedelta(hours=12)).dt.normalize()
    touched = dark.groupby([work["agent"], night]).sum()
    counts: pd.Series = (touched >= 3).groupby(level=0).sum()
    return counts


def _range(paths: pd.DataFrame, seed: int, total: float) -> Figures:
    """80% range of the count of live contacts in the whole plan: futures of the rate and Poisson chance."""
    if paths.empty:
        return {"live_low": total, "live_high": total}
    sums = paths.groupby("path")["rate"].sum().to_numpy()
    counts = np.random.default_rng(seed).poisson(np.repeat(sums, 20))
    low, high = np.quantile(counts, [0.1, 0.9])
    return {"live_low": float(low), "live_high": float(high)}


def _last_week(inputs: Inputs, live: list[str]) -> float | None:
    """Live contacts of the last as many days of history, where every live queue has them whole."""
    total = 0.0
    for name in live:
        history = inputs.histories.get(name)
        if history is None:
            return None
        last = with_end(history)["end"].max().ceil("D")
        recent = history[history["start"] >= last - pd.Timedelta(days=inputs.week.days)]
        if recent["offered"].isna().any():
            return None
        total += float(recent["offered"].sum())
    return total or None


def _with_hours(drivers: pd.DataFrame, inputs: Inputs) -> pd.DataFrame:
    """The drivers with what events of hours do to their days under the event's name."""
    from wfm.forecast.learned.curves import is_short

    week = inputs.week
    names = [event.name for event in week.events if is_short(event) and week.start <= event.start < week.end]
    if not names:
        return drivers
    name = names[0] if len(names) == 1 else f"{len(names)} events of hours"
    hours = drivers["component"] == "events within the day"
    return drivers.assign(component=drivers["component"].mask(hours, f"hours:{name}"))


def _fresh_events(inputs: Inputs) -> set[str]:
    """Events that last week had not felt yet."""
    known = [table["start"].max() for table in inputs.histories.values()]
    until = max(known) if known else inputs.week.start
    return {f"event:{event.name}" for event in inputs.week.events if event.start > until}


def _drivers(
    drivers: pd.DataFrame, forecast: pd.DataFrame, live: list[str], base: float, fresh: set[str]
) -> list[tuple[str, float]]:
    """Contacts of this plan that exist because of its dates, an event, a burst or a regressor, as a share of `base`."""
    drivers = drivers[drivers["queue"].isin(live)]
    told = drivers["component"].str.startswith(("recurring:", "regressor:", "hours:"))
    named = drivers[told | drivers["component"].isin({"month_day", "holiday", "season", "burst"} | fresh)]
    if named.empty:
        return []
    day = forecast.groupby(["queue", forecast["start"].dt.normalize().rename("day")])["offered"].sum().reset_index()
    joined = named.merge(day, on=["queue", "day"])
    joined["extra"] = joined["offered"] * (1 - 1 / joined["factor"])
    sums = joined.groupby("component")["extra"].sum() / base
    order = sums.reindex(sums.abs().sort_values(ascending=False).index)
    return [(str(name), float(value)) for name, value in order.items() if abs(value) >= 0.005][:4]


def _left_over(requirement: pd.DataFrame, queue: str) -> float:
    """Hours of deferred work that are due after the plan ends and still undone then."""
    if "carried" not in requirement:
        return 0.0
    rows = requirement[requirement["queue"] == queue].sort_values("start")["carried"].dropna()
    return float(rows.iloc[-1]) if len(rows) else 0.0


def _idle_hours(queue: Queue, requirement: pd.DataFrame) -> float:
    """Hours of a queue's work that agents of other queues do in their idle time."""
    if not queue.in_idle:
        return 0.0
    rows = requirement[requirement["queue"] == queue.name]
    done = pd.Series(dict(queue.in_idle), dtype=float).reindex(rows["start"]).fillna(0.0)
    return float((done.to_numpy() * _width(rows).to_numpy()).sum())


def _called_back(queue: Queue, forecast: pd.DataFrame, requirement: pd.DataFrame) -> dict[str, float] | None:
    """Share of a queue's contacts that become callbacks, the hours these take, and those they spare in the line."""
    if queue.callback is None or "callbacks" not in requirement:
        return None
    shares = requirement[requirement["queue"] == queue.name].set_index("start")["callbacks"]
    calls = forecast["offered"] * shares.reindex(forecast["start"]).fillna(0.0).to_numpy()
    aht = forecast["aht"] if queue.callback.aht is None else queue.callback.aht
    return {
        "share": float(calls.sum()) / max(float(forecast["offered"].sum()), 1e-9),
        "hours": float((calls * aht).sum()) * queue.callback.attempts / 3600,
        "spared": float((calls * forecast["aht"]).sum()) / 3600,
    }


def _width(table: pd.DataFrame) -> pd.Series:
    """Width of each row in hours."""
    hours: pd.Series = (table["end"] - table["start"]).dt.total_seconds() / 3600
    return hours


def collect(parts: list[Mapping[str, Any]]) -> Figures:
    """One dictionary of all figures."""
    return {key: value for part in parts for key, value in part.items()}
