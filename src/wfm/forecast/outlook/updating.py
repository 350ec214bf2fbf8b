"""The forecast looked at again in the middle of a day, after what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, listed
from wfm.forecast.learned.level import ODD
from wfm.forecast.learned.queue_model import QueueModel
from wfm.forecast.outlook.slots import Outlook
from wfm.forecast.outlook.stream import Stream
from wfm.forecast.outlook.together import surprise_correlation
from wfm.tables import HISTORY, check

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """An outlook after the first part of one of its days.

    Attributes
    ----------
    outlook : Outlook   After what came.
    today : int         Position of the day that has begun; -1 = none has.
    level : float       Share of the variance of that day's level that is left: what later days hear of it.
    rest : float        Likewise of what is still to come of that day.
    """

    outlook: Outlook
    today: int = -1
    level: float = 1.0
    rest: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of one queue.

    Attributes
    ----------
    wanted : DatetimeIndex  The starts that are asked for.
    starts : DatetimeIndex  Those that the outlooks hold: more, where a day has begun.
    before : Outlook        As seen from the end of history.
    news : News             After what came since.
    """

    model: QueueModel
    wanted: pd.DatetimeIndex
    starts: pd.DatetimeIndex
    before: Outlook
    news: News

    def position(self, day: pd.Timestamp) -> int:
        """Position of a day in the outlook; -1 = it is not asked for."""
        return int(self.before.days.get_indexer(pd.DatetimeIndex([day]))[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Morning:
    """The first part of a day of one queue.

    Attributes
    ----------
    today : int             Position of the day in the queue's outlook.
    early : float           Variance of the log share that came by now, beyond chance.
    missing : float         Covariance of the level of the rest with that share, with its sign turned: contacts that
                            came early do not come later.
    expected : float        Contacts expected by now.
    surprise : float        Log of what came over what was expected, as a normal observation of the level would show it.
    """

    today: int
    early: float
    missing: float
    expected: float
    surprise: float

    @classmethod
    def of(cls, asked: Asked, day: pd.Timestamp, came: pd.Series) -> Morning | None:
        """None where nothing was expected by now, or nothing is known of such surprises.

        Counts are Poisson about a gamma rate: of the surprise the conjugate posterior is taken, which a queue of a few
        contacts needs, and brought to the scale of a normal observation.
        """
        seen, carry, today = asked.before, asked.model.carry, asked.position(day)
        if today < 0:
            return None
        past = np.asarray(asked.starts.isin(came.index))
        expected, whole = float(seen.median_rate[past].sum()), float(seen.median_rate[seen.row == today].sum())
        variance = carry.scale * max(float(seen.covariance[today, today]), 1e-12)
        if expected <= 0 or variance <= 0:
            return None
        passed = expected / whole
        early = carry.early_at(passed, variance / carry.scale)
        shape = 1 / (variance + early)
        shown = np.log((float(came.sum()) + shape) / (expected + shape))
        return cls(
            today=today,
            early=early,
            missing=min(early * passed / max(1 - passed, 1e-9), variance),
            expected=expected,
            surprise=float(shown * (1 + shape / expected)),
        )


def with_mornings(
    asked: Sequence[Asked], day: pd.Timestamp, came: Mapping[str, pd.Series], streams: Sequence[Stream]
) -> list[Asked]:
    """What is asked, after what came of the first part of a day: queue -> contacts by start of slot.

    The queues of a stream hear of each other. Others hear of themselves and, as far as their past surprises went
    together, of those that had a morning as they did; without one they keep what they had.
    """
    by_queue = {one.model.queue: one for one in asked}
    shared = [stream for stream in streams if not stream.leanings and len(stream.days_of(pd.DatetimeIndex([day])))]
    teams = [[queue for queue in stream.queues if queue in by_queue] for stream in shared]
    joined = {queue for team in teams for queue in team}
    rest = [queue for queue in by_queue if queue in came and queue not in joined]
    for team, stream in [*zip(teams, shared, strict=True), (rest, None)]:
        members = [by_queue[queue] for queue in team]
        found = {q: Morning.of(one, day, came[one.model.queue]) for q, one in enumerate(members) if team[q] in came}
        mornings = {q: morning for q, morning in found.items() if morning is not None}
        if mornings:
            together = surprise_correlation([members[q].model for q in mornings])
            along = _beside(members, mornings, together) if stream is None else _within(stream, members, mornings)
            for one, news in zip(members, updated(members, day, mornings, along, together), strict=True):
                by_queue[one.model.queue] = replace(one, news=news)
    return list(by_queue.values())


def _beside(members: Sequence[Asked], mornings: Mapping[int, Morning], together: Floats) -> list[Floats]:
    """(days, mornings) for each queue: covariance of the levels of its days with those of the day that has begun.

    A day's surprises correlate between queues; what follows of them, each queue's memory says.
    """
    known = list(mornings)
    own = [members[q].before.covariance[:, morning.today] for q, morning in mornings.items()]
    spread = np.sqrt([max(one[morning.today], 1e-12) for one, morning in zip(own, mornings.values(), strict=True)])
    along = [np.zeros((len(one.before.days), len(known))) for one in members]
    for k, q in enumerate(known):
        along[q] = np.outer(own[k] / spread[k], together[k] * spread)
    return along


def _within(stream: Stream, members: Sequence[Asked], mornings: Mapping[int, Morning]) -> list[Floats]:
    """The same for the queues of a stream. Days that they do not divide have none with other queues."""
    found = []
    for q, one in enumerate(members):
        seen, days = one.before, stream.days_of(one.before.days)
        along = np.zeros((len(seen.days), len(mornings)))
        for k, (h, morning) in enumerate(mornings.items()):
            if h == q:
                along[:, k] = seen.covariance[:, morning.today]
            elif len(days):
                day = members[h].before.days[morning.today]
                shared = stream.along(days, day)[one.model.queue, members[h].model.queue]
                along[seen.days.get_indexer(days), k] = shared
        found.append(along)
    return found


def updated(
    members: Sequence[Asked],
    day: pd.Timestamp,
    mornings: Mapping[int, Morning],
    along: Sequence[Floats],
    together: Floats,
) -> list[News]:
    """The outlooks of queues whose levels move together, after some of them had the first part of a day.

    What came is a normal observation of the levels of that day, of the contacts that came early, and of chance. The
    levels of the day and of those after it follow by the memory that the model has of them; of the rest of the day what
    came early is taken off again. Mornings whose days go together come early together.

    Parameters
    ----------
    mornings : mapping  Number of a queue -> what came of its day.
    along : sequence    (days, mornings) for each queue, covariance of the levels of its days with that day's.
    together : array    (mornings, mornings) correlation of the surprises of the queues that had one.
    """
    heard, parts = list(mornings), list(mornings.values())
    scale = np.array([one.model.carry.scale for one in members])
    along = [one * np.sqrt(scale[q] * scale[heard]) for q, one in enumerate(along)]
    early = np.sqrt([part.early for part in parts])
    total = np.array([along[q][part.today] for q, part in mornings.items()]) + together * np.outer(early, early)
    total += np.diag([1 / part.expected for part in parts])
    told = _Told.of(total, early**2, np.array([part.surprise for part in parts]))
    news = []
    for q, one in enumerate(members):
        missing = np.zeros(len(parts))
        if q in mornings and mornings[q].early > 0:
            k = heard.index(q)
            missing = mornings[q].missing * together[k] * early / early[k]
        today = one.position(day)
        news.append(_news(one.before, today, along[q], missing, told, scale[q]) if scale[q] > 0 else one.news)
    return news


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """Surprises, and one over their covariance: as they are for the day itself, and `later`, when it is history.

    A morning beyond all that is usual may have come early or late by as much more than others; where days keep their
    shape it tells of the rest of its day as any other. It tells the less of later days the wilder it is, as such days
    do once they are history.
    """

    surprises: Floats
    sure: Floats
    later: Floats

    @classmethod
    def of(cls, total: Floats, early: Floats, surprises: Floats) -> _Told:
        """`total` is the covariance of usual surprises, of which contacts that come early have the variance `early`."""
        own = np.diag(total)
        wild = np.maximum(np.abs(surprises) / np.sqrt(own) / ODD, 1.0)
        now, later = total + np.diag(early * (wild**2 - 1)), total + np.diag(own * (wild**4 - 1))
        return cls(surprises=surprises, sure=np.asarray(np.linalg.inv(now)), later=np.asarray(np.linalg.inv(later)))


def _news(seen: Outlook, today: int, along: Floats, missing: Floats, told: _Told, scale: float) -> News:
    """One queue's outlook after what it was `told`; `along` is the covariance of its days with that."""
    gain, weights = along.copy(), along @ told.later
    of_level = float(weights[today] @ gain[today]) if today >= 0 else 0.0
    if today >= 0:
        gain[today] -= missing
        weights[today] = gain[today] @ told.sure
    known = weights @ gain.T / scale
    mean = seen.mean + weights @ told.surprises
    after = replace(seen, mean=mean, covariance=seen.covariance - (known + known.T) / 2)
    if today < 0:
        return News(outlook=after)
    variance = max(float(seen.covariance[today, today]), 1e-12)
    left = 1 - of_level / scale / variance, 1 - float(known[today, today]) / variance
    return News(outlook=after, today=today, level=left[0], rest=left[1])


def conditioned(levels: Floats, before: Outlook, news: News) -> Floats:
    """(paths, days) log factors drawn before the day began, made those of after its first hours.

    What a path still says of the day that has begun shrinks to what is left in doubt, and takes what it says of later
    days along; so paths keep what moves together, between days and between queues (Matheron's rule).
    """
    today = news.today
    if today < 0:
        return levels
    along = before.covariance[today] / max(float(before.covariance[today, today]), 1e-12)
    shrunk = along * (1 - np.sqrt(max(news.level, 0.0)))
    shrunk[today] = 1 - np.sqrt(max(news.rest, 0.0))
    raised = levels + np.diag(before.covariance) / 2
    drawn = raised - np.outer(raised[:, today], shrunk)
    return np.asarray(drawn - np.clip(np.diag(news.outlook.covariance), 0.0, None) / 2)


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
