"""How the level of a day is learned: its variances, one-off days weighed down, changes that nobody announced.

The variances of the components and the day-to-day noise maximise the likelihood under a weak prior. Counts are Poisson
about the level: the working response of the Laplace approximation takes the place of the log total, so a queue of a few
contacts a day is treated as what it is and a large one is untouched.

Variances are learned by a composite likelihood (Varin, Reid, Firth, Statistica Sinica 2011): weeks are dealt out among
parts of a year or so, each judged for itself, at a small share of the cost of one large matrix. The level is then
conditioned on all days at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.changes import Change, change_components, is_change, sightings
from wfm.forecast.learned.components import Component
from wfm.forecast.learned.days import DayFeatures
from wfm.forecast.learned.level import ODD, DayLevel
from wfm.forecast.learned.variances import Kernels, Sample, estimate, misfit

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
TOGETHER = 450
"""Most days whose likelihood is taken together; more are dealt out in parts."""
FEW = 200
"""Days from which on the search for the variances begins with every second week."""
KEEP = 1800
"""Days that are remembered: five years."""
ROUNDS = 3
"""Searches for changes: those that are found unmask others."""
ASKED = 2
"""Parts of the days that are asked whether they believe in a change."""
CERTAIN = 2.0
"""Gain in log-likelihood that is asked of a change beyond the logarithm of the number of days."""
MOVED = ("memory", "trend")
"""Parts of an explanation whose components change takes the place of."""


def fit_level(
    days: DayFeatures,
    counts: Floats,
    components: list[Component],
    *,
    exposure: Floats | None = None,
    noise: Floats | None = None,
    begin: dict[str, float] | None = None,
    learn: int = KEEP,
    changing: bool = False,
) -> DayLevel:
    """Fit the level of days to their counts.

    Parameters
    ----------
    counts : array          Contacts seen on each day, or any positive amount where `noise` is given.
    exposure : array        Share of the day that was seen, 1 = all of it.
    noise : array           Known variance of each log amount; None = contacts, which are Poisson.
    begin : dict            Variances by component from which to start, of a fit of nearly the same days.
    learn : int             Most days from which variances are learned, weeks of all years among them.
    changing : bool         Whether changes that nobody announced are looked for.
    """
    data = _data(days, counts, exposure, noise)
    draft = _begun(data, components, begin or {})
    if not begin and len(draft.parts[0]) > FEW:
        variances = estimate([_every_second_week(draft)], draft.centre, draft.variances, steps=5)
    else:
        variances = estimate(_samples(draft, draft.parts[:1]), draft.centre, draft.variances, steps=4 if begin else 8)
    draft = _first_look(replace(draft, variances=variances))
    taught = draft.parts[: max(1, learn // TOGETHER)]
    steps = 2 if len(taught) > 1 else 3 if begin else 4
    variances = estimate(_samples(draft, taught), draft.centre, draft.variances, steps=steps)
    draft = replace(draft, variances=variances, taught=len(taught))
    return _with_changes(draft) if changing else _condition(draft)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Data:
    """Working response and its known variance; `counts` only where they are Poisson."""

    days: DayFeatures
    middle: float
    response: Floats
    noise: Floats
    counts: Floats | None
    seen: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A level that is being fitted.

    Attributes
    ----------
    components : tuple          Those with support in the days, then those of the changes.
    parts : list                Rows of the days whose likelihood is taken together.
    kernels, changed : list     For each part, the matrices of the components, and of those of the changes.
    centre, variances : array   Usual variances and what they are by now, that of the noise last.
    odd : array                 How much each day is weighed down.
    taught : int                How many of the parts the variances are learned from.
    """

    data: _Data
    components: tuple[Component, ...]
    parts: list[Rows]
    kernels: list[Kernels]
    changed: list[Kernels]
    centre: Floats
    variances: Floats
    odd: Floats
    taught: int = 1
    changes: tuple[Change, ...] = ()


def _data(days: DayFeatures, counts: Floats, exposure: Floats | None, noise: Floats | None) -> _Data:
    keep = np.arange(max(0, len(days) - KEEP), len(days))
    seen = np.ones(len(counts)) if exposure is None else exposure
    counts, seen, days = counts[keep], seen[keep], days.take(keep)
    few = noise is None
    noise = 1 / np.maximum(counts, 0.5) if noise is None else noise[keep]
    log_total = np.log((counts + 0.5 * few) / seen)
    middle = float(np.median(log_total))
    return _Data(
        days=days, middle=middle, response=log_total - middle, noise=noise, counts=counts if few else None, seen=seen
    )


def _begun(data: _Data, components: list[Component], begin: dict[str, float]) -> _Draft:
    parts = _dealt_out(data.days)
    kept, kernels = _supported(components, data.days, parts)
    centre = np.array([*(c.variance for c in kept), 0.001])
    start = np.array([*(begin.get(c.name, c.variance) for c in kept), begin.get("noise", 0.001)])
    return _Draft(
        data=data,
        components=tuple(kept),
        parts=parts,
        kernels=kernels,
        changed=[mine[:0] for mine in kernels],
        centre=centre,
        variances=start,
        odd=np.ones(len(data.days)),
    )


def _week(days: DayFeatures) -> Rows:
    """Number of the week of each day, counted back from the last."""
    return np.asarray((days.day[-1] - days.day) // 7, dtype=np.int64)


def _dealt_out(days: DayFeatures) -> list[Rows]:
    """Rows of the days in 1, 2 or 4 parts, weeks dealt out in turn, of about `TOGETHER` days at most.

    Each part has neighbouring days, all weekdays, and the same weeks of all years, as 52 is a multiple of 4: what it
    tells of variances is what all days tell of them, at a small share of the cost. The first has the last week.
    """
    parts = 1
    while len(days) > TOGETHER * parts:
        parts *= 2
    found = [np.flatnonzero(_week(days) % parts == k) for k in range(parts)]
    return [rows for rows in found if len(rows)]


def _supported(
    components: list[Component], days: DayFeatures, parts: list[Rows]
) -> tuple[list[Component], list[Kernels]]:
    """Components that are not zero in all days, with their matrices over each part of the days."""
    some = [days.take(rows).single() for rows in parts]
    kernels = [np.empty((len(components), len(rows), len(rows)), dtype=np.float32) for rows in parts]
    kept: list[Component] = []
    for component in components:
        place = len(kept)  # that of a component without support is taken by the next
        for mine, part in zip(kernels, some, strict=True):
            mine[place] = component.kernel(part, part)
        if any(np.diag(mine[place]).any() for mine in kernels):
            kept.append(component)
    return kept, [mine[: len(kept)] for mine in kernels]


def _samples(draft: _Draft, parts: list[Rows]) -> list[Sample]:
    data = draft.data
    return [
        Sample(y=data.response[rows], noise=data.noise[rows], odd=draft.odd[rows], kernels=mine)
        for rows, mine in zip(parts, draft.kernels, strict=False)
    ]


def _every_second_week(draft: _Draft) -> Sample:
    """Half of the days of the first part, from which a search begins."""
    data, parts = draft.data, draft.parts
    few = np.flatnonzero(_week(data.days)[parts[0]] % (2 * len(parts)) == 0)
    rows = parts[0][few]
    fewer = draft.kernels[0].take(few, axis=1).take(few, axis=2)
    return Sample(y=data.response[rows], noise=data.noise[rows], odd=np.ones(len(rows)), kernels=fewer)


def _first_look(draft: _Draft) -> _Draft:
    """How much each day is weighed down, and the working response, each part of the days by itself."""
    data = draft.data
    odd, response, noise = np.ones(len(data.days)), data.response.copy(), data.noise.copy()
    for rows, mine, moved in zip(draft.parts, draft.kernels, draft.changed, strict=True):
        every, ones = [np.arange(len(rows))], np.ones(len(rows))
        part = replace(draft, data=_taken(data, rows), parts=every, kernels=[mine], changed=[moved], odd=ones)
        level, seen = _condition(part)
        odd[rows], response[rows], noise[rows] = _oddness(level), seen.response, seen.noise
    return replace(draft, odd=odd, data=replace(data, response=response, noise=noise))


def _taken(data: _Data, rows: Rows) -> _Data:
    return replace(
        data,
        days=data.days.take(rows),
        response=data.response[rows],
        noise=data.noise[rows],
        counts=None if data.counts is None else data.counts[rows],
        seen=data.seen[rows],
    )


def _with_changes(draft: _Draft) -> DayLevel:
    """The level, with what changed without anybody saying so."""
    day = draft.data.days.day.astype(float)
    asked = float(np.log(len(day))) + CERTAIN
    for _ in range(ROUNDS):
        level, _ = _condition(draft)
        seen = sightings(day, _inverse(level), level.weights, draft.changes, least=(2 * asked) ** 0.5)
        better = _believed(draft, seen, asked)
        if better is None:
            return level
        draft = better
    return _condition(draft)[0]


def _believed(draft: _Draft, seen: list[Change], asked: float) -> _Draft | None:
    """The draft with all of the changes that were seen or with the most telling, if each gains what is asked."""
    if not seen:
        return None
    before = _misfit(draft)
    for count in sorted({len(seen), 1}, reverse=True):
        trial = _relearned(_moved(draft, (*draft.changes, *seen[:count])), steps=4)
        gain = before - _misfit(trial)
        if gain >= count * asked:
            return _relearned(_first_look(trial), steps=2)
        if gain < asked:  # one of them gains no more than all
            return None
    return None


def _moved(draft: _Draft, changes: tuple[Change, ...]) -> _Draft:
    """The draft with these changes, of their usual variances."""
    days, count = draft.data.days, len(draft.kernels[0])
    found = change_components(changes, days)
    some = [days.take(rows).single() for rows in draft.parts]
    usual = [component.variance for component in found]
    return replace(
        draft,
        components=(*draft.components[:count], *found),
        changed=[np.array([c.kernel(part, part) for c in found], dtype=np.float32) for part in some],
        centre=np.concatenate([draft.centre[:count], usual, draft.centre[-1:]]),
        variances=np.concatenate([draft.variances[:count], usual, draft.variances[-1:]]),
        changes=changes,
    )


def _free(draft: _Draft) -> Rows:
    """Places of the variances that have to give way for changes, and of those of changes and of the noise."""
    moved = [k for k, c in enumerate(draft.components) if c.part in MOVED or is_change(c)]
    return np.array([*moved, len(draft.components)])


def _relearned(draft: _Draft, *, steps: int) -> _Draft:
    """The draft with the likeliest variances of the changes and of what gives way for them."""
    free, variances = _free(draft), draft.variances.copy()
    variances[free] = estimate(_freed(draft), draft.centre[free], variances[free], steps=steps)
    return replace(draft, variances=variances)


def _misfit(draft: _Draft) -> float:
    """Of all parts, told by those that are asked."""
    free, samples = _free(draft), _freed(draft)
    return misfit(samples, draft.centre[free], draft.variances[free]) * draft.taught / len(samples)


def _freed(draft: _Draft) -> list[Sample]:
    """Samples in which the variances of all other components are known."""
    own = np.array([k for k, c in enumerate(draft.components) if c.part in MOVED], dtype=int)
    held = np.setdiff1d(np.arange(len(draft.kernels[0])), own)
    fixed = draft.variances[held].astype(np.float32)
    found = []
    asked = draft.parts[: min(draft.taught, ASKED)]
    for sample, changed in zip(_samples(draft, asked), draft.changed, strict=False):
        known = np.tensordot(fixed, sample.kernels[held], 1) + np.float32(1.0)
        found.append(replace(sample, kernels=np.concatenate([sample.kernels[own], changed]), known=known))
    return found


def _condition(draft: _Draft) -> tuple[DayLevel, _Data]:
    """Condition on all days; with few contacts by Newton's steps to the mode of the Poisson likelihood."""
    data = draft.data
    prior = _prior(draft)
    prior[np.diag_indices_from(prior)] += draft.variances[-1] * draft.odd
    if data.counts is None or data.counts.min() >= 50:
        return _solve(prior, draft, data), data
    level = _solve(prior.copy(), draft, data)
    for _ in range(8):
        latent = data.response - data.noise * level.weights
        expected = np.maximum(np.exp(np.clip(latent + data.middle, -30, 30)) * data.seen, 1e-3)
        data = replace(data, response=latent + np.clip((data.counts - expected) / expected, -3, 3), noise=1 / expected)
        level = _solve(prior.copy(), draft, data)
        if np.max(np.abs(data.response - data.noise * level.weights - latent)) < 0.01:
            break
    return level, data


def _prior(draft: _Draft) -> Floats:
    """Prior covariance of the days: of the days of one part by the known matrices, of those of two parts besides."""
    days, single, count = draft.data.days, draft.variances.astype(np.float32), len(draft.kernels[0])
    within = [
        _summed(single[:count], mine) + (_summed(single[count:-1], moved) if len(moved) else np.float32(0.0))
        for mine, moved in zip(draft.kernels, draft.changed, strict=True)
    ]
    if len(draft.parts) == 1:
        return within[0].astype(float) + 1.0
    prior = np.empty((len(days), len(days)))
    some = [days.take(rows).single() for rows in draft.parts]
    for number, rows in enumerate(draft.parts):
        prior[rows[:, None], rows] = within[number]
        for other, others in zip(draft.parts[:number], some[:number], strict=True):
            across = sum(v * c.kernel(some[number], others) for v, c in zip(single, draft.components, strict=False))
            prior[rows[:, None], other], prior[other[:, None], rows] = across, across.T
    prior += 1.0
    return prior


def _summed(variances: Kernels, kernels: Kernels) -> Kernels:
    return np.asarray((variances @ kernels.reshape(len(kernels), -1)).reshape(kernels.shape[1:]))


def _solve(prior: Floats, draft: _Draft, data: _Data) -> DayLevel:
    """Condition on the response; `prior` is used up."""
    from scipy.linalg import cholesky, solve_triangular

    prior[np.diag_indices_from(prior)] += data.noise
    # it is symmetric: handed over as its transpose it is in Fortran order and needs no copy
    factor = cholesky(prior.T, lower=True, overwrite_a=True, check_finite=False)
    surprise = solve_triangular(factor, data.response, lower=True, check_finite=False)
    weights = solve_triangular(factor, surprise, lower=True, trans="T", check_finite=False)
    return DayLevel(
        days=data.days,
        components=draft.components,
        variances=draft.variances,
        middle=data.middle,
        factor=factor,
        weights=weights,
        surprise=surprise,
        oddness=draft.odd,
        changes=draft.changes,
    )


def _inverse(level: DayLevel) -> Floats:
    """L^-1, in single precision."""
    from scipy.linalg.lapack import strtri

    return np.asarray(strtri(level.factor.astype(np.float32), lower=1, overwrite_c=1)[0])


def _oddness(level: DayLevel) -> Floats:
    """How much each day is weighed down, by its error when left out: 1 up to ODD standard deviations."""
    inverse = _inverse(level)
    precision = np.einsum("ij,ij->j", inverse, inverse).astype(float)  # the diagonal of S^-1
    error = level.weights / precision
    standard = np.abs(error) * np.sqrt(precision)
    beyond = np.maximum(1.0, error**2 / (max(level.noise, 1e-6) * ODD**2))
    return np.where(standard <= ODD, 1.0, (standard / ODD) ** 2 * beyond)
