"""The week's file of the README and the design, planned with a short search; every number of its ten lines from its tables."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import wfm
from planned_centre import briefly
from small_centre import DESIGN_WEEK, write_centre
from wfm.cli import main


@pytest.fixture(scope="module")
def planned(small_centre_planned, tmp_path_factory):
    folder = tmp_path_factory.mktemp("design") / "centre"
    return small_centre_planned.plan, shutil.copytree(small_centre_planned.folder, folder)


def width(table):
    return (table["end"] - table["start"]).dt.total_seconds() / 3600


def line(plan, number):
    return next(text for text in plan.lines if text.startswith(f"{number} "))


def shown(text, pattern):
    found = re.search(pattern, text)
    assert found, f"{pattern!r} is not in {text!r}"
    return float(found[1].replace(",", ""))


def test_there_are_a_header_and_ten_lines(planned):
    plan, _ = planned
    assert [text.split(" ")[0] for text in plan.lines[1:]] == [str(k) for k in range(1, 11)]
    assert plan.lines[0].startswith(
        "Blue bank - Sat 30 Aban - Fri 6 Azar 1405 (21-27 Nov 2026) - DRAFT 1 - 26 people, aim 80%"
    )


def test_comes_is_the_sum_of_the_forecast_and_its_range_that_of_the_paths(planned):
    plan, _ = planned
    text = line(plan, 1)
    assert shown(text, r"COMES +([\d,]+) live") == round(plan.forecast["offered"].sum())
    sums = plan.paths.groupby("path")["rate"].sum()
    low, high = (shown(text, rf"range {p}\)") for p in (r"([\d,]+)-[\d,]+", r"[\d,]+-([\d,]+)"))
    assert low == pytest.approx(sums.quantile(0.1), rel=0.02)
    assert high == pytest.approx(sums.quantile(0.9), rel=0.02)


def test_work_is_volume_times_handle_time(planned):
    plan, _ = planned
    hours = (plan.forecast["offered"] * plan.forecast["aht"]).sum() / 3600
    assert shown(line(plan, 2), r"WORK +([\d,]+) h") == round(hours)
    assert shown(line(plan, 2), r"(\d+) needed on contacts") == plan.requirement["agents"].max()


def test_need_is_the_agents_of_the_requirement_and_each_confidence_has_its_price(planned):
    plan, _ = planned
    hours = (plan.requirement["agents"] * width(plan.requirement)).sum()
    assert shown(line(plan, 3), r"NEED +([\d,]+) h") == round(hours)
    price = plan.prices.set_index(plan.prices["confidence"].fillna(0))["agent_hours"]
    assert price[0.8] == pytest.approx(hours)
    assert shown(line(plan, 3), r"Mean forecast only: ([\d,]+) h") == round(price[0])
    assert shown(line(plan, 3), r"at 90% confidence: ([\d,]+) h") == round(price[0.9])


def test_have_adds_up_from_the_rows_of_the_roster(planned):
    plan, _ = planned
    rows = plan.roster.table
    hours, paid = width(rows), rows["paid"].astype(bool)
    total = hours[paid].sum()
    placed = hours[paid & rows["activity"].isin(["leave", "training", "meeting"])].sum()
    rest = hours[paid & rows["activity"].isin(["break", "meal"])].sum()
    absent = 0.06 * hours[rows["activity"] == "work"].sum()
    text = line(plan, 4)
    assert [
        shown(text, p) for p in (r"HAVE +([\d,]+) paid", r"training ([\d,]+)", r"breaks ([\d,]+)", r"absence ([\d,]+)")
    ] == [round(x) for x in (total, placed, rest, absent)]
    have = total - placed - rest - absent
    assert shown(text, r"= ([\d,]+) h") == round(have)
    need = (plan.requirement["agents"] * width(plan.requirement)).sum()
    assert shown(text, r"(?:SHORT|spare) ([\d,]+) h") == pytest.approx(abs(have - need), abs=0.5)


def test_promise_is_that_of_the_promise_table(planned):
    plan, _ = planned
    week = plan.promise.query("scope == 'week'").iloc[0]
    days = plan.promise.query("scope == 'day'")
    text = line(plan, 5)
    assert shown(text, r"60 s: (\d+)%") == round(week.service_level * 100)
    assert shown(text, r"(\d+)% chance") == round(days["probability"].min() * 100)
    assert ("NOT KEPT" in text) == (not days["kept"].all())
    weighted = np.average(days["service_level"], weights=days["offered"])
    assert weighted == pytest.approx(week.service_level, abs=1e-6)


def test_feels_is_that_of_coverage_and_promise(planned):
    plan, _ = planned
    cover, week = plan.coverage, plan.promise.query("scope == 'week'").iloc[0]
    text = line(plan, 6)
    assert shown(text, r"abandoned ([\d.]+)%") == pytest.approx(week.abandon_rate * 100, abs=0.051)
    answered = cover["offered"] * (1 - cover["abandon_rate"])
    known = cover["asa"].notna() & (answered > 0)
    assert shown(text, r"mean wait (\d+) s") == round(np.average(cover["asa"][known], weights=answered[known]))
    busy = cover["expected"] * width(cover)
    assert shown(text, r"occupancy (\d+)%") == round(100 * np.average(cover["occupancy"], weights=busy))


def test_roster_counts_rules_wishes_and_changes(planned):
    plan, _ = planned
    text = line(plan, 9)
    assert "0 hard rules broken" in text
    assert shown(text, r"of wishes \((\d+) of") == plan.roster.wishes["granted"].sum()
    work = plan.roster.table.query("activity == 'work'")
    cells = work.groupby(["agent", work["start"].dt.normalize()])["start"].min()
    assert shown(text, r"(\d+) cells differ") >= len(cells)  # last week's roster held one shift only


def test_trust_names_what_was_fitted_and_counts_warnings(planned):
    plan, _ = planned
    text = line(plan, 10)
    trust = plan.trust.set_index("name")["value"]
    assert shown(text, r"day error ([\d.]+)%") == pytest.approx(trust["day_error"] * 100, abs=0.051)
    assert shown(text, r"atience of voice (\d+) s fitted") == round(plan.queues["voice"].patience)
    assert 150 < plan.queues["voice"].patience < 260  # truth: 200 s
    assert shown(text, r"(\d+) warning") == len(plan.warnings)


def test_what_the_file_orders_is_done(planned):
    plan, _ = planned
    work = plan.roster.table.query("activity == 'work'")
    first = work.groupby(["agent", work["start"].dt.normalize()])["start"].min()
    assert first["A04", pd.Timestamp("2026-11-21")] == pd.Timestamp("2026-11-21 07:00")  # a locked shift
    assert ("A05", pd.Timestamp("2026-11-22")) not in first.index  # a locked day off
    assert not {("A00", pd.Timestamp("2026-11-21")), ("A00", pd.Timestamp("2026-11-22"))} & set(first.index)  # leave
    sunday = plan.forecast[plan.forecast["start"].dt.normalize() == "2026-11-22"]
    assert sunday["offered"].to_numpy() == pytest.approx(1.10 * sunday["offered_machine"].to_numpy())  # adjusted
    busiest = plan.forecast.groupby(plan.forecast["start"].dt.normalize())["offered"].sum()
    assert busiest["2026-11-25"] > busiest["2026-11-23"] * 1.02  # the launch on the 24th
    opened = plan.requirement.groupby(plan.requirement["start"].dt.normalize())["start"].agg(["min", "max"])
    assert opened.loc["2026-11-27", "min"].hour == 8
    assert opened.loc["2026-11-21", "max"] == pd.Timestamp("2026-11-21 22:30")
    late = plan.requirement[plan.requirement["start"].dt.hour == 22]
    assert (late["agents"] >= 2).all()
    assert (late["minimum"] == 2).all()


def test_the_independent_checker_passes_the_roster(planned):
    from wfm.plan.inputs import read_inputs
    from wfm.schedule import check_roster, rules_of
    from wfm.settings import read_week

    plan, folder = planned
    week = read_week(folder / "week.yaml")
    people = read_inputs(week, {}).people
    found = check_roster(
        plan.roster.table,
        people,
        rules_of(week.contracts),
        week.shift_types,
        hours={name: queue.hours for name, queue in week.queues.items()},
    )
    assert found[found["hard"]].empty if "hard" in found else found.empty


def test_cost_counts_premiums(planned):
    plan, _ = planned
    rows = plan.roster.table[plan.roster.table["paid"].astype(bool)]
    night = sum(max(0.0, (row.end - row.start.normalize()).total_seconds() / 3600 - 22) for row in rows.itertuples())
    assert plan.figures["cost"] == pytest.approx(width(rows).sum() + 0.35 * night, rel=1e-6)


@pytest.mark.slow
def test_the_plan_is_the_same_the_second_time(tmp_path):
    week = write_centre(tmp_path, briefly(DESIGN_WEEK, seconds=90))  # no clock ends this search
    first, second = (
        {path.name: path.read_bytes() for path in wfm.plan_week(week).to_csv(tmp_path / turn)} for turn in "ab"
    )
    assert first == second


def test_the_command_writes_every_table_and_says_whether_the_promise_is_kept(planned):
    plan, folder = planned
    done = CliRunner().invoke(main, ["plan", str(folder / "week.yaml"), "--json"])
    record = json.loads(done.stdout)
    assert done.exit_code == (0 if record["kept"] else 1)
    assert record["figures"]["need_hours"] == plan.figures["need_hours"]
    assert record["lines"][:4] == list(plan.lines[:4])  # a short search need not find the same roster twice
    written = {path.stem for path in (folder / "out" / "tables").iterdir()}
    assert {"forecast", "requirement", "schedule", "roster", "coverage", "promise", "trust"} <= written
    back = pd.read_csv(folder / "out" / "tables" / "requirement.csv", parse_dates=["start", "end"])
    assert back["agents"].tolist() == plan.requirement["agents"].tolist()
    roster = pd.read_csv(folder / "out" / "tables" / "roster.csv", parse_dates=["start", "end"])
    paid = width(roster)[roster["paid"]].sum()
    assert shown(record["lines"][4], r"HAVE +([\d,]+) paid") == round(paid)


@pytest.mark.slow  # the weekly script is short of people in the fast suite
def test_too_few_people_is_a_plan_with_its_shortage_and_ways_out(tmp_path):
    path = write_centre(tmp_path, briefly(DESIGN_WEEK, seconds=0.5), people=12)
    done = CliRunner().invoke(main, ["plan", str(path)])
    assert done.exit_code == 1
    assert "SHORT" in done.stdout
    assert "NOT KEPT" in done.stdout
    assert re.search(r"8 WAYS OUT .*more people -> ", done.stdout)
    assert (tmp_path / "out" / "tables" / "ways_out.csv").exists()


def test_bad_input_writes_nothing(tmp_path):
    path = write_centre(tmp_path)
    (tmp_path / "agents.csv").write_text("agent,contract,skills\nA00,fulltime,voice\n")
    (tmp_path / "wishes.csv").write_text("agent,start,end,kind\nA00,2026-11-26,2026-11-25,off\n")
    done = CliRunner().invoke(main, ["plan", str(path)])
    assert done.exit_code == 2
    assert not done.stdout
    assert not (tmp_path / "out").exists()
