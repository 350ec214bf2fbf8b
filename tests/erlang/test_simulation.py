"""One queue: against the exact solver, the closed forms, a plain loop, and laws that every queue obeys."""

import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import erlang_a, impatience, transient
from wfm.erlang.simulation import contacts, laws, simulate, twin
from wfm.erlang.simulation.demand import demand_of
from wfm.errors import DataError, MissingExtra, SettingError

REFERENCE_DAYS = Path(__file__).parents[2] / "../shared/oracle/days_dev.csv"
HOUR = np.sin(np.linspace(0, np.pi, 24)) ** 2
DAY = {"interval": 1800, "aht": 240, "patience": 150, "within": 30}
OFFERED = 20 + 100 * HOUR
AGENTS = np.ceil(OFFERED * 240 / 1800 + 0.2 * np.sqrt(OFFERED)).astype(int)


def z_scores(found: pd.DataFrame, name: str, exact: np.ndarray) -> np.ndarray:
    return ((found[name] - exact) / found[f"{name}_error"]).to_numpy()


def forecast(offered, aht=None) -> pd.DataFrame:
    start = pd.date_range("2026-03-01 08:00", periods=len(offered), freq="30min")
    table = pd.DataFrame({"queue": "voice", "start": start, "end": start + pd.Timedelta("30min"), "offered": offered})
    return table if aht is None else table.assign(aht=aht)


def roster(*spells) -> pd.DataFrame:
    rows = [(who, pd.Timestamp(f"2026-03-01 {a}"), pd.Timestamp(f"2026-03-01 {b}"), what) for who, a, b, what in spells]
    return pd.DataFrame(rows, columns=["agent", "start", "end", "activity"])


# --- against what is exact


def test_a_day_with_rising_and_falling_staff_is_the_exact_one_within_its_error_bars():
    exact = transient.performance(OFFERED, AGENTS, **DAY)
    found = simulate(OFFERED, AGENTS, **DAY, replications=500, seed=4)
    for name in ("service_level", "queue_length", "occupancy"):
        z = z_scores(found.intervals, name, exact[name].to_numpy())
        assert abs(z.mean()) < 4 * z.std() / 24**0.5 + 0.6, name
        assert 0.6 < z.std() < 1.5, name
        assert np.abs(z).max() < 5, name
    day = exact["service_level"] @ OFFERED / OFFERED.sum()
    assert abs(found.service_level - day) < 4 * found.error
    lost = exact["abandoned"].sum() / OFFERED.sum()
    assert abs(found.total["abandon_rate"].item() - lost) < 4 * found.total["abandon_rate_error"].item()


def test_error_bars_are_as_wide_as_the_spread_between_seeds():
    exact = transient.performance(OFFERED, AGENTS, **DAY)["service_level"].to_numpy()
    z = np.array(
        [
            z_scores(simulate(OFFERED, AGENTS, **DAY, replications=60, seed=s).intervals, "service_level", exact)
            for s in range(12)
        ]
    )
    assert 0.88 < z.std() < 1.15
    totals = [simulate(OFFERED, AGENTS, **DAY, replications=20, seed=100 + s).total for s in range(30)]
    for name in ("service_level", "abandon_rate", "asa", "occupancy", "queue_length", "longest_wait"):
        spread = np.std([t[name].item() for t in totals], ddof=1)
        claimed = np.mean([t[f"{name}_error"].item() for t in totals])
        assert 0.75 < spread / claimed < 1.3, name


@pytest.mark.skipif(not REFERENCE_DAYS.exists(), reason="reference days are not here")
def test_every_reference_day_lies_within_the_error_bars():
    days = pd.read_csv(REFERENCE_DAYS)
    scores, by_day = [], []
    for seed, (_, g) in enumerate(days.groupby(["day", "plan"])):
        g, width = g.sort_values("interval"), float(g.dt_s.iloc[0])
        offered = g.lam_actual_per_h.to_numpy() * width / 3600
        found = simulate(
            offered,
            g.staff.to_numpy(),
            interval=width,
            aht=float(g.aht_s.iloc[0]),
            patience=float(g.patience_s.iloc[0]),
            within=float(g.T_s.iloc[0]),
            replications=30,
            seed=seed,
            engine="numpy",
        )
        scores.append(z_scores(found.intervals, "service_level", g.exact_sl_offered_T.to_numpy()))
        by_day.append((found.service_level - g.exact_sl_offered_T.to_numpy() @ offered / offered.sum()) / found.error)
    z = np.concatenate(scores)
    assert np.abs(by_day).max() < 4
    assert abs(np.mean(by_day)) < 1
    assert abs(z.mean()) < 0.25
    assert 0.85 < z.std() < 1.2


@pytest.mark.parametrize("abandoned", ["lost", "ignored", "met", "answered"])
def test_a_long_day_is_erlang_a_in_every_definition(abandoned):
    exact = erlang_a.service_level(12, 11.0, aht=180, patience=120, within=20, abandoned=abandoned, short=5)
    found = simulate(
        [11 * 1800 / 180] * 40, 12, interval=1800, aht=180, patience=120, within=20, abandoned=abandoned, short=5,
        replications=60, seed=2,
    )  # fmt: skip
    assert abs(found.service_level - exact) < 4 * found.error + 0.002  # begins empty
    assert found.error < 0.004


def test_virtual_and_credited_follow_from_their_formulas():
    queue = {"interval": 3600, "aht": 180, "patience": 120, "replications": 60, "seed": 3}
    virtual = simulate([220.0] * 20, 12, **queue, within=20, abandoned="virtual")
    met = simulate([220.0] * 20, 12, **queue, within=20, abandoned="met")
    lost = simulate([220.0] * 20, 12, **queue, within=20)
    # P(W <= T) = 1 - P(V > T) exp(-T / patience)
    assert 1 - (1 - virtual.service_level) * np.exp(-20 / 120) == pytest.approx(met.service_level, abs=0.004)
    quick = simulate([220.0] * 20, 12, **queue, within=20, abandoned="credited", short=20)
    assert quick.service_level == met.service_level
    assert simulate([220.0] * 20, 12, **queue, within=20, abandoned="credited").service_level == lost.service_level


@pytest.mark.parametrize(
    ("patience", "exact"),
    [
        (laws.fixed(90), impatience.fixed(90)),
        (laws.uniform(90), impatience.uniform(90)),
        (laws.weibull(90, shape=0.5), impatience.weibull(90, shape=0.5)),
        (laws.two_kinds(90, share=0.2), impatience.two_kinds(90, share=0.2)),
        (laws.balking(90, leave=0.3), impatience.balking(90, leave=0.3)),
    ],
)
def test_patience_of_any_law_gives_the_service_of_its_formula(patience, exact):
    expected = impatience.performance(10, 10.0, exact, aht=120, within=20)
    found = simulate([300.0] * 20, 10, interval=3600, aht=120, patience=patience, within=20, replications=40, seed=5)
    assert abs(found.service_level - expected["service_level"]) < 4 * found.error + 0.002
    lost = found.total[["abandon_rate", "abandon_rate_error"]].iloc[0]
    assert abs(lost["abandon_rate"] - expected["abandon_rate"]) < 4 * lost["abandon_rate_error"] + 0.002


def test_fixed_handle_times_halve_the_wait_of_endless_patience():
    queue = {"interval": 36_000, "within": 20, "replications": 60, "seed": 6}
    plain = simulate([850 * 5], 5, **queue, aht=34.0)
    steady = simulate([850 * 5], 5, **queue, handle=laws.fixed(34.0))
    assert steady.total["asa"].item() / plain.total["asa"].item() == pytest.approx(0.5, abs=0.06)


# --- against a plain loop over windows


def plain_waits(arrival, handle, patience, windows):
    """Kiefer and Wolfowitz with every window looked at for every contact; windows are (person, start, end)."""
    free = {}
    out = []
    for t, s, p in zip(arrival, handle, patience, strict=True):
        begins = [  # of several who are idle the longest idle
            (max(free.get(who, 0.0), start, t), max(free.get(who, 0.0), start), who)
            for who, start, end in windows
            if max(free.get(who, 0.0), start, t) < end
        ]
        begin, _, who = min(begins, default=(np.inf, np.inf, None))
        out.append(begin - t)
        if begin - t <= p and who is not None:
            free[who] = begin + s
    return np.array(out)


@settings(max_examples=20, deadline=None)
@given(
    cuts=st.lists(st.lists(st.integers(0, 24), min_size=2, max_size=6, unique=True), min_size=1, max_size=5),
    seed=st.integers(0, 999),
    endless=st.booleans(),
)
def test_windows_are_served_as_by_a_plain_loop(cuts, seed, endless):
    spells = [  # nobody begins at the same moment
        (f"a{k}", 900 * a + k, 900 * b + k)
        for k, c in enumerate(cuts)
        for a, b in zip(sorted(c)[::2], sorted(c)[1::2], strict=False)
    ]
    origin, second = pd.Timestamp("2026-03-01 08:00"), pd.Timedelta("1s")
    rows = pd.DataFrame(
        [(who, origin + a * second, origin + b * second, "work") for who, a, b in spells],
        columns=["agent", "start", "end", "activity"],
    )
    patience = np.inf if endless else 400.0
    log = contacts(forecast([12.0] * 12), rows, aht=500.0, patience=patience, seed=seed)
    demand = demand_of(forecast([12.0] * 12), interval=None, aht=500.0, handle=None, patience=patience)
    arrival, handle, patient = demand.draw(np.random.default_rng([seed, 0]), 0)
    wait = plain_waits(arrival, handle, patient, spells)
    served = (wait <= patient) & np.isfinite(wait)
    np.testing.assert_array_equal(log["outcome"].eq("answered").to_numpy(dtype=bool), served)
    np.testing.assert_allclose(log["wait"].to_numpy(dtype=float)[served], wait[served], atol=1e-9)
    np.testing.assert_allclose(log["handle"].to_numpy(dtype=float)[served], handle[served], atol=1e-9)


# --- laws


@settings(max_examples=15, deadline=None)
@given(
    offered=st.lists(st.integers(0, 60), min_size=2, max_size=8),
    agents=st.integers(0, 8),
    patience=st.sampled_from([20.0, 200.0, np.inf]),
    seed=st.integers(0, 99),
)
def test_what_every_log_of_contacts_obeys(offered, agents, patience, seed):
    log = contacts(offered, agents, interval=900, aht=120, patience=patience, seed=seed)
    answered = log[log["outcome"] == "answered"]
    begin = answered["arrival"] + pd.to_timedelta(answered["wait"], unit="s")
    assert (answered["wait"] >= 0).all()  # nobody is answered before arrival
    assert begin.is_monotonic_increasing  # first come, first served
    assert log["arrival"].is_monotonic_increasing
    assert (log["outcome"].notna() | (agents == 0)).all()
    if np.isinf(patience):
        assert not (log["outcome"] == "abandoned").any()
    end = begin + pd.to_timedelta(answered["handle"], unit="s") - pd.Timedelta("1us")
    moves = (
        pd.concat([pd.Series(1, index=begin), pd.Series(-1, index=end)]).groupby(level=0).sum().sort_index().cumsum()
    )
    assert moves.max() <= agents if len(moves) else True  # no agent has two contacts


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 999), agents=st.integers(1, 6))
def test_one_more_agent_shortens_no_wait_of_endless_patience_the_wrong_way(seed, agents):
    few, many = (contacts([30.0] * 4, n, interval=900, aht=120, seed=seed)["wait"] for n in (agents, agents + 1))
    assert (many <= few + 1e-9).all()


def test_more_agents_never_hurt():
    levels = [simulate(OFFERED, AGENTS + n, **DAY, replications=50, seed=7).total for n in (-2, 0, 1, 3)]
    for name, sign in (("service_level", 1), ("abandon_rate", -1), ("asa", -1), ("longest_wait", -1)):
        assert (np.diff([t[name].item() for t in levels]) * sign > 0).all(), name


def test_without_contacts_the_service_is_one_and_nobody_is_busy():
    found = simulate([0.0, 0.0], [3, 0], interval=900, aht=120, patience=60, within=20, replications=5)
    assert found.intervals["service_level"].tolist() == [1.0, 1.0]
    assert found.total[["abandon_rate", "occupancy", "longest_wait", "service_level_error"]].to_numpy().tolist() == [
        [0] * 4
    ]


def test_without_agents_everybody_hangs_up_when_patience_ends():
    found = simulate([50.0], [0], interval=900, aht=120, patience=60, within=20, replications=50)
    assert found.total[["service_level", "abandon_rate"]].to_numpy().tolist() == [[0.0, 1.0]]
    assert found.total["queue_length"].item() == pytest.approx(50 / 900 * 60, rel=0.1)
    endless = contacts([50.0], [0], interval=900, aht=120)
    assert endless["outcome"].isna().all()
    assert endless["wait"].isna().all()


def test_who_has_to_leave_finishes_the_contact_in_hand():
    day = forecast([40.0, 0.0])
    crew = roster(("a", "08:00", "08:30", "work"), ("b", "08:00", "08:30", "work"))
    log = contacts(day, crew, aht=300.0, patience=60.0, seed=1).query("outcome == 'answered'")
    begin = log["arrival"] + pd.to_timedelta(log["wait"], unit="s")
    assert begin.max() < pd.Timestamp("2026-03-01 08:30")
    assert (begin + pd.to_timedelta(log["handle"], unit="s")).max() > pd.Timestamp("2026-03-01 08:30")
    found = simulate(day, crew, aht=300.0, patience=60.0, within=20, replications=20)
    assert found.intervals["agents"].tolist() == [2.0, 0.0]
    assert found.intervals["occupancy"].iloc[0] > 0.9
    assert found.intervals["occupancy"].iloc[1] == 0  # overtime is nobody's time


def test_a_break_that_begins_late_does_not_double_the_agent():
    crew = roster(("a", "08:00", "08:10", "work"), ("a", "08:10", "08:15", "break"), ("a", "08:15", "09:00", "work"))
    log = contacts(forecast([30.0, 30.0]), crew, aht=600.0, patience=300.0, seed=3).query("outcome == 'answered'")
    begin = log["arrival"] + pd.to_timedelta(log["wait"], unit="s")
    end = begin + pd.to_timedelta(log["handle"], unit="s")
    assert (begin.to_numpy()[1:] >= end.to_numpy()[:-1]).all()
    assert not begin.between(pd.Timestamp("2026-03-01 08:10"), pd.Timestamp("2026-03-01 08:14:59")).any()


# --- draws


def test_replications_are_the_same_however_many_there_are_and_however_they_are_parted(monkeypatch):
    part = importlib.import_module("wfm.erlang.simulation.one_queue")
    whole = simulate(OFFERED, AGENTS, **DAY, unplanned=0.05, replications=12, seed=8)
    few = simulate(OFFERED, AGENTS, **DAY, replications=5, seed=8)
    all_of_them = simulate(OFFERED, AGENTS, **DAY, replications=12, seed=8)
    pd.testing.assert_frame_equal(few.replications, all_of_them.replications.head(5))
    monkeypatch.setattr(part, "_CONTACTS_AT_ONCE", 6000)
    again = simulate(OFFERED, AGENTS, **DAY, unplanned=0.05, replications=12, seed=8)
    for name in ("intervals", "replications", "total"):
        pd.testing.assert_frame_equal(getattr(whole, name), getattr(again, name))
    assert not simulate(OFFERED, AGENTS, **DAY, replications=12, seed=9).total.equals(all_of_them.total)


def test_one_replication_is_the_log_of_its_contacts():
    found = simulate(OFFERED, AGENTS, **DAY, replications=3, seed=8).replications.iloc[2]
    log = contacts(OFFERED, AGENTS, interval=1800, aht=240, patience=150, replication=2, seed=8)
    assert len(log) == found["offered"]
    met = (log["outcome"] == "answered") & (log["wait"] <= 30)
    assert met.mean() == pytest.approx(found["service_level"])
    assert log["wait"].max() == pytest.approx(found["longest_wait"])
    assert log["wait"].min() == found["shortest_wait"]
    assert np.sort(log["wait"])[int(np.ceil(0.95 * len(log))) - 1] == pytest.approx(found["wait_q95"])


def test_paths_are_followed_one_a_replication():
    paths = np.array([[10.0, 10.0], [300.0, 300.0]])
    found = simulate(paths, 20, interval=1800, aht=120, patience=60, within=20, replications=10).replications
    assert (found["offered"][::2] < 60).all()
    assert (found["offered"][1::2] > 450).all()
    table = pd.concat([forecast(row).rename(columns={"offered": "rate"}).assign(path=k) for k, row in enumerate(paths)])
    same = simulate(table, 20, aht=120, patience=60, within=20, replications=10).replications
    pd.testing.assert_frame_equal(found, same)


def test_a_spread_makes_days_differ_and_service_worse():
    calm, wild = (simulate(OFFERED, AGENTS, **DAY, spread=s, replications=200, seed=1) for s in (0.0, 0.2))
    offered = wild.replications["offered"]
    assert offered.std() / offered.mean() == pytest.approx(0.2, abs=0.03)
    assert wild.service_level < calm.service_level - 0.01


def test_unplanned_absence_takes_its_share_of_the_people():
    crew = pd.DataFrame(
        {
            "shift": ["early"],
            "start": [pd.Timestamp("2026-03-01 08:00")],
            "end": [pd.Timestamp("2026-03-01 12:00")],
            "activity": ["work"],
            "paid": [True],
            "people": [20],
            "type": ["early"],
        }
    )
    queue = {"aht": 240, "patience": 150, "within": 30, "replications": 300}
    day = forecast([60.0] * 8)
    assert simulate(day, crew, **queue).total["agent_hours"].item() == pytest.approx(80.0)
    away = simulate(day, crew, **queue, unplanned=0.1)
    assert away.total["agent_hours"].item() == pytest.approx(72.0, rel=0.01)
    counted = simulate([60.0] * 8, 20, interval=1800, **queue, unplanned=0.1)
    assert counted.total["agent_hours"].item() == pytest.approx(72.0, rel=0.01)


def test_given_arrivals_are_replayed():
    log = contacts(forecast([40.0] * 4), 6, aht=240.0, patience=90.0, seed=2)
    crew = forecast([40.0] * 4).assign(agents=6)
    again = contacts(log, crew[["queue", "start", "end", "agents"]], interval=1800, patience=90.0, seed=5)
    pd.testing.assert_series_equal(again["arrival"], log["arrival"], check_exact=False)
    assert set(again["handle"].dropna().round(6)) <= set(log["handle"].dropna().round(6))


def test_handle_times_by_interval_scale_their_law():
    log = contacts([400.0, 400.0], 500, interval=1800, aht=[100.0, 300.0], handle=laws.lognormal(1.0, cv=0.3), seed=2)
    early = log["arrival"] < log["arrival"].min().normalize() + pd.Timedelta("30min")
    assert log.loc[early, "handle"].mean() == pytest.approx(100, rel=0.1)
    assert log.loc[~early, "handle"].mean() == pytest.approx(300, rel=0.1)
    table = forecast([400.0, 400.0], aht=[100.0, 300.0])
    assert contacts(table, 500, seed=2)["handle"].mean() == pytest.approx(200, rel=0.15)


def test_the_tables_of_the_caller_stay_as_they_are():
    day, crew = forecast([40.0] * 2), roster(("a", "08:00", "09:00", "work"))
    before = day.copy(), crew.copy()
    simulate(day, crew, aht=100.0, within=20, replications=2)
    pd.testing.assert_frame_equal(day, before[0])
    pd.testing.assert_frame_equal(crew, before[1])


# --- the compiled twin


def both_engines(monkeypatch, **arguments):
    monkeypatch.setattr(twin, "compiled", lambda function: function)  # the same loops, slowly
    monkeypatch.setattr(twin, "available", lambda: True)
    return (simulate(**arguments, engine=engine) for engine in ("numpy", "numba"))


def test_the_loops_of_the_twin_find_the_same_numbers(monkeypatch):
    crew = roster(
        *((f"a{k}", f"{8 + k % 3:02d}:00", f"{9 + k % 3:02d}:10", "work") for k in range(9)),
        *((f"a{k}", f"{9 + k % 3:02d}:15", f"{11 + k % 3:02d}:00", "work") for k in range(9)),
    )
    for arguments in (
        {"offered": OFFERED[:8], "agents": AGENTS[:8], **DAY, "unplanned": 0.1},
        {"offered": OFFERED[:8], "agents": AGENTS[:8][::-1].copy(), **DAY},
        {"offered": forecast([35.0] * 8), "agents": crew, "aht": 240, "patience": 200, "within": 30, "unplanned": 0.1},
    ):
        array, loop = both_engines(monkeypatch, **arguments, replications=6, seed=3)
        for name in ("intervals", "replications", "total"):
            pd.testing.assert_frame_equal(getattr(array, name), getattr(loop, name))


@pytest.mark.slow
def test_the_compiled_twin_finds_the_same_numbers():
    pytest.importorskip("numba")
    array, loop = (simulate(OFFERED, AGENTS, **DAY, replications=50, seed=3, engine=e) for e in ("numpy", "numba"))
    pd.testing.assert_frame_equal(array.total, loop.total)


def test_without_numba_the_way_to_get_it_is_told(monkeypatch):
    monkeypatch.setattr(twin, "available", lambda: False)
    with pytest.raises(MissingExtra, match=r'pip install "openwfm\[fast\]"'):
        simulate([10.0], 2, interval=900, aht=120, within=20, engine="numba")
    assert simulate([10.0], 2, interval=900, aht=120, within=20, engine="auto", replications=2).service_level > 0


# --- refusals


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"agents": [1, 2]}, "one number for each of the 3 intervals"),
        ({"agents": [1, 2.5, 3]}, "whole numbers"),
        ({"interval": None}, "interval must be given"),
        ({"aht": None}, "aht must be given"),
        ({"offered": [1.0, -2.0, 3.0]}, "offered must be >= 0"),
        ({"abandoned": "forgotten"}, "abandoned must be one of"),
        ({"engine": "fortran"}, "engine must be one of"),
        ({"replications": 0}, "replications must be a whole number"),
        ({"replications": 1.5}, "replications must be a whole number"),
        ({"within": -1}, "within must be a duration"),
        ({"unplanned": 5}, "Did you mean 0.05"),
    ],
)
def test_arguments_that_cannot_be_are_refused(change, match):
    good = {"offered": [10.0] * 3, "agents": 3, "interval": 900, "aht": 120, "within": 20, "replications": 2}
    with pytest.raises(SettingError, match=match):
        simulate(**{**good, **change})


def test_tables_that_do_not_fit_are_refused():
    day = forecast([10.0] * 4)
    with pytest.raises(DataError, match="must hold one queue"):
        simulate(pd.concat([day, day.assign(queue="chat")]), 3, aht=60, within=20)
    with pytest.raises(DataError, match="without a gap"):
        simulate(day.drop(index=1), 3, aht=60, within=20)
    with pytest.raises(DataError, match="exactly one row for each interval"):
        simulate(day, day.head(2).assign(agents=3), aht=60, within=20)
    with pytest.raises(DataError, match="offered as a table with times"):
        simulate([10.0], roster(("a", "08:00", "09:00", "work")), interval=1800, aht=60, within=20)
    with pytest.raises(DataError, match="must not overlap"):
        simulate(day, roster(("a", "08:00", "09:00", "work"), ("a", "08:30", "10:00", "work")), aht=60, within=20)
