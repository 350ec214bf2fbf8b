"""Shift types that can cover the opening hours: a usual set to start from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wfm.calendars import WEEKDAYS
from wfm.durations import DAY, clock
from wfm.starter.opening import Opening

HOUR = 3600.0
FULL, SHORT = 9 * HOUR, 4 * HOUR
_DAY_LONG = 6 * HOUR  # a day this long gets one shift from opening to closing
_STEPS = (3600.0, 1800.0, 900.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftShift:
    """A shift type as it is written: name, length [s], starts as text, weekdays (None = all), kind, why."""

    name: str
    length: float
    starts: str
    why: str
    days: str | None = None
    kind: str | None = None

    @property
    def breaks(self) -> tuple[tuple[str, str, bool, str, str], ...]:
        """(name, length, paid, earliest, latest) of its breaks."""
        rest = ("rest", "15min", True, "1h30min", "2h30min")
        if self.length < SHORT:
            return ()
        if self.length < 7 * HOUR:
            return (rest,)
        late = self.length - 2.5 * HOUR
        return (
            rest,
            ("meal", "1h" if self.length >= FULL else "30min", False, "3h30min", "4h30min"),
            (
                "rest2",
                "15min",
                True,
                f"{int(late // HOUR)}h{int(late % HOUR // 60)}min",
                f"{int(late // HOUR) + 1}h{int(late % HOUR // 60)}min",
            ),
        )


def shift_types(openings: Iterable[Opening], interval: float) -> list[DraftShift]:
    """Shift types inside the hours of the queues, so that every open hour lies in one of them.

    >>> week = Opening(spans=(((28800.0, 64800.0),),) * 5 + ((), ()))
    >>> [(shift.name, shift.starts) for shift in shift_types([week], 1800.0)]
    [('full', '08:00-09:00/1h'), ('short', '08:00-14:00/1h')]
    """
    spans = {(a, b): set[int]() for opening in openings for day in opening.spans for a, b in day}
    for opening in openings:
        for weekday, day in enumerate(opening.spans):
            for span in day:
                spans[span].add(weekday)
    if any(b - a >= DAY for a, b in spans):
        found = _round_the_clock()
        spans = {span: days for span, days in spans.items() if span[1] - span[0] < SHORT}
        return found + _brief(spans)
    long = [span for span in spans if span[1] - span[0] >= FULL]
    whole = [span for span in spans if _DAY_LONG <= span[1] - span[0] < FULL]
    half = [span for span in spans if span[1] - span[0] >= SHORT]
    found = [_ranging("full", FULL, long, interval, "a day's work, meal included")] if long else []
    for k, length in enumerate(sorted({b - a for a, b in whole}, reverse=True)):
        mine = [span for span in whole if span[1] - span[0] == length]
        days = set[int]().union(*(spans[span] for span in mine))
        name = "full" if not found else "day" if k == 0 or len(found) == 1 else f"day{k + 1}"
        found.append(_ranging(name, length, mine, interval, "from opening to closing", days if len(days) < 7 else None))
    if half:
        found.append(_ranging("short", SHORT, half, interval, "for peaks and edges of the day"))
    return found + _brief({span: days for span, days in spans.items() if span[1] - span[0] < SHORT})


def _round_the_clock() -> list[DraftShift]:
    return [
        DraftShift(name="full", length=FULL, starts="06:00-15:00/1h", why="a day's work, meal included"),
        DraftShift(name="night", length=FULL, starts="21:00-23:00/1h", why="over midnight", kind="night"),
        DraftShift(name="short", length=SHORT, starts="06:00-20:00/1h", why="for peaks and evenings"),
    ]


def _brief(spans: dict[tuple[float, float], set[int]]) -> list[DraftShift]:
    """One type for each length of hours that is shorter than any usual shift."""
    found = []
    for k, length in enumerate(sorted({b - a for a, b in spans})):
        mine = sorted({a for a, b in spans if b - a == length})
        starts = "[" + ", ".join(f'"{clock(a)}"' for a in mine) + "]" if len(mine) > 1 else clock(mine[0])
        found.append(
            DraftShift(
                name="brief" if k == 0 else f"brief{k + 1}",
                length=length,
                starts=starts,
                why="for hours that are shorter than other shifts",
            )
        )
    return found


def _ranging(
    name: str, length: float, spans: list[tuple[float, float]], interval: float, why: str, days: set[int] | None = None
) -> DraftShift:
    """Starts from the first opening to the last at which the shift still ends inside the hours."""
    edges = {edge for a, b in spans for edge in (a, b - length)}
    first, last = min(edges), min(max(edges), DAY - interval)
    steps = [step for step in _STEPS if all((edge - first) % step == 0 for edge in edges) and step >= interval]
    step = steps[0] if steps else interval
    if (last - first) / step < 4 and step > max(interval, 1800.0) and last > first + step:
        step = max(interval, 1800.0)
    starts = clock(first) if last <= first else f"{clock(first)}-{clock(last)}/{_spoken(step)}"
    named = None if days is None else ",".join(WEEKDAYS[k] for k in sorted(days))
    return DraftShift(name=name, length=length, starts=starts, why=why, days=named)


def _spoken(step: float) -> str:
    return "1h" if step == HOUR else f"{int(step // 60)}min"
