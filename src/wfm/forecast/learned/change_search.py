"""Which changes the days believe in: what stands out is learned together with what has to give way for it.

y ~ N(0, R + W + C): the rest of the covariance R (weekdays, months, seasons, noise of days, ...) stays as it is, what
wanders slowly W and what changed C are learned. R is taken into account once. W is held at nodes, one or two a week,
between which it goes straight; with B the columns of nodes and changes over the days, Q = R^-1, G = B'QB, all that the
days know of the values u of nodes and changes is G^-1 B'Qy ~ N(u, G^-1). So every look costs no more than a matrix of
the nodes, and yet changes are told to the day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.changes import FADING, LASTS, SINCE, Change, ChangeForm, change_forms, faded
from wfm.forecast.learned.components import YEAR, Component
from wfm.forecast.learned.days import DayFeatures
from wfm.forecast.learned.variances import Kernels, Sample, estimate

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
NODE = (3.5, 7.0)
"""Least and most days between nodes."""
NODES = 120
"""Nodes that are enough: the level wanders slowly."""
STRETCH = 60
"""Days whose bursts are summed up together."""
ROUNDS = 3
"""Looks at the days: changes that are found unmask others."""
MOST = 6
"""Changes that are looked for."""
CERTAIN = 2.0
"""Gain in log-likelihood that is asked of a change beyond the logarithm of the number of days."""
FLAT = 0.01
"""Precision of what no day tells: what nodes and changes share is shared out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Changes that days believe in.

    Attributes
    ----------
    changes : tuple
    variances : array       Of what wanders and of the forms of the changes, learned together.
    weights : array         S^-1 y, S the covariance of the days with them.
    precision : array       Diagonal of S^-1.
    """

    changes: tuple[Change, ...]
    variances: Floats
    weights: Floats
    precision: Floats


def find_changes(
    days: DayFeatures, response: Floats, rest: Floats, wandering: Sequence[Component], centre: Floats, begin: Floats
) -> Found | None:
    """Look for steps and bursts that nobody announced; None where there are none.

    Parameters
    ----------
    rest : array            (days, days) covariance of all but the wandering, noise included; it is used up.
    wandering : sequence    Components that give way.
    centre, begin : array   Their usual variances, and those that were learned without changes.
    """
    asked = float(np.log(len(days))) + CERTAIN
    if days.day[-1] - days.day[0] < LASTS + SINCE or not wandering:
        return None
    view = _viewed(days, response, rest, wandering, centre, begin)
    belief = _learned(view, (), dict(zip(view.usual, begin.tolist(), strict=True)), steps=3)
    for _ in range(ROUNDS):
        better = _better(view, belief, _sightings(view, belief, least=(2 * asked) ** 0.5), asked)
        if better is None:
            break
        belief = better
    return _found(view, belief) if belief.changes else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shapes:
    """A step and a burst from each day on: first all steps, then all bursts.

    Attributes
    ----------
    day : array         Numbers of the days, in order.
    left : array        (days, days) what is left on each day of a burst from each other day on.
    """

    day: Floats
    left: Kernels

    @classmethod
    def of(cls, day: Floats) -> _Shapes:
        """Of these days."""
        since: npt.NDArray[Any] = (day - day[0]).astype(np.float32)
        return cls(day=day, left=np.asarray(faded(np.subtract.outer(since, since)), dtype=np.float32))

    @property
    def changes(self) -> list[Change]:
        """One for each shape."""
        return [Change(first=day, stays=stays) for stays in (True, False) for day in self.day.tolist()]

    def column(self, shape: int) -> Kernels:
        """How one is felt on each day."""
        step = (self.day < self.day[shape % len(self.day)]).astype(np.float32)
        return step if shape < len(self.day) else self.left[:, shape - len(self.day)]

    def along(self, values: Kernels) -> Kernels:
        """(shapes, columns) sum over the days of the values, as each shape is felt."""
        count = len(values)
        found = np.zeros((2 * count, values.shape[1]), dtype=values.dtype)
        np.cumsum(values[:-1], axis=0, out=found[1:count])
        for end in range(count, 0, -STRETCH):  # what comes after a stretch has faded alike for all of its days
            mine = slice(max(end - STRETCH, 0), end)
            bursts = self.left[mine, mine].T @ values[mine]
            if end < count:
                bursts += np.outer(self.left[end, mine], found[count + end])
            found[count:][mine] = bursts
        return found

    def squares(self, inverse: Kernels, before: Kernels) -> Floats:
        """The product f'Qf of each shape f; `before` are the sums of each row of Q up to its diagonal."""
        own = np.diag(inverse).astype(float)
        steps = np.append(0.0, np.cumsum(2 * before.astype(float) - own)[:-1])
        bursts = 2 * np.einsum("ik,ik->k", inverse, self.left) - own
        fading = np.exp(-2 * np.diff(self.day) / FADING)
        for k in range(len(own) - 2, -1, -1):
            bursts[k] += fading[k] * bursts[k + 1]
        return np.concatenate([steps, bursts])


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """What the days say, the rest taken into account.

    Attributes
    ----------
    inverse : array             Q = R^-1.
    told, pulled : array        Qy, and what it is at the nodes.
    usual : dict                Usual variance of what wanders, by name.
    between : array             (days, nodes) shares of the nodes in each day.
    kernels : array             (wandering, nodes, nodes)
    through : array             Q times `between`.
    weight : array              What the nodes say of each other: `between`' times `through`.
    said : array                (shapes, nodes) what the nodes say of each shape.
    squares, sums : array       f'Qf and f'Qy of each shape.
    """

    days: DayFeatures
    inverse: Kernels
    told: Floats
    pulled: Floats
    usual: dict[str, float]
    between: Kernels
    kernels: Kernels
    through: Kernels
    weight: Kernels
    shapes: _Shapes
    said: Kernels
    squares: Floats
    sums: Floats


def _viewed(
    days: DayFeatures,
    response: Floats,
    rest: Floats,
    wandering: Sequence[Component],
    centre: Floats,
    begin: Floats,
) -> _View:
    from scipy.linalg.lapack import dpotrf, dpotrs, spotri

    day = days.day.astype(float)
    rows, between = _nodes(day)
    kernels, stray = _wandering(days, rows, between, wandering)
    rest[np.diag_indices_from(rest)] += begin @ stray
    # symmetric matrices are handed over as their transpose: so they are in Fortran order and need no copy
    factor = dpotrf(rest.T, lower=1, overwrite_a=1)[0]
    told = dpotrs(factor, response, lower=1)[0]
    below = spotri(factor.astype(np.float32), lower=1, overwrite_c=1)[0]  # zeros above
    inverse = below + below.T
    inverse[np.diag_indices_from(inverse)] = np.diag(below)
    shapes = _Shapes.of(day)
    through = inverse @ between
    return _View(
        days=days,
        inverse=inverse,
        told=told,
        pulled=between.T @ told,
        usual=dict(zip([component.name for component in wandering], centre.tolist(), strict=True)),
        between=between,
        kernels=kernels,
        through=through,
        weight=between.T @ through,
        shapes=shapes,
        said=shapes.along(through),
        squares=shapes.squares(inverse, below @ np.ones(len(day), dtype=np.float32)),
        sums=np.asarray(shapes.along(told[:, None])[:, 0], dtype=float),
    )


def _nodes(day: Floats) -> tuple[Rows, Kernels]:
    """Rows of the days that are nodes, and the share of each node in each day."""
    span = np.floor((day[-1] - day) / np.clip((day[-1] - day[0]) / NODES, *NODE))
    rows = np.flatnonzero(np.append(True, np.diff(span) != 0))
    rows = np.unique(np.append(rows, len(day) - 1))
    after = np.clip(np.searchsorted(day[rows], day, side="right"), 1, len(rows) - 1)
    begin, end = day[rows][after - 1], day[rows][after]
    passed = (day - begin) / (end - begin)
    between = np.zeros((len(day), len(rows)), dtype=np.float32)
    between[np.arange(len(day)), after - 1] = 1 - passed
    between[np.arange(len(day)), after] = passed
    return rows, between


def _wandering(
    days: DayFeatures, rows: Rows, between: Kernels, wandering: Sequence[Component]
) -> tuple[Kernels, Floats]:
    """Kernels of the nodes, and for each the variance of days beside the straight line between nodes."""
    count, middle = len(rows), (rows[:-1] + rows[1:]) // 2
    some = days.take(np.concatenate([rows, middle])).single()
    kernels = np.array([component.kernel(some, some) for component in wandering], dtype=np.float32)
    beside = np.hstack([-between[middle], np.eye(len(middle), dtype=np.float32)])
    stray = np.einsum("cij,ij->ci", beside @ kernels, beside).astype(float)  # (wandering, spans), in their middle
    share = (between * (1 - between)).max(axis=1)  # a bridge: the most in the middle, nothing at the nodes
    most = np.maximum(share[middle], 1e-9)
    span = np.clip(np.searchsorted(rows, np.arange(len(days)), side="right") - 1, 0, len(middle) - 1)
    return kernels[:, :count, :count], stray[:, span] * (share / most[span])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Belief:
    """Some changes, with the variances that make the days likeliest.

    Attributes
    ----------
    forms : tuple       How the changes are felt.
    through : array     (days, columns of changes) Q times these.
    pulled : array      B'Qy.
    sample : Sample     What the days say of the values of nodes and changes.
    variances : array   Of what wanders, then of the forms.
    inverse : array     Of the covariance of what the days say.
    """

    changes: tuple[Change, ...]
    forms: tuple[ChangeForm, ...]
    through: Kernels
    pulled: Floats
    sample: Sample
    variances: Floats
    inverse: Floats

    def places(self, change: Change) -> tuple[Rows, Floats]:
        """Columns of B of one change, and the variance of each."""
        wandering = len(self.variances) - len(self.forms)
        first = len(self.pulled) - sum(len(form.changes) for form in self.forms)
        places, variances = [], []
        for form, variance in zip(self.forms, self.variances[wandering:].tolist(), strict=True):
            if change in form.changes:
                places.append(first + form.changes.index(change))
                variances.append(variance)
            first += len(form.changes)
        return np.array(places), np.array(variances)

    @property
    def inner(self) -> Kernels:
        """(K^-1 + G)^-1, K the covariance of nodes and changes."""
        known = np.asarray(self.sample.known)
        return np.asarray(known - known @ self.inverse @ known, dtype=np.float32)


def _learned(view: _View, changes: tuple[Change, ...], known: Mapping[str, float], *, steps: int) -> _Belief:
    """The belief in these changes; `known` are variances from which to start, by name."""
    forms = tuple(change_forms(changes, view.days))
    felt = [form.felt(view.days).astype(np.float32) for form in forms]
    columns = np.concatenate([np.zeros((len(view.days), 0), dtype=np.float32), *felt], axis=1)
    through, nodes = view.inverse @ columns, view.between.shape[1]
    weight = np.empty((nodes + columns.shape[1],) * 2)
    weight[:nodes, :nodes] = view.weight
    weight[nodes:, :nodes] = columns.T @ view.through
    weight[:nodes, nodes:] = weight[nodes:, :nodes].T
    weight[nodes:, nodes:] = columns.T @ through
    weight[np.diag_indices_from(weight)] += FLAT
    back, pulled = _inverted(weight), np.concatenate([view.pulled, columns.T @ view.told])
    kernels = np.zeros((len(view.kernels) + len(forms), *weight.shape), dtype=np.float32)
    kernels[: len(view.kernels), :nodes, :nodes] = view.kernels
    first = nodes
    for kernel, form in zip(kernels[len(view.kernels) :], forms, strict=True):
        mine = np.arange(first, first + len(form.changes))
        kernel[mine, mine], first = 1.0, first + len(form.changes)
    nothing = np.zeros(len(pulled))
    sample = Sample(y=back @ pulled, noise=nothing, odd=nothing, kernels=kernels, known=back)
    usual = view.usual | {form.name: form.variance for form in forms}
    centre, begin = ([*(names[name] for name in usual), 1.0] for names in (usual, {**usual, **known}))
    variances = estimate([sample], np.array(centre), np.array(begin), steps=steps)[:-1]
    summed = (variances.astype(np.float32) @ kernels.reshape(len(kernels), -1)).reshape(weight.shape)
    return _Belief(
        changes=changes,
        forms=forms,
        through=through,
        pulled=pulled,
        sample=sample,
        variances=variances,
        inverse=_inverted(summed + back),
    )


def _inverted(matrix: Floats) -> Floats:
    """Inverse of a covariance."""
    from scipy.linalg.lapack import dpotrf, dpotri

    factor = dpotrf(matrix.T, lower=1)[0]
    below = dpotri(factor, lower=1, overwrite_c=1)[0]  # zeros above
    inverse = below + below.T
    inverse[np.diag_indices_from(inverse)] = np.diag(below)
    return np.asarray(inverse)


def _better(view: _View, belief: _Belief, seen: list[Change], asked: float) -> _Belief | None:
    """The belief in those changes besides that each gain what is asked; None where there are none."""
    trial = belief
    while seen:
        trial = _learned(view, (*belief.changes, *seen), _by_name(view, trial), steps=4)
        telling = _telling(trial, seen, asked)
        if len(telling) == len(seen):
            return trial
        seen = telling
    return None


def _by_name(view: _View, belief: _Belief) -> dict[str, float]:
    names = [*view.usual, *(form.name for form in belief.forms)]
    return dict(zip(names, belief.variances.tolist(), strict=True))


def _telling(belief: _Belief, seen: list[Change], asked: float) -> list[Change]:
    """Those without which the days are less likely by what is asked, each beside the others; the weakest goes first."""
    inverse = belief.inverse
    pull = inverse @ belief.sample.y
    seen = list(seen)
    while seen:
        cores = []
        for change in seen:
            places, variances = belief.places(change)
            own = inverse[np.ix_(places, places)]
            core = np.linalg.inv(np.diag(1 / variances) - own)
            lost = np.linalg.slogdet(np.eye(len(places)) - variances[:, None] * own)[1]
            cores.append((0.5 * float(pull[places] @ core @ pull[places] + lost), places, core))
        weakest = int(np.argmin([gain for gain, _, _ in cores]))
        gain, places, core = cores[weakest]
        if gain >= asked:
            break
        reach = inverse[:, places] @ core
        pull = pull + reach @ pull[places]
        inverse = inverse + reach @ inverse[places]
        seen.pop(weakest)
    return seen


def _sightings(view: _View, belief: _Belief, *, least: float) -> list[Change]:
    """Changes that stand out by so many standard deviations, the most telling first, each beside those before it.

    What happened at the same time of another year is left to the next look: it may be told by then.
    """
    said = np.concatenate([view.said, view.shapes.along(belief.through)], axis=1)
    left = said @ belief.inner
    size = view.squares - np.einsum("ij,ij->i", said, left)
    score = view.sums - left @ belief.pulled
    day, own = view.shapes.day, 0.01 * view.squares
    first, stays = np.tile(day, 2), np.arange(2 * len(day)) < len(day)
    may = (first >= day[0] + LASTS) & (first <= day[-1] + 1 - np.where(stays, LASTS, SINCE))
    for change in belief.changes:
        may &= np.abs(first - change.first) >= SINCE
    found: list[Change] = []
    told: list[Floats] = []
    while len(found) + len(belief.changes) < MOST:
        deviations = np.where(may & (size > own), np.abs(score) / np.sqrt(np.maximum(size, 1e-12)), 0.0)
        best = int(np.argmax(deviations))
        if deviations[best] < least:
            break
        found.append(Change(first=float(first[best]), stays=bool(stays[best])))
        may &= np.abs(np.mod(first - first[best] + YEAR / 2, YEAR) - YEAR / 2) >= SINCE
        column = view.inverse @ view.shapes.column(best)
        shared = view.shapes.along(column[:, None])[:, 0] - said @ left[best]
        shared = (shared - sum(other[best] * other for other in told)) / np.sqrt(size[best])
        told.append(shared)  # what the others say is what they say beside it
        score, size = score - shared * score[best] / np.sqrt(size[best]), size - shared**2
    return found


def _found(view: _View, belief: _Belief) -> Found:
    through = np.concatenate([view.through, belief.through], axis=1)
    reach = through @ belief.inner
    return Found(
        changes=belief.changes,
        variances=belief.variances,
        weights=view.told - reach @ belief.pulled,
        precision=np.diag(view.inverse) - np.einsum("ij,ij->i", reach, through),
    )
