"""How contacts wait and are counted in one queue: patience, threshold, definition of the service, chats at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wfm.erlang.formulas.arguments import Array, Numbers, amount, word_of
from wfm.erlang.formulas.chat import Ladder, ladder_of
from wfm.erlang.formulas.definitions import ABANDONED
from wfm.errors import SettingError


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """Times in seconds, numbers or arrays by element; `concurrency` slots an agent, or a `ladder` of handle times."""

    patience: Any
    within: Any
    short: Any
    abandoned: str
    concurrency: int
    ladder: Ladder | None

    def rows(self, rows: Any, shape: tuple[int, ...]) -> Law:
        """The law of some elements of arrays of a shape."""
        patience, within, short = (np.broadcast_to(x, shape)[rows] for x in (self.patience, self.within, self.short))
        return replace(self, patience=patience, within=within, short=short)

    def slots(self, agents: Array) -> Array:
        """Contacts that so many agents handle at once; with a ladder the agents themselves."""
        return agents if self.ladder is not None else agents * self.concurrency


def law_of(
    *,
    patience: Numbers,
    within: Numbers,
    abandoned: str,
    short: Numbers,
    concurrency: int,
    aht_by_concurrency: Sequence[float],
) -> Law:
    """The law, its values checked."""
    if concurrency != int(concurrency) or concurrency < 1:
        raise SettingError(
            f"concurrency must be a whole number >= 1, got {concurrency!r}.", name="concurrency", value=concurrency
        )
    ladder = ladder_of(aht_by_concurrency, concurrency) if len(aht_by_concurrency) else None
    return Law(
        patience=amount(patience, name="patience", positive=True, endless=True),
        within=amount(within, name="within"),
        short=amount(short, name="short"),
        abandoned=word_of(abandoned, ABANDONED, name="abandoned"),
        concurrency=ladder.most if ladder else int(concurrency),
        ladder=ladder,
    )
