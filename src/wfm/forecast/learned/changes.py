"""What changed without anybody saying so: a level that stays elsewhere from some day on, or a burst that fades.

Level shifts and transient changes are looked for as Chen and Liu do (Journal of the American Statistical Association
1993), but in a Gaussian model whose memory has to give way for them: changes are believed where they make the days
likelier by more than a search over all days and forms finds by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.components import Component
from wfm.forecast.learned.days import YEAR, DayFeatures
from wfm.forecast.learned.kept import kept
from wfm.forecast.learned.likeness import product_of

Floats = npt.NDArray[np.float64]
Felt = Callable[[DayFeatures], Floats]
LASTS = 14.0
"""Days that a level must have been elsewhere to be said to stay there: a festive week is no step."""
SINCE = 3.0
"""Days since which a burst must have begun: a day or two may be anything."""
APART = 5.0
"""Least days between two changes."""
FADING = 8.0
"""Days in which a burst fades to a third."""
UNDECIDED = 3 * FADING
"""Days in which a step and a burst look alike: a change so young is taken for some of both."""
STAYING = 5.0
"""Days after which a change that still stands is as likely to stay as to pass: a festive week passes at once."""
ONCE, EVERY_YEAR = 0.05, 0.1
"""Usual variance of the size of a change, and of what of it comes again every year, on the log scale."""
STEP, BURST, PASSING = "level step", "burst", "burst until now"
FORMS = 5
"""Ways in which changes are felt: as steps and as bursts, once and every year, and as what passes from now on."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeForm:
    """One way in which some changes are felt.

    Attributes
    ----------
    name, part : str    As of its component.
    variance : float    What is expected of the size of each change, on the log scale.
    changes : tuple     Those that are felt so.
    felt : function     days -> (days, changes) how much of each.
    """

    name: str
    part: str
    variance: float
    changes: tuple[Change, ...]
    felt: Felt


def change_components(changes: Sequence[Change], days: DayFeatures) -> list[Component]:
    """Components for the steps and the bursts; where `days` reach beyond a year, for what of them comes every year.

    A history that saw a date but once cannot tell a season from a change: what it saw is shared out between both.
    """
    return [
        Component(name=form.name, part=form.part, variance=form.variance, kernel=product_of(form.felt))
        for form in change_forms(changes, days)
    ]


def change_forms(changes: Sequence[Change], days: DayFeatures) -> list[ChangeForm]:
    """How changes are felt, as steps and as bursts, once and every year, and the young ones as what will pass."""
    last = float(days.day[-1])
    young = tuple(c for c in changes if c.first > last - UNDECIDED)
    found = []
    for part, stays, once, every_year in (
        (STEP, True, _before, _before_in_the_year),
        (BURST, False, _fading, _fading_every_year),
    ):
        mine = tuple(c for c in changes if c.stays is stays or c in young)
        if mine:
            felt = _columns(
                [once(c.first) for c in mine], [staying(c, last) if stays and c in young else 1.0 for c in mine]
            )
            found.append(ChangeForm(name=part, part=part, variance=ONCE, changes=mine, felt=felt))
            if days.beyond_a_year:
                felt = _columns([every_year(float(days.year_phase[np.searchsorted(days.day, c.first)])) for c in mine])
                name = f"{part} every year"
                found.append(ChangeForm(name=name, part=part, variance=EVERY_YEAR, changes=mine, felt=felt))
    if young:
        felt = _columns([_passing(c.first, last) for c in young], [1 - staying(c, last) for c in young])
        found.append(ChangeForm(name=PASSING, part=BURST, variance=ONCE, changes=young, felt=felt))
    return found


def bursts_of_every_year(changes: Sequence[Change], days: DayFeatures) -> ChangeForm | None:
    """How bursts are felt every year; None where there are none, or less than a year of days."""
    return next((form for form in change_forms(changes, days) if form.name == f"{BURST} every year"), None)


def begun_after(felt: Floats, days: DayFeatures, last: float) -> Floats:
    """(days, changes) of what is felt of bursts, that of those that begin after a day."""
    with np.errstate(divide="ignore"):
        begun = days.day[:, None] + FADING * np.log(felt)
    return np.where(begun > last, felt, 0.0)


def undecided(changes: Sequence[Change], days: DayFeatures, last: float) -> Floats:
    """(days, changes) standard deviation per size of a change, as a young one either stays or passes from now on."""
    columns = [np.zeros(len(days)) for _ in changes]
    for place, change in enumerate(changes):
        if last - change.first + 1 < LASTS:
            stays, since = staying(change, last), np.maximum(days.day.astype(float) - last, 0.0)
            columns[place] = np.sqrt(stays * (1 - stays)) * (1 - faded(since))
    return np.column_stack(columns)


def is_change(component: Component) -> bool:
    """Whether it stands for changes that nobody announced."""
    return component.part in (STEP, BURST)


def is_yearly_change(component: Component) -> bool:
    """Whether it stands for what of changes comes every year."""
    return component.name in (f"{STEP} every year", f"{BURST} every year")


@kept
def _columns(columns: list[Felt], shares: Sequence[float] | None = None) -> Felt:
    """How changes are felt, each with its share of the variance of its form."""
    roots = np.sqrt(np.ones(len(columns)) if shares is None else shares)
    return lambda days: (np.column_stack([column(days) for column in columns]) * roots).astype(days.day.dtype)


def staying(change: Change, last: float) -> float:
    """Share of a young change that stays: the longer it has stood by the last day, the more.

    >>> [round(staying(Change(first=100.0, stays=True), last), 2) for last in (102.0, 104.0, 109.0)]
    [0.22, 0.5, 0.94]
    """
    return float(1 - 0.5 ** (((last - change.first + 1) / STAYING) ** 2))


@kept
def _before(first: float) -> Felt:
    """A step is felt by the days before it, so that the level of today is the base."""
    return lambda days: np.asarray(days.day < first, dtype=float)


@kept
def _fading(first: float) -> Felt:
    return lambda days: faded(days.day.astype(float) - first)


@kept
def _passing(first: float, last: float) -> Felt:
    """What has stood until the last day and fades from then on: a strike, an outage, a week of feasts."""
    return lambda days: np.where(days.day < first, 0.0, faded(np.maximum(days.day.astype(float) - last, 0.0)))


@kept
def _before_in_the_year(phase: float) -> Felt:
    """The same between two turns of the year, where what steps of one year add up to is nothing."""
    half_a_day = np.pi / YEAR
    return lambda days: np.asarray(days.year_phase < phase - half_a_day, dtype=float)


@kept
def _fading_every_year(phase: float) -> Felt:
    def felt(days: DayFeatures) -> Floats:
        since = np.mod(days.year_phase.astype(float) - phase, 2 * np.pi) * YEAR / (2 * np.pi)
        return faded(np.where(since > YEAR - 0.5, 0.0, since))

    return felt


def faded(since: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """What is left of a burst so many days after its first.

    >>> faded(np.array([-1.0, 0.0, 8.0])).round(2).tolist()
    [0.0, 1.0, 0.37]
    """
    return np.where(since >= 0, np.exp(-np.maximum(since, 0.0) / FADING), 0.0)
