"""Hours of a day that are far from the day's own shape: an outage, a rush, a hole in the data."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.forecast.learned.grid import DayGrid

Floats = npt.NDArray[np.float64]
_BLOCKS = (1, 2, 4, 8)  # slots that are counted together where single ones hold too few contacts
_FEW = 8.0  # contacts of the usual block
_NEAR = 17  # days of the same weekday that tell the usual shape: eight weeks to either side
_FAR = 2.0  # standard deviations from which a block belongs to a run
_SURE = 6.0  # standard deviations of a whole run
_LITTLE, _MUCH = 0.6, 1.7  # factors between which a run is no suspect
_CLOSE = 3  # days to either side that would show the same, were it a habit
_LEAST = 30.0  # contacts that a run must lack or bring


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Consecutive blocks of one day: from and until [s], what came, what was expected, and the same just after."""

    begin: float
    end: float
    came: float
    expected: float
    after: float
    to_the_end: bool

    @property
    def size(self) -> float:
        """Contacts as a factor of the expected."""
        return self.came / self.expected if self.expected > 0 else np.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """Blocks of the day: begin [s], width [s], contacts (days, blocks), usual share, and each day's robust level."""

    begin: Floats
    width: float
    came: Floats
    share: Floats
    level: Floats
    spread: float


def usual_shapes(grid: DayGrid) -> Shapes | None:
    """The usual shape about each day, robust against single days and hours; None where contacts are too few."""
    for together in _BLOCKS:
        begin, came, width = _blocks(grid, together)
        usual = np.nanmedian(came[came > 0]) if (came > 0).any() else 0.0
        if usual >= _FEW:
            break
    else:
        return None
    first = came / np.maximum(np.nansum(came, axis=1, keepdims=True), 1e-9)
    level = _levels(came, _local_medians(first, grid.weekday))
    share = _local_medians(came / np.maximum(level, 1e-9)[:, None], grid.weekday)
    level = _levels(came, share)
    expected = share * level[:, None]
    busy = expected >= _FEW
    away = np.abs(came - expected)[busy] / expected[busy]
    noise = 1.4826 * float(np.nanmedian(away)) if busy.any() else 0.1
    spread = max(noise**2 - float(np.nanmedian(1 / expected[busy])) if busy.any() else 0.0, 0.003)
    return Shapes(begin=begin, width=width, came=came, share=share, level=level, spread=spread)


def worst_run(shapes: Shapes, day: int) -> Run | None:
    """The run of blocks furthest from the day's usual shape, if it is far and days close by do not share it."""
    expected = shapes.share[day] * shapes.level[day]
    came = shapes.came[day]
    known = ~np.isnan(came) & ~np.isnan(expected) & (expected > 0)
    apart = np.where(known, (came - expected) / np.sqrt(expected + shapes.spread * expected**2 + 1e-9), 0.0)
    side = np.where(np.abs(apart) >= _FAR, np.sign(apart), 0.0)
    best, found = 0.0, None
    for begin, end in _runs(side):
        total, usual = float(came[begin:end].sum()), float(expected[begin:end].sum())
        score = abs(total - usual) / np.sqrt(usual + shapes.spread * float((expected[begin:end] ** 2).sum()))
        size = total / usual
        if score < max(_SURE, best) or _LITTLE < size < _MUCH or abs(total - usual) < _LEAST:
            continue
        if not _is_habit(shapes, day, slice(begin, end), size):
            best, found = score, (begin, end)
    return None if found is None else _run(shapes, day, *found)


def _run(shapes: Shapes, day: int, begin: int, end: int) -> Run:
    """The run as it is told, against the level of the hours outside it."""
    came, share = shapes.came[day], np.nan_to_num(shapes.share[day])
    outside = ~np.isnan(came)
    outside[begin:end] = False
    known = float(share[outside].sum())
    expected = share * (float(came[outside].sum()) / known if known > 0.2 else float(shapes.level[day]))
    later = slice(end, min(end + max(1, round(7200 / shapes.width)), len(came)))
    usual = float(expected[later].sum())
    open_ = np.flatnonzero(~np.isnan(came) & (expected > 0.02 * expected.max()))
    return Run(
        begin=float(shapes.begin[begin]),
        end=float(shapes.begin[end - 1] + shapes.width),
        came=float(came[begin:end].sum()),
        expected=float(expected[begin:end].sum()),
        after=float(np.nansum(came[later])) / usual if usual > 0 else 1.0,
        to_the_end=end > int(open_[-1]),
    )


def _is_habit(shapes: Shapes, day: int, blocks: slice, size: float) -> bool:
    """Whether days close by have the same hours bent the same way: a season or new hours, nothing to ask about."""
    near = np.array([k for k in range(day - _CLOSE, day + _CLOSE + 1) if k != day and 0 <= k < len(shapes.came)])
    usual = (shapes.share[near, blocks] * shapes.level[near, None]).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.log(np.maximum(shapes.came[near, blocks].sum(axis=1) / usual, 1e-3))
    alike = ratio * np.sign(np.log(max(size, 1e-3))) > 0.5 * abs(np.log(max(size, 1e-3)))
    return int((alike & np.isfinite(ratio)).sum()) >= 2


def _blocks(grid: DayGrid, together: int) -> tuple[Floats, Floats, float]:
    """Slots put together to blocks; a block with a missing slot is missing."""
    width = grid.interval * together
    number = (grid.slots // width).astype(np.int64)
    blocks = np.unique(number)
    came = np.stack([grid.offered[:, number == block].sum(axis=1) for block in blocks], axis=1)
    return np.asarray(blocks * width, dtype=float), np.asarray(came, dtype=float), width


def _local_medians(values: Floats, weekday: npt.NDArray[np.int64]) -> Floats:
    out = np.full(values.shape, np.nan)
    for k in range(7):
        mine = np.flatnonzero(weekday == k)
        rolling = pd.DataFrame(values[mine]).rolling(_NEAR, center=True, min_periods=4)
        out[mine] = rolling.median().to_numpy()
    return out


def _levels(came: Floats, share: Floats) -> Floats:
    """Each day's level: the median of contacts over share, weighted by share."""
    levels = np.full(len(came), np.nan)
    for day in range(len(came)):
        known = ~np.isnan(came[day]) & (np.nan_to_num(share[day]) > 0)
        if not known.any():
            continue
        ratio, weight = came[day, known] / share[day, known], share[day, known]
        order = np.argsort(ratio)
        total = np.cumsum(weight[order])
        levels[day] = ratio[order][np.searchsorted(total, total[-1] / 2)]
    return levels


def _runs(side: Floats) -> list[tuple[int, int]]:
    """(first, after the last) of consecutive blocks on the same side."""
    edges = np.flatnonzero(np.diff(np.r_[0.0, side, 0.0]) != 0)
    return [(int(a), int(b)) for a, b in pairwise(edges) if side[a] != 0]
