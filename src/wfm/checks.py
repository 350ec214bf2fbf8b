"""How nouns check their own fields: numbers within bounds, shares, words from a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wfm.errors import SettingError, did_you_mean, listed


def number_in(
    value: object,
    *,
    name: str,
    low: float,
    high: float,
    open_low: bool = False,
    open_high: bool = False,
    unit: str = "",
    hint: str = "",
) -> float:
    """A number within bounds as a float, else a SettingError that says what is allowed.

    >>> number_in(80, name="share", low=0, high=1, open_low=True, open_high=True, hint="Did you mean 0.80?")
    Traceback (most recent call last):
    wfm.errors.SettingError: share must be a number in (0, 1), got 80. Did you mean 0.80?
    """
    left, right = "(" if open_low else "[", ")" if open_high else "]"
    span = f"{left}{low:g}, {high:g}{right}" + (f" {unit}" if unit else "")
    number = float("nan") if isinstance(value, bool) or value is None else _float(value)
    inside = (low < number if open_low else low <= number) and (number < high if open_high else number <= high)
    if not inside:
        message = f"{name} must be a number in {span}, got {value!r}." + (f" {hint}" if hint else "")
        raise SettingError(message, name=name, value=value)
    return number


def whole_number(value: object, *, name: str, low: int = 0) -> int:
    """A whole number of at least `low`, such as the seed of random numbers.

    >>> whole_number(-1, name="seed")
    Traceback (most recent call last):
    wfm.errors.SettingError: seed must be a whole number of at least 0, got -1.
    """
    number = float("nan") if isinstance(value, bool) else _float(value)
    if not number >= low or number % 1:
        raise SettingError(f"{name} must be a whole number of at least {low}, got {value!r}.", name=name, value=value)
    return int(value)  # type: ignore[call-overload, no-any-return]


def fraction(value: object, *, name: str, zero: bool = True, one: bool = True) -> float:
    """A share as a fraction 0-1; a percentage is recognised and the fraction proposed.

    >>> fraction(80, name="share", zero=False, one=False)
    Traceback (most recent call last):
    wfm.errors.SettingError: share must be a fraction in (0, 1), got 80. Did you mean 0.80?
    """
    number = float("nan") if isinstance(value, bool) or value is None else _float(value)
    if (0 < number < 1) or (zero and number == 0) or (one and number == 1):
        return number
    span = f"{'[' if zero else '('}0, 1{']' if one else ')'}"
    raise SettingError(f"{name} must be a fraction in {span}, got {value!r}.{_percent(value)}", name=name, value=value)


def _percent(value: object) -> str:
    """What a number above 1 or a text with a percent sign was meant to be: 80 is 80%, 1.2 is 120% and no share."""
    text = str(value).strip()
    number = _float(text.removesuffix("%")) / (1.0 if not text.endswith("%") else 100.0)
    if text.endswith("%") and 0 <= number <= 1:
        return f" Did you mean {number:.2f}?" if number * 100 % 1 == 0 else f" Did you mean {number:g}?"
    if 1 < number < 2:
        return f" As a fraction {number:g} is {number:.0%}."
    if 2 <= number <= 100:
        return f" Did you mean {number / 100:.2f}?" if number % 1 == 0 else f" Did you mean {number / 100:g}?"
    return ""


def one_of(value: object, allowed: Sequence[str], *, name: str) -> str:
    """A word from a list, else a SettingError that shows the list and the nearest word.

    >>> one_of("dya", ["interval", "day", "week"], name="scope")
    Traceback (most recent call last):
    wfm.errors.SettingError: scope must be one of 'interval', 'day', 'week', got 'dya'. Did you mean 'day'?
    """
    if isinstance(value, str) and value in allowed:
        return value
    message = f"{name} must be one of {listed(allowed, most=20)}, got {value!r}.{did_you_mean(value, allowed)}"
    raise SettingError(message, name=name, value=value)


def put(noun: Any, **values: object) -> None:
    """Set fields of a frozen noun while it checks itself in `__post_init__`."""
    for name, value in values.items():
        object.__setattr__(noun, name, value)


def _float(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")
