"""What a plan leaves in its folder beside the tables, so that it can be published and reviewed later: `run.json`."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from wfm.errors import DataError, listed
from wfm.queues import Blend, Callback, Queue, Shrinkage, Turns
from wfm.settings import Week, read_week
from wfm.target import ServiceTarget
from wfm.versions.archive import json_bytes, sha256, sha256_of, write_whole

RUN = "run.json"
FORM = 1
QUEUE_FIELDS = (
    *("channel", "aht", "concurrency", "aht_by_concurrency", "classes", "class_shares", "touches", "class_touches"),
    *("touch_gap", "promise", "overdue_within", "open_deadlines", "occupancy", "turns", "callback", "blend"),
    *("backlog", "in_idle"),
)


def describe_run(
    week_path: str | Path, plan: Any, folder: str | Path, papers: Iterable[str | Path] = ()
) -> dict[str, Any]:
    """Where a plan came from: the week's file, hashes of all inputs and tables, seed, software, its lines and figures.

    Parameters
    ----------
    week_path : path    The week's file that was planned.
    plan : WeekPlan     What `plan_week` made of it.
    folder : path       Where the plan was written; the tables are those in `folder`/tables.
    papers : paths      Workbook, calendars and report that were written of it, inside the folder.

    Returns
    -------
    dict        Plain values only, nothing that changes from one run to the next of the same plan. File names are as
                the week's file has them.

    Raises
    ------
    DataError       A table of the plan is not in the folder.
    """
    path, folder = Path(week_path), Path(folder)
    week, text = read_week(path), path.read_bytes()
    return {
        "form": FORM,
        "name": plan.name,
        "start": str(plan.start),
        "end": str(plan.end),
        "timezone": plan.timezone,
        "interval": float(week.spec.interval),
        "months": plan.calendar.months,
        "draft": int(plan.version),
        "seed": int(week.spec.plan.seed),
        "kept": bool(plan.kept),
        "week": {"file": _seen_from(folder, path), "sha256": sha256(text), "text": text.decode("utf-8")},
        "inputs": list(inputs_of(week)),
        "tables": _hashes(plan.tables(), folder),
        "papers": {Path(paper).relative_to(folder).as_posix(): sha256_of(Path(paper)) for paper in papers},
        "software": _software(),
        "queues": {name: _queue_record(queue, week) for name, queue in plan.queues.items()},
        "lines": list(plan.lines),
        "figures": plain(dict(plan.figures)),
        "warnings": list(plan.warnings),
        "assumed": list(plan.assumed),
    }


def write_run(week_path: str | Path, plan: Any, folder: str | Path, papers: Iterable[str | Path] = ()) -> Path:
    """Write what `describe_run` says as `folder`/run.json: after tables and papers, for it vouches for them."""
    return write_whole(Path(folder) / RUN, json_bytes(describe_run(week_path, plan, folder, papers)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What `run.json`, or the manifest of a published version, says of a plan.

    Attributes
    ----------
    record : mapping        Everything as written.
    folder : Path           The plan's folder, or that of the version.
    """

    record: Mapping[str, Any]
    folder: Path

    @property
    def start(self) -> pd.Timestamp:
        """First day planned."""
        return pd.Timestamp(self.record["start"])

    @property
    def end(self) -> pd.Timestamp:
        """First day after the plan."""
        return pd.Timestamp(self.record["end"])

    @property
    def queues(self) -> dict[str, Queue]:
        """The queues with their promises, patience and absence as they were planned; hours are not kept here."""
        return {name: _queue(name, part) for name, part in self.record["queues"].items()}

    def content(self, table: str) -> bytes:
        """The bytes of a table, which must still be those that were planned.

        Raises DataError where the table is missing or is not as it was written.
        """
        known = self.record["tables"]
        if table not in known:
            raise DataError(
                f"{called(self.folder)} has no table {table!r}; it has {listed(known, most=30)}.", table=table
            )
        path = self.folder / "tables" / f"{table}.csv"
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DataError(
                f"{path.name} of {called(self.folder)} cannot be read: {error.strerror or error}. Plan again.",
                table=table,
            ) from error
        if sha256(content) != known[table]:
            raise DataError(
                f"{path.name} in {called(self.folder)} is not the table that was planned: it was changed, or a run was "
                "broken off. Plan again; a roster changed by hand goes in through its edited sheet, as locks.",
                table=table,
            )
        return content

    def papers(self) -> dict[str, bytes]:
        """The bytes of workbook, calendars and report by their place in the folder; what was removed is left out.

        Raises DataError where one is not as it was written.
        """
        found = {}
        for name, known in self.record.get("papers", {}).items():
            path = self.folder / name
            if not path.is_file():
                continue
            content = path.read_bytes()
            if sha256(content) != known:
                raise DataError(
                    f"{name} in {called(self.folder)} is not as it was planned: it was changed since. Plan again; a "
                    "roster changed by hand in the workbook goes in as locks (`wfm locks`).",
                    table=Path(name).stem,
                )
            found[name] = content
        return found


def called(folder: str | Path) -> str:
    """The name of a folder, of `.` too."""
    return Path(folder).resolve().name or str(folder)


def read_run(folder: str | Path) -> Run:
    """What a planned folder says of its plan.

    Raises DataError where the folder was not written by a plan.
    """
    path = Path(folder) / RUN
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(
            f"{called(folder)} has no {RUN}: no plan was written there. Plan the week into that folder first."
        ) from error
    except (OSError, ValueError) as error:
        raise DataError(f"{RUN} in {called(folder)} cannot be read ({error}). Plan again.") from error
    return Run(record=_known_form(record, RUN), folder=Path(folder))


def _known_form(record: Any, name: str) -> Mapping[str, Any]:
    form = record.get("form") if isinstance(record, dict) else None
    if form != FORM:
        raise DataError(f"{name} must be of form {FORM}, got {form!r}: it was written by another version. Plan again.")
    return record  # type: ignore[no-any-return]


def plain(value: Any) -> Any:
    """A value in types that JSON knows; NaN and infinity become null.

    >>> plain({"at": pd.Timestamp("2026-11-21"), "share": np.float64(0.5), "none": float("nan")})
    {'at': '2026-11-21 00:00:00', 'share': 0.5, 'none': None}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value if value is None or isinstance(value, str) else str(value)


def inputs_of(week: Week) -> Iterator[dict[str, Any]]:
    """Every file that the week's file names: key, file (as named there), bytes, sha256."""
    for key, name in _named(week):
        path = week.path(name)
        if isinstance(path, Path) and path.is_dir() and key.endswith(".backlog"):  # a plan's folder: what it left
            path = _left_by(path)
        elif isinstance(path, Path) and path.is_dir():  # a published folder: its last version
            found = [path, *sorted(path.glob("versions/[0-9]*"), key=lambda version: (len(version.name), version.name))]
            path = found[-1] / "manifest.json"
        if isinstance(path, Path) and path.is_file():
            yield {"key": key, "file": str(name), "bytes": path.stat().st_size, "sha256": sha256_of(path)}


def _left_by(folder: Path) -> Path:
    """The file in which a plan's folder says what it leaves of the work that can wait; else the record of its run."""
    places = (folder / "tables" / "backlog.csv", folder / "backlog.csv", folder / RUN)
    return next((place for place in places if place.is_file()), places[-1])


def _named(week: Week) -> Iterator[tuple[str, object]]:
    spec = week.spec
    for name, part in spec.queues.items():
        for key in ("history", "forecast", "requirement", "pattern"):
            yield f"queues.{name}.{key}", getattr(part, key)
        if isinstance(part.backlog, str):
            yield f"queues.{name}.backlog", part.backlog
    if spec.people is not None:
        for key in ("agents", "absences", "wishes", "locks"):
            yield f"people.{key}", getattr(spec.people, key)
    for key in ("holidays", "seasons"):
        yield f"calendar.{key}", getattr(spec.calendar, key)
    for key in ("regressors", "adjust", "deflection", "suspects", "schedule", "roster"):
        yield key, getattr(spec, key)
    yield "plan.previous", spec.plan.previous


def _hashes(tables: Mapping[str, pd.DataFrame], folder: Path) -> dict[str, str]:
    lacking = [name for name in tables if not (folder / "tables" / f"{name}.csv").is_file()]
    if lacking:
        raise DataError(f"{called(folder)}/tables lacks {listed(lacking)}. Write the plan's tables there first.")
    return {name: sha256_of(folder / "tables" / f"{name}.csv") for name in tables}


def _software() -> dict[str, str]:
    import scipy

    return {
        "openwfm": version("openwfm"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pandas": pd.__version__,
        "scipy": str(scipy.__version__),
    }


def _queue_record(queue: Queue, week: Week) -> dict[str, Any]:
    part = week.spec.queues.get(queue.name)
    record = {name: plain(getattr(queue, name)) for name in QUEUE_FIELDS}
    patience = queue.patience
    return record | {
        "target": None if queue.target is None else plain(queue.target),
        "patience": "none" if patience is not None and math.isinf(patience) else patience,
        "unplanned": queue.shrinkage.unplanned,
        "reading": {}
        if part is None
        else {
            "columns": dict(part.columns),
            "absent": part.absent,
            "stamps": part.stamps,
            "sheet": part.sheet,
            "dates": part.dates,
            "outcomes": dict(part.outcomes),
        },
    }


def _queue(name: str, part: Mapping[str, Any]) -> Queue:
    patience = math.inf if part["patience"] == "none" else part["patience"]
    absent = Shrinkage(unplanned=part["unplanned"])
    fields = {key: part[key] for key in QUEUE_FIELDS if key in part}  # older records know fewer
    fields |= {key: noun(fields[key]) for key, noun in NESTED.items() if fields.get(key) is not None}
    return Queue(name=name, target=_target(part["target"]), patience=patience, shrinkage=absent, **fields)


def _target(part: Mapping[str, Any] | None) -> ServiceTarget | None:
    if part is None:
        return None
    pair = part["wait_quantile"]
    return ServiceTarget(**{**part, "wait_quantile": None if pair is None else tuple(pair)})


NESTED: Mapping[str, Callable[[Any], Any]] = {
    "aht_by_concurrency": tuple,
    "turns": lambda part: Turns(**{**part, "reply": _target(part["reply"])}),
    "callback": lambda part: Callback(**part),
    "blend": lambda part: Blend(**{**part, "queues": tuple(part["queues"])}),
    "backlog": lambda rows: tuple((contacts, kind, pd.Timestamp(arrived)) for contacts, kind, arrived in rows),
    "in_idle": lambda rows: tuple((pd.Timestamp(start), spare) for start, spare in rows),
}


def _seen_from(folder: Path, path: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return path.name
