"""What `wfm init calls.csv` writes: a week's file made from what a history holds."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from wfm.durations import spoken
from wfm.errors import DataError
from wfm.history import Reading, inspect_history
from wfm.starter.page import day_label, guess, line, quoted, said
from wfm.starter.queues import QueueFacts, facts_of, width_of
from wfm.starter.sections import Options, people_lines, queue_lines, shift_lines
from wfm.starter.shifts import shift_types
from wfm.starter.week import last_full_day, next_week, week_start_of, weekend_of

_GUESS = re.compile(r"^\s*(?:# )?(.*?)\s+# (?:.*?, )?GUESS: (.*)$")
_WIDTHS = (900.0, 1800.0, 3600.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HowRead:
    """What a file needs to be read, as for `read_history`; it is written down where it is not the usual."""

    sheet: str | None = None
    timezone: str | None = None
    columns: Mapping[str, str] | None = None
    stamps: str = "start"
    dates: str | None = None
    within: object = None
    outcomes: Mapping[str, str | None] | None = None

    def read(self, source: object) -> Reading:
        """The history with the report on how it was read."""
        return inspect_history(
            source,
            sheet=self.sheet,
            timezone=self.timezone,
            columns=self.columns,
            stamps=self.stamps,
            dates=self.dates,
            within=60.0 if self.within is None else self.within,
            outcomes=self.outcomes,
        )


def draft_week(
    source: object,
    *,
    name: str | None = None,
    folder: Path | str | None = None,
    sheet: str | None = None,
    timezone: str | None = None,
    columns: Mapping[str, str] | None = None,
    stamps: str = "start",
    dates: str | None = None,
    within: object = None,
    outcomes: Mapping[str, str | None] | None = None,
) -> str:
    """A commented week file from a history: what was found filled in, every guess marked `# GUESS` with its reason.

    The text is a file that `wfm plan` plans as it stands, once it is saved in `folder`.

    Parameters
    ----------
    source : path or DataFrame  A history, by interval or contact by contact; as for `read_history`.
    name : str                  Name of the plan; None = that of the file.
    folder : path               Where the week's file will stand; None = beside the history.
    sheet, timezone, columns, stamps, dates, within, outcomes
                                As for `read_history`, where the file needs them; they are written down.

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
    how = HowRead(
        sheet=sheet, timezone=timezone, columns=columns, stamps=stamps, dates=dates, within=within, outcomes=outcomes
    )
    return drafted(how.read(source), how, source, name=name, folder=folder)


def drafted(
    reading: Reading, how: HowRead, source: object, *, name: str | None = None, folder: Path | str | None = None
) -> str:
    """The text of the week's file for a history that was read; arguments as for `draft_week`."""
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
    found = [facts_of(reading, queue, weekend=weekend, last=last, asked=how.within is not None) for queue in names]
    queues = [facts for facts in found if facts.gone is None] or found
    interval = _interval(width_of(history))
    place, options = _place(source, folder), _options(how, reading)
    lines = [
        *_head(reading),
        *_frame(reading, name or _title(source), how.timezone, interval, weekend, why_weekend),
        "",
        "queues:",
        *(text for facts in queues for text in queue_lines(facts, place, options, reading)),
        *(_left_out(facts) for facts in found if facts not in queues),
        "",
        *shift_lines(shift_types([facts.opening for facts in queues], interval)),
        "",
        *people_lines(),
        "",
        *_plan(last, cut, week_start_of(weekend), reading.months),
    ]
    return "\n".join(lines) + "\n"


def guesses(text: str) -> list[tuple[str, str]]:
    """What a drafted file guesses, and why: (line, reason).

    >>> guesses("  voice:   # GUESS: the file names no queue")
    [('voice', 'the file names no queue')]
    """
    found = [_GUESS.match(line) for line in text.splitlines()]
    return [(match[1].strip().rstrip(":"), match[2]) for match in found if match]


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


def _options(how: HowRead, reading: Reading) -> Options:
    """What the file needs to be read, as lines of the queue."""
    pairs = _flow(how.columns)
    words = _flow(how.outcomes)
    first = "day" if reading.order == "dmy" else "month"
    told = f"GUESS: the {first} comes first, told by the dates of this file; later files may not tell it"
    dates = how.dates or reading.order
    found = {
        f"sheet: {quoted(how.sheet or '')}": ("sheet of the workbook", how.sheet is not None),
        f"columns: {pairs}": ("column of the file and what it holds", bool(how.columns)),
        f"stamps: {how.stamps}": ("the file's times mark the end of the interval", how.stamps != "start"),
        f"dates: {dates}": (told if how.dates is None else "day or month first, as asked", bool(dates)),
        f"within: {how.within}": ("answered within so long counts as in time", how.within is not None),
        f"outcomes: {words}": ("word of the file and what it means", bool(how.outcomes)),
    }
    return tuple((text, comment) for text, (comment, given) in found.items() if given)


def _flow(pairs: Mapping[str, str | None] | None) -> str:
    """A mapping in flow style."""
    told = (f"{quoted(str(k))}: {'null' if v is None else quoted(str(v))}" for k, v in (pairs or {}).items())
    return "{" + ", ".join(told) + "}"


def _left_out(facts: QueueFacts) -> str:
    since = "at all" if pd.isna(facts.gone) else f"since {facts.gone:%Y-%m-%d}"
    return line(1, f"# {said(facts.name)} is left out: no contact {since}")


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
        f"# {said(reading.tally())}",
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
        guess(
            1,
            f"months: {reading.months}",
            "as the file's dates; the reckoning that salaries and bills follow: gregorian, solar-hijri or hijri",
        ),
        guess(1, f"weekend: [{', '.join(weekend)}]", why_weekend),
        line(
            1,
            f"# country: {'IR' if solar or weekend == ('thu', 'fri') else 'DE'}",
            "its public holidays (extra calendars); else list them:",
        ),
        line(1, "# holidays: holidays.csv", "columns date, name, kind (holiday, closed, workday)"),
        line(1, "# closed: [2026-12-31]", "days without service"),
        line(1, "# recurring: {wages: {day: 25, moved: before}, bills: [2026-12-10]}", "pay and billing days"),
        line(1, "# seasons: seasons.csv", "columns name, start, last day: school holidays, Ramadan"),
        line(0, "# regressors: weather.csv", "columns day, and a number each: temperature, marketing, customers"),
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
