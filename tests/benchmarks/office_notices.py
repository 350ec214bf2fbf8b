"""A county office's notices of value, mailed on 2024-04-01, forecast from what the tax bills of 2023 had taught.

    OMP_NUM_THREADS=1 python tests/benchmarks/office_notices.py [folder of the data]

Hourly calls from 2023-08-14 and the office's own list of dated events are read; the list is handed over as it is, with
the words in it as kinds. Forecast are the 26 open days after the mailing, from the evening before and from the evening of
its fifth day. Printed is the WAPE of hours and of days beside staying flat (no event is known; and the days before the
mailing by weekday) and copying the curve of the bills, smoothed, onto the days before. Nothing is written.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.events import Event
from wfm.forecast import Forecaster

Floats = npt.NDArray[np.float64]
MAILED, BILLS = pd.Timestamp("2024-04-01"), pd.Timestamp("2023-11-01")
OPEN_DAYS = 26
BEFORE = 20
"""Open days before an event that say what is usual."""


def read(folder: Path) -> tuple[pd.DataFrame, list[Event]]:
    """History, a row without calls filled with none, and the events."""
    calls = pd.read_csv(folder / "assessor_hourly.csv", parse_dates=["timestamp"])
    counts = calls.groupby("timestamp")["volume"].sum()
    days = counts.index.normalize().unique()
    hours = pd.DatetimeIndex([day + pd.Timedelta(hours=hour) for day in days for hour in range(8, 17)])
    history = pd.DataFrame({"queue": "calls", "start": hours, "end": hours + pd.Timedelta(hours=1)})
    listed = pd.read_csv(folder / "assessor_events.csv", dtype=str).to_dict("records")
    events = [
        Event(
            kind=row["kind"], name=row["name"], start=row["start"], end=row["end"] if row["end"] == row["end"] else None
        )
        for row in listed
    ]
    return history.assign(offered=counts.reindex(hours).fillna(0).to_numpy(dtype=float)), events


def daily(table: pd.DataFrame, column: str = "offered") -> pd.Series:
    """Totals of days."""
    return table.groupby(table["start"].dt.normalize())[column].sum()


def own(known: pd.DataFrame, events: list[Event], ahead: pd.DatetimeIndex) -> pd.DataFrame:
    """Median by hour with the package's defaults."""
    found = Forecaster(events=events).fit(known).predict(starts=ahead)
    return found.assign(offered=found["offered_q0.5"])


def before(known: pd.DataFrame, days: pd.DatetimeIndex) -> Floats:
    """What the days would be like the last open days before the mailing, by weekday."""
    usual = daily(known[known["start"] < MAILED]).iloc[-BEFORE:]
    weekdays = daily(known[known["start"] < BILLS])
    factor = weekdays.groupby(weekdays.index.day_of_week).mean() / weekdays.mean()
    base = float(np.median(usual / factor[usual.index.day_of_week].to_numpy()))
    return np.asarray(base * factor[days.day_of_week].to_numpy())


def copied(known: pd.DataFrame, days: pd.DatetimeIndex) -> Floats:
    """The same, times what the bills did on the like open day, smoothed over three days."""
    totals = daily(known)
    weekdays = totals[totals.index < BILLS]
    factor = weekdays.groupby(weekdays.index.day_of_week).mean() / weekdays.mean()
    level = totals / factor[totals.index.day_of_week].to_numpy()
    ratio = (level[level.index >= BILLS] / np.median(level[level.index < BILLS].iloc[-BEFORE:])).to_numpy()
    smooth = np.convolve(np.append(ratio[0], ratio), (0.25, 0.5, 0.25), mode="valid")
    since = len(totals[(totals.index >= MAILED)])
    return before(known, days) * smooth[since : since + len(days)]


def table(folder: Path) -> pd.DataFrame:
    """WAPE of hours and days by method, from both origins."""
    history, events = read(folder)
    dates = daily(history).index
    target = dates[dates >= MAILED][:OPEN_DAYS]
    rows = []
    for origin in (0, 5):
        known = history[history["start"] < target[origin]]
        ahead = history[history["start"].dt.normalize().isin(target[origin:])]
        came, starts, days = daily(ahead).to_numpy(), pd.DatetimeIndex(ahead["start"]), target[origin:]
        with_list, without = own(known, events, starts), own(known, [], starts)
        hours = {
            name: float(np.abs(found["offered"].to_numpy() - ahead["offered"].to_numpy()).sum() / came.sum())
            for name, found in {"with its event list": with_list, "no event known": without}.items()
        }
        found = {
            "with its event list": daily(with_list).to_numpy(),
            "no event known": daily(without).to_numpy(),
            "flat, as before the mailing": before(known, days),
            "the bills' curve copied": copied(known, days),
        }
        for name, value in found.items():
            wape = float(np.abs(value - came).sum() / came.sum())
            rows.append({"days seen": origin, "method": name, "days": wape, "hours": hours.get(name, np.nan)})
    return pd.DataFrame(rows)


if __name__ == "__main__":
    default = Path(__file__).parents[2] / "../shared/data"
    print(table(Path(sys.argv[1]) if len(sys.argv) > 1 else default).round(3).to_string(index=False))
