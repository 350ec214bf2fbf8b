import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wfm
from wfm import tables
from wfm.tables import AGENTS, FORECAST, HISTORY, ROSTER, SCHEDULE, check, describe, empty, interval_of, with_end


def history(**columns):
    starts = pd.date_range("2026-11-21 08:00", periods=3, freq="30min")
    return pd.DataFrame({"queue": "voice", "start": starts, "offered": [5.0, 0.0, np.nan]} | columns)


def test_a_checked_table_is_sorted_typed_and_the_callers_is_untouched():
    mine = history().iloc[::-1].astype({"start": str})
    before = mine.copy()
    found = check(mine, HISTORY)
    pd.testing.assert_frame_equal(mine, before)
    assert found.index.tolist() == [0, 1, 2]
    assert found["start"].is_monotonic_increasing
    assert pd.api.types.is_datetime64_any_dtype(found["start"])


def test_no_calls_and_no_data_stay_apart():
    assert check(history(), HISTORY)["offered"].tolist()[:2] == [5.0, 0.0]
    assert np.isnan(check(history(), HISTORY)["offered"].iloc[2])


def test_columns_that_are_not_specified_are_kept():
    assert "site" in check(history(site="Tehran"), HISTORY)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"offered": [5, -4, 3]},
            r"history.offered must be a number in \[0, inf\) contacts in 1 row\(s\), first: row 1, "
            r"queue=voice, start=2026-11-21 08:30:00, offered=-4",
        ),
        ({"offered": [5, "many", 3]}, "offered=many"),
        ({"offered": [5, np.inf, 3]}, "history.offered"),
        ({"start": ["2026-11-21", "2026-13-45", "2026-11-23"]}, "history.start must be a date and time"),
        ({"start": pd.to_datetime(["2026-11-21"] * 3)}, "history.start must be unique together with 'queue' in 2 row"),
        ({"queue": ["voice", None, "voice"]}, "history.queue must be a text that is not empty"),
        ({"aht": [100, 200, -1]}, "history.aht"),
        ({"excluded": ["yes", "perhaps", "no"]}, "history.excluded must be True or False"),
        (
            {"end": pd.to_datetime(["2026-11-21 08:30", "2026-11-21 08:30", "2026-11-21 09:30"])},
            "history.end must be after start",
        ),
        (
            {"end": pd.to_datetime(["2026-11-21 09:00", "2026-11-21 09:00", "2026-11-21 09:30"])},
            "at or after the end of the row before",
        ),
    ],
)
def test_a_faulty_cell_is_named_with_table_column_row_and_value(change, message):
    with pytest.raises(wfm.DataError, match=message) as caught:
        check(history(**change), HISTORY)
    assert caught.value.table == "history"
    assert caught.value.rows


def test_a_missing_column_is_named_with_the_nearest_that_is_there():
    with pytest.raises(wfm.DataError, match="history has no column 'offered'.*Did you mean 'ofered'") as caught:
        check(history().rename(columns={"offered": "ofered"}), HISTORY)
    assert caught.value.column == "offered"


def test_a_doubled_column_is_refused():
    doubled = pd.concat([history(), history()[["offered"]]], axis=1)
    with pytest.raises(wfm.DataError, match="has the column 'offered' twice"):
        check(doubled, HISTORY)


def test_unknown_queues_are_refused():
    with pytest.raises(wfm.DataError, match="history.queue must be one of 'chat' in 3 row"):
        check(history(), HISTORY, queues=["chat"])


def test_quantile_columns_belong_to_a_forecast():
    table = history(offered=[1.0, 2.0, 3.0]).assign(**{"offered_q0.9": [1.0, -2.0, 3.0]})
    with pytest.raises(wfm.DataError, match=r"forecast.offered_q0.9 must be a number in \[0, inf\)"):
        check(table, FORECAST)


def test_a_person_cannot_be_in_two_places():
    rows = pd.DataFrame(
        {
            "agent": "A1",
            "start": pd.to_datetime(["2026-11-21 08:00", "2026-11-21 09:00"]),
            "end": pd.to_datetime(["2026-11-21 10:00", "2026-11-21 11:00"]),
            "activity": "work",
            "paid": True,
        }
    )
    with pytest.raises(wfm.DataError, match="roster.start must be at or after the end of the row before"):
        check(rows, ROSTER)


def test_people_are_whole():
    row = pd.DataFrame(
        {
            "shift": ["a"],
            "start": pd.to_datetime(["2026-11-21 08:00"]),
            "end": pd.to_datetime(["2026-11-21 10:00"]),
            "activity": "work",
            "paid": True,
            "people": 1.5,
            "type": "full",
        }
    )
    with pytest.raises(wfm.DataError, match="schedule.people must be a whole number"):
        check(row, SCHEDULE)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=40, unique=True), st.sampled_from(["ns", "us", "s"]))
def test_checking_twice_changes_nothing_whatever_the_unit(offsets, unit):
    starts = (pd.Timestamp("2026-01-01") + pd.to_timedelta(np.array(offsets) * 1800, unit="s")).astype(
        f"datetime64[{unit}]"
    )
    table = pd.DataFrame({"queue": "q", "start": starts, "offered": 1.0})
    once = check(table, HISTORY)
    pd.testing.assert_frame_equal(once, check(once, HISTORY))


def test_the_end_of_an_interval_is_the_smallest_step_unless_given():
    assert interval_of(with_end(history())) == 1800.0
    assert interval_of(with_end(history(), 900)) == 900.0
    with pytest.raises(wfm.DataError, match="cannot be told from a single row"):
        with_end(history().iloc[:1])


@pytest.mark.parametrize("spec", tables.SPECS, ids=lambda spec: spec.name)
def test_every_table_is_specified_in_full(spec):
    assert set(spec.key) <= set(spec.required)
    assert len(describe(spec)) == len(spec.columns)
    assert list(empty(spec).columns) == list(spec.required)
    assert check(empty(spec), spec).empty


def test_agents_know_their_fairness_history():
    assert {"nights", "weekends", "seniority", "counts_as"} <= set(describe(AGENTS)["column"])


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 2, 3], [0, 2, 1, 3]])
def test_a_table_is_sorted_in_whatever_order_its_rows_come(order):
    starts = pd.to_datetime(["2026-01-05 08:00", "2026-01-05 08:30", "2026-01-05 08:00", "2026-01-05 08:30"])
    rows = pd.DataFrame({"queue": ["chat", "chat", "voice", "voice"], "start": starts, "offered": [1.0, 2.0, 3.0, 4.0]})
    pd.testing.assert_frame_equal(check(rows.iloc[order], HISTORY), check(rows, HISTORY))
    assert check(rows.iloc[order], HISTORY)["offered"].tolist() == [1.0, 2.0, 3.0, 4.0]


def test_texts_of_few_kinds_are_texts():
    queues = pd.Series(["voice ", "voice ", "chat"], dtype="category")
    assert check(history(queue=queues), HISTORY)["queue"].tolist() == ["chat", "voice", "voice"]


def test_faults_between_rows_are_found_in_whatever_order_they_come():
    rows = history(offered=1.0, end=history()["start"] + pd.Timedelta("30min")).iloc[[2, 0, 1]]
    with pytest.raises(wfm.DataError, match="must be unique together with 'queue' in 1 row") as caught:
        check(pd.concat([rows, rows.iloc[[1]]]), HISTORY)
    assert caught.value.rows == (3,)
    late = rows.assign(end=rows["end"].where(rows["start"].dt.hour > 8, rows["end"] + pd.Timedelta("1min")))
    with pytest.raises(wfm.DataError, match="at or after the end of the row before") as caught:
        check(late, HISTORY)
    assert caught.value.rows == (0, 2)
