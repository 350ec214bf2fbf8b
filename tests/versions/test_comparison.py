"""What changed between two rosters, cell by cell."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.calendars import Calendar
from wfm.errors import DataError
from wfm.versions import changes

DAY = pd.Timestamp("2026-11-21")
HOUR = pd.Timedelta(hours=1)


def shift(agent, day=0, begin=8, kind="full", queue="voice", meal=4, activity="work"):
    start = DAY + pd.Timedelta(days=day) + begin * HOUR
    cuts = [(0, meal, "work"), (meal, meal + 1, "meal"), (meal + 1, 9, "work")]
    if activity != "work":
        cuts, kind, queue = [(0, 8, activity)], None, None
    return [(agent, start + a * HOUR, start + b * HOUR, what, what != "meal", kind, queue) for a, b, what in cuts]


def table(*shifts):
    rows = [row for rows in shifts for row in rows]
    frame = pd.DataFrame(rows, columns=["agent", "start", "end", "activity", "paid", "shift", "queue"])
    return frame.astype({"start": "datetime64[us]", "end": "datetime64[us]"})


@pytest.mark.parametrize(
    ("old", "new", "was", "now", "change"),
    [
        ([], shift("Ada"), "", "08:00-17:00 voice", "added"),
        (shift("Ada"), [], "08:00-17:00 voice", "", "removed"),
        (shift("Ada"), shift("Ada", begin=9), "08:00-17:00 voice", "09:00-18:00 voice", "moved"),
        (shift("Ada"), shift("Ada", begin=22), "08:00-17:00 voice", "22:00-07:00 voice", "moved"),
        (shift("Ada"), shift("Ada", kind="late"), "08:00-17:00 voice", "08:00-17:00 voice", "other shift"),
        (shift("Ada"), shift("Ada", queue="chat"), "08:00-17:00 voice", "08:00-17:00 chat", "other queue"),
        (shift("Ada"), shift("Ada", activity="leave"), "08:00-17:00 voice", "leave", "work to leave"),
        (shift("Ada", activity="leave"), shift("Ada"), "leave", "08:00-17:00 voice", "leave to work"),
        (
            shift("Ada"),
            shift("Ada", meal=3),
            "08:00-17:00 voice (meal 12:00)",
            "08:00-17:00 voice (meal 11:00)",
            "breaks",
        ),
    ],
)
def test_every_kind_of_change_is_named(old, new, was, now, change):
    stays = shift("Bo", day=1)
    found = changes(table(old, stays), table(new, stays))
    assert found[["agent", "day", "old", "new", "change"]].to_numpy().tolist() == [["Ada", DAY, was, now, change]]


def test_a_training_put_into_a_shift_is_a_change():
    old = table(shift("Ada"))
    new = old.assign(activity=["work", "meal", "training"])
    found = changes(old, new)
    assert found[["new", "change"]].to_numpy().tolist() == [["08:00-17:00 voice, training", "training"]]


def test_equal_rosters_have_no_changes():
    roster = table(shift("Ada"), shift("Bo", day=2), shift("Cy", activity="leave"))
    found = changes(roster, roster)
    assert found.empty
    assert found.columns.tolist() == ["agent", "day", "old", "new", "change", "notice"]


def test_notice_runs_to_the_earlier_of_the_two_starts():
    found = changes(table(shift("Ada")), table(shift("Ada", begin=12)), published="2026-11-19 20:00")
    assert found["notice"].tolist() == [36.0]
    late = changes(table(shift("Ada", begin=12)), table(shift("Ada")), published=DAY + 9 * HOUR)
    assert late["notice"].tolist() == [-1.0]
    assert changes(table(shift("Ada")), table(shift("Ada", begin=12)))["notice"].isna().all()


def test_last_week_is_laid_over_this_week():
    week = [shift("Ada", day=k) for k in range(5)]
    next_week = [shift("Ada", day=7 + k, begin=8 if k else 10) for k in range(5)]
    found = changes(table(*week), table(*next_week))
    assert found[["day", "change"]].to_numpy().tolist() == [[DAY + pd.Timedelta(days=7), "moved"]]
    back = changes(table(*next_week), table(*week))
    assert back[["day", "change"]].to_numpy().tolist() == [[DAY, "moved"]]
    month_ago = changes(table(*week), table(*[shift("Ada", day=28 + k) for k in range(5)]))
    assert month_ago.empty


def test_the_planners_date_stands_beside():
    found = changes(table(shift("Ada")), table(shift("Ada", begin=9)), Calendar(months="solar-hijri"))
    assert found["date"].tolist() == ["Sat 30 Aban 1405"]


def test_the_rosters_are_checked_and_not_changed():
    old, new = table(shift("Ada")), table(shift("Ada", begin=9))
    kept = old.copy(), new.copy()
    changes(old, new)
    pd.testing.assert_frame_equal(old, kept[0])
    pd.testing.assert_frame_equal(new, kept[1])
    with pytest.raises(DataError, match="roster has no column 'activity'"):
        changes(old.drop(columns="activity"), new)


def test_clocks_of_nanoseconds_and_microseconds_are_the_same():
    old = table(shift("Ada"), shift("Bo"))
    new = old.astype({"start": "datetime64[ns]", "end": "datetime64[ns]"})
    assert changes(old, new).empty


DAYS = st.dictionaries(st.tuples(st.sampled_from("AB"), st.integers(0, 3)), st.sampled_from([7, 8, 9]), min_size=1)


@settings(max_examples=20, deadline=None)
@given(DAYS, DAYS)
def test_changes_are_the_cells_that_differ_and_the_same_both_ways(old, new):
    one, other = (table(*[shift(agent, day, begin) for (agent, day), begin in cells.items()]) for cells in (old, new))
    span = {day for _, day in old}, {day for _, day in new}
    if max(span[0]) < min(span[1]) or max(span[1]) < min(span[0]):
        return  # weeks apart: laid over
    there, back = changes(one, other), changes(other, one)
    differing = {(a, DAY + pd.Timedelta(days=d)) for a, d in {*old, *new} if old.get((a, d)) != new.get((a, d))}
    assert set(zip(there["agent"], there["day"], strict=True)) == differing
    assert there["old"].tolist() == back["new"].tolist()
    assert there["new"].tolist() == back["old"].tolist()
