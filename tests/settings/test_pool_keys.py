"""The keys `pools` and `backlog` of the week's file: each mistake named with its place."""

import re

import pytest

from changed_week import changed_week
from wfm.errors import SettingError

FILE = """\
queues:
  voice: {volume: 900/week, aht: 4min, hours: {mon-fri: "08:00-18:00"}, target: {share: 0.80, within: 60s}}
  tickets: {channel: deferred, volume: 90/week, aht: 9min, classes: {normal: 24h}}
pools:
  floor: [voice, tickets]
shifts:
  day: {length: 8h, starts: "08:00-10:00/1h"}
plan: {start: 2026-11-02}
"""


def week(tmp_path, old="", new=""):
    return changed_week(FILE, tmp_path, old, new)


def test_a_pool_names_the_queues_of_the_same_people(tmp_path):
    assert week(tmp_path).spec.pools == {"floor": ["voice", "tickets"]}


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ("[voice, ticket]", "week.yaml:5:10: pools.floor names the unknown queue 'ticket'.*Did you mean 'tickets'"),
        ("[voice]", "week.yaml:5:10: pools.floor must name two queues at least"),
        ("[voice, tickets]\n  desk: [tickets, voice]", "week.yaml:6:9: pools.desk names the queue 'tickets'"),
    ],
)
def test_a_mistake_in_a_pool_is_named_with_its_place(tmp_path, new, words):
    with pytest.raises(SettingError) as caught:
        week(tmp_path, "[voice, tickets]", new)
    assert re.search(words, str(caught.value)), str(caught.value)


def test_a_backlog_may_be_the_folder_of_a_plan_and_must_be_there(tmp_path):
    (tmp_path / "out").mkdir()
    assert week(tmp_path, "classes:", "backlog: out, classes:").spec.queues["tickets"].backlog == "out"
    with pytest.raises(SettingError, match="queues.tickets.backlog: there is no file 'gone'"):
        week(tmp_path, "classes:", "backlog: gone, classes:")
