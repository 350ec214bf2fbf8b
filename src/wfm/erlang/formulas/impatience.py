"""Patience of any law, M/M/n+G: fixed, uniform, Weibull, two kinds of people, or those who leave at once.

Formulas and method: `offered_wait.py`. Of patience only its density near 0 matters much in a busy queue. Shares are
good to 4e-12 from 0.001 to 100,000 agents, waits to 1e-11 relative.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from wfm.checks import fraction, number_in
from wfm.durations import seconds
from wfm.erlang.formulas.arguments import Array, Numbers, amount, over, share_of, together, whole, word_of
from wfm.erlang.formulas.definitions import ABANDONED, met_share
from wfm.erlang.formulas.longest_wait import late_share
from wfm.erlang.formulas.offered_wait import Impatience, Line, offered_wait, steady_state
from wfm.erlang.formulas.targets import Measures, Targets


def fixed(patience: float) -> Impatience:
    """Everybody waits exactly so long."""
    d = seconds(patience, name="patience")
    return Impatience(mean=d, patient=lambda x: (x < d).astype(float), integral=lambda x: np.minimum(x, d), breaks=(d,))


def uniform(mean: float) -> Impatience:
    """Patience evenly between 0 and twice its mean [s]."""
    top = 2 * seconds(mean, name="patience")
    return Impatience(
        mean=top / 2,
        patient=lambda x: np.maximum(1 - x / top, 0.0),
        breaks=(top,),
        integral=lambda x: np.minimum(x, top) - np.minimum(x, top) ** 2 / (2 * top),
    )


def exponential(mean: float) -> Impatience:
    """Erlang A's own law."""
    m = seconds(mean, name="patience")
    return Impatience(mean=m, patient=lambda x: np.exp(-x / m), integral=lambda x: -m * np.expm1(-x / m))


def weibull(mean: float, *, shape: float) -> Impatience:
    """Weibull patience: shape below 1 loses many at once, above 1 most wait a while."""
    k = number_in(shape, name="shape", low=0.05, high=50)
    m = seconds(mean, name="patience")
    scale = m / math.gamma(1 + 1 / k)

    def integral(x: Array) -> Array:
        from scipy.special import gammainc

        return np.asarray(m * gammainc(1 / k, (x / scale) ** k))

    # where the law bends fast: it is nearly a step where its shape is large
    bends = tuple(scale * (-math.log(part)) ** (1 / k) for part in (0.999, 0.97, 0.8, 0.37, 0.05, 1e-4, 1e-9))
    return Impatience(mean=m, patient=lambda x: np.exp(-((x / scale) ** k)), integral=integral, breaks=bends)


def two_kinds(mean: float, *, share: float) -> Impatience:
    """A share of the people with the mean patience mean / (2 share), the rest with mean / (2 (1 - share))."""
    p = fraction(share, name="share", zero=False, one=False)
    m = seconds(mean, name="patience")
    first, second = m / (2 * p), m / (2 * (1 - p))
    return Impatience(
        mean=m,
        patient=lambda x: p * np.exp(-x / first) + (1 - p) * np.exp(-x / second),
        integral=lambda x: -m / 2 * (np.expm1(-x / first) + np.expm1(-x / second)),
    )


def balking(mean: float, *, leave: float) -> Impatience:
    """A share leaves at once if it must wait; the others have an exponential patience of this mean [s]."""
    b = fraction(leave, name="leave", one=False)
    m = seconds(mean, name="patience")
    return Impatience(
        mean=(1 - b) * m, patient=lambda x: (1 - b) * np.exp(-x / m), integral=lambda x: -(1 - b) * m * np.expm1(-x / m)
    )


def performance(
    agents: Numbers,
    load: Numbers,
    law: Impatience,
    *,
    aht: Numbers,
    within: Numbers,
    abandoned: str = "lost",
    short: Numbers = 0.0,
) -> dict[str, float] | dict[str, Array]:
    """Every measure of a queue whose contacts hang up by any law of patience.

    Parameters
    ----------
    agents, load : float or array       [agents], [erlangs]; any shapes that broadcast.
    law : Impatience                    `fixed`, `uniform`, `exponential`, `weibull`, `two_kinds` or `balking`.
    aht, within : float or array        Mean handle time, acceptable wait [s].
    abandoned, short                    Definition of the service level, as in `erlang_a.service_level`.

    Returns
    -------
    dict of float or array              wait_probability, abandon_rate, service_level, longer (P(V > within)), asa,
                                        mean_wait [s], occupancy, queue_length [contacts].

    >>> found = performance(50, 48.0, exponential(120), aht=60, within=20)
    >>> round(found["abandon_rate"], 6), round(found["service_level"], 3), round(found["mean_wait"], 4)
    (0.030912, 0.943, 3.7095)
    >>> performance([50, 45], 48.0, fixed(120), aht=60, within=20)["abandon_rate"].round(4).tolist()
    [0.0005, 0.0626]
    """
    word_of(abandoned, ABANDONED, name="abandoned")
    arrays = together(
        amount(agents, name="agents"),
        amount(load, name="load"),
        amount(aht, name="aht", positive=True),
        amount(within, name="within"),
        amount(short, name="short"),
    )
    n, a, h, late, early = (x.ravel() for x in arrays)
    found = _measured(n, a, h, late, early, law, abandoned)
    shaped = {name: values.reshape(arrays[0].shape) for name, values in found.items()}
    if arrays[0].ndim:
        return shaped
    return {name: float(values) for name, values in shaped.items()}


def wait_quantile(
    share: Numbers, agents: Numbers, load: Numbers, law: Impatience, *, aht: Numbers, answered: bool = False
) -> Array | float:
    """Time in queue that so large a share of the contacts does not exceed [s], hang-ups included unless `answered`.

    >>> round(wait_quantile(0.90, 50, 48.0, exponential(120), aht=60), 3)
    12.445
    """
    return over(
        lambda late, n, a, aht: _exceeded(late, n, a, aht, law, answered),
        1 - share_of(share, name="share"),
        amount(agents, name="agents"),
        amount(load, name="load"),
        amount(aht, name="aht", positive=True),
    )


def longest_wait(
    contacts: Numbers,
    agents: Numbers,
    load: Numbers,
    law: Impatience,
    *,
    aht: Numbers,
    share: Numbers,
    answered: bool = False,
) -> Array | float:
    """What the longest wait among so many contacts does not exceed with probability `share` [s].

    `P(max <= t) ~ P(W <= t)^N`, waits taken as independent; the true one is shorter, see `longest_wait.py`.

    >>> round(longest_wait(1000, 50, 48.0, exponential(120), aht=60, share=0.5), 2)
    36.0
    """
    return over(
        lambda late, n, a, aht: _exceeded(late, n, a, aht, law, answered),
        late_share(amount(contacts, name="contacts", positive=True), share_of(share, name="share")),
        amount(agents, name="agents"),
        amount(load, name="load"),
        amount(aht, name="aht", positive=True),
    )


def agents_for(
    load: Numbers,
    law: Impatience,
    *,
    aht: Numbers,
    within: Numbers = 0.0,
    share: Numbers | None = None,
    abandoned: str = "lost",
    short: Numbers = 0.0,
    max_abandon: Numbers | None = None,
    max_occupancy: Numbers | None = None,
    max_asa: Numbers | None = None,
    max_wait_probability: Numbers | None = None,
    wait_quantile: tuple[float, float] | None = None,
    fractional: bool = False,
) -> npt.NDArray[np.int64] | int | Array | float:
    """Fewest agents that keep every target given under any law of patience; targets as in `erlang_a.agents_for`.

    >>> agents_for([10.0, 135.0], fixed(180), aht=270, within=60, share=0.80).tolist()
    [13, 140]
    """
    from wfm.erlang.formulas import search

    targets = Targets(
        within=within,
        share=share,
        abandoned=abandoned,
        short=short,
        max_abandon=max_abandon,
        max_occupancy=max_occupancy,
        max_asa=max_asa,
        max_wait_probability=max_wait_probability,
        wait_quantile=wait_quantile,
    )
    conditions = targets.conditions(_measures(amount(aht, name="aht", positive=True), law))
    found = search.fewest(amount(load, name="load"), conditions, fractional=fractional)
    return whole(found, fractional=fractional)


def _measured(
    n: Array, a: Array, aht: Array, within: Array, short: Array, law: Impatience, abandoned: str
) -> dict[str, Array]:
    found = steady_state(n, a, aht, np.full_like(a, np.inf), law, within, short)
    with np.errstate(divide="ignore", invalid="ignore"):
        asa = np.where(found["served"] > 0, found["served_wait"] / found["served"], np.inf)
        occupancy = np.where(n > 0, np.minimum(a * found["served"] / n, 1.0), np.where(a > 0, 1.0, 0.0))
    return {
        "wait_probability": found["waits"],
        "abandon_rate": found["lost"],
        "service_level": met_share(
            abandoned, found["served_in"], found["gone"], found["early"], found["lost"], found["longer"]
        ),
        "longer": found["longer"],
        "asa": asa,
        "mean_wait": found["mean_wait"],
        "occupancy": occupancy,
        "queue_length": a / aht * found["mean_wait"],
    }


def _measures(aht: Array, law: Impatience) -> Measures:
    """The queue as the search for agents takes it."""

    def level(n: Array, a: Array, aht: Array, within: Array, short: Array, word: str) -> Array:
        return _measured(n, a, aht, within, short, law, word)["service_level"]

    def of(name: str) -> Callable[..., Array]:
        return lambda n, a, aht: _measured(n, a, aht, np.zeros_like(a), np.zeros_like(a), law, "lost")[name]

    return Measures(
        parameters=(aht,),
        level=level,
        abandon_rate=of("abandon_rate"),
        busy=of("occupancy"),
        asa=of("asa"),
        wait_probability=of("wait_probability"),
    )


def _exceeded(late: Array, n: Array, a: Array, aht: Array, law: Impatience, answered: bool) -> Array:
    """The wait that a share `late` exceeds [s], by halving between the ends of the offered wait."""
    out = np.where((a > 0) & (n <= 0), np.inf, 0.0)
    rows = np.flatnonzero((a > 0) & (n > 0))
    if not rows.size:
        return out
    line = Line(n=n[rows], a=a[rows], aht=aht[rows], places=np.full(rows.shape, np.inf), law=law)
    window, goal = line.window(), late[rows]

    def too_many(t: Array) -> npt.NDArray[np.bool_]:
        wait = offered_wait(line, [t], window)
        if answered:
            return np.asarray(wait.served_later(t) > goal * wait.served())
        return np.asarray(law.patient(t) * wait.longer(t) > goal)

    low, high = np.zeros(rows.shape), window[2]
    waits = too_many(low)
    for _ in range(50):
        middle = (low + high) / 2
        more = too_many(middle)
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    out[rows] = np.where(waits, high, 0.0)
    return out
