import numpy as np
import pandas as pd
import pytest

from wfm.report import Edition
from wfm.report.earlier import earlier_by, earlier_days
from wfm.report.html import report_page


@pytest.fixture(scope="module")
def history():
    """Two queues, half hours, until two weeks before the plan; every contact count tells its day."""
    starts = pd.date_range("2026-09-01", "2026-11-07 23:30", freq="30min")
    tables = [
        pd.DataFrame({"queue": queue, "start": starts, "offered": starts.day_of_year / 48.0})
        for queue in ("voice", "chat")
    ]
    return pd.concat(tables, ignore_index=True)


def test_the_same_weekday_is_the_latest_that_history_has(plan, history):
    found = earlier_days(plan, history)
    assert found["weekday_day"].tolist() == [
        plan.start - pd.Timedelta(days=14),
        *(plan.start + pd.Timedelta(days=k - 21) for k in range(1, 7)),
    ]
    assert found["last_weekday"].tolist() == pytest.approx([2.0 * day.day_of_year for day in found["weekday_day"]])


def test_the_same_day_of_the_month_follows_the_calendar_s_months(plan, history):
    found = earlier_days(plan, history)
    now, then = (
        plan.calendar.month_day(pd.DatetimeIndex(found[name]))["day"].tolist() for name in ("day", "month_day")
    )
    assert now == then == [30, 1, 2, 3, 4, 5, 6]
    assert found["month_day"].iloc[1] == pd.Timestamp("2026-10-23")


def test_half_a_day_is_no_day_to_compare_with(plan, history):
    cut = history[history["start"] < "2026-11-07 10:00"]
    assert earlier_days(plan, cut)["weekday_day"].iloc[0] == pd.Timestamp("2026-10-31")


def test_a_queue_without_history_has_no_marks(plan):
    nothing = pd.DataFrame({"queue": ["other"], "start": [pd.Timestamp("2026-11-01")], "offered": [1.0]})
    found = earlier_days(plan, nothing)
    assert found[["last_weekday", "last_month"]].isna().all(axis=None)
    assert earlier_by(plan, nothing, "h").empty


def test_earlier_hours_stand_at_the_times_of_the_plan(plan, history):
    hours = earlier_by(plan, history, "h")
    assert len(hours) == 7 * 24
    assert hours["day"].min() == plan.start
    assert hours["offered"].sum() == pytest.approx(earlier_days(plan, history)["last_month"].sum())


def test_the_page_marks_what_came_before(plan, history):
    text = report_page(plan, edition=Edition(history=history))
    assert text.count('<u class="last_weekday" style') == text.count('<u class="last_month" style') == 7
    assert 'class="earlier"' in text
    assert 'class="earlier"' not in report_page(plan, edition=Edition())


def test_a_plan_of_four_weeks_has_four_weeks_of_rows(plan, history):
    from dataclasses import replace

    long = replace(plan, end=plan.start + pd.Timedelta(days=28))
    text = report_page(long, edition=Edition(history=history))
    assert text.count('<tr><th scope="row" data-label="Day">') == 28
    assert not np.isnan(long.figures["need_hours"])
