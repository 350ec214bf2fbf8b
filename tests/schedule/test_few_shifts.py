"""Few distinct shifts: an average day tells which to keep, and the limit is kept whatever the time."""

import numpy as np
import pandas as pd
import pytest

from wfm.schedule import Break, ShiftType, design_shifts
from wfm.schedule.cover.coverage import by_slot
from wfm.schedule.cover.design_inputs import read_kinds, read_requirement
from wfm.schedule.cover.typical_day import mean_day, of_a_day
from wfm.schedule.shifts.axis import time_axis
from wfm.schedule.shifts.candidates import candidates_for

MONDAY = pd.Timestamp("2026-11-02")
REST = Break(name="rest", length="30min", paid=False, between=("2h", "4h"))
KINDS = [ShiftType(name=f"h{n}", length=n * 3600, starts="00:00-23:00/1h", breaks=[REST]) for n in (6, 8)]


def week(peak=30, days=7):
    hour = np.arange(24 * days)
    shape = 0.2 + 0.8 * np.maximum(np.cos((hour % 24 - 14) * np.pi / 20), 0) ** 2
    agents = np.ceil(peak * shape * (1 - 0.04 * (hour // 24)))
    return pd.DataFrame({"queue": "q", "start": MONDAY + pd.to_timedelta(hour, unit="h"), "agents": agents})


def candidates(need):
    need, kinds = read_requirement(need, 3600.0), read_kinds(KINDS)
    axis = time_axis(need, kinds, 3600.0, cyclic=True)
    return candidates_for(axis, kinds, 3600.0, None), by_slot(need, axis)


def test_a_day_holds_every_type_and_start_once_with_its_breaks():
    found, _ = candidates(week())
    day = of_a_day(found)
    assert len(day.shifts) == 2 * 24
    assert len(found.shifts) == 7 * len(day.shifts)
    assert 7 * len(day.groups) == len(found.groups)
    for group in day.groups:
        assert all(0 <= start + group.cluster.lengths[0] <= 2 * day.axis.slots for (start,) in group.places)
    assert sorted(member for group in day.groups for member in group.members) == list(range(48))


def test_the_mean_day_is_the_mean_of_the_days():
    found, required = candidates(week())
    mean = mean_day(required, found.axis)
    assert mean.sum() * 7 == pytest.approx(required.sum())
    assert np.argmax(mean) == 28  # 14:00, by half-hours


@pytest.mark.parametrize(("most", "seconds", "far"), [(4, 2.0, 0.35), (8, 1.0, 0.25)])
def test_few_shifts_follow_a_week_round_the_clock_in_a_second_or_two(most, seconds, far):
    plan = design_shifts(week(), KINDS, cyclic=True, max_shifts=most, time_limit=seconds)
    lines = plan.table.groupby("shift").agg(type=("type", "first"), start=("start", "min"))
    assert len(set(zip(lines["type"], lines["start"].dt.hour, strict=True))) <= most
    assert plan.gap < far
