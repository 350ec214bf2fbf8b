"""Queues that an event does not touch bear witness to what its days would have been without it.

Busy days are busy for the whole centre, a launch is felt only by those who serve its customers. What an untouched queue
did on the days of an event tells the event from the unrest, the season and the growth that both have in common.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.events import Event
from wfm.forecast.learned.changes import is_change
from wfm.forecast.learned.components import Component
from wfm.forecast.learned.curves import Shapes
from wfm.forecast.learned.days import DayFeatures
from wfm.forecast.learned.growth import GROWTH
from wfm.forecast.learned.level import DayLevel, evidence_of, with_events
from wfm.forecast.learned.loads import EventLoads
from wfm.forecast.learned.queue_model import QueueModel, felt_days, shapes_of
from wfm.forecast.learned.testimony import Heard
from wfm.forecast.learned.workers import each

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
IN_COMMON = {
    "day to day": ("short memory", "noise"),
    "slow": ("slow level", "trend", "lasting trend", GROWTH),
}
"""Components that two queues have in common to the same degree; all others but events and regressors are `usual`."""
DEGREES = 0.99 * np.linspace(0.0, 1.0, 12) ** 0.5
"""Degrees to which two queues may have something in common, all as likely before any data; dense near 1."""
LEAST = 0.3
"""Correlation of two queues' surprises below which one says nothing of the other."""
SHARED_DAYS = 60
"""Days that two queues must share before one is compared with the other."""
FELT = 0.2
"""Share of its peak from which on history has felt an event."""
SPILLED = 2.5
"""Standard deviations from which on a queue felt an event that was not said to touch it."""


def with_witnesses(models: Mapping[str, QueueModel], workers: int = 1) -> dict[str, QueueModel]:
    """The models of queues, those that events touched having heard what an untouched one says."""
    found = dict(models)
    touched = {queue: _felt(model) for queue, model in models.items()}
    if any(touched.values()):
        known = _surprises(models)
        best = {queue: _witness(models[queue], (queue,), models, known) for queue, past in touched.items() if past}
        jobs = {queue: (models[queue], other) for queue, other in best.items() if other is not None}
        found |= zip(jobs, each(_with_testimony, list(jobs.values()), workers=workers), strict=True)
    return found


def heard(model: QueueModel, queues: Sequence[str], models: Mapping[str, QueueModel]) -> QueueModel:
    """The model of the sum of some queues, having heard the best witness among the others."""
    witness = _witness(model, queues, models, _surprises(models)) if _felt(model) else None
    return model if witness is None else _with_testimony(model, witness)


def _felt(model: QueueModel) -> list[Event]:
    """Events that history has felt."""
    reach = model.level.days.events.max(axis=0, initial=0.0)
    return [event for event, most in zip(model.events, reach, strict=True) if most > FELT]


def _surprises(models: Mapping[str, QueueModel]) -> pd.DataFrame:
    """(days, queues) standardised errors one day ahead, the wildest drawn in; nan where a queue was closed."""
    levels = {queue: model.level for queue, model in models.items()}
    return pd.DataFrame({q: pd.Series(level.surprise, index=level.days.day) for q, level in levels.items()}).clip(-3, 3)


def _witness(
    model: QueueModel, queues: Sequence[str], models: Mapping[str, QueueModel], known: pd.DataFrame
) -> QueueModel | None:
    """The queue beside these that no past event touched and whose surprises correlate most with the model's."""
    past = _felt(model)
    others = [name for name in models if name not in queues and not any(event.acts_on(name) for event in past)]
    if not others:
        return None
    mine = pd.Series(model.level.surprise, index=model.level.days.day).clip(-3, 3).reindex(known.index).to_numpy()
    its = known[others].to_numpy()
    seen = ~np.isnan(its) & ~np.isnan(mine)[:, None]
    mine, its = np.where(seen, np.nan_to_num(mine)[:, None], 0.0), np.where(seen, its, 0.0)
    size = np.sqrt((mine**2).sum(axis=0) * (its**2).sum(axis=0))
    closeness = np.where(seen.sum(axis=0) > SHARED_DAYS, (mine * its).sum(axis=0) / np.maximum(size, 1e-12), 0.0)
    best = int(np.argmax(closeness))
    return models[others[best]] if closeness[best] > LEAST else None


def _with_testimony(model: QueueModel, witness: QueueModel) -> QueueModel:
    """The queue having heard the witness, unless that felt the events or is its double."""
    its = _with_names_of(model, witness)
    pair = _Pair.of(model.level, its)
    try:
        return model if _spilled(pair, model.level.days, its.days) else _told(model, witness.queue, pair)
    except np.linalg.LinAlgError:  # its days leave nothing of the queue's to chance
        return model


def _told(model: QueueModel, witness: str, pair: _Pair) -> QueueModel:
    """The queue with the shapes and sizes of its events told by its days and the witness's in one Gaussian model.

    Each component of the level is taken to be common to both to some degree, which is learned for what moves from day
    to day, for what moves slowly and for what is usual on such days.
    """
    level, kinds = model.level, tuple(event.kind for event in model.events)
    alike = pair.part().degrees()
    less, response = pair.told(alike)
    felt = EventLoads.of_level(level.learned, kinds, level.days.bends.shape[1]).on(level.days)
    rest = pair.covariance - felt @ felt.T
    days, shapes = _reshaped(model, _conditioned(level, rest - less, response))
    loads = EventLoads.of_level(level.learned, kinds, days.bends.shape[1])
    felt = loads.on(days)
    both, _ = evidence_of(rest + felt @ felt.T - less, response, felt)
    level = with_events(level, rest, days, kinds, both.variances(loads))
    loads = EventLoads.of_level(level.learned, kinds, days.bends.shape[1])
    felt, covariance = loads.on(days), level.factor @ level.factor.T
    own, through = evidence_of(covariance, pair.response, felt)
    both, _ = evidence_of(covariance - less, response, felt)
    told = Heard.of(witness, alike, loads, through, own, both)
    return replace(model, level=replace(level, told=told), shapes=shapes)


def _with_names_of(model: QueueModel, witness: QueueModel) -> DayLevel:
    """The level of the witness, its holidays numbered as those of the queue."""
    numbers = {name: k + 1 for k, name in enumerate(model.reader.holiday_names)}
    for name in witness.reader.holiday_names:
        numbers.setdefault(name, len(numbers) + 1)
    table = np.array([0, *(numbers[name] for name in witness.reader.holiday_names)], dtype=np.int64)
    days = witness.level.days
    return replace(witness.level, days=replace(days, holiday=table[days.holiday]))


def _conditioned(level: DayLevel, covariance: Floats, response: Floats) -> DayLevel:
    """The level of which learning a shape needs to know this much."""
    from scipy.linalg import cholesky, solve_triangular

    factor = cholesky(covariance, lower=True, check_finite=False)
    return replace(level, factor=factor, surprise=solve_triangular(factor, response, lower=True, check_finite=False))


def _reshaped(model: QueueModel, without: DayLevel) -> tuple[DayFeatures, Shapes]:
    """The training days with events of the shapes that a level without events leaves to them."""
    plain = model.reader.read(model.open_days, model.open_days)
    learned = shapes_of(_felt(model), without, plain, model.open_days, model.profile)
    shapes = {**model.shapes, **learned}
    days = felt_days(model.events, model.sizes, shapes, model.open_days, model.profile, plain)
    return days.take(np.arange(len(days) - len(without.days), len(days))), shapes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """The days of a queue and of its witness.

    Attributes
    ----------
    covariance, response : array    Of the queue's days.
    of_witness, answer : array      The same of the witness's days.
    shared : dict                   What is in common -> covariance of the witness's days with the queue's, were it so
                                    altogether.
    rows, its : array               Every second week of the queue and of the witness.
    """

    covariance: Floats
    response: Floats
    of_witness: Floats
    answer: Floats
    shared: Mapping[str, Floats]
    rows: Rows
    its: Rows

    @classmethod
    def of(cls, level: DayLevel, witness: DayLevel) -> _Pair:
        """Components that both levels have are the queue's in kind, and the witness's own in size."""
        mine = {component.name: component for component in level.components}
        its = np.ones((len(witness.days), len(witness.days)))
        left = (witness.factor**2).sum(axis=1) - 1.0  # what is a day's own
        for variance, component in zip(witness.variances, witness.components, strict=False):
            like = mine.get(component.name, component) if _both_have(component) else component
            its += variance * like.kernel(witness.days, witness.days)
            left -= variance * np.diag(component.kernel(witness.days, witness.days))
        its[np.diag_indices_from(its)] += left
        last = max(level.days.day[-1], witness.days.day[-1])
        return cls(
            covariance=level.factor @ level.factor.T,
            response=level.factor @ level.surprise,
            of_witness=its,
            answer=witness.factor @ witness.surprise,
            shared=_shared(level, witness),
            rows=np.flatnonzero((last - level.days.day) // 7 % 2 == 0),
            its=np.flatnonzero((last - witness.days.day) // 7 % 2 == 0),
        )

    def part(self) -> _Pair:
        """Every second week, which says of degrees nearly what all days say."""
        rows, its = self.rows, self.its
        return replace(
            self,
            covariance=self.covariance[np.ix_(rows, rows)],
            response=self.response[rows],
            of_witness=self.of_witness[np.ix_(its, its)],
            answer=self.answer[its],
            shared={name: both[np.ix_(its, rows)] for name, both in self.shared.items()},
        )

    def degrees(self) -> dict[str, float]:
        """To what degree each is in common: posterior means, each given the others, in two rounds."""
        pieces, answer = self._whitened()
        found = dict.fromkeys(pieces, 0.7)
        for name in [*pieces, *pieces]:
            rest = sum(found[other] * pieces[other] for other in pieces if other != name)
            score = np.array([self._likelihood(rest + degree * pieces[name], answer) for degree in DEGREES])
            weight = np.exp(score - score.max())
            found[name] = float(weight @ DEGREES / weight.sum())
        return found

    def told(self, alike: Mapping[str, float]) -> tuple[Floats, Floats]:
        """What the witness takes from the covariance of the queue's days, and what it leaves of their response."""
        pieces, answer = self._whitened()
        known = np.sum([degree * pieces[name] for name, degree in alike.items()], axis=0)
        return known.T @ known, self.response - known.T @ answer

    def _whitened(self) -> tuple[dict[str, Floats], Floats]:
        """What is shared, and the witness's answer, in independent pieces."""
        from scipy.linalg import cholesky, solve_triangular

        factor = cholesky(self.of_witness, lower=True, check_finite=False)
        pieces = {n: solve_triangular(factor, b, lower=True, check_finite=False) for n, b in self.shared.items()}
        return pieces, solve_triangular(factor, self.answer, lower=True, check_finite=False)

    def _likelihood(self, known: Floats, answer: Floats) -> float:
        from scipy.linalg import cholesky, solve_triangular

        factor = cholesky(self.covariance - known.T @ known, lower=True, check_finite=False)
        left = solve_triangular(factor, self.response - known.T @ answer, lower=True, check_finite=False)
        return float(-0.5 * left @ left - np.log(np.diag(factor)).sum())


def _shared(level: DayLevel, witness: DayLevel) -> dict[str, Floats]:
    """What is in common -> covariance of the witness's days with the queue's, were it so altogether."""
    known = witness.learned
    shared = {name: np.zeros((len(witness.days), len(level.days))) for name in (*IN_COMMON, "usual")}
    for variance, component in zip(level.variances, level.components, strict=False):
        if component.name in known and _both_have(component):
            both = component.kernel(witness.days, level.days)
            shared[_common(component.name)] += np.sqrt(variance * known[component.name]) * both
    same = np.equal.outer(witness.days.day, level.days.day)
    shared["day to day"] += np.sqrt(level.noise * witness.noise) * same
    return shared


def _both_have(component: Component) -> bool:
    """Whether a component of one queue is the same of another: events, regressors and changes are each queue's own."""
    own = component.part.startswith(("kind:", "regressor")) or component.name.startswith("regressor")
    return not own and not is_change(component)


def _common(component: str) -> str:
    return next((name for name, parts in IN_COMMON.items() if component in parts), "usual")


def _spilled(pair: _Pair, days: DayFeatures, its: DayFeatures) -> bool:
    """Whether the witness felt the events: then it says nothing of what would have been without them."""
    from scipy.linalg import cho_factor, cho_solve

    _, at, to = np.intersect1d(days.day, its.day, return_indices=True)
    lifted = np.zeros(len(its))
    lifted[to] = days.events[at].sum(axis=1)
    solved = cho_solve(cho_factor(pair.of_witness, lower=True), np.column_stack([pair.answer, lifted]))
    return bool(abs(lifted @ solved[:, 0]) > SPILLED * np.sqrt(lifted @ solved[:, 1]))
