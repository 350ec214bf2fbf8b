"""The forecast looked at again in the middle of a day, after what came."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, listed
from wfm.forecast.carry import Carry
from wfm.forecast.outlook import Outlook
from wfm.forecast.queue_model import QueueModel
from wfm.tables import HISTORY, check

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of one queue.

    Attributes
    ----------
    wanted : DatetimeIndex  The starts that are asked for.
    starts : DatetimeIndex  Those that the outlooks hold: more, where a day has begun.
    before, after : Outlook As seen from the end of history, and after what came since.
    """

    model: QueueModel
    wanted: pd.DatetimeIndex
    starts: pd.DatetimeIndex
    before: Outlook
    after: Outlook


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


def conditioned(levels: Floats, before: Outlook, after: Outlook) -> Floats:
    """(paths, days) log factors drawn before the day began, made those of after its first hours.

    What a path still says of the day that has begun shrinks to what is left in doubt, and takes what it says of later
    days along; so paths keep what moves together, between days and between queues (Matheron's rule).
    """
    known = np.flatnonzero(np.diag(after.covariance) < np.diag(before.covariance) * (1 - 1e-12))
    if not len(known):
        return levels
    today = int(known[0])
    variance = float(before.covariance[today, today])
    left = float(after.covariance[today, today]) / variance
    along = before.covariance[today] / variance
    raised = levels + np.diag(before.covariance) / 2
    drawn = raised - np.outer(raised[:, today], along) * (1 - np.sqrt(left))
    return np.asarray(drawn - np.diag(after.covariance) / 2)


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
