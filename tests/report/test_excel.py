import io
import time

import openpyxl
import pandas as pd
import pytest

from wfm.report import Edition, write_workbook
from wfm.report.days import day_table, intervals
from wfm.report.duties import duties
from wfm.report.excel import workbook_bytes
from wfm.versions import changes_on


@pytest.fixture(scope="module")
def book(plan, previous):
    return openpyxl.load_workbook(io.BytesIO(workbook_bytes(plan, edition=Edition(previous=previous))))


def read(book, sheet):
    rows = list(book[sheet].iter_rows(values_only=True))
    return pd.DataFrame(rows[1:], columns=rows[0])


def test_the_sheets_are_those_a_planner_knows(book):
    assert book.sheetnames == [
        "Summary",
        "Days",
        "Roster",
        "Intervals",
        "Shifts",
        "Requirement",
        "Forecast",
        "Changes",
        "Ways out",
        "Warnings & assumptions",
    ]


@pytest.mark.parametrize(
    ("sheet", "column", "table", "name"),
    [
        ("Days", "offered", day_table, "offered"),
        ("Days", "short hours", day_table, "short_hours"),
        ("Intervals", "needed", intervals, "needed"),
        ("Intervals", "gap", intervals, "gap"),
        ("Requirement", "agents", lambda plan: plan.requirement, "agents"),
        ("Forecast", "offered", lambda plan: plan.forecast, "offered"),
        ("Shifts", "paid hours", lambda plan: duties(plan.roster.table), "paid_hours"),
    ],
)
def test_numbers_read_back_are_those_of_the_tables(book, plan, sheet, column, table, name):
    assert read(book, sheet)[column].astype(float).tolist() == pytest.approx(table(plan)[name].tolist())


def test_times_are_times(book, plan):
    assert pd.to_datetime(read(book, "Intervals")["start"]).tolist() == intervals(plan)["start"].tolist()


def test_the_key_figures_are_those_of_the_plan(book, plan):
    told = {row[0]: row[1] for row in book["Summary"].iter_rows(values_only=True, max_col=2)}
    assert told["hours on contacts"] == pytest.approx(plan.figures["have_hours"])
    assert told["hang up"] == pytest.approx(plan.figures["abandon_rate"])
    assert [value for value in told if value and str(value).endswith("LINE")] == list(plan.lines[1:])


def test_the_roster_grid_holds_every_duty_with_a_colour_by_kind(book, plan):
    sheet = book["Roster"]
    cells = {
        (sheet.cell(row, 1).value, sheet.cell(3, column).value): sheet.cell(row, column)
        for row in range(4, sheet.max_row + 1)
        for column in range(3, sheet.max_column + 1)
    }
    found = duties(plan.roster.table)
    assert sum(cell.value is not None for cell in cells.values()) == len(found.drop_duplicates(["agent", "day"]))
    for row in found[found["kind"] == "work"].itertuples():
        assert cells[row.agent, row.day.to_pydatetime()].value == f"{row.start:%H:%M}-{row.end:%H:%M} {row.queue}"
    colours = {
        kind: cells[row.agent, row.day.to_pydatetime()].fill.fgColor.rgb
        for kind, row in ((row.kind, row) for row in found.itertuples())
    }
    assert len(set(colours.values())) == 3
    assert sheet.freeze_panes == "C4"
    assert sheet.cell(4, 2).value == pytest.approx(found[found["agent"] == sheet.cell(4, 1).value]["paid_hours"].sum())


def test_ways_out_and_rules_to_loosen_are_told_with_those_whom_they_concern(book, plan):
    rows = [row for row in book["Ways out"].iter_rows(values_only=True) if any(row)]
    assert [row[0] for row in rows[1:3]] == plan.ways_out["way"].tolist()
    assert rows[3][0] == "Rule loosened by a step"
    who = plan.relaxations["agents"].iloc[0][0]
    assert rows[4][:3] == ("days per week 4 → 5 and without no nights", who, "8")


def test_changes_are_listed_cell_by_cell(book, plan, previous):
    found = changes_on(previous, plan.roster.table, plan.start, plan.end)
    told = read(book, "Changes")[["agent", "old", "new"]]
    assert told.to_numpy().tolist() == found[["agent", "old", "new"]].to_numpy().tolist()


def test_headings_stay_in_sight_and_tables_can_be_filtered(book):
    for name in ("Days", "Intervals", "Shifts", "Requirement", "Forecast"):
        assert book[name].freeze_panes is not None
        assert book[name].auto_filter.ref == book[name].dimensions


def test_every_queue_has_a_native_chart_over_its_own_rows(book, plan):
    charts = book["Intervals"]._charts
    assert len(charts) == len(plan.queues)
    references = [series.val.numRef.f for chart in charts for series in chart.series]
    assert references[0] == "Intervals!$E$2:$E$169"
    assert any("$170:$E$337" in reference for reference in references)


def test_the_same_plan_gives_the_same_bytes_at_any_time(plan, tmp_path):
    first = write_workbook(plan, tmp_path / "a.xlsx").read_bytes()
    time.sleep(1.1)
    assert write_workbook(plan, tmp_path / "b.xlsx").read_bytes() == first


def test_pseudonyms_hide_every_name(plan, previous, agents):
    content = workbook_bytes(plan, names="hash", edition=Edition(previous=previous))
    found = openpyxl.load_workbook(io.BytesIO(content))
    text = " ".join(str(cell) for sheet in found for row in sheet.iter_rows(values_only=True) for cell in row)
    assert not [agent for agent in agents if agent in text]


def test_a_plan_without_people_still_has_its_workbook(plan):
    from dataclasses import replace

    bare = replace(
        plan,
        roster=None,
        coverage=plan.coverage.iloc[:0],
        promise=plan.promise.iloc[:0],
        evaluation=None,
        figures={"need_hours": 100.0, "have_hours": None, "people": 0},
    )
    found = openpyxl.load_workbook(io.BytesIO(workbook_bytes(bare, edition=Edition())))
    assert found["Roster"]["A1"].value == "No people were given: see Shifts."


# --- Persian ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def persian(plan, previous, tmp_path_factory):
    from dataclasses import replace

    told = replace(plan, told=previous)
    path = told.to_excel(tmp_path_factory.mktemp("fa") / "plan.xlsx", language="fa")
    return openpyxl.load_workbook(path)


def test_a_persian_workbook_names_its_sheets_in_persian_and_runs_from_right_to_left(persian, book):
    assert len(persian.sheetnames) == len(book.sheetnames)
    assert persian.sheetnames[:3] == ["خلاصه", "روزها", "برنامهٔ افراد"]
    assert all(sheet.sheet_view.rightToLeft for sheet in persian)
    assert not any(sheet.sheet_view.rightToLeft for sheet in book)


def test_headings_of_a_persian_workbook_are_persian(persian):
    for name in persian.sheetnames[1:]:
        sheet = persian[name]
        row = 2 if name == "برنامهٔ افراد" else 1
        heads = [cell.value for cell in sheet[row] if isinstance(cell.value, str) and cell.value]
        assert heads
        for head in heads:
            assert any("\u0600" <= sign <= "\u06ff" for sign in head), (name, head)


def test_weekdays_of_a_persian_workbook_are_persian(persian):
    heads = [cell.value for cell in persian["برنامهٔ افراد"][2]]
    assert heads[2] == "شنبه 30 آبان 1405"
    assert "[$-429]" in persian["روزها"]["A2"].number_format


def test_a_persian_roster_sheet_is_read_back_as_it_was(plan, tmp_path):
    from wfm.versions import read_edited_roster

    path = plan.to_excel(tmp_path / "plan.xlsx", language="fa")
    found = read_edited_roster(path, plan.roster.table)
    assert found.changes.empty


def test_a_leave_typed_in_persian_is_a_leave(plan, tmp_path):
    from wfm.versions import read_edited_roster

    path = plan.to_excel(tmp_path / "plan.xlsx", language="fa")
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["برنامهٔ افراد"]
    row = next(row for row in range(4, sheet.max_row + 1) if sheet.cell(row, 1).value == "Ali Reza")
    assert sheet.cell(row, 3).value
    sheet.cell(row, 3).value = "مرخصی"
    workbook.save(path)
    found = read_edited_roster(path, plan.roster.table)
    assert found.changes[["agent", "new"]].to_numpy().tolist() == [["Ali Reza", "leave"]]
