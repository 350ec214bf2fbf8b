"""The key `sessions` of the week's file: read as it is meant, each mistake named with its place."""

import re

import pandas as pd
import pytest

from changed_week import changed_week
from wfm.errors import SettingError
from wfm.settings import read_week

FILE = """\
queues:
  voice: {volume: 900/week, aht: 4min, hours: {mon-fri: "08:00-18:00"}, target: {share: 0.80, within: 60s}}
shifts:
  day: {length: 8h, starts: "08:00-10:00/1h"}
contracts:
  ft: {days_per_week: [5, 5]}
sessions:
  news: {length: 1h, people: 6, clock: ["09:00", "17:00"], days: mon-wed, most_at_once: 2}
plan: {start: 2026-11-02}
"""


def week(tmp_path, old="", new=""):
    return changed_week(FILE, tmp_path, old, new)


def test_every_part_is_read(tmp_path):
    (news,) = week(tmp_path).sessions
    assert (news.name, news.kind, news.hours, news.blocks, news.most_at_once) == ("news", "training", 6.0, 6, 2)
    assert news.clock == (9 * 3600.0, 17 * 3600.0)
    assert news.days == frozenset({0, 1, 2})


def test_people_attend_by_their_number_or_by_hours(tmp_path):
    (news,) = week(tmp_path, "length: 1h, people: 6", "length: 30min, people: 6").sessions
    assert news.hours == 3.0
    (news,) = week(tmp_path, "people: 6", "hours: 4").sessions
    assert news.blocks == 4


def test_a_weekly_session_is_held_in_every_week_of_the_plan(tmp_path):
    text = FILE.replace("days: mon-wed", "weekly: true").replace("2026-11-02}", "2026-11-02, weeks: 2}")
    (tmp_path / "week.yaml").write_text(text)
    first, second = read_week(tmp_path / "week.yaml").sessions
    assert (first.name, second.name) == ("news 2026-11-02", "news 2026-11-09")
    assert min(second.dates) == pd.Timestamp("2026-11-09")
    assert len(first.dates | second.dates) == 14


def test_dates_are_read_in_the_reckoning_of_the_calendar(tmp_path):
    text = FILE.replace("days: mon-wed", 'dates: ["1405-08-12"]')
    (tmp_path / "week.yaml").write_text("calendar: {months: solar-hijri}\n" + text)
    (news,) = read_week(tmp_path / "week.yaml").sessions
    assert news.dates == frozenset({pd.Timestamp("2026-11-03")})


WRONG = [
    ("people: 6", "hours: 6, people: 6", "8:9: sessions.news takes one of people or hours, got both"),
    ("people: 6, ", "", "8:9: sessions.news needs people, how many attend"),
    ("people: 6", "teams: [red]", "8:29: sessions.news.teams names people; add the section people"),
    ("people: 6", "people: 6, queue: vocie", "unknown queue 'vocie'; known are 'voice'. Did you mean 'voice'?"),
    ("people: 6", "people: 6, contracts: [pt]", "unknown contract 'pt'; known are 'ft'"),
    ("people: 6", "people: 6, kind: party", "sessions.news.kind: must be 'training' or 'meeting', got 'party'"),
    ("people: 6", "poeple: 6", "sessions.news.poeple is no known key. Did you mean 'people'?"),
    ("people: 6", "people: 0", "sessions.news.people"),
    ('["09:00", "17:00"]', '["09:00", "09:30"]', "leaves no time for a block of 60 min"),
    ("days: mon-wed", "weekly: true, dates: [2026-11-03]", "takes one of weekly or dates, got both"),
    ('shifts:\n  day: {length: 8h, starts: "08:00-10:00/1h"}\n', "", "is placed inside shifts; add the section shifts"),
    ("aht: 4min", "aht: 4min, shrinkage: {training: 0.02}", "placed by sessions.news; it would be counted twice"),
]


@pytest.mark.parametrize(("old", "new", "told"), WRONG)
def test_mistakes_are_named_with_their_place(tmp_path, old, new, told):
    with pytest.raises(SettingError, match=re.escape(told)):
        week(tmp_path, old, new)


def test_of_several_queues_one_must_be_named_where_nobody_is(tmp_path):
    chat = "  chat: {channel: chat, volume: 90/week, aht: 4min, target: {share: 0.80, within: 60s}}\nshifts:"
    with pytest.raises(SettingError, match=re.escape("sessions.news needs queue, whose people attend")):
        week(tmp_path, "shifts:", chat)
