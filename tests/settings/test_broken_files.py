"""Broken week files: each gives one clear error with its place, and leaves nothing behind."""

import pytest

import wfm
from changed_week import changed_week
from wfm.settings import read_week
from wfm.settings.yaml_file import parse

GOOD = """\
name: Blue bank
timezone: Asia/Tehran
interval: 30min
week_start: sat
calendar: {months: solar-hijri, weekend: [thu, fri]}
queues:
  voice:
    volume: 1200/week
    hours: {sat-wed: "07:00-23:00", thu-fri: "08:00-20:00"}
    target: {share: 0.80, within: 60s, confidence: 0.80}
    aht: 240s
    patience: 180s
    shrinkage: {unplanned: 0.06}
shifts:
  full: {length: 8h, starts: "08:00-12:00/30min", breaks: [{name: meal, length: 30min, paid: false, between: [3h, 4h]}]}
plan: {start: 2026-11-21, history_until: 2026-11-07}
"""

# (what is replaced, by what, file:line:column of the error, words that it holds)
BROKEN = [
    (
        "share: 0.80",
        "share: 80",
        "week.yaml:10:21",
        r"queues.voice.target.share must be a fraction in \(0, 1\), got 80. Did you mean 0.80",
    ),
    ("within: 60s", "within: 22:30", "week.yaml:10:35", "queues.voice.target.within must be a duration .* got '22:30'"),
    ("within: 60s", "wihtin: 60s", "week.yaml:10:35", "wihtin is no known key. Did you mean 'within'"),
    ("Asia/Tehran", "Asia/Teheran", "week.yaml:2:11", "timezone must be a name .* Did you mean 'Asia/Tehran'"),
    ("length: 8h", "length: 25h", "week.yaml:15:", "at most 24 h, got 25 h"),
    ("paid: false", "paid: NO", "week.yaml:15:", "shifts.full.breaks.0.paid must be true or false, got 'NO'"),
    ("2026-11-21", "2026-13-45", "week.yaml:16:15", "plan.start must be a date .* got '2026-13-45'"),
    ("2026-11-21", "1405-12-30", "week.yaml:16:15", "Solar Hijri calendar .* got '1405-12-30'"),
    ("2026-11-07", "2026-12-07", "week.yaml:16:42", "plan.history_until must lie before plan.start"),
    ("aht: 240s", "aht: four minutes", "week.yaml:11:10", "queues.voice.aht must be a duration"),
    ("unplanned: 0.06", "unplanned: 6", "week.yaml:13:28", "must be a fraction .* Did you mean 0.06"),
    (
        "unplanned: 0.06",
        "unplanned: 0.06, meal: 0.05",
        "week.yaml:",
        "meal is given as a share and placed in the shifts' breaks",
    ),
    ("solar-hijri", "persian", "week.yaml:5:20", "calendar.months"),
    ("name: Blue bank", "name: Blue bank\nname: Red bank", "week.yaml:2:1", "key 'name' stands twice, first in line 1"),
    ("name: Blue bank", "name: &a Blue bank", "week.yaml:1:7", "anchors .* are not allowed"),
    ("name: Blue bank", "name: !!python/name:os.system x", "week.yaml:1:7", "tags such as .* are not allowed"),
    ("name: Blue bank", "name: [Blue", "week.yaml:", "cannot be read as YAML"),
    ("07:00-23:00", "07:00 to 23:00", "week.yaml:9:12", "must be a span"),
    ("sat-wed", "samedi", "week.yaml:9:12", "must be one of 'mon'"),
    ("volume: 1200/week", "history: no_such.csv", "week.yaml:8:14", "there is no file 'no_such.csv'"),
    ("volume: 1200/week", "volume: 1200/week\n    like: voice", "week.yaml:8:5", "takes one of history"),
    ("between: [3h, 4h]", "between: [4h, 3h]", "week.yaml:15:", "latest start after its earliest"),
    ("between: [3h, 4h]", "between: [8h, 8h]", "week.yaml:15:", "must end inside the shift"),
    ("plan: {", "weeks: 2\nplan: {", "week.yaml:16:8", "weeks is no known key"),
    ("interval: 30min", "interval: 0", "week.yaml:3:11", "interval must be a duration > 0"),
    ("interval: 30min", "interval: 7min", "week.yaml:3:11", "interval must divide the day .* 7 min. Take 15min, 30min"),
    (
        "interval: 30min",
        "interval: 30",
        "week.yaml:3:11",
        "interval must divide the day and be at least 60 s, got 30 s",
    ),
    ("confidence: 0.80", "confidence: 1", "week.yaml:10:", r"confidence must be a fraction in \(0, 1\)"),
    (
        "{months: solar-hijri,",
        "{recurring: {wages: {day: 25, mvoed: before}}, months: solar-hijri,",
        "week.yaml:5:",
        "recurring.wages.mvoed is no known key. Did you mean 'moved'",
    ),
]


@pytest.mark.parametrize(("old", "new", "place", "words"), BROKEN, ids=[f"{b[1][:40]}" for b in BROKEN])
def test_a_broken_file_names_its_place_and_what_is_allowed(tmp_path, old, new, place, words):
    with pytest.raises(wfm.SettingError, match=words) as caught:
        changed_week(GOOD, tmp_path, old, new)
    assert any(line.startswith(place) for line in str(caught.value).splitlines())
    assert [file.name for file in tmp_path.iterdir()] == ["week.yaml"]


def test_all_problems_are_listed_at_once(tmp_path):
    path = tmp_path / "week.yaml"
    path.write_text(
        GOOD.replace("0.80, within", "80, within").replace("240s", "soon").replace("paid: false", "paid: NO")
    )
    with pytest.raises(wfm.SettingError, match="share") as caught:
        read_week(path)
    assert len(str(caught.value).splitlines()) == 3
    assert len(caught.value.problems) == 3


def test_an_alias_bomb_is_refused_before_it_is_built():
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{k}: &a{k} [{','.join([f'*a{k - 1}'] * 9)}]\n" for k in range(1, 10)
    )
    with pytest.raises(wfm.SettingError, match="anchors"):
        parse(bomb)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 3000,
        "{a: " * 200,
        "a: " + "9" * 5000 + "\nb: 2",
        "- !!timestamp ''",
        "a: *x",
        "a: 1\n--- \nb: 2",
        "? [a]\n: b",
        "a: \x00",
        "\ta: 1",
        "a: 'open",
        "%YAML 9.9\n---\na: 1",
    ],
)
def test_hostile_yaml_is_refused_or_read_as_text(text):
    try:
        data = parse(text).data
    except wfm.SettingError as error:
        assert "week.yaml" in str(error)
    else:
        assert data["a"] == "9" * 5000


def test_yaml_is_read_as_people_mean_it():
    data = parse('a: 22:30\nb: NO\nc: 1e3\nd: "7"\ne: 08:30\nf: on\ng: 0o7\nh: true\ni: ~\nj: 2026-11-21').data
    assert data == {
        "a": "22:30",
        "b": "NO",
        "c": 1000.0,
        "d": "7",
        "e": "08:30",
        "f": "on",
        "g": "0o7",
        "h": True,
        "i": None,
        "j": "2026-11-21",
    }


def test_the_same_spec_as_a_dict_is_read_the_same(tmp_path):
    path = tmp_path / "week.yaml"
    path.write_text(GOOD)
    from_file, from_dict = read_week(path), read_week(parse(GOOD).data)
    assert from_file.queues == from_dict.queues
    assert from_file.shift_types == from_dict.shift_types
    assert (from_file.start, from_file.days) == (from_dict.start, from_dict.days)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "week.yaml"
    path.write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(wfm.SettingError, match="UTF-8"):
        read_week(path)
    with pytest.raises(wfm.SettingError, match="cannot read the week's file"):
        read_week(tmp_path / "none.yaml")


def test_an_empty_file_lacks_queues_and_plan(tmp_path):
    path = tmp_path / "week.yaml"
    path.write_text("")
    with pytest.raises(wfm.SettingError, match="queues is missing") as caught:
        read_week(path)
    assert "plan is missing" in str(caught.value)


def test_every_key_has_a_json_schema():
    from wfm.settings.spec import json_schema

    schema = json_schema()
    assert {"queues", "shifts", "plan"} <= set(schema["properties"])
    assert "//name" not in str(schema)


def test_solar_hijri_dates_are_read_wherever_a_date_stands(tmp_path):
    path = tmp_path / "week.yaml"
    path.write_text(
        GOOD.replace("2026-11-21", "1405/08/30")
        .replace("2026-11-07", "۱۴۰۵/۰۸/۱۶")
        .replace(
            "weekend: [thu, fri]",
            "weekend: [thu, fri], closed: [1405-09-02], seasons: {ramadan: [[1405-11-20, 1405-12-18]]}",
        )
        + "events: [{kind: launch, name: Card 2, start: 1405-09-03 10:00, end: 1405-09-05, volume: 1.2}]\n",
        encoding="utf-8",
    )
    week = read_week(path)
    assert str(week.start.date()) == "2026-11-21"
    assert str(week.history_until.date()) == "2026-11-07"
    assert str(week.calendar.closed[0].date()) == "2026-11-23"
    assert str(week.calendar.seasons["ramadan"][0][0].date()) == "2027-02-09"
    assert (str(week.events[0].start), str(week.events[0].end)) == ("2026-11-24 10:00:00", "2026-11-26 00:00:00")


def test_a_solar_hijri_event_in_a_gregorian_plan_is_refused():
    with pytest.raises(wfm.SettingError, match="must be a date and time such as 2026-11-24 10:00"):
        wfm.Event(kind="launch", name="x", start="1405-09-03 10:00")


def test_recurring_days_seasons_and_regressors_are_read_from_the_file_and_its_tables(tmp_path):
    (tmp_path / "school.csv").write_text(
        "name,start,last day\nsummer,2026-07-01,2026-08-14\nsummer,2025-07-02,2025-08-15\n"
    )
    (tmp_path / "weather.csv").write_text("date,queue,rain\n2026-11-21,,2.5\n2026-11-22,,\n2026-11-23,,0\n")
    path = tmp_path / "week.yaml"
    calendar = "weekend: [thu, fri], seasons: school.csv, recurring: {wages: {day: last, moved: before}, rent: 1, bills: [2026-11-09]}"
    path.write_text(GOOD.replace("weekend: [thu, fri]", calendar) + "regressors: weather.csv\n", encoding="utf-8")
    week = read_week(path)
    assert [str(day.date()) for day in week.calendar.seasons["summer"][0]] == ["2025-07-02", "2025-08-15"]
    assert week.calendar.recurring["wages"].moved == "before"
    assert week.calendar.recurring["rent"].day == 1
    assert str(week.calendar.recurring["bills"][0].date()) == "2026-11-09"
    assert [one.name for one in week.regressors] == ["rain"]
    assert week.regressors[0].values.tolist() == [2.5, 0.0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("recurring: {wages: {day: 40}}", r"day must be a whole number 1-31 or 'last', got 40"),
        ("recurring: {wages: {day: 4, moved: up}}", r"calendar\.recurring\.wages.*moved"),
        ("recurring: {wages: [soon]}", r"calendar\.recurring\.wages.*must be a date such as"),
        ("recurring: {wages: never}", r"calendar\.recurring\.wages.*whole|integer"),
        ("seasons: nowhere.csv", r"nowhere\.csv"),
    ],
)
def test_a_recurring_day_or_season_that_cannot_be_is_named_with_its_place(tmp_path, text, says):
    path = tmp_path / "week.yaml"
    path.write_text(GOOD.replace("weekend: [thu, fri]", f"weekend: [thu, fri], {text}"), encoding="utf-8")
    with pytest.raises(wfm.SettingError, match=says):
        read_week(path)


def test_regressors_of_a_queue_that_nobody_knows_are_refused(tmp_path):
    (tmp_path / "weather.csv").write_text("date,queue,rain\n2026-11-21,voise,2.5\n")
    path = tmp_path / "week.yaml"
    path.write_text(GOOD + "regressors: weather.csv\n", encoding="utf-8")
    with pytest.raises(wfm.SettingError, match=r"regressors names the unknown queue 'voise'; known are .*Did you mean"):
        read_week(path)


CHAT = """
  chat:
    history: chat.csv
    target: {share: 0.80, within: 60s}
"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "streams: {live: [voice, chta]}",
            r"streams\.live names the unknown queue 'chta'; known .*Did you mean 'chat'",
        ),
        ("groups: {live: [voice, chat]}", r"groups\.live names queue 'voice', which has no history .* leave it out"),
        ("streams: {live: [chat]}", r"stream 'live' must name at least two queues"),
    ],
)
def test_a_stream_or_group_that_cannot_be_is_named_with_its_place(tmp_path, text, says):
    (tmp_path / "chat.csv").write_text("start,offered\n2026-11-07 10:00,5\n")
    path = tmp_path / "week.yaml"
    path.write_text(GOOD.replace("shifts:\n", CHAT.lstrip("\n") + text + "\nshifts:\n"), encoding="utf-8")
    with pytest.raises(wfm.SettingError, match=r"week\.yaml:17:.*" + says):
        read_week(path)
