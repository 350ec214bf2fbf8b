"""Labour rules: one class each, hard or soft, readable from YAML, checked on the roster table alone.

A new rule is a class here with its inequality as docstring and `violations` from its text, a line in `RULES`, and, if
the solver is to keep it, a tracker in `wfm.schedule.lawful.trackers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from wfm.errors import SettingError, did_you_mean, listed
from wfm.schedule.people.people import Contract
from wfm.schedule.rules.breaks import BreaksApart as BreaksApart
from wfm.schedule.rules.breaks import with_breaks_apart as with_breaks_apart
from wfm.schedule.rules.counts import ShiftCount as ShiftCount
from wfm.schedule.rules.crew import Presence as Presence
from wfm.schedule.rules.crew import SkillCover as SkillCover
from wfm.schedule.rules.each_shift import HoursPerDay as HoursPerDay
from wfm.schedule.rules.each_shift import NightLength as NightLength
from wfm.schedule.rules.each_shift import NoNights as NoNights
from wfm.schedule.rules.each_shift import NoWorkOn as NoWorkOn
from wfm.schedule.rules.each_shift import PremiumHours as PremiumHours
from wfm.schedule.rules.fairness import FairBusy as FairBusy
from wfm.schedule.rules.fairness import FairHolidays as FairHolidays
from wfm.schedule.rules.fairness import FairNights as FairNights
from wfm.schedule.rules.fairness import FairStarts as FairStarts
from wfm.schedule.rules.fairness import FairWeekends as FairWeekends
from wfm.schedule.rules.fairness import FairWishes as FairWishes
from wfm.schedule.rules.hours import DaysPerWeek as DaysPerWeek
from wfm.schedule.rules.hours import HoursPerMonth as HoursPerMonth
from wfm.schedule.rules.hours import HoursPerWeek as HoursPerWeek
from wfm.schedule.rules.kinds import AllowedShifts as AllowedShifts
from wfm.schedule.rules.kinds import ForbiddenSuccession as ForbiddenSuccession
from wfm.schedule.rules.kinds import MaxNights as MaxNights
from wfm.schedule.rules.kinds import SkillsNeeded as SkillsNeeded
from wfm.schedule.rules.kinds import StartBand as StartBand
from wfm.schedule.rules.presence import LocksKept as LocksKept
from wfm.schedule.rules.presence import NotWhileAbsent as NotWhileAbsent
from wfm.schedule.rules.rest import MaxConsecutiveDays as MaxConsecutiveDays
from wfm.schedule.rules.rest import MaxWeekends as MaxWeekends
from wfm.schedule.rules.rest import MinRest as MinRest
from wfm.schedule.rules.rest import OneShiftADay as OneShiftADay
from wfm.schedule.rules.rotation import ForwardRotation as ForwardRotation
from wfm.schedule.rules.rotation import RestAfterNights as RestAfterNights
from wfm.schedule.rules.rotation import ShiftTypesPerWeek as ShiftTypesPerWeek
from wfm.schedule.rules.rotation import WeeklyRest as WeeklyRest
from wfm.schedule.rules.rule import Rule as Rule
from wfm.schedule.rules.rule import with_exceptions as with_exceptions
from wfm.schedule.rules.stability import Stability as Stability
from wfm.schedule.rules.stretches import MaxConsecutiveNights as MaxConsecutiveNights
from wfm.schedule.rules.stretches import MinConsecutiveDays as MinConsecutiveDays
from wfm.schedule.rules.stretches import MinDaysOff as MinDaysOff
from wfm.schedule.rules.stretches import WholeWeekends as WholeWeekends
from wfm.schedule.rules.windows import AverageHours as AverageHours
from wfm.schedule.rules.windows import HoursInWindow as HoursInWindow
from wfm.schedule.rules.windows import HoursPerPeriod as HoursPerPeriod
from wfm.schedule.rules.windows import Overtime as Overtime
from wfm.schedule.rules.wishes import SeniorWishes as SeniorWishes
from wfm.schedule.rules.wishes import with_seniority as with_seniority

RULES: dict[str, type[Rule]] = {
    kind.name: kind
    for kind in (
        OneShiftADay,
        SkillsNeeded,
        NotWhileAbsent,
        LocksKept,
        AllowedShifts,
        HoursPerDay,
        HoursPerWeek,
        HoursPerMonth,
        HoursPerPeriod,
        AverageHours,
        HoursInWindow,
        Overtime,
        PremiumHours,
        DaysPerWeek,
        ShiftCount,
        NoWorkOn,
        MinRest,
        WeeklyRest,
        RestAfterNights,
        MaxConsecutiveDays,
        MinConsecutiveDays,
        MinDaysOff,
        MaxConsecutiveNights,
        MaxNights,
        NoNights,
        NightLength,
        MaxWeekends,
        WholeWeekends,
        ForbiddenSuccession,
        ForwardRotation,
        StartBand,
        ShiftTypesPerWeek,
        Presence,
        SkillCover,
        BreaksApart,
        FairWeekends,
        FairNights,
        FairHolidays,
        FairStarts,
        FairBusy,
        FairWishes,
        SeniorWishes,
        Stability,
    )
}
ALWAYS: tuple[type[Rule], ...] = (OneShiftADay, SkillsNeeded, NotWhileAbsent, LocksKept)


def rules_of(contracts: Mapping[str, Contract]) -> list[Rule]:
    """The rules that contracts imply.

    >>> ft = Contract(name="ft", hours_per_week=(40, 44), start_band="1h")
    >>> [rule.name for rule in rules_of({"ft": ft})]
    ['min_rest', 'max_consecutive_days', 'hours_per_week', 'start_band']
    """
    return [rule for name, contract in contracts.items() for rule in _of_contract(name, contract)]


def all_rules(rules: Iterable[Rule | Mapping[str, Any]], contracts: Mapping[str, Contract]) -> list[Rule]:
    """The rules given (a law's template is several), those of the contracts, and those that always hold."""
    from wfm.schedule.rules.law_files import read_rules  # it reads with what is defined here

    given = [rule for entry in rules for rule in read_rules(entry)]
    always = [kind() for kind in ALWAYS if not any(isinstance(rule, kind) and not rule.instead for rule in given)]
    return with_exceptions([*always, *rules_of(contracts), *given])


def read_rule(mapping: Mapping[str, Any], *, name: str = "rules") -> Rule:
    """A rule from the week's file: `{type: fair_weekends, weight: 20}`.

    >>> read_rule({"type": "max_nights", "most": 3, "contracts": "ft"})
    MaxNights(hard=True, weight=1.0, contracts=('ft',), ..., most=3, per='week')
    >>> read_rule({"type": "max_night"})
    Traceback (most recent call last):
    wfm.errors.SettingError: rules.type must be one of 'allowed_shifts', ...
    """
    if not isinstance(mapping, Mapping) or "type" not in mapping:
        raise SettingError(
            f"{name} must be a mapping such as {{type: fair_weekends, weight: 20}}, got {mapping!r}.",
            name=name,
            value=mapping,
        )
    kind = RULES.get(str(mapping["type"]))
    if kind is None:
        raise SettingError(
            f"{name}.type must be one of {listed(sorted(RULES), most=30)}, got {mapping['type']!r}."
            f"{did_you_mean(mapping['type'], RULES)}",
            name=f"{name}.type",
            value=mapping["type"],
        )
    known = [field.name for field in fields(kind)]
    for key in mapping:
        if key != "type" and key not in known:
            raise SettingError(
                f"{name}.{key} is no field of the rule {kind.name}; it has {listed(known, most=20)}."
                f"{did_you_mean(key, known)}",
                name=f"{name}.{key}",
                value=mapping[key],
            )
    fields_given: dict[str, Any] = {key: _plain(value) for key, value in mapping.items() if key != "type"}
    try:
        return kind(**fields_given)
    except TypeError as error:
        raise SettingError(
            f"{name}: the rule {kind.name} needs more fields: {error}. It has {listed(known, most=20)}.",
            name=name,
            value=dict(mapping),
        ) from error


def _plain(value: object) -> object:
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else value


def _of_contract(name: str, contract: Contract) -> list[Rule]:
    own = (name,)
    rules: list[Rule] = [
        MinRest(rest=contract.min_rest, contracts=own),
        MaxConsecutiveDays(most=contract.max_consecutive_days, contracts=own),
    ]
    if contract.shifts:
        rules.append(AllowedShifts(shifts=contract.shifts, contracts=own))
    if contract.hours_per_day is not None:
        rules.append(HoursPerDay(least=contract.hours_per_day[0], most=contract.hours_per_day[1], contracts=own))
    rules += _hours_of(contract, own)
    if contract.hours_per_month is not None:
        rules.append(HoursPerMonth(least=contract.hours_per_month[0], most=contract.hours_per_month[1], contracts=own))
    if contract.days_per_week is not None:
        rules.append(DaysPerWeek(least=contract.days_per_week[0], most=contract.days_per_week[1], contracts=own))
    if contract.start_band is not None:
        rules.append(StartBand(band=contract.start_band, contracts=own))
    if contract.max_weekends is not None:
        rules.append(MaxWeekends(most=contract.max_weekends, contracts=own))
    return rules


def _hours_of(contract: Contract, own: tuple[str, ...]) -> list[Rule]:
    """The hours of each week, or their mean over a period with the most of any one week."""
    if contract.hours_per_week is None:
        return []
    least, most = contract.hours_per_week
    weeks = contract.averaging_weeks
    if weeks is None:
        return [HoursPerWeek(least=least, most=most, contracts=own)]
    rules: list[Rule] = [
        HoursPerPeriod(
            weeks=weeks, since=contract.averaging_since, least=weeks * least, most=weeks * most, contracts=own
        )
    ]
    if contract.max_hours_in_week is not None:
        rules.append(HoursPerWeek(most=contract.max_hours_in_week, contracts=own))
    return rules
