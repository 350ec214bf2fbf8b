"""Contact by contact: one row each, and the intervals they add up to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, listed
from wfm.tables import OUTCOMES

from .cells import clean
from .changes import NO_DATA, REFUSED
from .findings import Findings
from .handle import PARTS, keep_parts, read_durations_of
from .intervals import only_open, only_queue, read_queue
from .names import Columns
from .request import Request
from .waited import next_opening
from .when import When

WORDS: dict[str, tuple[str, ...]] = {
    "answered": (
        "answered",
        "answer",
        "agent",
        "handled",
        "completed",
        "complete",
        "connected",
        "connect",
        "served",
        "success",
        "completeagent",
        "completecaller",
        "accepted",
        "angenommen",
        "پاسخ داده شده",
        "پاسخ",
    ),
    "abandoned": (
        "abandoned",
        "abandon",
        "hang",
        "hangup",
        "hang up",
        "hung up",
        "lost",
        "aband",
        "caller hangup",
        "no answer",
        "noanswer",
        "missed",
        "aufgelegt",
        "رها شده",
        "قطع شده",
    ),
    "blocked": ("blocked", "busy", "rejected", "congestion", "besetzt", "اشغال"),
    "flowed": (
        "flowed",
        "transferred",
        "transfer",
        "overflow",
        "callback",
        "voicemail",
        "exitwithtimeout",
        "timeout",
        "redirected",
        "flow out",
        "exitempty",
        "exitwithkey",
    ),
}


def is_contact_by_contact(columns: Columns) -> bool:
    """Whether the columns are those of single contacts: an arrival, or a wait or outcome without volumes."""
    if "arrival" in columns.mapped:
        return True
    volumes = any(role in columns for role in ("offered", "answered", "abandoned", "aht", "asa"))
    return not volumes and any(role in columns for role in ("arrival", "wait", "outcome"))


def read_contacts(when: When, columns: Columns, request: Request, findings: Findings) -> pd.DataFrame:
    """The table of contacts: queue, arrival, row of the sheet and, where the file has them, wait, outcome, handle."""
    sheet = when.sheet
    table = pd.DataFrame({"queue": read_queue(sheet, columns, request, findings), "arrival": when.start})
    table["row"] = np.arange(len(table))
    if "wait" in columns:
        table["wait"] = read_durations_of(sheet, columns, "wait", findings)
    handle = _handle(when, columns, findings)
    if "outcome" in columns:
        table["outcome"] = _outcomes(when, columns, request.outcomes, findings)
    elif handle is not None:
        table["outcome"] = np.where(handle > 0, "answered", "abandoned").astype(object)
        what = "outcome told by the handle time: none = abandoned"
        findings.note("read", what, rows=len(table), doubt=True)
        name, everywhere = columns.names[_handle_roles(columns)[0]], np.ones(len(table), dtype=bool)
        findings.change("read", sheet, everywhere, column=name, read=table["outcome"].to_numpy(), why=what)
    if handle is not None:
        table["handle"] = handle
    dropped = table["outcome"] == "" if "outcome" in table else pd.Series(False, index=table.index)
    at = dropped.to_numpy(dtype=bool)
    what = "contacts left out, as outcomes= says"
    findings.mark("counted", what, sheet, at)
    findings.change("counted", sheet, at, column=columns.names.get("outcome", ""), read=REFUSED, why=what)
    table = only_queue(table[~dropped], request, sheet, columns, findings)
    return table.sort_values(["queue", "arrival"], kind="stable").reset_index(drop=True)


def only_open_contacts(
    contacts: pd.DataFrame, interval: float, when: When, request: Request, findings: Findings
) -> pd.DataFrame:
    """The contacts that came in an interval that is open."""
    start = binned(contacts["arrival"], interval)
    placed = contacts.assign(start=start, end=start + pd.Timedelta(seconds=interval), offered=1.0)
    opened = only_open(placed, request, when, findings)
    findings.read_rows = len(opened)
    if request.waits and request.hours is not None and len(opened):
        opening = pd.Series(next_opening(pd.DatetimeIndex(opened["start"]), interval, request.hours), opened.index)
        arrival = opened["arrival"].where(opening == opened["start"], opening)
        opened = opened.assign(arrival=arrival)[opening.notna()]
        opened = opened.sort_values(["queue", "arrival"], kind="stable").reset_index(drop=True)
    return opened.drop(columns=["start", "end", "offered", "row"])


def bin_contacts(contacts: pd.DataFrame, interval: float, within: float) -> pd.DataFrame:
    """Contacts per interval: every contact is offered where it arrived, its fate and its times count there too.

    Parameters
    ----------
    contacts : table        queue, arrival; (wait, outcome, handle).
    interval : float        Width of the intervals [s], counted from midnight.
    within : float          Answered within so many seconds of waiting count as `answered_within` [s].

    >>> calls = pd.DataFrame({"queue": "voice", "arrival": pd.to_datetime(["2026-11-21 08:05", "2026-11-21 08:20"]),
    ...                       "wait": [10.0, 90.0], "outcome": ["answered", "abandoned"], "handle": [200.0, 0.0]})
    >>> bin_contacts(calls, 1800, 60)[["offered", "answered", "answered_within", "aht"]].values.tolist()
    [[2.0, 1.0, 1.0, 200.0]]
    """
    start = binned(contacts["arrival"], interval)
    marks = pd.DataFrame({"offered": np.ones(len(contacts))})
    if "outcome" in contacts:
        answered = (contacts["outcome"] == "answered").to_numpy()
        for outcome in ("answered", "abandoned", "blocked"):
            marks[outcome] = (contacts["outcome"] == outcome).to_numpy(dtype=float)
        if not marks["blocked"].any():
            marks = marks.drop(columns="blocked")
        if "wait" in contacts:
            wait = contacts["wait"].to_numpy()
            marks["answered_within"] = (answered & (wait <= within)).astype(float)
            marks["waited"], marks["waits"] = np.where(answered, np.nan_to_num(wait), 0.0), answered & ~np.isnan(wait)
        if "handle" in contacts:
            handle = contacts["handle"].to_numpy()
            marks["worked"] = np.where(answered, np.nan_to_num(handle), 0.0)
            marks["works"] = answered & ~np.isnan(handle)
    key = [contacts["queue"].to_numpy(dtype=object), start.to_numpy()]
    table = marks.groupby(key, sort=True).sum().reset_index(names=["queue", "start"])
    table.insert(2, "end", table["start"] + pd.Timedelta(seconds=interval))
    if "waits" in table:
        table["within"] = float(within)
    for mean, total, count in (("aht", "worked", "works"), ("asa", "waited", "waits")):
        if total in table:
            table[mean] = table[total] / table[count].where(table[count] > 0)
            table = table.drop(columns=[total, count])
    return table


def binned(moments: pd.Series, interval: float) -> pd.Series:
    """Start of the interval, counted from midnight, in which each moment lies."""
    day = moments.dt.normalize()
    second = (moments - day).dt.total_seconds()
    start: pd.Series = day + pd.to_timedelta((second // interval) * interval, unit="s")
    return start


def _handle(when: When, columns: Columns, findings: Findings) -> npt.NDArray[np.float64] | None:
    roles = _handle_roles(columns)
    if not roles:
        return None
    parts = [read_durations_of(when.sheet, columns, role, findings) for role in roles]
    total: npt.NDArray[np.float64] = parts[0] + sum(np.nan_to_num(part) for part in parts[1:])
    if len(roles) > 1:
        keep_parts(when.sheet, [columns.names[role] for role in roles], "handle", total, "parts added up", findings)
    return total


def _handle_roles(columns: Columns) -> list[str]:
    return ["handle"] if "handle" in columns else [role for role in PARTS if role in columns]


def _outcomes(
    when: When, columns: Columns, told: Mapping[str, str | None], findings: Findings
) -> npt.NDArray[np.object_]:
    """Outcome of each contact by the caller's words, then well-known ones; "" = to be left out."""
    name = columns.names["outcome"]
    known = {word: outcome for outcome, words in WORDS.items() for word in words}
    known |= {clean(word).lower(): outcome or "" for word, outcome in told.items()}
    codes, words = pd.factorize(when.sheet.cells[name].astype(object), use_na_sentinel=True)
    texts = [clean(word).lower().replace("_", " ") for word in words]
    unknown = [str(word) for word, text in zip(words, texts, strict=True) if text and text not in known]
    if unknown:
        row = int(np.flatnonzero(when.sheet.cells[name].astype(str) == unknown[0])[0])
        raise DataError(
            f"{when.sheet.name}: {name!r} has unknown outcomes {listed(unknown, most=10)}, the first in row "
            f"{when.sheet.row(row)}. Say what they mean, one of {listed(OUTCOMES)}, or None to leave the contacts out: "
            f"outcomes={{{unknown[0]!r}: 'flowed'}}.",
            table=when.sheet.name,
            column="outcome",
            rows=[int(when.sheet.positions[row])],
        )
    meanings = np.array([known[text] if text else None for text in texts] + [None], dtype=object)
    outcomes = np.asarray(meanings[codes], dtype=object)
    empty = pd.isna(outcomes)
    what = "contacts without an outcome: offered, neither answered nor abandoned"
    findings.mark("counted", what, when.sheet, empty, column=name, read=NO_DATA)
    same = np.array([word == meaning for word, meaning in zip(words, meanings, strict=False)] + [True], dtype=bool)
    other = ~same[codes] & ~empty & (outcomes != "")
    findings.change("read", when.sheet, other, column=name, read=outcomes, why="word for an outcome")
    return outcomes
