"""From people and contacts to service: coverage by interval, promise by interval, day and week."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import fraction
from wfm.durations import seconds
from wfm.errors import DataError, SettingError, WfmWarning
from wfm.evaluation.callbacks import callback_service, calling_of
from wfm.evaluation.deferred import deferred_service
from wfm.evaluation.live import live_service
from wfm.evaluation.presence import CountsAs, Lines, lines_of, table_of
from wfm.evaluation.service import Demand, Service, demand_of
from wfm.queues import Queue, Shrinkage
from wfm.tables import COVERAGE, PROMISE, REQUIREMENT, check
from wfm.target import ServiceTarget

ASSUMED_PATIENCE = 300.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """All that the service of one queue follows from: asked the same again, the answer is the same."""

    lines: Lines
    demand: Demand
    queue: Queue
    calling: npt.NDArray[np.float64]
    draws: int
    seed: int
    exact: bool

    def answer(self) -> Service:
        """The service, computed."""
        if self.queue.callback is not None:
            return callback_service(
                self.lines, self.demand, self.queue, calling=self.calling, draws=self.draws, seed=self.seed
            )
        if self.queue.live:
            return live_service(self.lines, self.demand, self.queue, draws=self.draws, seed=self.seed, exact=self.exact)
        return deferred_service(self.lines, self.demand, self.queue, draws=self.draws, seed=self.seed)

    def is_same(self, other: Asked) -> bool:
        """Whether nothing differs; of two nouns of a queue nobody asks what differs in them."""
        drawn = (self.draws, self.seed, self.exact) == (other.draws, other.seed, other.exact)
        return (
            drawn
            and self.queue is other.queue
            and all(np.array_equal(mine, theirs) for mine, theirs in zip(self._arrays(), other._arrays(), strict=True))
            and self.demand.intervals.equals(other.demand.intervals)
        )

    def _arrays(self) -> tuple[Any, ...]:
        lines, demand = self.lines, self.demand
        people = (lines.present, lines.people, lines.counts_as, lines.day, lines.names)
        return (*people, demand.rate, demand.aht, demand.capacity, self.calling)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The service that a plan gives.

    Attributes
    ----------
    coverage : coverage     By queue and interval: required, rostered, expected, gap and the expected service.
    promise : promise       By queue and scope: expected service, longest wait, and the chance that the promise is kept.
    services : mapping      queue -> Service: the same by path, for ranges.
    method : str            How the service was computed.
    asked : mapping         queue -> what its service follows from.
    """

    coverage: pd.DataFrame
    promise: pd.DataFrame
    services: Mapping[str, Service]
    method: str
    asked: Mapping[str, Asked] = field(default_factory=dict, repr=False)

    def __iter__(self) -> Any:
        """Unpacks as `coverage, promise`."""
        return iter((self.coverage, self.promise))

    def __repr__(self) -> str:
        """One line."""
        weeks = self.promise[self.promise["scope"] == "week"]
        words = [f"{row.queue} {row.service_level:.1%}" for row in weeks.itertuples()]
        return f"Evaluation({', '.join(words)}; {self.method})"

    def _repr_html_(self) -> str:
        scopes = self.promise[self.promise["scope"] != "interval"]
        return f"<p><b>{escape(repr(self))}</b></p>{scopes.head(16).to_html(index=False)}"


def evaluate(
    plan: object,
    demand: pd.DataFrame,
    *,
    target: ServiceTarget | Mapping[str, ServiceTarget] | None = None,
    queues: Mapping[str, Queue] | None = None,
    patience: float | Mapping[str, float] | None = None,
    unplanned: float = 0.0,
    requirement: pd.DataFrame | None = None,
    counts_as: CountsAs | None = None,
    capacity: pd.DataFrame | None = None,
    draws: int = 200,
    seed: int = 1,
    exact: bool = True,
    before: Evaluation | None = None,
) -> Evaluation:
    """Coverage and promise of a schedule or a roster against a forecast, a history or paths of the rate.

    Service is computed on every path of the rate with attendance drawn, by Erlang A (C where nobody hangs up) at the
    load that each interval really has: its own and what the one before leaves to it. What this misses is taken from
    the exact time-varying queue of the mean path. All is weighted by contacts.

    Parameters
    ----------
    plan : Schedule, Roster or their table
    demand : forecast, history or paths     With `aht` [s]; a forecast is taken as one path.
    target : ServiceTarget or mapping       The promise, by queue where they differ.
    queues : mapping                        Queue nouns instead of target, patience and unplanned.
    patience : float or mapping             Mean patience [s], infinite where nobody hangs up; None = 300 s, assumed.
    unplanned : float                       Share of the rostered that does not come.
    requirement : requirement               For the columns `required` and `gap`.
    counts_as : mapping                     agent -> share of an agent that the person counts as, or (share, day from
                                            which the person counts as a whole agent).
    capacity : DataFrame                    queue, start, capacity: share of the agents able to work (system outages).
    draws : int                             Attendance draws where demand is a single path.
    exact : bool                            False leaves the exact queue out: about half a second a queue and week less.
    before : Evaluation                     That of another plan: its service stands for each queue of which nothing has
                                            changed, neither lines nor demand, and is not computed again.

    Returns
    -------
    Evaluation      Unpacks as `coverage, promise`.
    """
    table = table_of(plan)
    if demand.empty:
        raise DataError(
            "demand has no rows: hand in a forecast, a history or paths of the days to judge.", table="demand"
        )
    if capacity is not None and not {"queue", "start", "capacity"} <= set(capacity.columns):
        raise DataError(
            f"capacity must have the columns queue, start and capacity, got {', '.join(map(str, capacity.columns))}.",
            table="capacity",
        )
    known = queues or _queues(demand, target, patience, unplanned)
    demands = demand_of(demand, known)
    if table.loc[table["activity"] == "work", "queue"].isna().any() and len(demands) > 1:
        raise DataError(
            f"the plan's queue must be given where there are several queues ({', '.join(demands)}).",
            table="schedule",
            column="queue",
        )
    asked, services = {}, {}
    for name, wanted in demands.items():
        lines = lines_of(table, name, wanted.intervals, counts_as)
        if not lines.present.any() and wanted.rate.any():
            warnings.warn(
                f"the plan has nobody on queue {name!r} between {wanted.intervals['start'].iloc[0]} and "
                f"{wanted.intervals['end'].iloc[-1]}; its contacts are not served. Check queue and dates.",
                WfmWarning,
                stacklevel=2,
            )
        here = _at_capacity(wanted, capacity)
        asked[name] = Asked(
            lines=lines,
            demand=here,
            queue=known[name],
            calling=calling_of(requirement, here),
            draws=draws,
            seed=seed,
            exact=exact,
        )
        same = before is not None and name in before.asked and asked[name].is_same(before.asked[name])
        services[name] = before.services[name] if before is not None and same else asked[name].answer()
    methods = dict.fromkeys(service.method for service in services.values())
    return Evaluation(
        coverage=_coverage(services, requirement),
        promise=_promise(services),
        services=services,
        method=", ".join(methods),
        asked=asked,
    )


def _queues(
    demand: pd.DataFrame,
    target: ServiceTarget | Mapping[str, ServiceTarget] | None,
    patience: float | Mapping[str, float] | None,
    unplanned: float,
) -> dict[str, Queue]:
    if target is None:
        raise SettingError("target is missing: give ServiceTarget(share=0.80, within=60) or queues=.", name="target")
    names = [str(name) for name in demand["queue"].unique()] if "queue" in demand else []
    if patience is None:
        warnings.warn(
            f"patience is unknown and assumed to be {ASSUMED_PATIENCE:.0f} s; give patience=, infinite where "
            "nobody hangs up.",
            WfmWarning,
            stacklevel=3,
        )
    found = {}
    for name in names:
        mine = target.get(name) if isinstance(target, Mapping) else target
        wait = patience.get(name) if isinstance(patience, Mapping) else patience
        if mine is None:
            raise SettingError(f"target has no entry for queue {name!r}.", name="target")
        found[name] = Queue(
            name=name,
            target=mine,
            shrinkage=Shrinkage(unplanned=fraction(unplanned, name="unplanned")),
            patience=ASSUMED_PATIENCE if wait is None else seconds(wait, name="patience", endless=True),
        )
    return found


def _at_capacity(wanted: Demand, capacity: pd.DataFrame | None) -> Demand:
    if capacity is None or capacity.empty:
        return wanted
    mine = capacity[capacity["queue"] == wanted.queue].set_index("start")["capacity"]
    share = mine.reindex(wanted.intervals["start"]).fillna(1.0).to_numpy(dtype=float)
    return wanted.with_capacity(share)


def _coverage(services: Mapping[str, Service], requirement: pd.DataFrame | None) -> pd.DataFrame:
    tables = [service.by_interval() for service in services.values()]
    coverage = pd.concat(tables, ignore_index=True)
    if requirement is not None:
        needed = check(requirement, REQUIREMENT)
        column = "rostered" if "rostered" in needed else "agents"
        need = needed[["queue", "start", column]].rename(columns={column: "required"})
        coverage = coverage.drop(columns="required").merge(need, on=["queue", "start"], how="left")
        coverage["gap"] = coverage["rostered"] - coverage["required"]
    return check(coverage, COVERAGE)


def _promise(services: Mapping[str, Service]) -> pd.DataFrame:
    tables = [service.by_scope(scope) for service in services.values() for scope in ("interval", "day", "week")]
    return check(pd.concat(tables, ignore_index=True), PROMISE)
