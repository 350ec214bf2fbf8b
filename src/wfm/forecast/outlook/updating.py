"""The forecast looked at again in the middle of a day, after what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, listed
from wfm.forecast.learned.carry import Carry
from wfm.forecast.learned.level import ODD
from wfm.forecast.learned.queue_model import QueueModel
from wfm.forecast.outlook.slots import Outlook
from wfm.forecast.outlook.stream import Stream
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Morning:
    """The first part of a day of one queue.

    Attributes
    ----------
    variance : float        Of the log level of the day, as the evening before.
    early : float           Of the log share that came by now, beyond chance.
    missing : float         Covariance of the level of the rest with that share, with its sign turned: contacts that
                            came early do not come later.
    expected : float        Contacts expected by now.
    surprise : float        Log of what came over what was expected, as a normal observation of the level would show it.
    """

    variance: float
    early: float
    missing: float
    expected: float
    surprise: float

    @classmethod
    def of(cls, seen: Outlook, today: int, carry: Carry, starts: pd.DatetimeIndex, came: pd.Series) -> Morning | None:
        """None where nothing was expected by now, or nothing is known of such surprises.

        Counts are Poisson about a gamma rate: of the surprise the conjugate posterior is taken, which a queue of a few
        contacts needs, and brought to the scale of a normal observation.
        """
        past = np.asarray(starts.isin(came.index))
        expected, whole = float(seen.median_rate[past].sum()), float(seen.median_rate[seen.row == today].sum())
        variance = carry.scale * max(float(seen.covariance[today, today]), 1e-12)
        if expected <= 0 or variance <= 0:
            return None
        passed = expected / whole
        early = carry.early_at(passed, variance / carry.scale)
        shape = 1 / (variance + early)
        shown = np.log((float(came.sum()) + shape) / (expected + shape))
        return cls(
            variance=variance,
            early=early,
            missing=min(early * passed / max(1 - passed, 1e-9), variance),
            expected=expected,
            surprise=float(shown * (1 + shape / expected)),
        )


def with_mornings(
    asked: Sequence[Asked], day: pd.Timestamp, came: Mapping[str, pd.Series], streams: Sequence[Stream]
) -> list[Asked]:
    """What is asked, after what came of the first part of a day: queue -> contacts by start of slot.

    The queues of a stream hear of each other; others hear of themselves only.
    """
    by_queue = {one.model.queue: one for one in asked}
    shared = [stream for stream in streams if not stream.leanings and len(stream.days_of(pd.DatetimeIndex([day])))]
    teams = [[queue for queue in stream.queues if queue in by_queue] for stream in shared]
    joined = {queue for team in teams for queue in team}
    for team, stream in [*zip(teams, shared, strict=True), *(([q], None) for q in by_queue if q not in joined)]:
        members = [by_queue[queue] for queue in team]
        mornings: dict[int, tuple[int, Morning]] = {}
        for number, one in enumerate(members):
            today = int(one.before.days.get_indexer(pd.DatetimeIndex([day]))[0])
            if one.model.queue in came and today >= 0:
                part = Morning.of(one.before, today, one.model.carry, one.starts, came[one.model.queue])
                mornings |= {number: (today, part)} if part else {}
        if mornings:
            seen, scales = [one.before for one in members], [one.model.carry.scale for one in members]
            news = updated(seen, scales, mornings, _across(team, seen, mornings, stream))
            by_queue |= {q: replace(by_queue[q], news=one) for q, one in zip(team, news, strict=True)}
    return list(by_queue.values())


def _across(
    team: Sequence[str], seen: Sequence[Outlook], mornings: Mapping[int, tuple[int, Morning]], stream: Stream | None
) -> dict[tuple[int, int], Floats]:
    """Covariance of the levels of each queue's days with those of the day that has begun of each queue with a morning.

    Days that a stream's queues do not divide have none.
    """
    found = {}
    for q, one in enumerate(seen):
        for h, (today, _) in mornings.items():
            if h == q or stream is None:
                found[q, h] = one.covariance[:, today].copy()
                continue
            days = stream.days_of(one.days)
            found[q, h] = np.zeros(len(one.days))
            if len(days):
                found[q, h][one.days.get_indexer(days)] = stream.along(days, seen[h].days[today])[team[q], team[h]]
    return found


def updated(
    seen: Sequence[Outlook],
    scales: Sequence[float],
    mornings: Mapping[int, tuple[int, Morning]],
    across: Mapping[tuple[int, int], Floats],
) -> list[News]:
    """The outlooks of queues whose levels move together, after some of them had the first part of a day.

    What came is a normal observation of the levels of that day, of the contacts that came early, and of chance. The
    levels of the day and of those after it follow by the memory that the model has of them; of the rest of the day what
    came early is taken off again.

    Parameters
    ----------
    scales : sequence   Factor on the variance of each queue's levels.
    mornings : mapping  Number of a queue -> position of its day that has begun, and what came of it.
    across : mapping    (queue, queue with a morning) -> covariance of the levels of the one's days with the level of
                        the other on the day that has begun.
    """
    heard, scale = list(mornings), np.array(scales)
    along = {key: cov * np.sqrt(scale[key[0]] * scale[key[1]]) for key, cov in across.items()}
    total = np.array([[along[q, h][mornings[q][0]] for h in heard] for q in heard])
    total += np.diag([morning.early + 1 / morning.expected for _, morning in mornings.values()])
    told = total, np.array([morning.surprise for _, morning in mornings.values()])
    day = seen[heard[0]].days[mornings[heard[0]][0]]
    news = []
    for q, one in enumerate(seen):
        gain = np.array([along[q, h] for h in heard]).T
        missing = np.array([mornings[q][1].missing if h == q else 0.0 for h in heard])
        today = int(one.days.get_indexer(pd.DatetimeIndex([day]))[0])
        news.append(_news(one, today, gain, missing, told, scale[q]) if scale[q] > 0 else News(outlook=one))
    return news


def _news(seen: Outlook, today: int, gain: Floats, missing: Floats, told: tuple[Floats, Floats], scale: float) -> News:
    """One queue's outlook after the surprises `told`, with their covariance; `gain` is that of its days with them.

    A morning beyond all that is usual tells of the rest of its day, and the less of later days the wilder it is, as
    such days do once they are history.
    """
    total, surprises = told
    wild = np.maximum(np.abs(surprises) / np.sqrt(np.diag(total)) / ODD, 1.0)
    weights = _weights(gain, total + np.diag(np.diag(total) * (wild**4 - 1)))
    of_level = float(weights[today] @ gain[today]) if today >= 0 else 0.0
    if today >= 0:
        gain[today] -= missing
        weights[today] = _weights(gain[[today]], total)
    known = weights @ gain.T / scale
    after = replace(seen, mean=seen.mean + weights @ surprises, covariance=seen.covariance - (known + known.T) / 2)
    if today < 0:
        return News(outlook=after)
    variance = max(float(seen.covariance[today, today]), 1e-12)
    left = 1 - of_level / scale / variance, 1 - float(known[today, today]) / variance
    return News(outlook=after, today=today, level=left[0], rest=left[1])


def _weights(gain: Floats, total: Floats) -> Floats:
    """(days, surprises) how each surprise is believed of each day."""
    return np.asarray(np.linalg.solve(total, gain.T).T)


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
