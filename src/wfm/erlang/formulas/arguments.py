"""How the formula files take their arguments: checked once, broadcast together, numbers back as numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from wfm.errors import SettingError, did_you_mean, listed

Array = npt.NDArray[np.float64]
Numbers = npt.ArrayLike

_HINTS = {"aht": " Durations are seconds.", "patience": " Durations are seconds; inf = nobody hangs up."}


def amount(value: Numbers, *, name: str, positive: bool = False, endless: bool = False) -> Array:
    """Numbers >= 0 (> 0 where `positive`) as an array of float; anything else is refused with the first bad value."""
    numbers = _numbers(value, name)
    bad = ~(numbers > 0) if positive else ~(numbers >= 0)
    if not endless:
        bad |= np.isinf(numbers)
    if bad.any():
        allowed = f"{'>' if positive else '>='} 0{'' if endless else ' and finite'}"
        _refuse(name, allowed, numbers, bad, _HINTS.get(name, ""))
    return numbers


def share_of(value: Numbers, *, name: str, zero: bool = False, one: bool = False) -> Array:
    """Fractions within (0, 1), its ends where allowed; a percentage is recognised and the fraction proposed."""
    numbers = _numbers(value, name)
    good = ((numbers > 0) | (zero & (numbers == 0))) & ((numbers < 1) | (one & (numbers == 1)))
    if not good.all():
        first = numbers[~good].flat[0]
        hint = f" Did you mean {first / 100:.2f}?" if 1 < first <= 100 else ""
        allowed = f"a fraction in {'[' if zero else '('}0, 1{']' if one else ')'}"
        _refuse(name, allowed, numbers, ~good, hint)
    return numbers


def word_of(value: str, allowed: tuple[str, ...], *, name: str) -> str:
    """One word of a list."""
    if value not in allowed:
        raise SettingError(
            f"{name} must be one of {listed(allowed, most=20)}, got {value!r}.{did_you_mean(value, allowed)}",
            name=name,
            value=value,
        )
    return value


def together(*arrays: Array) -> tuple[Array, ...]:
    """The arrays broadcast against each other; shapes that do not fit are refused."""
    try:
        return tuple(np.broadcast_arrays(*arrays))
    except ValueError:
        shapes = [array.shape for array in arrays if array.ndim]
        raise SettingError(
            f"arguments must broadcast together, got the shapes {listed(shapes)}. "
            "Add an axis (values[:, None]) where every combination is wanted."
        ) from None


def over(formula: Callable[..., Array], *arrays: Array) -> Array | float:
    """A formula of flat arrays applied to broadcast arrays: the common shape comes out, a number of numbers."""
    spread = together(*arrays)
    shape = spread[0].shape
    out = formula(*(array.ravel() for array in spread)).reshape(shape)
    return float(out) if out.ndim == 0 else out


def whole(agents: Array, *, fractional: bool = False) -> npt.NDArray[np.int64] | int | Array | float:
    """Whole agents as int or an array of int64; float where fractions are wanted."""
    if fractional:
        return float(agents) if agents.ndim == 0 else agents
    return int(agents) if agents.ndim == 0 else agents.astype(np.int64)


def _numbers(value: Numbers, name: str) -> Array:
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise SettingError(
            f"{name} must be a number or an array of numbers, got {value!r}.", name=name, value=value
        ) from None


def _refuse(name: str, allowed: str, numbers: Array, bad: npt.NDArray[np.bool_], hint: str) -> None:
    first = float(numbers[bad].flat[0]) if numbers.ndim else float(numbers)
    where = "" if numbers.ndim == 0 else f" in {int(bad.sum())} value(s), first at position {int(np.argmax(bad))}"
    raise SettingError(f"{name} must be {allowed}, got {first:g}{where}.{hint}", name=name, value=first)
