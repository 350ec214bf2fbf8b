from dataclasses import FrozenInstanceError, fields

import numpy as np
import pandas as pd
import pytest

from wfm.datasets import Bank, bank
from wfm.datasets.truth import MONTH_START
from wfm.errors import SettingError
from wfm.tables import AGENTS, AVAILABILITY, HISTORY, ROSTER, WISHES, check

LAST_YEAR = pd.Timestamp("2025-11-08")


def year_of(found: Bank, queue: str = "voice") -> pd.DataFrame:
    """The last year of a queue, with the day of the Solar Hijri month."""
    rows = found.history[(found.history["queue"] == queue) & (found.history["start"] >= LAST_YEAR)]
    month_day = found.calendar.month_day(pd.DatetimeIndex(rows["start"]))["day"].to_numpy()
    return rows.assign(month_day=month_day)


def service_level(rows: pd.DataFrame) -> float:
    return float(rows["answered_within"].sum() / rows["offered"].sum())


def longest_waits(found: Bank, queue: str = "voice") -> pd.Series:
    rows = found.longest_wait[(found.longest_wait["queue"] == queue) & (found.longest_wait["start"] >= LAST_YEAR)]
    return rows.set_index("start")["longest_wait"]


def assert_calibrated(found: Bank) -> None:
    voice = year_of(found)
    month_start = voice["month_day"] <= 6
    assert 0.76 <= service_level(voice) <= 0.84
    assert service_level(voice[month_start]) <= service_level(voice[~month_start]) - 0.15
    assert 14 * 60 <= longest_waits(found).max() <= 24 * 60
    outages = {event.start.normalize() for event in found.events if event.kind == "outage"}
    assert longest_waits(found).idxmax() in outages


def test_about_80_percent_of_the_years_calls_are_answered_within_60_seconds(served: Bank) -> None:
    assert 0.76 <= service_level(year_of(served)) <= 0.84
    assert set(year_of(served)["within"]) == {60.0}


def test_days_1_to_6_of_the_solar_hijri_month_are_clearly_the_worst(served: Bank) -> None:
    voice = year_of(served)
    by_day = voice.groupby("month_day")[["answered_within", "offered"]].sum()
    level = by_day["answered_within"] / by_day["offered"]
    month_start = voice["month_day"] <= 6
    assert service_level(voice[month_start]) <= service_level(voice[~month_start]) - 0.15
    assert set(level.nsmallest(3).index) <= {1, 2, 3, 4, 5, 6}


def test_the_longest_wait_is_near_19_minutes_and_in_a_partner_outage(served: Bank) -> None:
    longest = longest_waits(served)
    outages = {event.start.normalize() for event in served.events if event.kind == "outage"}
    assert 14 * 60 <= longest.max() <= 24 * 60
    assert longest.idxmax() in outages
    assert (longest > 12 * 60).sum() < 10  # elsewhere nobody waits as long


def test_the_shortest_wait_is_about_a_second(served: Bank) -> None:
    voice = year_of(served)
    assert voice["asa"].min() == pytest.approx(1.0, abs=0.01)
    assert voice["abandoned"].sum() / voice["offered"].sum() < 0.12


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 9))
def test_the_calibration_holds_for_other_seeds(seed: int) -> None:
    assert_calibrated(bank(seed))


def test_every_table_is_in_the_form_of_its_specification(served: Bank, plain: Bank) -> None:
    for found in (served, plain):
        for name, spec in (
            ("history", HISTORY),
            ("future", HISTORY),
            ("agents", AGENTS),
            ("absences", AVAILABILITY),
            ("wishes", WISHES),
            ("rosters", ROSTER),
            ("absent", AVAILABILITY),
        ):
            table = getattr(found, name)
            pd.testing.assert_frame_equal(check(table, spec), table)


def test_history_is_two_years_of_half_hours_round_the_clock_and_the_future_follows(served: Bank) -> None:
    for queue, rows in served.history.groupby("queue"):
        assert rows["start"].tolist() == pd.date_range("2024-11-09", "2026-11-07 23:30", freq="30min").tolist(), queue
    assert sorted(served.history["queue"].unique()) == ["chat", "tickets", "voice"]
    assert served.future["start"].min() == pd.Timestamp("2026-11-08")
    assert served.future["end"].max() == pd.Timestamp("2027-01-03")


def test_every_contact_is_answered_or_hangs_up(served: Bank) -> None:
    live = served.history[served.history["queue"] != "tickets"]
    assert (live["answered"] + live["abandoned"] == live["offered"]).all()
    assert (live["answered_within"] <= live["answered"]).all()
    assert (live["aht"].isna() == (live["answered"] == 0)).all()


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = bank(3, weeks=5), bank(3, weeks=5)
    for field in fields(Bank):
        one, other = getattr(first, field.name), getattr(second, field.name)
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one, other, check_exact=True)
    pd.testing.assert_frame_equal(first.truth.rates, second.truth.rates, check_exact=True)
    assert first.events == second.events


def test_the_service_does_not_change_what_came(served: Bank, plain: Bank) -> None:
    pd.testing.assert_frame_equal(
        served.history[["queue", "start", "end", "offered"]], plain.history[["queue", "start", "end", "offered"]]
    )
    pd.testing.assert_frame_equal(served.future, plain.future)
    assert plain.rosters.empty
    assert plain.history.columns.tolist() == ["queue", "start", "end", "offered", "aht"]


def test_seeds_differ_in_noise_and_modestly_in_their_effects() -> None:
    banks = [bank(seed, service=False) for seed in range(8)]
    offered = {float(found.history["offered"].sum()) for found in banks}
    first_day = np.array([found.truth.month_start[1] for found in banks])
    assert len(offered) == 8
    assert 0.01 < first_day.std() < 0.08
    assert first_day.mean() == pytest.approx(np.log1p(MONTH_START[0]), abs=0.06)


def needed(rates: pd.DataFrame, patience: float, slots: int) -> float:
    """Agent-hours for 80% within 60 s and at most 5% hanging up in every half hour, by a birth and death chain."""
    return (
        sum(
            _fewest(rate * aht / 1800, aht, patience, slots)
            for rate, aht in zip(rates["expected"], rates["aht"], strict=True)
        )
        / 2
    )


def _fewest(load: float, aht: float, patience: float, slots: int) -> int:
    agents = max(1, int(0.8 * load / slots))
    while not _kept(agents * slots, load, aht, patience):
        agents += 1
    return agents


def _kept(servers: int, load: float, aht: float, patience: float) -> bool:
    state = np.arange(1, int(servers + load + 12 * np.sqrt(load) + 40))
    leave = np.minimum(state, servers) / aht + np.maximum(state - servers, 0) / patience
    log_p = np.concatenate([[0.0], np.cumsum(np.log(load / aht) - np.log(leave))])
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    waiting = np.arange(len(p) - servers)
    abandoned = (p[servers:] * waiting).sum() / patience / (load / aht)
    mean_wait = np.cumsum(1 / (servers / aht + waiting / patience))  # of who meets so many in the queue
    late = (p[servers:] * (mean_wait > 60)).sum()
    return late + abandoned <= 0.20 and abandoned <= 0.05


def test_the_people_suffice_for_an_ordinary_week_but_not_for_the_month_start(plain: Bank) -> None:
    rates = plain.truth.rates
    hours = {}
    for week in ("2026-11-14", "2026-11-21"):
        start = pd.Timestamp(week)
        rows = rates[(rates["start"] >= start) & (rates["start"] < start + pd.Timedelta(days=7))]
        of = dict(list(rows.groupby("queue")))
        tickets = (of["tickets"]["expected"] * of["tickets"]["aht"]).sum() / 3600
        hours[week] = needed(of["voice"], 240, 1) + needed(of["chat"], 300, 3) + tickets
    assert 3_500 <= hours["2026-11-14"] <= 3_950
    assert 4_650 <= hours["2026-11-21"] <= 5_250


def test_dates_without_known_holidays_are_refused() -> None:
    with pytest.raises(SettingError, match="must keep the bank between 2024-02-01 and 2027-12-31"):
        bank(until="2026-11-07", weeks=190)
    with pytest.raises(SettingError, match="weeks must be a number in"):
        bank(weeks=0)
    with pytest.raises(SettingError, match="seed must be a number in"):
        bank(-1)


def test_a_solar_hijri_date_is_understood() -> None:
    assert bank(weeks=2, until="1405-08-16", service=False).history["end"].max() == pd.Timestamp("2026-11-08")


def test_a_history_that_ends_in_mid_week_has_rosters_to_its_end() -> None:
    found = bank(weeks=4, until="2026-06-10", ahead=0)
    assert found.future.empty
    assert found.rosters["start"].max() >= pd.Timestamp("2026-06-10 18:00")
    assert found.history.loc[found.history["queue"] == "voice", "staffed"].tail(40).min() > 0


def test_a_bank_cannot_be_changed(plain: Bank) -> None:
    with pytest.raises(FrozenInstanceError, match="cannot assign"):
        plain.history = pd.DataFrame()  # type: ignore[misc]
