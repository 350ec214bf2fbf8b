"""What must hold of a queue, as conditions that are monotone in agents: the same for every model of the queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.checks import fraction
from wfm.durations import seconds
from wfm.erlang.formulas.arguments import Array, Numbers, amount, share_of, word_of
from wfm.erlang.formulas.definitions import ABANDONED
from wfm.errors import SettingError

OVERRUN = 2.0  # the occupancy of agents whom the queue never lets go


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that must hold where `margin(agents, load, *parameters)` >= 0; it grows with agents, by element."""

    margin: Callable[..., Array]
    parameters: tuple[Array, ...]

    def holds(self, agents: Array, load: Array, *parameters: Array) -> npt.NDArray[np.bool_]:
        """Whether it holds, by element."""
        return np.asarray(self.margin(agents, load, *parameters) >= 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """A model of the queue as functions of (agents, load, *parameters), by element.

    `level` takes the threshold and `short` [s] after the parameters, and the definition of the service level last;
    `busy` is the occupancy, `OVERRUN` where the queue never empties; `asa` is in seconds.
    """

    parameters: tuple[Array, ...]
    level: Callable[..., Array]
    abandon_rate: Callable[..., Array]
    busy: Callable[..., Array]
    asa: Callable[..., Array]
    wait_probability: Callable[..., Array]
    blocking: Callable[..., Array] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What is asked for; None = not asked. Each an array, or a number for all."""

    within: Numbers = 0.0
    share: Numbers | None = None
    abandoned: str = "lost"
    short: Numbers = 0.0
    max_abandon: Numbers | None = None
    max_occupancy: Numbers | None = None
    max_asa: Numbers | None = None
    max_wait_probability: Numbers | None = None
    max_blocking: Numbers | None = None
    wait_quantile: tuple[float, float] | None = None

    def conditions(self, model: Measures) -> list[Condition]:
        """The conditions, each only where it is asked for."""
        word_of(self.abandoned, ABANDONED, name="abandoned")
        within = amount(self.within, name="within")
        short = amount(self.short, name="short")
        found: list[Condition] = []
        if self.share is not None:
            share = share_of(self.share, name="share")
            found.append(_at_least(model, self.abandoned, within, short, share))
        for name, one, measure in (
            ("max_abandon", True, model.abandon_rate),
            ("max_occupancy", True, model.busy),
            ("max_wait_probability", False, model.wait_probability),
            ("max_blocking", False, model.blocking),
        ):
            if (most := getattr(self, name)) is not None and measure is not None:
                found.append(_at_most(measure, model, share_of(most, name=name, one=one)))
        if self.max_asa is not None:
            found.append(_at_most(model.asa, model, amount(self.max_asa, name="max_asa", positive=True)))
        if self.wait_quantile is not None:
            part = fraction(self.wait_quantile[0], name="wait_quantile share", zero=False, one=False)
            wait = seconds(self.wait_quantile[1], name="wait_quantile seconds", zero=True)
            found.append(_at_least(model, "met", np.asarray(wait), np.asarray(0.0), np.asarray(part)))
        if not found:
            raise SettingError(
                "agents_for needs a target: share with within, max_abandon, max_occupancy, max_asa, "
                "max_wait_probability or wait_quantile.",
                name="share",
            )
        return found


def _at_least(model: Measures, word: str, within: Array, short: Array, share: Array) -> Condition:
    def margin(n: Array, a: Array, *rest: Array) -> Array:
        *parameters, late, early, least = rest
        return np.asarray(model.level(n, a, *parameters, late, early, word) - least)

    return Condition(margin=margin, parameters=(*model.parameters, within, short, share))


def _at_most(measure: Callable[..., Array], model: Measures, most: Array) -> Condition:
    def margin(n: Array, a: Array, *rest: Array) -> Array:
        *parameters, cap = rest
        return np.asarray(cap - measure(n, a, *parameters))

    return Condition(margin=margin, parameters=(*model.parameters, most))
