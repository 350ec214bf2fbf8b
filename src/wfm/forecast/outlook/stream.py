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
from wfm.forecast.learned.components import day_components
from wfm.forecast.learned.curves import is_short
from wfm.forecast.learned.days import closures
from wfm.forecast.learned.fitting import fit_level
from wfm.forecast.learned.grid import DayGrid
from wfm.forecast.learned.level import DayLevel
from wfm.forecast.learned.queue_model import QueueModel, fit_queue
from wfm.forecast.learned.ranges import Calibration, calibrate
from wfm.forecast.learned.witnesses import heard
from wfm.forecast.outlook.leaning import Leaning, learn_leaning, past_errors, past_origins, share_errors
from wfm.forecast.outlook.paths import draw_levels
from wfm.forecast.outlook.slots import MOST_DOUBT, Outlook, outlook
from wfm.regressors import Regressor

Floats = npt.NDArray[np.float64]
LEAST_DAYS = 40
"""Days on which all queues were open, below which shares are left to the queues."""
FELT = 0.02
"""An event of some queues only is felt from so much of its peak on."""
MOVES = 6
"""Rounds in which drawn shares are moved to the forecast ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A fitted stream.

    Attributes
    ----------
    queues : tuple          Its queues; the largest last.
    total : QueueModel      Of its days as a whole.
    ratios : tuple          Level of the log ratio of each queue but the last to the last.
    calibrations : tuple    Of each ratio.
    leanings : dict         queue -> how far it takes its level from its share of the total; a half-known group's is
                            learned, a stream's is all.
    partial : frozenset     Names of events that act on some of the queues only.
    """

    queues: tuple[str, ...]
    total: QueueModel
    ratios: tuple[DayLevel, ...]
    calibrations: tuple[Calibration, ...]
    leanings: Mapping[str, Leaning]
    partial: frozenset[str] = frozenset()

    def days_of(self, dates: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """Those days on which all its queues are usually open: on them its queues divide the total."""
        return dates[np.isin(dates.day_of_week, list(self.total.reader.usual))]

    def outlook(self, days: pd.DatetimeIndex) -> dict[str, tuple[Floats, Floats]]:
        """Mean and covariance of the log level of each queue; the mean contacts of a day add up to the stream's."""
        total, logits, doubts = self._seen(days)
        shares = _softmax(np.array([*logits, np.zeros(len(days))]))
        covariances = []
        for k in range(len(self.queues)):
            covariance = total.covariance.copy()
            for j, doubt in enumerate(doubts):
                moves = (j == k) - shares[j]  # how the log share answers to the log ratio of queue j
                covariance += doubt * np.outer(moves, moves)
            covariances.append(covariance)
        widths = np.array([_half_variance(covariance) for covariance in covariances])
        whole = total.mean + _half_variance(total.covariance)
        levels = total.mean + np.log(shares)
        levels += whole - np.log(np.exp(levels + widths).sum(axis=0))
        return {queue: (levels[k], covariances[k]) for k, queue in enumerate(self.queues)}

    def draw(self, days: pd.DatetimeIndex, shocks: Floats, rng: np.random.Generator) -> dict[str, Floats]:
        """Log factors on the mean level of each queue, (paths, days); on each path the levels add up to a total.

        `shocks` are (paths, days) standard normals: what is new about the total on each day. Shares are drawn from
        their log ratios, and moved a little so that their mean over the paths is what the forecast says.
        """
        total, logits, doubts = self._seen(days)
        drawn = [m + draw_levels(rng.standard_normal(shocks.shape), c) for m, c in zip(logits, doubts, strict=True)]
        ratios = np.array([*drawn, np.zeros(shocks.shape)])
        whole = np.exp(draw_levels(shocks, total.covariance))
        means = np.exp([mean + _half_variance(covariance) for mean, covariance in self.outlook(days).values()])
        wanted = means / means.sum(axis=0)
        for _ in range(MOVES):
            found = (whole * _softmax(ratios)).mean(axis=1) / whole.mean(axis=0)
            ratios += np.log(wanted / found)[:, None]
        factors = np.log(whole * _softmax(ratios)) - np.log(wanted)[:, None]
        return {queue: factors[k] for k, queue in enumerate(self.queues)}

    def along(self, days: pd.DatetimeIndex, day: pd.Timestamp) -> dict[tuple[str, str], Floats]:
        """(queue, other queue) -> covariance of the one's log levels on these days with the other's on one of them."""
        total, logits, doubts = self._seen(days)
        shares = _softmax(np.array([*logits, np.zeros(len(days))]))
        at = int(days.get_indexer(pd.DatetimeIndex([day]))[0])
        found = {}
        for k, queue in enumerate(self.queues):
            for other, name in enumerate(self.queues):
                covariance = total.covariance[:, at].copy()
                for j, doubt in enumerate(doubts):
                    covariance += doubt[:, at] * ((j == k) - shares[j]) * ((j == other) - shares[j][at])
                found[queue, name] = covariance
        return found

    def _seen(self, days: pd.DatetimeIndex) -> tuple[Outlook, list[Floats], list[Floats]]:
        """The total, and mean and covariance of each log ratio."""
        plain = self.total.reader.read(days, closures(days, self.total.open_days, self.total.reader.usual))
        lead = np.asarray((days - self.total.last_day).days, dtype=float)
        logits, doubts = [], []
        for level, calibration in zip(self.ratios, self.calibrations, strict=True):
            mean, covariance = level.posterior(plain)
            factor = calibration.at(lead)
            logits.append(mean)
            doubts.append(covariance * np.outer(factor, factor))
        return outlook(self.total, days), logits, doubts


def _softmax(ratios: Floats) -> Floats:
    raised = np.exp(ratios - ratios.max(axis=0))
    return np.asarray(raised / raised.sum(axis=0))


def _half_variance(covariance: Floats) -> Floats:
    return np.asarray(np.clip(np.diag(covariance), 0.0, MOST_DOUBT) / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a stream says of some days: queue -> mean and covariance of its log level."""

    days: pd.DatetimeIndex
    levels: Mapping[str, tuple[Floats, Floats]]


def check_streams(
    streams: Mapping[str, Sequence[str]], groups: Mapping[str, Sequence[str]], events: Sequence[Event]
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Each stream's and group's queues, none in two of them; an event of days acts on all of a stream or on none."""
    taken: set[str] = set()
    for word, given in (("stream", streams), ("group", groups)):
        for name, queues in given.items():
            if isinstance(queues, str) or len(set(queues)) < 2 or taken & set(queues):
                raise SettingError(
                    f"{word} {name!r} must name at least two queues, none of which is in another stream or group, got "
                    f"{queues!r}.",
                    name=f"{word}s",
                    value=queues,
                )
            taken |= set(queues)
    for name, queues in streams.items():
        if _partial(events, queues):
            raise SettingError(
                f"event {min(_partial(events, queues))!r} acts on some queues of stream {name!r} only. Let it act on "
                f"{listed(queues)}, or name them a group, or forecast the queues apart.",
                name="streams",
                value=name,
            )
    return {k: tuple(v) for k, v in streams.items()}, {k: tuple(v) for k, v in groups.items()}


def _partial(events: Sequence[Event], queues: Sequence[str]) -> frozenset[str]:
    """Names of events of days that act on some of the queues only."""
    long = [event for event in events if not is_short(event)]
    return frozenset(event.name for event in long if len({event.acts_on(queue) for queue in queues}) > 1)


def fit_stream(
    queues: Sequence[str],
    models: Mapping[str, QueueModel],
    grids: Mapping[str, DayGrid],
    calendar: Calendar,
    events: Sequence[Event],
    regressors: Sequence[Regressor] = (),
    *,
    leaning: bool = False,
) -> Stream:
    """Learn the total and the shares of a stream from the days on which all its queues were open.

    `leaning`: how far each queue leans on its share is learned from past errors, else it is all.

    Raises
    ------
    DataError           History does not hold one of the queues.
    TooLittleHistory    They share fewer than forty open days.
    """
    missing = [queue for queue in queues if queue not in models]
    if missing:
        raise DataError(
            f"history must hold every queue of a stream or group, {listed(missing)} is not there; it holds "
            f"{listed(models)}.",
            table="history",
            column="queue",
        )
    daily = pd.DataFrame({queue: day_counts(models[queue], grids[queue]) for queue in queues}).dropna()
    if len(daily) < LEAST_DAYS:
        raise TooLittleHistory(
            f"queues {listed(queues)} share {len(daily)} open day(s), a stream or group needs {LEAST_DAYS}. "
            "Leave it out.",
            table="history",
            column="start",
        )
    ordered = (*daily.sum().sort_values().index.astype(str),)
    partial = _partial(events, queues)
    mine = [event for event in events if event.acts_on(queues[0]) and event.name not in partial]
    shared = _shared(regressors, queues, leaning=leaning)
    total = heard(fit_queue(as_grid(daily.sum(axis=1), queues), calendar, mine, shared), queues, models)
    days = pd.DatetimeIndex(daily.index)
    plain = total.reader.read(days, days)
    largest = daily[ordered[-1]].to_numpy()
    ratios = []
    for queue in ordered[:-1]:
        count = daily[queue].to_numpy()
        chance = 1 / (count + 0.5) + 1 / (largest + 0.5)
        ratios.append(fit_level(plain, (count + 0.5) / (largest + 0.5), day_components(plain, ()), noise=chance))
    shares = daily[list(ordered)].sum().to_numpy() / daily.to_numpy().sum()
    return Stream(
        queues=ordered,
        total=total,
        ratios=tuple(ratios),
        calibrations=tuple(calibrate(level) for level in ratios),
        leanings=_leanings(ordered, models, total, ratios, days, shares) if leaning else {},
        partial=partial,
    )


def _shared(regressors: Sequence[Regressor], queues: Sequence[str], *, leaning: bool) -> list[Regressor]:
    """Those that hold for all queues; what one queue of a stream knows by itself would be lost, and is refused."""
    own = [one for one in regressors if one.queue in queues]
    if own and not leaning:
        raise SettingError(
            f"regressors.{own[0].name} belongs to queue {own[0].queue!r} of a stream, whose queues share one level. "
            f"Leave its queue empty, so that it holds for {listed(queues)}, or name them a group, or forecast the "
            "queues apart.",
            name="regressors",
            value=own[0].queue,
        )
    return [one for one in regressors if not one.queue]


def _leanings(
    queues: Sequence[str],
    models: Mapping[str, QueueModel],
    total: QueueModel,
    ratios: Sequence[DayLevel],
    days: pd.DatetimeIndex,
    shares: Floats,
) -> dict[str, Leaning]:
    """Of each queue, from its own past errors and those of its share of the sum."""
    origins = past_origins(days)
    whole = past_errors(total.level, total.open_days, origins)
    by_share = share_errors(whole, [past_errors(level, days, origins) for level in ratios], shares)
    return {
        queue: learn_leaning(past_errors(models[queue].level, models[queue].open_days, origins), errors)
        for queue, errors in zip(queues, by_share, strict=True)
    }


def day_counts(model: QueueModel, grid: DayGrid) -> pd.Series:
    """Contacts of the queue's open days, those seen in part brought to whole days."""
    rows = grid.days.get_indexer(model.open_days)
    plain = model.reader.read(model.open_days, model.open_days)
    exposure = (model.profile.of(plain) * grid.seen[rows]).sum(axis=1)
    return pd.Series(np.nan_to_num(grid.offered[rows]).sum(axis=1) / exposure, index=model.open_days)


def as_grid(counts: pd.Series, queues: Sequence[str]) -> DayGrid:
    """A stream's days as the history of a queue of whole days, which every event knows by the first queue's name."""
    days = pd.date_range(counts.index[0], counts.index[-1])
    cells = counts.reindex(days).to_numpy(dtype=float)[:, None]
    unknown = np.full(cells.shape, np.nan)
    return DayGrid(
        queue=queues[0], days=days, slots=np.zeros(1), interval=DAY, offered=cells, aht=unknown, handled=unknown
    )


def reconciled(seen: Outlook, stream: Stream, shared: Told, model: QueueModel) -> Outlook:
    """The outlook of a queue with the level that its stream tells of; days that its queues do not share keep their own.

    A queue of a group mixes it with its own, and keeps its own where an event acts on some queues of the group only.
    """
    days = stream.days_of(seen.days)
    if len(days) and stream.partial:
        named = [k for k, event in enumerate(model.events) if event.name in stream.partial]
        felt = np.flatnonzero((seen.features.events[:, named] > FELT).any(axis=1))
        days = days.difference(seen.days[felt])
    if not len(days):
        return seen
    at, told = seen.days.get_indexer(days), shared.days.get_indexer(days)
    found = shared.levels[model.queue][0][told], shared.levels[model.queue][1][np.ix_(told, told)]
    if model.queue in stream.leanings:
        own = seen.mean[at], seen.covariance[np.ix_(at, at)]
        lead = np.asarray((days - model.last_day).days, dtype=float)
        found = stream.leanings[model.queue].mixed(own, found, lead)
    mean, covariance = seen.mean.copy(), seen.covariance.copy()
    mean[at] = found[0]
    covariance[at, :], covariance[:, at] = 0.0, 0.0
    covariance[np.ix_(at, at)] = found[1]
    return replace(seen, mean=mean, covariance=covariance)
