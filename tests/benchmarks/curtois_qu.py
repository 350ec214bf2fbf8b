"""The employee scheduling benchmark of Curtois and Qu (2014): instances read, solved through the public rules, judged.

    python tests/benchmarks/curtois_qu.py FOLDER [--only 1,2] [--time-limit 600] [--seed 0]

FOLDER holds Instance1.txt, Instance2.txt, ...; they are not part of this project. Every value in the table is counted
from the roster's table by `value_of`, which shares nothing with the solver or with the rules.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

import pandas as pd

from wfm.schedule import Contract, People, ShiftType, build_roster
from wfm.schedule.rules import ForbiddenSuccession, HoursPerPeriod, MinConsecutiveDays, MinDaysOff, Rule, ShiftCount

MONDAY = pd.Timestamp("2026-11-02")
DAY = pd.Timedelta(days=1)
BEST_KNOWN = dict(enumerate((607, 828, 1001, 1716, 1143, 1950, 1056, 1300, 439, 4631, 3443, 4040), start=1))


@dataclass(frozen=True, kw_only=True)
class Person:
    """The hard rules of one person; minutes are totals of the horizon."""

    most_of: dict[str, int]
    minutes: tuple[int, int]
    days_in_a_row: tuple[int, int]
    days_off: int
    weekends: int

    @property
    def contract(self) -> str:
        """Equal for people with equal rules."""
        return "-".join(
            map(str, (*self.most_of.values(), *self.minutes, *self.days_in_a_row, self.days_off, self.weekends))
        )


@dataclass(frozen=True, kw_only=True)
class Instance:
    """What a file says."""

    days: int
    minutes: dict[str, int]
    after: dict[str, list[str]]  # shifts that must not follow
    people: dict[str, Person]
    away: set[tuple[str, int]]
    wanted: dict[tuple[str, int, str], int]
    unwanted: dict[tuple[str, int, str], int]
    cover: dict[tuple[int, str], tuple[int, int, int]]  # people, cost of one missing, of one too many


def read(path: Path) -> Instance:
    """A file as an instance."""
    rows = defaultdict(list)
    for line in path.read_text().splitlines():
        if line.startswith("SECTION_"):
            section = line.strip()[8:]
        elif line.strip() and not line.startswith("#"):
            rows[section].append([field.strip() for field in line.split(",")])
    days = int(rows["HORIZON"][0][0])
    return Instance(
        days=days,
        minutes={name: int(minutes) for name, minutes, _ in rows["SHIFTS"]},
        after={name: [other for other in others.split("|") if other] for name, _, others in rows["SHIFTS"]},
        people={row[0]: _person(row) for row in rows["STAFF"]},
        away={(row[0], int(day)) for row in rows["DAYS_OFF"] for day in row[1:]},
        wanted={(who, int(day), name): int(w) for who, day, name, w in rows["SHIFT_ON_REQUESTS"]},
        unwanted={(who, int(day), name): int(w) for who, day, name, w in rows["SHIFT_OFF_REQUESTS"]},
        cover={(int(day), name): (int(n), int(under), int(over)) for day, name, n, under, over in rows["COVER"]},
    )


def _person(row: list[str]) -> Person:
    most_of = {name: int(most) for name, most in (part.split("=") for part in row[1].split("|"))}
    most, least, row_most, row_least, off, weekends = map(int, row[2:8])
    return Person(
        most_of=most_of, minutes=(least, most), days_in_a_row=(row_least, row_most), days_off=off, weekends=weekends
    )


# --- what the solver is given ----------------------------------------------------------------------------------------


def people_of(given: Instance) -> People:
    """Everybody, with days off as locks and requests as wishes."""
    contracts = {
        own.contract: Contract(
            name=own.contract,
            shifts=tuple(name for name, most in own.most_of.items() if most),
            min_rest=0,
            max_consecutive_days=own.days_in_a_row[1],
            max_weekends=own.weekends,
        )
        for own in given.people.values()
    }
    wishes = [(who, day, "work", name, weight) for (who, day, name), weight in given.wanted.items()]
    wishes += [(who, day, "off", name, weight) for (who, day, name), weight in given.unwanted.items()]
    return People(
        agents=pd.DataFrame({"agent": list(given.people), "contract": [own.contract for own in given.people.values()]}),
        contracts=contracts,
        locks=pd.DataFrame(
            [(who, MONDAY + day * DAY, "off") for who, day in sorted(given.away)], columns=["agent", "start", "type"]
        ),
        wishes=pd.DataFrame(
            [
                (who, MONDAY + d * DAY, MONDAY + (d + 1) * DAY, kind, name, weight)
                for who, d, kind, name, weight in wishes
            ],
            columns=["agent", "start", "end", "kind", "type", "weight"],
        ),
    )


def rules_of(given: Instance) -> list[Rule]:
    """The rules that contracts do not say."""
    rules: list[Rule] = [
        ForbiddenSuccession(first=name, then=tuple(others)) for name, others in given.after.items() if others
    ]
    for own in {person.contract: person for person in given.people.values()}.values():
        mine = (own.contract,)
        least, most = (minutes / 60 for minutes in own.minutes)
        rules += [
            HoursPerPeriod(
                weeks=given.days // 7, since=MONDAY, least=least, most=most, least_hard=True, contracts=mine
            ),
            MinConsecutiveDays(least=own.days_in_a_row[0], contracts=mine),
            MinDaysOff(least=own.days_off, contracts=mine),
        ]
        rules += [
            ShiftCount(shifts=name, most=most, per="roster", contracts=mine)
            for name, most in own.most_of.items()
            if 0 < most < given.days
        ]
    return rules


def demand_of(given: Instance) -> tuple[pd.DataFrame, float, float]:
    """The cover by day and shift, and what an hour missing and one too many cost."""
    (under, over), *others = {(under, over) for _, under, over in given.cover.values()}
    assert not others, "the costs of cover differ by row"
    rows = [
        (MONDAY + day * DAY, name, people, 60.0 / given.minutes[name])
        for (day, name), (people, _, _) in given.cover.items()
    ]
    return pd.DataFrame(rows, columns=["day", "type", "people", "weight"]), float(under), float(over)


def solve(given: Instance, *, time_limit: float, seed: int):
    """The roster of an instance."""
    demand, under, over = demand_of(given)
    types = [ShiftType(name=name, length=minutes * 60, starts="00:00") for name, minutes in given.minutes.items()]
    return build_roster(
        demand,
        people_of(given),
        rules_of(given),
        shift_types=types,
        under_cost=under,
        over_cost=over,
        start=MONDAY,
        time_limit=time_limit,
        seed=seed,
    )


# --- the independent judge -------------------------------------------------------------------------------------------


def worked_of(table: pd.DataFrame) -> dict[tuple[str, int], str]:
    """(person, day) -> shift, off the roster's table."""
    rows = table[table["shift"].notna()]
    days = (rows["start"].dt.normalize() - MONDAY) // DAY
    found = {}
    for who, day, name in zip(rows["agent"], days, rows["shift"], strict=True):
        assert (who, int(day)) not in found, f"{who} has two shifts on day {day}"
        found[who, int(day)] = name
    return found


def faults_of(given: Instance, worked: dict[tuple[str, int], str]) -> list[str]:
    """Every hard rule that is broken, in words."""
    found = [f"{who} works on day {day}, a day off" for who, day in given.away if (who, day) in worked]
    for who, own in given.people.items():
        week = [worked.get((who, day)) for day in range(given.days)]
        found += [f"{who}: {text}" for text in _faults(given, own, week)]
    return found


def _faults(given: Instance, own: Person, week: list[str | None]) -> list[str]:
    found = []
    for name, most in own.most_of.items():
        if week.count(name) > most:
            found.append(f"{week.count(name)} shifts {name}, at most {most}")
    minutes = sum(given.minutes[name] for name in week if name)
    if not own.minutes[0] <= minutes <= own.minutes[1]:
        found.append(f"{minutes} minutes, allowed {own.minutes}")
    for before, then in pairwise(week):
        if before and then in given.after[before]:
            found.append(f"{then} after {before}")
    day = 0
    for works, group in groupby(week, bool):
        length = len(list(group))
        inside = day > 0 and day + length < given.days
        least = own.days_in_a_row[0] if works else own.days_off
        if inside and length < least:
            found.append(f"{'work' if works else 'off'} of {length} day(s) from day {day}, at least {least}")
        if works and length > own.days_in_a_row[1]:
            found.append(f"{length} days in a row from day {day}, at most {own.days_in_a_row[1]}")
        day += length
    weekends = sum(bool(week[sat] or week[sat + 1]) for sat in range(5, given.days, 7))
    if weekends > own.weekends:
        found.append(f"{weekends} weekends, at most {own.weekends}")
    return found


def value_of(given: Instance, worked: dict[tuple[str, int], str]) -> int:
    """The objective: requests refused, people missing and people over."""
    total = sum(weight for (who, day, name), weight in given.wanted.items() if worked.get((who, day)) != name)
    total += sum(weight for (who, day, name), weight in given.unwanted.items() if worked.get((who, day)) == name)
    on = defaultdict(int)
    for (_, day), name in worked.items():
        on[day, name] += 1
    for cell, (people, under, over) in given.cover.items():
        total += under * max(0, people - on[cell]) + over * max(0, on[cell] - people)
    return total


def main() -> None:
    """Solve and print the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--only", default="", help="numbers of instances, such as 1,2")
    asked.add_argument("--time-limit", type=float, default=600.0)
    asked.add_argument("--seed", type=int, default=0)
    told = asked.parse_args()
    numbers = [int(n) for n in told.only.split(",") if n] or sorted(BEST_KNOWN)
    print("instance   value   bound     gap  best known  seconds  CPU s  feasible", flush=True)
    for number in numbers:
        given = read(told.folder / f"Instance{number}.txt")
        began, cpu = time.perf_counter(), time.process_time()
        roster = solve(given, time_limit=told.time_limit, seed=told.seed)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        worked = worked_of(roster.table)
        faults, value = faults_of(given, worked), value_of(given, worked)
        assert abs(value - roster.objective) < 1e-6, (value, roster.objective)
        gap = (value - roster.bound) / value
        print(
            f"{number:8d} {value:7d} {roster.bound:7.1f} {gap:7.2%} {BEST_KNOWN.get(number, 0):11d} {seconds:8.1f} "
            f"{cpu:6.1f}  {'yes' if not faults else faults[0]}",
            flush=True,
        )


if __name__ == "__main__":
    main()
