"""Text of the week's file: values that YAML reads back as they were, comments that stay comments."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from wfm.calendars import WEEKDAYS, Calendar
from wfm.durations import DAY, clock
from wfm.starter.opening import Opening, Spans

_PLAIN = re.compile(r"^[A-Za-z_][A-Za-z0-9_./ -]*$")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"})
_INDENT = 2
_COLUMN = 44  # where comments begin, if the line is short enough


def quoted(text: str) -> str:
    """A text as YAML writes it: bare where it is a plain word, else quoted with everything unusual escaped.

    >>> print(quoted("voice"), quoted("no"), quoted("101"), quoted("a: b"), quoted("صف"))
    voice "no" "101" "a: b" "صف"
    """
    if _PLAIN.match(text) and text == text.strip() and text.lower() not in _WORDS:
        return text
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    return f"\\U{ord(character):08x}"


def said(text: object, *, most: int = 160) -> str:
    """A text fit for a comment: one line, nothing that cannot be seen."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def line(depth: int, text: str, comment: str = "") -> str:
    """A line of the file with its comment behind it."""
    body = " " * (_INDENT * depth) + text
    return f"{body:<{_COLUMN}}  # {said(comment, most=400)}" if comment else body


def guess(depth: int, text: str, why: str) -> str:
    """A line whose value is a guess."""
    return line(depth, text, f"GUESS: {why}")


def hours_lines(depth: int, opening: Opening, why: str) -> list[str]:
    """The opening hours: round the clock, by weekday, or dated where they changed."""
    told = f"GUESS: {why}"
    if opening.always and opening.before is None:
        return [line(depth, "hours: 24x7", told)]
    if opening.before is None or opening.since is None:
        found = [line(depth, "hours:", told)]
        return found + [line(depth + 1, f"{days}: {span}") for days, span in _by_days(opening.spans)]
    until = opening.since - pd.Timedelta(days=1)
    found = [line(depth, "hours:", f"{told}; they changed, later entries win")]
    found += [
        line(depth + 1, f'- {{days: "{days}", open: {span}, until: {until:%Y-%m-%d}}}')
        for days, span in _by_days(opening.before)
    ]
    return found + [
        line(depth + 1, f'- {{days: "{days}", open: {span}, from: {opening.since:%Y-%m-%d}}}')
        for days, span in _by_days(opening.spans)
    ]


def _by_days(spans: tuple[Spans, ...]) -> Iterable[tuple[str, str]]:
    """Weekdays with the same hours together, in the order of the week."""
    for hours in dict.fromkeys(spans):
        yield run_of([k for k in range(7) if spans[k] == hours]), _span_text(hours)


def _span_text(spans: Spans) -> str:
    if not spans:
        return "closed"
    texts = ["24h" if (a, b) == (0.0, DAY) else f'"{clock(a)}-{clock(b if b <= DAY else b - DAY)}"' for a, b in spans]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def run_of(weekdays: list[int]) -> str:
    """Weekdays in words, a run across the week's end too.

    >>> run_of([0, 1, 2, 5, 6]), run_of([3, 4]), run_of([1, 3]), run_of(list(range(7)))
    ('sat-wed', 'thu-fri', 'tue,thu', 'all')
    """
    if len(weekdays) == 7:
        return "all"
    first = [k for k in weekdays if (k - 1) % 7 not in weekdays]
    if len(first) == 1 and len(weekdays) > 1:
        return f"{WEEKDAYS[first[0]]}-{WEEKDAYS[(first[0] + len(weekdays) - 1) % 7]}"
    return ",".join(WEEKDAYS[k] for k in weekdays)


def day_label(day: pd.Timestamp, months: str) -> str:
    """A date in words, in the calendar's reckoning."""
    return Calendar(months=months).label(day)
