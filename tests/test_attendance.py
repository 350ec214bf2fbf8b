"""Who comes: by person, and the same people in every plan that has them."""

import numpy as np
import pandas as pd
import pytest

from wfm.attendance import who_comes
from wfm.evaluation.presence import lines_of

PATHS = 400


def came(people, day, **more):
    return who_comes(people, day, 0.06, paths=PATHS, seed=3, **more)


def test_absence_is_that_of_persons_and_of_days():
    found = who_comes(np.full(400, 5), np.arange(400) * 5 // 400, 0.06, paths=2000, seed=1)
    total = found.sum(axis=1)
    by_person, by_day = 2000 * 0.06 * 0.94, 5 * (400 * 0.015) ** 2
    assert total.mean() == pytest.approx(1880, abs=2)
    assert total.std() == pytest.approx(np.sqrt(by_person + by_day), rel=0.06)
    correlation = np.corrcoef(found[:, :60].T)
    assert abs(correlation[~np.eye(60, dtype=bool)].mean() - 0.02) < 0.02


def test_another_person_on_a_line_changes_nothing_about_the_others():
    few, more = came([4, 3], [0, 1]), came([6, 3], [0, 1])
    assert ((more[:, 0] >= few[:, 0]) & (more[:, 0] <= few[:, 0] + 2)).all()
    assert (more[:, 1] == few[:, 1]).all()


def test_lines_are_known_by_their_names_wherever_they_stand():
    one = came([4, 2, 3], [0, 0, 1], names=[11, 12, 13])
    other = came([3, 5, 4], [1, 0, 0], names=[13, 99, 11])
    assert (one[:, 0] == other[:, 2]).all()
    assert (one[:, 2] == other[:, 0]).all()
    assert not (came([4], [0], names=[12]) == one[:, [0]]).all()


def test_nobody_on_a_line_and_nobody_absent():
    assert (came([0, 2, 0], [0, 0, 0])[:, [0, 2]] == 0).all()
    assert (came([0], [0]) == 0).all()
    assert (who_comes([3], [0], 0.0, paths=2, seed=1) == 3).all()


def table(rows):
    columns = ["shift", "start", "end"]
    found = pd.DataFrame(rows, columns=columns).assign(activity="work", paid=True, queue="voice", people=3, type="a")
    return found.assign(start=pd.to_datetime(found["start"]), end=pd.to_datetime(found["end"]))


INTERVALS = pd.DataFrame({"start": pd.date_range("2026-11-21 08:00", periods=16, freq="30min")})
INTERVALS = INTERVALS.assign(end=INTERVALS["start"] + pd.Timedelta("30min"))
EARLY, LATE = ("2026-11-21 08:00", "2026-11-21 12:00"), ("2026-11-21 10:00", "2026-11-21 14:00")


def test_a_line_of_a_schedule_is_known_by_its_times_and_not_by_its_name_or_place():
    one = lines_of(table([("x", *EARLY), ("y", *LATE)]), "voice", INTERVALS).names
    other = lines_of(table([("q", *LATE), ("x", *LATE), ("z", *EARLY)]), "voice", INTERVALS).names
    assert one[0] == other[2]
    assert one[1] == other[0]
    assert len({*one, *other}) == 3  # the second line of the same times is told apart


def test_a_person_is_absent_on_a_day_whatever_the_shift():
    def names(start, end):
        rows = table([("early", start, end)]).assign(agent="Sara").drop(columns=["people", "type"])
        return lines_of(rows, "voice", INTERVALS).names

    assert names(*EARLY) == names(*LATE)
    assert names(*EARLY) != names("2026-11-22 08:00", "2026-11-22 12:00")


def test_times_in_microseconds_and_in_nanoseconds_are_the_same_times():
    rows = table([("x", *EARLY), ("y", *LATE)])
    fine = rows.assign(start=rows["start"].astype("datetime64[ns]"), end=rows["end"].astype("datetime64[ns]"))
    assert (lines_of(rows, "voice", INTERVALS).names == lines_of(fine, "voice", INTERVALS).names).all()
