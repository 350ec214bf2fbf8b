"""Where the breaks of a shift may lie: placements, and the breaks that must be placed together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from wfm.errors import SettingError
from wfm.schedule.shifts.shift_types import Break, ShiftType

MOST_PLACEMENTS = 20_000

Placement = tuple[int, ...]  # start slot of every break of a cluster


@dataclass(frozen=True)
class Cluster:
    """Neighbouring breaks of a shift whose windows overlap, and every way to place them in order.

    Most clusters hold one break. Breaks of different clusters cannot meet, whatever is chosen, so each cluster is
    placed by itself.

    Attributes
    ----------
    breaks : tuple of Break
    lengths : tuple of int              Length of each break [slots].
    placements : tuple of tuples        Allowed start slots, one number a break.
    """

    breaks: tuple[Break, ...]
    lengths: tuple[int, ...]
    placements: tuple[Placement, ...]

    @cached_property
    def first(self) -> int:
        """Earliest start of any break."""
        return min(placement[0] for placement in self.placements)

    @cached_property
    def pattern(self) -> tuple[object, ...]:
        """What makes two clusters interchangeable, apart from when they begin."""
        watched = tuple(
            (pause.name, pause.most_at_once) if pause.most_at_once is not None else None for pause in self.breaks
        )
        moved = tuple(tuple(start - self.first for start in placement) for placement in self.placements)
        return self.lengths, watched, moved


def clusters_of(kind: ShiftType, start: float, interval: float, step: int) -> tuple[Cluster, ...] | None:
    """The clusters of a shift that starts `start` seconds after midnight, in slots after that midnight.

    None where some break has no allowed place. Breaks are taken in the order of the shift type and may touch.

    >>> kind = ShiftType(name="s", length="4h", starts="08:00", breaks=[
    ...     Break(name="a", length="15min", paid=True, between=("1h", "2h")),
    ...     Break(name="b", length="15min", paid=True, between=("2h", "3h"))])
    >>> [len(cluster.placements) for cluster in clusters_of(kind, 28800.0, 3600.0, 900)]
    [3]
    """
    windows = [
        tuple(round(moment / step) for moment in pause.starts(start, kind.length, interval)) for pause in kind.breaks
    ]
    lengths = [round(pause.length / step) for pause in kind.breaks]
    found = []
    for begin, end in _runs(windows, lengths):
        placements = tuple(_in_order(windows[begin:end], lengths[begin:end]))
        if not placements:
            return None
        found.append(Cluster(breaks=kind.breaks[begin:end], lengths=tuple(lengths[begin:end]), placements=placements))
        if len(placements) > MOST_PLACEMENTS:
            names = ", ".join(pause.name for pause in kind.breaks[begin:end])
            raise SettingError(
                f"breaks {names} of shift {kind.name!r} can be placed in {len(placements)} ways (at "
                f"most {MOST_PLACEMENTS}) because their windows overlap. Narrow or part the windows.",
                name="breaks",
                value=names,
            )
    return tuple(found)


def _runs(windows: list[tuple[int, ...]], lengths: list[int]) -> Iterator[tuple[int, int]]:
    """Spans of breaks that may meet: the latest end of what came before lies behind the next earliest start."""
    begin, latest = 0, -1
    for k, (window, length) in enumerate(zip(windows, lengths, strict=True)):
        if k > begin and window and window[0] >= latest:
            yield begin, k
            begin = k
        if window:
            latest = max(latest, window[-1] + length)
    if windows:
        yield begin, len(windows)


def _in_order(windows: list[tuple[int, ...]], lengths: list[int], after: int = -1) -> Iterator[Placement]:
    if not windows:
        yield ()
        return
    for start in windows[0]:
        if start >= after:
            for rest in _in_order(windows[1:], lengths[1:], start + lengths[0]):
                yield (start, *rest)
