"""What a plan's papers say about themselves: version, where it comes from, what it replaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from wfm.checks import number_in, one_of, put
from wfm.tables import HISTORY, ROSTER, check

if TYPE_CHECKING:
    from wfm.plan import WeekPlan

STATUSES = ("draft", "published")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The version of a plan that is handed out.

    Attributes
    ----------
    version : int                   1, 2, ...; calendars carry it as their sequence number.
    status : str                    draft or published.
    previous : roster or None       The roster that this one replaces (same days), or last week's.
    timezone : str or None          Zone of the plan's times, "Asia/Tehran"; None = local times without a zone.
    history : history or None       What came before, to lay beside the forecast.
    history_until : Timestamp       Last day of the history that was learned from.
    seed : int or None              Seed of the plan.
    sources : tuple of str          Files that went in.

    >>> Edition(version=2).title
    'DRAFT 2'
    """

    version: int = 1
    status: str = "draft"
    previous: pd.DataFrame | None = None
    timezone: str | None = None
    history: pd.DataFrame | None = None
    history_until: pd.Timestamp | None = None
    seed: int | None = None
    sources: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Check the fields."""
        put(self, version=int(number_in(self.version, name="version", low=1, high=2**31 - 1)))
        one_of(self.status, STATUSES, name="status")
        put(self, sources=(self.sources,) if isinstance(self.sources, str) else tuple(self.sources))
        if self.previous is not None:
            put(self, previous=check(self.previous, ROSTER))
        if self.history is not None:
            put(self, history=check(self.history, HISTORY))
        if self.history_until is not None:
            put(self, history_until=pd.Timestamp(self.history_until))

    @classmethod
    def of(cls, plan: WeekPlan) -> Edition:
        """What the plan says of itself."""
        return cls(
            version=plan.version,
            timezone=plan.timezone,
            previous=plan.previous if plan.told is None else plan.told,
            history=plan.history,
            history_until=plan.history_until,
            seed=plan.seed,
            sources=plan.sources,
        )

    @property
    def title(self) -> str:
        """DRAFT 1, or VERSION 3 once published."""
        return f"{'DRAFT' if self.status == 'draft' else 'VERSION'} {self.version}"
