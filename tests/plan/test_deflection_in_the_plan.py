"""Contacts that go to self-service or to another queue, stated in the week's file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import wfm
from wfm.errors import DataError, SettingError
from wfm.plan.intraday import update_week

OPEN = {"voice": (9, 21), "mail": (9, 17)}
HOURS = {name: [{"days": "all", "open": f"{first:02d}:00-{last:02d}:00"}] for name, (first, last) in OPEN.items()}
WEEK = {
    "interval": "60min",
    "queues": {
        "voice": {"hours": HOURS["voice"], "target": {"share": 0.8, "within": 30}, "patience": 180, "shrinkage": {"unplanned": 0.05}},
        "mail": {"channel": "deferred", "hours": HOURS["mail"], "volume": "700/week", "aht": "5min", "classes": {"day": "24h"}},
    },
    "plan": {"start": "2026-08-03", "paths": 20},
}  # fmt: skip


def _calls(factor=lambda days: np.ones(len(days)), until="2026-08-02", since="2026-03-02"):
    days = pd.date_range(since, until)
    starts = pd.DatetimeIndex([day + pd.Timedelta(hours=hour) for day in days for hour in range(9, 21)])
    rate = 100.0 * np.repeat(factor(days), 12)
    return pd.DataFrame({"queue": "voice", "start": starts, "offered": rate, "aht": 240.0})


def _bot(day, share, **columns):
    return pd.DataFrame({"queue": "voice", "start": pd.to_datetime([day]), "share": share, **columns})


def _daily(table, queue="voice"):
    mine = table[table["queue"] == queue]
    return mine.groupby(mine["start"].dt.normalize())["offered"].sum().to_numpy()


def _planned(table, history):
    return wfm.plan_week({**WEEK, "deflection": table}, history={"voice": history})


def test_a_bot_takes_its_share_from_its_day_on_and_the_plan_says_so():
    plan = _planned(_bot("2026-08-05", 0.25), _calls())
    assert _daily(plan.forecast) == pytest.approx([1200] * 2 + [900] * 5, rel=0.02)
    drawn = plan.paths[plan.paths["queue"] == "voice"].groupby("start")["rate"].mean().to_numpy()
    assert drawn == pytest.approx([100] * 24 + [75] * 60, rel=0.05)
    assert any("voice: 1,5" in note and "contacts leave by deflection" in note for note in plan.warnings)


def test_what_history_shows_of_it_is_not_taken_twice():
    gone = _calls(lambda days: np.where(days >= "2026-07-01", 0.75, 1.0))
    assert _daily(_planned(_bot("2026-07-01", 0.25), gone).forecast) == pytest.approx([900] * 7, rel=0.02)
    later = pd.concat([_bot("2026-07-01", 0.25), _bot("2026-08-02", 0.25), _bot("2026-08-03", 0.5)])
    assert _daily(_planned(later, gone).forecast) == pytest.approx([600] * 7, rel=0.02)


def test_what_comes_elsewhere_while_that_is_closed_waits_until_it_opens():
    plan = _planned(_bot("2026-08-03", 0.2, to="mail", ratio=0.5), _calls())
    mail = plan.forecast[plan.forecast["queue"] == "mail"]
    assert mail["start"].dt.hour.between(9, 16).all()
    first, others = _daily(plan.forecast, "mail")[0], _daily(plan.forecast, "mail")[1:]
    assert first == pytest.approx(100 + 0.1 * 800, rel=0.02)  # of the first day what comes until 17:00
    assert others == pytest.approx([100 + 0.1 * 1200] * 6, rel=0.02)
    night = mail[mail["start"].dt.hour == 9]["offered"].to_numpy()[1:]
    assert night == pytest.approx([12.5 + 10 + 0.1 * 400] * 6, rel=0.02)
    assert not plan.paths.duplicated(["path", "queue", "start"]).any()


def test_a_forecast_that_was_handed_in_with_few_quantiles_gets_the_others_beside_a_queue_that_has_them():
    starts = _calls(since="2026-08-03", until="2026-08-09")["start"]
    given = pd.DataFrame({"queue": "voice", "start": starts, "offered": 100.0, "aht": 240.0})
    ranged = given.assign(**{"offered_q0.1": 80.0, "offered_q0.9": 121.0})
    plan = wfm.plan_week(WEEK, forecast={"voice": ranged})
    voice = plan.forecast[plan.forecast["queue"] == "voice"]
    ranges = voice[["offered_q0.1", "offered_q0.5", "offered_q0.9"]].to_numpy()
    assert (ranges[:, [0, 2]] == [80.0, 121.0]).all()
    assert ranges[:, 1] == pytest.approx(99, abs=3)
    bare = wfm.plan_week(WEEK, forecast={"voice": given})
    assert bare.forecast.loc[bare.forecast["queue"] == "voice", "offered_q0.9"].to_numpy() == pytest.approx(113, abs=1)


def test_an_update_in_the_day_goes_by_what_would_have_come():
    week = {**WEEK, "deflection": _bot("2026-08-03", 0.25)}
    came = _calls(lambda days: np.full(len(days), 0.75), until="2026-08-05", since="2026-08-03")
    found = update_week(week, came[came["start"] < "2026-08-05 13:00"], history={"voice": _calls()})
    assert found.forecast.loc[found.forecast["queue"] == "voice", "offered"].to_numpy() == pytest.approx(75, rel=0.03)


def test_what_left_is_no_error_of_the_past_forecasts():
    gone = _calls(lambda days: np.where(days >= "2026-07-13", 0.75, 1.0))
    past = _planned(_bot("2026-07-13", 0.25), gone).trust.set_index("name")["value"]
    assert past["day_bias"] == pytest.approx(0, abs=0.02)
    assert past["day_error"] < 0.03


def test_what_cannot_be_one_is_refused():
    with pytest.raises(DataError, match=r"deflection.to must be another queue .* go to 'male'. Did you mean 'mail'"):
        _planned(_bot("2026-08-03", 0.2, to="male"), _calls())
    with pytest.raises(DataError, match=r"share"):
        _planned(_bot("2026-08-03", 20.0), _calls())
    with pytest.raises(DataError, match=r"takes 130% of the contacts of queue 'voice' on 2026-08-03, .* at most 1"):
        _planned(pd.concat([_bot("2026-08-03", 0.7), _bot("2026-08-03", 0.6, to="mail")]), _calls())
    with pytest.raises(
        DataError, match=r"2 rows of queue 'voice' to self-service on 2026-08-03, with the shares '?0.3"
    ):
        _planned(pd.concat([_bot("2026-08-03", 0.3), _bot("2026-08-03", 0.4)]), _calls())
    ratios = pd.concat([_bot("2026-08-03", 0.3, to="mail", ratio=1.0), _bot("2026-08-05", 0.3, to="mail", ratio=0.5)])
    with pytest.raises(DataError, match=r"deflection.ratio of queue 'voice' to 'mail' must be the same in all"):
        _planned(ratios, _calls())
    with pytest.raises(SettingError, match=r"deflection: there is no file 'bot.csv'"):
        _planned("bot.csv", _calls())
