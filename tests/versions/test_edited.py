"""A roster changed by hand comes back as locks, and every rule that it breaks is named."""

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

from wfm.errors import DataError, WfmWarning
from wfm.plan.inputs import read_inputs
from wfm.schedule import build_roster
from wfm.settings import read_week
from wfm.versions import broken_rules, read_edited_roster

HEAD, FIRST = 2, 4  # rows of the headings and of the first person


LONG = ("Intervals", "Shifts", "Requirement", "Forecast", "Changes")  # sheets that nobody edits here


@pytest.fixture(scope="module")
def whole(small_centre_planned, tmp_path_factory):
    return small_centre_planned.plan.to_excel(tmp_path_factory.mktemp("workbook") / "plan.xlsx")


@pytest.fixture(scope="module")
def original(whole):
    """The workbook without its long sheets, so that it is soon opened and saved."""
    book = load_workbook(whole)
    for name in LONG:
        del book[name]
    book.save(whole.with_name("short.xlsx"))
    return whole.with_name("short.xlsx")


@pytest.fixture
def workbook(original, tmp_path):
    return Path(shutil.copy(original, tmp_path / "plan.xlsx"))


def cell_of(sheet, agent, day):
    row = next(row for row in range(FIRST, sheet.max_row + 1) if sheet.cell(row, 1).value == agent)
    column = next(c for c in range(3, sheet.max_column + 1) if sheet.cell(HEAD + 1, c).value == pd.Timestamp(day))
    return row, column


def edit(path, changes):
    book = load_workbook(path)
    for (agent, day), text in changes.items():
        book["Roster"].cell(*cell_of(book["Roster"], agent, day)).value = text
    book.save(path)
    return path


@pytest.fixture
def shifts(roster):
    """agent, day -> first and last moment of each full shift."""
    work = roster[(roster["shift"] == "full")]
    spans = work.groupby(["agent", work["start"].dt.normalize()]).agg(start=("start", "min"), end=("end", "max"))
    return {key: (row.start, row.end) for key, row in zip(spans.index, spans.itertuples(), strict=True)}


def some(shifts, skip=0):
    """A person with a shift on a day, whose shift may start an hour later or earlier; not one with leave or locks."""
    usable = [key for key in shifts if key[0] not in ("A00", "A01", "A04", "A05")]
    return usable[skip]


def test_a_workbook_that_nobody_touched_has_no_locks(roster, whole):
    found = read_edited_roster(whole, roster)
    assert repr(found) == "Edited(0 cells changed, 0 locks, 0 absences)"
    assert (len(found.changes), len(found.locks), len(found.absences)) == (0, 0, 0)
    pd.testing.assert_frame_equal(found.roster, roster)


def test_a_moved_shift_becomes_a_lock_with_its_time(roster, workbook, shifts):
    agent, day = some(shifts)
    start = day + pd.Timedelta(hours=7 if shifts[agent, day][0].hour != 7 else 8)
    edit(workbook, {(agent, day): f"{start:%H:%M} – {start + pd.Timedelta(hours=9):%H:%M} voice"})
    found = read_edited_roster(workbook, roster)
    assert found.locks[["agent", "start", "type", "queue", "reason"]].to_numpy().tolist() == [
        [agent, start, "full", "voice", "edited by planner"]
    ]
    assert found.changes["change"].tolist() == ["moved"]
    mine = found.roster[(found.roster["agent"] == agent) & (found.roster["start"].dt.normalize() == day)]
    assert (mine["start"].min(), mine["end"].max()) == (start, start + pd.Timedelta(hours=9))
    assert mine["activity"].tolist() == ["work", "break", "work", "meal", "work"]
    others = found.roster[~found.roster.index.isin(mine.index)]
    kept = roster[~((roster["agent"] == agent) & (roster["start"].dt.normalize() == day))]
    pd.testing.assert_frame_equal(others.reset_index(drop=True), kept.reset_index(drop=True))


def test_a_cleared_cell_becomes_a_free_day_and_a_filled_one_a_shift(roster, workbook, shifts):
    agent, day = some(shifts)
    free = next(day for day in pd.date_range("2026-11-21", periods=7) if (agent, day) not in shifts)
    edit(workbook, {(agent, day): None, (agent, free): "10:00-19:00"})
    locks = read_edited_roster(workbook, roster).locks.set_index("start")
    assert locks.loc[day, "type"] == "off"
    assert locks.loc[free + pd.Timedelta(hours=10), ["type", "queue"]].tolist() == ["full", "voice"]


def test_persian_digits_and_shift_names_are_read(roster, workbook, shifts):
    agent, day = some(shifts)
    edit(workbook, {(agent, day): "۱۲:۰۰-۱۶:۰۰ short"})
    assert read_edited_roster(workbook, roster).locks[["start", "type"]].to_numpy().tolist() == [
        [day + pd.Timedelta(hours=12), "short"]
    ]


def test_typed_leave_and_training_become_absences(roster, workbook, shifts):
    (one, day), (other, date) = some(shifts), some(shifts, 7)
    start = shifts[other, date][0]
    text = f"{start:%H:%M}-{shifts[other, date][1]:%H:%M} voice"
    edit(
        workbook,
        {(one, day): "leave", (other, date): f"{text}, {start:%H:%M}-{start + pd.Timedelta(hours=1):%H:%M} training"},
    )
    with pytest.raises(DataError, match=r"Roster!\w+ \(.+\) holds two duties at once"):
        read_edited_roster(workbook, roster)  # two duties at once
    edit(
        workbook,
        {
            (
                other,
                date,
            ): f"{start - pd.Timedelta(hours=2):%H:%M}-{start - pd.Timedelta(hours=1):%H:%M} training, {text}"
        },
    )
    found = read_edited_roster(workbook, roster)
    assert sorted(found.absences[["agent", "kind"]].to_numpy().tolist()) == sorted(
        [[one, "leave"], [other, "training"]]
    )
    leave = found.absences[found.absences["kind"] == "leave"].iloc[0]
    assert (leave["start"], leave["end"]) == (day, day + pd.Timedelta(days=1))
    assert set(found.locks["agent"]) == {other}


def test_cells_that_cannot_be_read_are_all_named_with_their_places(roster, workbook, shifts):
    (one, day), (other, date) = some(shifts), some(shifts, 7)
    edit(workbook, {(one, day): "early", (other, date): "07:00-12:30 voice"})
    sheet = load_workbook(workbook)["Roster"]
    places = [sheet.cell(*cell_of(sheet, *key)).coordinate for key in ((one, day), (other, date))]
    with pytest.raises(DataError, match=r"2 cell\(s\) cannot be read") as raised:
        read_edited_roster(workbook, roster)
    text = str(raised.value)
    assert f"Roster!{places[0]} ({one}): 'early' is no duty" in text
    assert (
        f"Roster!{places[1]} ({other}): no shift type lasts 5.5 h; the roster's shifts are full (9 h), short (4 h)"
        in text
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("07:00-16:00 vioce", r"'vioce' is no queue and no shift type .* Did you mean 'voice'\?"),
        ("25:00-16:00", "a time that no clock shows"),
        ("training", "training needs its times"),
        (0.25, "'0.25' is no duty"),
    ],
)
def test_what_is_typed_wrong_is_said(roster, workbook, shifts, text, words):
    edit(workbook, {some(shifts): text})
    with pytest.raises(DataError, match=words):
        read_edited_roster(workbook, roster)


def test_a_lost_row_column_or_heading_is_refused(roster, workbook):
    def damaged(damage):
        book = load_workbook(workbook)
        damage(book["Roster"])
        book.save(workbook.with_name("damaged.xlsx"))
        return workbook.with_name("damaged.xlsx")

    with pytest.raises(DataError, match=r"no row for 'A00'. Keep every person's row"):
        read_edited_roster(damaged(lambda sheet: sheet.delete_rows(FIRST)), roster)
    with pytest.raises(DataError, match=r"no column for 2026-11-23. Keep every day's column"):
        read_edited_roster(damaged(lambda sheet: sheet.delete_cols(5)), roster)
    with pytest.raises(DataError, match=r"the dates under the headings .* are gone"):
        read_edited_roster(damaged(lambda sheet: sheet.delete_rows(HEAD + 1)), roster)
    with pytest.raises(DataError, match="'A01' stands twice"):
        read_edited_roster(damaged(lambda sheet: sheet.cell(FIRST, 1, "A01")), roster)


def test_rows_may_be_sorted_and_columns_added(roster, workbook):
    book = load_workbook(workbook)
    sheet = book["Roster"]
    sheet.insert_cols(2)
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=FIRST)]
    for k, values in enumerate(reversed(rows)):
        for c, value in enumerate(values, start=1):
            sheet.cell(FIRST + k, c).value = value
    book.save(workbook)
    assert read_edited_roster(workbook, roster).locks.empty


def test_an_edited_csv_is_compared_row_by_row(plan, roster, shifts, tmp_path):
    (one, day), (other, date) = some(shifts), some(shifts, 7)
    path = tmp_path / "roster.csv"
    lines = roster.to_csv(index=False).splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith(f"{one},{day.date()}")), encoding="utf-8")
    assert read_edited_roster(path, roster).locks[["agent", "start", "type"]].to_numpy().tolist() == [[one, day, "off"]]
    mine = (roster["agent"] == other) & (roster["start"].dt.normalize() == date)
    chat = roster.assign(queue=roster["queue"].where(~mine, "chat"))
    found = read_edited_roster(chat, roster)
    assert found.locks[["agent", "type", "queue"]].to_numpy().tolist() == [[other, "full", "chat"]]
    assert found.changes["change"].tolist() == ["other queue"]


def test_moved_breaks_are_said_to_be_no_lock(roster, shifts):
    agent, day = some(shifts)
    mine = roster[(roster["agent"] == agent) & (roster["start"].dt.normalize() == day)]
    pause = mine[mine["activity"] == "break"].index[0]
    step = pd.Timedelta(minutes=5)
    edited = roster.copy()
    edited.loc[[pause - 1], "end"] += step
    edited.loc[[pause], ["start", "end"]] += step
    edited.loc[[pause + 1], "start"] += step
    with pytest.warns(WfmWarning, match=rf"1 cell\(s\) differ only in their breaks, first {agent} on {day.date()}"):
        found = read_edited_roster(edited, roster)
    assert found.changes["change"].tolist() == ["breaks"]
    assert found.locks.empty


def test_an_unknown_shift_type_is_refused(roster, shifts):
    agent, day = some(shifts)
    mine = (roster["agent"] == agent) & (roster["start"].dt.normalize() == day)
    with pytest.raises(
        DataError, match=rf"roster.shift must be a shift type \('full', 'short'\).*\n{agent} on .*'dawn'"
    ):
        read_edited_roster(roster.assign(shift=roster["shift"].where(~mine, "dawn")), roster)


def test_whatever_people_are_called_their_cells_are_found_again(plan, tmp_path, shifts):
    agent, day = some(shifts)
    names = {
        agent: "زهرا می\u200cخواهد ۱",
        "A07": "=1+1",
        "A08": "Ali\x00Reza\u202e",
        "A09": "x" * 9_000,
        "A10": "A  B",
    }
    table = plan.roster.table
    table = table.assign(agent=table["agent"].replace(names), queue=table["queue"].replace("voice", "صف ۱"))
    table = table.sort_values(["agent", "start"]).reset_index(drop=True)
    path = replace(plan, roster=replace(plan.roster, table=table)).to_excel(tmp_path / "odd.xlsx")
    assert read_edited_roster(path, table).locks.empty
    book = load_workbook(path)
    sheet = book["Roster"]
    row = next(row for row in range(FIRST, sheet.max_row + 1) if str(sheet.cell(row, 1).value).startswith("زهرا"))
    column = next(c for c in range(3, sheet.max_column + 1) if sheet.cell(HEAD + 1, c).value == day)
    sheet.cell(row, column).value = "12:00-16:00 صف 1"
    book.save(path)
    assert read_edited_roster(path, table).locks[["agent", "type", "queue"]].to_numpy().tolist() == [
        [names[agent], "short", "صف ۱"]
    ]


def test_a_workbook_with_pseudonyms_is_refused(plan, roster, tmp_path):
    path = plan.to_excel(tmp_path / "hashed.xlsx", names="hash")
    with pytest.raises(DataError, match=r"no row for 'A00', .* a workbook with pseudonyms cannot be read back"):
        read_edited_roster(path, roster)


@pytest.fixture
def centre_rules(centre):
    week = read_week(centre / "week.yaml")
    people = read_inputs(week, {}).people
    return people, week.rules, week.shift_types, {name: queue.hours for name, queue in week.queues.items()}


def test_the_published_roster_breaks_no_hard_rule(roster, centre_rules):
    found = broken_rules(roster, *centre_rules)
    assert found[found["hard"].astype(bool)].empty


def _starting(roster, *hours):
    """The cells whose shift starts at one of these hours: edited to it they would not change."""
    first = roster[roster["shift"].notna()].groupby(["agent", roster["start"].dt.normalize()])["start"].min()
    return {key for key, start in first.items() if start.hour in hours}


def test_every_rule_that_the_edit_breaks_is_named(roster, workbook, shifts, centre_rules):
    agent, day = next(
        key
        for key in shifts
        if key[0] not in ("A00", "A01", "A04", "A05")
        and (key[0], key[1] + pd.Timedelta(days=1)) in shifts
        and not {key, (key[0], key[1] + pd.Timedelta(days=1))} & _starting(roster, 14, 7)
    )
    after = day + pd.Timedelta(days=1)
    edit(
        workbook,
        {
            (agent, day): "14:00-23:00 voice",
            (agent, after): "07:00-16:00 voice",
            ("A00", pd.Timestamp("2026-11-21")): "10:00-19:00 voice",
            ("A05", pd.Timestamp("2026-11-22")): "09:30-18:30",
        },
    )
    edited = read_edited_roster(workbook, roster)
    found = broken_rules(edited, *centre_rules, published=roster)
    named = set(zip(found["rule"], found["agent"], strict=True))
    assert ("min_rest", agent) in named
    assert ("start_band", agent) in named
    assert ("not_while_absent", "A00") in named  # on leave
    assert ("locks_kept", "A05") in named  # locked to a free day
    hard = found[found["hard"].astype(bool)]
    assert not hard["before"].any()
    assert len(edited.locks) == 4  # nothing was undone
    assert "structure" not in set(found["rule"])  # breaks were put where they may lie


def test_what_was_broken_before_is_marked(roster, centre_rules):
    short = roster[~(roster["agent"] == "A06")]
    found = broken_rules(short, *centre_rules, published=short)
    assert set(found.query("agent == 'A06'")["rule"]) >= {"hours_per_week"}
    assert found["before"].all()


def test_the_next_roster_keeps_the_locks(plan, roster, workbook, shifts, centre_rules):
    people, rules, shift_types, hours = centre_rules
    agent, day = some(shifts)
    free = next(day for day in pd.date_range("2026-11-21", periods=7) if (agent, day) not in shifts)
    start = shifts[agent, day][0]
    edit(workbook, {(agent, day): None, (agent, free): f"{start:%H:%M}-{start + pd.Timedelta(hours=9):%H:%M} voice"})
    locks = read_edited_roster(workbook, roster).locks
    locked = replace(people, locks=pd.concat([people.locks, locks], ignore_index=True))
    again = build_roster(
        plan.requirement,
        locked,
        rules,
        shift_types=shift_types,
        hours=hours,
        start=plan.start,
        time_limit=1,
        seed=1,
        start_from=roster,
    ).table
    first = again.query("activity == 'work'").groupby(["agent", again["start"].dt.normalize()])["start"].min()
    assert first[agent, free] == free + (start - start.normalize())
    assert (agent, day) not in first.index
