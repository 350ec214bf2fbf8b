"""Contacts that leave a queue of the week for self-service or for another queue, as the planner states it by date."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wfm.errors import DataError, did_you_mean, listed
from wfm.plan.inputs import Inputs
from wfm.settings import Week

KEY = ["queue", "start"]
FEWEST = 0.05
"""Share that must stay for what came to tell how much there was."""


def without_deflection(came: pd.DataFrame, inputs: Inputs) -> pd.DataFrame:
    """What came, as it would have come had nothing been deflected: from this the forecast is learned.

    Where hardly anything stayed it cannot be told any more, and is left empty.
    """
    table = inputs.deflection
    if table is None or came.empty:
        return came
    from wfm.forecast.deflection import share_at

    queue, starts = came["queue"].to_numpy(dtype=object), pd.DatetimeIndex(came["start"])
    offered, arrived = came["offered"].to_numpy(dtype=float).copy(), np.zeros(len(came))
    goals = set(table["to"])
    for name in sorted(came["queue"].unique(), key=lambda one: one in goals):  # who sends before who receives
        mine = queue == name
        streams = [(goal, rows, share_at(rows, starts[mine])[0]) for goal, rows in _of(table, name).groupby("to")]
        left = 1 - np.sum([share for _, _, share in streams], axis=0) if streams else np.ones(int(mine.sum()))
        whole = np.where(left >= FEWEST, (offered - arrived)[mine] / np.maximum(left, FEWEST), np.nan)
        offered[mine] = np.maximum(whole, 0.0)
        for goal, rows, share in streams:
            sent = pd.Series(whole * share * float(rows["ratio"].iloc[0]), index=starts[mine])
            arrived[queue == goal] += sent.reindex(starts[queue == goal]).fillna(0.0).to_numpy()
    return came.assign(offered=offered)


def _of(table: pd.DataFrame, queue: object) -> pd.DataFrame:
    return table[table["queue"] == queue]


def with_deflection(
    forecast: pd.DataFrame, paths: pd.DataFrame, inputs: Inputs
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Forecast and paths after what leaves, and in words what that does to the week.

    Contacts that appear in a queue while it is closed wait for its next open interval.
    """
    table, week = inputs.deflection, inputs.week
    if table is None or forecast.empty:
        return forecast, paths, []
    from wfm.forecast import deflected

    mean, futures = deflected(forecast, paths, table, seed=week.spec.plan.seed)
    for goal in sorted(set(table["to"]) - {""}):
        mean, futures = (_when_open(one, goal, week) for one in (mean, futures))
    before, after = (one.groupby("queue")["offered"].sum() for one in (forecast, mean))
    more = after.sub(before, fill_value=0.0)
    words = [f"{name}: {-count:,.0f} contacts leave by deflection" for name, count in more.items() if count < -0.5]
    words += [f"{name}: {count:,.0f} contacts arrive by deflection" for name, count in more.items() if count > 0.5]
    return mean, futures, words


def checked_deflection(table: pd.DataFrame | None, week: Week) -> pd.DataFrame | None:
    """The table with what it leaves out; its queues are the week's.

    Raises
    ------
    DataError       It sends contacts to a queue that the week does not have, or to the one that they leave; its shares
                    contradict each other or take more than there is.
    """
    if table is None or table.empty:
        return None
    from wfm.forecast.deflection import check_shares

    whole = table.assign(
        to=table["to"].fillna("").astype(str) if "to" in table else "",
        ratio=table["ratio"].fillna(1.0) if "ratio" in table else 1.0,
        doubt=table["doubt"].fillna(0.0) if "doubt" in table else 0.0,
    )
    for row, (queue, goal) in enumerate(zip(whole["queue"], whole["to"], strict=True)):
        if goal and (goal not in week.queues or goal == queue):
            raise DataError(
                f"deflection.to must be another queue of the week, {listed(week.queues)}, or empty for self-service; "
                f"contacts of {queue!r} go to {goal!r}.{did_you_mean(goal, set(week.queues) - {queue})}",
                table="deflection",
                column="to",
                rows=[row],
            )
    check_shares(whole)
    return whole


def _when_open(table: pd.DataFrame, goal: str, week: Week) -> pd.DataFrame:
    """The table with the rows of a queue that lie outside its hours added to its next open interval."""
    open_ = week.starts(goal)
    stray = table["queue"].eq(goal).to_numpy() & ~table["start"].isin(open_).to_numpy()
    if not stray.any():
        return table
    place = open_.searchsorted(table.loc[stray, "start"])
    late = table[stray].assign(place=place)
    late = late[late["place"] < len(open_)]
    late = late.assign(start=open_[late["place"]], end=open_[late["place"]] + pd.Timedelta(seconds=week.spec.interval))
    return _added(table[~stray], late.drop(columns="place"))


def _added(table: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """Rows of the same queue and interval (and path) made one: contacts are added, their quantiles move with them."""
    key = [name for name in ("path", *KEY) if name in table]
    column = "rate" if "rate" in table else "offered"
    both = pd.concat([table, more], ignore_index=True)
    sums = both.groupby(key, sort=False)[column].transform("sum")
    factor = (sums / both[column]).where(both[column] > 0, 1.0)
    ranges = {str(name): both[name] * factor for name in both if str(name).startswith("offered_q")}
    first = ~both.duplicated(key).to_numpy()
    return both.assign(**{column: sums}, **ranges)[first].sort_values(key, kind="stable").reset_index(drop=True)
