"""The sections of the week's file: queues, shifts, and what is left to the planner."""

from __future__ import annotations

from collections.abc import Iterable

from wfm.history import Reading
from wfm.starter.page import guess, hours_lines, line, quoted
from wfm.starter.queues import QueueFacts
from wfm.starter.shifts import DraftShift

Options = tuple[tuple[str, str], ...]


def queue_lines(facts: QueueFacts, place: str | None, options: Options, reading: Reading) -> list[str]:
    """A queue with its source, hours, promise, patience and absence.

    Parameters
    ----------
    place : str or None     The history's file, None where it is a table.
    options : tuple         (line, comment) of what the file needs to be read.
    """
    why = "the file names no queue" if not facts.named else "as the file calls it"
    channel = f"{facts.why_channel}; voice, chat, messages, deferred (tickets, e-mail) or outbound"
    live = facts.channel != "deferred"
    when = "no times in the file" if facts.guessed else "when contacts came in the last weeks"
    return [
        line(1, f"{quoted(facts.name)}:", f"GUESS: {why}" if not facts.named else why),
        guess(2, f"channel: {facts.channel}", channel),
        *_source(facts, place, options, reading),
        *hours_lines(2, facts.opening, when),
        *(_live(facts) if live else _deferred()),
        *_aht(facts),
        line(
            2,
            "# shrinkage: {unplanned: 0.06}",
            "ASSUMED by the plan, GUESS: usual share of rostered hours lost to sickness and lateness",
        ),
        *(
            [
                guess(
                    2,
                    "min_agents: " + ('{all: 1, "22:00-07:00": 2}' if facts.opening.always else "{all: 1}"),
                    "fewest on duty while open",
                )
            ]
            if live
            else []
        ),
    ]


def _source(facts: QueueFacts, place: str | None, options: Options, reading: Reading) -> list[str]:
    told = ", ".join(f"{role} = {name}" for role, name in reading.columns.items() if role != name) or "all as named"
    if facts.volume is not None:
        return [
            guess(2, f"volume: {facts.volume:.0f}/week", f"mean of the last weeks; {facts.why_volume}"),
            line(2, "# history: calls.csv", "take this instead of volume once there are weeks of intervals"),
            line(2, "# pattern: pattern.csv", "columns weekday, time, share; without it all open hours are alike"),
        ]
    if place is None:
        found = [line(2, "# history: calls.csv", "a table was handed in: hand it to plan_week(..., history=table)")]
    else:
        found = [line(2, f"history: {quoted(place)}", "what came, by interval or contact by contact")]
    found += [line(2, text, comment) for text, comment in options]
    if any(text.startswith("columns:") for text, _ in options):
        return found
    return [*found, line(2, "# columns: {offered: Calls}", f"only where a column is read wrongly; now {told}")]


def _live(facts: QueueFacts) -> list[str]:
    within = f"{facts.within:g}s"
    target = ", ".join(
        [
            "target: {share: 0.80",
            f"within: {within}",
            "abandoned: lost",
            "scope: day",
            "floor: 0.60",
            "max_abandon: 0.05",
            "confidence: 0.80}",
        ]
    )
    why = "within as told; share and caps as usual" if facts.told else "usual; write your promise"
    if facts.patience is None:
        why_not = f"ASSUMED by the plan, GUESS: mean time until a caller hangs up; {facts.why_patience}"
        patience = line(2, "# patience: 300s", why_not)
    else:
        written = "fit" if facts.volume is None else f"{facts.patience:.0f}s"
        patience = line(
            2, f"patience: {written}", f"mean time until a caller hangs up, from the data: {facts.why_patience}"
        )
    return [
        *([guess(2, "concurrency: 2", "contacts that an agent handles at once")] if facts.channel == "chat" else []),
        line(
            2,
            "# target: of a day's contacts, `share` are answered within `within`; who hangs up counts as lost; no "
            "interval below",
        ),
        line(2, "# `floor`; at most `max_abandon` hang up; kept in `confidence` of the futures that may come"),
        guess(2, target, why),
        patience,
    ]


def _deferred() -> list[str]:
    return [guess(2, "classes: {normal: 24h}", "time in which a contact is to be done, by class")]


def _aht(facts: QueueFacts) -> list[str]:
    measured = f"in the file: {', '.join(facts.columns)}" if facts.columns else "no service figures in the file"
    if facts.aht is None:
        why = "talk + hold + wrap-up per contact; the file has none, or too few"
        return [guess(2, "aht: 240s", why), line(2, f"# {measured}")]
    if facts.volume is not None:
        return [line(2, f"aht: {facts.aht:.0f}s", "talk + hold + wrap-up per contact, mean of the file")]
    return [line(2, f"# aht comes from the file, mean {facts.aht:.0f} s; {measured}")]


def shift_lines(types: Iterable[DraftShift]) -> list[str]:
    """The section of shift types."""
    found = [
        "# Shifts: when they may start, how long they are, what breaks they hold; all inside the opening hours.",
        line(0, "shifts:", "GUESS: a usual set; write your own"),
    ]
    for shift in types:
        extra = "".join(
            [
                f", days: [{shift.days.replace(',', ', ')}]" if shift.days else "",
                f", kind: {shift.kind}" if shift.kind else "",
            ]
        )
        starts = shift.starts if shift.starts.startswith("[") else f'"{shift.starts}"'
        head = f"{shift.name}: {{length: {_length(shift.length)}, starts: {starts}{extra}"
        if not shift.breaks:
            found.append(line(1, head + "}", shift.why))
            continue
        found += [line(1, head + ",", shift.why), *_breaks(shift)]
    return found


def _breaks(shift: DraftShift) -> list[str]:
    """Breaks in flow style; `between` counts from the shift's start."""
    texts = []
    for name, length, paid, first, latest in shift.breaks:
        share = ", most_at_once: 0.33" if name == "meal" else ""
        yes = "true" if paid else "false"
        texts.append(f"{{name: {name}, length: {length}, paid: {yes}, between: [{first}, {latest}]{share}}}")
    ends = [","] * (len(texts) - 1) + ["]}"]
    heads = ["breaks: ["] + [" " * 9] * (len(texts) - 1)
    return [line(3, f"{head}{text}{end}") for head, text, end in zip(heads, texts, ends, strict=True)]


def _length(length: float) -> str:
    hours, minutes = divmod(round(length / 60), 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}min" if minutes else "")


def people_lines() -> list[str]:
    """What is left to the planner, commented out."""
    return [
        "# People: with contracts and a file of agents the plan names who works when; without, it gives shifts only.",
        "# contracts:",
        "#   ft: {hours_per_week: [40, 44], days_per_week: [5, 5], shifts: [full], min_rest: 11h}",
        "# people: {agents: agents.csv, absences: absences.csv, wishes: wishes.csv, locks: locks.csv}",
        "#   agents.csv: agent, contract, skills; absences.csv: agent, start, end, kind",
        "# sessions:                                   meetings and training, held where they cost least service",
        '#   product news: {length: 1h, clock: ["09:00", "17:00"], most_at_once: 4}    # everybody once; or people: 12',
        "#   team talk: {length: 30min, kind: meeting, teams: [A], together: true}",
        "# events:                                     known things that change volume, AHT or capacity",
        "#   - {kind: launch, name: New card, start: 2026-11-24 10:00, queues: [voice]}",
        "# adjust: adjustments.csv                     your changes: queue, start, end, what, how, value, reason, by",
        "# deflection: deflection.csv                  what goes to self-service or another queue: queue, start, share",
        "# suspects: suspects.csv                      unusual days of the history and your answers to them",
    ]
