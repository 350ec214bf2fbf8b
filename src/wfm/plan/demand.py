"""What will come: forecast and possible futures of every queue, from whatever the plan starts with."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wfm.errors import DataError, WfmWarning
from wfm.plan.adjust import adjusted, scaled_like
from wfm.plan.arising import derived, turned
from wfm.plan.deflection import with_deflection, without_deflection
from wfm.plan.inputs import Inputs
from wfm.plan.learned import learned
from wfm.plan.volume import pattern_of, weekly_volume
from wfm.settings import Week
from wfm.tables import FORECAST, PATHS, check, empty, with_end

if TYPE_CHECKING:
    from wfm.forecast import Forecaster

QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What will come.

    Attributes
    ----------
    forecast : forecast     All queues that have one, after the planner's adjustments.
    paths : paths           Possible futures of the rate.
    drivers : DataFrame     queue, day, component, factor: what makes each day what it is.
    model : Forecaster or None
    notes : tuple of str    Assumptions made on the way.
    """

    forecast: pd.DataFrame
    paths: pd.DataFrame
    drivers: pd.DataFrame
    model: Forecaster | None = None
    notes: tuple[str, ...] = field(default=())


def look_ahead(inputs: Inputs, so_far: pd.DataFrame | None = None) -> Outlook:
    """Forecast, paths and drivers of every queue that is not given as a requirement.

    `so_far` are the first hours of a day after history: queues that learn from one are forecast for what comes after.
    """
    week, seed, count = inputs.week, inputs.week.spec.plan.seed, inputs.week.spec.plan.paths
    forecasts, paths = [], []
    notes: list[str] = []
    so_far = None if so_far is None else without_deflection(so_far, inputs)
    model, drivers = None, pd.DataFrame(columns=["queue", "day", "component", "factor"])
    if inputs.histories:
        model = _fitted(inputs)
        starts = {name: week.starts(name) for name in inputs.histories}
        if so_far is None:
            forecasts.append(model.predict(starts=starts, quantiles=QUANTILES))
        else:
            forecasts.append(model.update(so_far, starts=starts, quantiles=QUANTILES))
        paths.append(model.simulate(starts=starts, paths=count, seed=seed, so_far=so_far))
        drivers = model.explain(starts=starts)
        notes += model.notes(starts=starts)
    for name, table in inputs.forecasts.items():
        given = _inside(table, name, week)
        forecasts.append(given)
        mine, note = _paths_of(given, count, seed)
        paths.append(mine)
        notes += [note] if note else []
    notes += _stated_aht(inputs, forecasts)
    _from_volume(week, forecasts, paths)
    _from_another(week, forecasts, paths)
    futures = pd.concat(paths, ignore_index=True) if paths else empty(PATHS)
    forecast = _with_ranges(pd.concat(forecasts, ignore_index=True), futures) if forecasts else empty(FORECAST)
    forecast, futures, words = with_deflection(forecast, futures, inputs)
    forecast, notes = _with_aht(forecast, week) if forecasts else forecast, [*notes, *words]
    return _with_adjustments(forecast, futures, drivers, model, inputs, tuple(notes))


def _fitted(inputs: Inputs) -> Forecaster:
    from wfm.forecast import Forecaster

    history = without_deflection(pd.concat(list(inputs.histories.values()), ignore_index=True), inputs)
    known = known_of(inputs.week, tuple(inputs.week.queues))
    return learned(lambda: Forecaster(**known).fit(history), history, "fit", known)


def known_of(week: Week, queues: tuple[str, ...]) -> dict[str, Any]:
    """What a forecaster of some of the queues is told; sums of which one queue is not among them are left out."""
    known = {name: getattr(week, name) for name in ("calendar", "events", "regressors")}
    for key in ("streams", "groups"):
        known[key] = {name: mine for name, mine in getattr(week.spec, key).items() if set(mine) <= set(queues)}
    return known


def _inside(table: pd.DataFrame, queue: str, week: Week) -> pd.DataFrame:
    """The handed forecast, cut to the open intervals of the plan; every one of them must be there."""
    whole = with_end(table, week.spec.interval)
    mine = whole[(whole["start"] >= week.start) & (whole["start"] < week.end)]
    wanted = week.starts(queue)
    lacking = wanted.difference(pd.DatetimeIndex(mine["start"]))
    if len(lacking):
        raise DataError(
            f"forecast of queue {queue!r} lacks {len(lacking)} open interval(s) of the plan, first "
            f"{lacking[0]}. Add the rows, or correct the opening hours or the interval.",
            table="forecast",
            column="start",
        )
    closed = mine[~mine["start"].isin(wanted)]
    if closed["offered"].sum() > 0:
        warnings.warn(
            f"forecast of queue {queue!r} holds {closed['offered'].sum():,.0f} contacts outside the opening hours; "
            "they are not staffed. Correct `hours` if the queue is open then.",
            WfmWarning,
            stacklevel=2,
        )
    inside = mine[mine["start"].isin(wanted)]
    return inside.assign(aht=inside.get("aht", np.nan)).reset_index(drop=True)


def _paths_of(forecast: pd.DataFrame, count: int, seed: int) -> tuple[pd.DataFrame, str]:
    """Futures of a handed forecast: its 10% and 90% quantiles give the spread of a common factor by day."""
    low, high = "offered_q0.1", "offered_q0.9"
    queue = forecast["queue"].iloc[0]
    rate = forecast["offered"].to_numpy(dtype=float)
    spread, note = 0.0, f"forecast of {queue} was handed in without quantiles: planned for its mean, without doubt"
    if low in forecast and high in forecast:
        busy = rate > 0
        width = (forecast[high] - forecast[low]).to_numpy(dtype=float)[busy] / rate[busy] / 2.563  # = 2 x z(0.9)
        spread = float(np.sqrt(np.maximum(np.median(width**2 - 1 / rate[busy]), 0.0))) if busy.any() else 0.0
        note = ""
    day = pd.factorize(forecast["start"].dt.normalize())[0]
    noise = np.random.default_rng(seed).normal(size=(count, int(day.max(initial=0)) + 1))
    factor = np.exp(spread * noise - spread**2 / 2)[:, day]
    return _as_paths(forecast, rate * factor), note


def _with_ranges(forecast: pd.DataFrame, paths: pd.DataFrame) -> pd.DataFrame:
    """The forecast with the quantiles that only some of its queues came with; the others' are those of their paths."""
    names = sorted((str(name) for name in forecast if str(name).startswith("offered_q")), key=lambda q: float(q[9:]))
    lacking = forecast[names].isna().any(axis=1).to_numpy()
    if not lacking.any():
        return forecast
    from wfm.forecast.deflection import quantiles_by_paths

    told = quantiles_by_paths(forecast.loc[lacking], paths, tuple(float(name[9:]) for name in names)).T
    given = forecast.loc[lacking, names].to_numpy(dtype=float)
    whole = forecast.copy()
    whole.loc[lacking, names] = np.sort(np.where(np.isnan(given), told, given), axis=1)
    return whole


def _as_paths(forecast: pd.DataFrame, rate: np.ndarray) -> pd.DataFrame:
    count, width = rate.shape
    repeated = pd.concat([forecast[["queue", "start", "end", "aht"]]] * count, ignore_index=True)
    return pd.DataFrame(
        {
            "path": np.repeat(np.arange(count), width),
            "queue": repeated["queue"],
            "start": repeated["start"],
            "end": repeated["end"],
            "rate": rate.ravel(),
            "aht": repeated["aht"],
        }
    )


def _from_volume(week: Week, forecasts: list[pd.DataFrame], paths: list[pd.DataFrame]) -> None:
    for name, part in week.spec.queues.items():
        if part.volume is None:
            continue
        from wfm.forecast import volume_with_pattern

        volume = weekly_volume(part.volume, name=f"queues.{name}.volume", where=week.where("queues", name, "volume"))
        forecast, futures = volume_with_pattern(
            volume,
            week.starts(name),
            queue=name,
            interval=week.spec.interval,
            pattern=pattern_of(part.pattern, week, name),
            doubt=part.doubt,
            paths=week.spec.plan.paths,
            seed=week.spec.plan.seed,
            quantiles=QUANTILES,
        )
        forecasts.append(forecast)
        paths.append(futures)


def _from_another(week: Week, forecasts: list[pd.DataFrame], paths: list[pd.DataFrame]) -> None:
    for name, part in week.spec.queues.items():
        if part.like is None:
            continue
        from wfm.forecast import like

        known = pd.concat(forecasts, ignore_index=True)
        if not (known["queue"] == part.like).any():
            raise DataError(
                f"queues.{name}.like: queue {part.like!r} has no forecast to borrow from. Give it a history, "
                "a forecast or a volume.",
                table="forecast",
                column="queue",
            )
        forecast, futures = like(
            known,
            pd.concat(paths, ignore_index=True),
            like=part.like,
            queue=name,
            scale=part.scale,
            doubt=part.doubt,
            seed=week.spec.plan.seed,
        )
        open_ = set(week.starts(name))
        forecasts.append(forecast[forecast["start"].isin(open_)].reset_index(drop=True))
        paths.append(futures[futures["start"].isin(open_)].reset_index(drop=True))


def _with_aht(forecast: pd.DataFrame, week: Week) -> pd.DataFrame:
    """AHT from the week's file where history has none."""
    stated = forecast["queue"].map({name: queue.aht for name, queue in week.queues.items()}).astype(float)
    aht = forecast["aht"].where(forecast["aht"].notna(), stated) if "aht" in forecast else stated
    missing = aht.isna()
    if missing.any():
        queue = forecast.loc[missing, "queue"].iloc[0]
        raise DataError(
            f"aht of queue {queue!r} is not known: its history has no column aht and the week's file gives "
            f"none. Add queues.{queue}.aht, or map the column.",
            table="forecast",
            column="aht",
        )
    return forecast.assign(aht=aht.to_numpy(dtype=float))


def _stated_aht(inputs: Inputs, forecasts: list[pd.DataFrame]) -> list[str]:
    """Where the week's file states an AHT that a queue's own numbers overrule: which one is used."""
    found = []
    for table in forecasts:
        for name, rows in table.groupby("queue") if "aht" in table else ():
            stated, known = inputs.week.queues[str(name)].aht, rows["aht"].notna()
            if stated is not None and known.any():
                source = "history" if str(name) in inputs.histories else "forecast"
                found.append(
                    f"{name}: AHT comes from its {source}, {rows['aht'][known].mean():.0f} s on average; the stated "
                    f"{stated:.0f} s stand in only where that has none"
                )
    return found


def _with_adjustments(
    forecast: pd.DataFrame,
    paths: pd.DataFrame,
    drivers: pd.DataFrame,
    model: Forecaster | None,
    inputs: Inputs,
    notes: tuple[str, ...],
) -> Outlook:
    machine = check(forecast, FORECAST)
    stated = paths["queue"].map({name: queue.aht for name, queue in inputs.week.queues.items()}).astype(float)
    futures = paths.assign(aht=paths["aht"].where(paths["aht"].notna(), stated) if "aht" in paths else stated)
    final, futures = _overruled(machine, futures, inputs)
    final, futures, more = _with_what_arises(final, futures, inputs)
    return Outlook(
        forecast=final,
        paths=check(futures, PATHS),
        drivers=drivers,
        model=model,
        notes=(*notes, *more),
    )


def _overruled(machine: pd.DataFrame, paths: pd.DataFrame, inputs: Inputs) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forecast and paths with the planner's changes of volume and handle time."""
    final = adjusted(adjusted(machine, inputs.adjustments, "offered", "offered"), inputs.adjustments, "aht", "aht")
    return final, scaled_like(paths, machine, final)


def _with_what_arises(
    forecast: pd.DataFrame, paths: pd.DataFrame, inputs: Inputs
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Derived queues added, and conversations turned into all their turns."""
    spec, notes = inputs.week.spec, []
    for name in [name for name, part in spec.queues.items() if part.derived is not None]:
        if name in inputs.requirements:
            continue
        found, futures, words = derived(name, forecast, paths, inputs)
        found, futures = _overruled(check(found, FORECAST), futures, inputs)
        forecast, paths = pd.concat([forecast, found], ignore_index=True), pd.concat([paths, futures])
        notes.append(words)
    for name in [name for name, part in spec.queues.items() if part.channel == "messages"]:
        if name not in set(forecast["queue"]):
            continue
        found, futures = turned(name, forecast, paths, inputs.week)
        forecast = pd.concat([forecast[forecast["queue"] != name], found], ignore_index=True)
        paths = pd.concat([paths[paths["queue"] != name], futures])
    if not notes and "new" not in forecast:
        return forecast, paths, notes
    own = {name: forecast[name].fillna(forecast[name.removesuffix("_machine")])
           for name in ("offered_machine", "aht_machine") if name in forecast}  # fmt: skip
    return check(forecast.assign(**own), FORECAST), paths.reset_index(drop=True), notes


def mix(drivers: pd.DataFrame) -> Mapping[str, float]:
    """Mean factor of every component over the days, as a share above or below 1."""
    means = drivers.groupby("component")["factor"].mean() - 1
    return {str(name): float(value) for name, value in means.items()}
