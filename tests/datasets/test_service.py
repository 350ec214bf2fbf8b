import numpy as np
import pandas as pd
import pytest

from wfm.datasets import Bank
from wfm.datasets.service import first_come, staffed

ENDLESS = 1e9


@pytest.mark.parametrize(
    ("arrivals", "patience", "opens", "closes", "waits", "why"),
    [
        ([0, 10], [60, 60], [0], [99], [0, 20], "the second waits for the first to end"),
        ([0, 10], [60, 5], [0], [99], [0, -5], "who has no patience hangs up"),
        ([0, 10], [60, 60], [0, 0], [99, 99], [0, 0], "two agents, no wait"),
        ([0, 10], [60, 60], [0, 15], [99, 99], [0, 5], "a colleague comes back from a break"),
        ([0, 10], [60, 60], [0], [20], [0, -60], "the agent finishes what was begun and leaves"),
        ([0], [60], [], [], [-60], "nobody there"),
    ],
)
def test_first_come_first_served(
    arrivals: list[float], patience: list[float], opens: list[float], closes: list[float], waits: list[float], why: str
) -> None:
    found = first_come(arrivals, patience, [30.0] * len(arrivals), opens, closes)
    assert found == waits, why


def test_with_constant_staff_it_gives_what_erlang_a_says() -> None:
    # 12 agents, 12 erlangs, AHT = patience = 200 s: the number present is Poisson(12), as in M/M/inf
    rng = np.random.default_rng(1)
    count, rate = 60_000, 12 / 200
    arrivals = np.cumsum(rng.exponential(1 / rate, count))
    waits = np.array(
        first_come(
            arrivals.tolist(),
            rng.exponential(200, count).tolist(),
            rng.exponential(200, count).tolist(),
            [0.0] * 12,
            [ENDLESS] * 12,
        )
    )
    assert (waits == 0).mean() == pytest.approx(0.4616, abs=0.012)  # P(Poisson(12) <= 11)
    assert (waits < 0).mean() == pytest.approx(0.1144, abs=0.006)  # E[(N - 12)+] / 12


def test_more_agents_never_make_the_first_wait_longer() -> None:
    rng = np.random.default_rng(2)
    arrivals = np.sort(rng.uniform(0, 3_600, 300)).tolist()
    patience, handle = [ENDLESS] * 300, rng.exponential(100, 300).tolist()
    before = first_come(arrivals, patience, handle, [0.0] * 9, [ENDLESS] * 9)
    after = first_come(arrivals, patience, handle, [0.0] * 10, [ENDLESS] * 10)
    assert (np.array(after) <= np.array(before) + 1e-9).all()
    assert sum(after) < sum(before)


def test_staffed_is_the_mean_number_of_open_windows() -> None:
    assert staffed(np.array([0.0, 900.0]), np.array([3600.0, 1800.0]), 3).tolist() == [1.5, 1.0, 0.0]


def test_staffed_adds_up_to_the_rosters_less_the_absent(served: Bank) -> None:
    work = served.rosters[(served.rosters["activity"] == "work") & (served.rosters["queue"] == "voice")]
    year = (work["start"] >= "2025-11-08") & (work["end"] <= "2026-11-07")
    rostered = (work.loc[year, "end"] - work.loc[year, "start"]).dt.total_seconds().sum() / 3600
    history = served.history[served.history["queue"] == "voice"]
    inside = (history["start"] >= "2025-11-08") & (history["start"] < "2026-11-07")
    assert history.loc[inside, "staffed"].sum() / 2 / rostered == pytest.approx(0.93, abs=0.02)


def test_unplanned_absence_is_6_percent_and_clusters_by_day(served: Bank) -> None:
    at_work = served.rosters[served.rosters["shift"].notna()]
    starts = at_work.groupby(["agent", at_work["start"].dt.normalize()]).ngroups  # one shift a day, less nights' tails
    nights = at_work[at_work["start"].dt.hour < 5].groupby(["agent", at_work["start"].dt.normalize()]).ngroups
    share = len(served.absent) / (starts - nights / 2)
    assert share == pytest.approx(0.06, abs=0.012)
    by_day = served.absent.groupby(served.absent["start"].dt.normalize()).size()
    assert by_day.var() > 1.3 * by_day.mean()  # independent people would give at most 1


def test_longest_waits_are_given_for_every_day_of_the_live_queues(served: Bank) -> None:
    assert served.longest_wait.groupby("queue").size().to_dict() == {"chat": 729, "voice": 729}
    assert (served.longest_wait["end"] - served.longest_wait["start"] == pd.Timedelta(days=1)).all()
    assert served.longest_wait["longest_wait"].min() >= 1.0
