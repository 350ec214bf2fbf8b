import pandas as pd

from wfm.report.duties import duties
from wfm.versions import changes_on


def test_duties_keep_every_paid_hour(plan):
    found, table = duties(plan.roster.table), plan.roster.table
    paid = (table["end"] - table["start"])[table["paid"]].dt.total_seconds().sum() / 3600
    assert abs(found["paid_hours"].sum() - paid) < 1e-9
    assert not found.duplicated(["agent", "day", "number"]).any()


def test_leave_and_training_are_duties_of_their_own(plan):
    found = duties(plan.roster.table)
    assert found["kind"].value_counts().to_dict() == {"work": 39, "leave": 1, "training": 1}


def test_a_night_belongs_to_the_day_it_begins():
    begin = pd.Timestamp("2026-11-21 22:00")
    rows = [
        ("A", begin, begin + pd.Timedelta("3h"), "work"),
        ("A", begin + pd.Timedelta("3h"), begin + pd.Timedelta("8h"), "work"),
    ]
    table = pd.DataFrame(rows, columns=["agent", "start", "end", "activity"]).assign(
        paid=True, shift="night", queue="voice"
    )
    found = duties(table)
    row = found.iloc[0]
    assert len(found) == 1
    assert (row["day"], row["start"], row["end"]) == (begin.normalize(), begin, begin + pd.Timedelta("8h"))


def test_an_empty_roster_has_no_duties(plan):
    assert duties(plan.roster.table.iloc[:0]).empty


def test_changes_name_every_cell_that_differs_and_no_other(plan, previous):
    found = changes_on(previous, plan.roster.table, plan.start, plan.end)
    now, before = duties(plan.roster.table), duties(previous)
    both = now.merge(before, on=["agent", "day", "number"], how="outer", suffixes=("", "_old"))
    assert len(found) == int((both["start"] != both["start_old"]).sum())
    row = found[(found["agent"] == "Ali Reza") & (found["day"] == plan.start)].iloc[0]
    assert (row["old"], row["new"], row["change"]) == ("11:00-20:00 voice", "08:00-17:00 voice", "moved")


def test_last_week_s_roster_is_laid_over_this_one(plan):
    last = plan.roster.table.assign(
        start=plan.roster.table["start"] - pd.Timedelta(days=7), end=plan.roster.table["end"] - pd.Timedelta(days=7)
    )
    assert changes_on(last, plan.roster.table, plan.start, plan.end).empty
