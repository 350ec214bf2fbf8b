"""A centre with known truth, contact by contact: a plain event simulation that shares no code with the models."""

import heapq

import numpy as np
import pandas as pd

STEP = 1800


def contacts_of(
    offered, agents, *, aht: float, patience, days: int, seed: int, start: str = "2026-11-02 08:00"
) -> pd.DataFrame:
    """First come, first served; idle agents leave first; every day begins empty. `patience`: mean, or a sampler."""
    rng = np.random.default_rng(seed)
    draw = patience if callable(patience) else lambda size: rng.exponential(patience, size)
    parts = []
    for day in range(days):
        counts = rng.poisson(offered)
        arrival = np.concatenate([i * STEP + np.sort(rng.uniform(0, STEP, k)) for i, k in enumerate(counts)])
        handle, willing = rng.exponential(aht, len(arrival)), draw(len(arrival))
        wait, answered = _served(arrival, handle, willing, agents)
        begin = pd.Timestamp(start) + pd.Timedelta(days=day)
        parts.append(
            pd.DataFrame(
                {
                    "queue": "voice",
                    "arrival": begin + pd.to_timedelta(arrival, unit="s"),
                    "wait": wait,
                    "outcome": np.where(answered, "answered", "abandoned"),
                    "handle": np.where(answered, handle, np.nan),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _served(arrival, handle, willing, agents):
    free, now = [0.0] * int(agents[0]), 0
    wait, answered = np.zeros(len(arrival)), np.zeros(len(arrival), dtype=bool)
    for j, (time, length, most) in enumerate(zip(arrival, handle, willing, strict=True)):
        while now < int(time // STEP):
            now += 1
            for _ in range(int(agents[now] - agents[now - 1])):
                heapq.heappush(free, now * STEP)
            for _ in range(int(agents[now - 1] - agents[now])):
                heapq.heappop(free)
        late = max(free[0] - time, 0.0) if free else np.inf
        answered[j] = late <= most
        wait[j] = min(late, most)
        if answered[j]:
            heapq.heapreplace(free, time + late + length)
    return wait, answered


def counted(contacts: pd.DataFrame, staffed, *, days: int, within: float = 20.0, aht: float = 240.0) -> pd.DataFrame:
    """The same by interval, with the agents that were recorded."""
    first = contacts["arrival"].min().normalize() + pd.Timedelta(hours=8)
    starts = pd.DatetimeIndex(
        [first + pd.Timedelta(days=d, seconds=STEP * i) for d in range(days) for i in range(len(staffed))]
    )
    interval = contacts["arrival"].dt.floor(f"{STEP}s")
    answered = (contacts["outcome"] == "answered").astype(float)

    def total(values) -> np.ndarray:
        return values.groupby(interval).sum().reindex(starts).fillna(0.0).to_numpy()

    offered, served = total(answered * 0 + 1), total(answered)
    return pd.DataFrame(
        {
            "queue": "voice",
            "start": starts,
            "offered": offered,
            "answered": served,
            "abandoned": offered - served,
            "answered_within": total(answered * (contacts["wait"] <= within)),
            "within": within,
            "asa": total(answered * contacts["wait"]) / np.maximum(served, 1),
            "aht": aht,
            "staffed": np.tile(np.asarray(staffed, dtype=float), days),
        }
    )
