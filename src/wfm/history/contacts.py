"""Contact by contact: one row each, and the intervals they add up to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, listed
from wfm.tables import OUTCOMES

from .cells import clean
from .findings import Findings
from .handle import PARTS, read_durations_of
from .intervals import only_queue, read_queue
from .names import Columns
from .request import Request
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
    """The table of contacts: queue, arrival and, where the file has them, wait, outcome and handle."""
    sheet = when.sheet
    table = pd.DataFrame({"queue": read_queue(sheet, columns, request, findings), "arrival": when.start})
    if "wait" in columns:
        table["wait"] = read_durations_of(sheet, columns, "wait", findings)
    handle = _handle(when, columns, findings)
    if "outcome" in columns:
        table["outcome"] = _outcomes(when, columns, request.outcomes, findings)
    elif handle is not None:
        table["outcome"] = np.where(handle > 0, "answered", "abandoned").astype(object)
        findings.note("read", "outcome told by the handle time: none = abandoned", rows=len(table), doubt=True)
    if handle is not None:
        table["handle"] = handle
    dropped = table["outcome"] == "" if "outcome" in table else pd.Series(False, index=table.index)
    findings.mark("counted", "contacts left out, as outcomes= says", sheet, dropped.to_numpy(dtype=bool))
    table = only_queue(table[~dropped], request, findings)
    return table.sort_values(["queue", "arrival"], kind="stable").reset_index(drop=True)


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
    day = contacts["arrival"].dt.normalize()
    second = (contacts["arrival"] - day).dt.total_seconds()
    start = day + pd.to_timedelta((second // interval) * interval, unit="s")
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


def _handle(when: When, columns: Columns, findings: Findings) -> npt.NDArray[np.float64] | None:
    roles = ["handle"] if "handle" in columns else [role for role in PARTS if role in columns]
    if not roles:
        return None
    parts = [read_durations_of(when.sheet, columns, role, findings) for role in roles]
    total: npt.NDArray[np.float64] = parts[0] + sum(np.nan_to_num(part) for part in parts[1:])
    return total


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
    empty = int(pd.isna(meanings[codes]).sum())
    if empty:
        findings.note("counted", "contacts without an outcome: offered, neither answered nor abandoned", rows=empty)
    return np.asarray(meanings[codes], dtype=object)
