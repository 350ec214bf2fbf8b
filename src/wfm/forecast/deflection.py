"""Contacts that leave a queue for self-service, tickets or another channel: stated by date, or learned."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import Calendar, read_date
from wfm.checks import number_in
from wfm.errors import DataError, TooLittleHistory, WfmWarning, did_you_mean, listed
from wfm.events import Event
from wfm.forecast.forecaster import Forecaster
from wfm.forecast.learned.ranges import count_quantiles
from wfm.tables import FORECAST, HISTORY, PATHS, check, with_end

Floats = npt.NDArray[np.float64]
QUANTILE = "offered_q"
PATHS_LEARNED = 400
DRAWS = 10


def deflected(
    forecast: pd.DataFrame, paths: pd.DataFrame, deflection: pd.DataFrame, *, seed: int = 1
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forecast and paths after some contacts have gone elsewhere.

    Parameters
    ----------
    forecast, paths : table     What would come without.
    deflection : table          queue, start, share: from its first row on, a queue loses a share of its contacts;
                                between rows of a queue and goal it moves in a straight line, after the last it stays.
                                Optional: to = the queue where they appear (empty = self-service, nobody sees them),
                                ratio = contacts that appear there for each that leaves (1), doubt = standard deviation
                                of the share (0): each path has a share of its own, too large or too small throughout.

    Returns
    -------
    (forecast, paths)           All queues. Contacts that appear where the goal has no interval get one.

    Raises
    ------
    DataError                   A share is no fraction, the shares of a queue add up to more than 1, or a queue has no
                                forecast.

    >>> from wfm.forecast import volume_with_pattern
    >>> starts = pd.date_range("2026-11-21 08:00", periods=2, freq="D")
    >>> without = volume_with_pattern(200, starts, queue="voice", paths=2)
    >>> bot = pd.DataFrame({"queue": "voice", "share": [0.1, 0.3],
    ...                     "start": pd.to_datetime(["2026-11-21", "2026-11-23"])})
    >>> deflected(*without, bot)[0]["offered"].round(6).tolist()
    [90.0, 80.0]
    """
    forecast, paths = with_end(check(forecast, FORECAST)), with_end(check(paths, PATHS))
    moves = _checked(deflection, forecast)
    rng = np.random.default_rng(seed)
    kept, futures = forecast["offered"].to_numpy(dtype=float).copy(), paths["rate"].to_numpy(dtype=float).copy()
    number, names = pd.factorize(paths["path"], sort=True)
    arriving: list[pd.DataFrame] = []
    arriving_paths: list[pd.DataFrame] = []
    for (source, to), rows in moves.groupby(["queue", "to"], sort=True):
        queue, goal = str(source), str(to)
        normal = rng.standard_normal(len(names))
        mine, drawn = (table["queue"].eq(queue).to_numpy() for table in (forecast, paths))
        share = share_at(rows, forecast.loc[mine, "start"])[0]
        kept[mine] -= forecast.loc[mine, "offered"].to_numpy(dtype=float) * share
        of_path = _drawn_share(*share_at(rows, paths.loc[drawn, "start"]), normal[number[drawn]])
        futures[drawn] -= paths.loc[drawn, "rate"].to_numpy(dtype=float) * of_path
        if goal:
            factor = share * float(rows["ratio"].iloc[0])
            arriving.append(_moved(forecast[mine], "offered", goal, factor))
            arriving_paths.append(_moved(paths[drawn], "rate", goal, of_path * float(rows["ratio"].iloc[0])))
    after = _joined(forecast.assign(offered=np.maximum(kept, 0.0)), arriving, "offered")
    futures_after = _joined(paths.assign(rate=np.maximum(futures, 0.0)), arriving_paths, "rate")
    touched = set(moves["queue"]) | set(moves["to"])
    return _with_quantiles(after, futures_after, touched), check(futures_after, PATHS)


def learn_deflection(
    history: pd.DataFrame,
    queue: str,
    since: object,
    *,
    calendar: Calendar | None = None,
    events: Sequence[Event] = (),
    seed: int = 1,
) -> pd.DataFrame:
    """What share of a queue's contacts a past rollout took away, week by week.

    The days before it are forecast on, as if it had not been; what came is held against that.

    Parameters
    ----------
    history : table     Holds the queue before and after.
    since : date        First day of the rollout.

    Returns
    -------
    DataFrame           queue, start (middle of the week), share, doubt (its standard deviation), low, high (90%),
                        expected, came: ready for `deflected`, for another queue or date as well. A share below 0 (more
                        came than expected) is given as 0.

    Raises
    ------
    DataError           The history does not hold the queue.
    TooLittleHistory    Less than a week lies after `since`, or less than three before it.

    >>> days = pd.date_range("2026-01-05", periods=84)
    >>> calls = np.where(days < "2026-03-16", 1000.0, 750.0)
    >>> history = pd.DataFrame({"queue": "voice", "start": days, "offered": calls})
    >>> learn_deflection(history, "voice", "2026-03-16")["share"].round(2).tolist()
    [0.25, 0.25]
    """
    calendar = calendar or Calendar()
    day = read_date(since, solar_hijri=calendar.months == "solar-hijri", name="since")
    history = check(history, HISTORY)
    if not history["queue"].eq(queue).any():
        known = history["queue"].unique().tolist()
        raise DataError(
            f"history holds no queue {queue!r}; it holds {listed(known)}.{did_you_mean(queue, known)}",
            table="history",
            column="queue",
        )
    mine = history[history["queue"].eq(queue) & history["offered"].notna()]
    before, after = mine[mine["start"] < day], mine[mine["start"] >= day]
    week = ((after["start"].dt.normalize() - day).dt.days // 7).to_numpy(dtype=np.int64)
    whole = (after["start"].dt.normalize().max() - day).days + 1 if len(after) else 0
    if whole < 7:
        raise TooLittleHistory(
            f"history of queue {queue!r} must hold at least a week from {day.date()} on, got {whole} day(s).",
            table="history",
            column="start",
        )
    if before.empty:
        raise TooLittleHistory(
            f"history of queue {queue!r} must hold at least three weeks before {day.date()}, got none.",
            table="history",
            column="start",
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WfmWarning)  # the range says what is in doubt
        model = Forecaster(calendar=calendar, events=events).fit(before.reset_index(drop=True))
        starts = pd.DatetimeIndex(after["start"])
        paths = model.simulate(starts=starts, paths=PATHS_LEARNED, seed=seed)
    rate = paths["rate"].to_numpy().reshape(PATHS_LEARNED, len(after))
    rows = []
    for number in range(whole // 7):
        sums = np.repeat(rate[:, week == number].sum(axis=1), DRAWS)
        expected = np.random.default_rng([seed, number]).poisson(sums)
        came = float(after["offered"].to_numpy(dtype=float)[week == number].sum())
        share = 1 - came / np.maximum(expected, 1.0)
        low, high = np.quantile(share, (0.05, 0.95))
        rows.append((max(float(np.median(share)), 0.0), float(share.std()), low, high, expected.mean(), came))
    table = pd.DataFrame(rows, columns=["share", "doubt", "low", "high", "expected", "came"])
    table.insert(0, "start", [day + pd.Timedelta(days=7 * k + 3) for k in range(len(table))])
    table.insert(0, "queue", pd.Series(queue, index=table.index, dtype=object))
    return table


def _checked(deflection: pd.DataFrame, forecast: pd.DataFrame) -> pd.DataFrame:
    """The table with its optional columns filled in."""
    missing = [name for name in ("queue", "start", "share") if name not in deflection]
    if missing:
        raise DataError(
            f"deflection has no column {missing[0]!r}; it needs queue, start and share.",
            table="deflection",
            column=missing[0],
        )
    starts = pd.to_datetime(deflection["start"], errors="coerce")
    for place in np.flatnonzero(starts.isna()):
        got = deflection["start"].iloc[place]
        raise DataError(
            f"deflection.start must be a date such as 2026-11-21, got {got!r} in row {place}.",
            table="deflection",
            column="start",
            rows=[int(place)],
        )
    moves = deflection.assign(
        start=starts,
        to=deflection["to"].fillna("").astype(str) if "to" in deflection else "",
        ratio=deflection["ratio"].fillna(1.0) if "ratio" in deflection else 1.0,
        doubt=deflection["doubt"].fillna(0.0) if "doubt" in deflection else 0.0,
    ).sort_values("start")
    for row in moves.itertuples():
        number_in(row.share, name="deflection.share", low=0, high=1)
        number_in(row.doubt, name="deflection.doubt", low=0, high=1)
        number_in(row.ratio, name="deflection.ratio", low=0, high=1000)
    unknown = sorted(set(moves["queue"]) - set(forecast["queue"]))
    if unknown:
        raise DataError(
            f"deflection names queue {unknown[0]!r}, which has no forecast.", table="deflection", column="queue"
        )
    check_shares(moves)
    return moves


def check_shares(moves: pd.DataFrame) -> None:
    """Refuse two shares or ratios of one stream at a time, and shares that take more than there is.

    Parameters
    ----------
    moves : table       queue, start, share, to, ratio, none of them empty.
    """
    streams = moves.assign(day=moves["start"].dt.normalize())
    twice = streams.duplicated(["queue", "to", "day"])
    if twice.any():
        queue, goal, day = streams.loc[twice, ["queue", "to", "day"]].iloc[0]
        same = streams[streams["queue"].eq(queue) & streams["to"].eq(goal) & streams["day"].eq(day)]
        raise DataError(
            f"deflection has {len(same)} rows of {_stream(queue, goal)} on {day:%Y-%m-%d}, with the shares "
            f"{listed(same['share'].tolist())}. Keep one of them.",
            table="deflection",
            column="start",
        )
    for (queue, goal), rows in streams.groupby(["queue", "to"]):
        if (rows["ratio"] != rows["ratio"].iloc[0]).any():
            raise DataError(
                f"deflection.ratio of {_stream(queue, goal)} must be the same in all of its rows, got "
                f"{listed(rows['ratio'].unique().tolist())}.",
                table="deflection",
                column="ratio",
            )
    for queue, rows in streams.groupby("queue"):
        dates = rows["day"].drop_duplicates()
        parts = [share_at(part.sort_values("day"), dates)[0] for _, part in rows.groupby("to")]
        together = np.sum(parts, axis=0)
        most = int(np.argmax(together))
        if together[most] > 1 + 1e-9:
            raise DataError(
                f"deflection takes {together[most]:.0%} of the contacts of queue {queue!r} on "
                f"{dates.iloc[most]:%Y-%m-%d}, to all goals together; the shares must add up to at most 1.",
                table="deflection",
                column="share",
            )


def _stream(queue: object, goal: object) -> str:
    return f"queue {queue!r} to {goal!r}" if goal else f"queue {queue!r} to self-service"


def share_at(rows: pd.DataFrame, starts: pd.Series | pd.DatetimeIndex) -> tuple[Floats, Floats]:
    """Share and its doubt at each start: nothing before the first row, straight lines between rows."""
    at = pd.DatetimeIndex(starts).normalize().to_numpy().astype("datetime64[D]").astype(float)
    known = pd.DatetimeIndex(rows["start"]).normalize().to_numpy().astype("datetime64[D]").astype(float)
    share, doubt = (np.interp(at, known, rows[name].to_numpy(dtype=float)) for name in ("share", "doubt"))
    return np.where(at < known[0], 0.0, share), np.where(at < known[0], 0.0, doubt)


def _drawn_share(share: Floats, doubt: Floats, normal: Floats) -> Floats:
    """Shares between 0 and 1 about the stated one, on the logit scale."""
    inside = np.clip(share, 1e-6, 1 - 1e-6)
    logit = np.log(inside / (1 - inside)) + normal * np.minimum(doubt / (inside * (1 - inside)), 3.0)
    return np.where((doubt > 0) & (share > 0), 1 / (1 + np.exp(-logit)), share)


def _moved(table: pd.DataFrame, column: str, goal: str, factor: Floats) -> pd.DataFrame:
    kept = [name for name in ("path", "queue", "start", "end", column) if name in table]
    moved = table[kept].assign(queue=goal)
    moved[column] = table[column].to_numpy(dtype=float) * factor
    return moved.loc[factor > 0]


def _joined(table: pd.DataFrame, arriving: list[pd.DataFrame], column: str) -> pd.DataFrame:
    """The table with what arrives added to its rows, or as rows of its own at the goal's mean handle time."""
    if not arriving:
        return table
    key = [name for name in ("path", "queue", "start") if name in table]
    more = pd.concat(arriving, ignore_index=True).groupby([*key, "end"], as_index=False)[column].sum()
    both = table.merge(more[[*key, column]], on=key, how="left", suffixes=("", "_more"))
    both[column] = both[column] + both.pop(f"{column}_more").fillna(0.0)
    fresh = more.merge(table[key], on=key, how="left", indicator=True)
    fresh = fresh[fresh.pop("_merge").eq("left_only").to_numpy()]
    if fresh.empty:
        return both.reset_index(drop=True)
    fresh = fresh.assign(aht=fresh["queue"].map(table.groupby("queue")["aht"].mean()).astype(float))
    whole: pd.DataFrame = pd.concat([both, fresh], ignore_index=True).sort_values(key, kind="stable")
    return whole.reset_index(drop=True)


def _with_quantiles(forecast: pd.DataFrame, paths: pd.DataFrame, touched: set[str]) -> pd.DataFrame:
    """Quantiles of the queues that gave or took, by the doubt that the paths have now."""
    levels = tuple(float(c.removeprefix(QUANTILE)) for c in forecast.columns if str(c).startswith(QUANTILE))
    mine = forecast["queue"].isin(touched).to_numpy()
    if not levels or not mine.any():
        return check(forecast, FORECAST)
    counts = quantiles_by_paths(forecast.loc[mine], paths[paths["queue"].isin(touched)], levels)
    out = forecast.copy()
    for level, count in zip(levels, counts, strict=True):
        out.loc[mine, f"{QUANTILE}{level:g}"] = count
    return check(out, FORECAST)


def quantiles_by_paths(rows: pd.DataFrame, paths: pd.DataFrame, levels: tuple[float, ...]) -> Floats:
    """(levels, rows) quantiles of the contacts of rows of a forecast, by the doubt that its paths have."""
    spread = paths.groupby(["queue", "start"])["rate"].agg(["mean", "var"])
    square = (spread["var"] / spread["mean"] ** 2).fillna(0.0)
    doubt = square.reindex(pd.MultiIndex.from_frame(rows[["queue", "start"]])).fillna(0.0).to_numpy(dtype=float)
    return count_quantiles(rows["offered"].to_numpy(dtype=float), doubt, levels)
