"""Which changes the days believe in: what stands out is learned together with what has to give way for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.change_view import View, viewed
from wfm.forecast.learned.changes import APART, LASTS, SINCE, UNDECIDED, Change, ChangeForm, change_forms
from wfm.forecast.learned.components import Component
from wfm.forecast.learned.days import YEAR, DayFeatures
from wfm.forecast.learned.variances import Kernels, Sample, estimate

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
ROUNDS = 3
"""Looks at the days: changes that are found unmask others."""
MOST = 6
"""Changes that are looked for."""
CERTAIN = 2.0
"""Gain in log-likelihood that is asked of a change beyond the logarithm of the number of days."""
FLAT, SINGLE = 0.01, 1e-6
"""Precision of what no day tells - what nodes and changes share is shared out -, and what single precision hides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """What the days say of a level that wanders slowly.

    Attributes
    ----------
    day : array         Numbers of the days that are nodes.
    said : Sample       What is said of the level at the nodes, then of the changes.
    """

    day: Floats
    said: Sample


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
) -> tuple[Found | None, Nodes | None]:
    """Look for steps and bursts that nobody announced; None where there are none, and where none can be looked for.

    Parameters
    ----------
    rest : array            (days, days) covariance of all but the wandering, noise included; it is used up.
    wandering : sequence    Components that give way.
    centre, begin : array   Their usual variances, and those that were learned without changes.
    """
    asked = float(np.log(len(days))) + CERTAIN
    if days.span < LASTS + APART or not wandering:
        return None, None
    view = viewed(days, response, rest, wandering, centre, begin)
    belief = _learned(view, (), dict(zip(view.usual, begin.tolist(), strict=True)), steps=3)
    for _ in range(ROUNDS):
        better = _better(view, belief, _sightings(view, belief, least=(2 * asked) ** 0.5), asked)
        if better is None:
            break
        belief = _of_likelier_kind(view, better, asked)
    nodes = Nodes(day=days.day[view.between.argmax(axis=0)], said=belief.sample)
    return _found(view, belief) if belief.changes else None, nodes


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
    likelihood : float  Log-likelihood of the days, but for what no change alters.
    """

    changes: tuple[Change, ...]
    forms: tuple[ChangeForm, ...]
    through: Kernels
    pulled: Floats
    sample: Sample
    variances: Floats
    inverse: Floats
    likelihood: float

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


def _learned(view: View, changes: tuple[Change, ...], known: Mapping[str, float], *, steps: int) -> _Belief:
    """The belief in these changes; `known` are variances from which to start, by name."""
    forms = tuple(change_forms(changes, view.days))
    felt = [form.felt(view.days).astype(np.float32) for form in forms]
    columns = np.concatenate([np.zeros((len(view.days), 0), dtype=np.float32), *felt], axis=1)
    through = view.inverse @ columns
    back, log_weight = _inverted(_weight(view, columns, through))
    pulled = np.concatenate([view.pulled, columns.T @ view.told])
    kernels, nothing = _kernels(view, forms, len(pulled)), np.zeros(len(pulled))
    sample = Sample(y=back @ pulled, noise=nothing, odd=nothing, kernels=kernels, known=back)
    usual = view.usual | {form.name: form.variance for form in forms}
    centre, begin = ([*(names[name] for name in usual), 1.0] for names in (usual, {**usual, **known}))
    variances = estimate([sample], np.array(centre), np.array(begin), steps=steps)[:-1]
    summed = (variances.astype(np.float32) @ kernels.reshape(len(kernels), -1)).reshape(back.shape)
    inverse, log_spread = _inverted(summed + back)
    explained = pulled @ sample.y - sample.y @ inverse @ sample.y
    return _Belief(
        changes=changes,
        forms=forms,
        through=through,
        pulled=pulled,
        sample=sample,
        variances=variances,
        inverse=inverse,
        likelihood=float(0.5 * (explained - log_weight - log_spread)),
    )


def _weight(view: View, columns: Kernels, through: Kernels) -> Floats:
    """G, what nodes and changes say of each other."""
    nodes = len(view.weight)
    weight = np.empty((nodes + columns.shape[1],) * 2)
    weight[:nodes, :nodes] = view.weight
    weight[nodes:, :nodes] = columns.T @ view.through
    weight[:nodes, nodes:] = weight[nodes:, :nodes].T
    weight[nodes:, nodes:] = columns.T @ through
    weight[np.diag_indices_from(weight)] += FLAT + SINGLE * np.diag(weight).max()
    return weight


def _kernels(view: View, forms: Sequence[ChangeForm], count: int) -> Kernels:
    """For all that has a variance, the covariance of so many nodes and changes."""
    wandering, nodes = len(view.kernels), len(view.weight)
    kernels = np.zeros((wandering + len(forms), count, count), dtype=np.float32)
    kernels[:wandering, :nodes, :nodes] = view.kernels
    first = nodes
    for kernel, form in zip(kernels[wandering:], forms, strict=True):
        mine = np.arange(first, first + len(form.changes))
        kernel[mine, mine], first = 1.0, first + len(form.changes)
    return kernels


def _inverted(matrix: Floats) -> tuple[Floats, float]:
    """Inverse of a covariance, and the logarithm of its determinant."""
    from scipy.linalg.lapack import dpotrf, dpotri

    factor = dpotrf(matrix.T, lower=1)[0]
    log_det = 2 * float(np.log(np.diag(factor)).sum())
    below = dpotri(factor, lower=1, overwrite_c=1)[0]  # zeros above
    inverse = below + below.T
    inverse[np.diag_indices_from(inverse)] = np.diag(below)
    return np.asarray(inverse), log_det


def _better(view: View, belief: _Belief, seen: list[Change], asked: float) -> _Belief | None:
    """The belief in those changes besides that each gain what is asked; None where there are none."""
    trial = belief
    while seen:
        trial = _learned(view, (*belief.changes, *seen), _by_name(view, trial), steps=4)
        telling = _telling(trial, seen, asked)
        if len(telling) == len(seen):
            return trial
        seen = telling
    return None


def _of_likelier_kind(view: View, belief: _Belief, asked: float) -> _Belief:
    """The belief with steps for bursts, and bursts for steps, where that gains what is asked.

    A change is sighted beside a level that wanders so much because it does not know the change: a step that most of it
    has followed already looks like a burst.
    """
    for place, change in enumerate(belief.changes):
        if change.first > view.days.day[-1] - UNDECIDED:
            continue  # it is taken for some of both
        other = replace(change, stays=not change.stays)
        changes = (*belief.changes[:place], other, *belief.changes[place + 1 :])
        trial = _learned(view, changes, _by_name(view, belief), steps=1)
        if trial.likelihood < belief.likelihood:
            continue  # what more steps would bring is less than what is asked
        trial = _learned(view, changes, _by_name(view, trial), steps=5)
        if trial.likelihood > belief.likelihood + asked:
            belief = trial
    return belief


def _by_name(view: View, belief: _Belief) -> dict[str, float]:
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


def _sightings(view: View, belief: _Belief, *, least: float) -> list[Change]:
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
        may &= np.abs(first - change.first) >= APART
    found: list[Change] = []
    told: list[Floats] = []
    while len(found) + len(belief.changes) < MOST:
        deviations = np.where(may & (size > own), np.abs(score) / np.sqrt(np.maximum(size, 1e-12)), 0.0)
        best = int(np.argmax(deviations))
        if deviations[best] < least:
            break
        found.append(Change(first=float(first[best]), stays=bool(stays[best])))
        may &= np.abs(np.mod(first - first[best] + YEAR / 2, YEAR) - YEAR / 2) >= APART
        column = view.inverse @ view.shapes.column(best)
        shared = view.shapes.along(column[:, None])[:, 0] - said @ left[best]
        shared = (shared - sum(other[best] * other for other in told)) / np.sqrt(size[best])
        told.append(shared)  # what the others say is what they say beside it
        score, size = score - shared * score[best] / np.sqrt(size[best]), size - shared**2
    return found


def _found(view: View, belief: _Belief) -> Found:
    through = np.concatenate([view.through, belief.through], axis=1)
    reach = through @ belief.inner
    return Found(
        changes=belief.changes,
        variances=belief.variances,
        weights=view.told - reach @ belief.pulled,
        precision=np.diag(view.inverse) - np.einsum("ij,ij->i", reach, through),
    )
