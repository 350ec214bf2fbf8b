import re
from dataclasses import replace

import icalendar
import pandas as pd
import pytest

from wfm.errors import SettingError
from wfm.report import Edition, write_calendars
from wfm.report.calendar_files import calendar_bytes
from wfm.report.duties import duties


def events(content):
    """Events by plain reading of RFC 5545: lines unfolded, `NAME;PARAMETER=...:VALUE`."""
    lines = content.decode("utf-8").replace("\r\n ", "").split("\r\n")
    found = []
    for line in lines:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found:
            found[-1][name.split(";")[0]] = value
    return found


def all_events(contents):
    return [event for content in contents.values() for event in events(content)]


def test_every_duty_of_the_roster_is_one_event(plan):
    contents = calendar_bytes(plan, edition=Edition())
    found = duties(plan.roster.table)
    assert len(contents) == plan.roster.table["agent"].nunique()
    told = sorted((event["DTSTART"], event["DTEND"]) for event in all_events(contents))
    assert told == sorted((f"{row.start:%Y%m%dT%H%M%S}", f"{row.end:%Y%m%dT%H%M%S}") for row in found.itertuples())


def test_two_readers_agree_on_what_is_written(plan):
    for content in calendar_bytes(plan, edition=Edition(timezone="Asia/Tehran")).values():
        parsed = icalendar.Calendar.from_ical(content)
        assert str(parsed["METHOD"]) == "PUBLISH"
        starts = [component.decoded("DTSTART").strftime("%Y%m%dT%H%M%SZ") for component in parsed.walk("VEVENT")]
        assert starts == [event["DTSTART"] for event in events(content)]


def test_times_with_a_zone_are_written_in_utc(plan):
    contents = calendar_bytes(plan, edition=Edition(timezone="Asia/Tehran"))
    assert min(event["DTSTART"] for event in all_events(contents)) == "20261121T043000Z"


def test_breaks_are_in_the_description(plan):
    first = events(calendar_bytes(plan, edition=Edition())["Omid.ics"])[0]
    assert "Break 13:00-13:15\\nMeal 15:00-16:00" in first["DESCRIPTION"]
    assert first["SUMMARY"] == "Work: voice"


def test_leave_and_training_are_told(plan):
    summaries = {event["SUMMARY"] for event in all_events(calendar_bytes(plan, edition=Edition()))}
    assert {"Leave", "Training"} <= summaries


def test_a_second_publication_updates_and_never_doubles(plan, previous):
    old = replace(plan, roster=replace(plan.roster, table=previous))
    first = calendar_bytes(old, edition=Edition(version=1))
    second = calendar_bytes(plan, edition=Edition(version=2, previous=previous))
    before = {event["UID"]: event for event in all_events(first)}
    after = {event["UID"]: event for event in all_events(second)}
    assert set(before) <= set(after)
    assert {event["SEQUENCE"] for event in after.values()} == {"2"}
    assert max(event["DTSTAMP"] for event in before.values()) < min(event["DTSTAMP"] for event in after.values())
    assert any(before[uid]["DTSTART"] != after[uid]["DTSTART"] for uid in before)


def test_a_shift_that_is_gone_is_cancelled(plan):
    less = plan.roster.table[plan.roster.table["start"] >= plan.start + pd.Timedelta(days=1)]
    later = replace(plan, roster=replace(plan.roster, table=less.reset_index(drop=True)))
    told = all_events(calendar_bytes(later, edition=Edition(version=2, previous=plan.roster.table)))
    cancelled = [event for event in told if event["STATUS"] == "CANCELLED"]
    first_day = duties(plan.roster.table)
    assert len(cancelled) == int((first_day["day"] == plan.start).sum())
    assert {event["DTSTART"][:8] for event in cancelled} == {"20261121"}


def test_identifiers_are_unique(plan):
    told = [event["UID"] for event in all_events(calendar_bytes(plan, edition=Edition()))]
    assert len(told) == len(set(told))


def test_the_same_plan_gives_the_same_bytes(plan):
    assert calendar_bytes(plan, edition=Edition()) == calendar_bytes(plan, edition=Edition())


def test_file_names_are_safe_and_never_shared(make_plan, tmp_path):
    people = ("../../etc/passwd", "a/b", "a:b", "CON", "con", "..", "x" * 10_000, "علی رضایی")
    paths = write_calendars(make_plan(agents=people), tmp_path)
    assert len({path.name.casefold() for path in paths}) == len(people)
    assert {path.parent for path in tmp_path.rglob("*.ics")} == {tmp_path}
    assert all(re.fullmatch(r"[\w][\w.-]*\.ics", path.name) and len(path.name.encode()) < 120 for path in paths)


@pytest.mark.parametrize("names", ["initials", "hash"])
def test_pseudonyms_hide_every_name(plan, agents, names):
    contents = calendar_bytes(plan, names=names, edition=Edition())
    text = "".join([*contents, *(content.decode() for content in contents.values())])
    assert not [agent for agent in agents if agent in text]


def test_an_unknown_zone_is_refused_before_anything_is_written(plan, tmp_path):
    with pytest.raises(SettingError, match="timezone must be a name such as 'Asia/Tehran'"):
        write_calendars(plan, tmp_path / "out", edition=Edition(timezone="../../etc/passwd"))
    assert not (tmp_path / "out").exists()


def test_without_people_there_is_nothing_to_write(plan, tmp_path):
    assert write_calendars(replace(plan, roster=None), tmp_path) == []


def test_a_plan_s_own_version_zone_and_previous_roster_are_used(plan, previous, tmp_path):
    told = replace(plan, version=4, timezone="Asia/Tehran", previous=previous)
    contents = {path.name: path.read_bytes() for path in write_calendars(told, tmp_path)}
    assert contents == calendar_bytes(plan, edition=Edition(version=4, timezone="Asia/Tehran", previous=previous))


def test_last_week_s_roster_cancels_nothing(plan):
    week = pd.Timedelta(days=7)
    table = plan.roster.table
    last = table.assign(start=table["start"] - week, end=table["end"] - week)
    told = all_events(calendar_bytes(plan, edition=Edition(previous=last)))
    assert {event["STATUS"] for event in told} == {"CONFIRMED"}
