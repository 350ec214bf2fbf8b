"""How many may be away at once: what the rule counts, and rosters that keep it wherever their windows allow."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from wfm.errors import SettingError
from wfm.schedule import Break, Contract, People, ShiftType, build_roster, check_roster, read_rule
from wfm.schedule.rules import BreaksApart, MaxNights, with_breaks_apart

MONDAY = pd.Timestamp("2026-11-23")
DAY = pd.Timedelta(days=1)
HOUR = pd.Timedelta(hours=1)


def meal(first, last, share=0.33, length="1h", name="meal"):
    return Break(name=name, length=length, paid=False, between=(f"{first}h", f"{last}h"), most_at_once=share)


def day_shift(*breaks, name="day", start="08:00", length="9h"):
    return ShiftType(name=name, length=length, starts=start, breaks=breaks)


def staff(number, **more):
    agents = pd.DataFrame({"agent": [f"a{k}" for k in range(number)], "contract": "free", **more.pop("columns", {})})
    return People(agents=agents, contracts={"free": Contract(name="free", min_rest=0)}, **more)


def shift(agent, start, *parts, kind="day", queue="voice"):
    """One shift from rows of (hours, activity), one after the other."""
    rows, now = [], start
    for hours, activity in parts:
        rows.append((agent, now, now + hours * HOUR, activity, activity != "meal", kind, queue))
        now += hours * HOUR
    return rows


def table(*shifts):
    columns = ["agent", "start", "end", "activity", "paid", "shift", "queue"]
    return pd.DataFrame([row for rows in shifts for row in rows], columns=columns)


def at(agent, hour, *, start=8, hours=9, day=0, **more):
    """A shift with an hour's meal at a time of day."""
    begin = MONDAY + day * DAY + start * HOUR
    parts = [(hour - start, "work"), (1, "meal"), (start + hours - hour - 1, "work")]
    return shift(agent, begin, *parts, **more)


def told(rows, kinds, people=None):
    rule = BreaksApart(shift_types=kinds, weight=4)
    return rule.violations(rows, people or staff(9), (MONDAY, MONDAY + DAY))


# --- what the rule counts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "hours", "amounts"),
    [
        (0.33, [12, 13, 14], []),  # one may always go
        (0.33, [12, 12, 14], [1.0]),  # of 3 people no third is a whole person, one may go
        (0.67, [12, 12, 14], []),
        (0.5, [12, 12, 13, 13], []),
        (0.5, [12, 12, 12, 13], [1.0]),
        (0.49, [12, 12, 12, 13], [2.0]),
        (0.25, [12, 12.5, 13, 14], [1.0]),  # 12:30 to 13:30, half an hour on each side of 13:00
        (0.25, [12, 12, 14, 14], [1.0, 1.0]),
        (1.0, [12, 12, 12, 12], []),
    ],
)
def test_people_away_beyond_the_share_are_counted_in_hours(share, hours, amounts):
    rows = table(*(at(f"a{k}", hour) for k, hour in enumerate(hours)))
    found = told(rows, [day_shift(meal(3, 6, share))])
    assert found["amount"].tolist() == pytest.approx(amounts)
    assert found["cost"].tolist() == pytest.approx([4 * amount for amount in amounts])
    assert not found["hard"].any()


def test_a_breach_names_when_how_many_and_who_left_last():
    rows = table(at("a0", 12), at("a1", 12.5), at("a2", 15))
    found = told(rows, [day_shift(meal(3, 7))]).iloc[0]
    assert found["message"] == "2 of 3 people of voice are on 'meal' on Mon 23 Nov 12:30, at most 1 may be"
    assert (found["agent"], found["start"], found["amount"]) == ("a1", MONDAY + 12.5 * HOUR, 0.5)


def test_each_queue_and_each_name_of_a_break_counts_by_itself():
    kinds = [day_shift(meal(3, 6)), day_shift(meal(3, 6, name="lunch"), name="other")]
    assert told(table(at("a0", 12), at("a1", 12, queue="chat")), kinds).empty
    assert told(table(at("a0", 12), at("a1", 12, kind="other")), kinds).empty
    assert len(told(table(at("a0", 12), at("a1", 12)), kinds)) == 1


def test_only_people_whose_shift_runs_then_are_on_duty():
    kinds = [day_shift(meal(3, 6, 0.5)), day_shift(name="late", start="17:00", length="4h")]
    late = shift("a2", MONDAY + 17 * HOUR, (4, "work"), kind="late")
    midday = shift("a2", MONDAY + 11 * HOUR, (4, "work"), kind="late")
    pair = [at("a0", 12), at("a1", 12)]
    assert told(table(*pair, late), kinds)["amount"].tolist() == [1.0]
    assert told(table(*pair, midday, [(f"b{r[0]}", *r[1:]) for r in midday]), kinds).empty


def test_breaks_that_follow_at_once_are_told_apart_in_one_row():
    pause = Break(name="rest", length="30min", paid=False, between=("3h", "6h"))
    kinds = [day_shift(pause, meal(3, 6, length="30min"))]
    both = [shift(f"a{k}", MONDAY + 8 * HOUR, (4, "work"), (1, "meal"), (4, "work")) for k in range(2)]
    found = told(table(*both), kinds)
    assert found[["start", "amount"]].to_numpy().tolist() == [[MONDAY + 12.5 * HOUR, 0.5]]


@pytest.mark.parametrize("unit", ["us", "ns"])
def test_a_night_of_the_last_roster_counts_but_is_not_blamed(unit):
    night = day_shift(meal(3, 6, 0.5), name="night", start="22:00")
    late = day_shift(meal(0, 6, 0.5), name="late", start="01:00", length="8h")
    old = table(*(at(name, 26, start=22, day=-1, kind="night") for name in ("a7", "a8")))
    new = table(at("a1", 3, start=1, hours=8, kind="late")).astype({"start": f"datetime64[{unit}]"})
    people = staff(9, previous=old)
    assert told(new, [night, late], people).empty
    clash = table(at("a1", 2, start=1, hours=8, kind="late"))
    assert told(clash, [night, late], people)[["agent", "amount"]].to_numpy().tolist() == [["a1", 1.0]]


def test_the_rule_holds_by_itself_where_a_break_asks_for_it():
    plain, watched = day_shift(meal(3, 6, None)), day_shift(meal(3, 6))
    assert with_breaks_apart([MaxNights(most=1), BreaksApart()], [plain]) == [MaxNights(most=1)]
    assert [rule.name for rule in with_breaks_apart([], [plain, watched])] == ["breaks_apart"]
    weighed = with_breaks_apart([read_rule({"type": "breaks_apart", "weight": 50})], [watched])
    assert [(rule.weight, rule.shift_types) for rule in weighed] == [(50.0, (watched,))]
    found = check_roster(table(at("a0", 12), at("a1", 12)), staff(2), [], [watched], interval=1800)
    assert found[["rule", "hard", "cost"]].to_numpy().tolist() == [["breaks_apart", False, 10.0]]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"hard": True}, "breaks_apart must be soft"),
        ({"contracts": "free"}, "breaks_apart holds for everybody on duty, got contracts"),
        ({"shift_types": ["day"]}, "shift_types of rule breaks_apart are those of the plan"),
    ],
)
def test_what_the_rule_cannot_be_is_refused(more, words):
    with pytest.raises(SettingError, match=words):
        read_rule({"type": "breaks_apart", **more})


# --- rosters ---------------------------------------------------------------------------------------------------------


def demand(people, *, days=1, quiet=()):
    """Demand by half hours from 08:00 to 17:00; nobody is needed in the quiet hours."""
    starts = [MONDAY + d * DAY + 8 * HOUR + k * HOUR / 2 for d in range(days) for k in range(18)]
    agents = [0.0 if start.hour in quiet else float(people) for start in starts]
    return pd.DataFrame({"queue": "voice", "start": starts, "agents": agents})


def locked(types):
    return pd.DataFrame({"agent": [f"a{k}" for k in range(len(types))], "start": MONDAY, "type": list(types)})


def meals(roster):
    rows = roster.table[roster.table["activity"] == "meal"]
    return sorted((rows["start"].dt.hour + rows["start"].dt.minute / 60).tolist())


def test_meals_keep_apart_even_where_cover_draws_them_together():
    needed = demand(3, quiet=(12,))
    free = build_roster(needed, staff(3), shift_types=[day_shift(meal(3, 6, None))])
    assert meals(free) == [12, 12, 12]
    apart = build_roster(needed, staff(3), shift_types=[day_shift(meal(3, 6))])
    assert np.diff(meals(apart)).min() >= 1
    assert apart.violations.empty
    assert apart.objective == pytest.approx(2 * 3.0 + 2 * 0.1)  # two hours missing, two over at noon


def test_meals_apart_cost_no_cover_where_there_is_room():
    needed = demand(4).assign(agents=lambda rows: np.where(rows["start"].dt.hour.between(11, 14), 3.0, 4.0))
    roster = build_roster(needed, staff(4), shift_types=[day_shift(meal(3, 6, 0.25))])
    assert meals(roster) == [11, 12, 13, 14]
    assert roster.objective == 0.0


def test_those_with_another_place_make_room_for_those_who_have_none():
    # Each kind of shift may go to two of the hours 11 to 14 in a row, the last one to 11 only: all must move on by one.
    kinds = [day_shift(meal(3 + k, 4 + k, 0.2), name=f"s{k}") for k in range(3)]
    kinds.append(day_shift(meal(3, 3, 0.2), name="fixed"))
    names = ["s0", "s1", "s2", "fixed"]
    roster = build_roster(demand(0), staff(4, locks=locked(names)), shift_types=kinds, over_cost=0)
    assert meals(roster) == [11, 12, 13, 14]
    assert roster.violations.empty


def test_what_windows_do_not_allow_is_reported_and_counted():
    people = staff(3, locks=locked(["day"] * 3))
    roster = build_roster(
        demand(1), people, [{"type": "breaks_apart", "weight": 7}], shift_types=[day_shift(meal(3, 4))], over_cost=0
    )
    assert roster.violations["rule"].tolist() == ["breaks_apart"]
    assert roster.violations["amount"].sum() == pytest.approx(1.0)
    assert roster.objective == pytest.approx(7.0)  # and no cover is missing
    assert roster.bound <= roster.objective


def test_meals_keep_apart_where_the_demand_is_by_day_and_shift():
    needed = pd.DataFrame({"day": [MONDAY], "type": "day", "people": 3})
    roster = build_roster(needed, staff(3), shift_types=[day_shift(meal(3, 6, length="1h"))])
    assert roster.violations.empty
    assert np.diff(meals(roster)).min() >= 1
    assert roster.objective == 0.0


def test_trainings_stay_in_the_way_of_meals_that_keep_apart():
    away = pd.DataFrame({"agent": ["a0"], "start": MONDAY + 12 * HOUR, "end": MONDAY + 14 * HOUR, "kind": ["training"]})
    people = staff(3, availability=away, locks=locked(["day"] * 3))
    roster = build_roster(demand(0), people, shift_types=[day_shift(meal(3, 6))], over_cost=0)
    assert roster.violations.empty
    own = roster.table[(roster.table["agent"] == "a0") & (roster.table["activity"] == "meal")]
    assert own["start"].dt.hour.tolist()[0] in (11, 14)


def test_a_meal_keeps_clear_of_those_of_last_weeks_night():
    night = day_shift(meal(3, 3.5, 0.5, length="30min"), name="night", start="22:00")
    early = day_shift(meal(0, 3, 0.5, length="30min"), name="early", start="01:00", length="6h")
    old = table(shift("a7", MONDAY - 2 * HOUR, (3.5, "work"), (0.5, "meal"), (5, "work"), kind="night"))
    starts = pd.date_range(MONDAY, periods=12, freq="30min")
    needed = pd.DataFrame({"queue": "voice", "start": starts, "agents": 2.0}).assign(
        agents=lambda rows: np.where(rows["start"] == MONDAY + 1.5 * HOUR, 0.0, 2.0)
    )
    people = staff(9, previous=old, locks=pd.DataFrame({"agent": ["a0"], "start": [MONDAY], "type": ["early"]}))
    roster = build_roster(needed, people, shift_types=[night, early])
    own = roster.table[(roster.table["agent"] == "a0") & (roster.table["activity"] != "work")]
    assert own["start"].tolist() != [MONDAY + 1.5 * HOUR]
    assert not (roster.violations["rule"] == "breaks_apart").any()


def slots_of(start, length):
    """1 in each half hour of a span [s]."""
    slots = np.arange(48) * 1800
    return ((slots >= start) & (slots < start + length)).astype(float)


def random_case(seed):
    """People locked to shifts with meals in different windows, and the least hours that must clash."""
    rng = np.random.default_rng(seed)
    share = float(rng.choice([0.2, 0.25, 0.34, 0.5]))
    kinds, number = {}, int(rng.integers(3, 7))
    for k in range(int(rng.integers(2, 5))):
        first, wide = float(rng.integers(4, 9)) / 2, float(rng.integers(0, 4)) / 2
        pause = meal(first, first + wide, share, length=f"{int(rng.choice([30, 30, 60]))}min")
        kinds[f"s{k}"] = day_shift(pause, name=f"s{k}", start=f"{int(rng.integers(7, 10)):02d}:00")
    picked = [kinds[name] for name in rng.choice(list(kinds), number)]
    needed = demand(0).assign(agents=rng.integers(0, number, 18).astype(float))
    duty = sum(slots_of(kind.starts[0], kind.length) for kind in picked)
    most = np.maximum(1, np.floor(share * duty + 1e-9))
    lengths = [kind.breaks[0].length for kind in picked]
    places = [kind.breaks[0].starts(kind.starts[0], kind.length, 1800.0) for kind in picked]
    least = min(np.clip(sum(map(slots_of, starts, lengths)) - most, 0, None).sum() / 2 for starts in product(*places))
    return needed, staff(number, locks=locked([k.name for k in picked])), list(kinds.values()), float(least)


@pytest.mark.parametrize("seed", [1, 2, 3, 5, 8, 13, 21])
def test_no_placement_of_breaks_clashes_less_and_solver_and_checker_agree(seed):
    needed, people, kinds, least = random_case(seed)
    rules = [BreaksApart(weight=1000)]
    roster = build_roster(needed, people, rules, shift_types=kinds, time_limit=3, seed=seed)
    found = check_roster(roster.table, people, rules, kinds, interval=1800, span=(MONDAY, MONDAY + DAY))
    assert found.loc[found["rule"] == "breaks_apart", "amount"].sum() == pytest.approx(least)
    gap = roster.coverage["gap"] / 2
    cover = 3.0 * -gap.clip(upper=0).sum() + 0.1 * gap.clip(lower=0).sum()
    outside = roster.objective - cover - found["cost"].sum()
    assert 0 <= outside + 1e-9 <= 0.1 * 9 * len(people.agents)  # people over where no interval has a row
    again = build_roster(needed, people, rules, shift_types=kinds, time_limit=3, seed=seed)
    pd.testing.assert_frame_equal(roster.table, again.table)


def test_what_the_solver_counts_is_what_the_rule_reads():
    from wfm.schedule.lawful.options import patterns_of
    from wfm.schedule.roster.writing import duties_of
    from wfm.schedule.search.crowds import Crowds
    from wfm.schedule.search.pricing import Board
    from wfm.schedule.shifts.demand import read_demand

    kinds = [day_shift(meal(2, 6, 0.4), meal(6, 7, 0.2, length="30min", name="tea"))]
    rng = np.random.default_rng(4)
    rows = table(
        *(
            shift(
                f"a{k}",
                MONDAY + 8 * HOUR,
                (a, "work"),
                (1, "meal"),
                (b - a - 1, "work"),
                (0.5, "meal"),
                (8.5 - b, "work"),
            )
            for k, (a, b) in enumerate(zip(rng.integers(4, 12, 9) / 2, rng.integers(14, 15, 9) / 2, strict=True))
        )
    )
    people, read = staff(9), read_demand(demand(3), kinds)
    patterns = patterns_of(kinds, read, {})
    crowds = Crowds(
        duties_of(rows, people, read, patterns),
        demand=read,
        patterns=patterns,
        board=Board(read, patterns),
        weight=4,
        previous=None,
    )
    assert crowds.cost() > 0
    assert crowds.cost() == pytest.approx(told(rows, kinds, people)["cost"].sum())


def test_a_roster_taken_over_keeps_its_meals_apart():
    needed = demand(3, days=5, quiet=(12,))
    first = build_roster(needed, staff(4), shift_types=[day_shift(meal(3, 6))], seed=3)
    again = build_roster(needed, staff(4), shift_types=[day_shift(meal(3, 6))], start_from=first.table, seed=9)
    assert first.violations.empty
    assert again.violations.empty
    assert again.objective == pytest.approx(first.objective)


def test_a_centre_keeps_its_meals_apart_at_next_to_no_cost_of_cover():
    width = 36
    needed = pd.concat([demand(1, days=3).assign(queue=queue) for queue in ("voice", "chat")])
    hour = needed["start"].dt.hour
    share = np.where(needed["queue"] == "voice", 0.6, 0.3)
    needed["agents"] = np.round(width * share * np.where(hour.isin([10, 11, 15]), 0.9, 0.7))
    skills = ["voice", "chat", "voice|chat"] * (width // 3)
    types = [
        [ShiftType(name="day", length="8h", starts=["08:00", "08:30", "09:00"], breaks=[meal(3, 5, most)])]
        for most in (None, 0.33)
    ]
    people = staff(width, columns={"skills": skills})
    free, apart = (build_roster(needed, people, shift_types=own, seed=2) for own in types)
    watched = check_roster(free.table, people, [], types[1], interval=1800)
    assert watched["amount"].sum() > 1
    assert apart.violations.empty
    missing = [-roster.coverage["gap"].clip(upper=0).sum() / 2 for roster in (free, apart)]
    assert missing[1] - missing[0] <= 0.005 * needed["agents"].sum() / 2
