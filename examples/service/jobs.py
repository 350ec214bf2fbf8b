"""What the service does, plain data in and JSON out; runs in the worker processes."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pandas as pd

import wfm
from wfm.settings.spec import json_schema

log = logging.getLogger("service")
Body = dict[str, Any]


def answer(name: str, body: Body) -> tuple[int, bytes]:
    """Status and JSON of a request: 200, or 422 with every problem and its place."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", wfm.WfmWarning)
            found = {"forecast": forecast, "staff": staff, "plan": plan}[name](body)
    except wfm.MissingExtra as error:
        return 501, as_json({"problems": [problem(error)]})
    except wfm.WfmError as error:
        return 422, as_json({"problems": [problem(each) for each in getattr(error, "problems", [error])]})
    except Exception:
        log.exception("%s failed", name)
        fault = {"name": None, "where": None, "message": "A fault of the service, not of the request; see its log."}
        return 500, as_json({"problems": [fault]})
    doubts = [str(each.message) for each in caught if issubclass(each.category, wfm.WfmWarning)]
    return 200, as_json({**found, "warnings": list(dict.fromkeys([*found.get("warnings", ()), *doubts]))})


def forecast(body: Body) -> Body:
    """Contacts and handle time of the days after history."""
    with inside("calendar"):
        calendar = wfm.Calendar(**body["calendar"])
    history = wfm.read_history(
        table(body["history"]), interval=body["interval"], hours=body["hours"], calendar=calendar
    )
    model = wfm.Forecaster(calendar=calendar).fit(history)
    return {"forecast": rows(model.predict(days=body["days"], quantiles=tuple(body["quantiles"])))}


def staff(body: Body) -> Body:
    """Agents by interval for a forecast."""
    with inside("target"):
        target = wfm.ServiceTarget(**body["target"])
    needed = wfm.erlang.requirement(
        with_times(table(body["forecast"])),
        target,
        patience=float("inf") if body["patience"] == "none" else body["patience"],
        shrinkage=body["shrinkage"],
        concurrency=body["concurrency"],
        minimum=body["minimum"],
    )
    return {"requirement": rows(needed)}


def plan(body: Body) -> Body:
    """A week's plan: its ten lines and the tables asked for."""
    with inside("week"):
        found = wfm.plan_week(with_tables(body["week"], file_keys()))
    tables = found.tables()
    return {
        "name": found.name,
        "start": str(found.start.date()),
        "end": str(found.end.date()),
        "kept": found.kept,
        "lines": list(found.lines),
        "assumed": list(found.assumed),
        "warnings": list(found.warnings),
        "tables": {name: rows(tables[name]) for name in body["tables"] if name in tables},
    }


def file_keys() -> frozenset[str]:
    """Keys of the week's file that may name a file, as its JSON Schema says."""
    found: set[str] = set()
    for part in (json_schema(), *json_schema()["$defs"].values()):
        found |= {key for key, about in part["properties"].items() if "file name" in about.get("description", "")}
    return frozenset(found)


def with_tables(part: Any, keys: frozenset[str], place: str = "") -> Any:
    """The week with its rows as tables. A service opens no file that a stranger names, so texts are refused there."""
    if isinstance(part, list):
        return [with_tables(item, keys, f"{place}{k}.") for k, item in enumerate(part)]
    if not isinstance(part, Mapping):
        return part
    found = {}
    for key, value in part.items():
        if key in keys and isinstance(value, str):
            raise wfm.SettingError(
                f"{place}{key} must hold the rows themselves, as a list of objects, not the name of a file, "
                f"got {value[:80]!r}.",
                name=f"{place}{key}",
            )
        is_table = key in keys and isinstance(value, list) and all(isinstance(row, Mapping) for row in value)
        found[key] = (table(value) if value else None) if is_table else with_tables(value, keys, f"{place}{key}.")
    return found


def table(records: list[Body]) -> pd.DataFrame:
    """Rows as a table, without the columns that no row fills."""
    return pd.DataFrame(records).dropna(axis=1, how="all")


def with_times(found: pd.DataFrame) -> pd.DataFrame:
    """The table with start and end as times."""
    for column in found.columns.intersection(["start", "end"]):
        times = pd.to_datetime(found[column], errors="coerce", format="ISO8601")
        if times.isna().any():
            row = int(times.isna().to_numpy().argmax())
            raise wfm.DataError(
                f"forecast.{column} must be a time such as 2026-11-23T08:00, got {found[column].iloc[row]!r}.",
                table="forecast",
                column=column,
                rows=[row],
            )
        found = found.assign(**{column: times})
    return found


def rows(found: pd.DataFrame) -> list[Body]:
    """A table as rows; times as ISO texts, what is not known as null."""
    for name in found.columns[[pd.api.types.is_datetime64_any_dtype(kind) for kind in found.dtypes]]:
        found = found.assign(**{name: found[name].dt.strftime("%Y-%m-%dT%H:%M:%S")})
    records: list[Body] = found.astype(object).where(found.notna(), None).to_dict("records")
    return records


@contextmanager
def inside(place: str) -> Iterator[None]:
    """Settings that are wrong in here lie under this key of the request."""
    try:
        yield
    except wfm.SettingError as error:
        for each in getattr(error, "problems", [error]):
            if isinstance(each, wfm.SettingError):
                each.where = f"{place}.{each.name}" if each.name else place
        raise


def problem(error: Exception) -> Body:
    """Name, place and words of an error; a place is a path in the request, or a row and column of its table."""
    name, where = getattr(error, "name", None), getattr(error, "where", None)
    if isinstance(error, wfm.DataError):
        row = f"[{error.rows[0]}]" if error.rows else ""
        name = ".".join(part for part in (error.table, error.column) if part) or None
        where = f"{error.table or 'table'}{row}{'.' + error.column if error.column else ''}"
    return {"name": name, "where": where or name, "message": str(error)}


def as_json(found: Body) -> bytes:
    """JSON without NaN, made here so that the server's own loop never waits for it."""
    return json.dumps(found, ensure_ascii=False, allow_nan=False, default=lambda value: value.item()).encode()
