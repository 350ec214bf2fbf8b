"""Warnings and assumptions in the report's language: each sentence that a plan can say, with its Persian beside it.

The sentences are in templates/notices.fa.txt. `{...}` stands for what differs from case to case: what begins with
`when` is a moment and is said in the calendar of the report, numbers get its digits, all else stays as it was typed.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import pandas as pd

from wfm.report.language import Language
from wfm.report.sheet_words import VALUES

_FIELD = re.compile(r"\{(\w+)\}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}(?::\d{2})?)?")


def said(text: str, language: Language) -> str:
    """A warning in the language; where it has no sentence for it, as it stands.

    >>> from wfm.calendars import Calendar
    >>> said("voice: patience 300 s ASSUMED", Language.of("en", Calendar()))
    'voice: patience 300 s ASSUMED'
    """
    return notice(text, language)[0]


def notice(text: str, language: Language) -> tuple[str, str]:
    """A warning in the language and the direction in which it runs: what is not translated runs from left to right."""
    if language.code != "fa":
        return text, "auto"
    for pattern, persian in _patterns():
        found = pattern.fullmatch(text.strip())
        if found is not None:
            values = {name: _value(name, value, language) for name, value in found.groupdict().items()}
            return persian.format(**values), "rtl"
    return text, "ltr"


@cache
def sentences() -> dict[str, str]:
    """English -> Persian, each with its places for what differs."""
    lines = files("wfm.report").joinpath("templates/notices.fa.txt").read_text(encoding="utf-8").splitlines()
    told = [line for line in lines if line and not line.startswith("#")]
    return dict(zip(told[::2], told[1::2], strict=True))


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """The sentences as patterns, those with most fixed words first."""
    order = sorted(sentences().items(), key=lambda pair: -len(_FIELD.sub("", pair[0])))
    return [
        (re.compile(_FIELD.sub(r"(?P<\1>.+?)", _escaped(english)), re.DOTALL), persian) for english, persian in order
    ]


def _escaped(english: str) -> str:
    parts = re.split(r"(\{\w+\})", english)
    return "".join(part if _FIELD.fullmatch(part) else re.escape(part) for part in parts)


def _value(name: str, value: str, language: Language) -> str:
    """What stands in a place of the sentence: a moment, a number, or what people typed."""
    if name.startswith("when"):
        moment = _moment(value)
        return language.name(value) if moment is None else f"{language.day(moment)} {language.time(moment)}"
    if re.fullmatch(r"[-+\d.,%]+", value) and not _DAY.fullmatch(value):
        return language.digits(value)
    if value in VALUES:
        return VALUES[value]
    bare = value[1:-1] if value[:1] == value[-1:] == "'" else value
    return language.name(_DAY.sub(lambda day: _said_day(day[0], language), bare), 120)


def _said_day(value: str, language: Language) -> str:
    moment = _moment(value)
    return value if moment is None else language.day(moment)


def _moment(value: str) -> pd.Timestamp | None:
    try:
        return pd.Timestamp(value) if _DAY.fullmatch(value.strip()) else None
    except ValueError:
        return None
