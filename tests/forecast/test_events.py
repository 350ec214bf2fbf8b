from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import wfm
from wfm.errors import WfmWarning
from wfm.events import Event
from wfm.forecast import Forecaster
from wfm.forecast.learned.curves import Blend, Curve, candidates, felt, is_short, usual_curve

LAUNCH = Curve(delay=1.0, half=5.0)


def launch(name, start, **fields):
    return Event(kind="launch", name=name, start=start, **fields)


def lift(centre, events, day, *, days=28, **model):
    """Forecast of a day with the events over that without the coming one."""
    past = [event for event in events if event.start <= centre.history["start"].max()]
    with_, without = (
        Forecaster(calendar=centre.calendar, events=e).fit(centre.history).predict(days=days) for e in (events, past)
    )
    totals = [t.groupby(t["start"].dt.normalize())["offered"].sum() for t in (with_, without)]
    return float(totals[0][day] / totals[1][day])


@pytest.fixture(scope="module")
def launched(draw):
    first, second = launch("Card 1", "2025-10-20 10:00"), launch("Card 2", "2026-01-12 10:00")
    centre = draw(events=((first, 1.5, LAUNCH), (second, 1.5, LAUNCH)))
    return centre, [first, second]


def test_a_coming_launch_gets_the_lift_that_past_launches_had(launched):
    centre, past = launched
    coming = launch("Card 3", "2026-04-06 10:00")  # history ends on 2026-03-29
    assert lift(centre, [*past, coming], "2026-04-08") == pytest.approx(1.42, abs=0.12)
    assert lift(centre, [*past, coming], "2026-04-05") == pytest.approx(1.0, abs=0.001)


def test_a_past_launch_is_measured(launched):
    centre, past = launched
    effects = Forecaster(calendar=centre.calendar, events=past).fit(centre.history).effects("event")
    assert effects["name"].tolist() == ["Card 1", "Card 2"]
    assert (effects["low"] < np.log(1.5)).all()
    assert (effects["high"] > np.log(1.5)).all()
    assert (effects["low"] > 0.1).all()


def test_the_shape_of_a_kind_is_learned(launched):
    centre, past = launched
    shape = Forecaster(calendar=centre.calendar, events=past).fit(centre.history).models_["voice"].shapes["launch"]
    elapsed = np.array([0.5, 2.0, 6.0, 11.0, 20.0])
    np.testing.assert_allclose(shape.at(elapsed), LAUNCH.at(elapsed), atol=0.22)


def test_a_launch_of_half_the_size_gets_half_the_lift(draw):
    past = [launch("Card 1", "2025-10-20 10:00", size=100), launch("Card 2", "2026-01-12 10:00", size=100)]
    centre = draw(events=tuple((event, 1.5, LAUNCH) for event in past))
    full, half = (
        lift(centre, [*past, launch("Card 3", "2026-04-06 10:00", size=size)], "2026-04-08") - 1 for size in (100, 50)
    )
    assert half == pytest.approx(full / 2, rel=0.15)


def test_slots_before_the_event_are_not_lifted(launched):
    centre, past = launched
    coming = launch("Card 3", "2026-04-06 10:00")
    with_, without = (
        Forecaster(calendar=centre.calendar, events=e)
        .fit(centre.history)
        .predict(starts=pd.date_range("2026-04-06", periods=24, freq="h"))
        for e in ([*past, coming], past)
    )
    ratio = with_["offered"] / without["offered"]
    assert ratio[:10].max() < 1.03
    assert ratio[20:].min() > 1.10


def test_an_unknown_kind_with_a_stated_volume_gets_it(draw):
    centre = draw(days=100)
    coming = Event(kind="mailing", name="Letters", start="2025-12-12", volume=1.4, doubt=0.25, delay=86400, decay="40D")
    assert lift(centre, [coming], "2025-12-15") == pytest.approx(1.38, abs=0.03)
    wide, narrow = (
        Forecaster(calendar=centre.calendar, events=e)
        .fit(centre.history)
        .predict(starts=pd.DatetimeIndex(["2025-12-15 11:00"]))
        .iloc[0]
        for e in ([coming], [])
    )
    assert (wide["offered_q0.9"] - wide["offered_q0.1"]) / wide["offered"] > 1.1 * (
        narrow["offered_q0.9"] - narrow["offered_q0.1"]
    ) / narrow["offered"]


def test_an_unknown_kind_without_a_stated_volume_moves_nothing_and_says_so(draw):
    centre = draw(days=100)
    model = Forecaster(calendar=centre.calendar, events=[Event(kind="mailing", name="Letters", start="2025-12-12")])
    with pytest.warns(WfmWarning, match="'Letters': history holds no 'mailing' and no volume is stated"):
        forecast = model.fit(centre.history).predict(days=7)
    plain = Forecaster(calendar=centre.calendar).fit(centre.history).predict(days=7)
    np.testing.assert_allclose(forecast["offered"], plain["offered"])


def test_what_is_stated_and_what_was_learned_meet_in_the_middle(launched):
    centre, past = launched
    learned = lift(centre, [*past, launch("Card 3", "2026-04-06 10:00")], "2026-04-08")
    both = lift(centre, [*past, launch("Card 3", "2026-04-06 10:00", volume=2.2, doubt=0.2)], "2026-04-08")
    assert learned + 0.05 < both < 2.1


def test_an_event_acts_on_its_queues_only(launched):
    centre, past = launched
    coming = launch("Card 3", "2026-04-06 10:00", queues=("chat",))
    assert lift(centre, [*past, coming], "2026-04-08") == 1.0


def test_a_stated_handle_time_lengthens_calls_while_the_event_lasts(draw):
    centre = draw(days=100)
    coming = launch("Card", "2025-12-12", volume=1.2, aht=1.3, delay=3600, decay="30D")
    with_, without = (
        Forecaster(calendar=centre.calendar, events=e).fit(centre.history).predict(days=7) for e in ([coming], [])
    )
    ratio = (with_["aht"] / without["aht"]).to_numpy()
    before = with_["start"] < "2025-12-12"
    np.testing.assert_allclose(ratio[before], 1.0)
    assert ratio[-24:].mean() == pytest.approx(1.3, abs=0.05)


def outage(name, start, end, **fields):
    return Event(kind="outage", name=name, start=start, end=end, **fields)


@pytest.fixture(scope="module")
def broken(draw):
    events = [
        outage(f"Outage {k}", f"2025-{month}-0{k + 1} 10:00", f"2025-{month}-0{k + 1} 14:00")
        for k, month in enumerate((10, 11, 12))
    ]
    return draw(events=tuple((event, 3.0, Curve(delay=0.0, half=0.05)) for event in events), month_start=False), events


def test_the_hours_of_an_outage_do_not_teach_the_ordinary(broken):
    centre, events = broken
    told, untold = (
        Forecaster(calendar=centre.calendar, events=e).fit(centre.history).predict(days=14) for e in (events, [])
    )
    truth = centre.rates.merge(told, on="start")
    at = truth["start"].dt.hour.between(10, 13)
    assert truth.loc[at, "offered"].sum() == pytest.approx(truth.loc[at, "rate"].sum(), rel=0.03)
    assert untold["offered"].sum() > told["offered"].sum()


def test_a_coming_outage_lifts_its_hours_as_past_ones_did(broken):
    centre, events = broken
    coming = outage("Maintenance", "2026-04-01 11:00", "2026-04-01 13:00")
    with_, without = (
        Forecaster(calendar=centre.calendar, events=e)
        .fit(centre.history)
        .predict(starts=pd.date_range("2026-04-01", periods=24, freq="h"))
        for e in ([*events, coming], events)
    )
    ratio = (with_["offered"] / without["offered"]).to_numpy()
    assert ratio[11] == pytest.approx(3.0, rel=0.25)
    np.testing.assert_allclose(ratio[:11], 1.0)
    assert 1.0 < ratio[14] < ratio[11]


def test_an_event_kept_out_of_learning_is_kept_out(draw):
    gone = launch("Flop", "2025-10-20", learn=False, decay="2D")
    centre = draw(events=((gone, 2.0, Curve(delay=1.0, half=2.0)),))
    model = Forecaster(calendar=centre.calendar, events=[gone]).fit(centre.history)
    assert model.effects("event").empty
    clean = Forecaster(calendar=centre.calendar).fit(draw().history).predict(days=14)
    assert model.predict(days=14)["offered"].sum() == pytest.approx(clean["offered"].sum(), rel=0.02)


def test_daily_history_knows_launches_too(draw):
    past = [launch("Card 1", "2025-10-20 10:00"), launch("Card 2", "2026-01-12 10:00")]
    centre = draw(freq="24h", per_day=5000, events=tuple((event, 1.5, LAUNCH) for event in past))
    assert lift(centre, [*past, launch("Card 3", "2026-04-06 10:00")], "2026-04-08") == pytest.approx(1.4, abs=0.15)


def test_curves_rise_hold_and_fade():
    held = Curve(delay=1.0, half=2.0).at(np.array([0.5, 3.0, 5.0, 7.0]), lasts=5.0)
    np.testing.assert_allclose(held, [0.5, 1.0, 1.0, 0.5])
    stays = Curve(delay=0.0, half=1.0, plateau=0.25).at(np.array([0.0, 1.0, 100.0]))
    np.testing.assert_allclose(stays, [1.0, 0.625, 0.25])


def test_what_the_planner_states_of_a_shape_wins():
    event = launch("Card", "2026-01-01", delay="2D")
    known = Blend(curves=(Curve(delay=0.0, half=3.0),), weights=(1.0,))
    assert felt(event, pd.to_datetime(["2026-01-02"]).to_numpy(), known)[0] == pytest.approx(0.5)
    assert usual_curve(event).delay == 2.0
    assert usual_curve(event) in candidates(usual_curve(event))


def test_an_event_of_hours_is_short_and_a_launch_is_not():
    assert is_short(outage("a", "2026-01-01 10:00", "2026-01-01 12:00"))
    assert is_short(Event(kind="outage", name="b", start="2026-01-01"))
    assert not is_short(launch("c", "2026-01-01"))
    assert not is_short(Event(kind="campaign", name="d", start="2026-01-01", end="2026-01-15"))


def test_what_a_text_message_does_within_hours_is_learned_and_comes_again(draw):
    shape = Curve(delay=0.5 / 24, half=1.5 / 24)
    past = [
        Event(kind="mailing", name=f"Message {month}", start=f"2025-{month}-06 10:00", delay="30min", decay="90min")
        for month in (10, 11, 12)
    ]
    centre = draw(events=tuple((event, 3.0, shape) for event in past), month_start=False, freq="30min", per_day=6000.0)
    coming = Event(kind="mailing", name="Message 4", start="2026-04-01 11:00", delay="30min", decay="90min")
    starts = pd.date_range("2026-04-01", periods=48, freq="30min")
    with_, without = (
        Forecaster(calendar=centre.calendar, events=e).fit(centre.history).predict(starts=starts)
        for e in ([*past, coming], past)
    )
    ratio = (with_["offered"] / without["offered"]).to_numpy()
    truth = np.exp(np.log(3.0) * shape.at((np.arange(48) + 0.5) / 48 - 11 / 24))
    assert ratio[23:30] == pytest.approx(truth[23:30], rel=0.2)
    np.testing.assert_allclose(ratio[:22], 1.0)


def test_a_kind_that_history_never_saw_borrows_from_its_family(draw):
    bills = [
        Event(kind="bill_mailed", name=f"Bills {k}", start=day) for k, day in enumerate(("2025-10-20", "2026-01-12"))
    ]
    shape = Curve(delay=3.0, half=5.0)
    centre = draw(events=tuple((event, 2.0, shape) for event in bills))
    notice = Event(kind="notice_mailed", name="Notices", start="2026-04-03")
    assert 1.4 < lift(centre, [*bills, notice], "2026-04-06") < 2.2
    stranger = Event(kind="strike", name="Strike", start="2026-04-03")
    with pytest.warns(WfmWarning, match="holds no 'strike'"):
        assert lift(centre, [*bills, stranger], "2026-04-06") == pytest.approx(1.0, abs=0.02)


def test_few_calls_on_the_first_days_of_a_late_event_do_not_make_it_a_small_one(draw):
    bills = [
        Event(kind="bill_mailed", name=f"Bills {k}", start=day) for k, day in enumerate(("2025-10-15", "2025-12-20"))
    ]
    late = Event(kind="bill_mailed", name="Late", start="2026-03-25")  # five days of history have felt it
    centre = draw(
        events=(*((event, 2.5, Curve(delay=2.0, half=6.0)) for event in bills), (late, 2.5, Curve(delay=8.0, half=6.0)))
    )
    model = Forecaster(calendar=centre.calendar, events=[*bills, late]).fit(centre.history)
    ahead = model.predict(days=7)
    true = centre.rates.merge(ahead[["start", "offered"]], on="start")
    assert true["offered"].sum() == pytest.approx(true["rate"].sum(), rel=0.25)


def test_a_launch_that_lengthened_calls_does_so_again(draw):
    past = [launch("Card 1", "2025-10-20"), launch("Card 2", "2026-01-12")]
    centre = draw(events=tuple((event, 1.4, LAUNCH) for event in past))
    history = centre.history.copy()
    for event in past:
        elapsed = (history["start"] - event.start).dt.total_seconds().to_numpy() / 86400
        history["aht"] = history["aht"] * np.exp(np.log(1.3) * LAUNCH.at(elapsed))
    coming = launch("Card 3", "2026-04-01")
    with_, without = (
        Forecaster(calendar=centre.calendar, events=e).fit(history).predict(days=7) for e in ([*past, coming], past)
    )
    ratio = (with_["aht"] / without["aht"]).to_numpy()
    np.testing.assert_allclose(ratio[: 2 * 24], 1.0, rtol=1e-9)  # history ends on 2026-03-29
    assert ratio[3 * 24 : 4 * 24].mean() == pytest.approx(1.28, abs=0.08)
    stated = launch("Card 3", "2026-04-01", aht=1.1)
    told = Forecaster(calendar=centre.calendar, events=[*past, stated]).fit(history).predict(days=7)
    assert (told["aht"] / without["aht"]).to_numpy()[3 * 24 : 4 * 24].mean() == pytest.approx(1.09, abs=0.05)


def hourly(centre, event, day):
    """Contacts by hour with the event over those without it."""
    tables = [Forecaster(calendar=centre.calendar, events=e).fit(centre.history).predict(days=9) for e in ([event], [])]
    ratio = tables[0]["offered"] / tables[1]["offered"]
    return ratio[tables[0]["start"].dt.normalize() == day].to_numpy()


def test_those_who_could_not_get_through_come_when_the_lines_are_up_again(draw):
    down = Event(
        kind="outage", name="Lines", start="2026-04-06 10:00", end="2026-04-06 12:00", decay="1min", volume=0.2, doubt=0.05,
        recalls=0.5, recall_after="3h",
    )  # fmt: skip
    found = hourly(draw(), down, "2026-04-06")
    assert found[10:12] == pytest.approx([0.2, 0.2], abs=0.02)
    assert found[13:15] == pytest.approx([1.4, 1.4], abs=0.02)  # half of the 80% that stayed away
    assert found[[9, 12, 16]] == pytest.approx([1.0, 1.0, 1.0], abs=0.05)


def test_some_of_those_whom_a_launch_brings_come_again(draw):
    centre = draw()
    plain = launch("Card", "2026-04-06 00:00", volume=1.5, decay="1d")
    again = launch("Card", "2026-04-06 00:00", volume=1.5, decay="1d", recalls=0.4, recall_after="3d")
    for day, more in (("2026-04-07", 1.0), ("2026-04-10", 1.14)):  # 40% of the 36% more three days before
        ratio = lift(centre, [again], day) / lift(centre, [plain], day)
        assert ratio == pytest.approx(more, abs=0.04)


def test_a_share_that_comes_again_is_a_share():
    with pytest.raises(wfm.SettingError, match=r"recalls of event 'x' must be a fraction .* Did you mean 0\.40"):
        launch("x", "2026-04-06", recalls=40)


def test_a_size_is_more_than_nothing():
    for wrong in (0, -40_000):
        with pytest.raises(wfm.SettingError, match=r"size of event 'Terms' must be a number in \(0, inf\), got"):
            Event(kind="mailing", name="Terms", start="2026-04-06", size=wrong)


def test_an_event_of_a_queue_that_nobody_knows_is_told_of(draw):
    history = draw().history
    slip, system = (launch("Card", "2026-04-06", queues="vioce", volume=1.5, capacity=share) for share in (1.0, 0.4))
    told = Forecaster(events=[slip]).fit(history).notes(days=9)
    assert told == (
        "Event 'Card' names queue 'vioce', which history does not hold; it holds 'voice'. The event moves nothing.",
    )
    assert Forecaster(events=[system]).fit(history).notes(days=9) == ()  # what only binds agents need not be forecast


def failing(centre_of, fade, *, sizes=(None,) * 5):
    """Hourly ratios of a day with an outage of the last size, after those of four others that faded like this."""
    shape = Curve(delay=0.0, half=fade / 24)
    starts = [f"2025-{month}-04 10:00" for month in (10, 11, 12)] + ["2026-02-04 10:00", "2026-04-01 11:00"]
    events = [
        outage(f"Outage {k}", start, pd.Timestamp(start) + pd.Timedelta(hours=2), size=size)
        for k, (start, size) in enumerate(zip(starts, sizes, strict=True))
    ]
    lifts = [1 + (size or 1.0) for size in sizes]
    half = pd.Timedelta(minutes=30)  # the drawn hours have the effect of their first minute: here that of their middle
    drawn = [outage(event.name, event.start, event.end - half) for event in events[:4]]
    known = tuple((event, lift, shape) for event, lift in zip(drawn, lifts, strict=False))
    centre = centre_of(events=known, month_start=False, per_day=6000.0)
    ahead = pd.date_range("2026-04-01", periods=24, freq="h")
    tables = [
        Forecaster(calendar=centre.calendar, events=e).fit(centre.history).predict(starts=ahead)
        for e in (events, events[:4])
    ]
    return (tables[0]["offered"] / tables[1]["offered"]).to_numpy()


@pytest.mark.parametrize("fade", [0.05, 2.0])
def test_how_long_an_outage_is_felt_after_its_end_is_learned(draw, fade):
    found = failing(draw, fade)
    truth = np.exp(np.log(2.0) * 0.5 ** ((np.arange(13, 18) + 0.5 - 13) / fade))
    assert found[11:13] == pytest.approx([2.0, 2.0], rel=0.1)
    assert found[13:18] == pytest.approx(truth, rel=0.08)


def test_what_lasts_for_hours_lifts_by_its_size(draw):
    assert failing(draw, 0.5, sizes=(0.5, 1.0, 0.5, 1.0, 3.0))[11:13] == pytest.approx([4.0, 4.0], rel=0.2)


def test_the_lines_are_free_as_soon_as_they_are_up_again(draw):
    down = outage("Lines", "2026-04-06 10:00", "2026-04-06 12:00", volume=0.1, recalls=0.5, recall_after="3h")
    found = hourly(draw(), down, "2026-04-06")
    assert found[10:12] == pytest.approx([0.1, 0.1], abs=0.02)
    assert found[13:15] == pytest.approx([1.45, 1.45], abs=0.04)  # half of the 90% that stayed away, whatever the doubt
    assert found[[9, 12, 15]] == pytest.approx([1.0, 1.0, 1.0], abs=0.02)


def test_what_stays_of_an_event_can_be_stated(draw):
    new = launch("Card", "2026-04-01 00:00", volume=1.5, doubt=0.1, decay="2d", plateau=0.5)
    assert lift(draw(), [new], "2026-04-25") == pytest.approx(1.5**0.5, abs=0.03)
    with pytest.raises(wfm.SettingError, match="plateau of event 'x' must be a fraction"):
        launch("x", "2026-04-06", plateau=3)
