"""The forecast looked at again in the middle of a day, after what came."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from wfm.errors import DataError, listed
from wfm.forecast.carry import Carry
from wfm.forecast.outlook import Outlook
from wfm.tables import HISTORY, check


def updated(seen: Outlook, carry: Carry, starts: pd.DatetimeIndex, came: pd.Series) -> Outlook:
    """The outlook after some slots of one of its days have come.

    The rest of that day takes over its learned share of the surprise; later days what the memory of the level hands on
    of the day's total, as far as it is known by now.

    Parameters
    ----------
    starts : index      The slots of the outlook; those of the whole day of `came` among them.
    came : Series       Contacts by start of slot.
    """
    today = int(seen.days.get_indexer(pd.DatetimeIndex([came.index[0]]).normalize())[0])
    mine = seen.row == today
    past = np.asarray(starts.isin(came.index))
    expected, whole = float(seen.median_rate[past].sum()), float(seen.median_rate[mine].sum())
    if expected <= 0:
        return seen
    surprise = float(np.log((came.sum() + 1) / (expected + 1)))
    factor, left = carry.at(expected / whole)
    rest = factor * surprise
    total = float(np.log((came.sum() + (whole - expected) * np.exp(rest) + 1) / (whole + 1)))
    variance = max(float(seen.covariance[today, today]), 1e-12)
    along = seen.covariance[today] / variance
    mean = seen.mean + along * total
    mean[today] = seen.mean[today] + rest
    known = 1 - left
    return replace(seen, mean=mean, covariance=seen.covariance - known * variance * np.outer(along, along))


def so_far_of(table: pd.DataFrame, last_day: pd.Timestamp) -> tuple[pd.Timestamp, pd.DataFrame]:
    """The day of which a first part came, and that part with its empty cells left out.

    Raises
    ------
    DataError       The table is empty, spans several days, or lies in history.
    """
    table = check(table, HISTORY).dropna(subset=["offered"])
    days = pd.DatetimeIndex(table["start"]).normalize().unique()
    if len(days) != 1 or days[0] <= last_day:
        got = listed([f"{day:%Y-%m-%d}" for day in days]) if len(days) else "no row with contacts"
        raise DataError(
            f"so_far must hold the first hours of one day after history, which ends on {last_day:%Y-%m-%d}; got {got}. "
            "Hand whole days to fit or refit.",
            table="so_far",
            column="start",
        )
    return pd.Timestamp(days[0]), table
