"""The model with its friends: a mean weighted by what past origins say, as far as they can be believed."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import SettingError, TooLittleHistory, WfmWarning
from wfm.forecast.forecaster import Forecaster, Starts
from wfm.forecast.judged import metrics
from wfm.forecast.judged.friends import as_model
from wfm.forecast.judged.naive import references
from wfm.forecast.judged.rehearsing import QUANTILES, Model, rehearse
from wfm.forecast.judged.weighing import Weights, weigh
from wfm.tables import HISTORY, check

Floats = npt.NDArray[np.float64]
LEADS = ((1, 7), (8, 14), (15, 366))
"""Groups of calendar days ahead, each with weights of its own."""
MODEL = "model"
SCORES = ("queue", "lead", "method", "wape", "noise_floor", "bias", "pinball", "weight", "won", "why")


class Combination:
    """A forecaster and its friends, weighted by their errors at past origins.

    Each is fitted again at past origins. For every queue and group of leads the weights are those of the mixture that
    would have missed least on the other origins, drawn to the model as far as that would have missed less still: a
    friend must earn its place. Ranges and paths are the model's, moved with the centre and made as wide as the
    mixture's own errors ask.

    Parameters
    ----------
    model : Forecaster      The model; None = one with the defaults.
    friends : iterable      Functions, friends, or models such as those of `references()` (a mapping gives names of its
                            own); None = references and two of statsmodels.
    origins : int or dates  Past origins, as in `backtest`.
    horizon : int           Days ahead at which they are compared.

    Attributes
    ----------
    scores_ : DataFrame     queue, lead, method, wape, noise_floor (what perfect knowledge of the rate would still
                            miss), bias, pinball, weight, won, why: which won where.

    >>> starts = pd.date_range("2026-01-05", periods=140)
    >>> offered = 500 + 200.0 * (starts.day_of_week < 5)
    >>> history = pd.DataFrame({"queue": "voice", "start": starts, "offered": offered})
    >>> def six_hundred(history, starts):
    ...     return np.full(len(starts), 600.0)
    >>> both = Combination(friends=[six_hundred], origins=3, horizon=14).fit(history)
    >>> both.scores_.loc[both.scores_["method"] == "six_hundred", "weight"].round(1).tolist()
    [0.0, 0.0]
    """

    def __init__(
        self,
        model: Forecaster | None = None,
        *,
        friends: Mapping[str, object] | Iterable[object] | None = None,
        origins: int | Iterable[object] = 8,
        horizon: int = 28,
    ) -> None:
        self.model = model or Forecaster()
        self.friends = _named(usual_friends() if friends is None else friends)
        self.origins = origins if isinstance(origins, int) else list(origins)
        self.horizon = horizon

    @property
    def calendar(self) -> object:
        """The model's."""
        return self.model.calendar

    def fit(self, history: pd.DataFrame) -> Combination:
        """Compare all at past origins, learn the weights, and fit all to the whole history.

        Raises
        ------
        DataError           The table does not hold what it must, or a friend gives no numbers.
        TooLittleHistory    A queue has less than three weeks. Where there is less than it takes to compare, the model
                            stands alone, with a warning.
        """
        history = check(history, HISTORY)
        methods: dict[str, object] = {MODEL: self.model, **self.friends}
        past = self._past(methods, history)
        self.weights_, scores = {}, [pd.DataFrame(columns=list(SCORES))]
        for queue, mine in past.groupby("queue", sort=False):
            for first, last in LEADS:
                part = mine[(mine["lead"] >= first) & (mine["lead"] <= last)]
                if len(part):
                    weights = weigh(part, tuple(methods))
                    self.weights_[str(queue), first] = weights
                    scores.append(_told(str(queue), f"{first}-{last}", part, weights))
        self.scores_ = pd.concat(scores[1:] or scores, ignore_index=True)
        self.fitted_ = {name: copy.deepcopy(friend).fit(history) for name, friend in self._needed().items()}
        self.model_ = copy.deepcopy(self.model).fit(history)
        return self

    def predict(
        self, days: int | None = None, *, starts: Starts | None = None, quantiles: Sequence[float] = (0.1, 0.5, 0.9)
    ) -> pd.DataFrame:
        """What will come, as `Forecaster.predict`."""
        levels = tuple(sorted({*quantiles, 0.5}))
        own = self._fitted().predict(days, starts=starts, quantiles=levels)
        moved, wide = self._moved(own)
        middle = own["offered_q0.5"].to_numpy(dtype=float)
        out = own.assign(offered=own["offered"] * moved)
        for level in levels:
            name = f"offered_q{level:g}"
            out[name] = np.maximum(moved * (middle + wide * (own[name].to_numpy(dtype=float) - middle)), 0.0)
        return out.drop(columns=[f"offered_q{level:g}" for level in levels if level not in tuple(quantiles)])

    def simulate(
        self, days: int | None = None, *, starts: Starts | None = None, paths: int = 200, seed: int = 1
    ) -> pd.DataFrame:
        """Possible futures of the rate, as `Forecaster.simulate`; their mean is the combined forecast."""
        own = self._fitted().predict(days, starts=starts, quantiles=(0.5,))
        drawn = self._fitted().simulate(days, starts=starts, paths=paths, seed=seed)
        moved, wide = self._moved(own)
        mean = own["offered"].to_numpy(dtype=float)
        factors = own[["queue", "start"]].assign(mean=mean, moved=moved, wide=wide)
        joined = drawn[["queue", "start", "rate"]].merge(factors, on=["queue", "start"], how="left")
        joined["ratio"] = (joined["rate"] / joined["mean"]).where(joined["mean"] > 0, 1.0)
        joined["wider"] = joined["ratio"] ** joined["wide"]
        centre = joined.groupby(["queue", "start"])[["ratio", "wider"]].transform("mean")
        rate = joined["mean"] * joined["moved"] * joined["wider"] * centre["ratio"] / centre["wider"]
        return drawn.assign(rate=rate.to_numpy())

    def _past(self, methods: Mapping[str, object], history: pd.DataFrame) -> pd.DataFrame:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", WfmWarning)  # past origins knew less than the planner does today
                return rehearse(methods, history, origins=self.origins, horizon=self.horizon)
        except TooLittleHistory as problem:
            warnings.warn(f"Friends are not weighed, the model stands alone: {problem}", WfmWarning, stacklevel=3)
            return pd.DataFrame({"queue": []})

    def _needed(self) -> dict[str, Model]:
        """Friends that have a weight anywhere."""
        used = {name for weights in self.weights_.values() for name, w in weights.by_method.items() if w > 0}
        return {name: friend for name, friend in self.friends.items() if name in used}

    def _fitted(self) -> Forecaster:
        if not hasattr(self, "model_"):
            raise SettingError("the combination has learned nothing yet; call fit(history) first.", name="Combination")
        return self.model_

    def _moved(self, own: pd.DataFrame) -> tuple[Floats, Floats]:
        """By what factor the centre of each interval moves, and how wide its range becomes."""
        starts = {str(queue): pd.DatetimeIndex(rows["start"]) for queue, rows in own.groupby("queue", sort=False)}
        middle = own["offered_q0.5"].to_numpy(dtype=float)
        centre = {MODEL: middle}
        for name, friend in self.fitted_.items():
            centre[name] = _centre(friend.predict(starts=starts, quantiles=(0.5,)), own[["queue", "start"]])
        lead = (own["start"].dt.normalize() - self._fitted().last_day_).dt.days.to_numpy()
        moved, wide = np.ones(len(own)), np.ones(len(own))
        for (queue, first), weights in self.weights_.items():
            last = dict(LEADS)[first]
            rows = own["queue"].eq(queue).to_numpy() & (lead >= first) & ((lead <= last) | (last == LEADS[-1][1]))
            mixed = sum(weight * centre[name][rows] for name, weight in weights.by_method.items() if weight > 0)
            far = np.log((mixed + 1) / (middle[rows] + 1))
            moved[rows] = np.exp(np.clip(far, -weights.reach, weights.reach))
            wide[rows] = weights.wide
        return moved, wide


def usual_friends() -> dict[str, object]:
    """Simple references and two models of statsmodels: what every installation has."""
    from wfm.forecast.judged.friends import autoregression, smoothing

    return {**references(), "smoothing": smoothing, "autoregression": autoregression}


def _named(friends: Mapping[str, object] | Iterable[object]) -> dict[str, Model]:
    if isinstance(friends, Mapping):
        found = [(str(name), as_model(friend)[1]) for name, friend in friends.items()]
    else:
        found = [as_model(friend) for friend in friends]
    names = [name for name, _ in found]
    if len(set(names)) < len(names) or MODEL in names:
        raise SettingError(
            f"friends must have names of their own, other than {MODEL!r}, got {names}.", name="friends", value=names
        )
    return dict(found)


def _centre(forecast: pd.DataFrame, rows: pd.DataFrame) -> Floats:
    """Median where there is one, else the mean."""
    found = rows.merge(forecast, on=["queue", "start"], how="left")
    return found["offered_q0.5"].fillna(found["offered"]).to_numpy(dtype=float)


def _told(queue: str, lead: str, part: pd.DataFrame, weights: Weights) -> pd.DataFrame:
    """Errors of each method and of the mixture, whose is the least, and why the weights are what they are."""
    rows, floor = [], metrics.noise_floor(weights.centre("combination"))
    for name in (*weights.by_method, "combination"):
        came, centre = weights.came, weights.centre(name)
        own = part[part["model"] == name]
        levels = {q: own[f"offered_q{q:g}"].to_numpy(dtype=float) for q in QUANTILES} if len(own) else weights.levels()
        rows.append(
            {
                "queue": queue,
                "lead": lead,
                "method": name,
                "wape": metrics.wape(came, centre),
                "noise_floor": floor,
                "bias": metrics.bias(came, centre),
                "pinball": metrics.pinball(own["came"].to_numpy(dtype=float) if len(own) else came, levels),
                "weight": weights.by_method.get(name, float("nan")),
            }
        )
    table = pd.DataFrame(rows)
    least = table.loc[table["method"] != "combination", "wape"].min()
    won = (table["wape"] == least) & (table["method"] != "combination")
    return table.assign(won=won, why=[weights.why(name) for name in table["method"]])
