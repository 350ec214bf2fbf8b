"""What the days say of every step and burst that there could be, and of what wanders slowly beside them.

y ~ N(0, R + W + C): the rest of the covariance R (weekdays, months, seasons, noise of days, ...) stays as it is, what
wanders slowly W and what changed C are learned. R is taken into account once. W is held at nodes, one or two a week,
between which it goes straight; with B the columns of nodes and changes over the days, Q = R^-1, G = B'QB, all that the
days know of the values u of nodes and changes is G^-1 B'Qy ~ N(u, G^-1). So every look costs no more than a matrix of
the nodes, and yet changes are told to the day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.changes import FADING, faded
from wfm.forecast.learned.components import Component
from wfm.forecast.learned.days import DayFeatures
from wfm.forecast.learned.variances import Kernels

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
NODE = (3.5, 7.0)
"""Least and most days between nodes."""
NODES = 120
"""Nodes that are enough: the level wanders slowly."""
STRETCH = 60
"""Days whose bursts are summed up together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """A step and a burst from each day on: first all steps, then all bursts.

    Attributes
    ----------
    day : array         Numbers of the days, in order.
    left : tuple        For each stretch of days, the last first: its slice, and what is left of bursts from each of its
                        days (days, bursts), on these days and after them until it is next to nothing.
    """

    day: Floats
    left: tuple[tuple[slice, Kernels], ...]

    @classmethod
    def of(cls, day: Floats) -> Shapes:
        """Of these days."""
        since: npt.NDArray[Any] = (day - day[0]).astype(np.float32)
        mine = [slice(max(end - STRETCH, 0), end) for end in range(len(day), 0, -STRETCH)]
        after = [since[one.start : one.stop + 2 * STRETCH] for one in mine]
        return cls(
            day=day,
            left=tuple((one, faded(np.subtract.outer(a, since[one]))) for one, a in zip(mine, after, strict=True)),
        )

    def column(self, shape: int) -> Kernels:
        """How one is felt on each day."""
        step, first = shape < len(self.day), self.day[shape % len(self.day)]
        return np.asarray(self.day < first if step else faded(self.day - first), dtype=np.float32)

    def along(self, values: Kernels) -> Kernels:
        """(shapes, columns) sum over the days of the values, as each shape is felt."""
        count = len(values)
        found = np.zeros((2 * count, values.shape[1]), dtype=values.dtype)
        np.cumsum(values[:-1], axis=0, out=found[1:count])
        for mine, left in self.left:  # what comes after a stretch has faded alike for all of its days
            days = mine.stop - mine.start
            bursts = left[:days].T @ values[mine]
            if mine.stop < count:
                bursts += np.outer(left[days], found[count + mine.stop])
            found[count:][mine] = bursts
        return found

    def squares(self, inverse: Kernels, before: Kernels) -> Floats:
        """The product f'Qf of each shape f; `before` are the sums of each row of Q up to its diagonal."""
        own = np.diag(inverse).astype(float)
        steps, bursts = np.append(0.0, np.cumsum(2 * before.astype(float) - own)[:-1]), -own
        for mine, left in self.left:
            bursts[mine] += 2 * np.einsum("ik,ik->k", inverse[mine.start : mine.start + len(left), mine], left)
        fading, summed = np.exp(-2 * np.diff(self.day) / FADING).tolist(), bursts.tolist()
        for k in range(len(own) - 2, -1, -1):
            summed[k] += fading[k] * summed[k + 1]
        return np.concatenate([steps, summed])


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
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
    shapes: Shapes
    said: Kernels
    squares: Floats
    sums: Floats


def viewed(
    days: DayFeatures,
    response: Floats,
    rest: Floats,
    wandering: Sequence[Component],
    centre: Floats,
    begin: Floats,
) -> View:
    """Take the rest of the covariance into account; `rest` is used up."""
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
    shapes = Shapes.of(day)
    through = _through(inverse, between)
    return View(
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


def _through(inverse: Kernels, between: Kernels) -> Kernels:
    """Their product, a stretch of days at a time: it has a share in few of the nodes."""
    through = np.zeros_like(between)
    for first in range(0, len(between), STRETCH):
        mine = slice(first, first + STRETCH)
        felt = np.flatnonzero(between[mine].any(axis=0))
        nodes = slice(felt[0], felt[-1] + 1)
        through[:, nodes] += inverse[:, mine] @ between[mine, nodes]
    return through


def _wandering(
    days: DayFeatures, rows: Rows, between: Kernels, wandering: Sequence[Component]
) -> tuple[Kernels, Floats]:
    """Kernels of the nodes, and for each the variance of days beside the straight line between nodes."""
    count, middle = len(rows), (rows[:-1] + rows[1:]) // 2
    some = days.take(np.concatenate([rows, middle])).single()
    kernels = np.array([component.kernel(some, some) for component in wandering], dtype=np.float32)
    spans = np.arange(len(middle))
    three = np.column_stack([spans, spans + 1, count + spans])  # the nodes about a middle, and the middle
    beside = np.column_stack([-between[middle, spans], -between[middle, spans + 1], np.ones(len(middle))])
    stray = np.einsum("si,csij,sj->cs", beside, kernels[:, three[:, :, None], three[:, None, :]], beside)
    share = (between * (1 - between)).max(axis=1)  # a bridge: the most in the middle, nothing at the nodes
    most = np.maximum(share[middle], 1e-9)
    span = np.clip(np.searchsorted(rows, np.arange(len(days)), side="right") - 1, 0, len(middle) - 1)
    return kernels[:, :count, :count], stray[:, span] * (share / most[span])
