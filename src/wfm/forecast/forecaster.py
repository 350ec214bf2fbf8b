"""The forecaster: learn from history, say what will come, how sure that is, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import Calendar
from wfm.checks import fraction, number_in, one_of, whole_number
from wfm.errors import DataError, SettingError, listed
from wfm.events import Event
from wfm.forecast.asked_for import (
    check_knowledge,
    known_queues,
    long_enough,
    slots_ahead,
    slots_given,
    slots_of,
    strange_events,
)
from wfm.forecast.explained.explaining import effect_table, explain_days, explain_sum
from wfm.forecast.learned.days import closures
from wfm.forecast.learned.doubts import (
    changed_lately,
    far_out,
    idle_events,
    shut_lately,
    size_notes,
    undated,
    untaught_holidays,
    warn_of_ended,
)
from wfm.forecast.learned.grid import day_grid
from wfm.forecast.learned.queue_model import QueueModel, fit_queue_or_tell
from wfm.forecast.learned.ranges import count_quantiles
from wfm.forecast.learned.witnesses import with_witnesses
from wfm.forecast.learned.workers import each
from wfm.forecast.outlook.paths import draw_paths
from wfm.forecast.outlook.slots import Outlook, outlook
from wfm.forecast.outlook.stream import Stream, Told, check_streams, fit_stream, reconciled
from wfm.forecast.outlook.together import joint_levels, surprise_correlation
from wfm.forecast.outlook.updating import Asked, News, conditioned, so_far_of, with_mornings
from wfm.forecast.widths import refuse_two_widths
from wfm.regressors import Regressor, known_regressors
from wfm.tables import HISTORY, check
from wfm.threads import one_thread

Starts = pd.DatetimeIndex | Mapping[str, pd.DatetimeIndex]
WHOSE = ("queues", "sums")


class Forecaster:
    """Day level times shape of the day, learned from the history of one or many queues.

    The log of a day's contacts is a Gaussian model: weekday, days of the month and from its start in the calendar's
    reckoning, holidays and their neighbours, seasons, the solar year, known events, and memory on several scales, each
    with a variance of its own that is learned. Days that nothing explains are weighed down. The shape of the day is
    learned by weekday, recent weeks counting more. A queue that events do not touch tells what they did to others.

    Parameters
    ----------
    calendar : Calendar     The reckoning of months, holidays, closures, seasons; None = Gregorian without holidays.
    events : iterable       Known events, past and coming.
    streams : mapping       name -> queues that divide one stream of contacts (calls and chats, say): its total and the
                            drifting shares are forecast, and add up.
    groups : mapping        name -> queues that have much in common: each leans on its share of their sum as far as its
                            past errors say, which may be not at all.
    regressors : table      day, a column of numbers for each (temperature, marketing spend, active customers) and,
                            where queues differ, queue: of history and of the days to be forecast.
    workers : int           Processes that learn queues at once, -1 = one for each core; the results are the same.

    Attributes
    ----------
    models_ : dict          queue -> its fitted model.
    streams_ : tuple        Fitted streams and groups.
    last_day_ : timestamp   Last day of history.

    >>> starts = pd.date_range("2026-01-05", periods=70 * 24, freq="h")
    >>> busy = 200 + 100 * (starts.hour >= 8) + 150 * (starts.day_of_week < 5)
    >>> history = pd.DataFrame({"queue": "voice", "start": starts, "offered": busy})
    >>> forecast = Forecaster().fit(history).predict(days=1)
    >>> forecast[["queue", "start"]].iloc[7].tolist(), forecast["offered"].round(-1).iloc[7:9].tolist()
    (['voice', Timestamp('2026-03-16 07:00:00')], [350.0, 450.0])
    """

    def __init__(
        self,
        *,
        calendar: Calendar | None = None,
        events: Sequence[Event] = (),
        streams: Mapping[str, Sequence[str]] | None = None,
        groups: Mapping[str, Sequence[str]] | None = None,
        regressors: pd.DataFrame | Sequence[Regressor] = (),
        workers: int = 1,
    ) -> None:
        check_knowledge(calendar, events, streams=streams, groups=groups)
        self.calendar = calendar or Calendar()
        self.events = tuple(events)
        self.regressors = known_regressors(regressors, self.calendar)
        self.streams, self.groups = check_streams(streams or {}, groups or {}, self.events)
        self.workers = workers

    def fit(self, history: pd.DataFrame) -> Forecaster:
        """Learn from history.

        Parameters
        ----------
        history : table     queue, start, offered; also end, aht, answered, excluded. Empty offered = no data; rows that
                            are not there = closed, or not observed.

        Raises
        ------
        DataError           The table does not hold what it must.
        TooLittleHistory    A queue has less than three weeks; all such queues are named.
        """
        return self._learn(history, {})

    def refit(self, history: pd.DataFrame) -> Forecaster:
        """Learn from a longer or shorter history of the same queues, from what was learned before.

        The variances and the shapes of events are taken as the start and mended, which takes a third of the time.
        """
        return self._learn(history, getattr(self, "models_", {}))

    def _learn(self, history: pd.DataFrame, known: Mapping[str, QueueModel]) -> Forecaster:
        history = check(history, HISTORY)
        if history.empty:
            raise DataError("history has no rows. Hand in at least three weeks.", table="history")
        refuse_two_widths(history)
        grids = {str(name): day_grid(mine, str(name)) for name, mine in history.groupby("queue", sort=False)}
        jobs = [(grid, self.calendar, self.events, self.regressors, known.get(name)) for name, grid in grids.items()]
        models = long_enough(dict(zip(grids, each(fit_queue_or_tell, jobs, workers=self.workers), strict=True)))
        models = with_witnesses(models, self.workers)
        sums = (models, grids, self.calendar, self.events, self.regressors)
        with one_thread():
            streams = [fit_stream(queues, *sums) for queues in self.streams.values()]
            groups = [fit_stream(queues, *sums, leaning=True) for queues in self.groups.values()]
        self.streams_ = (*streams, *groups)
        self.models_ = models
        self._told: dict[tuple[int, bytes], Told] = {}
        self.last_day_ = max(model.last_day for model in models.values())
        for name, grid in grids.items():
            warn_of_ended(grid.days[np.flatnonzero(grid.seen.any(axis=1))], name, self.last_day_, stacklevel=3)
        return self

    def predict(
        self, days: int | None = None, *, starts: Starts | None = None, quantiles: Sequence[float] = (0.1, 0.5, 0.9)
    ) -> pd.DataFrame:
        """What will come: mean, handle time and quantiles of the count, for each queue and interval.

        Parameters
        ----------
        days : int          So many days after history, with the opening pattern of recent weeks; a queue that is closed
                            on all of them has no rows.
        starts : index      Or exactly these intervals, for all queues or as a mapping queue -> index.
        quantiles : tuple   Levels in (0, 1). They are of the count: doubt about the rate and Poisson chance.

        Returns
        -------
        DataFrame           A forecast table: queue, start, end, offered, aht, offered_q0.1, ...
        """
        levels = tuple(fraction(level, name="quantiles", zero=False, one=False) for level in quantiles)
        tables = []
        with one_thread():
            for model, wanted in self._wanted(days, starts):
                tables.append(_forecast(model, wanted, self._outlook(model, wanted), levels))
        return pd.concat(tables, ignore_index=True)

    def update(
        self,
        so_far: pd.DataFrame,
        *,
        days: int = 7,
        starts: Starts | None = None,
        quantiles: Sequence[float] = (0.1, 0.5, 0.9),
    ) -> pd.DataFrame:
        """The rest of a day and of the days after it, after its first hours came.

        How much of their surprise is carried on was learned from past days, and may be nothing. `simulate(so_far=...)`
        gives the paths that belong to it.

        Parameters
        ----------
        so_far : table      queue, start, offered of the first hours of one day after history. Queues with rows hear of
                            each other as far as their past days strayed together; those without keep their forecast,
                            but those of a stream hear of each other.
        days : int          So many days, the one that has begun among them.
        starts : index      Or those of these intervals that come after `so_far`.

        Returns
        -------
        DataFrame           A forecast table of the intervals after the last row of `so_far`.

        Raises
        ------
        DataError           `so_far` is empty, spans several days, lies in history, or names a queue that history
                            does not hold.
        """
        levels = tuple(fraction(level, name="quantiles", zero=False, one=False) for level in quantiles)
        tables = []
        for one in self._rest(so_far, days, starts):
            table = _forecast(one.model, one.starts, one.news.outlook, levels)
            tables.append(table.loc[table["start"].isin(one.wanted)])
        rest: pd.DataFrame = pd.concat(tables, ignore_index=True)
        return rest

    def simulate(
        self,
        days: int | None = None,
        *,
        starts: Starts | None = None,
        paths: int = 200,
        seed: int = 1,
        so_far: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """Possible futures of the rate, correlated between days, slots and queues; their mean is the forecast.

        Queues have their busy days together as far as their past surprises did.

        Parameters
        ----------
        so_far : table      The first hours of a day after history, as in `update`: paths of what comes after them.

        Returns
        -------
        DataFrame           A paths table: path, queue, start, end, rate, aht. Counts are Poisson about the rate.
        """
        paths = whole_number(paths, name="paths", low=1)
        if so_far is None:
            asked = [self._asked(model, wanted) for model, wanted in self._wanted(days, starts)]
        else:
            asked = self._rest(so_far, days or 7, starts)
        rngs = [np.random.default_rng([seed, *one.model.queue.encode()]) for one in asked]
        correlation = surprise_correlation([one.model for one in asked])
        levels = joint_levels([(one.model, one.before) for one in asked], self.streams_, correlation, rngs, paths)
        tables = []
        for one, level, rng in zip(asked, levels, rngs, strict=True):
            level = conditioned(level, one.before, one.news)
            rate, aht = draw_paths(one.model, one.news.outlook, one.starts, level, rng)
            table = _intervals(one.model, one.starts)
            table = table.loc[np.tile(np.arange(len(table)), paths)].assign(rate=rate.ravel(), aht=aht.ravel())
            table.insert(0, "path", np.repeat(np.arange(paths), len(one.starts)))
            tables.append(table if so_far is None else table.loc[table["start"].isin(one.wanted)])
        return pd.concat(tables).sort_values("path", kind="stable").reset_index(drop=True)

    def explain(self, days: int | None = None, *, starts: Starts | None = None, of: str = "queues") -> pd.DataFrame:
        """Each day's mean total as a product; `wfm.forecast.plot_explained` draws it.

        Parameters
        ----------
        of : str            `queues`, or `sums`: of all the queues of a stream or group together.

        Returns
        -------
        DataFrame           queue (the stream's or group's name), day, component, factor: level [contacts], weekday,
                            month_day, holiday, season, yearly, trend, memory, level step, burst, recurring:<name>,
                            regressor:<name>, event:<name>, share of the sum, hours (share of the day that is asked
                            for), doubt (mean over median). A queue of a stream has the factors of the stream's total,
                            and its share of it; one of a group its own, and what it owes to the group. The factors of a
                            day multiply to its predicted total.
        """
        one_of(of, WHOSE, name="of")
        asked = [self._asked(model, wanted) for model, wanted in self._wanted(days, starts)]
        if of == "sums":
            sums = {name: [a.before for a in asked if a.model.queue in s.queues] for name, s in self._sums().items()}
            tables = [explain_sum(name, self._sums()[name], seen) for name, seen in sums.items() if seen]
        else:
            in_sum = {queue: stream for stream in self.streams_ for queue in stream.queues}
            tables = [explain_days(one.model, one.before, in_sum.get(one.model.queue)) for one in asked]
        return pd.concat(tables, ignore_index=True)

    def notes(self, days: int | None = None, *, starts: Starts | None = None) -> tuple[str, ...]:
        """What the forecast of these days takes for granted, in words.

        Holidays that history never saw, and what they are forecast like; events that move nothing as they are written;
        what the size of an event does to its lift; events of queues that history does not hold. `predict` warns of the
        first two.
        """
        found = strange_events(self.events, self._fitted(), self.last_day_)
        for model, wanted in self._wanted(days, starts):
            asked = wanted.normalize().unique().sort_values()
            features = model.features(asked, closures(asked, model.open_days, model.reader.usual))
            found += untaught_holidays(model, asked, features) + undated(model, asked) + far_out(model, asked)
            found += idle_events(model, asked) + changed_lately(model) + shut_lately(model) + size_notes(model, asked)
        return tuple(found)

    def effects(self, kind: str = "month_day", *, of: str = "queues") -> pd.DataFrame:
        """What was learned about kinds of days, on the log scale.

        Parameters
        ----------
        kind : str          `month_day`: days of a month that begins on a working day, against its days from 7 on;
                            `weekday`: against the mean of the week; `holiday`, `season`, `recurring`, `event`: against
                            an ordinary day, a season on the mean of its days, an event at its peak; `regressor`: 10%
                            more of an amount, one standard deviation of another number.
        of : str            `queues`, or `sums`: on the sum of all the queues of a stream or group, which shows most.

        Returns
        -------
        DataFrame           queue, kind, name, effect, sd, low, high: 90% interval of the log effect.
        """
        tables = [effect_table(model, kind).assign(queue=name) for name, model in self.models_of(of).items()]
        return pd.concat(tables, ignore_index=True)

    def models_of(self, of: str = "queues") -> dict[str, QueueModel]:
        """What was learned of the `queues`, or of the `sums` of streams and groups, by name."""
        one_of(of, WHOSE, name="of")
        return {name: s.total for name, s in self._sums().items()} if of == "sums" else self._fitted()

    def _outlook(self, model: QueueModel, starts: pd.DatetimeIndex) -> Outlook:
        """What the queue's model says, its level taken from its stream, or mixed with its share of its group."""
        seen = outlook(model, starts)
        for number, stream in enumerate(self.streams_):
            if model.queue in stream.queues:
                key = number, seen.days.to_numpy().tobytes()
                if key not in self._told:  # all queues of a stream are asked for the same days, as a rule
                    days = stream.days_of(seen.days)
                    self._told[key] = Told(days=days, levels=stream.outlook(days) if len(days) else {})
                seen = reconciled(seen, stream, self._told[key], model)
        return seen

    def _asked(self, model: QueueModel, wanted: pd.DatetimeIndex) -> Asked:
        seen = self._outlook(model, wanted)
        return Asked(model=model, wanted=wanted, starts=wanted, before=seen, news=News(outlook=seen))

    def _rest(self, so_far: pd.DataFrame, days: int, starts: Starts | None) -> list[Asked]:
        """Each queue's slots from the day on that has begun, as they were seen before it and after what came."""
        models = self._fitted()
        today, came = so_far_of(so_far, self.last_day_)
        known_queues(came, models, "so_far")
        ahead = (today - self.last_day_).days - 1 + int(number_in(days, name="days", low=1, high=366, unit="days"))
        rest: list[Asked] = []
        parts: dict[str, pd.Series] = {}
        for model, wanted in self._wanted(ahead if starts is None else None, starts):
            mine = came[came["queue"] == model.queue].set_index("start")["offered"].astype(float)
            slots, open_today = wanted[wanted >= today], slots_of(model, today)
            # Rows of closed hours, zeros of the night mostly, tell nothing: nothing was expected of them.
            mine = mine[mine.index.isin(slots.union(open_today))]
            slots = slots.union(pd.DatetimeIndex(mine.index))
            if len(mine) and starts is not None:  # how much of the day has passed is told by all of its slots
                slots = slots.union(open_today)
            later = wanted[wanted > came["start"].max()]
            if len(slots):
                rest.append(replace(self._asked(model, slots), wanted=later))
                parts |= {model.queue: mine} if len(mine) else {}
        return with_mornings(rest, today, parts, self.streams_)

    def _sums(self) -> dict[str, Stream]:
        """Each stream or group by its name."""
        self._fitted()
        if not self.streams_:
            raise SettingError(
                "there is no sum to tell of: the forecaster has neither streams nor groups.", name="of", value="sums"
            )
        return dict(zip([*self.streams, *self.groups], self.streams_, strict=True))

    def _fitted(self) -> dict[str, QueueModel]:
        if not hasattr(self, "models_"):
            raise SettingError("the forecaster has learned nothing yet; call fit(history) first.", name="Forecaster")
        return self.models_

    def _wanted(self, days: int | None, starts: Starts | None) -> list[tuple[QueueModel, pd.DatetimeIndex]]:
        """The slots that are asked for, by queue."""
        models = self._fitted()
        if (days is None) == (starts is None):
            raise SettingError(
                "give either days or starts, got " + ("neither" if days is None else "both") + ".",
                name="days",
                value=days,
            )
        if days is not None:
            count = whole_number(days, name="days", low=1)
            return slots_ahead(models, self.last_day_, count, self.calendar)
        if isinstance(starts, Mapping):
            unknown = set(starts) - set(models)
            if unknown:
                raise SettingError(
                    f"starts names queue {listed(sorted(unknown))}, which history does not hold; it "
                    f"holds {listed(models)}.",
                    name="starts",
                )
            return [(models[queue], slots_given(index)) for queue, index in starts.items()]
        return [(model, slots_given(starts)) for model in models.values()]


def _forecast(model: QueueModel, starts: pd.DatetimeIndex, seen: Outlook, levels: tuple[float, ...]) -> pd.DataFrame:
    counts = count_quantiles(seen.rate, seen.doubt, levels, model.tails)
    quantiles = {f"offered_q{q:g}": c for q, c in zip(levels, counts, strict=True)}
    return _intervals(model, starts, offered=seen.rate, aht=seen.aht, **quantiles)


def _intervals(model: QueueModel, starts: pd.DatetimeIndex, **columns: npt.NDArray[np.float64]) -> pd.DataFrame:
    width = pd.Timedelta(seconds=model.profile.interval)
    queue = pd.Series(np.full(len(starts), model.queue, dtype=object), dtype=object)
    return pd.DataFrame({"queue": queue, "start": starts, "end": starts + width, **columns})
