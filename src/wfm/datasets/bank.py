"""`bank()`: a synthetic digital bank's contact centre, two years of it, with the truth that made it beside the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wfm.calendars import WEEKDAYS, Calendar
from wfm.checks import number_in
from wfm.datasets.dates import FIRST, LAST, bank_calendar
from wfm.datasets.daylevel import day_effects
from wfm.datasets.demand import counts, profiles, rates
from wfm.datasets.occasions import bank_events
from wfm.datasets.people import CONTRACTS, SHIFTS, bank_absences, bank_agents, bank_wishes
from wfm.datasets.rosters import roster_table, rotate
from wfm.datasets.service import LONGEST, absences_of, windows, with_service
from wfm.datasets.truth import Truth, draw_effects, with_tables
from wfm.errors import SettingError
from wfm.events import Event
from wfm.tables import AVAILABILITY, ROSTER, empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """What the bank's planner has, and what they do not know.

    Attributes
    ----------
    history : table         queue (voice, chat, tickets), start, end, offered, aht; with service also answered,
                            abandoned, answered_within (60 s), within, asa, staffed. Half hours round the clock.
    agents, absences, wishes : table
                            The 150 people; leave, training and meetings, and wishes, from the last week of history on.
    shifts, contracts : mapping
                            As a week's file holds them.
    rosters : table         The bank's own rosters over the years, to the end of the last week; empty without service.
    absent : table          Shifts of these rosters whose person did not come: agent, start, end, kind, reason.
    longest_wait : table    queue, start, end, longest_wait [s] by day; empty without service.
    calendar : Calendar     Solar Hijri months, Thursday-Friday weekend, holidays, seasons `ramadan` and `nowruz`.
    events : tuple          Past launches, campaign and partner outages, and the launch that is announced.
    patience : mapping      Queue -> true mean patience [s].
    future : table          What really came in the weeks after `until`: queue, start, end, offered, aht. For reviews
                            and tests; not part of what a planner knows.
    truth : Truth           The effects and rates that made all this.
    """

    history: pd.DataFrame
    agents: pd.DataFrame
    shifts: Mapping[str, Any]
    contracts: Mapping[str, Any]
    absences: pd.DataFrame
    wishes: pd.DataFrame
    rosters: pd.DataFrame
    absent: pd.DataFrame
    longest_wait: pd.DataFrame
    calendar: Calendar
    events: tuple[Event, ...]
    patience: Mapping[str, float]
    future: pd.DataFrame
    truth: Truth


def bank(
    seed: int = 0, *, until: object = "2026-11-07", weeks: int = 104, ahead: int = 8, service: bool = True
) -> Bank:
    """A synthetic bank: open round the clock, voice, chat and tickets, 150 people, known truth.

    The same seed gives the same bytes; another seed another bank, with other noise and effects that differ a little.

    Parameters
    ----------
    until : date        Last day of history, at whose end the planner looks ahead.
    weeks : int         Weeks of history before that day.
    ahead : int         Weeks of future.
    service : bool      Whether to build the past rosters and simulate the service call by call (seconds); without it
                        history holds what came and its handle time only.

    Raises
    ------
    SettingError        If dates lie outside 2024-2027, for which holidays are carried, or a number is out of bounds.

    >>> found = bank(weeks=8, service=False)
    >>> found.history.groupby("queue")["offered"].sum().astype(int).to_dict()
    {'chat': ..., 'tickets': ..., 'voice': ...}
    """
    number_in(seed, name="seed", low=0, high=2**63)
    calendar = bank_calendar()
    first, last, end = _span(calendar.date(until, name="until"), weeks, ahead)
    truth = _truth(seed, calendar, first, last, end)
    came = counts(truth.rates, truth, seed)
    past = came["start"] < last + pd.Timedelta(days=1)
    history, future = (came[part].reset_index(drop=True) for part in (past, ~past))
    agents = bank_agents(seed, first, last)
    absences = bank_absences(agents, calendar, last, ahead, seed)
    roster, absent, longest = empty(ROSTER), empty(AVAILABILITY), pd.DataFrame(columns=LONGEST)
    if service:
        history, roster, absent, longest = _served(history, truth, agents, calendar, first, last, seed)
    return Bank(
        history=history,
        agents=agents,
        shifts=SHIFTS,
        contracts=CONTRACTS,
        absences=absences,
        wishes=bank_wishes(absences, agents, calendar, last, ahead, seed),
        rosters=roster,
        absent=absent,
        longest_wait=longest,
        calendar=calendar,
        events=tuple(effect.event for effect in truth.events),
        patience=truth.patience,
        future=future,
        truth=truth,
    )


def _span(until: pd.Timestamp, weeks: int, ahead: int) -> tuple[pd.Timestamp, pd.Timestamp, pd.Timestamp]:
    """First and last day of history, last day of the future."""
    number_in(weeks, name="weeks", low=1, high=207)
    number_in(ahead, name="ahead", low=0, high=207)
    first, end = until - pd.Timedelta(weeks=weeks), until + pd.Timedelta(weeks=ahead)
    if first < FIRST or end > LAST:
        raise SettingError(
            f"until, weeks and ahead must keep the bank between {FIRST.date()} and {LAST.date()}, for "
            f"which holidays are carried, got {first.date()} to {end.date()}. Shorten it or move it.",
            name="until",
            value=until,
        )
    return first, until, end


def _truth(seed: int, calendar: Calendar, first: pd.Timestamp, until: pd.Timestamp, end: pd.Timestamp) -> Truth:
    effects = draw_effects(seed, bank_events(seed, calendar, first, until))
    days = day_effects(pd.date_range(first, end), until, effects, calendar, seed)
    return with_tables(effects, rates=rates(days, effects, seed), days=days, profiles=profiles(effects))


def _served(
    history: pd.DataFrame,
    truth: Truth,
    agents: pd.DataFrame,
    calendar: Calendar,
    first: pd.Timestamp,
    until: pd.Timestamp,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """History with service, past rosters, who did not come, longest waits."""
    whole = calendar.week_of(until) + pd.Timedelta(days=7)  # rosters are made by the week
    weeks = -(-(whole - first).days // 7)
    weekday = np.exp([truth.weekday[WEEKDAYS[day.day_of_week]] for day in pd.date_range(first, periods=7)])
    stretches = rotate(history, agents, first, weeks, weekday, seed)
    roster = roster_table(stretches, agents, first, weeks)
    absent = absences_of(roster, truth, seed)
    known = truth.rates[truth.rates["start"] < until + pd.Timedelta(days=1)].reset_index(drop=True)
    history, longest = with_service(history, known, windows(roster, absent, agents), truth, seed)
    return history, roster, absent, longest
