"""One queue simulated: contacts drawn, agents as counts or windows of work, replications side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import one_of, whole_number
from wfm.durations import seconds
from wfm.erlang.formulas.arguments import Array, Numbers
from wfm.erlang.simulation.crew import Crew, Whole, crew_of
from wfm.erlang.simulation.demand import Demand, demand_of
from wfm.erlang.simulation.laws import DurationLaw
from wfm.erlang.simulation.results import Counting, Simulation, Sums, simulation_of, spells, sums_of
from wfm.erlang.simulation.single import Overtime, waits

ABANDONED = ("lost", "ignored", "met", "answered", "credited", "virtual")
Contacts = tuple[Array, Array, Array]
ENGINES = ("auto", "numpy", "numba")
_CONTACTS_AT_ONCE = 2_000_000  # about 200 MB
_COMPILING_PAYS = 20_000_000  # contacts from which "auto" waits for the compiler


def simulate(
    offered: Numbers | pd.DataFrame,
    agents: Numbers | pd.DataFrame,
    *,
    interval: float | None = None,
    aht: Numbers | None = None,
    handle: DurationLaw | None = None,
    patience: DurationLaw | float = np.inf,
    within: float,
    abandoned: str = "lost",
    short: float = 0.0,
    unplanned: float = 0.0,
    spread: float = 0.0,
    replications: int = 200,
    seed: int = 0,
    engine: str = "auto",
) -> Simulation:
    """Service of one queue through a day or week, found by drawing it many times.

    Parameters
    ----------
    offered : array or table    Mean contacts of each interval; paths x intervals (replication r follows path r, from
                                the first again after the last); a `forecast`, `paths` or `contacts` table of one queue
                                (given arrival times, and handle times drawn from those seen where neither aht nor
                                handle is given).
    agents : number, array      Whole agents by interval. Where they fall, idle ones leave first, busy ones finish the
                                contact in hand; the last number stays until everybody is served.
    agents : table              `agents` by start; or rows of a schedule (`people`) or roster: the rows with activity
                                work are windows in which a person is there. Whoever is busy at the end of a window
                                finishes the contact in hand, also into the break.
    interval : float [s]        Width of all intervals; told by tables.
    aht : float or array [s]    Mean handle time, of each interval of arrival.
    handle : DurationLaw        Law of handle times, scaled to `aht` where both are given; None = exponential.
    patience : float or law     Mean of an exponential patience or any law [s]; inf = nobody hangs up.
    within : float [s]          Acceptable wait.
    abandoned : str             lost, ignored, met, answered, credited or virtual, as in `ServiceTarget`; `virtual`
                                counts the wait that a contact of endless patience would have had.
    short : float [s]           Hang-ups within so many seconds leave the base; with `credited` they count as met.
    unplanned : float           Share of people who do not come, drawn by person and shift, days varying together.
    spread : float              Standard deviation of a factor around 1 that a whole replication's rates share.
    replications, seed : int    Replication r is the same whatever the number of replications, and meets the same
                                contacts whatever the agents.
    engine : str                numpy, numba (compiled; the same numbers), or auto.

    Raises
    ------
    SettingError, DataError     An argument cannot be used, or tables do not fit together.
    MissingExtra                numba is asked for and not installed.

    Notes
    -----
    First come, first served, over all intervals: what one does not finish the next inherits. Memory does not
    grow with the number of replications.

    >>> day = simulate([90, 180, 120], [14, 25, 18], interval=1800, aht=240, patience=180, within=60, seed=1)
    >>> day.intervals["service_level"].round(2).tolist()
    [0.93, 0.92, 0.89]
    >>> day.total[["service_level", "service_level_error"]].round(3).to_numpy().tolist()
    [[0.915, 0.004]]
    """
    demand = demand_of(offered, interval=interval, aht=aht, handle=handle, patience=patience, spread=spread)
    counting = counting_of(within=within, abandoned=abandoned, short=short)
    count = whole_number(replications, name="replications", low=1)
    crew = crew_of(
        agents,
        demand.grid,
        queue=demand.queue,
        unplanned=unplanned,
        replications=count,
        seed=whole_number(seed, name="seed"),
    )
    fast = compiled_engine(engine, demand.expected * count)
    parts = [_one_part(demand, crew, counting, part, seed, fast) for part in _parts(demand, count)]
    staffed = crew.staffed()
    return simulation_of(Sums.joined(parts), staffed, demand.grid)


def contacts(
    offered: Numbers | pd.DataFrame,
    agents: Numbers | pd.DataFrame,
    *,
    interval: float | None = None,
    aht: Numbers | None = None,
    handle: DurationLaw | None = None,
    patience: DurationLaw | float = np.inf,
    unplanned: float = 0.0,
    spread: float = 0.0,
    replication: int = 0,
    seed: int = 0,
) -> pd.DataFrame:
    """One replication of `simulate`, contact by contact.

    Returns
    -------
    table       `contacts`: queue, arrival, wait [s], outcome (answered or abandoned; empty where nobody ever came),
                handle [s, of the answered]. Bare numbers begin on 2000-01-01.

    >>> contacts([3], [1], interval=1800, aht=300, patience=60, seed=5)[["wait", "outcome", "handle"]].round(1)
       wait    outcome  handle
    0   0.0   answered   300.2
    1  85.9  abandoned     NaN
    2   0.0   answered   349.8
    3  31.1  abandoned     NaN
    """
    demand = demand_of(offered, interval=interval, aht=aht, handle=handle, patience=patience, spread=spread)
    r, seed = whole_number(replication, name="replication"), whole_number(seed, name="seed")
    crew = crew_of(
        agents,
        demand.grid,
        queue=demand.queue,
        unplanned=unplanned,
        replications=r + 1,
        seed=seed,
    )
    arrival, handling, patient = padded(_drawn(demand, range(r, r + 1), seed))
    found = waits(arrival, handling, patient, crew, range(r, r + 1))[0]
    start = demand.grid.start if demand.grid.start is not None else pd.Timestamp("2000-01-01")
    answered = (found <= patient) & np.isfinite(found)
    wait = np.where(answered, found, patient)
    return pd.DataFrame(
        {
            "queue": demand.queue,
            "arrival": start + pd.to_timedelta(arrival[:, 0], unit="s"),
            "wait": np.where(np.isfinite(wait), wait, np.nan)[:, 0],
            "outcome": outcome_of(answered, patient)[:, 0],
            "handle": np.where(answered, handling, np.nan)[:, 0],
        }
    )


def counting_of(*, within: float, abandoned: str, short: float) -> Counting:
    """How contacts are counted, checked."""
    return Counting(
        within=seconds(within, name="within", zero=True),
        abandoned=one_of(abandoned, ABANDONED, name="abandoned"),
        short=seconds(short, name="short", zero=True),
    )


def _parts(demand: Demand, count: int) -> Iterator[range]:
    """Replications in parts that fit into memory; results do not depend on them."""
    size = max(1, min(count, int(_CONTACTS_AT_ONCE / (demand.expected * (1 + 3 * demand.spread) + 1))))
    pieces = -(-count // size)
    for k in range(pieces):
        yield range(k * count // pieces, (k + 1) * count // pieces)


def _one_part(demand: Demand, crew: Crew, counting: Counting, part: range, seed: int, fast: bool) -> Sums:
    drawn = _drawn(demand, part, seed)
    found, overtime = _engine(fast)(*padded(drawn), crew, part)
    offered_wait = np.concatenate([found[: len(times), r] for r, (times, _, _) in enumerate(drawn)])
    del found
    arrival, handle, patience = (np.concatenate([row[k] for row in drawn]) for k in range(3))
    replication: Whole = np.repeat(np.arange(len(part)), [len(times) for times, _, _ in drawn])
    shape, width = (len(part), demand.grid.count), demand.grid.width
    return sums_of(
        arrival=arrival,
        offered_wait=offered_wait,
        patience=patience,
        replication=replication,
        shape=shape,
        width=width,
        counting=counting,
        busy=_busy(
            arrival + offered_wait, handle, np.asarray(offered_wait <= patience), replication, overtime, shape, width
        ),
    )


def _busy(
    begin: Array,
    handle: Array,
    answered: npt.NDArray[np.bool_],
    replication: Whole,
    overtime: Overtime,
    shape: tuple[int, int],
    width: float,
) -> Array:
    """Agent-seconds on contacts within the agents' time."""
    on = answered & np.isfinite(begin)
    total = spells(replication[on], begin[on], begin[on] + handle[on], shape=shape, width=width)
    return total - spells(overtime.replication, overtime.begin, overtime.end, shape=shape, width=width)


def _drawn(demand: Demand, part: range, seed: int) -> list[Contacts]:
    """Arrival, handle time and patience of the contacts of some replications."""
    return [demand.draw(np.random.default_rng([seed, r]), r) for r in part]


def padded(drawn: list[Contacts]) -> Contacts:
    """The same [contacts x replications], shorter replications filled up as `single.waits` wants it."""
    most = max(len(times) for times, _, _ in drawn)
    arrival, handle, patience = (np.empty((len(drawn), most)) for _ in range(3))
    for r, contacts in enumerate(drawn):
        n = len(contacts[0])
        for table, values, fill in zip((arrival, handle, patience), contacts, (-np.inf, 0.0, -1.0), strict=True):
            table[r, :n], table[r, n:] = values, fill
    return np.ascontiguousarray(arrival.T), np.ascontiguousarray(handle.T), np.ascontiguousarray(patience.T)


def compiled_engine(engine: str, work: float) -> bool:
    """Whether the compiled engine is used."""
    if one_of(engine, ENGINES, name="engine") == "numpy":
        return False
    from wfm.erlang.simulation import twin

    if engine == "numba":
        twin.require()
        return True
    return work >= _COMPILING_PAYS and twin.available()


def _engine(fast: bool) -> Callable[..., tuple[Array, Overtime]]:
    if not fast:
        return waits
    from wfm.erlang.simulation import twin

    return twin.waits


def outcome_of(answered: npt.NDArray[np.bool_], patience: Array) -> npt.NDArray[np.object_]:
    """Words of the `contacts` table; none where nobody ever came and the contact still waits."""
    out = np.full(answered.shape, None, dtype=object)
    out[np.isfinite(patience)] = "abandoned"
    out[answered] = "answered"
    return out
