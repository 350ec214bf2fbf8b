"""The keys of channels: read as they are meant, each mistake named with its place."""

import re
from pathlib import Path

import pandas as pd
import pytest

import wfm
from changed_week import changed_week
from wfm.erlang import Delay
from wfm.settings import read_week

CENTRE = """\
interval: 30min
queues:
  voice:
    volume: 1200/week
    hours: {mon-fri: "08:00-18:00"}
    target: {share: 0.80, within: 60s}
    aht: 240s
    patience: 180s
    callback: {above: 2min, taken: 0.4, within: 2h, attempts: 1.2, aht: 3min, at_most: 0.2, counted: apart}
    blend: {threshold: auto, with: [tickets], may_cost: 0.0}
  app:
    channel: messages
    volume: 300/week
    aht: 90s
    turns: [0.5, 0.3, 0.2]
    gap: {mean: 20min, law: lognormal, spread: 1.5}
    answer: 5min
    target: {share: 0.80, within: 5min}
    reply: {share: 0.90, within: 4h}
    live_within: 1h
  tickets:
    channel: deferred
    volume: 300/week
    aht: 10min
    classes: {urgent: 4h, normal: 24h}
    class_shares: {urgent: 0.1, normal: 0.9}
    promise: {urgent: 0.99, normal: 0.9}
    overdue_within: 8h
    touches: {urgent: 1.0, normal: 1.5}
    touch_gap: 6h
    backlog: {contacts: 120, ages: {4h: 0.7, 24h: 0.3}}
    deadlines: open
    occupancy: 0.85
  monitoring:
    derived: {from: voice, share: 0.05, aht: 20min, of_handle: 0, delay: 1h, within: 48h}
  winback:
    channel: outbound
    volume: 50/week
    aht: 5min
    classes: {offer: 24h}
    attempts: 1.6
plan: {start: 2026-11-23}
"""

# (what is replaced, by what, file:line:column of the error, words that it holds)
BROKEN = [
    ("normal: 0.9}\n    over", "normal: 90}\n    over", "week.yaml:27:14", r"promise.normal must be a fraction in \(0, 1\]"),
    ("urgent: 0.99", "urgnt: 0.99", "week.yaml:2", r"promise of queue 'tickets' .* class 'urg"),
    ("overdue_within: 8h", "overdue_within: soon", "week.yaml:28:21", "overdue_within must be a duration"),
    ("urgent: 1.0, normal: 1.5", "urgent: 0, normal: 1.5", "week.yaml:29:14", r"touches.urgent must be a number in \(0, 1000\]"),
    ("normal: 1.5}", "slow: 1.5}", "week.yaml:2", "touches of queue 'tickets' .* class"),
    ("touch_gap: 6h", "touch_gap: 6 moons", "week.yaml:30:16", "touch_gap must be a duration"),
    ("4h: 0.7, 24h", "4h: 0.7, 2h", "week.yaml:31:14", "ages must rise"),
    ("contacts: 120, ", "tickets: 120, ", "week.yaml:31:14", "backlog knows 'contacts', 'ages', got 'tickets'"),
    ("contacts: 120, ", "contacts: {slow: 120}, ", "week.yaml:2", "unknown class 'slow' in backlog.contacts"),
    ("{contacts: 120, ages: {4h: 0.7, 24h: 0.3}}", "waiting.csv", "week.yaml:31:14", "there is no file 'waiting.csv'"),
    ("{contacts: 120, ages: {4h: 0.7, 24h: 0.3}}", "-3", "week.yaml:31:14", "backlog must be a number in"),
    ("deadlines: open", "deadlines: office", "week.yaml:32:16", "deadlines"),
    ("occupancy: 0.85", "occupancy: 85", "week.yaml:33:16", "occupancy must be a fraction .* Did you mean 0.85"),
    ("[0.5, 0.3, 0.2]", "[0.5, 0.3]", "week.yaml:15:12", "shares that add up to 1"),
    ("law: lognormal", "law: normal", "week.yaml:16:10", "law of the delay must be one of .* Did you mean 'lognormal'"),
    ("spread: 1.5", "sprd: 1.5", "week.yaml:16:10", "gap knows 'mean', 'law', 'spread', got 'sprd'. Did you mean 'spread'"),
    ("    gap: {mean: 20min, law: lognormal, spread: 1.5}\n", "", "week.yaml:", "needs gap"),
    ("answer: 5min", "answer: quick", "week.yaml:17:13", "answer must be a duration"),
    ("reply: {share: 0.90, within: 4h}", "reply: {share: 0.90}", "week.yaml:19:", "reply.within is missing"),
    ("reply: {share: 0.90", "reply: {shre: 0.90", "week.yaml:19:", "shre is no known key. Did you mean 'share'"),
    ("reply: {share: 0.90, within: 4h}", "reply: {share: 0.70, within: 2min}", "week.yaml:", "must have the larger share"),
    ("live_within: 1h", "live_within: 1min", "week.yaml:", "cannot|takes|due in hours|ok"),
    ("taken: 0.4", "taken: 40", "week.yaml:9:", "callback.taken must be a fraction .* Did you mean 0.40"),
    ("attempts: 1.2", "attempts: 0.5", "week.yaml:9:", "callback.attempts"),
    ("counted: apart", "counted: aside", "week.yaml:9:", "callback.counted"),
    ("above: 2min, ", "", "week.yaml:9:", "callback.above is missing"),
    ("at_most", "at_mst", "week.yaml:9:", "at_mst is no known key. Did you mean 'at_most'"),
    ("target: {share: 0.80, within: 60s}", "target: {share: 0.80, within: 60s, max_asa: 30s}", "week.yaml:", "with callback, got max_asa"),
    ("threshold: auto", "threshold: some", "week.yaml:10:", "threshold must be auto or a whole number"),
    ("with: [tickets]", "with: [ticket]", "week.yaml:10:37", "blend.with names the unknown queue .* Did you mean 'tickets'"),
    ("with: [tickets]", "with: [app]", "week.yaml:10:37", "blend.with names 'app', whose contacts"),
    ("may_cost: 0.0", "may_cots: 0.0", "week.yaml:10:", "may_cots is no known key. Did you mean 'may_cost'"),
    ("from: voice", "from: vioce", "week.yaml:35:21", "monitoring.derived.from names the unknown queue 'vioce'.* Did you mean 'voice'"),
    ("from: voice", "from: monitoring", "week.yaml:35:21", "derived.from names the queue itself"),
    ("from: voice, ", "", "week.yaml:35:", "derived.from is missing"),
    ("aht: 20min, of_handle: 0", "of_handle: 0", "week.yaml:35:", "needs aht such as 20min, or of_handle"),
    ("of_handle: 0", "of_handel: 0", "week.yaml:35:", "Did you mean 'of_handle'"),
    ("delay: 1h", "delay: {law: fixed}", "week.yaml:35:", "delay.mean is missing"),
    ("  monitoring:\n", "  monitoring:\n    volume: 20/week\n", "week.yaml:", "takes one of history, .* got volume and derived"),
    ("  monitoring:\n", "  monitoring:\n    channel: voice\n", "week.yaml:", "takes derived only with channel: deferred"),
    ("  monitoring:\n", "  monitoring:\n    aht: 3min\n", "week.yaml:", "takes derived.aht instead of aht"),
    ("    attempts: 1.6", "    touches: 1.6", "week.yaml:", "takes touches only with channel: deferred"),
    ("    deadlines: open", "    attempts: 2", "week.yaml:", "takes attempts only with channel: outbound"),
    ("    patience: 180s", "    promise: 0.9", "week.yaml:", "takes promise only with channel: deferred or outbound"),
    ("    answer: 5min", "    occupancy: 0.8", "week.yaml:", "takes occupancy only with channel: deferred or outbound"),
    ("    deadlines: open", "    gap: 3h", "week.yaml:", "takes gap only with channel: messages"),
    ("    answer: 5min", "    callback: {above: 1min, taken: 0.1, within: 1h}", "week.yaml:", "takes callback only with channel: voice"),
    ("    answer: 5min", "    patience: fit", "week.yaml:", "who writes does not hang up"),
    ("    target: {share: 0.80, within: 5min}\n", "", "week.yaml:", "a messages queue needs a target"),
]  # fmt: skip
BROKEN = [case for case in BROKEN if case[0] != "live_within: 1h"]


@pytest.fixture
def week(tmp_path):
    def read(old="", new=""):
        return changed_week(CENTRE, tmp_path, old, new)

    return read


@pytest.mark.parametrize(("old", "new", "place", "words"), BROKEN, ids=[f"{b[1][:40]}" for b in BROKEN])
def test_a_mistake_in_a_channels_key_names_its_place(week, old, new, place, words):
    with pytest.raises(wfm.SettingError, match=words) as caught:
        week(old, new)
    assert any(line.startswith(place) or place == "week.yaml" for line in str(caught.value).splitlines())


def test_work_that_can_wait_is_read_as_it_is_meant(week):
    tickets = week().queues["tickets"]
    assert tickets.promise == {"urgent": 0.99, "normal": 0.9}
    assert tickets.promised == pytest.approx(0.1 * 0.99 + 0.9 * 0.9)
    assert (tickets.touches, tickets.class_touches) == (pytest.approx(1.45), {"urgent": 1.0, "normal": 1.5})
    assert (tickets.overdue_within, tickets.touch_gap, tickets.occupancy) == (8 * 3600, 6 * 3600, 0.85)
    assert tickets.open_deadlines
    assert not tickets.live


def test_a_queue_without_the_new_keys_means_what_it_meant(week):
    plain = wfm.Queue(name="tickets", channel="deferred", classes={"normal": "24h"})
    read = week("    promise: {urgent: 0.99, normal: 0.9}\n    overdue_within: 8h\n", "").queues["tickets"]
    assert (plain.promise, plain.promised, plain.occupancy, plain.open_deadlines) == ({}, 1.0, 0.9, False)
    assert (read.promise, read.promised) == ({}, 1.0)


def test_outbound_work_counts_its_attempts_as_touches(week):
    winback = week().queues["winback"]
    assert (winback.channel, winback.touches, winback.live) == ("outbound", 1.6, False)


def test_derived_work_is_deferred_with_one_class_of_its_own_name(week):
    read = week()
    assert read.queues["monitoring"].classes == {"monitoring": 48 * 3600}
    assert read.queues["monitoring"].channel == "deferred"
    assert read.spec.queues["monitoring"].derived.lag == Delay(mean="1h")


def test_messages_are_a_line_where_both_answers_are_promised_soon_and_a_deadline_where_not(week):
    assert week().queues["app"].classes == {"replies": 4 * 3600}
    assert week().queues["app"].turns.mean == pytest.approx(1.7)
    assert week().spec.queues["app"].conversation.gap == Delay(mean="20min", law="lognormal", spread=1.5)
    soon = week("reply: {share: 0.90, within: 4h}", "reply: {share: 0.80, within: 10min}").queues["app"]
    assert soon.live
    assert soon.classes == {}
    late = week("live_within: 1h", "live_within: 1min").queues["app"]
    assert late.classes == {"new": 300, "replies": 4 * 3600}
    assert late.promised == pytest.approx(0.8 / 1.7 + 0.9 * 0.7 / 1.7)


def test_a_voice_queue_holds_its_callback_and_its_blending(week):
    voice = week().queues["voice"]
    assert (voice.callback.above, voice.callback.within, voice.callback.at_most) == (120, 7200, 0.2)
    assert (voice.blend.threshold, voice.blend.queues) == (None, ("tickets",))
    assert week("threshold: auto", "threshold: 3").queues["voice"].blend.threshold == 3


@pytest.mark.parametrize(
    ("given", "count"),
    [(120, 16), ({"contacts": {"urgent": 20, "normal": 100}, "ages": {"4h": 1.0}}, 8), ("file", 2), (0, 0)],
)
def test_a_backlog_is_a_number_ages_or_a_table_and_never_loses_a_contact(week, tmp_path, given, count):
    from wfm.plan.waiting import backlog_of

    rows = pd.DataFrame(
        {
            "contacts": [20, 100],
            "class": ["urgent", "normal"],
            "arrived": pd.to_datetime(["2026-11-22 10:00", "2026-11-20 10:00"]),
        }
    )
    if given == "file":
        rows.to_csv(tmp_path / "open.csv", index=False)
    text = "open.csv" if given == "file" else str(given)
    read = week("{contacts: 120, ages: {4h: 0.7, 24h: 0.3}}", text)
    found = backlog_of("tickets", read.queues["tickets"], read)
    assert len(found) == count
    assert sum(contacts for contacts, _, _ in found) == pytest.approx(0 if given == 0 else 120)
    assert all(arrived < read.start for _, _, arrived in found)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"class": ["urgent", "slow"]}, r"queues.tickets.backlog|backlog.class of queue 'tickets' must be one of"),
        (
            {"arrived": pd.to_datetime(["2026-11-22", "2026-11-24"])},
            "backlog.arrived of queue 'tickets' must lie before",
        ),
        ({"contacts": [1, -2]}, "backlog.contacts must be"),
    ],
)
def test_a_backlog_that_cannot_be_is_refused_with_the_place_of_its_key(week, tmp_path, change, words):
    from wfm.plan.waiting import backlog_of

    rows = {"contacts": [20, 100], "class": ["urgent", "normal"], "arrived": pd.to_datetime(["2026-11-22"] * 2)}
    pd.DataFrame(rows | change).to_csv(tmp_path / "open.csv", index=False)
    read = week("{contacts: 120, ages: {4h: 0.7, 24h: 0.3}}", "open.csv")
    with pytest.raises(wfm.DataError, match=words) as caught:
        backlog_of("tickets", read.queues["tickets"], read)
    assert str(caught.value).startswith("week.yaml:31:14")


def test_the_channels_that_the_readme_shows_are_read(tmp_path):
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    path = tmp_path / "channels.yaml"
    path.write_text(re.search(r"<!-- channels.yaml -->\n```yaml\n(.*?)```", readme, re.S)[1], encoding="utf-8")
    assert {queue.channel for queue in read_week(path).queues.values()} == {"voice", "messages", "deferred", "outbound"}
