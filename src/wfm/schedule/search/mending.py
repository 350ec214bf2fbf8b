"""A published roster mended: who cannot work as told, and who takes over, with as few other changes as can be.

Those who cannot keep a day lose that day alone. Then, one after another, the change that saves most for each cell
that it alters: people whose days were lost may change any day, everybody else only the days on which something was
lost. At most as many cells change as were lost; a roster that was published before it was the best is not reopened.

What was lost is replaced whatever the clock says: everybody is looked at once and then those alone who are next in
turn. The clock ends only what is looked at beyond that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from heapq import heapify, heappop, heappush

import numpy as np

from wfm.schedule.lawful.options import Choices
from wfm.schedule.search.person_by_person import Search, Week
from wfm.schedule.search.pricing import Duty
from wfm.schedule.search.stability import Weeks, keep_lawful

Late = Callable[[], bool]
INF = float("inf")
LOOKS = 4  # at people for each cell that was lost, on any computer and however late it is


def mend_lost_days(search: Search, weeks: Weeks, late: Late) -> bool:
    """Put published days into an empty search and mend what can no longer be kept; False where nothing was lost."""
    lost = _keep_what_can_be_kept(search, weeks)
    cells = sum(len(days) for days in lost.values())
    if not cells:
        return False
    touched = sorted({day for days in lost.values() for day in days})
    everyday = list(range(search.demand.days))
    free = {person: everyday if person in lost else touched for person in range(len(weeks))}
    _fill(search, weeks, free, cells, late)
    return True


def _keep_what_can_be_kept(search: Search, weeks: Weeks) -> dict[int, list[int]]:
    """Everybody's published days, less those that are no longer lawful: person -> days that changed."""
    lost = {}
    for person in keep_lawful(search, weeks):
        search.put_in(person, _nearest(search, person, weeks[person]))
        lost[person] = _changed(search.duties[person], weeks[person])
    return lost


def _nearest(search: Search, person: int, told: Sequence[Duty | None]) -> Week:
    """The days of a person that differ from the published ones only where they must, as far as that goes."""
    choices = search.choices[person]
    broken = [day for day, duty in enumerate(told) if not _possible(search, choices, day, duty)]
    for days in (broken, range(len(told))):
        cost, week = _best(search, person, told, days)
        if np.isfinite(cost):
            return week
    return [None] * len(told)


def _possible(search: Search, choices: Choices, day: int, duty: Duty | None) -> bool:
    if duty is None:
        return bool(np.isfinite(choices.off[day]))
    return bool(
        np.isfinite(choices.cost[day, duty.pattern])
        and np.isfinite(choices.queue_cost[duty.queue])
        and search.patterns.open[duty.queue, day, duty.pattern]
        and choices.queue_locked[day] in (-1, duty.queue)
    )


def _best(search: Search, person: int, told: Sequence[Duty | None], free: Sequence[int]) -> tuple[float, Week]:
    """The best days of a person who is taken out, all but the free ones as published."""
    own = search.choices[person]
    cost, off = own.cost.copy(), own.off.copy()
    for day in set(range(len(told))) - set(free):
        duty = told[day]
        if duty is None:
            cost[day] = INF
        else:
            cost[day, np.arange(len(cost[day])) != duty.pattern] = INF
            off[day] = INF
    every = search.choices
    search.choices = [*every[:person], replace(own, cost=cost, off=off), *every[person + 1 :]]
    try:
        return search.best(person, search.gain(person))
    finally:
        search.choices = every


def _changed(week: Sequence[Duty | None], told: Sequence[Duty | None]) -> list[int]:
    """Days with another shift or queue than published."""
    return [day for day, (now, was) in enumerate(zip(week, told, strict=True)) if _shift(now) != _shift(was)]


def _shift(duty: Duty | None) -> tuple[int, int] | None:
    return None if duty is None else (duty.pattern, duty.queue)


def _fill(search: Search, weeks: Weeks, free: dict[int, list[int]], most: int, late: Late) -> None:
    """Changes in order of what each saves for a cell, while cells may change; savings are looked at again when due."""
    queue = [(-INF, person) for person in free]
    heapify(queue)
    looks = len(free) + LOOKS * most
    while queue and most > 0 and (looks > 0 or not late()):
        looks -= 1
        _, person = heappop(queue)
        saved, cells, week = _offer(search, person, weeks[person], free[person])
        if saved <= 1e-7 or cells > most:
            continue
        rate = saved / max(cells, 0.5)  # a change back to what was published frees a cell
        if queue and rate < -queue[0][0] - 1e-9:
            heappush(queue, (-rate, person))
            continue
        search.take_out(person)
        search.put_in(person, week)
        most -= cells
        heappush(queue, (-rate, person))


def _offer(search: Search, person: int, told: Sequence[Duty | None], free: Sequence[int]) -> tuple[float, int, Week]:
    """(what a person's best days save, how many more cells they change, those days)."""
    before = search.take_out(person)
    gain = search.gain(person)
    now = search._worth(person, before, gain)
    cost, week = _best(search, person, told, free)
    search.put_in(person, before)
    if not week:
        return 0.0, 0, before
    return now - cost, len(_changed(week, told)) - len(_changed(before, told)), week
