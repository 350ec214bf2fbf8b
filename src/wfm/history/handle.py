"""AHT of interval data: given, or put together from talk, hold and wrap-up in sums or averages."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError

from .cells import read_durations
from .changes import as_read, as_text, joined, where
from .findings import Findings
from .names import Columns
from .sheets import Sheet
from .spelling import plain

PARTS = ("talk", "hold", "wrap")
_AVERAGE = ("avg", "average", "mean", "aht", "att", "ø", "میانگین", "متوسط")
_TOTAL = ("total", "sum", "gesamt", "مجموع", "جمع", "کل")

Floats = npt.NDArray[np.float64]


def read_durations_of(sheet: Sheet, columns: Columns, role: str, findings: Findings) -> Floats:
    """A column of durations in seconds; faulty and negative cells are refused."""
    name = columns.names[role]
    found = read_durations(sheet.cells[name])
    bad = found.bad | (found.numbers < 0)
    findings.fault(sheet, bad, column=name, role=role, allowed="a duration >= 0 in seconds or as mm:ss")
    factor = columns.factors.get(role, 1.0)
    clocked = found.style.startswith("hh")
    if clocked:
        findings.note("read", f"{name!r} as hh:mm:ss or mm:ss")
        factor = 1.0
    elif factor != 1.0:
        findings.note("read", f"{name!r} times {factor:g} to seconds, told by its name")
    values: Floats = np.where(bad, np.nan, found.numbers * factor)
    why = found.why if factor == 1.0 else joined(found.why, where(~np.isnan(values), f"times {factor:g} to seconds"))
    findings.reinterpreted(sheet, column=name, read=as_read(values, unit="s"), why=why, but=bad)
    return values


def read_aht(sheet: Sheet, columns: Columns, answered: Floats, findings: Findings) -> Floats | None:
    """AHT in seconds per answered contact, or None where the file has nothing that tells it."""
    if "aht" in columns:
        return read_durations_of(sheet, columns, "aht", findings)
    parts = [role for role in PARTS if role in columns] if "talk" in columns else []
    parts = parts or (["handle"] if "handle" in columns else [])
    if not parts:
        return None
    names = [columns.names[role] for role in parts]
    first, *others = (read_durations_of(sheet, columns, role, findings) for role in parts)
    total: Floats = first + sum(np.nan_to_num(other) for other in others)
    sums = are_sums(total, answered, names, sheet)
    findings.note(
        "read",
        f"aht from {' + '.join(names)}, {'sums of the interval' if sums else 'averages per contact'}",
        rows=len(total),
        example=sheet.cells[names[0]].iloc[0],
    )
    if parts == ["talk"]:
        findings.note("read", f"aht from {names[0]!r} alone: hold and wrap-up are not in it", doubt=True)
    mean: Floats = total
    if sums:
        mean = np.divide(total, answered, out=np.full(len(total), np.nan), where=answered > 0)
    if sums or len(names) > 1:
        why = "sums of the interval by answered contacts" if sums else "parts added up"
        keep_parts(sheet, names, "aht", mean, why, findings)
    return mean


def keep_parts(sheet: Sheet, names: list[str], made: str, values: Floats, why: str, findings: Findings) -> None:
    """Keep the cells from which a number of each row was made."""
    parts = [as_text(sheet.cells[name].to_numpy(dtype=object)) for name in names]
    stood = parts[0]
    for part in parts[1:]:
        stood = stood + " + " + part
    unit = "s" if made in ("aht", "handle") else ""
    read = np.array([f"{made} "], dtype=object) + as_read(values, unit=unit)
    findings.change("read", sheet, ~np.isnan(values), column=" + ".join(names), read=read, why=why, values=stood)


def are_sums(handle: Floats, answered: Floats, names: list[str], sheet: Sheet) -> bool:
    """Whether handle times are sums of the interval rather than averages per contact.

    Names say it; else sums grow in step with the answered contacts and averages do not: the slope of log handle time
    on log answered is near 1 or near 0. Where all intervals have about the same volume, sums are told by averages
    that would last hours.
    """
    words = {word for name in names for word in plain(name).split()}
    if words & set(_AVERAGE):
        return False
    if words & set(_TOTAL):
        return True
    use = (handle > 0) & (answered > 0)
    x, y = np.log(answered[use]), np.log(handle[use])
    if len(x) >= 3 and np.std(x) > 0.1:
        slope = float(np.polyfit(x, y, 1)[0])
        if slope > 0.7 or slope < 0.3:
            return slope > 0.7
    if len(x) and np.median(handle[use]) > 3600 and np.median(np.exp(y - x)) > 10:
        return True
    if len(x) and np.median(np.exp(y - x)) < 5 <= np.median(handle[use]) <= 3600:
        return False
    raise DataError(
        f"{sheet.name}: it cannot be told whether {', '.join(map(repr, names))} are sums of the interval "
        "or averages per contact. Put 'total' or 'average' into the column's name, or give a column 'aht'.",
        table=sheet.name,
        column="aht",
    )


def doubtful_unit(aht: pd.Series) -> str:
    """Why an AHT column may be in another unit than seconds; empty where it looks right."""
    usual = float(aht.median()) if aht.notna().any() else np.nan
    if usual < 10:
        return f"aht is {usual:g} s in the usual interval; is it in minutes? Put 'min' into the column's name"
    if usual > 7200:
        return f"aht is {usual / 3600:.1f} h in the usual interval; is it mm:ss read as hh:mm, or in milliseconds?"
    return ""
