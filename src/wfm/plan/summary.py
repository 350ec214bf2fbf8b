"""The ten lines that every plan prints, in one fixed form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from wfm.calendars import Calendar
from wfm.durations import spoken
from wfm.plan.figures import in_line
from wfm.plan.inputs import Inputs
from wfm.plan.need import Need
from wfm.plan.runs import Run
from wfm.queues import Queue
from wfm.target import ServiceTarget

Figures = Mapping[str, Any]
NO_PEOPLE = "no people given: shifts only"
MOST_SESSIONS = 4
LEAST_LEFT = 0.5  # hours of deferred work, below which nobody wants to hear of it


def ten_lines(
    figures: Figures, inputs: Inputs, need: Need, ways: pd.DataFrame, trust: pd.DataFrame, doubts: tuple[str, ...]
) -> tuple[str, ...]:
    """Header and ten lines."""
    return (
        header(figures, inputs, need),
        comes(figures, need),
        work(figures, need, inputs.week.calendar),
        needed(figures, need),
        have(figures, need),
        promise(figures, need, inputs.week.calendar),
        feels(figures, inputs.week.calendar),
        thin(figures, inputs.week.calendar),
        ways_out(figures, ways),
        roster(figures),
        trusted(figures, need, trust, doubts),
    )


def header(figures: Figures, inputs: Inputs, need: Need) -> str:
    """Name, week in both calendars, draft, people and aim."""
    week = inputs.week
    last = week.end - pd.Timedelta(days=1)
    first_label, last_label = week.calendar.label(week.start), week.calendar.label(last)
    if week.calendar.months != "gregorian":
        span = f"{_without_year(first_label)} - {last_label} ({_gregorian(week.start, last)})"
    else:
        span = f"{_without_year(first_label)} - {last_label}"
    asked = sorted(
        {
            queue.target.confidence
            for queue in need.queues.values()
            if queue.target is not None and queue.target.confidence is not None
        }
    )
    aim = f"aim {asked[0]:.0%} confidence" if asked else "for the mean forecast: a coin toss"
    people = f"{figures['people']} people" if figures["people"] else "no people given"
    return f"{week.spec.name} - {span} - DRAFT {week.spec.plan.version} - {people}, {aim}"


def comes(figures: Figures, need: Need) -> str:
    """1: what will come."""
    if not figures["contacts"]:
        return "1 COMES    no forecast: the plan starts from a requirement"
    spread = f"{figures['live_low']:,.0f}-{figures['live_high']:,.0f}"
    words = f"{figures['live_contacts']:,.0f} live contacts (80% range {spread})"
    if figures["change"] is not None:
        words += f", {figures['change']:+.0%} on the last {figures['days']} days of history"
    if figures["drivers"]:
        words += ": " + ", ".join(f"{_driver(name)} {value * 100:+.0f}" for name, value in figures["drivers"])
    live = [name for name, queue in need.queues.items() if in_line(queue) and name in figures["contacts"]]
    later = [name for name in figures["contacts"] if name not in live]
    parts = ", ".join(f"{name} {figures['contacts'][name]:,.0f}{_counted(need.queues[name])}" for name in live)
    extra = "".join(f", plus {figures['contacts'][name]:,.0f} {name}{_counted(need.queues[name])}" for name in later)
    return f"1 COMES    {words}. {parts}{extra if parts else extra.removeprefix(', plus ')}"


def work(figures: Figures, need: Need, calendar: Calendar) -> str:
    """2: handling time, and the busiest interval."""
    parts = []
    for name, hours in figures["work_hours"].items():
        more = f", {figures['at_once'][name]} at once" if figures["at_once"][name] > 1 else ""
        if figures["attempts"].get(name, 1.0) != 1.0:
            more += f", {figures['attempts'][name]:.3g} attempts each"
        if name in figures["called_back"]:
            calls = figures["called_back"][name]
            more += f", {calls['share']:.0%} called back: {calls['hours']:,.0f} h"
        idle, left = figures["idle_hours"][name], figures["due_after"][name]
        more += f", {idle:,.0f} h of it in idle time" if idle >= LEAST_LEFT else ""
        more += f", {left:,.0f} h of it left to the next plan" if left >= LEAST_LEFT else ""
        of = " a turn" if need.queues[name].channel == "messages" else ""
        parts.append(f"{name} {hours:,.0f} (AHT {figures['aht'][name]:.0f} s{of}{more})")
    total = f"{figures['work_total']:,.0f} h: {', '.join(parts)}. " if parts else ""
    return (
        f"2 WORK     {total}Busiest: {moment(figures['busiest'], calendar)}, {figures['busiest_agents']:.0f} needed on "
        f"contacts, {figures['busiest_rostered']:.0f} rostered"
    )


def needed(figures: Figures, need: Need) -> str:
    """3: hours needed, at the confidence asked and at its neighbours."""
    each = figures.get("hours_per_person")
    asked = [queue.target.confidence for queue in need.queues.values() if queue.target is not None]
    own = next((level for level in asked if level is not None), None)
    words = [f"{figures['need_hours']:,.0f} h on contacts{_heads(figures['need_hours'], each)}."]
    for level, hours in figures["prices"].items():
        if level == "mean" and own is not None:
            words.append(f" Mean forecast only: {hours:,.0f} h{_heads(hours, each)};")
        elif level != "mean" and (own is None or abs(float(level) - own) > 1e-9):
            words.append(f" at {float(level):.0%} confidence: {hours:,.0f} h{_heads(hours, each)};")
    line = "3 NEED     " + "".join(words).rstrip(";")
    extra = figures["adjusted_hours"]
    return f"{line}.  The planner's changes: {extra:+,.0f} rostered h" if abs(extra) >= 0.5 else line


def have(figures: Figures, need: Need) -> str:
    """4: hours there are, what is taken from them and what is short."""
    if figures["have_hours"] is None:
        return f"4 HAVE     {NO_PEOPLE}, {figures['paid_hours']:,.0f} paid h"
    shares = sorted({queue.shrinkage.unplanned for queue in need.queues.values()})
    rate = "-".join(f"{share:.0%}" for share in dict.fromkeys((shares[0], shares[-1])))
    short = figures["short_hours"]
    verdict = (
        f"SHORT {short:,.0f} h" if short > 0.5 else f"spare {figures['have_hours'] - figures['need_hours']:,.0f} h"
    )
    return (
        f"4 HAVE     {figures['paid_hours']:,.0f} paid h - leave, training {figures['placed_hours']:,.0f} - "
        "paid breaks "
        f"{figures['break_hours']:,.0f} - unplanned absence {figures['absent_hours']:,.0f} ({rate}) = "
        f"{figures['have_hours']:,.0f} h.  {verdict}"
    )


def promise(figures: Figures, need: Need, calendar: Calendar) -> str:
    """5: expected service, its range and whether the promise is kept."""
    if not figures.get("promise"):
        return "5 PROMISE  no forecast: service cannot be told"
    parts = [_one_promise(name, found, need, calendar) for name, found in figures["promise"].items()]
    return "5 PROMISE  " + ".  ".join(parts)


def feels(figures: Figures, calendar: Calendar) -> str:
    """6: what customers and agents feel."""
    if "abandon_rate" not in figures:
        return "6 FEELS    no live queue"
    words = [f"abandoned {figures['abandon_rate']:.1%}{figures['abandon_verdict']}"]
    if figures["mean_wait"] is not None:
        words.append(f"mean wait {figures['mean_wait']:.0f} s")
    if figures["wait_99"] is not None and not math.isnan(figures["wait_99"]):
        words.append(f"1 in 100 on {figures['wait_99_queue']} waits over {spoken(figures['wait_99'])}")
    if figures["longest_wait"] is not None:
        words.append(
            f"longest to expect about {spoken(figures['longest_wait'])} "
            f"({calendar.label(figures['longest_day']).split(' ')[0]})"
        )
    return "6 FEELS    " + ", ".join([*words, f"occupancy {figures['occupancy']:.0%}"])


def thin(figures: Figures, calendar: Calendar) -> str:
    """7: where people are missing, and where they are to spare."""
    short = ", ".join(_run(run, calendar) for run in figures["thin"]) or "nowhere"
    spare = ", ".join(_run(run, calendar) for run in figures["spare"])
    return f"7 THIN     {short}." + (f"  Spare: {spare}" if spare else "")


def ways_out(figures: Figures, ways: pd.DataFrame) -> str:
    """8: what would mend the plan."""
    if figures["have_hours"] is None:
        return f"8 WAYS OUT {NO_PEOPLE}"
    if ways.empty and not figures.get("kept", True):
        return (
            "8 WAYS OUT none found that helps in the time allowed: raise plan.time_limit, or change shifts or contracts"
        )
    if ways.empty:
        return "8 WAYS OUT none needed"
    parts = [
        f"{row.way} -> {row.service_level:.0%} expected, {row.promises_kept} of {row.promises} promises kept"
        for row in ways.itertuples()
    ]
    parts += [
        f"{name} for {people} {'people' if people > 1 else 'person'} -> {closed:.0f} h less short"
        for name, people, closed in figures.get("loosened", ())
    ]
    return "8 WAYS OUT " + ";  ".join(parts) + ".  Each re-solved and re-checked"


def roster(figures: Figures) -> str:
    """9: rules, wishes, nights, changes."""
    if figures["have_hours"] is None:
        return f"9 ROSTER   {NO_PEOPLE}{_bound(figures)}{_sessions(figures)}{_premiums(figures)}"
    words = [f"{figures['hard_rules_broken']} hard rules broken"]
    if figures["soft_rules_broken"]:
        words.append(f"{figures['soft_rules_broken']} soft ones bent")
    if figures["wishes"]:
        words.append(
            f"{figures['wishes_granted'] / figures['wishes']:.0%} of wishes "
            f"({figures['wishes_granted']} of {figures['wishes']})"
        )
    words.append(f"nights {figures['nights_min']}-{figures['nights_max']} each")
    if figures["changed_cells"] is not None:
        words.append(f"{figures['changed_cells']} cells differ from {figures['changed_from']}")
    return "9 ROSTER   " + ", ".join(words) + _sessions(figures) + _premiums(figures)


def _bound(figures: Figures) -> str:
    """How near the bound the shifts lie, of what it is one, the hours of pools, and what is short of what was asked."""
    if figures.get("schedule_gap") is None:
        return ""
    pools = "".join(
        f", {name} ({', '.join(own['queues'])}) {own['paid_hours']:,.0f} paid h"
        + (f" for {own['in_time']:.0%} or more of what can wait in time" if own.get("in_time") else "")
        for name, own in figures.get("pools", {}).items()
    )
    covered = figures["bound_of"] == "covered"
    hours = "paid hours" if covered else "paid hours and shortage"
    words = f"{hours} at most {figures['schedule_gap']:.2%} over the bound {figures['schedule_bound']:,.0f} h"
    words += f" of what they cover{_of_all(figures)}" if covered else " of what was asked"
    lacking = figures.get("missing_where_missed", 0.0)
    more = f", {lacking:,.0f} h of what was asked missing where a promise is not kept" if lacking >= 0.5 else ""
    return f"{pools}, {words}{more}"


def _of_all(figures: Figures) -> str:
    """The same against the bound of all that was asked, below which shifts may be that keep the promise with less."""
    asked = figures.get("asked_bound")
    if not asked:
        return ""
    over = figures["paid_hours"] / asked - 1
    return f", {abs(over):.2%} {'over' if over >= 0 else 'below'} that of all that was asked, {asked:,.0f} h"


def _sessions(figures: Figures) -> str:
    """Who attends what, and what that takes from the service."""
    if not figures.get("sessions"):
        return ""
    named = [f"{name} {held} of {asked}" for name, held, asked in figures["sessions"]]
    more = f" and {len(named) - MOST_SESSIONS} more" if len(named) > MOST_SESSIONS else ""
    lost = [f"{points:.1f} points of {queue}" for queue, points in figures["session_points"].items() if points >= 0.05]
    price = f", at {' and '.join(lost)}" if lost else ", at no service" if figures["session_points"] else ""
    return f".  Sessions: {', '.join(named[:MOST_SESSIONS])}{more} people{price}"


def _premiums(figures: Figures) -> str:
    """What the plan costs where hours have premiums, which price it and do not steer it."""
    named = figures.get("premiums")
    if not named or "cost" not in figures:
        return ""
    verb = "prices the plan, it does not steer it" if len(named) == 1 else "price the plan, they do not steer it"
    return f".  Cost {figures['cost']:,.0f}: {' and '.join(named)} {verb}"


def trusted(figures: Figures, need: Need, trust: pd.DataFrame, doubts: tuple[str, ...]) -> str:
    """10: how right the past was, what was fitted and what was assumed."""
    value = trust.set_index("name")["value"] if len(trust) else pd.Series(dtype=float)
    words = []
    if "day_error" in value:
        words.append(
            f"last 6 weeks, {_judged(trust)}: day error {value['day_error']:.1%} "
            f"(best possible {value['best_possible']:.1%}), bias {value['day_bias']:+.1%}"
        )
    for queue, rows in trust[trust["name"].isin(["promised", "achieved"])].groupby("queue") if len(trust) else ():
        pair = rows.set_index("name")["value"]
        words.append(f"{queue} model {pair['promised']:.0%}, came {pair['achieved']:.0%}")
    words += [*need.fitted, *need.assumed]
    if figures["unusual"]:
        words.append(f"{figures['unusual']} unusual days unanswered")
    words.append(f"{len(doubts)} warning{'s' * (len(doubts) != 1)}, {len(need.assumed)} assumed")
    return "10 TRUST   " + ".  ".join(word[0].upper() + word[1:] for word in words)


def moment(time: pd.Timestamp, calendar: Calendar) -> str:
    """Day and time of day: Sun 1 Azar 11:00."""
    return f"{_without_year(calendar.label(time))} {time:%H:%M}"


def _one_promise(name: str, found: Mapping[str, Any], need: Need, calendar: Calendar) -> str:
    target = _stated(need.queues[name])
    if target is None:
        promised = "" if found["promised"] is None else f" (promised {found['promised']:.0%})"
        return f"{name} in time {found['service_level']:.0%}{promised} {'ok' if found['kept'] else 'NOT KEPT'}"
    words = (
        f"{name} within {spoken(target.within)}: {found['service_level']:.0%} of the week (80% range "
        f"{found['low'] * 100:.0f}-{found['high'] * 100:.0f})"
    )
    if found["kept"]:
        chance = f" ({found['chance']:.0%} chance)" if target.confidence is not None else ""
        return f"{words} ok{chance}"
    where = "" if found["instances"] == 1 else f" on {_broken_instances(found, calendar)}"
    if target.confidence is not None:
        return f"{words}, NOT KEPT{where}: {found['chance']:.0%} chance, wanted {target.confidence:.0%}"
    return f"{words}, NOT KEPT{where}: wanted {found['promised'] or target.share:.0%}"


def _stated(queue: Queue) -> ServiceTarget | None:
    """The promise that is judged: of messages whose first answers can wait that of the replies, where those cannot."""
    if queue.turns is not None and queue.turns.reply is not None and set(queue.classes) == {"new"}:
        return queue.turns.reply
    return queue.target


def _counted(queue: Queue) -> str:
    """What is counted, where that is not contacts; and how soon it is answered, where the rest of it can wait."""
    if queue.channel != "messages":
        return ""
    soon = f" (first answer within {spoken(queue.target.within)})" if queue.target and queue.classes else ""
    return f" conversations{soon}"


def _broken_instances(found: Mapping[str, Any], calendar: Calendar) -> str:
    """2 of 7 days, weakest Sun 1 Azar."""
    missed = found["instances"] - found["instances_kept"]
    weakest = moment(found["weakest"], calendar)
    if found["scope"] != "interval":
        weakest = _without_year(calendar.label(found["weakest"]))
    return f"{missed} of {found['instances']} {found['scope']}s, weakest {weakest}"


def _run(run: Run, calendar: Calendar) -> str:
    day = calendar.label(run.start).split(" ")[0]
    level = "" if math.isnan(run.service_level) else f" ({run.service_level:.0%})"
    why = " (minimum)" if run.minimum else level
    return f"{run.queue} {day} {run.start:%H:%M}-{run.end:%H:%M}: {run.people:+.0f}{why}"


def _judged(trust: pd.DataFrame) -> str:
    """The queue whose forecast was measured."""
    return str(trust.loc[trust["name"] == "day_error", "queue"].iloc[0])


def _heads(hours: float, each: float | None) -> str:
    if not each:
        return ""
    people = math.ceil(hours / each - 1e-9)
    return f" = {people} {'people' if people != 1 else 'person'}"


def _driver(name: str) -> str:
    if ":" in name:
        return name.partition(":")[2]
    return {"month_day": "days of the month", "holiday": "holidays", "burst": "a burst that fades"}.get(
        name, name.replace("_", " ")
    )


def _without_year(label: str) -> str:
    return label.rsplit(" ", 1)[0]


def _gregorian(first: pd.Timestamp, last: pd.Timestamp) -> str:
    if first.month == last.month:
        return f"{first.day}-{last.day} {last:%b %Y}"
    return f"{first.day} {first:%b} - {last.day} {last:%b %Y}"
