"""What `wfm init calls.csv` writes: a week's file made from what a history holds."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from wfm.durations import spoken
from wfm.errors import DataError
from wfm.history import Reading, inspect_history
from wfm.starter.page import day_label, guess, hours_lines, line, quoted, said
from wfm.starter.queues import QueueFacts, facts_of, width_of
from wfm.starter.shifts import DraftShift, shift_types
from wfm.starter.week import last_full_day, next_week, week_start_of, weekend_of

_WIDTHS = (900.0, 1800.0, 3600.0)


def draft_week(
    source: object,
    *,
    name: str | None = None,
    folder: Path | str | None = None,
    sheet: str | None = None,
    timezone: str | None = None,
) -> str:
    """A commented week file from a history: what was found filled in, every guess marked `# GUESS` with its reason.

    The text is a file that `wfm plan` plans as it stands, once it is saved in `folder`.

    Parameters
    ----------
    source : path or DataFrame  A history, by interval or contact by contact; as for `read_history`.
    name : str                  Name of the plan; None = that of the file.
    folder : path               Where the week's file will stand; None = beside the history.
    sheet, timezone : str       As for `read_history`, where the file needs them to be read.

    Returns
    -------
    str         YAML.

    Raises
    ------
    DataError   The history cannot be read, or holds no contacts.

    >>> starts = pd.date_range("2026-09-07", periods=70 * 24, freq="h")
    >>> calls = pd.DataFrame({"start": starts, "calls": 20 * ((starts.hour >= 8) & (starts.hour < 18))})
    >>> [text.strip() for text in draft_week(calls).splitlines() if text.strip().startswith(("all:", "start:"))]
    ['all: "08:00-18:00"', 'start: 2026-11-16  # GUESS: first week after the history: Mon 16 Nov 2026']
    """
    reading = inspect_history(source, sheet=sheet, timezone=timezone)
    history = reading.history
    if not (history["offered"] > 0).any():
        raise DataError(
            f"{reading.source} holds no contacts at all, so nothing can be told from it. Give a file with "
            "some weeks of contacts.",
            table=reading.source,
            column="offered",
        )
    weekend, why_weekend = weekend_of(history, reading.months)
    last, cut = last_full_day(history)
    names = list(dict.fromkeys(history["queue"]))
    found = [facts_of(reading, queue, weekend=weekend, last=last) for queue in names]
    queues = [facts for facts in found if facts.gone is None] or found
    interval = _interval(width_of(history))
    lines = [
        *_head(reading),
        *_frame(reading, name or _title(source), timezone, interval, weekend, why_weekend),
        "",
        "queues:",
        *(text for facts in queues for text in _queue(facts, _place(source, folder), sheet, reading)),
        *(
            line(1, f"# {said(facts.name)} is left out: no contact since {facts.gone:%Y-%m-%d}")
            for facts in found
            if facts not in queues
        ),
        "",
        *_shifts(shift_types([facts.opening for facts in queues], interval)),
        "",
        *_people(),
        "",
        *_plan(last, cut, week_start_of(weekend), reading.months),
    ]
    return "\n".join(lines) + "\n"


def _title(source: object) -> str:
    return Path(source).name.split(".")[0] if isinstance(source, (str, Path)) else "plan"


def _place(source: object, folder: Path | str | None) -> str | None:
    """The history's name as seen from the week's folder; None where it is no file."""
    if not isinstance(source, (str, Path)):
        return None
    path = Path(source)
    if folder is None:
        return path.name
    try:
        return Path(os.path.relpath(path.resolve(), Path(folder).resolve())).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()


def _interval(width: float) -> float:
    """Interval of the plan: the file's, put together to at least a quarter of an hour."""
    return next((wide for wide in _WIDTHS if wide >= width and wide % width == 0), width if width < 3600 else 1800.0)


def _head(reading: Reading) -> list[str]:
    first = reading.summary().splitlines()[0]
    return [
        "# The week's file. Lines marked GUESS were guessed from the history: check those first. Then:",
        "#   wfm check week.yaml     reads every file named here and lists all problems",
        "#   wfm plan week.yaml      plans the week and writes every table",
        f"# Read: {said(first)}",
        *(f"# DOUBT: {said(doubt, most=300)}" for doubt in reading.doubts),
        "",
    ]


def _frame(
    reading: Reading, name: str, timezone: str | None, interval: float, weekend: tuple[str, ...], why_weekend: str
) -> list[str]:
    solar = reading.months == "solar-hijri"
    width = width_of(reading.history)
    counted = "one row a contact" if reading.contacts is not None else f"the file counts by {spoken(width)}"
    zone = (
        [line(0, f"timezone: {timezone}", "the centre's clock")]
        if timezone
        else [
            guess(0, "timezone: Asia/Tehran", "the dates are Solar Hijri")
            if solar
            else line(
                0,
                "# timezone: Europe/Berlin",
                "name the centre's zone, so that days on which the clock jumps are right",
            )
        ]
    )
    return [
        line(0, f"name: {quoted(name)}", "heads every report"),
        *zone,
        line(0, f"interval: {int(interval // 60)}min", f"step of forecast, requirement and shifts; {counted}"),
        guess(0, f"week_start: {week_start_of(weekend)}", "the day after the weekend"),
        line(0, "calendar:", "kinds of days; a holiday may be worked, a closed day is not"),
        guess(1, f"months: {reading.months}", "as the file's dates; the reckoning that salaries and bills follow: "
              "gregorian, solar-hijri or hijri"),
        guess(1, f"weekend: [{', '.join(weekend)}]", why_weekend),
        line(1, f"# country: {'IR' if solar or weekend == ('thu', 'fri') else 'DE'}", "its public holidays (extra calendars); else list them:"),
        line(1, "# holidays: holidays.csv", "columns date, name, kind (holiday, closed, workday)"),
        line(1, "# closed: [2026-12-31]", "days without service"),
    ]


def _queue(facts: QueueFacts, place: str | None, sheet: str | None, reading: Reading) -> list[str]:
    why = "the file names no queue" if not facts.named else "as the file calls it"
    channel = f"{facts.why_channel}; voice, chat, deferred (tickets, e-mail) or outbound"
    live = facts.channel != "deferred"
    when = "no times in the file" if facts.guessed else "when contacts came in the last weeks"
    return [
        line(1, f"{quoted(facts.name)}:", f"GUESS: {why}" if not facts.named else why),
        guess(2, f"channel: {facts.channel}", channel),
        *_source(facts, place, sheet, reading),
        *hours_lines(2, facts.opening, when),
        *(_live(facts) if live else _deferred()),
        *_aht(facts),
        guess(2, "shrinkage: {unplanned: 0.06}", "usual share of rostered hours lost to sickness and lateness"),
        *([guess(2, "min_agents: " + ('{all: 1, "22:00-07:00": 2}' if facts.opening.always else "{all: 1}"),
                 "fewest on duty while open")] if live else []),
    ]


def _source(facts: QueueFacts, place: str | None, sheet: str | None, reading: Reading) -> list[str]:
    told = ", ".join(f"{role} = {name}" for role, name in reading.columns.items() if role != name) or "all as named"
    if facts.volume is not None:
        return [
            guess(2, f"volume: {facts.volume:.0f}/week", f"mean of the last weeks; {facts.why_volume}"),
            line(2, "# history: calls.csv", "take this instead of volume once there are weeks of intervals"),
            line(2, "# pattern: pattern.csv", "columns weekday, time, share; without it all open hours are alike"),
        ]
    if place is None:
        return [line(2, "# history: calls.csv", "a table was handed in: hand it to plan_week(..., history=table)")]
    found = [line(2, f"history: {quoted(place)}", "what came, by interval or contact by contact")]
    if sheet is not None:
        found.append(line(2, f"sheet: {quoted(sheet)}", "sheet of the workbook"))
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
    why = "the file's threshold; share and caps as usual" if facts.told else "usual; write your promise"
    patience = (
        [line(2, "patience: fit", f"mean time until a caller hangs up, from the data: {facts.why_patience}")]
        if facts.patience is not None
        else [line(2, "patience: 300s", f"ASSUMED, GUESS: mean time until a caller hangs up; {facts.why_patience}")]
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
        *patience,
    ]


def _deferred() -> list[str]:
    return [guess(2, "classes: {normal: 24h}", "time in which a contact is to be done, by class")]


def _aht(facts: QueueFacts) -> list[str]:
    measured = f"in the file: {', '.join(facts.columns)}" if facts.columns else "no service figures in the file"
    if facts.aht is None:
        return [guess(2, "aht: 240s", "talk + hold + wrap-up per contact; the file has none"), line(2, f"# {measured}")]
    if facts.volume is not None:
        return [line(2, f"aht: {facts.aht:.0f}s", "talk + hold + wrap-up per contact, mean of the file")]
    return [line(2, f"# aht comes from the file, mean {facts.aht:.0f} s; {measured}")]


def _shifts(types: Iterable[DraftShift]) -> list[str]:
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


def _people() -> list[str]:
    return [
        "# People: with contracts and a file of agents the plan names who works when; without, it gives shifts only.",
        "# contracts:",
        "#   ft: {hours_per_week: [40, 44], days_per_week: [5, 5], shifts: [full], min_rest: 11h}",
        "# people: {agents: agents.csv, absences: absences.csv, wishes: wishes.csv, locks: locks.csv}",
        "#   agents.csv: agent, contract, skills; absences.csv: agent, start, end, kind",
        "# events:                                     known things that change volume, AHT or capacity",
        "#   - {kind: launch, name: New card, start: 2026-11-24 10:00, queues: [voice]}",
        "# adjust: adjustments.csv                     your changes: queue, start, end, what, how, value, reason, by",
        "# suspects: suspects.csv                      unusual days of the history and your answers to them",
    ]


def _plan(last: pd.Timestamp, cut: bool, week_start: str, months: str) -> list[str]:
    start = next_week(last, week_start)
    until = f"last whole day of the file: {day_label(last, months)}" + ("; the day after is cut off" if cut else "")
    return [
        "plan:",
        guess(1, f"start: {start:%Y-%m-%d}", f"first week after the history: {day_label(start, months)}"),
        line(1, "weeks: 1"),
        line(1, f"history_until: {last:%Y-%m-%d}", until),
        line(1, "time_limit: 30", "seconds for shifts, and again for people"),
        line(1, "seed: 1", "the same seed gives the same plan"),
        "output: {folder: out, formats: [csv]}",
    ]
