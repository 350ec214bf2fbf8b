"""The command, from files to files."""

import json

import pandas as pd
import pytest
from click.testing import CliRunner

from small_centre import history, write_centre
from wfm.cli import main


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "calls.csv"
    history(weeks=12).to_csv(path, index=False)
    return path


def test_from_history_to_forecast_to_staff(calls, tmp_path):
    done = run(
        "forecast", calls, "--days", 7, "--months", "solar-hijri", "--weekend", "thu,fri", "--out", tmp_path / "f.csv"
    )
    assert done.exit_code == 0, done.output
    forecast = pd.read_csv(tmp_path / "f.csv", parse_dates=["start"])
    assert forecast["start"].min() >= pd.Timestamp("2026-11-08")
    assert (forecast["offered_q0.1"] <= forecast["offered_q0.9"]).all()
    done = run("staff", tmp_path / "f.csv", "--patience", "200s", "--max-abandon", 0.05)
    assert done.exit_code == 0, done.output
    header, first, *_ = done.stdout.splitlines()
    assert {"agents", "rostered", "service_level"} <= set(header.split(","))
    assert first.startswith("all,2026-11-08")


def test_backtest_measures_beside_the_best_possible(calls):
    done = run("backtest", calls, "--origins", 2, "--horizon", 7)
    assert done.exit_code == 0, done.output
    assert {"wape", "noise_floor", "cover80"} <= set(done.stdout.splitlines()[0].split(","))


def test_the_schema_is_json():
    assert json.loads(run("schema").stdout)["title"] == "WeekSpec"


def test_check_lists_what_was_read_and_hours_that_no_shift_reaches(tmp_path):
    path = write_centre(tmp_path)
    path.write_text(
        path.read_text()
        .replace('starts: "07:00-19:00/30min"', 'starts: "09:00-10:00/30min"')
        .replace('"07:00-14:00/30min"', '"09:00-12:00/30min"')
    )
    done = run("check", path)
    assert done.exit_code == 0, done.output
    assert "history of voice" in done.stdout
    assert "no shift of any contract covers" in done.stdout
    assert "first 2026-11-21 07:00" in done.stdout
    path.write_text(path.read_text().replace("09:00-10:00/30min", "23:00").replace("09:00-12:00/30min", "23:00"))
    done = run("check", path)
    assert "no shift of any contract covers any of its 208 interval(s): correct the starts" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["plan", "nothing.yaml"], "cannot read the week's file"),
        (["forecast", "nothing.csv"], "nothing.csv"),
        (["staff", "nothing.csv"], "nothing.csv"),
    ],
)
def test_a_file_that_is_not_there_is_named(words, message):
    done = run(*words)
    assert done.exit_code == 2
    assert message in done.stderr
    assert "Traceback" not in done.output


def test_a_wrong_option_is_explained(calls):
    assert "did you mean" in run("forcast", calls).stderr.lower() or run("forcast", calls).exit_code == 2
    done = run("staff", calls, "--share", 80)
    assert done.exit_code == 2
    assert "Did you mean 0.80?" in done.stderr


def test_from_a_history_file_alone_to_a_published_and_reviewed_plan(tmp_path):
    """init -> plan -> publish -> review: the first week of a planner."""
    past, came = history(weeks=12), history(weeks=14)
    past.to_csv(tmp_path / "calls.csv", index=False)
    assert run("init", tmp_path / "calls.csv", "--out", tmp_path / "week.yaml").exit_code == 0
    again = run("init", tmp_path / "calls.csv", "--out", tmp_path / "week.yaml")
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)
    drafted = (tmp_path / "week.yaml").read_text(encoding="utf-8")
    assert "  time_limit: 30" in drafted
    brief = drafted.replace("  time_limit: 30", "  paths: 40\n  time_limit: 1")
    (tmp_path / "week.yaml").write_text(brief, encoding="utf-8")
    planned = run("plan", tmp_path / "week.yaml")
    assert planned.exit_code in (0, 1), planned.output
    published = run("publish", tmp_path / "out", "--by", "Ada", "--note", "first")
    assert "version 1" in published.stdout, published.output
    assert "published before" in run("publish", tmp_path / "out").stdout
    later = came.assign(Time=came["Time"] + pd.Timedelta(weeks=2))
    later.to_csv(tmp_path / "came.csv", index=False)
    reviewed = run("review", tmp_path / "out", tmp_path / "came.csv", "--out", tmp_path / "review")
    assert reviewed.exit_code == 0, reviewed.output
    assert 3 <= len(reviewed.stdout.splitlines()) <= 12
    named = run("review", tmp_path / "out", f"voice={tmp_path / 'came.csv'}")
    assert named.stdout == reviewed.stdout
    unknown = run("review", tmp_path / "out", f"chat={tmp_path / 'came.csv'}")
    assert (unknown.exit_code, "unknown queue 'chat'; the plan has 'voice'" in unknown.stderr) == (2, True)
    split = pd.read_csv(tmp_path / "review" / "split.csv")
    assert {"volume", "aht", "attendance", "shape", "chance"} & set(split.columns) or "part" in split.columns


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a.csv", "voice=b.csv"], "each must say whose it is, such as voice=a.csv"),
        (["voice=a.csv", "voice=b.csv"], "queue 'voice' has two files"),
        ([], "Missing argument 'ACTUALS...'"),
    ],
)
def test_actuals_of_several_queues_must_each_say_whose_they_are(tmp_path, words, message):
    done = run("review", tmp_path, *words)
    assert done.exit_code == 2
    assert message in done.stderr


@pytest.fixture
def ambiguous(tmp_path):
    """Twelve days of each month, so that nothing tells the day from the month; one number in Persian digits."""
    table = history(weeks=12)
    table = table[table["Time"].dt.day <= 12]
    calls = ["۷", *table["Calls offered"].astype(str)[1:]]
    pd.DataFrame({"Time": table["Time"].dt.strftime("%d/%m/%Y %H:%M"), "Calls": calls}).to_csv(
        tmp_path / "calls.csv", index=False
    )
    return tmp_path


def test_init_is_told_the_order_of_dates_lists_its_guesses_and_writes_every_changed_row(ambiguous):
    words = ("init", ambiguous / "calls.csv", "--out", ambiguous / "week.yaml")
    refused = run(*words)
    assert (refused.exit_code, "--dates dmy" in refused.stderr) == (2, True)
    done = run(*words, "--dates", "dmy", "--reading", ambiguous / "rows.csv")
    assert done.exit_code == 0, done.output
    assert "    dates: dmy " in (ambiguous / "week.yaml").read_text(encoding="utf-8")
    assert "guessed patience: 300s (mean time until a caller hangs up" in done.stdout
    rows = pd.read_csv(ambiguous / "rows.csv")
    assert rows[rows["why"] == "Persian or Arabic digits"][["row", "value", "read"]].astype(
        str
    ).to_numpy().tolist() == [["2", "۷", "7"]]
    assert (rows["why"] == "day first").sum() == rows["row"].nunique()


def test_init_names_the_options_that_a_file_needs(tmp_path):
    (tmp_path / "calls.csv").write_text("When,Anrufe in\n2026-11-21 08:00,3\n2026-11-21 08:30,4\n")
    done = run("init", tmp_path / "calls.csv", "--out", tmp_path / "week.yaml")
    assert done.exit_code == 2
    assert 'As options: --column "Theirs=ours".' in done.stderr


def test_check_writes_every_row_of_a_history_that_was_not_read_as_it_stands(tmp_path):
    path = write_centre(tmp_path)
    lines = (tmp_path / "calls.csv").read_text().splitlines()
    (tmp_path / "calls.csv").write_text("\n".join([*lines, "Total,99"]) + "\n")
    done = run("check", path, "--reading", tmp_path / "rows.csv")
    assert done.exit_code == 0, done.output
    assert "repaired: total rows left out (1 rows, first: row" in done.stdout
    rows = pd.read_csv(tmp_path / "rows.csv")
    total = rows[rows["why"] == "total rows left out"].iloc[0]
    assert (total["row"], total["read"], total["queue"]) == (len(lines) + 1, "refused", "voice")


@pytest.mark.slow
def test_an_edited_roster_is_read_back_as_locks_and_its_broken_rules_are_named(tmp_path):
    """plan -> publish -> edit -> locks: the edit stays, and what it breaks is said."""
    path = write_centre(tmp_path)
    assert run("plan", path).exit_code in (0, 1)
    assert run("publish", tmp_path / "out").exit_code == 0
    second = run("plan", path, "--folder", tmp_path / "out")
    assert " - DRAFT 2 - " in second.stdout.splitlines()[0]
    calendar = next((tmp_path / "out" / "calendars").glob("*.ics")).read_text(encoding="utf-8")
    assert "SEQUENCE:2" in calendar
    roster = pd.read_csv(tmp_path / "out" / "tables" / "roster.csv", parse_dates=["start", "end"])
    agent = roster.loc[roster["activity"] == "work", "agent"].iloc[0]
    mine = roster[(roster["agent"] == agent) & (roster["shift"].notna())]
    free = roster[~((roster["agent"] == agent) & (roster["start"].dt.normalize() == mine["start"].iloc[0].normalize()))]
    free.to_csv(tmp_path / "edited.csv", index=False)
    done = run("locks", tmp_path / "out", tmp_path / "edited.csv", "--out", tmp_path / "new_locks.csv")
    assert done.exit_code in (0, 1), done.output
    locks = pd.read_csv(tmp_path / "new_locks.csv")
    assert (agent, "off") in set(zip(locks["agent"], locks["type"], strict=True))
    assert "1 changed cells" in done.stdout
    (tmp_path / "empty.csv").write_text(",".join(roster.columns) + "\n")
    refused = run("locks", tmp_path / "out", tmp_path / "empty.csv", "--out", tmp_path / "none.csv")
    assert refused.exit_code == 2, refused.output
    assert not (tmp_path / "none.csv").exists()


def test_a_format_whose_extra_is_missing_is_refused_before_anything_is_planned(tmp_path, monkeypatch):
    from wfm.cli import planning

    path = write_centre(tmp_path)
    monkeypatch.setattr(planning, "find_spec", lambda package: None)
    done = run("plan", path)
    assert done.exit_code == 2
    assert 'pip install "openwfm[office]"' in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_demo_plans_both_weeks(tmp_path):
    done = run("demo", "--folder", tmp_path / "demo", "--json")
    assert done.exit_code == 0, done.output
    weeks = json.loads(done.stdout)
    assert weeks["ordinary"]["figures"]["kept"]
    short = weeks["month-start"]["figures"]
    assert not short["kept"]
    assert short["short_hours"] > 50
    assert short["hard_rules_broken"] == 0
    ways = weeks["month-start"]["ways_out"]
    assert (
        max(way["service_level"] for way in ways)
        > min(queue["service_level"] for name, queue in short["promise"].items() if name != "tickets") + 0.02
    )
    assert (tmp_path / "demo" / "month-start-plan" / "tables" / "roster.csv").exists()


def test_a_command_that_is_stopped_is_no_plan_that_falls_short(calls, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("wfm.history.read_history", stop)
    done = run("forecast", calls, "--days", 7)
    assert done.exit_code == 130
    assert done.stderr.strip().splitlines()[-1] == "wfm: stopped. Nothing more is written."
