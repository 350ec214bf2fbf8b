"""Queues that divide one stream of contacts: its total, and shares that drift.

A customer who writes does not call. Forecast one by one, queues whose mix moves lose or gain what the stream as a whole
keeps; so the total is forecast as one queue, and the log ratio of each queue to the largest as a level of its own, with
memory, trend and doubt. The shares are then between 0 and 1 and add up, from 90/10 to 30/70.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import Calendar
from wfm.durations import DAY
from wfm.errors import DataError, SettingError, TooLittleHistory, listed
from wfm.events import Event
from wfm.forecast.components import day_components
from wfm.forecast.curves import is_short
from wfm.forecast.days import closures
from wfm.forecast.grid import DayGrid
from wfm.forecast.level import DayLevel, fit_level
from wfm.forecast.outlook import Outlook, outlook
from wfm.forecast.queue_model import QueueModel, fit_queue
from wfm.forecast.ranges import Calibration, calibrate

Floats = npt.NDArray[np.float64]
LEAST_DAYS = 40
"""Days on which all queues were open, below which shares are left to the queues."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A fitted stream.

    Attributes
    ----------
    queues : tuple          Its queues; the largest last.
    total : QueueModel      Of its days as a whole.
    ratios : tuple          Level of the log ratio of each queue but the last to the last.
    calibrations : tuple    Of each ratio.
    """

    queues: tuple[str, ...]
    total: QueueModel
    ratios: tuple[DayLevel, ...]
    calibrations: tuple[Calibration, ...]

    def outlook(self, days: pd.DatetimeIndex) -> dict[str, tuple[Floats, Floats]]:
        """Mean and covariance of the log level of each queue; the levels of a day add up to that of the stream."""
        total = outlook(self.total, days)
        plain = self.total.reader.read(days, closures(days, self.total.open_days, self.total.reader.usual))
        lead = np.asarray((days - self.total.last_day).days, dtype=float)
        logits, doubts = [], []
        for level, calibration in zip(self.ratios, self.calibrations, strict=True):
            mean, covariance = level.posterior(plain)
            factor = calibration.at(lead)
            logits.append(mean)
            doubts.append(covariance * np.outer(factor, factor))
        raised = np.exp(np.array([*logits, np.zeros(len(days))]))
        shares = raised / raised.sum(axis=0)
        found = {}
        for k, queue in enumerate(self.queues):
            covariance = total.covariance.copy()
            for j, doubt in enumerate(doubts):
                moves = (j == k) - shares[j]  # how the log share answers to the log ratio of queue j
                covariance += doubt * np.outer(moves, moves)
            found[queue] = (total.mean + np.log(shares[k]), covariance)
        return found


def check_streams(streams: Mapping[str, Sequence[str]], events: Sequence[Event]) -> dict[str, tuple[str, ...]]:
    """Each stream's queues, none in two of them; an event of days acts on all queues of a stream or on none."""
    taken: set[str] = set()
    for name, queues in streams.items():
        if isinstance(queues, str) or len(set(queues)) < 2 or taken & set(queues):
            raise SettingError(
                f"stream {name!r} must name at least two queues, none of which is in another stream, got {queues!r}.",
                name="streams",
                value=queues,
            )
        taken |= set(queues)
        for event in events:
            if not is_short(event) and len({event.acts_on(queue) for queue in queues}) > 1:
                raise SettingError(
                    f"event {event.name!r} acts on some queues of stream {name!r} only. Let it act on "
                    f"{listed(queues)}, or forecast the queues apart.",
                    name="streams",
                    value=name,
                )
    return {name: tuple(queues) for name, queues in streams.items()}


def fit_stream(
    queues: Sequence[str],
    models: Mapping[str, QueueModel],
    grids: Mapping[str, DayGrid],
    calendar: Calendar,
    events: Sequence[Event],
) -> Stream:
    """Learn the total and the shares of a stream from the days on which all its queues were open.

    Raises
    ------
    DataError           History does not hold one of the queues.
    TooLittleHistory    They share fewer than forty open days.
    """
    missing = [queue for queue in queues if queue not in models]
    if missing:
        raise DataError(
            f"history must hold every queue of a stream, {listed(missing)} is not there; it holds {listed(models)}.",
            table="history",
            column="queue",
        )
    daily = pd.DataFrame({queue: _day_counts(models[queue], grids[queue]) for queue in queues}).dropna()
    if len(daily) < LEAST_DAYS:
        raise TooLittleHistory(
            f"queues {listed(queues)} share {len(daily)} open day(s), a stream needs {LEAST_DAYS}. Leave it out.",
            table="history",
            column="start",
        )
    ordered = (*daily.sum().sort_values().index.astype(str),)
    total = fit_queue(_as_grid(daily.sum(axis=1), queues), calendar, [e for e in events if e.acts_on(queues[0])])
    days = pd.DatetimeIndex(daily.index)
    plain = total.reader.read(days, days)
    largest = daily[ordered[-1]].to_numpy()
    ratios = []
    for queue in ordered[:-1]:
        mine = daily[queue].to_numpy()
        chance = 1 / (mine + 0.5) + 1 / (largest + 0.5)
        ratios.append(fit_level(plain, (mine + 0.5) / (largest + 0.5), day_components(plain, ()), noise=chance))
    return Stream(
        queues=ordered, total=total, ratios=tuple(ratios), calibrations=tuple(calibrate(level) for level in ratios)
    )


def _day_counts(model: QueueModel, grid: DayGrid) -> pd.Series:
    """Contacts of the queue's open days, those seen in part brought to whole days."""
    rows = grid.days.get_indexer(model.open_days)
    plain = model.reader.read(model.open_days, model.open_days)
    exposure = (model.profile.of(plain) * grid.seen[rows]).sum(axis=1)
    return pd.Series(np.nan_to_num(grid.offered[rows]).sum(axis=1) / exposure, index=model.open_days)


def _as_grid(counts: pd.Series, queues: Sequence[str]) -> DayGrid:
    """A stream's days as the history of a queue of whole days, which every event knows by the first queue's name."""
    days = pd.date_range(counts.index[0], counts.index[-1])
    cells = counts.reindex(days).to_numpy(dtype=float)[:, None]
    unknown = np.full(cells.shape, np.nan)
    return DayGrid(
        queue=queues[0], days=days, slots=np.zeros(1), interval=DAY, offered=cells, aht=unknown, handled=unknown
    )


def reconciled(seen: Outlook, found: tuple[Floats, Floats], days: pd.DatetimeIndex) -> Outlook:
    """The outlook of a queue with the level that its stream gives it on `days`; other days keep their own."""
    at = seen.days.get_indexer(days)
    mean, covariance = seen.mean.copy(), seen.covariance.copy()
    mean[at] = found[0]
    covariance[at, :], covariance[:, at] = 0.0, 0.0
    covariance[np.ix_(at, at)] = found[1]
    return replace(seen, mean=mean, covariance=covariance)
