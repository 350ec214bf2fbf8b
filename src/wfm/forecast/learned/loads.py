"""What days owe to the sizes and shapes of events, and how much events of a kind differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.components import BENDS, FAMILY, KIND, OF_FAMILY, SINGLE
from wfm.forecast.learned.days import DayFeatures
from wfm.forecast.learned.kinds import family_of
from wfm.forecast.learned.variances import LIMITS, PRIOR_SD

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLoads:
    """The loads of a level, each in standard deviations of what was likely before any data.

    Attributes
    ----------
    owners : tuple          The component of each load.
    columns : tuple         The columns of `events` that it adds up, or of `bends`.
    sds : array             Standard deviation of each.
    """

    owners: tuple[str, ...]
    columns: tuple[tuple[int, ...], ...]
    sds: Floats

    @classmethod
    def of_level(cls, learned: Mapping[str, float], kinds: Sequence[str], bends: int) -> EventLoads:
        """Those of a level with these variances of its components; `kinds` names the kind of each event column."""
        owners, columns, sds = [], [], []
        for name, variance in learned.items():
            for mine in _columns(name, kinds, bends):
                owners.append(name)
                columns.append(mine)
                sds.append(variance**0.5)
        return cls(owners=tuple(owners), columns=tuple(columns), sds=np.array(sds))

    def on(self, days: DayFeatures, names: frozenset[str] | None = None) -> Floats:
        """(days, loads) how much each day owes to each; to those of some components only, where they are named."""
        out = np.zeros((len(days), len(self.sds)))
        for k, (owner, columns) in enumerate(zip(self.owners, self.columns, strict=True)):
            if names is None or owner in names:
                felt = days.bends if owner == "bends" else days.events
                out[:, k] = self.sds[k] * felt[:, list(columns)].sum(axis=1)
        return out


def _columns(name: str, kinds: Sequence[str], bends: int) -> Iterator[tuple[int, ...]]:
    """The columns of each load of a component."""
    word, _, rest = name.partition(" ")
    if name == "bends":
        yield from ((k,) for k in range(bends))
    elif word == "family":
        yield tuple(k for k, kind in enumerate(kinds) if family_of(kind) == rest)
    elif word == "kind":
        yield tuple(k for k, kind in enumerate(kinds) if kind == rest)
    elif word == "single":
        yield from ((k,) for k, kind in enumerate(kinds) if kind == rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What days say of loads that are standard normal before any data.

    Attributes
    ----------
    mean, doubt : array     Of the loads after it.
    """

    mean: Floats
    doubt: Floats

    def variances(self, loads: EventLoads) -> dict[str, float]:
        """The likeliest variance of each component of events, all others as they are.

        A kind's variance has the prior of the level. Single events stray from the size and the shape of their kind in
        proportion to what the kind does: that of theirs lies about a fixed share of the kind's (`_prior`).
        """
        from scipy.optimize import minimize

        names = tuple(dict.fromkeys(loads.owners))
        owner = np.array([names.index(name) for name in loads.owners])
        began = np.log([float(loads.sds[loads.owners.index(name)]) ** 2 for name in names])
        precise = np.linalg.inv(self.doubt)
        information, pull = precise - np.eye(len(owner)), precise @ self.mean
        given, shares = _prior(names)

        def misfit(theta: Floats) -> tuple[float, Floats]:
            scale = np.exp(theta - began)[owner]
            root = np.sqrt(scale)
            inner = np.eye(len(owner)) + root[:, None] * information * root
            doubt = root[:, None] * np.linalg.inv(inner) * root
            mean = doubt @ pull
            based = shares @ np.exp(theta)
            related = based > 0
            away = theta - given - np.log(np.where(related, based, 1.0))
            slope = np.eye(len(names)) - shares * np.exp(theta) / np.where(related, based, 1.0)[:, None]
            value = 0.5 * np.linalg.slogdet(inner)[1] - 0.5 * pull @ mean + 0.5 * (away @ away) / PRIOR_SD**2
            pulled = 0.5 * (1 - (np.diag(doubt) + mean**2) / scale)
            return float(value), np.bincount(owner, pulled, len(names)) + slope.T @ away / PRIOR_SD**2

        found = minimize(misfit, began, jac=True, method="L-BFGS-B", bounds=[LIMITS] * len(names)).x
        return dict(zip(names, np.exp(found).tolist(), strict=True))


def _prior(names: Sequence[str]) -> tuple[Floats, Floats]:
    """Logarithm of the usual variance of each component, and the variances to which it is in proportion.

    The second is (components, components); a row of zeros is a component that stands for itself.
    """
    given, shares = np.empty(len(names)), np.zeros((len(names), len(names)))
    families = {rest for word, _, rest in (name.partition(" ") for name in names) if word == "family"}
    bases = {name: _bases(name, names) for name in names if name.startswith("kind ")}
    for k, name in enumerate(names):
        word, _, kind = name.partition(" ")
        if word == "family":
            given[k] = np.log(FAMILY)
        elif word == "kind":
            given[k] = np.log(OF_FAMILY if family_of(kind) in families else KIND)
        else:
            own = [f"kind {kind}"] if word == "single" else list(bases)
            own = [base for base in own if base in bases]
            for base in own:
                shares[k, bases[base]] += 1 / len(own)
            usual = SINGLE if word == "single" else BENDS
            given[k] = np.log(usual / KIND if own else usual)
    return given, shares


def _bases(kind: str, names: Sequence[str]) -> list[int]:
    """Places of the variances that add up to that of a kind's effect: its own and its family's."""
    family = f"family {family_of(kind.removeprefix('kind '))}"
    return [k for k, name in enumerate(names) if name in (kind, family)]
