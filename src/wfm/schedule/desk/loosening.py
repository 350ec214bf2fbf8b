"""How each rule may be loosened by its smallest step, and the line of the week's file that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from wfm.durations import DAY, spoken
from wfm.schedule.rules import Rule, with_exceptions
from wfm.schedule.rules.rule import SCOPE

HOUR = 3600.0
# Rule -> (field, step up or down, end of the way); a rule that is not here can only be taken away.
STEPS: dict[str, tuple[str, float, float]] = {
    "max_consecutive_days": ("most", 1, 14),
    "max_consecutive_nights": ("most", 1, 14),
    "min_rest": ("rest", -HOUR, 0),
    "weekly_rest": ("rest", -4 * HOUR, 0),
    "rest_after_nights": ("rest", -6 * HOUR, 0),
    "max_weekends": ("most", 1, 52),
    "max_nights": ("most", 1, 31),
    "hours_per_day": ("most", 1, 24),
    "night_length": ("most", 1, 24),
    "hours_per_week": ("most", 4, 100),
    "hours_per_month": ("most", 8, 400),
    "hours_per_period": ("most", 8, 1600),
    "hours_in_window": ("most", 4, 300),
    "average_hours": ("most", 2, 100),
    "days_per_week": ("most", 1, 7),
    "shift_count": ("most", 1, 31),
    "start_band": ("band", HOUR, DAY / 2),
    "forward_rotation": ("tolerance", HOUR, DAY),
    "shift_types_per_week": ("most", 1, 7),
    "min_days_off": ("least", -1, 0),
    "min_consecutive_days": ("least", -1, 0),
    "overtime": ("cap", 4, 100),
}
LEASTS = ("hours_per_week", "hours_per_month", "hours_per_period", "days_per_week", "shift_count")
KEPT = ("one_shift_a_day", "not_while_absent", "locks_kept", "breaks_apart")
HOURS = ("hours_per_week", "hours_per_month", "hours_per_period", "hours_in_window", "average_hours")
TIME = (*HOURS, "days_per_week")
STRETCH = (*TIME, "max_consecutive_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loosening:
    """One or several rules of some people, each by so many steps.

    Attributes
    ----------
    rules : tuple of Rule       As they stand.
    steps : int                 How far each is loosened.
    shift : float               Paid hours of the shift for which rules of hours make room; 0 = by their usual step.
    """

    rules: tuple[Rule, ...]
    steps: int = 1
    shift: float = 0.0

    @property
    def name(self) -> str:
        """The rules in words, with the old value and the new one."""
        return " and ".join(said(rule, self.steps, self.shift) for rule in self.rules)

    def for_(self, agents: Sequence[str]) -> list[Rule]:
        """The rules that take the place of the old ones for some people."""
        found = []
        for rule in self.rules:
            loose = loosened(rule, self.steps, self.shift)
            found.append(replace(loose, agents=tuple(agents), contracts=(), roles=(), teams=(), but=(), instead=True))
        return found


def loosenings(rules: Sequence[Rule], paid: Mapping[str, float] | None = None) -> list[Loosening]:
    """Every hard rule alone, and where several limit the time of the same people, these together.

    Parameters
    ----------
    paid : mapping      Paid hours of each shift type: rules of hours make room for the shortest shift allowed.
    """
    alone = [rule for rule in rules if rule.hard and not rule.together and rule.name not in KEPT and _loose(rule)]
    groups: dict[tuple[Any, ...], list[Rule]] = {}
    for rule in alone:
        groups.setdefault(_scope(rule), []).append(rule)
    found = []
    for group in groups.values():
        shift = _shortest(group, paid or {})
        found += [Loosening(rules=(rule,), shift=shift) for rule in group]
        sets = [tuple(rule for rule in group if rule.name in names) for names in (TIME, STRETCH)]
        found += [Loosening(rules=own, shift=shift) for own in dict.fromkeys(sets) if len(own) > 1]
    return found


def _scope(rule: Rule) -> tuple[Any, ...]:
    return tuple(getattr(rule, name) for name in SCOPE)


def _shortest(rules: Sequence[Rule], paid: Mapping[str, float]) -> float:
    """Paid hours of the shortest shift that some rules allow."""
    allowed = [set(getattr(rule, "shifts")) for rule in rules if rule.name == "allowed_shifts"]  # noqa: B009
    hours = [length for name, length in paid.items() if all(name in names for names in allowed) and length > 0]
    return min(hours, default=0.0)


def with_loosening(rules: Sequence[Rule], loosening: Loosening, agents: Sequence[str]) -> list[Rule]:
    """The rules with a loosening for some people."""
    return with_exceptions([*rules, *loosening.for_(agents)]) if agents else list(rules)


def loosened(rule: Rule, steps: int = 1, shift: float = 0.0) -> Rule:
    """The rule by some steps looser; one without steps costs nothing any more."""
    if rule.name not in STEPS or not np.isfinite(_value(rule)):
        return replace(rule, hard=False, weight=0.0)
    name, step, end = STEPS[rule.name]
    if shift and rule.name in HOURS:
        step = shift / getattr(rule, "weeks", 1) if rule.name == "average_hours" else shift
    value = _value(rule) + steps * step
    value = min(value, end) if step > 0 else max(value, end)
    kind = type(_value(rule))
    if step < 0 and name == "least" and value <= 1:
        return replace(rule, hard=False, weight=0.0)
    more: dict[str, Any] = {name: kind(value)}
    return replace(rule, **more)


def said(rule: Rule, steps: int = 1, shift: float = 0.0) -> str:
    """`max_consecutive_days 5->6`."""
    after = loosened(rule, steps, shift)
    if not after.hard and rule.hard:
        return f"{rule.name} dropped"
    name = STEPS[rule.name][0]
    old, new = _value(rule), getattr(after, name)
    if name in ("rest", "band", "tolerance"):
        return f"{rule.name} {spoken(old) if old else '0 h'}->{spoken(new) if new else '0 h'}"
    return f"{rule.name} {old:g}->{new:g}"


def line_of(rule: Rule) -> str:
    """The rule as a line of the week's file."""
    from wfm.durations import clock

    parts = [f"type: {rule.name}"]
    for field in fields(rule):
        value = getattr(rule, field.name)
        if field.name in ("rest", "band", "tolerance"):
            value = spoken(value).replace(" ", "") if value else 0
        elif field.name == "between":
            value = [clock(t) for t in value]
        elif field.name == "hours":
            continue
        moved = STEPS.get(rule.name, ("",))[0] == field.name and rule.hard
        if not field.repr or (value == field.default and not moved):
            continue
        parts.append(f"{field.name}: {_yaml(value)}")
    return "{" + ", ".join(parts) + "}"


def _yaml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(_yaml(one) for one in value) + "]"
    if isinstance(value, float):
        return f"{value:g}"
    return f'"{value}"' if isinstance(value, str) and ":" in value else str(value)


def _loose(rule: Rule) -> bool:
    """Whether there is anything to loosen."""
    if rule.name not in STEPS:
        return True
    return bool(np.isfinite(_value(rule)))


def _value(rule: Rule) -> Any:
    value = getattr(rule, STEPS[rule.name][0])
    return np.inf if value is None else value
