"""What each of the planner's changes costs in agent-hours, one after the other."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from wfm.plan.adjust import adjusted
from wfm.plan.demand import Outlook
from wfm.plan.inputs import Inputs
from wfm.plan.need import Need, hours_of, live_requirement


def cost_of_adjustments(inputs: Inputs, outlook: Outlook, need: Need) -> pd.DataFrame:
    """The adjustments with `hours`: rostered hours that each adds to the need of its queue, in the order of the table.

    Volume and handle time are priced by the requirement for the mean forecast, before and after the change.
    """
    rows = inputs.adjustments
    if rows is None or rows.empty:
        return pd.DataFrame()
    forecast = _machine(outlook.forecast)
    hours = []
    for k in range(len(rows)):
        one = rows.iloc[[k]]
        changed = adjusted(adjusted(forecast, one, "offered", "offered"), one, "aht", "aht")
        hours.append(_added(one, forecast, changed, inputs, outlook, need))
        forecast = _plain(changed)
    return rows.assign(hours=hours)


def _added(
    one: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame, inputs: Inputs, outlook: Outlook, need: Need
) -> float:
    name, what = str(one["queue"].iloc[0]), str(one["what"].iloc[0])
    queue = need.queues[name]
    table = need.requirement[need.requirement["queue"] == name]
    if what == "agents":
        column = "agents_machine" if "agents_machine" in table else "agents"
        own = table.assign(agents=table[column]).drop(columns="agents_machine", errors="ignore")
        return _rostered(hours_of(adjusted(own, one, "agents", "agents")) - hours_of(own), queue.shrinkage.unplanned)
    if what == "unplanned":
        share = table.assign(unplanned=queue.shrinkage.unplanned)
        new = adjusted(share, one, "unplanned", "unplanned")["unplanned"]
        width = (table["end"] - table["start"]).dt.total_seconds() / 3600
        both = table["agents"] * width * (1 / (1 - new) - 1 / (1 - queue.shrinkage.unplanned))
        return float(both.sum())
    if queue.live:
        now, then = (
            hours_of(live_requirement(queue, replace(outlook, forecast=table_of), inputs, None))
            for table_of in (before, after)
        )
        return _rostered(then - now, queue.shrinkage.unplanned)
    work = [
        float((rows["offered"] * rows["aht"]).sum()) * queue.touches / 3600
        for rows in (t[t["queue"] == name] for t in (before, after))
    ]
    return _rostered(work[1] - work[0], queue.shrinkage.unplanned)


def _machine(forecast: pd.DataFrame) -> pd.DataFrame:
    """The forecast as the machine made it."""
    own = forecast.copy()
    for column in ("offered", "aht"):
        if f"{column}_machine" in own:
            own[column] = own[f"{column}_machine"]
    return _plain(own)


def _plain(forecast: pd.DataFrame) -> pd.DataFrame:
    return forecast.drop(columns=["offered_machine", "aht_machine"], errors="ignore")


def _rostered(agent_hours: float, unplanned: float) -> float:
    return agent_hours / (1 - unplanned)
