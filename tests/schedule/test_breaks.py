import pytest

from wfm.errors import SettingError
from wfm.schedule.shifts.breaks import clusters_of
from wfm.schedule.shifts.shift_types import Break, ShiftType


def shift(*windows, length="8h"):
    breaks = [Break(name=f"b{k}", length=long, paid=True, between=between) for k, (long, between) in enumerate(windows)]
    return ShiftType(name="s", length=length, starts="08:00", breaks=breaks)


def test_breaks_apart_are_placed_each_by_itself():
    clusters = clusters_of(shift(("15min", ("1h", "1h30min")), ("30min", ("3h", "4h"))), 8 * 3600.0, 900.0, 900)
    assert [len(cluster.placements) for cluster in clusters] == [3, 5]


def test_breaks_whose_windows_overlap_are_placed_together_and_in_order():
    (cluster,) = clusters_of(shift(("30min", ("1h", "2h")), ("30min", ("1h30min", "2h"))), 8 * 3600.0, 1800.0, 1800)
    assert cluster.placements == ((18, 19), (18, 20), (19, 20))


def test_breaks_may_touch():
    kind = shift(("30min", ("1h", "1h")), ("30min", ("1h30min", "2h")))
    first, second = clusters_of(kind, 8 * 3600.0, 1800.0, 1800)
    assert first.placements == ((18,),)
    assert second.placements == ((19,), (20,))


def test_a_start_without_a_place_for_some_break_gives_none():
    late = ShiftType(
        name="s",
        length="4h",
        starts=["08:00", "18:00"],
        breaks=[Break(name="noon", length="30min", paid=False, clock=("12:00", "12:30"))],
    )
    assert clusters_of(late, 18 * 3600.0, 1800.0, 1800) is None


def test_too_many_ways_to_place_breaks_are_refused():
    with pytest.raises(SettingError, match=r"can be placed in .* ways"):
        clusters_of(shift(*[("5min", ("1h", "7h"))] * 4), 8 * 3600.0, 300.0, 300)
