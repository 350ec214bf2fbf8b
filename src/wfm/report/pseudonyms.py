"""People's names replaced in everything that is shared, the same person always by the same word."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from wfm.checks import one_of

if TYPE_CHECKING:
    from wfm.plan import WeekPlan

NAMES = ("full", "initials", "hash")
_LENGTHS = {"initials": 4, "hash": 8}


def pseudonyms(agents: Iterable[str], names: str = "full", *, key: str = "") -> dict[str, str]:
    """What each agent is called: the name itself, initials with a short code, or a code alone.

    The code is the beginning of an HMAC-SHA-256 of the name under `key`: the same in every file and week. Without a
    secret `key` it is a plain SHA-256, which whoever holds the list of names can compute too.

    >>> pseudonyms(["Sara Karimi"], "initials"), pseudonyms(["Sara Karimi"], "hash")
    ({'Sara Karimi': 'SK-2cfa'}, {'Sara Karimi': 'agent-2cfa75b7'})
    """
    one_of(names, NAMES, name="names")
    everybody = sorted({str(agent) for agent in agents})
    if names == "full":
        return {agent: agent for agent in everybody}
    found: dict[str, str] = {}
    taken: set[str] = set()
    for agent in everybody:
        code = _code(agent, key)
        front = _initials(agent) if names == "initials" else "agent"
        length = _LENGTHS[names]
        while f"{front}-{code[:length]}" in taken:
            length += 1
        found[agent] = f"{front}-{code[:length]}"
        taken.add(found[agent])
    return found


def shared(plan: WeekPlan, names: str = "full", *, key: str = "") -> WeekPlan:
    """The plan with every agent's name replaced: roster, wishes, violations, and the texts that mention them."""
    one_of(names, NAMES, name="names")
    if names == "full" or plan.roster is None:
        return plan
    roster = plan.roster
    tables = (roster.table, roster.wishes, roster.violations)
    called = pseudonyms(
        {str(agent) for table in tables if "agent" in table for agent in table["agent"].dropna()}, names, key=key
    )
    table, wishes, violations = (renamed(found, called) for found in tables)
    return replace(
        plan,
        roster=replace(roster, table=table, wishes=wishes, violations=violations),
        relaxations=_loosened(plan.relaxations, called),
        lines=tuple(spoken(line, called) for line in plan.lines),
        warnings=tuple(spoken(line, called) for line in plan.warnings),
        assumed=tuple(spoken(line, called) for line in plan.assumed),
    )


def _loosened(table: pd.DataFrame, called: Mapping[str, str]) -> pd.DataFrame:
    """Loosened rules with the people for whom they are called otherwise, in the lines of the week's file too."""
    if "agents" not in table:
        return table
    agents = [tuple(called.get(str(agent), "other") for agent in row) for row in table["agents"]]
    lines = [tuple(spoken(line, called) for line in row) for row in table["lines"]]
    return table.assign(agents=pd.Series(agents, index=table.index), lines=pd.Series(lines, index=table.index))


def renamed(table: pd.DataFrame, called: Mapping[str, str]) -> pd.DataFrame:
    """A table with its agents called otherwise, in the column `agent` and in texts; strangers become `other`."""
    if "agent" not in table or table.empty:
        return table
    agents: list[object] = [None if pd.isna(agent) else called.get(str(agent), "other") for agent in table["agent"]]
    found = table.assign(agent=pd.Series(agents, index=table.index, dtype=object))
    for column in ("message", "why", "reason", "by"):
        if column in found:
            found[column] = [spoken(text, called) if isinstance(text, str) else text for text in found[column]]
    order = [column for column in ("agent", "start") if column in found]
    return found.sort_values(order, kind="stable").reset_index(drop=True)


def spoken(text: str, called: Mapping[str, str]) -> str:
    """A sentence with the agents' names in it replaced, longest first, as whole words.

    A name without a letter ("12") is replaced only in quotes or after the word agent: elsewhere it is a number.

    >>> spoken("agent 12 rests 12 h before '12' and Ali", {"12": "agent-a1", "Ali": "agent-b2"})
    "agent agent-a1 rests 12 h before 'agent-a1' and agent-b2"
    """
    present = sorted((name for name in called if name.strip() and name in text), key=len, reverse=True)
    if not present:
        return text
    return re.sub(
        "|".join(map(_pattern, present)), lambda found: called[found[0]], text
    )  # in one pass: no name in a name


def _code(agent: str, key: str) -> str:
    said = agent.encode("utf-8", "surrogatepass")
    if not key:
        return hashlib.sha256(b"\x00" + said).hexdigest()
    return hmac.new(key.encode("utf-8", "surrogatepass"), said, hashlib.sha256).hexdigest()


def _pattern(name: str) -> str:
    word = re.escape(name)
    if any(character.isalpha() for character in name):
        return rf"(?<!\w){word}(?!\w)"
    return rf"(?<=['\"]){word}(?=['\"])|(?<=agent ){word}(?!\w)"


def _initials(agent: str) -> str:
    letters = [word[0].upper() for word in re.findall(r"[^\W\d_]+", agent)]
    return "".join(letters[:3]) or "X"
