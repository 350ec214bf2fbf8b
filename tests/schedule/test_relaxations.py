"""Why a roster is short, and what would mend it: told in words, confirmed by solving."""

import numpy as np
import pandas as pd
import pytest

from wfm.errors import InfeasibleError
from wfm.schedule import Break, Contract, People, ShiftType, build_roster, check_roster, read_rule
from wfm.schedule.desk.gains import Trial
from wfm.schedule.desk.lawful_again import mend_contradictions
from wfm.schedule.desk.loosening import Loosening, line_of, loosened, loosenings, said
from wfm.schedule.desk.relaxations import _case_of, _cost_of, explain_roster
from wfm.schedule.rules import all_rules, rules_of

MONDAY = pd.Timestamp("2026-11-23")
FULL = ShiftType(
    name="full",
    length="9h",
    starts="07:00-13:00/60min",
    breaks=[Break(name="meal", length="60min", paid=False, between=("3h", "5h"))],
)
SHORT = ShiftType(name="short", length="4h", starts="07:00-18:00/60min")


def a_short_centre(**more):
    starts = pd.date_range(MONDAY, periods=7 * 24, freq="60min")
    open_ = (starts.hour >= 7) & (starts.hour < 22)
    return {
        "demand": pd.DataFrame({"queue": "voice", "start": starts, "agents": np.where(open_, 5.0, 0.0)}),
        "agents": pd.DataFrame({"agent": [f"A{k}" for k in range(8)], "contract": ["ft"] * 6 + ["pt"] * 2}),
        "contracts": {
            "ft": Contract(name="ft", hours_per_week=(40, 40), days_per_week=(5, 5), shifts=("full",)),
            "pt": Contract(name="pt", hours_per_week=(16, 24), shifts=("short",)),
        },
        "shift_types": [FULL, SHORT],
        "time_limit": 20,
        **more,
    }


@pytest.fixture(scope="module")
def told():
    given = a_short_centre()
    roster = build_roster(**given)
    return given, roster, explain_roster(roster, given, people=2, ways=1, time_limit=60)


def test_each_way_out_closes_what_it_says_and_breaks_only_the_rules_it_names(told):
    _, _, explanation = told
    assert len(explanation.relaxations)
    for way in explanation.relaxations.itertuples():
        assert way.closed > 0
        assert explanation.missing - way.closed == pytest.approx(way.left)
        places = explanation.places[explanation.places["relaxation"] == way.relaxation]
        assert set(places["agent"]) == set(way.agents)
        assert set(places["rule"]) <= {part.split(" ")[0] for part in way.relaxation.split(" and ")}


def test_the_lines_of_a_way_out_are_read_back_as_rules_that_have_that_effect(told):
    import yaml

    given, roster, explanation = told
    way = explanation.relaxations.iloc[0]
    rules = [read_rule(yaml.safe_load(line)) for line in way["lines"]]
    again = build_roster(**{**given, "rules": rules, "start_from": roster.table, "change_cost": 0.0})
    assert again.objective < roster.objective - 1e-6


def test_the_reasons_of_a_shortage_name_the_hour_the_number_and_who_may_work(told):
    _, _, explanation = told
    worst = explanation.shortages.iloc[0]
    assert worst["short"] > 0
    assert worst["at_work"] <= worst["may_work"] <= 8
    assert "all 8 may work then" in worst["why"]
    assert f"{worst['start']:%a %d %b %H:%M}" in explanation.text
    assert "closes" in explanation.text


def test_an_explanation_without_time_says_that_it_had_none(told):
    given, roster, _ = told
    hurried = explain_roster(roster, given, shortages=1, time_limit=1e-6)
    assert not hurried.complete
    assert "time limit" in hurried.text


def test_nobody_missing_needs_no_explanation():
    given = a_short_centre()
    given["demand"] = given["demand"].assign(agents=0.0)
    assert explain_roster(build_roster(**given), given).text == "Nobody is missing."


def test_absent_people_may_not_work():
    given = a_short_centre(time_limit=1)
    away = pd.DataFrame(
        {
            "agent": [f"A{k}" for k in range(5)],
            "start": MONDAY,
            "end": MONDAY + pd.Timedelta(days=7),
            "kind": "off",
        }
    )
    given["agents"] = People(agents=given["agents"], contracts=given.pop("contracts"), availability=away)
    explanation = explain_roster(build_roster(**given), given, ways=0, shortages=1)
    assert explanation.shortages["may_work"].tolist() == [3]
    assert "only 3 of 8 may work then" in explanation.text


def locked(agent, *days, kind="full"):
    return pd.DataFrame({"agent": agent, "start": [MONDAY + pd.Timedelta(days=d) for d in days], "type": kind})


def test_locks_that_contradict_a_rule_are_mended_by_the_smallest_step_for_that_person_alone():
    given = a_short_centre()
    people = People(agents=given["agents"], contracts=given.pop("contracts"), locks=locked("A1", *range(7)))
    given["agents"] = people
    with pytest.raises(InfeasibleError, match="contradict"):
        build_roster(**given)
    given["agents"] = People(
        agents=people.agents,
        contracts={**people.contracts, "ft": Contract(name="ft", shifts=("full",), max_consecutive_days=5)},
        locks=people.locks,
    )
    mended = mend_contradictions(given)
    assert mended.relaxations[["agent", "relaxation"]].to_numpy().tolist() == [["A1", "max_consecutive_days 5->7"]]
    own = mended.roster.table[mended.roster.table["agent"] == "A1"]
    assert own["start"].dt.normalize().nunique() == 7
    others = all_rules([], given["agents"].contracts)
    broken = check_roster(mended.roster.table, given["agents"], others, given["shift_types"])
    assert set(broken[broken["hard"].astype(bool)]["agent"]) == {"A1"}


@pytest.mark.slow
def test_one_lock_gives_way_before_two_rules_do():
    given = a_short_centre()
    given["agents"] = People(agents=given["agents"], contracts=given.pop("contracts"), locks=locked("A1", *range(6)))
    mended = mend_contradictions(given)
    assert mended.text == "A1: the lock 'full' on Mon 23 Nov 00:00 taken away"


@pytest.mark.slow
def test_two_locks_on_one_day_cost_a_lock():
    given = a_short_centre()
    both = pd.concat([locked("A6", 2, kind="short"), locked("A6", 2, kind="off")])
    given["agents"] = People(agents=given["agents"], contracts=given.pop("contracts"), locks=both)
    mended = mend_contradictions(given)
    assert mended.relaxations["relaxation"].str.contains("the lock").tolist() == [True]
    assert mended.relaxations["line"].isna().all()


def test_nothing_is_relaxed_where_nothing_contradicts():
    mended = mend_contradictions(a_short_centre())
    assert mended.text == "Nothing contradicts."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ({"type": "max_consecutive_days", "most": 5}, "max_consecutive_days 5->6"),
        ({"type": "min_rest", "rest": "11h"}, "min_rest 11 h->10 h"),
        ({"type": "min_days_off", "least": 3}, "min_days_off 3->2"),
        ({"type": "min_days_off", "least": 2}, "min_days_off dropped"),
        ({"type": "no_nights"}, "no_nights dropped"),
        ({"type": "hours_per_week", "most": 40}, "hours_per_week 40->44"),
    ],
)
def test_each_rule_is_loosened_by_its_smallest_step(text, words):
    assert said(read_rule(text)) == words


def test_hours_make_room_for_the_shortest_shift_that_is_allowed():
    rules = rules_of(a_short_centre()["contracts"])
    names = [one.name for one in loosenings(rules, {"full": 8.0, "short": 4.0})]
    assert "hours_per_week 40->48 and days_per_week 5->6" in names
    assert "hours_per_week 24->28" in names


def test_a_loosened_rule_stands_instead_of_all_others_of_its_type():
    rule = read_rule({"type": "max_consecutive_days", "most": 5})
    found = all_rules(
        [rule, *Loosening(rules=(rule,)).for_(["A1"])], {"ft": Contract(name="ft", max_consecutive_days=4)}
    )
    meant = {(one.most, one.but, one.agents) for one in found if one.name == "max_consecutive_days"}
    assert meant == {(4, ("A1",), ()), (5, ("A1",), ()), (6, (), ("A1",))}
    assert line_of(found[-1]) == "{type: max_consecutive_days, agents: [A1], instead: true, most: 6}"
    assert loosened(read_rule({"type": "no_nights"})).hard is False


def test_who_gains_nothing_in_the_end_keeps_the_days_that_all_rules_allow(told, monkeypatch):
    given, roster, _ = told
    case = _case_of(given)
    trial = Trial(case, roster, _cost_of(given))
    hours = next(one for one in loosenings(case.rules) if [rule.name for rule in one.rules] == ["hours_per_week"])
    agents = list(case.people.names[:6])
    trial.usual = dict.fromkeys(range(6), 0.0)
    monkeypatch.setattr(Trial, "_would_gain", lambda self, person: 1.0)  # what each would gain alone
    gains = iter([1.0, *[0.0] * 5])  # the first takes it all

    def responded(search, person):
        days = len(search.take_out(person))
        search.put_in(person, [None] * days)
        return next(gains)

    monkeypatch.setattr(type(trial.search), "respond", responded)
    gained, chosen, table = trial.of(hours, agents, 6, lambda: False)
    assert (gained, len(chosen)) == (1.0, 1)
    work = ["agent", "start", "end", "activity"]
    kept, was = (t[~t["agent"].isin(chosen)][work].reset_index(drop=True) for t in (table, roster.table))
    pd.testing.assert_frame_equal(kept, was, check_dtype=False)
