"""The synthetic bank's own past rosters, made by a plain planner.

The planner works by a fixed rotation: everybody has two fixed days off in a row and gets one start and one queue for
each stretch of five days between them. How many work for a queue, and from when, follows the pattern of the contacts
that came two to seven weeks before; the month start is averaged away with the rest, so that its days come short.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.datasets.demand import SLOTS

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
MARGIN = {"voice": 1.18, "tickets": 1.0}  # people per erlang; chat gets who is left
SAFETY = {"voice": 0.9, "tickets": 0.2}  # people per root of an erlang on top
WEEKLY_HOURS = 5 * 7.5  # on contacts, of a full-time agent
STARTS, NIGHT = (6, 7, 8, 9, 10, 11, 13, 15, 16, 17, 18), 23  # hours
NIGHT_QUEUES, LARGE_TEAM = ("voice", "chat"), 30
LEAVE = 0.07  # share of the stretches that are taken as leave
LAG, WINDOW = 2, 6  # weeks: the newest week that the planner has seen, and how many of them
PEAKS = {"voice": 0.95, "chat": 0.75, "tickets": 1.0}  # below 1: the shoulders of the day get more than their share
GOLDEN = 0.6180339887
# (from, until, activity) in minutes from the start
FULL = (
    (0, 90, "work"),
    (90, 105, "break"),
    (105, 180, "work"),
    (180, 240, "meal"),
    (240, 420, "work"),
    (420, 435, "break"),
    (435, 540, "work"),
)
SHORT = ((0, 240, "work"),)
DAY_OF_LEAVE = ((0, 480, "leave"),)
# minutes by which the edges of a full shift's pieces move, for the first, second, ... of those who begin together
MOVES = np.array(
    [
        [0, rest, rest, meal, meal, rest, rest, 0]
        for rest, meal in ((0, 0), (15, 60), (30, 120), (0, 30), (15, 90), (30, 150))
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretches:
    """Who works five days in a row for which queue from which hour: arrays of one entry a person and week."""

    agent: Whole  # row of the agents table
    day: Whole  # first day, counted from the first day of the rosters
    hour: Whole
    queue: npt.NDArray[np.object_]  # a queue, or "leave"


def rotate(
    offered: pd.DataFrame, agents: pd.DataFrame, first: pd.Timestamp, weeks: int, weekday: Array, seed: int
) -> Stretches:
    """The stretches of all weeks.

    Parameters
    ----------
    offered : table             queue, start, offered, aht of whole weeks from `first` on.
    weekday : array             Contacts by day of the week, from the first day of the week.
    """
    rng = np.random.default_rng([seed, 9])
    day_off = _days_off(agents, weekday)
    load = {str(queue): _pattern(rows, weeks) for queue, rows in offered.groupby("queue")}
    hired = np.asarray((agents["from"] - first).dt.days, dtype=float)
    parts = []
    for week in range(-1, weeks):  # the first week begins with people whose stretch began in the week before
        there = np.flatnonzero(hired <= 7 * week + day_off)
        away = rng.random(len(there)) < LEAVE
        teams = _teams(agents, there[~away], {queue: pattern[max(week, 0)] for queue, pattern in load.items()}, week)
        teams["leave"] = there[away]
        for queue, members in teams.items():
            team = members[np.argsort(day_off[members], kind="stable")]
            hour = _start_hours(team, day_off[team], queue, load.get(queue, load["voice"])[max(week, 0)], agents, week)
            parts.append((team, 7 * week + day_off[team], hour, np.full(len(team), queue, dtype=object)))
    agent, day, hours, queues = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Stretches(agent=agent, day=day, hour=hours, queue=queues)


def _days_off(agents: pd.DataFrame, weekday: Array) -> Whole:
    """First working day of each person's week, so that the people at work follow the contacts of the week."""
    works = np.array([[(day - begin) % 7 < 5 for begin in range(7)] for day in range(7)], dtype=float)
    share = 0.8 * _mixture(works, weekday) + 0.2 / 7  # somebody has each pair of days off
    order = agents.groupby("skills").cumcount().to_numpy()
    return np.asarray(np.searchsorted(np.cumsum(share), (order * GOLDEN + 0.5) % 1.0 * share.sum()), dtype=np.int64)


def _mixture(cover: Array, wanted: Array, rounds: int = 150) -> Array:
    """Shares of the columns of `cover` whose sum follows `wanted`: multiplicative steps of the Poisson likelihood."""
    share = np.full(cover.shape[1], 1.0 / cover.shape[1])
    wanted = wanted / wanted.sum()
    for _ in range(rounds):
        share *= cover.T @ (wanted / np.maximum(cover @ share, 1e-12)) / cover.sum(axis=0)
    return np.asarray(share / share.sum())


def _pattern(rows: pd.DataFrame, weeks: int) -> Array:
    """Erlangs by half hour of a mean day that the planner of each week has seen (weeks x 48)."""
    load = (rows["offered"] * rows["aht"].ffill().bfill()).to_numpy() / 1800.0
    seen = load[: len(load) // (7 * SLOTS) * 7 * SLOTS].reshape(-1, 7, SLOTS).mean(axis=1)
    last = np.clip(np.arange(weeks) - LAG + 1, 1, len(seen))
    return np.stack([seen[max(0, end - WINDOW) : end].mean(axis=0) for end in last])


def _people(pattern: Array, queue: str) -> float:
    """Full-time people that the pattern takes, by the planner's rule of thumb."""
    wanted = MARGIN[queue] * pattern + SAFETY[queue] * np.sqrt(pattern)
    return float(7 * 0.5 * wanted.sum() / WEEKLY_HOURS)


def _teams(agents: pd.DataFrame, there: Whole, pattern: dict[str, Array], week: int) -> dict[str, Whole]:
    """Who works for which queue: voice gets what its pattern takes, then tickets; chat gets all others."""
    skills = agents["skills"].to_numpy()[there]
    hours = np.where(agents["contract"].to_numpy()[there] == "pt", 0.53, 1.0) * agents["counts_as"].to_numpy()[there]

    def pick(order: tuple[str, ...], wanted: float, free: npt.NDArray[np.bool_] | bool = True) -> npt.NDArray[np.bool_]:
        ranked = np.concatenate([np.roll(np.flatnonzero(free & (skills == skill)), -5 * week) for skill in order])
        taken = ranked[: int(np.searchsorted(np.cumsum(hours[ranked]), wanted)) + 1 if wanted > 0 else 0]
        return np.isin(np.arange(len(there)), taken)

    more = _people(pattern["voice"], "voice") - hours[skills == "voice"].sum()
    voice = pick(("voice|tickets", "voice|chat"), more)
    voice |= skills == "voice"
    tickets = pick(("voice|tickets", "chat|tickets"), _people(pattern["tickets"], "tickets"), ~voice)
    tickets |= ~voice & (skills == "voice|tickets")
    return {"voice": there[voice], "tickets": there[tickets], "chat": there[~voice & ~tickets]}


def _start_hours(team: Whole, day_off: Whole, queue: str, pattern: Array, agents: pd.DataFrame, week: int) -> Whole:
    """Hour at which each of the team begins: nights first, then starts whose shares follow the day, in rotation."""
    share = np.cumsum(_mixture(_day_cover(), pattern ** PEAKS.get(queue, 1.0)))
    able = ((agents["contract"] == "ft") & (agents["counts_as"] > 0)).to_numpy()[team]
    night = _nights(able, day_off, week) if queue in NIGHT_QUEUES else np.zeros(len(team), dtype=bool)
    turn = (np.arange(len(team)) * GOLDEN + week * (1 - GOLDEN) + 0.5) % 1.0
    hours = np.array(STARTS)[np.minimum(np.searchsorted(share, turn), len(STARTS) - 1)]
    hours = np.where(night, NIGHT, hours)
    part_time = agents["contract"].to_numpy()[team] == "pt"
    return np.asarray(np.where(part_time, np.where(team % 2 == week % 2, 9, 18), hours), dtype=np.int64)


def _nights(able: npt.NDArray[np.bool_], day_off: Whole, week: int) -> npt.NDArray[np.bool_]:
    """Who takes the nights: one of each days-off group makes five, two more make seven at the turn of the week.

    A small team has two.
    """
    night = np.zeros(len(able), dtype=bool)
    for number, group in enumerate((*range(7), 1, 3) if len(able) >= LARGE_TEAM else (0, 3, 5)):
        there = np.flatnonzero((day_off == group) & able)
        if len(there):
            night[there[(week + number // 7) % len(there)]] = True
    return night


def _day_cover() -> Array:
    """Share of each half hour of the day that a full shift from each start spends on contacts."""
    quarter = np.zeros(96)
    for moved in MOVES:
        edges = np.array([0, *(piece[1] for piece in FULL)]) + moved
        for (_, _, activity), begin, until in zip(FULL, edges[:-1], edges[1:], strict=True):
            quarter[begin // 15 : until // 15] += (activity == "work") / len(MOVES)
    half_hour = quarter.reshape(SLOTS, 2).mean(axis=1)
    return np.stack([np.roll(half_hour, 2 * start) for start in STARTS], axis=1)


def roster_table(stretches: Stretches, agents: pd.DataFrame, first: pd.Timestamp, weeks: int) -> pd.DataFrame:
    """The roster table: the days of each stretch that lie in the weeks, with work and breaks as rows."""
    contract = agents["contract"].to_numpy()[stretches.agent]
    leave = stretches.queue == "leave"
    parts = [
        _rows(stretches, ~leave & (contract == "ft"), FULL, "full", weeks),
        _rows(stretches, ~leave & (contract == "pt"), SHORT, "short", weeks),
        _rows(stretches, leave, DAY_OF_LEAVE, None, weeks),
    ]
    agent, begin, until, activity, shift, queue = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((begin, agent))
    activity = activity[order]
    return pd.DataFrame(
        {
            "agent": _text(agents["agent"].to_numpy()[agent[order]]),
            "start": first + pd.to_timedelta(begin[order], unit="min"),
            "end": first + pd.to_timedelta(until[order], unit="min"),
            "activity": _text(activity),
            "paid": activity != "meal",
            "shift": _text(shift[order]),
            "queue": _text(queue[order]),
        }
    )


def _rows(
    stretches: Stretches,
    chosen: npt.NDArray[np.bool_],
    pieces: tuple[tuple[int, int, str], ...],
    shift: str | None,
    weeks: int,
) -> tuple[npt.NDArray[Any], ...]:
    """Rows of one kind of day as flat arrays: agent, begin and end in minutes, activity, shift, queue."""
    day = (stretches.day[chosen][:, None] + np.arange(5)).ravel()
    inside = (day >= 0) & (day < 7 * weeks)
    agent, hour = (np.repeat(values[chosen], 5)[inside] for values in (stretches.agent, stretches.hour))
    queue = np.repeat(stretches.queue[chosen], 5)[inside]
    edges = np.array([pieces[0][0], *(piece[1] for piece in pieces)])
    rank = _rank(day[inside], hour, queue)
    moved = MOVES[rank % len(MOVES)] if pieces is FULL else 0
    clock = (day[inside] * 1440 + hour * 60)[:, None] + edges + moved
    count = len(pieces)
    return (
        np.repeat(agent, count),
        clock[:, :-1].ravel(),
        clock[:, 1:].ravel(),
        np.tile(np.array([piece[2] for piece in pieces], dtype=object), len(agent)),
        np.full(count * len(agent), shift, dtype=object),
        np.repeat(queue if shift else np.full(len(agent), None, dtype=object), count),
    )


def _rank(day: Whole, hour: Whole, queue: npt.NDArray[np.object_]) -> Whole:
    """Number of each person among those who begin together, from 0."""
    group = (day * 24 + hour) * 8 + np.unique(queue.astype(str), return_inverse=True)[1]
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - np.searchsorted(ordered, ordered)
    return rank


def _text(values: npt.NDArray[np.object_]) -> pd.Series:
    return pd.Series(values, dtype=object)
