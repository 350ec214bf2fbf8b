"""The day itself: who may stay longer or come earlier where people are short, who may go where they are too many."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import read_date
from wfm.durations import seconds
from wfm.errors import DataError
from wfm.schedule.desk.desk import Desk, Trial, tried
from wfm.schedule.rules.rule import shifts_of

Floats = npt.NDArray[np.float64]
OVERTIME = ("agent", "queue", "start", "end", "hours", "filled", "lawful", "why", "cost")
TIME_OFF = ("agent", "queue", "start", "end", "hours", "lost", "lawful", "why", "cost")


def overtime_offers(desk: Desk, day: object, *, longest: object = "2h") -> pd.DataFrame:
    """Who may work longer on a day where people are short, what fills most first.

    Each shift of the day may begin earlier or end later, by one interval of the coverage up to `longest`; of each side
    the length that fills most missing agent-hours an hour is offered, the longer of equals. Offers are each on their
    own: after one is taken, ask again.

    Parameters
    ----------
    longest : duration      Most extra time of one person, such as "90min".

    Returns
    -------
    table : agent, queue, start, end (of the extra time), hours, filled (missing agent-hours), lawful, why, cost
    """
    date, limit = read_date(day), seconds(longest, name="longest")
    grid = _Cover(desk)
    offers = []
    for rows in _shifts_of_day(desk, date):
        offers += [offer for side in (-1, 1) if (offer := grid.extension(rows, side, limit)) is not None]
    trials = [Trial(agent=str(o["agent"].iloc[0]), out=desk.roster[:0], into=o) for o, _ in offers]
    return _told(desk, trials, [o for o, _ in offers], "filled", [f for _, f in offers], falling=True)


def time_off_offers(desk: Desk, day: object, *, shortest: object = "1h") -> pd.DataFrame:
    """Who may go home early on a day, or stay at home, where people are too many: what costs least service first.

    Each shift of the day may lose its end, by whole hours from `shortest` on, or all of itself; offered is the longest
    part that leaves nobody missing who is not missing now, and where there is none, the part that leaves fewest.

    Returns
    -------
    table : agent, queue, start, end (of the free time), hours (paid), lost (agent-hours that are then missing),
            lawful, why, cost
    """
    date, least = read_date(day), seconds(shortest, name="shortest")
    grid = _Cover(desk)
    offers, trials = [], []
    for rows in _shifts_of_day(desk, date):
        gone, left, lost = grid.departure(rows, least)
        offers.append((gone, lost))
        trials.append(Trial(agent=str(rows["agent"].iloc[0]), out=rows, into=left))
    return _told(desk, trials, [g for g, _ in offers], "lost", [lost for _, lost in offers], falling=False)


class _Cover:
    """Required and rostered people by interval, and what more or fewer of them would change."""

    def __init__(self, desk: Desk) -> None:
        if desk.coverage is None or "type" in desk.coverage:
            raise DataError(
                "offers of the day need coverage by interval (queue, start, end, required, rostered). Hand the Roster "
                "in, or give Desk its coverage.",
                table="coverage",
            )
        self.by_queue = dict(list(desk.coverage.groupby("queue", sort=False)))
        self.counts = desk.people.counts_as

    def extension(self, rows: pd.DataFrame, side: int, limit: float) -> tuple[pd.DataFrame, float] | None:
        """The extra time before (-1) or after (1) a shift that fills most an hour, and what it fills."""
        own = self.by_queue.get(rows["queue"].iloc[0])
        if own is None:
            return None
        edge = rows["start"].min() if side < 0 else rows["end"].max()
        width = (own["end"] - own["start"]).iloc[0]
        best: tuple[float, pd.Timedelta, float] | None = None
        for number in range(1, int(pd.Timedelta(seconds=limit) // width) + 1):
            length = number * width
            first, last = (edge - length, edge) if side < 0 else (edge, edge + length)
            filled = self._filled(own, first, last, self.counts[rows["agent"].iloc[0]])
            rate = filled / (length.total_seconds() / 3600)
            if filled > 1e-9 and (best is None or rate >= best[0] - 1e-9):
                best = (rate, length, filled)
        if best is None:
            return None
        first, last = (edge - best[1], edge) if side < 0 else (edge, edge + best[1])
        return rows[:1].assign(start=first, end=last, activity="work", paid=True), best[2]

    def departure(self, rows: pd.DataFrame, least: float) -> tuple[pd.DataFrame, pd.DataFrame, float]:
        """The part of a shift that is missed least: its rows, the rows that stay, and the agent-hours then missing."""
        begin, end = rows["start"].min(), rows["end"].max()
        first = end - pd.Timedelta(seconds=least)
        cuts = [begin, *(c for c in pd.date_range(begin, first, freq="h") if begin < c <= first), first]
        told = [(self._lost(rows, cut), cut) for cut in dict.fromkeys(cuts) if begin <= cut < end]
        lost, cut = min(told, key=lambda one: (round(one[0], 9), one[1]))
        gone = rows[rows["end"] > cut].assign(start=lambda t: t["start"].clip(lower=cut))
        left = rows[rows["start"] < cut].assign(end=lambda t: t["end"].clip(upper=cut))
        return gone, left, lost

    def _filled(self, own: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp, weight: float) -> float:
        missing = (own["required"] - own["rostered"]).clip(lower=0).to_numpy(dtype=float)
        return float((np.minimum(missing, weight) * _hours_within(own, first, last)).sum())

    def _lost(self, rows: pd.DataFrame, cut: pd.Timestamp) -> float:
        total = 0.0
        gone = rows[(rows["activity"] == "work") & (rows["end"] > cut)]
        for queue, start, end, agent in zip(gone["queue"], gone["start"], gone["end"], gone["agent"], strict=True):
            own = self.by_queue.get(queue)
            if own is not None:
                weight = self.counts[agent]
                spare = (own["rostered"] - own["required"]).clip(lower=0).to_numpy(dtype=float)
                total += float((np.clip(weight - spare, 0, None) * _hours_within(own, max(start, cut), end)).sum())
        return total


def _hours_within(own: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> Floats:
    """Hours of each interval between two moments; where nobody is required an hour counts nothing."""
    begin, until = (own[edge].to_numpy() for edge in ("start", "end"))
    inside = np.minimum(until, last.to_datetime64()) - np.maximum(begin, first.to_datetime64())
    hours = np.clip(inside / np.timedelta64(1, "h"), 0, None)
    return np.where(own["required"].to_numpy(dtype=float) > 0, hours, 0.0)


def _shifts_of_day(desk: Desk, date: pd.Timestamp) -> Iterator[pd.DataFrame]:
    shifts = shifts_of(desk.roster)
    for agent in shifts.loc[shifts["day"] == date, "agent"].drop_duplicates():
        yield desk.shift_of(str(agent), date)


def _told(
    desk: Desk, trials: list[Trial], parts: list[pd.DataFrame], name: str, amounts: list[float], *, falling: bool
) -> pd.DataFrame:
    columns = list(OVERTIME if falling else TIME_OFF)
    if not trials:
        return pd.DataFrame({column: pd.Series(dtype=object) for column in columns})
    found = tried(desk, trials).assign(
        queue=[part["queue"].iloc[0] for part in parts],
        start=[part["start"].min() for part in parts],
        end=[part["end"].max() for part in parts],
        hours=[_paid(part) for part in parts],
        **{name: amounts},
    )
    found = found.assign(bad=~found["lawful"], by=-found[name] if falling else found[name] / found["hours"])
    order = ["bad", "by", "cost", "hours", "agent"]
    rising = [True, True, True, falling, True]  # little overtime, much time off
    return found.sort_values(order, ascending=rising, kind="stable")[columns].reset_index(drop=True)


def _paid(rows: pd.DataFrame) -> float:
    return float(((rows["end"] - rows["start"]).dt.total_seconds() / 3600)[rows["paid"].astype(bool)].sum())
