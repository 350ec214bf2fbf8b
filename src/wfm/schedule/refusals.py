"""Why a wish was not granted: the hour and the number short, or the rule in the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from wfm.schedule.people import People
from wfm.schedule.rules import AllowedShifts, DaysPerWeek, HoursPerWeek, Rule
from wfm.schedule.rules.rule import shifts_of, week_of

DAY = pd.Timedelta(days=1)


def with_reasons(
    wishes: pd.DataFrame,
    rows: pd.DataFrame,
    coverage: pd.DataFrame,
    people: People,
    rules: Sequence[Rule],
    span: tuple[pd.Timestamp, pd.Timestamp],
) -> pd.DataFrame:
    """The wishes with `why`, empty where granted."""
    shifts = shifts_of(rows)
    accounts = (
        [(rule, rule.account(rows, people, span)) for rule in rules if isinstance(rule, (HoursPerWeek, DaysPerWeek))]
        if len(wishes)
        else []
    )
    told: list[str | None] = []
    for wish in wishes.itertuples():
        if wish.granted:
            told.append(None)
            continue
        own = shifts[(shifts["agent"] == wish.agent)]
        reason = (
            _off(wish, own, coverage, people, accounts)
            if wish.kind == "off"
            else _work(wish, own, coverage, people, rules, accounts)
        )
        told.append(reason)
    return wishes.assign(why=pd.Series(told, index=wishes.index, dtype=object))


def _off(
    wish: Any, own: pd.DataFrame, coverage: pd.DataFrame, people: People, accounts: list[tuple[Any, pd.DataFrame]]
) -> str:
    met = own[(own["start"] < wish.end) & (own["end"] > wish.start)]
    if _locked(wish, people):
        return "a lock holds the shift"
    during = [
        coverage[
            (coverage["queue"].isin(_queues(queue, coverage))) & (coverage["start"] < end) & (coverage["end"] > start)
        ]
        for start, end, queue in zip(met["start"], met["end"], met["queue"], strict=True)
    ]
    hours = pd.concat(during) if during else coverage.iloc[:0]
    if len(hours):
        worst = hours.iloc[int(hours["gap"].to_numpy().argmin())]
        weight = people.counts_as[wish.agent]
        if worst["gap"] < -1e-6:
            return f"{worst['queue']} is short {-worst['gap']:.3g} on {worst['start']:%a %d %b %H:%M} even so"
        if worst["gap"] < weight - 1e-6:
            return f"{worst['queue']} would be short {weight - worst['gap']:.3g} on {worst['start']:%a %d %b %H:%M}"
    for rule, account in accounts:
        mine = _account(account, wish, people)
        lost = len(met) if rule.unit == "days" else float(met["hours"].sum())
        if len(mine) and mine["done"].iloc[0] - lost < mine["least"].iloc[0] - 1e-6:
            return (
                f"{rule.name}: the contract owes {mine['least'].iloc[0]:.4g} {rule.unit} in the week of "
                f"{mine['period'].iloc[0]:%d %b}"
            )
    return "the days that the wish would move cost more than its weight"


def _work(
    wish: Any,
    own: pd.DataFrame,
    coverage: pd.DataFrame,
    people: People,
    rules: Sequence[Rule],
    accounts: list[tuple[Any, pd.DataFrame]],
) -> str:
    assert people.availability is not None
    away = people.availability
    away = away[
        (away["agent"] == wish.agent)
        & (away["start"] < wish.end)
        & (away["end"] > wish.start)
        & away["kind"].isin(["off", "leave"])
    ]
    if len(away):
        return f"not_while_absent: {away['kind'].iloc[0]} on {away['start'].iloc[0]:%a %d %b}"
    if _locked(wish, people):
        return "a lock holds the day"
    contract = people.contract_of[wish.agent].name
    for rule in rules:
        if (
            isinstance(rule, AllowedShifts)
            and rule.holds_for(contract)
            and isinstance(wish.type, str)
            and wish.type not in rule.shifts
        ):
            return f"allowed_shifts: the contract {contract} does not work {wish.type!r}"
    for rule, account in accounts:
        mine = _account(account, wish, people)
        if len(mine) and mine["done"].iloc[0] > rule.most - (1 if rule.unit == "days" else 1e-6) + 1e-9:
            return f"{rule.name}: at most {rule.most:.4g} {rule.unit} in the week of {mine['period'].iloc[0]:%d %b}"
    skills = people.skills[wish.agent]
    hours = coverage[(coverage["start"] < wish.end) & (coverage["end"] > wish.start)]
    if skills:
        hours = hours[hours["queue"].isin(skills)]
    if len(hours) and float(hours["gap"].min()) > -1e-6:
        worst = hours.iloc[int(hours["gap"].to_numpy().argmin())]
        return f"nobody is missing: {worst['queue']} has {worst['gap']:.3g} to spare on {worst['start']:%a %d %b %H:%M}"
    return "the person's other days, or rest between them, are worth more than the wish weighs"


def _locked(wish: Any, people: People) -> bool:
    assert people.locks is not None
    own = people.locks[people.locks["agent"] == wish.agent]
    if not len(own):
        return False
    until = np.where(own["end"].isna(), own["start"].dt.normalize() + DAY, own["end"])
    return bool(((own["start"].dt.normalize() < wish.end) & (until > np.datetime64(wish.start))).any())


def _account(account: pd.DataFrame, wish: Any, people: People) -> pd.DataFrame:
    week = week_of(pd.Series([pd.Timestamp(wish.start).normalize()]), people.calendar.week_start).iloc[0]
    found: pd.DataFrame = account[(account["agent"] == wish.agent) & (account["period"] == week)]
    return found


def _queues(queue: object, coverage: pd.DataFrame) -> list[str]:
    """The rows of the coverage table that speak of a queue; all of them where a shift names none."""
    return [queue] if isinstance(queue, str) else list(coverage["queue"].unique())
