"""What "80% in time" may mean: every definition of the service level, from a model's shares or from counted contacts.

Per offered contact a model knows s = P(answered within T), l(t) = P(hung up within t), ab = P(hung up) and the offered
wait V, which a contact of endless patience would have. Counted are the same things: `answered_within`,
`abandoned_within`, `abandoned`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from wfm.checks import fraction
from wfm.erlang.formulas.arguments import Array
from wfm.errors import DataError
from wfm.tables import HISTORY, check

ABANDONED = ("lost", "ignored", "met", "answered", "credited", "virtual")
COUNTS = ("offered", "answered", "abandoned", "answered_within", "abandoned_within", "abandoned_short", "flowed")


def met_share(abandoned: str, served: Array, gone: Array, early: Array, lost: Array, longer: Array) -> Array:
    """Service level in a definition.

    Parameters
    ----------
    abandoned : str             One of `ABANDONED`.
    served, gone : array        Shares of the offered that are answered, and that hang up, within T.
    early : array               Share of the offered that hangs up within `short`; 0 where no `short` is given.
    lost, longer : array        Share of the offered that hangs up at all; P(V > T).

    Notes
    -----
    ========== ============================================ ==================================================
    abandoned  share                                        those who hang up
    ========== ============================================ ==================================================
    lost       s / (1 - l(short))                           count against the service
    ignored    s / (1 - max(l(T), l(short)))                within T leave the base, later count against
    met        (s + l(T) - l(short)) / (1 - l(short))       within T count as met
    answered   s / (1 - ab)                                 never count
    credited   s + l(short)                                 within `short` count as met, later against
    virtual    1 - P(V > T)                                 are asked how long they would have had to wait
    ========== ============================================ ==================================================

    >>> share = [np.array([x]) for x in (0.80, 0.05, 0.01, 0.10, 0.12)]
    >>> [round(float(met_share(word, *share)[0]), 4) for word in ABANDONED]
    [0.8081, 0.8421, 0.8485, 0.8889, 0.81, 0.88]
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        if abandoned == "virtual":
            level = 1 - longer
        elif abandoned == "answered":
            level = np.where(lost < 1, served / (1 - lost), 0.0)
        elif abandoned == "credited":
            level = served + early
        elif abandoned == "ignored":
            level = np.where(served > 0, served / (1 - np.maximum(gone, early)), 0.0)
        elif abandoned == "met":
            level = np.where(early < 1, (served + np.maximum(gone - early, 0.0)) / (1 - early), 0.0)
        else:
            level = np.where(served > 0, served / (1 - early), 0.0)
    return np.asarray(np.clip(level, 0.0, 1.0))


def service_definitions(history: pd.DataFrame, *, share: float | None = None) -> pd.DataFrame:
    """The service level of a history in every definition that its columns allow, and in every way to sum it up.

    Parameters
    ----------
    history : table             offered and answered_within; the others where they are known: answered, abandoned,
                                abandoned_within (hung up within the threshold), abandoned_short (within the shorter
                                time that counts as no contact), flowed (left the queue for another, part of offered).
    share : float               Promise by which an interval is judged, in (0, 1); adds the column `kept`.

    Returns
    -------
    DataFrame                   queue, definition, formula, met, base [contacts], service_level (all contacts of the
                                history), interval_mean (each interval counts the same), kept (share of the
                                intervals that reach `share`). Intervals without a base are in neither.

    Raises
    ------
    DataError                   A count is negative, or larger than the count of which it is a part.

    >>> counts = {"offered": 1060, "answered": 1000, "abandoned": 60, "answered_within": 860}
    >>> early = {"abandoned_within": 20, "abandoned_short": 10}
    >>> day = pd.DataFrame({"queue": "voice", "start": ["2026-03-21"], **counts, **early})
    >>> service_definitions(day)[["definition", "service_level"]].round(4)
               definition  service_level
    0                lost         0.8113
    1            answered         0.8600
    2             ignored         0.8269
    3                 met         0.8302
    4            credited         0.8208
    5  lost without short         0.8190
    """
    counts = _counted(check(history, HISTORY))
    if share is not None:
        share = fraction(share, name="share", zero=False, one=False)
    rows = [
        {"queue": queue, "definition": name, "formula": formula, **_summed(met, base, share)}
        for queue, own in counts.groupby("queue", sort=False)
        for name, formula, met, base in _definitions(own)
    ]
    columns = ["queue", "definition", "formula", "met", "base", "service_level", "interval_mean"]
    return pd.DataFrame(rows, columns=columns + (["kept"] if share is not None else []))


def _definitions(own: pd.DataFrame) -> Iterator[tuple[str, str, Array, Array]]:
    """Name, formula, contacts met and contacts that count, by interval."""
    count = {name: own[name].to_numpy(dtype=float) for name in COUNTS if name in own}
    offered, served = count["offered"], count["answered_within"]
    yield "lost", "answered_within / offered", served, offered
    if "answered" in count:
        yield "answered", "answered_within / answered", served, count["answered"]
    if "abandoned_within" in count:
        gone = count["abandoned_within"]
        yield "ignored", "answered_within / (offered - abandoned_within)", served, offered - gone
        yield "met", "(answered_within + abandoned_within) / offered", served + gone, offered
    if "abandoned_short" in count:
        early = count["abandoned_short"]
        yield "credited", "(answered_within + abandoned_short) / offered", served + early, offered
        yield "lost without short", "answered_within / (offered - abandoned_short)", served, offered - early
    if "flowed" in count:
        yield "lost without flowed", "answered_within / (offered - flowed)", served, offered - count["flowed"]


def _summed(met: Array, base: Array, share: float | None) -> dict[str, float]:
    """Contacts over all intervals and their level, and the levels of the intervals by themselves."""
    some = base > 0
    levels = met[some] / base[some]
    found = {
        "met": float(met.sum()),
        "base": float(base.sum()),
        "service_level": float(met.sum() / base.sum()) if some.any() else 1.0,
        "interval_mean": float(levels.mean()) if some.any() else 1.0,
    }
    if share is not None:
        found["kept"] = float((levels >= share).mean()) if some.any() else 1.0
    return found


_PARTS = (
    ("answered", "offered"),
    ("abandoned", "offered"),
    ("flowed", "offered"),
    ("answered_within", "answered"),
    ("answered_within", "offered"),
    ("abandoned_within", "abandoned"),
    ("abandoned_within", "offered"),
    ("abandoned_short", "abandoned"),
    ("abandoned_short", "offered"),
)


def _counted(history: pd.DataFrame) -> pd.DataFrame:
    """The intervals whose contacts were counted; counts that contradict each other are refused."""
    if "answered_within" not in history:
        raise DataError(
            "history has no column 'answered_within': the contacts answered within the threshold are what a service "
            "level is made of. Read it from the export, or count it from the contacts.",
            table="history",
            column="answered_within",
        )
    known = [name for name in COUNTS if name in history]
    counts = history[["queue", "start", *known]].copy()
    counts[known] = counts[known].apply(pd.to_numeric, errors="coerce")
    counts = counts.dropna(subset=known)
    for name in known:
        _refuse(counts, name, counts[name] < 0, "must be >= 0")
    for part, whole in _PARTS:
        if part in counts and whole in counts:
            _refuse(counts, part, counts[part] > counts[whole] * (1 + 1e-9), f"must be part of {whole}")
    return counts


def _refuse(counts: pd.DataFrame, name: str, bad: pd.Series, rule: str) -> None:
    if bad.any():
        first = counts[bad].iloc[0]
        raise DataError(
            f"history.{name} {rule} in {int(bad.sum())} row(s), first: queue={first['queue']}, start={first['start']}, "
            f"{name}={first[name]:g}. Fix the export or drop the rows.",
            table="history",
            column=name,
            rows=tuple(int(row) for row in counts.index[bad]),
        )
