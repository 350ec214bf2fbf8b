"""What changed without anybody saying so: a level that stays elsewhere from some day on, or a burst that fades.

Level shifts and transient changes are looked for as Chen and Liu do (Journal of the American Statistical Association
1993), but in a Gaussian model whose memory has to give way for them: changes are believed where they make the days
likelier by more than a search over all days and forms finds by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.components import YEAR, Component
from wfm.forecast.learned.days import DayFeatures

Floats = npt.NDArray[np.float64]
Felt = Callable[[DayFeatures], Floats]
LASTS = 14.0
"""Days that a level must have been elsewhere to be said to stay there: a festive week is no step."""
SINCE = 5.0
"""Days since which a burst must have begun: a day or two may be anything."""
FADING = 8.0
"""Days in which a burst fades to a third."""
UNDECIDED = 3 * FADING
"""Days in which a step and a burst look alike: a change so young is taken for some of both."""
MOST = 6
"""Changes that are looked for."""
ONCE, EVERY_YEAR = 0.05, 0.1
"""Usual variance of the size of a change, and of what of it comes again every year, on the log scale."""
STEP, BURST = "level step", "burst"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of the level.

    Attributes
    ----------
    first : float       Number of its first day.
    stays : bool        Whether the level is another from then on; else it returns over `FADING` days.
    """

    first: float
    stays: bool


def change_components(changes: Sequence[Change], days: DayFeatures) -> list[Component]:
    """Components for the steps and the bursts; where `days` reach beyond a year, for what of them comes every year.

    A history that saw a date but once cannot tell a season from a change: what it saw is shared out between both.
    """
    young = float(days.day[-1]) - UNDECIDED
    several = float(days.day[-1] - days.day[0]) > 1.1 * YEAR
    found = []
    for part, stays, once, every_year in (
        (STEP, True, _before, _before_in_the_year),
        (BURST, False, _fading, _fading_every_year),
    ):
        first = [c.first for c in changes if c.stays is stays or c.first > young]
        if first:
            found.append(_component(part, part, ONCE, [once(day) for day in first]))
            if several:
                phases = [float(days.year_phase[np.searchsorted(days.day, day)]) for day in first]
                found.append(_component(f"{part} every year", part, EVERY_YEAR, [every_year(at) for at in phases]))
    return found


def is_change(component: Component) -> bool:
    """Whether it stands for changes that nobody announced."""
    return component.part in (STEP, BURST)


def _component(name: str, part: str, variance: float, columns: list[Felt]) -> Component:
    def felt(days: DayFeatures) -> Floats:
        return np.column_stack([column(days) for column in columns]).astype(days.day.dtype)

    return Component(name=name, part=part, variance=variance, kernel=lambda a, b: felt(a) @ felt(b).T)


def _before(first: float) -> Felt:
    """A step is felt by the days before it, so that the level of today is the base."""
    return lambda days: np.asarray(days.day < first, dtype=float)


def _fading(first: float) -> Felt:
    return lambda days: faded(days.day.astype(float) - first)


def _before_in_the_year(phase: float) -> Felt:
    """The same between two turns of the year, where what steps of one year add up to is nothing."""
    half_a_day = np.pi / YEAR
    return lambda days: np.asarray(days.year_phase < phase - half_a_day, dtype=float)


def _fading_every_year(phase: float) -> Felt:
    def felt(days: DayFeatures) -> Floats:
        since = np.mod(days.year_phase.astype(float) - phase, 2 * np.pi) * YEAR / (2 * np.pi)
        return faded(np.where(since > YEAR - 0.5, 0.0, since))

    return felt


def faded(since: Floats) -> Floats:
    """What is left of a burst so many days after its first.

    >>> faded(np.array([-1.0, 0.0, 8.0])).round(2).tolist()
    [0.0, 1.0, 0.37]
    """
    return np.where(since >= 0, np.exp(-np.maximum(since, 0.0) / FADING), 0.0)


def sightings(day: Floats, inverse: Floats, weights: Floats, known: Sequence[Change], *, least: float) -> list[Change]:
    """Changes that stand out, the most telling first, each beside those before it.

    Parameters
    ----------
    day : array         Numbers of the days, in order.
    inverse : array     L^-1 of their covariance L L'.
    weights : array     S^-1 y.
    known : sequence    Changes that the covariance has; no other begins in the same days.
    least : float       Standard deviations from which on a change stands out.
    """
    forms = (_steps(inverse, weights), _bursts(day, inverse, weights))
    along, score = (np.concatenate(both) for both in zip(*forms, strict=True))
    first, stays = np.tile(day, 2), np.arange(len(score)) < len(day)
    size = np.einsum("ij,ij->i", along, along).astype(float)
    own = 0.01 * size
    may = (first >= day[0] + LASTS) & (first <= day[-1] + 1 - np.where(stays, LASTS, SINCE))
    for change in known:
        may &= np.abs(first - change.first) >= SINCE
    found: list[Change] = []
    told: list[Floats] = []
    while len(found) + len(known) < MOST:
        deviations = np.where(may & (size > own), np.abs(score) / np.sqrt(np.maximum(size, 1e-12)), 0.0)
        best = int(np.argmax(deviations))
        if deviations[best] < least:
            break
        found.append(Change(first=float(first[best]), stays=bool(stays[best])))
        may &= np.abs(first - first[best]) >= SINCE
        beyond = along[best] - sum((other @ along[best]) * other for other in told)
        told.append(beyond / np.sqrt(size[best]))
        shared = along @ told[-1]  # what the others say is what they say beside it
        score, size = score - shared * score[best] / np.sqrt(size[best]), size - shared**2
    return found


def _steps(inverse: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """L^-1 f of a step before each day, and f' S^-1 y."""
    along = np.zeros_like(inverse, order="C")
    np.cumsum(inverse.T[:-1], axis=0, out=along[1:])
    return along, np.append(0.0, np.cumsum(weights)[:-1])


def _bursts(day: Floats, inverse: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """The same of a burst from each day on."""
    left = np.exp(-np.diff(day) / FADING)
    along, score = np.array(inverse.T, order="C"), np.array(weights)
    for k in range(len(day) - 2, -1, -1):
        along[k] += left[k].astype(along.dtype) * along[k + 1]
        score[k] += left[k] * score[k + 1]
    return along, score
