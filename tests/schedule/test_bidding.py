"""Lines of work go to those who bid, by seniority or by points, and everybody is told why."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError, SettingError
from wfm.schedule import Contract, ShiftType, check_roster
from wfm.schedule.desk.bidding import award_lines, lines_of_tours, named_lines
from wfm.schedule.people.people import People
from wfm.schedule.tours.tour_design import design_tours
from wfm.tables import with_end

AGENTS = pd.DataFrame({"agent": ["Ada", "Bo", "Cy"], "contract": "ft", "seniority": [2.0, 9.0, 5.0]})


def bids(**choices):
    return pd.DataFrame(
        [(agent, line, place) for agent, own in choices.items() for place, line in enumerate(own, 1)],
        columns=["agent", "line", "choice"],
    )


def test_the_longest_serving_choose_first():
    lines = pd.DataFrame({"line": ["early", "mid", "late"]})
    won = award_lines(lines, bids(Ada=["early", "mid"], Bo=["early"], Cy=["early", "mid"]), AGENTS)
    assert won["agent"].tolist() == ["Bo", "Cy", "Ada"]
    assert won["line"].tolist() == ["early", "mid", "late"]
    assert won["choice"].tolist()[:2] == [1.0, 2.0]
    assert won["why"].tolist() == ["", "early: taken by Bo", "early: taken by Bo; mid: taken by Cy"]
    assert np.isnan(won["choice"].iloc[2])


def test_a_line_for_several_people_is_given_as_often_as_it_has_places():
    lines = pd.DataFrame({"line": ["early", "late"], "people": [2, 1]})
    won = award_lines(lines, bids(Ada=["early"], Bo=["early"], Cy=["early"]), AGENTS)
    assert won.set_index("agent")["line"].to_dict() == {"Bo": "early", "Cy": "early", "Ada": "late"}


def test_nobody_gets_a_line_twice_given_and_the_last_may_have_none():
    lines = pd.DataFrame({"line": ["early"]})
    won = award_lines(lines, bids(Ada=["early"], Cy=["early"]), AGENTS).set_index("agent")["line"]
    assert won["Cy"] == "early"
    assert won[["Ada", "Bo"]].isna().all()


@pytest.mark.parametrize("seed", range(20))
def test_points_go_where_their_sum_is_largest(seed):
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 10, (3, 3))
    table = pd.DataFrame(
        [(a, f"L{j}", float(points[i, j])) for i, a in enumerate(AGENTS["agent"]) for j in range(3)],
        columns=["agent", "line", "points"],
    )
    won = award_lines(pd.DataFrame({"line": ["L0", "L1", "L2"]}), table, AGENTS, by="points")
    best = max(sum(points[i, p[i]] for i in range(3)) for p in permutations(range(3)))
    assert won["points"].fillna(0).sum() == best


def test_between_equal_points_the_longer_serving_wins():
    table = pd.DataFrame({"agent": ["Ada", "Bo"], "line": "early", "points": 5.0})
    won = award_lines(pd.DataFrame({"line": ["early"]}), table, AGENTS, by="points")
    assert won.dropna(subset="line")["agent"].tolist() == ["Bo"]


def test_lines_stay_within_their_contract():
    lines = pd.DataFrame({"line": ["short", "long"], "contract": ["pt", "ft"]})
    staff = pd.DataFrame({"agent": ["Ada", "Bo"], "contract": ["pt", "ft"]})
    won = award_lines(lines, bids(Ada=["short"]), staff).set_index("agent")["line"].to_dict()
    assert won == {"Ada": "short", "Bo": "long"}
    with pytest.raises(DataError, match=r"bids.line must be a line of the person's contract \('ft'\), got 'short'"):
        award_lines(lines, bids(Bo=["short"]), staff)


@pytest.mark.parametrize(
    ("table", "way", "words"),
    [
        (bids(Dee=["early"]), "seniority", "bids.agent must be known, got 'Dee' in row 0"),
        (bids(Ada=["noon"]), "seniority", "bids.line must be known, got 'noon' in row 0"),
        (bids(Ada=["early"]), "points", "bids has no column 'points'"),
        (bids(Ada=["early"]).assign(choice=0), "seniority", "bids.choice must be 1, 2"),
        (bids(Ada=["early"]).assign(points=-1), "points", "bids.points must be a number >= 0, got -1 in row 0"),
    ],
)
def test_bids_that_cannot_be_are_named(table, way, words):
    with pytest.raises(DataError, match=words):
        award_lines(pd.DataFrame({"line": ["early"]}), table, AGENTS, by=way)


def test_lines_and_ways_that_cannot_be_are_named():
    with pytest.raises(DataError, match="lines.line must name each line once, got 'early' twice"):
        award_lines(pd.DataFrame({"line": ["early", "early"]}), bids(), AGENTS)
    with pytest.raises(SettingError, match="by must be one of 'seniority', 'points'"):
        award_lines(pd.DataFrame({"line": ["early"]}), bids(), AGENTS, by="age")


def test_the_tours_of_a_design_are_bid_for_and_become_a_lawful_roster():
    day = ShiftType(name="day", length="8h", starts="08:00-10:00/60min")
    contract = Contract(name="ft", days_per_week=(5, 5), start_band="1h")
    starts = pd.date_range("2026-11-23", periods=7 * 24, freq="h")
    need = with_end(
        pd.DataFrame(
            {"queue": "voice", "start": starts, "agents": np.where((starts.hour >= 8) & (starts.hour < 18), 3.0, 0.0)}
        ),
        3600.0,
    )
    made = design_tours(need, [contract], [day], time_limit=10)
    lines = lines_of_tours(made.table)
    number = int(lines["people"].sum())
    staff = pd.DataFrame({"agent": [f"A{k}" for k in range(number)], "contract": "ft", "seniority": range(number)})
    wanted = pd.DataFrame({"agent": staff["agent"], "line": lines["line"].iloc[0], "choice": 1})
    won = award_lines(lines, wanted, staff)
    roster = named_lines(made.table, won)
    assert won["line"].notna().all()
    assert won["agent"].iloc[0] == f"A{number - 1}"
    assert won["line"].iloc[0] == lines["line"].iloc[0]
    assert roster["agent"].nunique() == number
    people = People(agents=staff, contracts={"ft": contract})
    assert not len(check_roster(roster, people, None, [day], interval=3600.0))
