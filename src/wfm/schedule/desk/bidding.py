"""Bidding: people choose among lines of work, by seniority or by points."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wfm.checks import one_of
from wfm.errors import DataError, listed
from wfm.schedule.people.people import People
from wfm.tables import AGENTS, check

WAYS = ("seniority", "points")
AWARDS = ("agent", "line", "choice", "points", "why")


def award_lines(
    lines: pd.DataFrame, bids: pd.DataFrame, agents: People | pd.DataFrame, *, by: str = "seniority"
) -> pd.DataFrame:
    """Who gets which line of work.

    By seniority each person in turn, the longest with the centre first, takes the first of their choices that is left;
    by points the lines go where the sum of all points bid for them is largest (the assignment problem: Kuhn 1955, Naval
    Research Logistics 2), seniority deciding between equals. Whoever gets none of their choices gets a line that
    nobody asked for, while there are any.

    Parameters
    ----------
    lines : table       line, people (how many may have it; 1 where the column is missing), contract (optional: whose
                        contract it is for).
    bids : table        agent, line, choice (1 = first choice); or agent, line, points where `by` is "points".
    agents : People or agents table     `seniority` in years; equals in the order of the table.

    Returns
    -------
    table : agent, line (None where none is left), choice (place among the person's own choices, NaN = not asked for),
            points, why (who took the choices before)

    Raises
    ------
    DataError       A bid for a line or by a person that is not known, or for a line of another contract.

    >>> lines = pd.DataFrame({"line": ["early", "late"]})
    >>> bids = pd.DataFrame({"agent": ["Ada", "Bo"], "line": "early", "choice": 1})
    >>> staff = pd.DataFrame({"agent": ["Bo", "Ada"], "contract": "ft", "seniority": [1.0, 9.0]})
    >>> award_lines(lines, bids, staff)[["agent", "line", "why"]].values.tolist()
    [['Ada', 'early', ''], ['Bo', 'late', 'early: taken by Ada']]
    """
    way = one_of(by, WAYS, name="by")
    table = agents.agents if isinstance(agents, People) else check(agents, AGENTS)
    lines = _read_lines(lines)
    bids = _read_bids(bids, lines, table, way)
    order = _by_seniority(table)
    given = _in_turn(order, bids, lines) if way == "seniority" else _most_points(order, bids, lines)
    contract = dict(zip(table["agent"], table["contract"], strict=True))
    _leftovers(given, order, lines, contract)
    return _told(order, given, bids)


def named_lines(schedule: pd.DataFrame, awards: pd.DataFrame) -> pd.DataFrame:
    """The roster table of people on the lines that they were awarded.

    Parameters
    ----------
    schedule : schedule table with `tour`, as `design_tours` gives it; `type` names the shift.
    awards : table as `award_lines` gives it, its `line` a tour
    """
    if "tour" not in schedule:
        raise DataError(
            "schedule has no column tour. Hand in the table of design_tours, whose lines are weeks of work.",
            table="schedule",
            column="tour",
        )
    rows = schedule.merge(awards.loc[awards["line"].notna(), ["agent", "line"]], left_on="tour", right_on="line")
    roster = rows.assign(shift=rows["type"])[["agent", "start", "end", "activity", "paid", "shift", "queue"]]
    return roster.sort_values(["agent", "start"], kind="stable").reset_index(drop=True)


def lines_of_tours(schedule: pd.DataFrame) -> pd.DataFrame:
    """The lines of work that a schedule of tours offers: line, people, contract."""
    if "tour" not in schedule:
        raise DataError("schedule has no column tour. Hand in the table of design_tours.", table="schedule")
    first = schedule.groupby("tour", sort=False)[["people", "contract"]].first().reset_index()
    return first.rename(columns={"tour": "line"})


def _read_lines(lines: pd.DataFrame) -> pd.DataFrame:
    _need(lines, "lines", ("line",))
    if lines["line"].duplicated().any():
        twice = lines.loc[lines["line"].duplicated(), "line"].iloc[0]
        raise DataError(
            f"lines.line must name each line once, got {twice!r} twice. Use the column people for several.",
            table="lines",
            column="line",
        )
    return lines.assign(
        people=lines["people"].astype(int) if "people" in lines else 1,
        contract=lines.get("contract"),
    )


def _read_bids(bids: pd.DataFrame, lines: pd.DataFrame, agents: pd.DataFrame, way: str) -> pd.DataFrame:
    worth = "points" if way == "points" else "choice"
    _need(bids, "bids", ("agent", "line", worth))
    for column, known in (("agent", agents["agent"]), ("line", lines["line"])):
        bad = bids[~bids[column].isin(known)]
        if len(bad):
            raise DataError(
                f"bids.{column} must be known, got {bad[column].iloc[0]!r} in row {bad.index[0]}. Known: "
                f"{listed(list(known), most=10)}.",
                table="bids",
                column=column,
            )
    number = pd.to_numeric(bids[worth], errors="coerce")
    if not (number >= (1 if worth == "choice" else 0)).all():
        row = bids.index[~(number >= (1 if worth == "choice" else 0))][0]
        raise DataError(
            f"bids.{worth} must be {'1, 2, ...' if worth == 'choice' else 'a number >= 0'}, got "
            f"{number.loc[row]:g} in row {row}.",
            table="bids",
            column=worth,
        )
    out = bids.assign(**{worth: number})
    if worth == "points":
        out = out.assign(choice=out.groupby("agent")["points"].rank(ascending=False, method="first"))
    out = out.sort_values(["agent", "choice"], kind="stable").drop_duplicates(["agent", "line"])
    _refuse_others_contract(out, lines, agents)
    return out.reset_index(drop=True)


def _refuse_others_contract(bids: pd.DataFrame, lines: pd.DataFrame, agents: pd.DataFrame) -> None:
    own = bids["agent"].map(agents.set_index("agent")["contract"])
    asked = bids["line"].map(lines.set_index("line")["contract"])
    bad = bids[asked.notna() & (asked != own)]
    if len(bad):
        one = bad.iloc[0]
        raise DataError(
            f"bids.line must be a line of the person's contract ({own[bad.index[0]]!r}), got {one['line']!r} of "
            f"contract {asked[bad.index[0]]!r} for {one['agent']!r}. Take the bid out.",
            table="bids",
            column="line",
        )


def _need(table: pd.DataFrame, name: str, columns: tuple[str, ...]) -> None:
    missing = [column for column in columns if column not in table]
    if missing:
        raise DataError(
            f"{name} has no column {listed(missing)}; it needs {listed(columns)}.", table=name, column=missing[0]
        )


def _by_seniority(agents: pd.DataFrame) -> list[str]:
    years = agents["seniority"].fillna(0.0) if "seniority" in agents else pd.Series(0.0, index=agents.index)
    return agents.assign(years=years).sort_values("years", ascending=False, kind="stable")["agent"].tolist()


def _in_turn(order: list[str], bids: pd.DataFrame, lines: pd.DataFrame) -> dict[str, str]:
    left = dict(zip(lines["line"], lines["people"], strict=True))
    wanted = dict(list(bids.groupby("agent")["line"]))
    given: dict[str, str] = {}
    for agent in order:
        for line in wanted.get(agent, ()):
            if left[line] > 0:
                given[agent] = line
                left[line] -= 1
                break
    return given


def _most_points(order: list[str], bids: pd.DataFrame, lines: pd.DataFrame) -> dict[str, str]:
    from scipy.optimize import linear_sum_assignment

    places = [line for line, people in zip(lines["line"], lines["people"], strict=True) for _ in range(people)]
    column = {line: np.flatnonzero([p == line for p in places]) for line in lines["line"]}
    row = {agent: k for k, agent in enumerate(order)}
    worth = np.zeros((len(order), len(places)))
    # Between equal sums the longer serving win: their share of a point is too small to outweigh any real point.
    grain = 1e-6 / max(1, len(order)) ** 2
    for agent, line, points in zip(bids["agent"], bids["line"], bids["points"], strict=True):
        worth[row[agent], column[line]] = points + grain * (len(order) - row[agent])
    people, taken = linear_sum_assignment(worth, maximize=True)
    return {order[p]: places[t] for p, t in zip(people, taken, strict=True) if worth[p, t] > 0}


def _leftovers(given: dict[str, str], order: list[str], lines: pd.DataFrame, contract: dict[str, str]) -> None:
    """Lines that nobody asked for, to those without, the longest serving first."""
    left = dict(zip(lines["line"], lines["people"], strict=True))
    for line in given.values():
        left[line] -= 1
    of = dict(zip(lines["line"], lines["contract"], strict=True))
    for agent in order:
        free = [line for line, n in left.items() if n > 0 and of[line] in (None, contract[agent])]
        if agent not in given and free:
            given[agent] = free[0]
            left[free[0]] -= 1


def _told(order: list[str], given: dict[str, str], bids: pd.DataFrame) -> pd.DataFrame:
    holders: dict[str, list[str]] = {}
    for agent in order:
        if agent in given:
            holders.setdefault(given[agent], []).append(agent)
    own = dict(list(bids.groupby("agent")))
    rows = []
    for agent in order:
        line, wanted = given.get(agent), own.get(agent)
        choice = points = np.nan
        before: list[str] = []
        if wanted is not None:
            place = wanted.index[wanted["line"] == line]
            if len(place):
                choice = float(wanted["line"].tolist().index(line) + 1)
                points = float(wanted.loc[place[0], "points"]) if "points" in wanted else np.nan
            before = wanted["line"].tolist()[: int(choice) - 1 if choice == choice else None]
        why = "; ".join(f"{missed}: taken by {', '.join(holders.get(missed, ['nobody']))}" for missed in before)
        rows.append((agent, line, choice, points, why))
    return pd.DataFrame(rows, columns=list(AWARDS))
