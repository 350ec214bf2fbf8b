import pandas as pd
import pytest

from wfm.schedule.results import Roster, Schedule, with_gaps

TABLE = pd.DataFrame(
    {
        "shift": "a",
        "start": pd.to_datetime(["2026-11-21 08:00", "2026-11-21 12:00"]),
        "end": pd.to_datetime(["2026-11-21 12:00", "2026-11-21 13:00"]),
        "activity": ["work", "meal"],
        "paid": [True, False],
        "people": 3,
        "type": "s",
        "queue": "voice",
        "agent": "ann",
    }
)
COVERAGE = pd.DataFrame(
    {"queue": "voice", "start": TABLE["start"], "end": TABLE["end"], "required": 2, "rostered": 3.0}
)


def result(kind, objective=12.0, bound=11.4):
    # A row of a schedule counts for its people, a row of a roster for the one who is named in it.
    table = TABLE.drop(columns="agent" if kind is Schedule else ["shift", "people"])
    return kind(table=table, coverage=COVERAGE, objective=objective, bound=bound, status="feasible", seconds=0.1)


def test_paid_hours_leave_unpaid_time_out_and_count_people():
    assert result(Schedule).paid_hours == 12.0
    assert result(Roster).paid_hours == 4.0


@pytest.mark.parametrize(("objective", "bound", "gap"), [(12.0, 11.4, 0.05), (12.0, 12.0, 0.0), (0.0, 0.0, 0.0)])
def test_gap_is_a_share_of_the_objective(objective, bound, gap):
    assert result(Schedule, objective, bound).gap == pytest.approx(gap)


def test_a_result_prints_its_proof_in_one_line():
    assert repr(result(Schedule)) == (
        "Schedule(1 lines, 12.00 paid h, objective 12.00, bound 11.40, gap 5.000%, feasible)"
    )
    assert result(Schedule)._repr_html_().startswith("<p><b>Schedule(1 lines")


def test_the_plot_shows_required_and_rostered():
    pytest.importorskip("matplotlib")
    axes = result(Schedule).plot()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["voice rostered", "voice required"]


def test_no_line_runs_through_closed_hours():
    starts = pd.to_datetime(["2026-11-23 16:00", "2026-11-23 16:30", "2026-11-24 08:00"])
    rows = with_gaps(
        pd.DataFrame({"start": starts, "end": starts + pd.Timedelta("30min"), "rostered": [3.0, 2.0, 4.0]})
    )
    closed = rows.loc[rows["rostered"].isna(), "start"].dt.strftime("%d %H:%M").tolist()
    assert closed == ["23 17:00", "24 08:30"]
    assert rows["rostered"].dropna().tolist() == [3.0, 2.0, 4.0]
