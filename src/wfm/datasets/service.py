"""The service that the synthetic bank gave: every call and chat simulated against the people who came.

First come, first served, with agents as windows of time between their breaks (the workload recursion of Kiefer and
Wolfowitz, 1955, with windows): a contact takes the agent who can begin first; it is answered if that is within its
patience. Agents finish what they began before they leave. A chat agent counts as several windows, one for each chat.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush, heapreplace

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.datasets.demand import INTERVAL
from wfm.datasets.truth import Effects
from wfm.durations import DAY

Array = npt.NDArray[np.float64]
RING = 1.0  # everybody waits so long before an agent can answer [s]
WITHIN = 60.0
LOOK_AHEAD = 5_400.0  # how long before it opens a window can be promised to a waiting contact [s]
COLUMNS = [
    "queue",
    "start",
    "end",
    "offered",
    "answered",
    "abandoned",
    "answered_within",
    "within",
    "aht",
    "asa",
    "staffed",
]
LONGEST = ["queue", "start", "end", "longest_wait"]
DAY_CLUSTER = 0.35  # sd of the log of a day's absence


def absences_of(rosters: pd.DataFrame, effects: Effects, seed: int) -> pd.DataFrame:
    """Shifts whose person did not come: agent, start, end, kind, reason. Absence clusters by day."""
    rng = np.random.default_rng([seed, 10])
    at_work = rosters[rosters["shift"].notna()]
    shift = _shift_numbers(at_work)
    shifts = at_work.groupby(shift, sort=False).agg(
        agent=("agent", "first"), start=("start", "min"), end=("end", "max")
    )
    day = (shifts["start"] - shifts["start"].min().normalize()).dt.days.to_numpy()
    of_day = effects.unplanned * np.exp(rng.normal(-(DAY_CLUSTER**2) / 2, DAY_CLUSTER, day.max() + 1))
    absent: pd.DataFrame = shifts[rng.random(len(shifts)) < of_day[day]].reset_index(drop=True)
    return absent.assign(kind=_text("off", len(absent)), reason=_text("did not come", len(absent)))


def windows(rosters: pd.DataFrame, absent: pd.DataFrame, agents: pd.DataFrame) -> pd.DataFrame:
    """Times on contacts of those who came: queue, start, end. Leads take none, trainees every other window."""
    at_work = rosters[rosters["shift"].notna()].reset_index(drop=True)
    shift = _shift_numbers(at_work)
    began = at_work["start"].groupby(shift).transform("first")
    missing = pd.MultiIndex.from_arrays([absent["agent"], absent["start"]])
    came = ~pd.MultiIndex.from_arrays([at_work["agent"], began]).isin(missing)
    counts_as = at_work["agent"].map(agents.set_index("agent")["counts_as"]).to_numpy()
    every_other = (np.arange(len(at_work)) // 2 % 2 == 0) | (counts_as == 1.0)
    on_contacts = (at_work["activity"] == "work").to_numpy() & (counts_as > 0) & every_other & came
    times: pd.DataFrame = at_work.loc[on_contacts, ["queue", "start", "end"]]
    return times.sort_values(["queue", "start"], ignore_index=True)


def with_service(
    history: pd.DataFrame, rates: pd.DataFrame, shifts: pd.DataFrame, effects: Effects, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """History with what became of its contacts, and the longest waits by queue and day.

    Parameters
    ----------
    history : table     queue, start, end, offered, aht.
    rates : table       The truth's handle times, row by row those of `history`.
    shifts : table      `windows`.
    """
    first = history["start"].min()
    parts, longest = [], []
    for number, (queue, rows) in enumerate(history.groupby("queue", sort=False)):
        own = shifts[shifts["queue"] == queue]
        opens, closes = ((own[name] - first).dt.total_seconds().to_numpy() for name in ("start", "end"))
        out = rows.assign(staffed=staffed(opens, closes, len(rows)))
        if queue in effects.patience:
            rng = np.random.default_rng([seed, 11, number])
            wait, answered, interval, handle = _serve(
                rows, rates.loc[rows.index, "aht"].to_numpy(), opens, closes, effects, str(queue), rng
            )
            out = out.assign(**_measures(wait, answered, interval, handle, len(rows)))
            longest.append(_daily_longest(str(queue), wait, interval, first, len(rows)))
        parts.append(out)
    return (pd.concat(parts, ignore_index=True)[COLUMNS], pd.concat(longest, ignore_index=True)[LONGEST])


def staffed(opens: Array, closes: Array, count: int) -> Array:
    """Mean number of agents on contacts by interval.

    >>> staffed(np.array([0.0, 900.0]), np.array([3600.0, 1800.0]), 3).tolist()
    [1.5, 1.0, 0.0]
    """
    edge = np.arange(count + 1) * INTERVAL

    def worked(times: Array) -> Array:  # seconds after `times` and before each edge, summed
        times = np.sort(times)
        before = np.searchsorted(times, edge)
        return np.asarray(before * edge - np.concatenate([[0.0], np.cumsum(times)])[before])

    return np.asarray(np.round(np.diff(worked(opens) - worked(closes)) / INTERVAL, 6))


def first_come(
    arrivals: Sequence[float],
    patience: Sequence[float],
    handle: Sequence[float],
    opens: Sequence[float],
    closes: Sequence[float],
) -> list[float]:
    """What each contact waits until its answer, or minus what it waits until it hangs up.

    All times in seconds; arrivals and windows in order of time.

    >>> first_come([0.0, 10.0, 20.0], [60.0, 5.0, 60.0], [30.0, 30.0, 30.0], opens=[0.0], closes=[100.0])
    [0.0, -5.0, 10.0]
    """
    free: list[tuple[float, float]] = []  # (when the agent can begin, when the window closes)
    coming = [*opens, float("inf")]
    position, waits = 0, []
    for arrival, most, duration in zip(arrivals, patience, handle, strict=True):
        while coming[position] <= arrival + LOOK_AHEAD:
            heappush(free, (coming[position], closes[position]))
            position += 1
        while free:
            begin, close = free[0]
            if begin < arrival:
                begin = arrival
            if begin < close:
                if begin - arrival <= most:
                    heapreplace(free, (begin + duration, close))
                    waits.append(begin - arrival)
                else:
                    waits.append(-most)
                break
            heappop(free)
        else:
            waits.append(-most)
    return waits


def _serve(
    rows: pd.DataFrame, aht: Array, opens: Array, closes: Array, effects: Effects, queue: str, rng: np.random.Generator
) -> tuple[Array, npt.NDArray[np.bool_], npt.NDArray[np.int64], Array]:
    """Wait, whether answered, interval and handle time of every contact of a queue."""
    offered = rows["offered"].to_numpy().astype(np.int64)
    interval = np.repeat(np.arange(len(rows)), offered)
    arrival = np.sort((interval + rng.random(len(interval))) * INTERVAL)
    sigma = np.sqrt(np.log1p(effects.aht_spread[queue] ** 2))
    handle = aht[interval] * np.exp(rng.normal(-(sigma**2) / 2, sigma, len(interval)))
    patience = rng.exponential(effects.patience[queue], len(interval))
    for added, mean in _added(pd.DatetimeIndex(rows["start"]), queue, interval, effects, rng):
        patience[added] = rng.gamma(4.0, mean / 4.0, int(added.sum()))
    slots = effects.concurrency[queue]
    waits = np.array(
        first_come(
            arrival.tolist(),
            patience.tolist(),
            handle.tolist(),
            np.repeat(opens, slots).tolist(),
            np.repeat(closes, slots).tolist(),
        )
    )
    return np.abs(waits) + RING, waits >= 0, interval, handle


def _added(
    starts: pd.DatetimeIndex, queue: str, interval: npt.NDArray[np.int64], effects: Effects, rng: np.random.Generator
) -> Iterator[tuple[npt.NDArray[np.bool_], float]]:
    """Which contacts each outage added, and their mean patience: who stands at the till without money waits longer."""
    for effect in effects.events:
        if effect.patience != 1.0 and effect.event.acts_on(queue):
            share = 1 - 1 / effect.factor(starts, INTERVAL)
            touched = np.flatnonzero(share[interval] > 0)
            added = np.zeros(len(interval), dtype=bool)
            added[touched] = rng.random(len(touched)) < share[interval[touched]]
            yield added, effect.patience * effects.patience[queue]


def _measures(
    wait: Array, answered: npt.NDArray[np.bool_], interval: npt.NDArray[np.int64], handle: Array, count: int
) -> dict[str, Array]:
    def total(of: npt.NDArray[np.bool_], weight: Array | None = None) -> Array:
        weights = None if weight is None else weight[of]
        return np.bincount(interval[of], weights=weights, minlength=count).astype(float)

    served = total(answered)
    some = np.where(served > 0, served, np.nan)
    return {
        "answered": served,
        "abandoned": total(~answered),
        "within": np.full(count, WITHIN),
        "answered_within": total(answered & (wait <= WITHIN)),
        "aht": total(answered, handle) / some,
        "asa": total(answered, wait) / some,
    }


def _daily_longest(
    queue: str, wait: Array, interval: npt.NDArray[np.int64], first: pd.Timestamp, count: int
) -> pd.DataFrame:
    per_day = int(DAY / INTERVAL)
    longest = np.zeros(count // per_day)
    np.maximum.at(longest, interval // per_day, wait)
    start = pd.date_range(first, periods=len(longest))
    return pd.DataFrame(
        {
            "queue": _text(queue, len(start)),
            "start": start,
            "end": start + pd.Timedelta(days=1),
            "longest_wait": longest,
        }
    )


def _shift_numbers(at_work: pd.DataFrame) -> pd.Series:
    """A number for each shift: rows of one agent that join end to start."""
    joins = (at_work["agent"].to_numpy()[1:] == at_work["agent"].to_numpy()[:-1]) & (
        at_work["start"].to_numpy()[1:] == at_work["end"].to_numpy()[:-1]
    )
    return pd.Series(np.concatenate([[True], ~joins]), index=at_work.index).cumsum()


def _text(value: str, count: int) -> pd.Series:
    return pd.Series([value] * count, dtype=object)
