"""Work that can wait: what waits at the start, what comes, and the agents for it in the troughs of those who answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from wfm.errors import DataError, SettingError, listed
from wfm.plan.demand import Outlook
from wfm.plan.doors import Doors
from wfm.plan.inputs import Inputs
from wfm.queues import Queue
from wfm.settings import Week
from wfm.tables import Column, Spec

BACKLOG = Spec(
    name="backlog",
    key=("arrived",),
    unique=False,
    columns=(
        Column(name="contacts", required=True, low=0.0, unit="contacts"),
        Column(name="class", kind="text", missing=True, meaning="needed where the queue has several classes"),
        Column(name="arrived", kind="time", required=True, meaning="when they came in"),
        Column(name="queue", kind="text", missing=True, meaning="needed where the table holds several queues"),
    ),
)
PARTS = 8  # moments by which an age that is not known is represented
Backlog = tuple[tuple[float, str, pd.Timestamp], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Requirement of all queues with the work that can wait in it, that work, and who does what of it in idle time."""

    requirement: pd.DataFrame
    work: pd.DataFrame
    in_idle: Mapping[str, tuple[tuple[pd.Timestamp, float], ...]]


def backlog_of(name: str, queue: Queue, week: Week) -> Backlog:
    """What waits at the start: contacts, class and arrival. A number alone has come evenly over the deadline."""
    from wfm.erlang import open_backlog

    given = week.spec.queues[name].backlog
    if isinstance(given, (str, pd.DataFrame)):
        return _listed(given, name, queue, week)
    shares = dict(queue.class_shares) or {next(iter(queue.classes), ""): 1.0}
    if isinstance(given, Mapping):
        table = open_backlog(given["contacts"], at=week.start, ages=given["ages"], class_shares=shares, queue=name)
        rows = zip(table["contacts"], table["class"], table["arrived"], strict=True)
        return tuple((float(contacts), str(kind), pd.Timestamp(arrived)) for contacts, kind, arrived in rows)
    return tuple(
        (given * share / PARTS, kind, week.start - pd.Timedelta(seconds=queue.classes[kind] * part))
        for kind, share in shares.items()
        for part in (np.arange(PARTS) + 0.5) / PARTS
        if given
    )


def _listed(given: object, name: str, queue: Queue, week: Week) -> Backlog:
    """A backlog that is a table, a file, or the folder of the plan before, which says what it leaves."""
    doors = Doors(week)
    place = week.path(given)
    if isinstance(place, Path) and place.is_dir():
        given = left_in(place)
        if given is None:
            return ()
    table = doors.table(given, BACKLOG, "queues", name, "backlog")
    rows: Backlog | None = None
    if table is not None:
        rows = doors.open(lambda: _sound(table, name, queue, week), "queues", name, "backlog")
    doors.close()
    return () if rows is None else rows


def left_in(folder: Path) -> str | None:
    """The table in which a plan in a folder tells what it leaves; None where it leaves nothing.

    Raises DataError where there is no plan in the folder.
    """
    for place in (folder / "tables", folder):
        if (place / "backlog.csv").is_file():
            return str((place / "backlog.csv").resolve())
        if (place / "requirement.csv").is_file():
            return None
    raise DataError(
        f"backlog names the folder {str(folder)!r}, in which no plan was written. Name the folder of the plan before, "
        "a file with contacts, class and arrived, or the number that waits.",
        table="backlog",
    )


def _sound(table: pd.DataFrame, name: str, queue: Queue, week: Week) -> Backlog:
    table = _own(table, name)
    only = next(iter(queue.classes)) if len(queue.classes) == 1 else None
    kinds = table["class"] if "class" in table else pd.Series(None, index=table.index, dtype=object)
    kinds = kinds.where(kinds.notna(), only)
    stray = ~kinds.isin(list(queue.classes))
    if stray.any():
        raise DataError(
            f"backlog.class of queue {name!r} must be one of {listed(queue.classes)}, got {kinds[stray].iloc[0]!r}.",
            table="backlog",
            column="class",
            rows=np.flatnonzero(stray).tolist(),
        )
    late = (table["arrived"] > week.start).to_numpy()
    if late.any():
        raise DataError(
            f"backlog.arrived of queue {name!r} must lie before the plan begins ({week.start}), got "
            f"{table['arrived'][late].iloc[0]}.",
            table="backlog",
            column="arrived",
            rows=np.flatnonzero(late).tolist(),
        )
    rows = zip(table["contacts"], kinds, table["arrived"], strict=True)
    return tuple((float(contacts), str(kind), pd.Timestamp(arrived)) for contacts, kind, arrived in rows)


def _own(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows of a queue, of a backlog that names queues."""
    return table[table["queue"] == name].reset_index(drop=True) if "queue" in table else table


def work_of(queue: Queue, forecast: pd.DataFrame) -> pd.DataFrame:
    """The work that a queue's contacts bring, what waits at the start included."""
    from wfm.erlang import work

    if not queue.classes:
        raise SettingError(
            f"queues.{queue.name} is {queue.channel} and needs classes such as {{normal: 24h}}.",
            name=f"queues.{queue.name}.classes",
        )
    if queue.channel == "messages":
        turns = [
            work(forecast.assign(offered=forecast[part]), classes={part: within})
            for part, within in queue.classes.items()
        ]
        return pd.concat(turns, ignore_index=True)
    waiting = [(queue.name, *row) for row in queue.backlog]
    return work(
        forecast,
        classes=queue.classes,
        class_shares=queue.class_shares or None,
        touches=queue.class_touches or queue.touches,
        touch_gap=queue.touch_gap,
        backlog=pd.DataFrame(waiting, columns=["queue", "contacts", "class", "arrived"]) if waiting else None,
        hours=queue.hours if queue.open_deadlines else None,
    )


def spare_of(queue: Queue, table: pd.DataFrame, others: list[str], outlook: Outlook) -> pd.DataFrame:
    """What the agents of a blended queue do of the work of others beside their own contacts: start, spare [erlangs]."""
    from wfm.erlang import spare_capacity

    assert queue.blend is not None
    assert queue.target is not None
    rows = outlook.forecast[outlook.forecast["queue"].isin(others)]
    effort = rows["offered"] * rows["aht"]
    line = table["agents"] - table["deferrable"] if "deferrable" in table else table["agents"]
    return spare_capacity(
        table.assign(agents=line),
        queue.target,
        patience=np.inf if queue.patience is None else queue.patience,
        other_aht=float(effort.sum() / rows["offered"].sum()) if effort.sum() > 0 else None,
        threshold=queue.blend.threshold,
        may_cost=queue.blend.may_cost,
    )[["start", "spare"]]


def placed(
    standing: dict[str, pd.DataFrame],
    waiting: Mapping[str, Queue],
    outlook: Outlook,
    inputs: Inputs,
    blends: list[Queue],
) -> Waiting:
    """All queues: those that stand, and the fewest agents beyond them for what can wait, the tightest deadlines first.

    Queues that share occupancy, catching up and idle time are placed together.
    """
    from wfm.erlang import requirement_of_all

    forecasts = {name: _rows(outlook.forecast, name) for name in waiting}
    works = {name: work_of(queue, forecasts[name]) for name, queue in waiting.items()}
    spares = {
        queue.name: spare_of(queue, standing[queue.name], _takes(queue, waiting), outlook)
        for queue in blends
        if waiting
    }
    tables = list(standing.values())
    in_idle: dict[str, tuple[tuple[pd.Timestamp, float], ...]] = {}
    for names in _groups(waiting, works, blends):
        first = waiting[names[0]]
        givers = [queue.name for queue in blends if names[0] in _takes(queue, waiting)]
        found = requirement_of_all(
            tables,
            pd.concat([works[name] for name in names], ignore_index=True),
            interval=inputs.week.spec.interval,
            open_starts={name: pd.DatetimeIndex(forecasts[name]["start"]) for name in names},
            occupancy=first.occupancy,
            shrinkage={name: waiting[name].shrinkage for name in names},
            promise={name: waiting[name].promise or 1.0 for name in names},
            overdue_within=first.overdue_within,
            spare=pd.concat([spares[name] for name in givers]) if givers else None,
        )
        for name in names:
            rows = _whole(found[found["queue"] == name], waiting[name], forecasts[name], inputs.week.spec.interval)
            tables.append(rows)
            if givers:
                in_idle[name] = tuple(zip(rows["start"], rows["in_idle"].astype(float), strict=True))
                _use(spares, givers, rows)
    return Waiting(
        requirement=pd.concat(tables, ignore_index=True),
        work=pd.concat(list(works.values()), ignore_index=True),
        in_idle=in_idle,
    )


def _takes(queue: Queue, waiting: Mapping[str, Queue]) -> list[str]:
    """The queues whose work a blended one takes."""
    assert queue.blend is not None
    named = queue.blend.queues or [name for name, other in waiting.items() if other.channel != "messages"]
    return [name for name in named if name in waiting]


def _groups(waiting: Mapping[str, Queue], works: Mapping[str, pd.DataFrame], blends: list[Queue]) -> list[list[str]]:
    """Queues that can be placed in one go, the one with the tightest deadlines first."""

    def time(name: str) -> float:
        todo = works[name]
        allowed = (todo["due"] - todo["release"]).dt.total_seconds() * todo["agent_hours"]
        return float(allowed.sum() / max(todo["agent_hours"].sum(), 1e-12))

    alike: dict[tuple[object, ...], list[str]] = {}
    for name in sorted(waiting, key=time):
        queue = waiting[name]
        givers = tuple(other.name for other in blends if name in _takes(other, waiting))
        alike.setdefault((queue.occupancy, queue.overdue_within, givers), []).append(name)
    return list(alike.values())


def _use(spares: dict[str, pd.DataFrame], givers: list[str], rows: pd.DataFrame) -> None:
    """What one queue uses of the idle time is gone for the next."""
    used = rows.set_index("start")["in_idle"]
    for name in givers:
        mine = spares[name].set_index("start")["spare"]
        taken = np.minimum(mine, used.reindex(mine.index).fillna(0.0))
        used = used.sub(taken, fill_value=0.0).clip(lower=0.0)
        spares[name] = (mine - taken).rename("spare").reset_index()


def _whole(rows: pd.DataFrame, queue: Queue, forecast: pd.DataFrame, interval: float) -> pd.DataFrame:
    """Rows of one queue with its forecast and its minimum; without any work nobody but the minimum."""
    found = rows.reset_index(drop=True)
    if found.empty:
        none = dict.fromkeys(("agents", "in_idle", "backlog", "carried", "oldest", "deferrable"), 0.0)
        found = forecast[["queue", "start", "end"]].assign(method="deadlines", **none)
    least = queue.minimum(pd.DatetimeIndex(forecast["start"]))
    agents = np.maximum(found["agents"].to_numpy(dtype=float), least)
    return found.assign(
        offered=forecast["offered"].to_numpy(),
        aht=forecast["aht"].to_numpy(),
        load=(forecast["offered"] * forecast["aht"] * queue.touches / interval).to_numpy(),
        minimum=least,
        agents=agents,
        rostered=queue.shrinkage.rostered(agents),
        headcount=queue.shrinkage.headcount(agents),
    )


def _rows(forecast: pd.DataFrame, name: str) -> pd.DataFrame:
    return forecast[forecast["queue"] == name].reset_index(drop=True)


def with_facts(queues: Mapping[str, Queue], week: Week) -> dict[str, Queue]:
    """Queues with what waits at the start of the plan."""
    found = dict(queues)
    for name, queue in queues.items():
        if queue.channel in ("deferred", "outbound") and queue.classes:
            found[name] = replace(queue, backlog=backlog_of(name, queue, week))
    return found
