"""Blending with a threshold: agents take deferrable or outbound contacts only while enough of them stay idle.

A contact that can wait is taken up when more than `threshold` agents are idle, so that so many are left for live
contacts; it is not interrupted. Threshold 0: nobody is ever idle; threshold n: the two kinds of work are apart, and
the live one is Erlang A. The deferrable queue is taken as never empty: throughput is what could be done. Source: the
threshold policy of Bhulai & Koole 2003 and Gans & Zhou 2003, with hang-ups; solved as its Markov chain, see
`blending_chain`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from wfm.checks import fraction, number_in
from wfm.durations import seconds
from wfm.erlang.deferred.blending_chain import Blending, shares, shares_by_moments, states, within
from wfm.erlang.deferred.counted import service
from wfm.erlang.formulas.arguments import Array
from wfm.errors import DataError, SettingError
from wfm.tables import REQUIREMENT, check, with_end
from wfm.target import ServiceTarget


def blended(
    agents: int,
    load: float,
    *,
    aht: Any,
    threshold: int,
    patience: Any = math.inf,
    other_aht: Any = None,
    within: Any = 0.0,
    abandoned: str = "lost",
    short: Any = 0.0,
    exact: bool = True,
) -> dict[str, float]:
    """Service of live contacts, and what is done beside them, by agents who keep `threshold` of themselves idle.

    Parameters
    ----------
    agents : int            Whole agents.
    load : float            Offered live load [erlangs].
    aht, patience : float   Mean handle time and mean patience of live contacts [s]; inf = nobody hangs up.
    threshold : int         Idle agents that are kept for live contacts, 0 ... agents.
    other_aht : float       Mean handle time of a deferrable contact [s]; None = that of live ones.
    within, abandoned, short  Definition of the service level, as in `erlang_a.service_level`.
    exact : bool            Two dimensions; False = one, by moments: the wait probability is then within about 0.015.
                            Equal handle times are exact either way.

    Returns
    -------
    dict                    service_level, wait_probability, abandon_rate, mean_wait (of all offered) [s], occupancy,
                            other_agents (mean agents on deferrable contacts), throughput [deferrable contacts/hour].

    >>> found = blended(20, 12.0, aht=270, patience=180, threshold=3, other_aht=600, within=20)
    >>> {name: round(value, 4) for name, value in found.items()}
    {'service_level': 0.7825, 'wait_probability': 0.3443, 'abandon_rate': 0.0583, 'mean_wait': 10.4929,
     'occupancy': 0.9304, 'other_agents': 7.3076, 'throughput': 43.8455}
    """
    chain = _chain(agents, load, aht, threshold, patience, other_aht)
    times = (seconds(within, name="within", zero=True), seconds(short, name="short", zero=True))
    if chain.agents == 0 or chain.arrivals == 0 or chain.most == 0:
        return _trivial(chain, times[0])
    return _exactly(chain, times, abandoned) if exact else _nearly(chain, times, abandoned)


def threshold_for(
    agents: int,
    load: float,
    *,
    aht: Any,
    share: float,
    within: Any,
    patience: Any = math.inf,
    other_aht: Any = None,
    max_abandon: float | None = None,
    abandoned: str = "lost",
    short: Any = 0.0,
    exact: bool = True,
) -> int:
    """Fewest idle agents to keep so that live contacts have their promise; `agents` where nothing else can be done.

    Parameters
    ----------
    share, max_abandon : float  Service level to be kept, and the largest share that may hang up.
    others                      As in `blended`.

    >>> threshold_for(20, 12.0, aht=270, patience=180, other_aht=600, share=0.9, within=20)
    6
    """
    share = fraction(share, name="share")
    low, high = -1, int(agents)

    def holds(threshold: int) -> bool:
        found = blended(
            agents,
            load,
            aht=aht,
            threshold=threshold,
            patience=patience,
            other_aht=other_aht,
            within=within,
            abandoned=abandoned,
            short=short,
            exact=exact,
        )
        few = max_abandon is None or found["abandon_rate"] <= max_abandon
        return found["service_level"] >= share and few

    step = 1  # the answer is small beside the agents
    while low + step < high and not holds(low + step):
        low, step = low + step, 2 * step
    high = min(high, low + step)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def idle_capacity(requirement: pd.DataFrame, *, staffed: Any = None, occupancy: float = 0.9) -> Array:
    """Deferrable work that live agents could do if they were busy so large a share of their time [erlangs].

    A bound that forgets what it does to live waits; `spare_capacity` does not.

    Parameters
    ----------
    requirement : table     Live rows with agents and load; abandon_rate is counted where known.
    staffed : array         Agents that are there anyway; None = those required.

    >>> rows = pd.DataFrame({"queue": "voice", "start": pd.to_datetime(["2026-11-21 08:00", "2026-11-21 08:30"]),
    ...                      "agents": [20.0, 12.0], "load": [12.0, 11.5]})
    >>> idle_capacity(rows).tolist()
    [6.0, 0.0]
    """
    table = _live_rows(requirement)
    people = table["agents"].to_numpy(dtype=float) if staffed is None else np.asarray(staffed, dtype=float)
    lost = table["abandon_rate"].fillna(0.0).to_numpy(dtype=float) if "abandon_rate" in table else 0.0
    busy = table["load"].to_numpy(dtype=float) * (1 - lost)
    return np.asarray(np.maximum(fraction(occupancy, name="occupancy") * people - busy, 0.0))


def spare_capacity(
    requirement: pd.DataFrame,
    target: ServiceTarget,
    *,
    patience: Any,
    other_aht: Any = None,
    threshold: int | None = None,
    staffed: Any = None,
    may_cost: float = 0.0,
    exact: bool = False,
) -> pd.DataFrame:
    """Deferrable work that live agents do beside their contacts by interval, with a threshold that keeps the promise.

    Parameters
    ----------
    requirement : table     Live rows of one queue: agents, load, aht.
    target : ServiceTarget  Every interval keeps its share and max_abandon; one that has less without blending keeps
                            what it has.
    patience, other_aht     As in `blended`.
    threshold : int         Idle agents kept in every interval; None = the fewest that keep the promise.
    staffed : array         Agents that are there anyway; None = those required. Whole agents; a fraction is left out.
    may_cost : float        Service level that an interval at or below its share may lose by blending.
    exact : bool            As in `blended`; the default takes moments.

    Returns
    -------
    DataFrame               queue, start, end, agents, threshold, spare [erlangs], throughput [contacts in the
                            interval], service_level with blending, separate: service level without.

    >>> rows = pd.DataFrame({"queue": "voice", "start": pd.to_datetime(["2026-11-21 08:00", "2026-11-21 08:30"]),
    ...                      "agents": [20.0, 12.0], "load": [12.0, 11.5], "aht": 270.0})
    >>> promise = ServiceTarget(share=0.8, within=20, scope="interval")
    >>> spare_capacity(rows, promise, patience=180)[["threshold", "spare", "service_level"]].round(3)
       threshold  spare  service_level
    0          2  7.409          0.835
    1         12  0.000          0.660
    """
    table = _live_rows(requirement)
    if "aht" not in table or table["aht"].isna().any():
        raise DataError("requirement.aht is missing; blending needs handle times.", table="requirement", column="aht")
    people = table["agents"].to_numpy(dtype=float) if staffed is None else np.asarray(staffed, dtype=float)
    cost = fraction(may_cost, name="may_cost")
    law = {"patience": patience, "within": target.within, "abandoned": target.abandoned, "short": target.short}
    width = (table["end"] - table["start"]).dt.total_seconds().to_numpy()
    rows, known = [], {}
    for n, load, aht in zip(np.floor(people + 1e-9).astype(int), table["load"], table["aht"], strict=True):
        key = (int(n), round(float(load), 9), float(aht))
        if key not in known:
            known[key] = _best(key, target, threshold, cost, other_aht, exact, law)
        rows.append(known[key])
    kept, other, rate, level, separate = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return pd.DataFrame(
        {
            "queue": table["queue"],
            "start": table["start"],
            "end": table["end"],
            "agents": people,
            "threshold": np.array(kept, dtype=int),
            "spare": np.array(other, dtype=float),
            "throughput": np.array(rate, dtype=float) * width / 3600,
            "service_level": np.array(level, dtype=float),
            "separate": np.array(separate, dtype=float),
        }
    )


def _best(
    key: tuple[int, float, float],
    target: ServiceTarget,
    threshold: int | None,
    cost: float,
    other_aht: Any,
    exact: bool,
    law: dict[str, Any],
) -> tuple[int, float, float, float, float]:
    """Threshold, deferrable agents, throughput and service of one interval, and its service without blending."""
    agents, load, aht = key
    how = {"aht": aht, "other_aht": other_aht, "exact": exact, **law}
    apart = blended(agents, load, threshold=agents, **how)
    if threshold is None:
        share = target.share if apart["service_level"] > target.share else max(apart["service_level"] - cost, 0.0)
        most = None if target.max_abandon is None else max(target.max_abandon, apart["abandon_rate"])
        kept = threshold_for(agents, load, share=share, max_abandon=most, **how)
    else:
        kept = min(int(threshold), agents)
    found = blended(agents, load, threshold=kept, **how)
    return kept, found["other_agents"], found["throughput"], found["service_level"], apart["service_level"]


def _live_rows(requirement: pd.DataFrame) -> pd.DataFrame:
    table = check(requirement, REQUIREMENT)
    if "load" not in table or table["load"].isna().any():
        raise DataError(
            "requirement.load is missing; blending needs the live load.", table="requirement", column="load"
        )
    return with_end(table)


def _chain(agents: int, load: float, aht: Any, threshold: int, patience: Any, other_aht: Any) -> Blending:
    number = number_in(agents, name="agents", low=0, high=5000)
    kept = number_in(threshold, name="threshold", low=0, high=number)
    if number != int(number) or kept != int(kept):
        raise SettingError(
            f"agents and threshold must be whole numbers, got {agents!r} and {threshold!r}.", name="threshold"
        )
    handle = seconds(aht, name="aht")
    other = handle if other_aht is None else seconds(other_aht, name="other_aht")
    chain = Blending(
        agents=int(number),
        idle=int(kept),
        arrivals=number_in(load, name="load", low=0, high=10_000) / handle,
        live=1 / handle,
        other=1 / other,
        leave=1 / seconds(patience, name="patience", endless=True),
        most=0,
    )
    if chain.arrivals == 0 or (chain.leave == 0 and chain.arrivals >= chain.agents * chain.live):
        return chain  # nobody comes, or the queue grows for ever
    rates = (chain.arrivals, chain.live, chain.other, chain.leave)
    return replace(chain, most=states(chain.agents, chain.idle, *rates))


def _trivial(chain: Blending, time: float) -> dict[str, float]:
    """Nobody comes, nobody is there, or the queue grows for ever."""
    calm = chain.arrivals == 0
    other = float(chain.room) if calm else 0.0
    lost = 0.0 if calm or chain.leave == 0 else 1.0
    return {
        "service_level": 1.0 if calm else 0.0,
        "wait_probability": 0.0 if calm else 1.0,
        "abandon_rate": lost,
        "mean_wait": 0.0 if calm else (1 / chain.leave if chain.leave > 0 else math.inf),
        "occupancy": (other / chain.agents if chain.agents else 0.0) if calm else 1.0,
        "other_agents": other,
        "throughput": other * chain.other * 3600,
    }


def _exactly(chain: Blending, times: tuple[float, float], word: str) -> dict[str, float]:
    """Measures of the chain in two dimensions."""
    share = shares(chain)
    waits = share[chain.idle :]
    at_once = float(share[: chain.idle].sum())
    served, left = (float((waits * x).sum()) for x in within(chain, times[0], chain.leave))
    short = float((waits * within(chain, times[1], chain.leave)[1]).sum()) if times[1] > 0 else 0.0
    virtual = float((waits * within(chain, times[0], 0.0)[0]).sum()) if word == "virtual" else 0.0
    found = _measures(chain, share.sum(axis=1), float(share.sum(axis=0) @ np.arange(chain.room + 1)))
    level = service(
        word,
        served=at_once + served,
        left=left,
        left_short=short,
        lost=found["abandon_rate"],
        virtual=at_once + virtual,
    )
    return {"service_level": level, **found}


def _nearly(chain: Blending, times: tuple[float, float], word: str) -> dict[str, float]:
    """Measures of the chain in one dimension: while a contact waits the pace of its queue stays as it found it."""
    share, other = shares_by_moments(chain)
    waits, j = share[chain.idle :], other[chain.idle :]
    pace = (chain.agents - j) * chain.live + j * chain.other
    at_once = float(share[: chain.idle].sum())
    served, over = (float(waits @ x) for x in _by_queue(times[0], pace, chain.leave))
    served_short, over_short = (float(waits @ x) for x in _by_queue(times[1], pace, chain.leave))
    virtual = float(waits @ _virtual(times[0], pace, chain.leave))
    found = _measures(chain, share, float(share @ other))
    level = service(
        word,
        served=at_once + served,
        left=over - served,
        left_short=over_short - served_short if times[1] > 0 else 0.0,
        lost=found["abandon_rate"],
        virtual=at_once + virtual,
    )
    return {"service_level": level, **found}


def _virtual(time: float, pace: Array, leave: float) -> Array:
    """P(offered wait <= time) with 0, 1, ... contacts ahead and everybody busy."""
    from scipy.special import betainc, gammainc

    ahead = np.arange(len(pace))
    if leave == 0:
        return np.asarray(gammainc(ahead + 1.0, pace * time))
    return np.asarray(betainc(ahead + 1.0, pace / leave, -math.expm1(-leave * time)))


def _by_queue(time: float, pace: Array, leave: float) -> tuple[Array, Array]:
    """P(served within `time`) and P(wait over within it) with 0, 1, ... contacts ahead."""
    from scipy.special import betainc

    offered = _virtual(time, pace, leave)
    if leave == 0:
        return offered, offered
    ahead, c = np.arange(len(pace)), pace / leave
    served = c / (c + ahead + 1) * betainc(ahead + 1.0, c + 1, -math.expm1(-leave * time))
    return np.asarray(served), np.asarray(1 - math.exp(-leave * time) * (1 - offered))


def _measures(chain: Blending, share: Array, other: float) -> dict[str, float]:
    waiting = float(share @ chain.waiting)
    return {
        "wait_probability": float(share[chain.idle :].sum()),
        "abandon_rate": waiting * chain.leave / chain.arrivals,
        "mean_wait": waiting / chain.arrivals,
        "occupancy": float(share @ chain.busy) / chain.agents,
        "other_agents": other,
        "throughput": other * chain.other * 3600,
    }
