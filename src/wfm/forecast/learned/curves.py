"""Events as curves: how an effect rises, fades and stays, and what past events of a kind teach about the shape."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import DAY
from wfm.events import Event
from wfm.forecast.learned.grid import DayGrid
from wfm.forecast.learned.kinds import family_of
from wfm.forecast.learned.level import DayLevel

Floats = npt.NDArray[np.float64]
SHORT = 1.0
"""Days up to which an event with an end is a matter of hours, learned from slots and not from days."""
AT_ONCE = 1 / 86400
"""Days in which half of what kept contacts away is gone once it is over."""
OUTAGE_HOURS = 4.0
"""Assumed length of an outage without an end [h]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """How much of an event's peak effect is felt some time after its start.

    Attributes
    ----------
    delay : float       Days until the peak, to which the effect rises steadily.
    half : float        Days in which half of it fades after the peak (after the end, where there is one).
    plateau : float     Share of the peak that stays.

    >>> Curve(delay=2.0, half=3.0).at(np.array([-1.0, 0.0, 1.0, 2.0, 5.0])).tolist()
    [0.0, 0.0, 0.5, 1.0, 0.5]
    """

    delay: float
    half: float
    plateau: float = 0.0

    def at(self, elapsed: Floats, lasts: float = 0.0) -> Floats:
        """Share of the peak felt `elapsed` days after the start of an event that lasts so many days."""
        rise = np.clip(elapsed / self.delay, 0.0, 1.0) if self.delay else np.ones(np.shape(elapsed))
        past = np.maximum(elapsed - max(self.delay, lasts), 0.0)
        fade = self.plateau + (1 - self.plateau) * 0.5 ** (past / self.half)
        return np.where(elapsed < 0, 0.0, rise * fade)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blend:
    """Several curves with weights that add up to 1: what is known of a kind's shape.

    Attributes
    ----------
    bends : tuple       Weights of the curves, adding up to 0, by which a single event may depart from the kind.
    """

    curves: tuple[Curve, ...]
    weights: tuple[float, ...]
    bends: tuple[tuple[float, ...], ...] = ()

    def stated(self, event: Event) -> Blend:
        """The same with the delay, the decay and the plateau that the planner stated."""
        curves = tuple(
            replace(
                curve,
                delay=event.delay / DAY if event.delay else curve.delay,
                half=event.decay / DAY if event.decay else curve.half,
                plateau=curve.plateau if event.plateau is None else event.plateau,
            )
            for curve in self.curves
        )
        return Blend(curves=curves, weights=self.weights, bends=self.bends)

    def at(self, elapsed: Floats, lasts: float = 0.0) -> Floats:
        """Share of the peak felt, averaged over the curves."""
        total = np.zeros(np.shape(elapsed))
        for curve, weight in zip(self.curves, self.weights, strict=True):
            total += weight * curve.at(elapsed, lasts)
        return total

    def bent(self) -> tuple[Blend, ...]:
        """What each bend adds, as blends whose weights add up to 0."""
        return tuple(Blend(curves=self.curves, weights=weights) for weights in self.bends)


LIBRARY = {
    "launch": Curve(delay=1.0, half=8.0, plateau=0.1),
    "campaign": Curve(delay=1.0, half=4.0),
    "mailing": Curve(delay=4.0, half=6.0, plateau=0.1),
    "price change": Curve(delay=1.0, half=6.0),
    "recall": Curve(delay=1.0, half=8.0),
    "outage": Curve(delay=0.0, half=1 / 24),
}
ALIKE = 0.7
"""How far a single event is taken to have the shape of its kind."""
BENDS = 3
"""Directions in which an event may depart from the shape of its kind."""
OTHER = Curve(delay=1.0, half=5.0)
"""The shape of a kind that nobody has described."""


def is_short(event: Event) -> bool:
    """Whether an event is a matter of hours."""
    if event.end is None:
        if event.decay is not None:  # a text message is answered within hours
            return event.delay + 3 * event.decay <= SHORT * DAY
        return family_of(event.kind) == "outage"
    return bool((event.end - event.start) <= pd.Timedelta(days=SHORT))


def lasts(event: Event) -> float:
    """Days from the start to the end of an event, 0 where it fades by itself."""
    if event.end is None:
        return OUTAGE_HOURS / 24 if family_of(event.kind) == "outage" and event.decay is None else 0.0
    return float((event.end - event.start).total_seconds() / DAY)


def usual_curve(event: Event) -> Curve:
    """The library's curve of the kind, with what the planner stated in its place."""
    family = family_of(event.kind)
    kind = LIBRARY.get(family, OTHER)
    if is_short(event) and family not in LIBRARY:
        kind = LIBRARY["outage"]
    usual = (0.0 if is_short(event) else kind.plateau) if event.plateau is None else event.plateau
    return Curve(
        delay=event.delay / DAY if event.delay else (0.0 if is_short(event) else kind.delay),
        half=event.decay / DAY if event.decay else AT_ONCE if _keeps_away(event) else kind.half,
        plateau=usual,
    )


def _keeps_away(event: Event) -> bool:
    """Whether nobody gets through until its end: those who come later find the lines up again."""
    return event.end is not None and event.volume is not None and event.volume < 1 and is_short(event)


def felt(event: Event, moments: npt.NDArray[np.datetime64], known: Blend | None = None) -> Floats:
    """Share of the event's peak at each moment: by the stated delay and decay, else the kind's shape as known."""
    elapsed = (moments - event.start.to_datetime64()) / np.timedelta64(1, "s") / DAY
    curve = usual_curve(event) if known is None else known.stated(event)
    elapsed = np.asarray(elapsed, dtype=float)
    share = curve.at(elapsed, lasts(event))
    if event.recalls:
        share = share + _again(event) * curve.at(elapsed - event.recall_after / DAY, lasts(event))
    return share


def _again(event: Event) -> float:
    """Log effect of those who come again, as a share of the log effect at the peak.

    What an event brought comes again as more contacts, and so does what it kept away: there the share is negative.
    """
    said = stated(event)
    if said is None or event.volume is None or abs(event.volume - 1) < 1e-9:
        return event.recalls
    more, lift = float(np.log1p(event.recalls * abs(event.volume - 1))), event.volume - 1
    # of the doubtful effect x, exp(share x) has the mean that those who come again ask for
    return 2 * more / (said[0] + math.copysign(math.sqrt(said[0] ** 2 + 2 * said[1] ** 2 * more), lift))


def felt_by_day(
    event: Event, days: pd.DatetimeIndex, slots: Floats, interval: float, shares: Floats, known: Blend | None = None
) -> Floats:
    """Share of the peak felt over each whole day, weighing the slots by their `shares` (days, slots)."""
    out = np.zeros(len(days))
    after = np.asarray(days >= event.start.normalize())
    first = days[after].to_numpy().astype("datetime64[s]")[:, None]
    if len(slots) == 1:  # daily data: the hours of the day count alike
        hours = np.arange(24)[None, :] * 3600 + 1800
        out[after] = felt(event, first + hours.astype("timedelta64[s]"), known).mean(axis=1)
    else:
        middles = (slots + interval / 2).astype("timedelta64[s]")[None, :]
        out[after] = (felt(event, first + middles, known) * shares[after]).sum(axis=1)
    return out


def left_out(grid: DayGrid, events: Sequence[Event]) -> npt.NDArray[np.bool_]:
    """Cells that teach nothing about ordinary days: those of short events, and of events kept out of learning."""
    cells = np.zeros(grid.offered.shape, dtype=bool)
    begins = grid.moments()
    ends = begins + np.timedelta64(int(grid.interval), "s")
    for event in events:
        if is_short(event) or not event.learn:
            curve = usual_curve(event)
            tail = max(curve.delay, lasts(event)) + 3 * curve.half
            tail += event.recall_after / DAY if event.recalls else 0.0
            until = event.start + pd.Timedelta(days=tail)
            cells |= (ends > event.start.to_datetime64()) & (begins < until.to_datetime64())
    return cells


def candidates(usual: Curve) -> list[Curve]:
    """Shapes about the usual one of the kind among which history chooses."""
    delays = sorted({usual.delay, 0.0, 1.0, 2.0, 4.0, 7.0})
    halves = sorted({usual.half, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0})
    plateaus = sorted({usual.plateau, 0.0, 0.25})
    return [Curve(delay=d, half=h, plateau=p) for d in delays for h in halves for p in plateaus]


def usual_weights(usual: Curve, options: list[Curve]) -> Floats:
    """How likely each shape is before any data, about the usual one of the kind."""
    near = [
        np.log((curve.delay + 1) / (usual.delay + 1)) ** 2 + (np.log(curve.half / usual.half) / 1.5) ** 2
        for curve in options
    ]
    weights = np.exp(-0.5 * np.array(near))
    return np.asarray(weights / weights.sum())


def learn_shape(level: DayLevel, columns: list[Floats], before: Floats) -> Floats:
    """Weights of shapes by how well they explain what the level without the events leaves over.

    Parameters
    ----------
    level : DayLevel    Fitted without the events.
    columns : list      For each shape, (training days, events): how much of each event is felt.
    before : array      The weights before any data.
    """
    from scipy.linalg import solve_triangular

    score = np.log(np.maximum(before, 1e-12))
    for k, felt_ in enumerate(columns):
        both = np.hstack([np.sqrt(0.15) * felt_.sum(axis=1, keepdims=True), np.sqrt(0.02) * felt_])
        root = solve_triangular(level.factor, both, lower=True, check_finite=False)
        pull = root.T @ level.surprise
        gram = np.eye(both.shape[1]) + root.T @ root
        score[k] += 0.5 * pull @ np.linalg.solve(gram, pull) - 0.5 * np.linalg.slogdet(gram)[1]
    weights = np.exp(score - score.max())
    return np.asarray(weights / weights.sum())


def blend(options: list[Curve], weights: Floats, before: Floats) -> Blend:
    """The shapes that are worth keeping, and how a single event may depart from their mean.

    A single event has a shape drawn from what the kind is like and, for a part, from what was likely before any data.
    The main directions in which such draws differ are its bends.
    """
    drawn = ALIKE * weights + (1 - ALIKE) * before
    kept = drawn > 0.01 * drawn.max()
    curves = [curve for curve, keep in zip(options, kept, strict=True) if keep]
    share, root = weights[kept] / weights[kept].sum(), np.sqrt(drawn[kept] / drawn[kept].sum())
    grid = np.array([curve.at(np.arange(0.5, 42.0)) for curve in curves])
    along = np.linalg.svd((root[:, None] * (grid - share @ grid)).T, full_matrices=False)[2][:BENDS] * root
    bends = along - along.sum(axis=1, keepdims=True) * share
    return Blend(
        curves=tuple(curves), weights=tuple(share.tolist()), bends=tuple(tuple(bend) for bend in bends.tolist())
    )


Shapes = Mapping[str, Blend]
"""What is known of the shapes of kinds."""


def shape_of(event: Event, shapes: Shapes) -> Blend | None:
    """The shape of an event's kind, else that of another kind of its family."""
    family = family_of(event.kind)
    cousins = [kind for kind in shapes if family_of(kind) == family]
    return shapes.get(event.kind) or (shapes[min(cousins)] if cousins else None)


def bends_of(event: Event, shapes: Shapes) -> tuple[Blend, ...]:
    """How the event's curve may be bent."""
    known = shape_of(event, shapes)
    return known.stated(event).bent() if known else ()


def stated(event: Event) -> tuple[float, float] | None:
    """The planner's own estimate of the log effect at the peak and its sd; half of the lift where no doubt is given.

    The factor that is stated is the mean one, so its log lies half a variance lower. What keeps contacts away is
    doubted on the log scale, where a tenth of them left and a fifth are as far apart as ten times and five times.
    """
    if event.volume is None:
        return None
    log, doubt = float(np.log(event.volume)), 0.5 if event.doubt is None else event.doubt
    sd = max(doubt * (event.volume - 1.0) / event.volume if log > 0 else -doubt * log, 0.01)
    return log - sd**2 / 2, sd
