"""Interval data: one row a queue and interval, its numbers checked, doubled rows settled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, did_you_mean, listed

from .bins import COUNTS, combine
from .cells import ONE_LINE, has_control, is_empty, read_numbers, read_text, why_text
from .changes import NO_DATA, REFUSED, as_read, where
from .findings import Findings
from .gaps import open_during
from .handle import doubtful_unit, keep_parts, read_aht, read_durations_of
from .names import Columns, need
from .request import Request
from .sheets import Sheet
from .spelling import looks, sounds
from .waited import with_what_waited
from .when import When
from .widths import width_of

_VALUES = (*COUNTS, "within", "aht", "asa", "staffed", "excluded")
_ALLOWED = "a number in [0, inf) contacts"

Floats = npt.NDArray[np.float64]


def read_intervals(when: When, columns: Columns, request: Request, findings: Findings) -> pd.DataFrame:
    """The table queue, start, end and the values of the file; sorted, every interval once, closed ones left out."""
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
        values["excluded"] = _flags(sheet, columns, findings)
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
    table = only_queue(table, request, sheet, columns, findings)
    table = _without_idle_means(table, sheet, columns, findings)
    _check_answered(table, sheet, columns, findings)
    table = only_open(_each_once(table, when, findings), request, when, findings)
    findings.read_rows = len(np.unique(sheet.positions[table["row"].to_numpy()]))
    merged = _merged(table, when, findings)
    if not request.waits or request.hours is None:
        return merged
    parts = [with_what_waited(part, request.hours) for _, part in merged.groupby("queue", sort=True)]
    return pd.concat(parts, ignore_index=True) if parts else merged


def read_queue(sheet: Sheet, columns: Columns, request: Request, findings: Findings) -> npt.NDArray[np.object_]:
    """Name of each row's queue."""
    if "queue" not in columns:
        name = request.queue or "all"
        if request.queue is None:
            findings.note("read", "no column of queues: all rows belong to queue 'all'")
        return np.full(len(sheet.cells), name, dtype=object)
    column = columns.names["queue"]
    names = read_text(sheet.cells[column])
    unsound = names.map(lambda name: isinstance(name, str) and has_control(name)).to_numpy(dtype=bool)
    findings.fault(sheet, unsound, column=column, role="queue", allowed=ONE_LINE, whole=True)
    lacking = names.isna().to_numpy(dtype=bool)
    findings.fault(sheet, lacking, column=column, role="queue", allowed="a text that is not empty", whole=True)
    read = names.where(~unsound, None).to_numpy(dtype=object)
    findings.reinterpreted(sheet, column=column, read=read, why=why_text(sheet.cells[column]), but=unsound | lacking)
    return _one_encoding(read, column, sheet, request, findings)


def _one_encoding(
    names: npt.NDArray[np.object_], column: str, sheet: Sheet, request: Request, findings: Findings
) -> npt.NDArray[np.object_]:
    """Names that look the same are one queue; names that only sound the same stay apart, and are told of."""
    there = list(dict.fromkeys(name for name in names if name is not None))
    asked = [] if request.queue is None else [request.queue]
    chosen: dict[str, str] = {}
    for name in [*asked, *there]:
        chosen.setdefault(looks(name), name)
    other = {name: chosen[looks(name)] for name in there if chosen[looks(name)] != name}
    if other:
        at = np.array([name in other for name in names], dtype=bool)
        names = np.array([other.get(name, name) for name in names], dtype=object)
        what = "queue names that look the same, in letters of another encoding, taken for one"
        findings.mark("repaired", what, sheet, at, column=column, read=names)
    alike: dict[str, list[str]] = {}
    for name in dict.fromkeys(name for name in names if name is not None):
        alike.setdefault(sounds(name), []).append(name)
    for kin in alike.values():
        if len(kin) > 1 and (not asked or request.queue in kin):
            rows = int(sum(name in kin and name != request.queue for name in names))
            findings.note(
                "counted",
                f"queues {listed(sorted(kin))} differ in spelling only and are kept apart; write them alike if they "
                "are one",
                rows=rows,
                doubt=True,
            )
    return names


def only_queue(
    table: pd.DataFrame, request: Request, sheet: Sheet, columns: Columns, findings: Findings
) -> pd.DataFrame:
    """The rows of the queue that was asked for; a file with one queue is taken as that queue."""
    table = table[table["queue"].notna()]
    there = sorted(set(table["queue"]))
    if request.queue is None or there == [request.queue]:
        return table
    name = columns.names.get("queue", "")
    if request.queue in there:
        other = table["queue"] != request.queue
        left = listed(set(table["queue"]) - {request.queue})
        at = rows_at(sheet, table.loc[other, "row"])
        findings.mark("counted", f"rows of other queues left out: {left}", sheet, at)
        findings.change("counted", sheet, at, column=name, read=REFUSED, why="row of another queue")
        return table[~other]
    if len(there) == 1:
        at = rows_at(sheet, table["row"])
        what = f"queue {there[0]!r} of the file is read as {request.queue!r}"
        findings.note("read", what, rows=len(table))
        findings.change("read", sheet, at, column=name, read=request.queue, why="the file's only queue")
        return table.assign(queue=request.queue)
    raise DataError(
        f"{findings.name} has no queue {request.queue!r}; it has {listed(there, most=20)}."
        f"{did_you_mean(request.queue, there)}",
        table=findings.name,
        column="queue",
    )


def only_open(table: pd.DataFrame, request: Request, when: When, findings: Findings) -> pd.DataFrame:
    """The rows inside the opening hours; `table` has queue, start, end, offered, and row of the sheet.

    Where contacts wait, all of them stay, and what waits is told.
    """
    if request.hours is None or table.empty:
        return table
    inside = np.zeros(len(table), dtype=bool)
    widths = (table["end"] - table["start"]).dt.total_seconds().to_numpy()
    for width in np.unique(widths):
        mine = widths == width
        inside[mine] = open_during(pd.DatetimeIndex(table.loc[mine, "start"]), float(width), request.hours)
    outside = table[~inside]
    if len(outside):
        contacts = float(outside["offered"].sum())
        at = rows_at(when.sheet, outside["row"])
        if request.waits:
            what = f"contacts outside opening hours wait for the next opening: {contacts:g}"
            findings.note("read", what, rows=len(outside), example=outside["start"].iloc[0])
            findings.change("read", when.sheet, at, column=when.column, read="the next opening", why="waits")
            return table
        findings.note(
            "counted",
            f"intervals outside opening hours left out, with {contacts:g} contacts",
            rows=len(outside),
            example=outside["start"].iloc[0],
        )
        findings.outside_hours = contacts
        findings.change("counted", when.sheet, at, column=when.column, read=REFUSED, why="outside opening hours")
    return table[inside]


def rows_at(sheet: Sheet, rows: pd.Series) -> npt.NDArray[np.bool_]:
    """Rows of the sheet as a mask."""
    at = np.zeros(len(sheet.cells), dtype=bool)
    at[rows.to_numpy(dtype=np.int64)] = True
    return at


def _counts(sheet: Sheet, columns: Columns, findings: Findings) -> dict[str, Floats]:
    """Volumes; offered is put together from its fates where the file does not give it."""
    counts = {role: _number(sheet, columns, role, findings) for role in COUNTS if role in columns}
    if "unique" in columns:
        unique = _number(sheet, columns, "unique", findings)
        if "offered" in counts and "redials" not in counts:
            counts["redials"] = np.maximum(counts["offered"] - unique, 0.0)
            findings.note("read", "redials = offered - unique contacts", rows=len(unique))
            keep_parts(sheet, [columns.names["unique"]], "redials", counts["redials"], "offered - unique", findings)
        elif "offered" not in counts and "answered" not in counts:
            counts["offered"] = unique
            what = "unique contacts, redials are not in it"
            findings.note("read", f"offered from {columns.names['unique']!r}: {what}", doubt=True)
            keep_parts(sheet, [columns.names["unique"]], "offered", unique, what, findings)
    if "offered" not in counts and "answered" in counts:
        name = columns.names["answered"]
        lost = counts.get("abandoned")
        counts = {"offered": counts["answered"] + (0.0 if lost is None else lost), **counts}
        if lost is None:
            what = "only contacts that were answered, demand is higher"
            findings.note("read", f"offered from {name!r}: {what}", doubt=True)
            keep_parts(sheet, [name], "offered", counts["offered"], what, findings)
        else:
            what = "offered = answered + abandoned"
            findings.note("repaired", what, rows=len(lost))
            keep_parts(sheet, [name, columns.names["abandoned"]], "offered", counts["offered"], what, findings)
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
    values: Floats = np.where(bad, np.nan, found.numbers)
    findings.reinterpreted(sheet, column=name, read=as_read(values), why=found.why, but=bad)
    return values


def _flags(sheet: Sheet, columns: Columns, findings: Findings) -> npt.NDArray[np.bool_]:
    name = columns.names["excluded"]
    words = read_text(sheet.cells[name]).map(lambda word: str(word or "").lower())
    flags = words.isin(["true", "1", "1.0", "yes", "y", "x"]).to_numpy(dtype=bool)
    spelled = words.isin(["true", "false"]).to_numpy(dtype=bool)
    why = where(~spelled, "word for yes or no")
    read = np.where(flags, "True", "False").astype(object)
    findings.reinterpreted(sheet, column=name, read=read, why=why, but=is_empty(sheet.cells[name]))
    return flags


def _ends(when: When, columns: Columns, request: Request) -> npt.NDArray[np.datetime64]:
    told = ~np.isnat(when.end)
    if told.all() and len(told):
        return when.end
    width = np.timedelta64(int(width_of(when.start, when.sheet, columns, interval=request.interval)), "s")
    return np.where(told, when.end, when.start + width)


def _without_idle_means(table: pd.DataFrame, sheet: Sheet, columns: Columns, findings: Findings) -> pd.DataFrame:
    """AHT and ASA of 0 where nobody was answered say nothing; an AHT of 0 elsewhere is no data either."""
    by = table["answered"] if "answered" in table else table["offered"]
    for name in ("aht", "asa"):
        if name in table:
            idle = (table[name] == 0) & ((by == 0) | (name == "aht"))
            table = table.assign(**{name: table[name].mask(idle)})
            busy = idle & (by > 0)
            if busy.any():
                findings.note("repaired", f"{name} of 0 with contacts answered taken as no data", rows=int(busy.sum()))
            column = columns.names.get(name, "")
            for kind, rows, why in (("read", idle & ~busy, "nobody answered"), ("repaired", busy, "contacts answered")):
                at = rows_at(sheet, table.loc[rows, "row"])
                if column:
                    findings.change(kind, sheet, at, column=column, read=NO_DATA, why=f"{name} of 0, {why}")
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


def _each_once(table: pd.DataFrame, when: When, findings: Findings) -> pd.DataFrame:
    """Every interval once but where the clock jumped: exact copies left out, all other doubles refused."""
    key, sheet = ["queue", "start"], when.sheet
    table = table.sort_values([*key, "row"], kind="stable").reset_index(drop=True)
    double = table.duplicated(key, keep=False)
    jump = double & table.groupby(key)["merge"].transform("any") if double.any() else double
    copy = double & ~jump & table.duplicated([c for c in table.columns if c not in ("row", "merge")])
    clash = double & ~jump & ~copy
    clash &= table[clash].duplicated(key, keep=False).reindex(table.index, fill_value=False)
    if clash.any():
        _refuse_doubled(table[clash], sheet, "more than once with different values")
    if copy.any():
        at = rows_at(sheet, table.loc[copy, "row"])
        what = "exact copies of a row left out"
        findings.mark("repaired", what, sheet, at, doubt=True)
        findings.change("repaired", sheet, at, column=when.column, read=REFUSED, why=what)
        table = table[~copy]
    late = (table["queue"] == table["queue"].shift()) & (table["start"] < table["end"].shift()) & ~table.duplicated(key)
    if late.any():
        _refuse_doubled(table[late | late.shift(-1, fill_value=False)], sheet, "with an overlap")
    return table.reset_index(drop=True)


def _merged(table: pd.DataFrame, when: When, findings: Findings) -> pd.DataFrame:
    """Intervals that came twice by a jumping clock, added up."""
    key = ["queue", "start"]
    double = table.duplicated(key, keep=False)
    merged = table.drop(columns=["row", "merge"]).reset_index(drop=True)
    if not double.any():
        return merged
    merged = combine(merged)
    what = "intervals that came twice by the clock merged, volumes added"
    findings.note("repaired", what, rows=len(table) - len(merged), example=table.loc[double, "start"].iloc[0])
    at = rows_at(when.sheet, table.loc[double, "row"])
    findings.change("repaired", when.sheet, at, column=when.column, read=when.start, why=what)
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
