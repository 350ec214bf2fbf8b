"""Rules as a planner reads them: meaning, fields and an example line, all from the classes themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from wfm.durations import spoken
from wfm.errors import SettingError, did_you_mean, listed
from wfm.schedule.rules.rule import Rule

_PLAIN = {
    "tuple of str": "words",
    "float": "number",
    "int": "whole number",
    "bool": "true or false",
    "(float, float)": "pair",
    "str": "word",
    "float or None": "number",
    "int or None": "whole number",
    "str or None": "word",
}
_ATTRIBUTE = re.compile(r"^(?P<names>[a-z_, ]+?) : (?P<kind>\S.*?)(?:\s{2,}(?P<meaning>\S.*))?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleField:
    """A field of a rule: its name, what it is, its default as YAML shows it, and what it means."""

    name: str
    kind: str
    default: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """A rule in words.

    Attributes
    ----------
    name : str              As `type` in the week's file.
    meaning : str           The inequality.
    details : str           What more there is to know; may be empty.
    mode : str              "hard", "soft" or "soft only": what it is unless told otherwise.
    own : tuple of str      Names of its own fields.
    fields : tuple          Its own fields, then those that all rules have.
    example : str           A line of YAML.
    """

    name: str
    meaning: str
    details: str
    mode: str
    own: tuple[str, ...]
    fields: tuple[RuleField, ...]
    example: str


def describe_rule(name: str, rules: Mapping[str, type[Rule]] | None = None) -> RuleText:
    """A rule in words, by its name in the week's file.

    >>> told = describe_rule("min_rest")
    >>> told.meaning, told.example
    ('Start of a shift - end of the shift before >= rest.', '{type: min_rest, rest: 11h}')
    """
    known = _all() if rules is None else rules
    if name not in known:
        raise SettingError(
            f"rule must be one of {listed(sorted(known), most=60)}, got {name!r}.{did_you_mean(name, known)}",
            name="rule",
            value=name,
        )
    kind = known[name]
    meaning, details = _texts(kind)
    own = [field for field in fields(kind) if field.repr]
    common = [field.name for field in fields(Rule)]
    ordered = [f for f in own if f.name not in common] + [f for f in own if f.name in common]
    told = _attributes(kind)
    return RuleText(
        name=name,
        meaning=meaning,
        details=details,
        mode=_mode(kind),
        own=tuple(field.name for field in own if field.name not in common),
        fields=tuple(
            RuleField(name=field.name, kind=told[field.name][0], meaning=told[field.name][1], default=_default(field))
            for field in ordered
        ),
        example=kind.example,
    )


def describe_rules() -> list[RuleText]:
    """Every rule in words, in the order in which planners look for them."""
    return [describe_rule(name) for name in _all()]


def _all() -> Mapping[str, type[Rule]]:
    from wfm.schedule.rules import RULES

    return RULES


def _texts(kind: type[Rule]) -> tuple[str, str]:
    """The first sentence of the docstring, and the rest before its sections."""
    text = inspect.cleandoc(kind.__doc__ or "").split("\nAttributes\n")[0]
    first, _, rest = text.partition("\n")
    return first.strip(), " ".join(rest.split())


def _attributes(kind: type[Rule]) -> dict[str, tuple[str, str]]:
    """Field -> what it is and what it means, from the docstrings of the class and those it is made of."""
    found: dict[str, tuple[str, str]] = {}
    for one in reversed(kind.__mro__):
        section = inspect.cleandoc(one.__doc__ or "").partition("\nAttributes\n")[2]
        for line in section.splitlines():
            match = _ATTRIBUTE.match(line)
            if match:
                for name in match["names"].split(","):
                    found[name.strip()] = _meant(match["kind"], match["meaning"] or "")
    return found


def _meant(kind: str, meaning: str) -> tuple[str, str]:
    """The type in a planner's word; a unit in brackets belongs to it."""
    kind = _PLAIN.get(kind, kind)
    return (f"{kind} {meaning}", "") if meaning.startswith("[") and meaning.endswith("]") else (kind, meaning)


def _mode(kind: type[Rule]) -> str:
    hard = next(field.default for field in fields(kind) if field.name == "hard")
    if hard:
        return "hard"
    import yaml

    given = {name: value for name, value in yaml.safe_load(kind.example).items() if name not in ("type", "hard")}
    try:
        kind(**{**given, "hard": True})
    except SettingError as error:
        return "soft only" if error.name == "hard" else "soft"
    return "soft"


def _default(field: Any) -> str:
    value = field.default
    if value is MISSING:
        return "needed"
    if isinstance(value, bool):
        return str(value).lower()
    if field.name in ("rest", "band", "tolerance", "notice"):
        return spoken(value) if value else "none"
    if field.name == "between":
        return '["22:00", "06:00"]'
    if field.name in ("before", "after") and value >= 3600:
        return f'"{int(value) // 3600:02d}:{int(value) % 3600 // 60:02d}"'
    if value is None or value == () or value == float("inf"):
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
