"""What another queue says of this one's events, as one more observation of their sizes and shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.days import DayFeatures
from wfm.forecast.learned.loads import EventLoads, Evidence

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a witness adds to what the queue's own days say of its events.

    Attributes
    ----------
    witness : str           The queue that the events do not touch.
    alike : dict            day to day, slow, usual -> to what degree the queue has it in common with the witness.
    loads : EventLoads
    through : array         (training days, loads) S^-1 times the covariance of the days with the loads.
    pull, gain : array      Mean and covariance of the loads are now m + V pull and V - V gain V.
    """

    witness: str
    alike: Mapping[str, float]
    loads: EventLoads
    through: Floats
    pull: Floats
    gain: Floats

    @classmethod
    def of(
        cls, witness: str, alike: Mapping[str, float], loads: EventLoads, through: Floats, own: Evidence, both: Evidence
    ) -> Heard:
        """What makes of the evidence of the queue's own days that of both."""
        inverse = np.linalg.inv(own.doubt)
        return cls(
            witness=witness,
            alike=alike,
            loads=loads,
            through=through,
            pull=inverse @ (both.mean - own.mean),
            gain=inverse @ (own.doubt - both.doubt) @ inverse,
        )

    def along(self, days: DayFeatures, across: Floats, names: frozenset[str] | None = None) -> Floats:
        """(days, loads) covariance of the days with the loads, given the queue's own days.

        `across` is the prior covariance of the days with the training days, both in the components that are asked for.
        """
        return self.loads.on(days, names) - across @ self.through

    @property
    def shift(self) -> Floats:
        """What it takes from the weights of the training days."""
        return np.asarray(self.through @ self.pull)
