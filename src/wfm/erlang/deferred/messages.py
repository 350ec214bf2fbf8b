"""Asynchronous messages: between two turns the agent is free, and every reply of the customer is a new arrival.

A conversation has turns; each takes an agent for one handle time. The reply to turn k comes back after the answer and
the customer's gap, so the arrivals of turn k + 1 are those of turn k, thinned by who goes on and convolved with the law
of the gap. Within each interval arrivals are taken as even. The stream of all turns is staffed like any other: by live
formulas where a turn must be answered in minutes, as deferrable work where it may take hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wfm.checks import number_in, put
from wfm.durations import seconds
from wfm.erlang.deferred.delays import delay_of, one_queue, timeline
from wfm.erlang.formulas.arguments import Array
from wfm.errors import DataError, SettingError
from wfm.tables import FORECAST, check, with_end

_ENDED = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """How a conversation by messages goes.

    Attributes
    ----------
    turns : float or sequence   Mean number of turns (then after every turn the same share goes on), or the shares of
                                conversations that have 1, 2, 3, ... turns. A turn is a message of the customer that an
                                agent answers.
    gap : Delay or float        Time from the agent's answer to the customer's next message; a number of seconds is the
                                mean of an exponential gap.
    answer : float              Time from a message to its answer, waiting and handling [s].

    >>> Conversation(turns=(0.5, 0.3, 0.2), gap="20min").mean_turns
    1.7
    """

    turns: Any
    gap: Any
    answer: float = 300.0

    def __post_init__(self) -> None:
        """Check the turns and read the durations."""
        put(self, gap=delay_of(self.gap, name="gap"), answer=seconds(self.answer, name="answer", zero=True))
        if isinstance(self.turns, Sequence) and not isinstance(self.turns, str):
            shares = tuple(number_in(share, name="turns", low=0, high=1) for share in self.turns)
            if not shares or abs(sum(shares) - 1) > 1e-9:
                raise SettingError(
                    f"turns must be a mean number or shares that add up to 1, got {self.turns!r}.",
                    name="turns",
                    value=self.turns,
                )
            put(self, turns=shares)
        else:
            put(self, turns=number_in(self.turns, name="turns", low=1, high=100))

    @property
    def mean_turns(self) -> float:
        """Turns of a conversation on average."""
        if isinstance(self.turns, tuple):
            return float(round(sum((k + 1) * share for k, share in enumerate(self.turns)), 12))
        return float(self.turns)

    def going_on(self) -> Array:
        """Share of the conversations with k turns that have another one, for k = 1, 2, ..."""
        if not isinstance(self.turns, tuple):
            share = 1 - 1 / self.turns
            count = 0 if share <= 0 else int(np.ceil(np.log(_ENDED * (1 - share)) / np.log(share)))
            return np.full(count, share)
        at_least = 1 - np.concatenate([[0.0], np.cumsum(self.turns)[:-1]])
        return np.asarray(at_least[1:] / np.maximum(at_least[:-1], 1e-300))


def message_turns(
    forecast: pd.DataFrame,
    conversation: Conversation,
    *,
    before: pd.DataFrame | None = None,
    beyond: bool = False,
) -> pd.DataFrame:
    """The stream of all turns of conversations that begin as forecast.

    Parameters
    ----------
    forecast : table            New conversations of one queue by interval; its rows are the open intervals, and its
                                aht the handle time of one turn. Messages that come while it is closed wait for the
                                opening.
    conversation : Conversation How they go on.
    before : table              Conversations that began before (queue, start, offered): their replies come too. Without
                                it the first intervals have too few.
    beyond : bool               Whether replies after the last interval come as rows of their own, as if all hours were
                                open; else they are left to the next plan.

    Returns
    -------
    table forecast              offered = all turns; new, replies: its parts; load [erlangs] where aht is known.

    >>> new = pd.DataFrame({"queue": "app", "start": pd.date_range("2026-11-21 08:00", periods=4, freq="30min"),
    ...                     "offered": [100.0, 0.0, 0.0, 0.0], "aht": 90.0})
    >>> from wfm.erlang.deferred.delays import Delay
    >>> chain = Conversation(turns=(0.5, 0.5), gap=Delay(mean="30min", law="fixed"), answer=0)
    >>> message_turns(new, chain)[["new", "replies", "load"]]
         new  replies  load
    0  100.0      0.0   5.0
    1    0.0     50.0   2.5
    2    0.0      0.0   0.0
    3    0.0      0.0   0.0
    """
    table, width = one_queue(forecast, "message_turns")
    starts = pd.DatetimeIndex(table["start"])
    earlier = None if before is None else _earlier(before, starts[0], width, str(table["queue"].iloc[0]))
    kernel = conversation.gap.kernel(width, after=conversation.answer)
    first = starts[0] if earlier is None or earlier.empty else earlier["start"].min()
    tail = min((len(kernel) + 1) * width * max(4.0, 2 * conversation.mean_turns), 120 * 86_400.0)
    line = timeline(starts, width, first=first, tail=tail, open_before=True)
    new = line.put(starts, table["offered"].to_numpy(dtype=float))
    if earlier is not None and len(earlier):
        new = new + line.put(pd.DatetimeIndex(earlier["start"]), earlier["offered"].to_numpy(dtype=float))
    total, turn = new.copy(), new
    for share in conversation.going_on():
        turn = line.later(turn * share, kernel)
        total += turn
    return _rows(table, line.starts, width, new, total, line.begin, line.end, beyond)


def _earlier(before: pd.DataFrame, begin: pd.Timestamp, width: float, queue: str) -> pd.DataFrame:
    known = check(before, FORECAST)
    known = with_end(known, width)
    return known[(known["queue"] == queue) & (known["start"] < begin)]


def _rows(
    table: pd.DataFrame,
    line: pd.DatetimeIndex,
    width: float,
    new: Array,
    total: Array,
    begin: int,
    end: int,
    beyond: bool,
) -> pd.DataFrame:
    """The rows of the open intervals, and those behind them where asked for."""
    place = line.get_indexer(pd.DatetimeIndex(table["start"]).as_unit("ns"))
    if beyond:
        some = np.flatnonzero(total[end:] > _ENDED * max(total.sum(), 1.0))
        last = end + (int(some[-1]) + 1 if len(some) else 0)
        total = np.concatenate([total[: last - 1], [total[last - 1 :].sum()]]) if last > end else total
        place = np.concatenate([place, np.arange(end, last)])
    starts = line[place]
    out = pd.DataFrame(
        {
            "queue": str(table["queue"].iloc[0]),
            "start": starts,
            "end": starts + pd.Timedelta(seconds=width),
            "offered": total[place],
            "new": new[place],
            "replies": np.maximum(total[place] - new[place], 0.0),
        }
    )
    if "aht" in table:
        handle = table["aht"].to_numpy(dtype=float)
        usual = float(np.nanmean(handle)) if np.isfinite(handle).any() else np.nan
        out["aht"] = np.concatenate([handle, np.full(len(place) - len(handle), usual)])
        out["load"] = out["offered"] * out["aht"] / width
    return check(out, FORECAST)


def stream(turns: pd.DataFrame, part: str) -> pd.DataFrame:
    """One part of the turns (`new` or `replies`) as a forecast of its own."""
    if part not in turns:
        raise DataError(f"turns must have the column {part!r}; make them with message_turns.", table="turns")
    return check(turns.assign(offered=turns[part]).drop(columns=["new", "replies", "load"], errors="ignore"), FORECAST)
