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
from itertools import combinations

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.change_search import Nodes, find_changes
from wfm.forecast.learned.changes import FORMS, Change, change_components, is_change
from wfm.forecast.learned.components import Component
from wfm.forecast.learned.days import DayFeatures
from wfm.forecast.learned.growth import SLOPING, growth_component, slope_instead, steady_growth
from wfm.forecast.learned.level import ODD, DayLevel
from wfm.forecast.learned.variances import Kernels, Sample, estimate, unlikelihood

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
TOGETHER = 450
"""Most days whose likelihood is taken together; more are dealt out in parts."""
FEW = 200
"""Days from which on the search for the variances begins with every second week."""
KEEP = 1800
"""Days that are remembered: five years."""
ROUNDING = 1e-6
"""Error of a number in single precision, after a few operations."""


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
    if changing:
        draft = _with_changes(_relearned(draft, taught[:1], steps=2))
        steps = 1 if len(taught) > 1 else 2
    else:
        steps = 2 if len(taught) > 1 else 3 if begin else 4
    draft = _growing(_sloping(_relearned(draft, taught, steps=steps), taught))
    return _condition(draft, _prior(draft))[0]


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
    room : list                 For each part, the matrices of the components, and room for those of changes.
    centre, variances : array   Usual variances and what they are by now, that of the noise last.
    odd : array                 How much each day is weighed down.
    nodes : Nodes               What the days say of what wanders and of the changes; None = not looked at.
    """

    data: _Data
    components: tuple[Component, ...]
    parts: list[Rows]
    room: list[Kernels]
    centre: Floats
    variances: Floats
    odd: Floats
    changes: tuple[Change, ...] = ()
    nodes: Nodes | None = None

    @property
    def kernels(self) -> list[Kernels]:
        """For each part of the days, the matrices of the components."""
        return [room[: len(self.components)] for room in self.room]


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
    kept, room = _supported(components, data.days, parts)
    centre = np.array([*(c.variance for c in kept), 0.001])
    start = np.array([*(begin.get(c.name, c.variance) for c in kept), begin.get("noise", 0.001)])
    return _Draft(
        data=data,
        components=tuple(kept),
        parts=parts,
        room=room,
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
    """Components that are not zero in all days, with their matrices over each part of the days, and some room."""
    some = [days.take(rows).single() for rows in parts]
    kernels = [np.empty((len(components) + FORMS + 1, len(rows), len(rows)), dtype=np.float32) for rows in parts]
    kept: list[Component] = []
    for component in components:
        place = len(kept)  # that of a component without support is taken by the next
        for mine, part in zip(kernels, some, strict=True):
            mine[place] = component.kernel(part, part)
        if any(np.diag(mine[place]).any() for mine in kernels):
            kept.append(component)
    return kept, kernels


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
    pairs = np.add.outer(few * len(parts[0]), few).ravel()
    fewer = draft.kernels[0].reshape(len(draft.components), -1).take(pairs, axis=1).reshape(-1, len(few), len(few))
    return Sample(y=data.response[rows], noise=data.noise[rows], odd=np.ones(len(rows)), kernels=fewer)


def _first_look(draft: _Draft) -> _Draft:
    """How much each day is weighed down, and the working response, each part of the days by itself."""
    data = draft.data
    odd, response, noise = np.ones(len(data.days)), data.response.copy(), data.noise.copy()
    for rows, mine in zip(draft.parts, draft.room, strict=True):
        every, ones = [np.arange(len(rows))], np.ones(len(rows))
        part = replace(draft, data=_taken(data, rows), parts=every, room=[mine], odd=ones)
        level, seen = _condition(part, _prior(part))
        odd[rows] = _oddness(level.weights, _precision(level), level.noise, ones)
        response[rows], noise[rows] = seen.response, seen.noise
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


def _relearned(draft: _Draft, parts: list[Rows], *, steps: int) -> _Draft:
    """The draft with the variances that make some of its parts likelier."""
    samples = _samples(draft, parts)
    return replace(draft, variances=estimate(samples, draft.centre, draft.variances, steps=steps))


def _with_changes(draft: _Draft) -> _Draft:
    """The draft with what changed without anybody saying so."""
    data, gives_way = draft.data, np.array([component.gives_way for component in draft.components])
    wandering = np.flatnonzero(gives_way)
    rest = _covariance(draft, ~gives_way)
    rest[np.diag_indices_from(rest)] += draft.variances[-1] * draft.odd + data.noise + _hidden(rest)
    slow = [draft.components[k] for k in wandering]
    usual, begin = draft.centre[wandering], draft.variances[wandering]
    found, nodes = find_changes(data.days, data.response, rest, slow, usual, begin)
    draft = replace(draft, nodes=nodes)
    if found is None:
        return draft
    variances = draft.variances.copy()
    variances[wandering] = found.variances[: len(wandering)]
    odd = _oddness(found.weights, found.precision, float(variances[-1]), draft.odd)
    draft = replace(draft, variances=variances, odd=odd, changes=found.changes)
    return _with_components(draft, change_components(found.changes, data.days), found.variances[len(wandering) :])


def _sloping(draft: _Draft, parts: list[Rows]) -> _Draft:
    """The draft of a young queue with a level that slopes, where its days are likelier so than with one that strays.

    Both account for days that rise a lot in a few months, and a search from one does not come to the other.
    """
    names, days = [component.name for component in draft.components], draft.data.days
    if draft.nodes is None or "trend" not in names or days.beyond_a_year:
        return draft
    places = [names.index("slow level"), names.index("trend")]
    instead = slope_instead(*draft.variances[places], usual=draft.centre[places[0]], days=days.span)
    if instead is None:
        return draft
    begin = draft.variances.copy()
    begin[places] = instead
    other = _relearned(replace(draft, variances=begin), parts, steps=6)
    samples = _samples(draft, parts)
    before, after = (unlikelihood(samples, draft.centre, one.variances) for one in (draft, other))
    return other if after < before - SLOPING else draft


def _growing(draft: _Draft) -> _Draft:
    """The draft of a young queue with a growth that lasts, as far as its days believe in one."""
    if draft.nodes is None or draft.data.days.beyond_a_year:  # an older one has a component for it
        return draft
    days, last = draft.data.days.span, draft.data.days.day[-1]
    wandering = np.array([component.gives_way for component in draft.components])
    alone = wandering | np.array([is_change(component) for component in draft.components])
    said, since = draft.nodes.said, draft.nodes.day - last
    growth = steady_growth(said, since, draft.variances[:-1][alone], draft.centre[:-1][wandering])
    if growth is None:
        return draft
    return _with_components(draft, [growth_component(growth, days, last)], np.array([growth.variance]))


def _with_components(draft: _Draft, added: list[Component], variances: Floats) -> _Draft:
    """The draft with further components, in the room that was left for them."""
    count = len(draft.components)
    for rows, room in zip(draft.parts, draft.room, strict=True):
        part = draft.data.days.take(rows).single()
        for place, component in enumerate(added, start=count):
            room[place] = component.kernel(part, part)
    usual = [component.variance for component in added]
    return replace(
        draft,
        components=(*draft.components, *added),
        centre=np.concatenate([draft.centre[:count], usual, draft.centre[-1:]]),
        variances=np.concatenate([draft.variances[:count], variances, draft.variances[-1:]]),
    )


def _condition(draft: _Draft, prior: Floats) -> tuple[DayLevel, _Data]:
    """Condition on all days; with few contacts by Newton's steps to the mode of the Poisson likelihood.

    `prior` is the covariance of the days without their noise; it is used up.
    """
    data = draft.data
    prior[np.diag_indices_from(prior)] += draft.variances[-1] * draft.odd + _hidden(prior)
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
    """Prior covariance of the days."""
    return _covariance(draft, np.ones(len(draft.components), dtype=bool))


def _covariance(draft: _Draft, which: Bools) -> Floats:
    """Of the days by some components and a constant: within a part by the known matrices, of two parts besides."""
    days, variances = draft.data.days, np.where(which, draft.variances[: len(which)], 0.0).astype(np.float32)
    within = [_summed(variances, mine) for mine in draft.kernels]
    if len(draft.parts) == 1:
        return within[0].astype(float) + 1.0
    blocks = {(number, number): block for number, block in enumerate(within)}
    some = [days.take(rows).single() for rows in draft.parts]
    told = [(variances[k], draft.components[k]) for k in np.flatnonzero(which)]
    for number, other in combinations(range(len(some)), 2):
        across = np.zeros((len(some[number]), len(some[other])), dtype=np.float32)
        for variance, component in told:
            kernel = component.kernel(some[number], some[other])
            kernel *= variance
            across += kernel
        blocks[number, other], blocks[other, number] = across, across.T
    total, in_time = np.empty((len(days), len(days))), np.argsort(np.concatenate(draft.parts))
    for number, rows in enumerate(draft.parts):
        beside = np.concatenate([blocks[number, other] for other in range(len(some))], axis=1)
        total[rows] = beside.take(in_time, axis=1)
    total += 1.0
    return total


def _hidden(covariance: Floats) -> float:
    """Noise that single precision makes: where a level moves a lot and days are quiet, they would be impossible."""
    return float(ROUNDING * np.sqrt(len(covariance)) * (np.diag(covariance).max() - 1.0))


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


def _precision(level: DayLevel) -> Floats:
    """Diagonal of S^-1."""
    from scipy.linalg.lapack import strtri

    inverse = strtri(level.factor.astype(np.float32), lower=1, overwrite_c=1)[0]
    return np.asarray(np.einsum("ij,ij->j", inverse, inverse), dtype=float)


def _oddness(weights: Floats, precision: Floats, noise: float, odd: Floats) -> Floats:
    """How much each day is weighed down, by its error when left out: 1 up to ODD standard deviations.

    `weights` are S^-1 y, `precision` is the diagonal of S^-1, `odd` how much days are weighed down in S.
    """
    error = weights / precision
    usual = np.maximum(1 / precision - noise * (odd - 1), noise)  # as if this day were a usual one
    standard = np.abs(error) / np.sqrt(usual)
    beyond = np.maximum(1.0, error**2 / (max(noise, 1e-6) * ODD**2))
    return np.where(standard <= ODD, 1.0, (standard / ODD) ** 2 * beyond)
