"""Unusual days: found, asked about once, and the answers put to use."""

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.errors import DataError
from wfm.events import Event
from wfm.forecast import Forecaster
from wfm.history import read_table
from wfm.plan.output import csv_bytes
from wfm.suspects import SUSPECTS, apply_answers, find_suspects

DAYS = pd.date_range("2026-01-05", periods=112, freq="D")
SLOTS = np.arange(16, 40)  # half hours from 08:00 to 20:00
STARTS = pd.DatetimeIndex([day + pd.Timedelta(minutes=30 * int(slot)) for day in DAYS for slot in SLOTS])


def ordinary(seed=1, queue="voice"):
    shape = 30 * np.sin(np.pi * (SLOTS - 15.5) / 24) + 5
    level = np.where(DAYS.day_of_week < 5, 1.0, 0.6) * np.exp(np.random.default_rng(seed).normal(0, 0.03, len(DAYS)))
    offered = np.random.default_rng(seed + 1).poisson(np.outer(level, shape))
    return pd.DataFrame({"queue": queue, "start": STARTS, "offered": offered.ravel().astype(float)})


def changed(history, day, change, begin="00:00", end="23:59"):
    day = pd.Timestamp(day)
    mine = history["start"].between(
        day + pd.Timedelta(begin + ":00"), day + pd.Timedelta(end + ":00"), inclusive="left"
    )
    return history.assign(offered=history["offered"].mask(mine, change(history["offered"])))


def asked(history, **how):
    events = how.pop("events", ())
    return find_suspects(Forecaster(events=events, calendar=how.pop("calendar", None)).fit(history), history, **how)


# what happened: (day, change, from, until, hours of the question, guess, size)
HAPPENED = {
    "lines down for two hours": ("2026-03-04", lambda x: 0.2 * x, "10:00", "12:00", "10:00-12:00", "outage", 0.2),
    "a rush after a text message": ("2026-03-04", lambda x: 3 * x, "14:00", "16:30", "14:00-16:30", "spike", 3.0),
    "twice the calls all day": (
        "2026-03-04",
        lambda x: (1.9 * x + 1).round(),
        "00:00",
        "23:59",
        "all day",
        "spike",
        1.95,
    ),
    "nobody came": ("2026-03-04", lambda x: 0 * x, "00:00", "23:59", "all day", "closed", 0.0),
    "closed at three": ("2026-03-04", lambda x: 0 * x, "15:00", "23:59", "15:00-20:00", "closed", 0.0),
    "a hole in the export": ("2026-03-04", lambda x: 0 * x, "11:00", "14:00", "11:00-14:00", "data fault", 0.0),
    "counted twice": ("2026-03-04", lambda x: 2 * x, "00:00", "23:59", "all day", "data fault", 2.0),
    "one number all day": ("2026-03-04", lambda x: 0 * x + 60, "00:00", "23:59", "all day", "data fault", 2.5),
}


@pytest.mark.parametrize("what", HAPPENED)
def test_what_happened_is_found_with_its_hours_its_size_and_a_guess(what):
    day, change, begin, end, hours, guess, size = HAPPENED[what]
    found = asked(changed(ordinary(), day, change, begin, end))
    assert found[["queue", "day", "hours", "guess"]].astype(str).to_numpy().tolist() == [["voice", day, hours, guess]]
    assert found["size"].iloc[0] == pytest.approx(size, abs=max(0.15 * size, 0.07))
    assert found["weight"].between(0, 1).all()
    assert found["answer"].isna().all()


@pytest.mark.parametrize("seed", range(4))
def test_ordinary_days_are_seldom_asked_about(seed):
    assert len(asked(ordinary(seed=10 * seed))) <= 1  # of 112 days


def test_lost_calls_that_come_later_make_it_an_outage():
    history = changed(ordinary(), "2026-03-04", lambda x: 0 * x, "11:00", "13:00")
    assert asked(changed(history, "2026-03-04", lambda x: (1.5 * x).round(), "13:00", "15:00"))["guess"].tolist() == [
        "outage"
    ]


def test_new_hours_of_many_days_are_a_habit_and_no_question():
    history = ordinary()
    late = (history["start"] >= "2026-03-02") & (history["start"].dt.hour >= 18)
    found = asked(history.assign(offered=history["offered"].mask(late, 2.5 * history["offered"])))
    assert (
        found["hours"].isin(["all day", "from then on"]).all()
    )  # the days may have a new level, their hours are no riddle
    assert len(found) <= 1


def test_what_the_calendar_or_an_event_explains_is_not_asked():
    history = changed(ordinary(), "2026-03-04", lambda x: 3 * x)
    assert asked(history, calendar=Calendar(holidays={"2026-03-04": "Fair"})).empty
    event = Event(kind="outage", name="Card system", start="2026-03-04 08:00", end="2026-03-04 20:00")
    assert asked(history, events=[event]).empty


def test_each_queue_has_its_own_questions():
    both = pd.concat([ordinary(), changed(ordinary(5, "chat"), "2026-03-04", lambda x: 3 * x)], ignore_index=True)
    assert asked(both)["queue"].tolist() == ["chat"]


def test_no_more_than_so_many_are_asked_the_least_likely_first():
    history = ordinary()
    for day, factor in (("2026-02-03", 1.5), ("2026-02-19", 4.0), ("2026-03-11", 2.0)):
        history = changed(history, day, lambda x, f=factor: (f * x + 1).round())
    assert asked(history, most=1)["day"].astype(str).tolist() == ["2026-02-19"]


@pytest.mark.parametrize("answer", ["keep", "exclude", "event:outage"])
def test_what_is_answered_is_never_asked_again_and_the_answer_stays(answer):
    history = changed(changed(ordinary(), "2026-03-04", lambda x: 3 * x), "2026-04-01", lambda x: 0 * x)
    first = asked(history)
    assert len(first) == 2
    told = first.assign(answer=[answer, None])
    again = asked(history, answered=told)
    assert again["day"].tolist() == first["day"].tolist()
    assert again["answer"].tolist()[0] == answer
    pd.testing.assert_frame_equal(asked(history, answered=again), again)


def test_the_file_is_read_back_as_it_was_written(tmp_path):
    found = asked(changed(ordinary(), "2026-03-04", lambda x: 3 * x)).assign(answer="event:campaign")
    (tmp_path / "suspects.csv").write_bytes(csv_bytes(found))
    back = read_table(tmp_path / "suspects.csv", SUSPECTS)
    pd.testing.assert_frame_equal(back, found, check_dtype=False)


def test_answers_may_be_dated_in_the_solar_hijri_calendar(tmp_path):
    (tmp_path / "suspects.csv").write_text("queue,day,hours,answer\nvoice,1404/12/13,10:00-12:00,exclude\n")
    table = read_table(tmp_path / "suspects.csv", SUSPECTS, calendar=Calendar(months="solar-hijri"))
    history, _ = apply_answers(ordinary(), table)
    assert history.loc[history["excluded"], "start"].min() == pd.Timestamp("2026-03-04 10:00")


def told(answer, hours="all day", queue="voice", day="2026-03-04"):
    return pd.DataFrame({"queue": [queue], "day": pd.DatetimeIndex([day]), "hours": [hours], "answer": [answer]})


@pytest.mark.parametrize(
    ("answer", "hours", "left_out", "events"),
    [
        ("exclude", "all day", 24, 0),
        ("exclude", "10:00-12:30", 5, 0),
        ("Exclude", "10:00 - 12:30", 5, 0),
        ("keep", "all day", 0, 0),
        (None, "all day", 0, 0),
        ("", "all day", 0, 0),
        ("event: Outage", "10:00-24:00", 0, 1),
    ],
)
def test_answers_do_what_they_say(answer, hours, left_out, events):
    history = ordinary()
    before = history.copy()
    after, found = apply_answers(history, told(answer, hours))
    assert (after["excluded"].sum(), len(found)) == (left_out, events)
    pd.testing.assert_frame_equal(history, before)
    pd.testing.assert_frame_equal(after[before.columns], before)


def test_an_event_has_the_hours_of_the_answer_and_all_queues_that_felt_it():
    rows = pd.concat([told("event:outage", "10:00-12:00"), told("event:outage", "10:00-12:00", "chat")])
    _, events = apply_answers(ordinary(), rows)
    assert [(e.kind, e.name, e.start, e.end, e.queues) for e in events] == [
        (
            "outage",
            "outage 2026-03-04",
            pd.Timestamp("2026-03-04 10:00"),
            pd.Timestamp("2026-03-04 12:00"),
            ("chat", "voice"),
        )
    ]


def test_what_was_excluded_before_stays_excluded():
    history = ordinary().assign(excluded=lambda t: t["start"] < "2026-01-06")
    after, _ = apply_answers(history, told("exclude"))
    assert after["excluded"].sum() == 48


def test_an_excluded_day_teaches_nothing():
    plain = ordinary()
    wild = changed(plain, "2026-04-24", lambda x: 6 * x)
    without = changed(plain, "2026-04-24", lambda x: np.nan * x)
    after, _ = apply_answers(wild, told("exclude", day="2026-04-24"))
    expected = Forecaster().fit(without).predict(days=7)["offered"]
    np.testing.assert_allclose(Forecaster().fit(after).predict(days=7)["offered"], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            told("exlude"),
            r"suspects.answer must be keep, exclude, event:<kind> .* got 'exlude' for queue=voice, "
            r"day=2026-03-04. Did you mean 'exclude'",
        ),
        (told("event:"), "got 'event:'"),
        (told("exclude", "noon"), "suspects.hours must be 'all day', a span .* or 'from then on', got 'noon'"),
        (told("exclude", "12:00-10:00"), "got '12:00-10:00' for queue=voice"),
        (told("keep").drop(columns="day"), "suspects has no column 'day'"),
    ],
)
def test_an_answer_that_cannot_be_read_is_refused_with_its_place(row, says):
    with pytest.raises(DataError, match=says):
        apply_answers(ordinary(), row)


def test_a_history_that_the_model_does_not_know_is_refused():
    with pytest.raises(DataError, match="holds queue 'chat', which the model was not fitted to"):
        find_suspects(Forecaster().fit(ordinary()), ordinary(queue="chat"))


def test_a_table_of_answers_written_by_hand_is_enough():
    history = changed(changed(ordinary(), "2026-03-04", lambda x: 3 * x), "2026-04-01", lambda x: 0 * x)
    by_hand = pd.DataFrame({"queue": ["voice"], "day": pd.DatetimeIndex(["2026-03-04"]), "answer": ["keep"]})
    found = asked(history, answered=by_hand)
    assert found["day"].astype(str).tolist() == ["2026-03-04", "2026-04-01"]
    assert found["answer"].notna().tolist() == [True, False]


def moved(history, day, factor):
    """Contacts times a factor that depends on the days since."""
    since = (history["start"].dt.normalize() - pd.Timestamp(day)).dt.days.to_numpy()
    times = np.where(since >= 0, factor(np.maximum(since, 0)), 1.0)
    return history.assign(offered=(history["offered"] * times).round())


def test_a_burst_that_is_named_becomes_an_event_whose_next_is_foreseen():
    history = moved(ordinary(), "2026-03-11", lambda since: 1 + 0.9 * np.exp(-since / 8))
    found = asked(history)
    burst = found[found["guess"] == "burst"]
    assert burst["day"].tolist() == [pd.Timestamp("2026-03-11")]
    assert burst["hours"].tolist() == ["from then on"]
    assert burst["size"].iloc[0] == pytest.approx(1.9, rel=0.15)
    assert (found["day"] == pd.Timestamp("2026-03-11")).sum() == 1
    told = burst.assign(answer="event:launch").reset_index(drop=True)
    same, events = apply_answers(history, told)
    assert not same["excluded"].any()
    assert [(event.kind, event.start, event.end) for event in events] == [("launch", pd.Timestamp("2026-03-11"), None)]
    coming = Event(kind="launch", name="the next one", start=DAYS[-1] + pd.Timedelta(days=5))
    model = Forecaster(events=[*events, coming]).fit(history)
    again = find_suspects(model, history, answered=told)
    assert again["guess"].tolist().count("burst") == 1  # the one that was answered
    lift = model.explain(days=7).query("component == 'event:the next one'").set_index("day")["factor"]
    assert lift[coming.start] > 1.4


def test_a_new_level_is_asked_about_once():
    history = moved(ordinary(), "2026-03-20", lambda since: 0.7 + 0 * since)
    found = asked(history)
    level = found[found["guess"] == "new level"]
    assert level["day"].tolist() == [pd.Timestamp("2026-03-20")]
    assert level["size"].iloc[0] == pytest.approx(0.7, rel=0.1)
    told = level.assign(answer="keep").reset_index(drop=True)
    again = asked(history, answered=told)
    assert again[again["guess"] == "new level"]["answer"].tolist() == ["keep"]
    with pytest.raises(DataError, match=r"cannot exclude all that came from then on for queue=voice, day=2026-03-20"):
        apply_answers(history, told.assign(answer="exclude"))
