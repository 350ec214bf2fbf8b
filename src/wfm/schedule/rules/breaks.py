"""Breaks that are shared: how many people of a queue may be away at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import SettingError
from wfm.schedule.people.people import People
from wfm.schedule.rules.rule import DAY, SCOPE, Rule, Span, numbered, shifts_of, span_of
from wfm.schedule.shifts.shift_types import ShiftType

Floats = npt.NDArray[np.float64]
AWAY = ("break", "meal")


@dataclass(frozen=True, slots=True, kw_only=True)
class BreaksApart(Rule):
    """People of a queue on a break with `most_at_once` <= max(1, floor(most_at_once x people of the queue on duty)).

    Breaks count by name and share. On duty is everybody whose shift runs, those at a break or a training included; a
    shift of the last roster that still runs counts, what it breaks by itself does not. The amount is hours x people too
    many. The rule holds by itself wherever a shift type has such a break; whoever lists it only weighs it.

    Attributes
    ----------
    shift_types : tuple of ShiftType    Filled in from the plan.
    """

    name: ClassVar[str] = "breaks_apart"
    example: ClassVar[str] = "{type: breaks_apart, weight: 20}"
    together: ClassVar[bool] = True

    hard: bool = False
    weight: float = 10.0
    shift_types: tuple[ShiftType, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        """Refuse what the rule cannot be: hard, or for some contracts only."""
        Rule.__post_init__(self)
        if self.hard:
            raise SettingError(
                "breaks_apart must be soft: windows may leave no other place for a break. Set hard to false and give "
                "it a weight.",
                name="hard",
                value=self.hard,
            )
        for field_name in SCOPE:
            if getattr(self, field_name):
                raise SettingError(
                    f"breaks_apart holds for everybody on duty, got {field_name} {getattr(self, field_name)!r}. Leave "
                    f"{field_name} out.",
                    name=field_name,
                    value=getattr(self, field_name),
                )
        if not all(isinstance(kind, ShiftType) for kind in self.shift_types):
            raise SettingError(
                "shift_types of rule breaks_apart are those of the plan. Leave them out.",
                name="shift_types",
                value=self.shift_types,
            )

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every time during which too many are away, at the person who left last; amount = hours x people too many."""
        first = span_of(roster, span)[0]
        parts = [rows for rows in (carried_rows(people.previous, first), roster) if len(rows)]
        rows = pd.concat(parts) if parts else roster
        away = watched_breaks(rows, self.shift_types, first)
        if not len(away):
            return self.table([])
        duty = {str(queue): own for queue, own in shifts_of(rows).fillna({"queue": ""}).groupby("queue")}
        found: list[tuple[str, pd.Timestamp, float, str]] = []
        for (queue, name), named in away.groupby(["queue", "name"]):
            for share in sorted(set(named["share"])):
                own = named[named["share"] == share]
                found += _crowds(own, duty[str(queue)], str(queue), str(name), float(share))
        return self.table(found)


def with_breaks_apart(rules: Iterable[Rule], shift_types: Sequence[ShiftType]) -> list[Rule]:
    """The rules, with that of the breaks where a shift type has a break with `most_at_once`, and only there."""
    given = list(rules)
    others = [rule for rule in given if not isinstance(rule, BreaksApart)]
    watched = tuple(kind for kind in shift_types if any(pause.most_at_once is not None for pause in kind.breaks))
    if not watched:
        return others
    own = [rule for rule in given if isinstance(rule, BreaksApart)] or [BreaksApart()]
    return [*others, *(replace(rule, shift_types=watched) for rule in own)]


def carried_rows(previous: pd.DataFrame | None, first: pd.Timestamp) -> pd.DataFrame:
    """The rows of shifts of the last roster that start before a moment and end after it."""
    if previous is None:
        return pd.DataFrame()
    rows = numbered(previous[previous["end"] > first - 2 * DAY])
    begins = rows.groupby("number")["start"].transform("min")
    ends = rows.groupby("number")["end"].transform("max")
    return rows[(begins < first) & (ends > first)].drop(columns="number")


def watched_breaks(rows: pd.DataFrame, shift_types: Sequence[ShiftType], first: pd.Timestamp) -> pd.DataFrame:
    """Breaks with `most_at_once`: agent, queue, name, share, start, end, old (of a shift that starts before `first`).

    Breaks of a shift are taken in the order of its type, so that time away tells which break it is, also where breaks
    that follow at once share a row.
    """
    found = [_NO_BREAKS]
    shifts = numbered(rows)
    by_shift = shifts.groupby("number")
    queue = by_shift["queue"].transform("first") if "queue" in shifts else pd.Series(None, index=shifts.index)
    shifts = shifts.assign(queue=queue.fillna(""), old=by_shift["start"].transform("min") < first)
    away = shifts[shifts["activity"].isin(AWAY)]
    length = (away["end"] - away["start"]).dt.total_seconds()
    until = length.groupby(away["number"]).cumsum()
    away = away.assign(since=until - length, until=until)
    for kind in shift_types:
        own, reached = away[away["shift"] == kind.name], 0.0
        for pause in kind.breaks:
            begin, end = own["since"].clip(lower=reached), own["until"].clip(upper=reached + pause.length)
            reached += pause.length
            mine = own[end - begin > 1e-6]
            if pause.most_at_once is not None and len(mine):
                start = mine["start"] + pd.to_timedelta(begin[mine.index] - mine["since"], unit="s")
                stop = start + pd.to_timedelta((end - begin)[mine.index], unit="s")
                part = mine.assign(start=start, end=stop, name=pause.name, share=pause.most_at_once)
                found.append(part[list(_NO_BREAKS)])
    return pd.concat(found[1:] or found, ignore_index=True)


_NO_BREAKS = pd.DataFrame({name: [] for name in ("agent", "queue", "name", "share", "start", "end", "old")})


def most_away(share: float, duty: Floats) -> Floats:
    """How many of those on duty may be away at once: the share of them in whole people, one at least.

    >>> most_away(0.33, np.array([2.0, 10.0]))
    array([1., 3.])
    """
    return np.asarray(np.maximum(1.0, np.floor(share * duty + 1e-9)))


def _crowds(
    away: pd.DataFrame, duty: pd.DataFrame, queue: str, name: str, share: float
) -> Iterator[tuple[str, pd.Timestamp, float, str]]:
    """The times during which too many people of a queue are on one break."""
    away = away.sort_values(["start", "agent"], kind="stable")
    edges = np.unique(np.r_[_stamps(away["start"]), _stamps(away["end"]), _stamps(duty["start"]), _stamps(duty["end"])])
    gone, on_duty = _present(away, edges), _present(duty, edges)
    most = most_away(share, on_duty)
    fresh = away[~away["old"].astype(bool)]
    over = np.minimum(gone - most, _present(fresh, edges)).clip(min=0)
    hours = np.r_[np.diff(edges) / 3.6e12, 0.0]
    runs = np.split(np.arange(len(edges)), np.flatnonzero(np.diff(over > 0)) + 1)
    of = f" of {queue}" if queue else ""
    for run in runs:
        if over[run[0]] > 0:
            worst = run[int(over[run].argmax())]
            moment = pd.Timestamp(edges[worst])
            last = fresh[(fresh["start"] <= moment) & (fresh["end"] > moment)]["agent"].iloc[-1]
            yield (
                str(last),
                pd.Timestamp(edges[run[0]]),
                float((over * hours)[run].sum()),
                f"{gone[worst]:.0f} of {on_duty[worst]:.0f} people{of} are on {name!r} on {moment:%a %d %b %H:%M}, at "
                f"most {most[worst]:.0f} may be",
            )


def _stamps(moments: pd.Series) -> npt.NDArray[np.int64]:
    return moments.astype("datetime64[ns]").to_numpy().astype(np.int64)


def _present(spans: pd.DataFrame, edges: npt.NDArray[np.int64]) -> Floats:
    """Spans that hold each moment."""
    starts, ends = np.sort(_stamps(spans["start"])), np.sort(_stamps(spans["end"]))
    return np.asarray(np.searchsorted(starts, edges, side="right") - np.searchsorted(ends, edges, side="right"), float)
