"""Work with releases and deadlines as pieces on a row of open intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wfm.durations import seconds
from wfm.erlang.deferred.levelling import Jobs, Whole
from wfm.erlang.deferred.workload import OVERDUE
from wfm.erlang.formulas.arguments import Array
from wfm.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The pieces that fall into the horizon, and what is known of them.

    `late` is the interval behind the last one for work that has passed its deadline, `kind` the number of its class in
    `classes`, `hopeless` the share of the work that could never be in time.
    """

    jobs: Jobs
    late: Whole
    kind: Whole
    classes: tuple[str, ...]
    hopeless: float


def slots(table: pd.DataFrame, starts: pd.DatetimeIndex, width: float) -> tuple[Whole, Whole]:
    """First interval in which each piece may be done, and the one behind the last; due after the horizon: count + 1."""
    begins = starts.as_unit("ns")
    ends = begins + pd.Timedelta(seconds=width)
    first = ends.searchsorted(pd.DatetimeIndex(table["release"]).as_unit("ns"), side="right").astype(np.int64)
    last = ends.searchsorted(pd.DatetimeIndex(table["due"]).as_unit("ns"), side="right").astype(np.int64)
    beyond = table["due"].to_numpy() > (ends[-1].to_datetime64() if len(ends) else np.datetime64("1970-01-01"))
    return first, np.where(beyond, len(starts) + 1, last).astype(np.int64)


def true_jobs(table: pd.DataFrame, starts: pd.DatetimeIndex, width: float) -> Jobs:
    """All pieces with their own deadlines."""
    first, last = slots(table, starts, width)
    return Jobs(first=first, last=last, hours=table["agent_hours"].to_numpy(dtype=float))


def class_numbers(table: pd.DataFrame) -> tuple[tuple[str, ...], Whole]:
    """Classes in the order in which they come, and the number of each piece's."""
    if "class" not in table:
        return ("all",), np.zeros(len(table), dtype=np.int64)
    names = table["class"].fillna("all").astype(str)
    classes = tuple(dict.fromkeys(names))
    place = {name: number for number, name in enumerate(classes)}
    return classes, np.asarray(names.map(place), dtype=np.int64)


def planned_jobs(table: pd.DataFrame, starts: pd.DatetimeIndex, width: float, overdue_within: Any) -> Planned:
    """The pieces that fall into the horizon, each with at least one open interval.

    What is due beyond the horizon takes the share of it that its time inside the horizon has: the rest is carried to
    the next plan.
    """
    if not len(starts):
        raise DataError("there is work but no open interval to do it in.", table="work")
    first, last = slots(table, starts, width)
    hours = table["agent_hours"].to_numpy(dtype=float)
    allowance = np.asarray((table["due"] - table["release"]).dt.total_seconds(), dtype=float)
    grace = seconds(overdue_within, name="overdue_within")
    allowance = np.asarray(np.where(allowance <= OVERDUE.total_seconds(), grace, allowance))
    here = first < len(starts)
    hopeless = here & (last <= first)
    last = np.where(hopeless, first + _intervals(allowance, width), last)
    share = np.where(last > len(starts), _share_inside(first, starts, width, allowance), 1.0)
    share = np.where(hopeless, 1.0, share)
    total = hours[here].sum()
    classes, kind = class_numbers(table)
    late = np.minimum(last + np.where(hopeless, 0, _intervals(np.full(len(last), grace), width)), len(starts))
    return Planned(
        jobs=Jobs(first=first[here], last=np.minimum(last, len(starts))[here], hours=(hours * share)[here]),
        late=late[here],
        kind=kind[here],
        classes=classes,
        hopeless=float(hours[hopeless].sum() / total) if total > 0 else 0.0,
    )


def _intervals(time: Array, width: float) -> Whole:
    return np.asarray(np.maximum(np.ceil(time / width - 1e-9), 1), dtype=np.int64)


def _share_inside(first: Whole, starts: pd.DatetimeIndex, width: float, allowance: Array) -> Array:
    """Share of the time allowed that lies inside the horizon."""
    begins = starts.as_unit("ns")
    room = (begins[-1] - begins[0]).total_seconds() + width
    elapsed = np.asarray((begins[np.minimum(first, len(starts) - 1)] - begins[0]).total_seconds())
    left = np.where(first < len(starts), room - elapsed, 0.0)
    return np.asarray(np.clip(left / np.maximum(allowance, width), 0, 1))
