"""What tables and settings must be together, before anything is computed of them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from wfm.errors import DataError, SettingError, WfmWarning, listed
from wfm.settings import Week, names_key

if TYPE_CHECKING:
    from wfm.plan.doors import Doors

FAR, FARTHEST = 120, 730  # days from the end of history to the plan


def placed_once(week: Week, absences: pd.DataFrame | None, doors: Doors) -> None:
    """A kind of shrinkage that is placed by date may not also be given as a share."""
    placed = set() if absences is None else set(absences["kind"])
    for name, queue in week.queues.items():
        for kind in sorted(placed & set(queue.shrinkage.kinds)):
            doors.problems.append(
                SettingError(
                    f"queues.{name}.shrinkage.{kind} is given as a share, and people.absences places it by date; "
                    "it would be counted twice. Keep one of them.",
                    name=f"queues.{name}.shrinkage.{kind}",
                    where=week.where("queues", name, "shrinkage", kind),
                )
            )


def open_at_all(week: Week, doors: Doors) -> None:
    """Every queue is open at some time of the plan."""
    for name in week.queues:
        if len(week.starts(name)) == 0:
            where = week.where("queues", name, "hours")
            doors.problems.append(
                SettingError(
                    f"queues.{name} has no open interval from {week.start.date()} to {week.end.date()}. Correct its "
                    "hours, calendar.closed or plan.start.",
                    name=f"queues.{name}.hours",
                    where=where,
                )
            )


def near_enough(week: Week, histories: Mapping[str, pd.DataFrame], doors: Doors) -> None:
    """A forecast far beyond its history is a mistyped year, or a guess."""
    for name, history in histories.items():
        ahead = (week.start - history["start"].max()) / pd.Timedelta(days=1)
        if ahead > FARTHEST:
            doors.problems.append(
                SettingError(
                    f"plan.start {week.start.date()} lies {ahead / 365:.1f} years after the history of queue {name!r} "
                    f"ends ({history['start'].max().date()}); at most {FARTHEST / 365:.0f} years are "
                    "forecast. Correct the date.",
                    name="plan.start",
                    where=week.where("plan", "start"),
                )
            )
        elif ahead > FAR:
            doors.notes.append(
                f"the plan begins {ahead:.0f} days after the history of queue {name} ends: ranges do not know so long"
            )


def long_enough(week: Week, histories: Mapping[str, pd.DataFrame], doors: Doors) -> None:
    """A queue that has just begun teaches no forecast yet."""
    from wfm.forecast.learned.queue_model import LEAST_DAYS

    spans = {}
    for name, history in histories.items():
        came = history.loc[history["offered"] > 0, "start"].dt.normalize()
        spans[name] = (came.max() - came.min()).days + 1 if len(came) else 0
    old = [name for name, span in spans.items() if span >= LEAST_DAYS]
    for name, span in spans.items():
        if span < LEAST_DAYS:
            like = f", or `like: {old[0]}`," if old else ""
            doors.problems.append(
                SettingError(
                    f"queues.{name}.history: contacts came on {span} day(s) from first to last, a forecast is learned "
                    f"from three weeks. Until then give `volume: 500/week`{like} instead of the history.",
                    name=f"queues.{name}.history",
                    where=week.where("queues", name, "history"),
                )
            )


def of_queue(handed: Any, name: str) -> Any:
    """What was handed in for one queue: of a mapping by queue, of a table with queues, or of one table for all."""
    if isinstance(handed, Mapping):
        return handed.get(name)
    if isinstance(handed, pd.DataFrame) and "queue" in handed:
        mine = handed[handed["queue"] == name]
        return mine if len(mine) else None
    return handed


def clocks_that_jump(week: Week, doors: Doors) -> None:
    """An hour of the plan that never comes, or comes twice: a plan has every hour of the clock once."""
    from wfm.history.zones import clock_changes, zone_of

    zone = zone_of(week.spec.timezone)
    if zone is None:
        return
    for start, jump in clock_changes(zone, week.start, week.end):
        length = abs(jump)
        span = pd.date_range(start, start + length, freq="15min", inclusive="left")
        if not any(queue.hours.is_open(span).any() for queue in week.queues.values()):
            continue
        minutes, last = int(length.total_seconds() // 60), start + length
        if jump > pd.Timedelta(0):
            doors.notes.append(
                f"by the clock of {zone.key} {start:%a %d %b %H:%M}-{last:%H:%M} never comes: what is planned for it "
                f"falls away, and shifts over it are {minutes} minutes shorter"
            )
        else:
            doors.notes.append(
                f"by the clock of {zone.key} {start:%a %d %b %H:%M}-{last:%H:%M} comes twice and is planned once: keep "
                f"its people for both, shifts over it are {minutes} minutes longer"
            )


def sourced(week: Week, handed: Mapping[str, Any], tables: Mapping[str, Any], doors: Doors) -> None:
    """Every queue has numbers to start from; a history that cannot be read is told of where it is read."""
    history = handed.get("history")
    others = [str(queue) for queue in history if queue not in week.queues] if isinstance(history, Mapping) else []
    for name, part in week.spec.queues.items():
        known = any(source is not None for source in (part.volume, part.like, part.history, part.derived))
        if known or name in tables or of_queue(history, name) is not None:
            continue
        elsewhere = f" The history that was handed in is of {listed(others, most=6)}." if others else ""
        doors.problems.append(
            SettingError(
                f"queues.{name} has no source: give history, forecast, requirement, volume or like.{elsewhere}",
                name=f"queues.{name}",
                where=week.where("queues", name),
            )
        )


def secret_names(week: Week, doors: Doors) -> None:
    """Names that are replaced are replaced with a key, or the planner is told what that is worth without."""
    output = week.spec.output
    if output.names == "full":
        return
    if output.key is None:
        doors.notes.append(
            "output.names replaces names without a key: whoever holds the list of people can undo it; name a secret "
            "under output.key"
        )
        return
    doors.open(lambda: names_key(week), "output", "key")


def whole_rostered(table: pd.DataFrame, name: str) -> None:
    """A column `rostered` that was handed in is whole, and says so where it is not what the plan goes by."""
    if "rostered" not in table or table["rostered"].isna().all():
        return
    gone = table.index[table["rostered"].isna()]
    if len(gone):
        raise DataError(
            f"requirement.rostered of queue {name!r} is empty in {len(gone)} row(s), first: "
            f"start={table['start'][gone[0]]}. Fill it, or leave the whole column out: it is agents / (1 - unplanned).",
            table="requirement",
            column="rostered",
            rows=gone.tolist(),
        )
    warnings.warn(
        f"requirement of queue {name!r} has a column rostered, which is not used: agents / (1 - unplanned) is.",
        WfmWarning,
        stacklevel=2,
    )
