"""The queue through the day, exactly: M(t)/M/s(t)+M with rates and staff that change from interval to interval.

Exhaustive discipline: where staff falls, those with the fewest contacts leave first, finish what they have in hand
(overtime) and take no other. What an interval does not finish is carried into the next. A wait may cross any number of
intervals.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from wfm.durations import seconds
from wfm.erlang.formulas.arguments import Array, Numbers, word_of
from wfm.erlang.formulas.definitions import ABANDONED, met_share
from wfm.erlang.transient.arrivals import Cases, places_taken, served, width_of, windows
from wfm.erlang.transient.counted import Sum, answered_in, gone_in, not_longer
from wfm.erlang.transient.course import Course, run_within
from wfm.erlang.transient.day import Day, open_day, whole_agents
from wfm.erlang.transient.waiting import ever_served


def performance(
    offered: Numbers,
    agents: Numbers,
    *,
    interval: float,
    aht: Numbers,
    patience: float = np.inf,
    within: float,
    waiting: float = 0.0,
    abandoned: str = "lost",
    short: float = 0.0,
    concurrency: int = 1,
    aht_by_concurrency: Sequence[float] = (),
) -> pd.DataFrame:
    """Service of every interval of a day or week, with all that is carried from one to the next.

    Parameters
    ----------
    offered : array [intervals]     Mean contacts of each interval.
    agents : array [intervals]      Whole agents on contacts.
    interval : float [s]            Width of all intervals.
    aht : float or array [s]        Mean handle time.
    patience : float [s]            Mean patience; inf = nobody hangs up.
    within : float [s]              Acceptable wait; may be longer than an interval.
    waiting : float                 Contacts in the system at the start.
    abandoned : str                 What those who hang up count as, as in `erlang_a.service_level`.
    short : float [s]               Hang-ups within it leave the base (`credited`: count as met).
    concurrency : int               Contacts that an agent handles at once.
    aht_by_concurrency : sequence   Handle time with 1, 2, ... contacts at once [s], in the place of `aht`.

    Returns
    -------
    DataFrame                       One row an interval: service_level (of those who arrive in it; 1 without contacts),
                                    abandon_rate (hung up in the interval / offered), abandoned [contacts],
                                    queue_length [contacts], busy [contacts in hand], occupancy (busy / places),
                                    wait_probability (mean over the time), overtime [agent-hours of those who had to
                                    leave, in the interval in which they would have left].

    Raises
    ------
    SettingError                    Agents are not whole, or arguments do not fit.

    Notes
    -----
    States 0..K hold contacts in service and in queue; between changes of staff the Kolmogorov equations are solved by
    `rational.propagate`. A contact behind j others is served within T with probability
    `c / (c + j + 1) I_y(j + 1, c + 1)`, c = full rate x patience, y = 1 - exp(-T / patience). After the last interval
    the staff is kept. Accuracy of the service level: about 1e-10.

    >>> day = performance([90, 180, 120], [14, 25, 18], interval=1800, aht=240, patience=180, within=60)
    >>> day["service_level"].round(4).tolist()
    [0.9304, 0.9156, 0.8894]
    """
    day = open_day(
        offered,
        interval=interval,
        aht=aht,
        patience=patience,
        waiting=waiting,
        concurrency=concurrency,
        aht_by_concurrency=aht_by_concurrency,
    )
    staff = whole_agents(agents, len(day.rate))
    day, course = run_within(day, staff)
    within, short = seconds(within, name="within", zero=True), seconds(short, name="short", zero=True)
    return table_of(day, course, service_levels(day, course, abandoned, within, short))


def service_levels(day: Day, course: Course, abandoned: str, within: float, short: float) -> Array:
    """Service level of those who arrive in each interval, in one definition."""
    word_of(abandoned, ABANDONED, name="abandoned")
    nothing, everybody = Sum(), Sum(constant=1.0)
    served_in, over = answered_in(within), not_longer(within)
    gone = gone_in(within if abandoned == "met" else max(within, short), day.theta)
    early = gone_in(short, day.theta)
    lost = everybody.plus(answered_in(math.inf), -1.0)
    wanted = (  # what the definition asks for; the rest costs time
        nothing if abandoned == "virtual" else served_in,
        gone if abandoned in ("met", "ignored") else nothing,
        early if abandoned not in ("answered", "virtual") else nothing,
        lost if abandoned == "answered" else nothing,
        everybody.plus(over, -1.0) if abandoned == "virtual" else nothing,
    )
    level = met_share(abandoned, *shares(day, course, list(wanted)))
    return np.where(day.rate > 0, level, 1.0)


def shares(day: Day, course: Course, sums: list[Sum]) -> list[Array]:
    """Sums of chances, averaged over the arrivals of each interval; hang-ups by the time at which they are."""
    known = {}
    for chance in {chance for one in sums for chance in one.parts}:
        cases = every_case(day, course, [chance[0]])
        later = None if math.isfinite(chance[0]) else ever_served(day, course.staff, places_taken(day, cases))
        known[chance] = served(day, cases, chance, later)
    hung_up = None
    if any(one.hung_up for one in sums):
        with np.errstate(divide="ignore", invalid="ignore"):
            hung_up = np.where(day.rate > 0, day.theta * course.queue(day) / day.rate, 0.0)
    found = []
    for one in sums:
        total = np.full(len(day.rate), one.constant)
        for chance, factor in one.parts.items():
            total = total + factor * known[chance]
        found.append(total if hung_up is None else total + one.hung_up * hung_up)
    return found


def every_case(day: Day, course: Course, times: list[float]) -> Cases:
    """All intervals as they run."""
    return Cases(
        i=np.arange(len(day.rate)),
        staff=windows(day, course.staff, width_of(day, times)),
        start=course.start,
        pieces=course.pieces,
        end=course.end,
    )


def table_of(day: Day, course: Course, level: Array) -> pd.DataFrame:
    """Measures of every interval."""
    x, places = np.arange(day.states), day.most * course.staff
    busy = np.einsum("ix,ix->i", course.mean, np.minimum(x, places[:, None]))
    queue = np.maximum(course.queue(day), 0.0)
    overtime = np.zeros(len(places))
    for i in range(1, len(places)):
        if not day.begins(i):
            spent = day.overtime(i - 1, int(course.staff[i - 1]), int(course.staff[i]))
            overtime[i] = (course.end[i - 1] * spent).sum() / 3600
    abandoned, offered = day.theta * queue * day.dt, day.offered
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        lost = np.where(offered > 0, np.minimum(abandoned / offered, 1.0), 0.0)
        occupancy = np.where(places > 0, busy / places, 0.0)
    return pd.DataFrame(
        {
            "service_level": level,
            "queue_length": queue,
            "busy": busy,
            "wait_probability": [float(row[k:].sum()) for row, k in zip(course.mean, places.tolist(), strict=True)],
            "overtime": overtime,
            "abandon_rate": lost,
            "abandoned": abandoned,
            "occupancy": np.clip(occupancy, 0.0, 1.0),
            "offered": offered,
            "agents": course.staff,
        }
    )
