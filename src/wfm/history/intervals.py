"""Interval data: one row a queue and interval, its numbers checked, doubled rows settled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, did_you_mean, listed

from .bins import COUNTS, combine
from .cells import read_numbers, read_text
from .findings import Findings
from .handle import doubtful_unit, read_aht, read_durations_of
from .names import Columns, need
from .request import Request
from .sheets import Sheet
from .when import When
from .widths import width_of

_VALUES = (*COUNTS, "within", "aht", "asa", "staffed", "excluded")
_ALLOWED = "a number in [0, inf) contacts"

Floats = npt.NDArray[np.float64]


def read_intervals(when: When, columns: Columns, request: Request, findings: Findings) -> pd.DataFrame:
    """The table queue, start, end and the values of the file; sorted, every interval once."""
    sheet = when.sheet
    counts = _counts(sheet, columns, findings)
    answered = counts.get("answered", counts["offered"])
    aht = read_aht(sheet, columns, answered, findings)
    values: dict[str, object] = dict(counts)
    if aht is not None:
        values["aht"] = aht
    for role in ("asa", "within"):
        if role in columns:
            values[role] = read_durations_of(sheet, columns, role, findings)
    if "staffed" in columns:
        values["staffed"] = _number(sheet, columns, "staffed", findings)
    if "excluded" in columns:
        values["excluded"] = _flags(sheet, columns)
    table = pd.DataFrame(
        {
            "queue": read_queue(sheet, columns, request, findings),
            "start": when.start,
            "end": _ends(when, columns, request),
            **values,
            "row": np.arange(len(when.start)),
        }
    )
    table["merge"] = when.moved | when.doubled
    table = only_queue(table, request, findings)
    table = _without_idle_means(table, findings)
    _check_answered(table, sheet, columns, findings)
    return _settled(table, sheet, findings)


def read_queue(sheet: Sheet, columns: Columns, request: Request, findings: Findings) -> npt.NDArray[np.object_]:
    """Name of each row's queue."""
    if "queue" not in columns:
        name = request.queue or "all"
        if request.queue is None:
            findings.note("read", "no column of queues: all rows belong to queue 'all'")
        return np.full(len(sheet.cells), name, dtype=object)
    names = read_text(sheet.cells[columns.names["queue"]])
    findings.fault(
        sheet, names.isna().to_numpy(), column=columns.names["queue"], role="queue", allowed="a text that is not empty"
    )
    return names.to_numpy(dtype=object)


def only_queue(table: pd.DataFrame, request: Request, findings: Findings) -> pd.DataFrame:
    """The rows of the queue that was asked for; a file with one queue is taken as that queue."""
    table = table[table["queue"].notna()]
    there = sorted(set(table["queue"]))
    if request.queue is None or there == [request.queue]:
        return table
    if request.queue in there:
        other = table["queue"] != request.queue
        findings.note(
            "counted",
            f"rows of other queues left out: {listed(set(table['queue']) - {request.queue})}",
            rows=int(other.sum()),
        )
        return table[~other]
    if len(there) == 1:
        findings.note("read", f"queue {there[0]!r} of the file is read as {request.queue!r}", rows=len(table))
        return table.assign(queue=request.queue)
    raise DataError(
        f"{findings.name} has no queue {request.queue!r}; it has {listed(there, most=20)}."
        f"{did_you_mean(request.queue, there)}",
        table=findings.name,
        column="queue",
    )


def _counts(sheet: Sheet, columns: Columns, findings: Findings) -> dict[str, Floats]:
    """Volumes; offered is put together from its fates where the file does not give it."""
    counts = {role: _number(sheet, columns, role, findings) for role in COUNTS if role in columns}
    if "unique" in columns:
        unique = _number(sheet, columns, "unique", findings)
        if "offered" in counts and "redials" not in counts:
            counts["redials"] = np.maximum(counts["offered"] - unique, 0.0)
            findings.note("read", "redials = offered - unique contacts", rows=len(unique))
        elif "offered" not in counts and "answered" not in counts:
            counts["offered"] = unique
            findings.note(
                "read", f"offered from {columns.names['unique']!r}: unique contacts, redials are not in it", doubt=True
            )
    if "offered" not in counts and "answered" in counts:
        name = columns.names["answered"]
        lost = counts.get("abandoned")
        counts = {"offered": counts["answered"] + (0.0 if lost is None else lost), **counts}
        if lost is None:
            findings.note(
                "read", f"offered from {name!r}: only contacts that were answered, demand is higher", doubt=True
            )
        else:
            findings.note("repaired", "offered = answered + abandoned", rows=len(lost))
    if "offered" not in counts:
        need(
            sheet, columns, "offered", hint='Name the column of contacts that arrived: columns={"Calls in": "offered"}.'
        )
    return {role: counts[role] for role in COUNTS if role in counts}


def _number(sheet: Sheet, columns: Columns, role: str, findings: Findings) -> Floats:
    name = columns.names[role]
    found = read_numbers(sheet.cells[name], whole=role in (*COUNTS, "unique"))
    bad = found.bad | (found.numbers < 0)
    findings.fault(sheet, bad, column=name, role=role, allowed=_ALLOWED if role != "staffed" else "a number >= 0")
    if found.style:
        findings.note("read", f"{name!r} with a {found.style}", doubt=found.style == "thousands dot")
    return np.where(bad, np.nan, found.numbers)


def _flags(sheet: Sheet, columns: Columns) -> npt.NDArray[np.bool_]:
    words = read_text(sheet.cells[columns.names["excluded"]]).map(lambda word: str(word or "").lower())
    return words.isin(["true", "1", "1.0", "yes", "y", "x"]).to_numpy()


def _ends(when: When, columns: Columns, request: Request) -> npt.NDArray[np.datetime64]:
    told = ~np.isnat(when.end)
    if told.all() and len(told):
        return when.end
    width = np.timedelta64(int(width_of(when.start, when.sheet, columns, interval=request.interval)), "s")
    return np.where(told, when.end, when.start + width)


def _without_idle_means(table: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """AHT and ASA of 0 where nobody was answered say nothing; an AHT of 0 elsewhere is no data either."""
    by = table["answered"] if "answered" in table else table["offered"]
    for name in ("aht", "asa"):
        if name in table:
            idle = (table[name] == 0) & ((by == 0) | (name == "aht"))
            table = table.assign(**{name: table[name].mask(idle)})
            busy = idle & (by > 0)
            if busy.any():
                findings.note("repaired", f"{name} of 0 with contacts answered taken as no data", rows=int(busy.sum()))
    if "aht" in table and (doubt := doubtful_unit(table["aht"])):
        findings.note("read", doubt, rows=len(table), doubt=True)
    return table


def _check_answered(table: pd.DataFrame, sheet: Sheet, columns: Columns, findings: Findings) -> None:
    """Answered beyond offered: contacts carried over from the interval before explain it, or it is a fault."""
    if "answered" not in table or "offered" not in columns:
        return
    table = table.sort_values(["queue", "start"], kind="stable")
    before = table.groupby("queue")["offered"].shift().fillna(0.0)
    more = table["answered"] > table["offered"]
    wrong = np.zeros(len(sheet.cells), dtype=bool)
    wrong[table.loc[more & (table["answered"] > table["offered"] + before), "row"]] = True
    carried = int(more.sum() - wrong.sum())
    if carried:
        findings.note(
            "counted", "intervals with more answered than offered: contacts that came the interval before", rows=carried
        )
    findings.fault(
        sheet,
        wrong,
        column=columns.names["answered"],
        role="answered",
        allowed=f"at most {columns.names['offered']!r} of this and the interval before",
    )


def _settled(table: pd.DataFrame, sheet: Sheet, findings: Findings) -> pd.DataFrame:
    """Every interval once: jumping clocks merged, exact copies dropped, all other doubles refused."""
    key = ["queue", "start"]
    table = table.sort_values([*key, "row"], kind="stable").reset_index(drop=True)
    double = table.duplicated(key, keep=False)
    jump = double & table.groupby(key)["merge"].transform("any") if double.any() else double
    copy = double & ~jump & table.duplicated([c for c in table.columns if c not in ("row", "merge")])
    clash = double & ~jump & ~copy
    clash &= table[clash].duplicated(key, keep=False).reindex(table.index, fill_value=False)
    if clash.any():
        _refuse_doubled(table[clash], sheet, "more than once with different values")
    if copy.any():
        at = np.zeros(len(sheet.cells), dtype=bool)
        at[table.loc[copy, "row"]] = True
        findings.mark("repaired", "exact copies of a row left out", sheet, at, doubt=True)
        table = table[~copy]
    late = (table["queue"] == table["queue"].shift()) & (table["start"] < table["end"].shift()) & ~table.duplicated(key)
    if late.any():
        _refuse_doubled(table[late | late.shift(-1, fill_value=False)], sheet, "with an overlap")
    table = table.drop(columns=["row", "merge"]).reset_index(drop=True)
    if not jump.any():
        return table
    merged = combine(table)
    findings.note(
        "repaired",
        "intervals that came twice by the clock merged, volumes added",
        rows=len(table) - len(merged),
        example=table.loc[table.duplicated(key), "start"].iloc[0],
    )
    return merged


def _refuse_doubled(rows: pd.DataFrame, sheet: Sheet, how: str) -> None:
    first = rows.iloc[0]
    numbers = sorted(sheet.row(int(row)) for row in rows["row"])
    raise DataError(
        f"{sheet.name}: queue {first['queue']!r} has the interval {first['start']:%Y-%m-%d %H:%M} {how}, rows "
        f"{listed(numbers)}. Correct these rows; if they belong to several queues, name that column: "
        'columns={"Skill": "queue"}; if clocks were put back, give timezone=.',
        table=sheet.name,
        column="start",
        rows=sheet.positions[rows["row"].to_numpy()].tolist(),
    )
