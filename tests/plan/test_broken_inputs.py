"""Broken input of every kind: one clear error with its place on stderr, exit code 2, nothing written."""

import pytest
from click.testing import CliRunner

from planned_centre import WEEK
from small_centre import write_centre
from wfm.cli import main
from wfm.plan.inputs import read_inputs
from wfm.settings import read_week


def in_calls(old, new, line=1):
    """A change to one line of the history file."""

    def change(folder):
        lines = (folder / "calls.csv").read_text().splitlines()
        assert old in lines[line]
        lines[line] = lines[line].replace(old, new, 1)
        (folder / "calls.csv").write_text("\n".join(lines) + "\n")

    return change


def in_week(old, new):
    def change(folder):
        assert old in WEEK
        (folder / "week.yaml").write_text(WEEK.replace(old, new, 1))

    return change


def in_file(name, text):
    return lambda folder: (folder / name).write_text(text, encoding="utf-8")


def doubled_interval(folder):
    lines = (folder / "calls.csv").read_text().splitlines()
    other = lines[5].split(",")
    other[1] = str(float(other[1]) + 7)
    (folder / "calls.csv").write_text("\n".join([*lines[:6], ",".join(other), *lines[6:]]) + "\n")


def begun_lately(folder):
    lines = (folder / "calls.csv").read_text().splitlines()
    (folder / "calls.csv").write_text("\n".join([lines[0], *lines[-9 * 32 :]]) + "\n")


def misspelt_skill(folder):
    agents = folder / "agents.csv"
    agents.write_text(agents.read_text().replace("voice", "vioce", 1))


# (what is broken, how, words of the error, its place)
BROKEN = [
    (
        "a column that the map does not find",
        in_calls("Calls offered", "Offered calls", 0),
        "no column 'offered'.*Did you mean 'Offered calls'",
        "week.yaml:9:14",
    ),
    ("text in numbers", in_calls(",", ",many", 40), "calls.csv.*many.*`faulty: refuse` beside `history`", "row 41"),
    (
        "a queue that has just begun",
        begun_lately,
        r"queues.voice.history: contacts came on \d+ day.* from three weeks. Until then give `volume: 500/week` instead",
        "week.yaml:9:14",
    ),
    (
        "an interval that the day does not hold",
        in_week("interval: 30min", "interval: 7min"),
        "interval must divide the day .* got 7 min. Take 15min, 30min or 1h",
        "week.yaml:3:11",
    ),
    ("negative volumes", in_calls(",", ",-", 7), "calls.csv.*-", "row 8"),
    ("an interval twice", doubled_interval, "calls.csv", "row"),
    ("an impossible date", in_calls("2026-07-19 08", "2026-13-45 08", 3), "2026-13-45", "row 4"),
    ("an empty file", in_file("calls.csv", ""), "calls.csv", "week.yaml:9:14"),
    ("a header without rows", in_file("calls.csv", "Time,Calls offered,AHT\n"), "no rows", "week.yaml:9:14"),
    ("an unknown zone", in_week("Asia/Tehran", "Asia/Persia"), "timezone", "week.yaml:2:11"),
    ("a percentage for a share", in_week("share: 0.80", "share: 80"), "Did you mean 0.80", "week.yaml:12:"),
    ("a shift longer than the day", in_week("{length: 9h", "{length: 25h"), "at most 24 h", "week.yaml:21:"),
    (
        "an agent with an unknown contract",
        in_file("agents.csv", "agent,contract,skills\nA00,fulltime,voice\n"),
        "fulltime.*'ft'",
        "week.yaml:28:",
    ),
    ("an agent with a skill that is no queue", misspelt_skill, "vioce", "week.yaml:28:"),
    (
        "an agent twice",
        in_file("agents.csv", "agent,contract,skills\nA00,ft,voice\nA00,pt,voice\n"),
        "A00",
        "agents.csv",
    ),
    (
        "leave of somebody unknown",
        in_file("absences.csv", "agent,start,end,kind\nZZ9,2026-11-21,2026-11-22,leave\n"),
        "ZZ9",
        "week.yaml:28:",
    ),
    (
        "an absence that ends before it begins",
        in_file("absences.csv", "agent,start,end,kind\nA00,2026-11-23,2026-11-22,leave\n"),
        "after start",
        "absences.csv",
    ),
    (
        "an unknown kind of absence",
        in_file("absences.csv", "agent,start,end,kind\nA00,2026-11-21,2026-11-22,holidays\n"),
        "holidays",
        "absences.csv",
    ),
    (
        "shrinkage both placed and given",
        in_week("{unplanned: 0.06}", "{unplanned: 0.06, leave: 0.10}"),
        "counted twice",
        "week.yaml:15:",
    ),
    (
        "a lock on an unknown shift",
        in_file("locks.csv", "agent,start,type\nA04,2026-11-21 07:00,fulll\n"),
        "locks.type must be 'off' or a shift type, one of .*fulll.*agent=A04",
        "week.yaml:",
    ),
    (
        "an adjustment of an unknown kind",
        in_file("adjustments.csv", "queue,start,end,what,how,value\nvoice,2026-11-22,2026-11-23,volume,multiply,2\n"),
        "volume",
        "adjustments.csv",
    ),
    (
        "an adjustment of an unknown queue",
        in_file("adjustments.csv", "queue,start,end,what,how,value\nfax,2026-11-22,2026-11-23,offered,multiply,2\n"),
        "fax",
        "adjustments.csv",
    ),
    ("a rule that nobody knows", in_week("type: fair_weekends", "type: fair_weekend"), "fair_weekend", "week.yaml:30:"),
    (
        "a holiday file with nonsense",
        in_file("extra_days.csv", "date,name\n1405/19/05,feast\n"),
        "1405/19/05",
        "extra_days.csv",
    ),
    (
        "history that begins after the plan",
        in_week("history_until: 2026-11-07", "history_until: 2020-11-07"),
        "no row until",
        "week.yaml:9:14",
    ),
    ("an alias bomb", in_week("name: Blue bank", "name: &a [x]\nx: *a"), "anchors", "week.yaml:1:7"),
    ("a doubled key", in_week("interval: 30min", "interval: 30min\ninterval: 15min"), "stands twice", "week.yaml:4:1"),
    ("NO for false", in_week("paid: true", "paid: NO"), "must be true or false, got 'NO'", "week.yaml:22:"),
    ("a time where a duration belongs", in_week("within: 60s", "within: 22:30"), "must be a duration", "week.yaml:12:"),
]


@pytest.mark.parametrize(("what", "change", "words", "place"), BROKEN, ids=[row[0] for row in BROKEN])
def test_broken_input_is_one_clear_error_and_leaves_nothing(tmp_path, what, change, words, place):
    import re

    path = write_centre(tmp_path, WEEK)
    change(tmp_path)
    before = sorted(file.name for file in tmp_path.iterdir())
    done = CliRunner().invoke(main, ["plan", str(path)])
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert re.search(words, done.stderr), done.stderr
    assert place in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == before


def test_what_a_message_advises_is_a_key_of_the_week(tmp_path):
    path = write_centre(tmp_path, WEEK)
    in_calls(",", ",many", 40)(tmp_path)
    in_week("    history: calls.csv", "    history: calls.csv\n    faulty: refuse")(tmp_path)
    done = CliRunner().invoke(main, ["check", str(path)])
    assert done.exit_code == 0, done.output
    assert "refused: 'Calls offered' must be a number" in done.output


@pytest.mark.parametrize(
    ("start", "hours", "told"),
    [
        ("2026-10-19", "24x7", "Sun 25 Oct 02:00-03:00 comes twice and is planned once"),
        ("2026-03-23", "24x7", "Sun 29 Mar 02:00-03:00 never comes"),
        ("2026-10-19", {"all": "08:00-20:00"}, ""),
        ("2026-10-26", "24x7", ""),
    ],
)
def test_an_hour_of_the_plan_that_never_comes_or_comes_twice_is_told(start, hours, told):
    voice = {"volume": "300/week", "aht": 240, "patience": 180, "hours": hours}
    voice["target"] = {"share": 0.8, "within": 60}
    week = {"timezone": "Europe/Berlin", "queues": {"voice": voice}, "plan": {"start": start, "paths": 20}}
    found = [text for text in read_inputs(read_week(week), {}).notes if "by the clock of Europe/Berlin" in text]
    assert len(found) == bool(told)
    assert not told or told in found[0]
