"""A person as a noun, for those who make their people in Python instead of a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from wfm.calendars import read_date
from wfm.checks import fraction, number_in, put
from wfm.errors import SettingError
from wfm.tables import AGENTS, check

HISTORY = ("nights", "weekends", "holidays", "unpopular", "busy", "refused", "wished")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A person: contract, skills and what they count as.

    Attributes
    ----------
    agent : str                 Identifier.
    contract : str              Name of the contract.
    skills : tuple of str       Queues that the person can serve; empty = all.
    name, role, team : str      How they are called, what they are (lead, trainee, ...), where they belong.
    languages : tuple of str    With a level as in "english:2"; so may be skills.
    counts_as : float           Share of an agent, 0-1: trainees below 1, leads who take no contacts 0.
    counts_fully_from : date    Day from which a trainee counts as a whole agent.
    since, until : date         First and last day with the centre; the columns `from` and `until` of the table.
    seniority : float           Years.
    nights, weekends, holidays, unpopular, busy : float     Worked before, for fairness.
    refused, wished : float     Days before on which a wish was refused, and days wished for.

    >>> Agent(agent="A001", contract="ft", skills=("voice", "chat"), counts_as=0.5).counts_as
    0.5
    """

    agent: str
    contract: str
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    name: str | None = None
    role: str | None = None
    team: str | None = None
    counts_as: float = 1.0
    counts_fully_from: pd.Timestamp | None = None
    since: pd.Timestamp | None = None
    until: pd.Timestamp | None = None
    seniority: float = 0.0
    nights: float = 0.0
    weekends: float = 0.0
    holidays: float = 0.0
    unpopular: float = 0.0
    busy: float = 0.0
    refused: float = 0.0
    wished: float = 0.0

    def __post_init__(self) -> None:
        """Read dates and refuse impossible shares."""
        where = f"agent {self.agent!r}"
        for word in ("agent", "contract"):
            if not str(getattr(self, word)).strip():
                raise SettingError(f"{word} of an agent must be a text that is not empty.", name=word)
        put(
            self,
            skills=(self.skills,) if isinstance(self.skills, str) else tuple(self.skills),
            languages=(self.languages,) if isinstance(self.languages, str) else tuple(self.languages),
            counts_as=fraction(self.counts_as, name=f"counts_as of {where}"),
        )
        for word in ("seniority", *HISTORY):
            put(self, **{word: number_in(getattr(self, word), name=f"{word} of {where}", low=0, high=1e6)})
        for word in ("since", "until", "counts_fully_from"):
            if getattr(self, word) is not None:
                put(self, **{word: read_date(getattr(self, word), name=f"{word} of {where}")})


def agents_table(agents: Iterable[Agent]) -> pd.DataFrame:
    """The agents table of people made in Python.

    >>> table = agents_table([Agent(agent="A1", contract="ft", skills="voice")])
    >>> table[["agent", "contract", "skills"]].values.tolist()
    [['A1', 'ft', 'voice']]
    """
    rows = [
        {
            "agent": one.agent,
            "contract": one.contract,
            "skills": "|".join(one.skills) or None,
            "languages": "|".join(one.languages) or None,
            "role": one.role,
            "team": one.team,
            "name": one.name,
            "counts_as": one.counts_as,
            "counts_fully_from": one.counts_fully_from,
            "from": one.since,
            "until": one.until,
            "seniority": one.seniority,
            **{word: getattr(one, word) for word in HISTORY},
        }
        for one in agents
    ]
    columns = [column.name for column in AGENTS.columns]
    table = pd.DataFrame(rows, columns=columns)
    return check(table.astype(dict.fromkeys(("from", "until", "counts_fully_from"), "datetime64[us]")), AGENTS)
