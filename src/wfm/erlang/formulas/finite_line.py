"""Finite lines: so many contacts fit in, agents and waiting places together (M/M/n/N+M, also with any patience).

Contacts that find all lines taken are blocked. With as many lines as agents nobody waits (Erlang B); with lines without
end this is Erlang A, or Erlang C where patience is endless. Every measure is of all offered contacts unless it says
otherwise. Formulas and method: `offered_wait.py`. Accuracy of shares: 1e-13, and
5e-12 with 100,000 agents.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas.arguments import Array, Numbers, amount, together, whole, word_of
from wfm.erlang.formulas.definitions import ABANDONED, met_share
from wfm.erlang.formulas.offered_wait import Impatience, steady_state
from wfm.erlang.formulas.targets import Condition, Measures, Targets
from wfm.errors import SettingError, WfmWarning

BLOCKED = ("lost", "ignored")
_ENDLESS = Impatience(mean=np.inf, patient=np.ones_like, integral=lambda x: x)
_SCALED = Impatience(mean=1.0, patient=lambda x: np.exp(-x), integral=lambda x: -np.expm1(-x))  # unit: the patience


def performance(
    agents: Numbers,
    load: Numbers,
    lines: Numbers,
    *,
    aht: Numbers,
    patience: Numbers | Impatience,
    within: Numbers,
    abandoned: str = "lost",
    short: Numbers = 0.0,
    blocked: str = "lost",
) -> dict[str, float] | dict[str, Array]:
    """Every measure of a queue with so many lines.

    Parameters
    ----------
    agents, load : float or array       [agents], [erlangs]; any shapes that broadcast.
    lines : float or array              Contacts in service and waiting that fit in, >= agents; inf = all.
    aht : float or array                Mean handle time [s].
    patience : float, array or law      Mean patience [s], inf = nobody hangs up; or a law of `impatience`.
    within, abandoned, short            As in `erlang_a.service_level`.
    blocked : str                       "lost": blocked contacts count against the service; "ignored": the service
                                        level is that of the accepted contacts.

    Returns
    -------
    dict of float or array              blocking, wait_probability, abandon_rate, service_level, asa [s], mean_wait [s],
                                        occupancy, queue_length [contacts].

    Raises
    ------
    SettingError                        Fewer lines than agents; endless lines, endless patience and no more agents
                                        than load, which is no steady state here (`erlang_c` has its limits).

    >>> found = performance(10, 12.0, 15, aht=240, patience=120, within=20)
    >>> {name: round(value, 4) for name, value in found.items()}
    {'blocking': 0.0396, 'wait_probability': 0.6046, 'abandon_rate': 0.196, 'service_level': 0.4807, 'asa': 22.3718,
     'mean_wait': 23.5245, 'occupancy': 0.9173, 'queue_length': 1.1762}
    """
    word_of(abandoned, ABANDONED, name="abandoned")
    word_of(blocked, BLOCKED, name="blocked")
    law = patience if isinstance(patience, Impatience) else None
    arrays = together(
        amount(agents, name="agents"),
        amount(load, name="load"),
        amount(lines, name="lines", endless=True),
        amount(aht, name="aht", positive=True),
        np.asarray(1.0) if isinstance(patience, Impatience) else _patience(patience),
        amount(within, name="within"),
        amount(short, name="short"),
    )
    n, a, most, h, p, late, early = (x.ravel() for x in arrays)
    _check_lines(n, a, most, np.isinf(p) & (law is None))
    found = _measured(n, a, most, h, p, late, early, law, abandoned, blocked)
    shaped = {name: values.reshape(arrays[0].shape) for name, values in found.items()}
    if arrays[0].ndim:
        return shaped
    return {name: float(values) for name, values in shaped.items()}


def agents_for(
    load: Numbers,
    lines: Numbers,
    *,
    aht: Numbers,
    patience: Numbers | Impatience,
    within: Numbers = 0.0,
    share: Numbers | None = None,
    abandoned: str = "lost",
    short: Numbers = 0.0,
    blocked: str = "lost",
    max_blocking: Numbers | None = None,
    max_abandon: Numbers | None = None,
    max_occupancy: Numbers | None = None,
    max_asa: Numbers | None = None,
    max_wait_probability: Numbers | None = None,
    fractional: bool = False,
) -> npt.NDArray[np.int64] | int | Array | float:
    """Fewest agents that keep every target given with so many lines; never more agents than lines.

    Parameters
    ----------
    load, lines : float or array    [erlangs]; whole lines.
    max_blocking : float or array   Largest share of the offered that finds all lines taken, in (0, 1).
    ...                             The others as in `erlang_a.agents_for` and `performance`.

    Returns
    -------
    int or array of int             As many agents as lines, with a `WfmWarning`, where even they do not suffice: then
                                    lines are short, not agents.

    >>> agents_for([5.0, 12.0], 18, aht=240, patience=120, within=20, share=0.80, max_blocking=0.02).tolist()
    [7, 14]
    """
    from wfm.erlang.formulas import search

    word_of(blocked, BLOCKED, name="blocked")
    targets = Targets(
        within=within,
        share=share,
        abandoned=abandoned,
        short=short,
        max_abandon=max_abandon,
        max_occupancy=max_occupancy,
        max_asa=max_asa,
        max_wait_probability=max_wait_probability,
        max_blocking=max_blocking,
    )
    lines = amount(lines, name="lines")
    if np.any(lines != np.floor(lines)):
        raise SettingError("lines must be whole numbers: a contact takes a line or none.", name="lines")
    conditions = targets.conditions(_measures(lines, aht, patience, blocked))
    load = amount(load, name="load")
    found = search.fewest(load, conditions, fractional=fractional, most=lines)
    _warn_of_short_lines(found, load, lines, conditions)
    return whole(found, fractional=fractional)


def _patience(patience: Numbers) -> Array:
    return amount(patience, name="patience", positive=True, endless=True)


def _check_lines(n: Array, a: Array, lines: Array, endless: npt.NDArray[np.bool_]) -> None:
    few = lines < n
    if few.any():
        raise SettingError(
            f"lines must be at least agents, got {lines[few][0]:g} lines for {n[few][0]:g} agents in "
            f"{int(few.sum())} value(s), first at position {int(np.argmax(few))}.",
            name="lines",
            value=float(lines[few][0]),
        )
    if np.any(endless & np.isinf(lines) & (a >= n) & (a > 0)):
        raise SettingError(
            "lines or patience must be finite where the load reaches the agents: the queue would grow for ever. "
            "erlang_c gives its limits.",
            name="lines",
        )


def _measured(
    n: Array,
    a: Array,
    lines: Array,
    aht: Array,
    p: Array,
    within: Array,
    short: Array,
    law: Impatience | None,
    abandoned: str,
    blocked: str,
) -> dict[str, Array]:
    """Every measure of flat arrays; a finite exponential patience is the unit of time."""
    found = {name: np.zeros(a.shape) for name in _NAMES}
    ending = np.isfinite(p)
    cases = ((ending, p, _SCALED), (~ending, np.ones_like(p), _ENDLESS))
    if law is not None:
        cases = ((np.ones(a.shape, dtype=bool), np.ones_like(p), law),)  # type: ignore[assignment]
    for case, unit, its in cases:
        k = np.flatnonzero(case)
        u = unit[k]
        state = steady_state(n[k], a[k], aht[k] / u, (lines - n)[k], its, within[k] / u, short[k] / u)
        for name, values in _named(state, n[k], a[k], aht[k], u, abandoned, blocked).items():
            found[name][k] = values
    return found


_NAMES = (
    "blocking",
    "wait_probability",
    "abandon_rate",
    "service_level",
    "asa",
    "mean_wait",
    "occupancy",
    "queue_length",
)


def _named(
    state: dict[str, Array], n: Array, a: Array, aht: Array, unit: Array, abandoned: str, blocked: str
) -> dict[str, Array]:
    """The measures that follow from the shares of a steady state whose times are counted in `unit`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        asa = np.where(state["served"] > 0, unit * state["served_wait"] / state["served"], np.inf)
        occupancy = np.where(n > 0, np.minimum(a * state["served"] / n, 1.0), np.where(a > 0, 1.0, 0.0))
        out = state["blocked"]
        base = 1 - out if blocked == "ignored" else np.ones_like(a)
        gone_for_good = (state["lost"] + (0.0 if blocked == "ignored" else out)) / base
        longer = (state["longer"] + (0.0 if blocked == "ignored" else out)) / base
        served, gone, early = (state[name] / base for name in ("served_in", "gone", "early"))
        level = np.where(base > 0, met_share(abandoned, served, gone, early, gone_for_good, longer), 0.0)
    wait = unit * state["mean_wait"]
    return dict(
        zip(
            _NAMES,
            (out, state["waits"], state["lost"], level, asa, wait, occupancy, a / aht * wait),
            strict=True,
        )
    )


def _measures(lines: Array, aht: Numbers, patience: Numbers | Impatience, blocked: str) -> Measures:
    """Finite lines as the search for agents takes them."""
    law = patience if isinstance(patience, Impatience) else None
    mean = np.asarray(1.0) if isinstance(patience, Impatience) else _patience(patience)

    def level(n: Array, a: Array, most: Array, h: Array, p: Array, within: Array, short: Array, word: str) -> Array:
        return _measured(n, a, most, h, p, within, short, law, word, blocked)["service_level"]

    def of(name: str) -> Callable[..., Array]:
        def measure(n: Array, a: Array, most: Array, h: Array, p: Array) -> Array:
            none = np.zeros_like(a)
            return _measured(n, a, most, h, p, none, none, law, "lost", blocked)[name]

        return measure

    return Measures(
        parameters=(lines, amount(aht, name="aht", positive=True), mean),
        level=level,
        abandon_rate=of("abandon_rate"),
        busy=of("occupancy"),
        asa=of("asa"),
        wait_probability=of("wait_probability"),
        blocking=of("blocking"),
    )


def _warn_of_short_lines(found: Array, load: Array, lines: Array, conditions: list[Condition]) -> None:
    short = np.zeros(found.shape, dtype=bool)
    for condition in conditions:
        n, a, *rest = np.broadcast_arrays(found, load, *condition.parameters)
        flat = (x.ravel() for x in (n, a, *rest))
        short |= (~condition.holds(*flat)).reshape(n.shape) & (n >= lines) & (a > 0)
    if short.any():
        first = tuple(int(i) for i in np.argwhere(short)[0])
        a, most = (np.broadcast_to(x, found.shape)[first] for x in (load, lines))
        warnings.warn(
            f"{int(short.sum())} of {short.size} queue(s) miss a target even with an agent on every line, first: "
            f"{a:g} erlangs on {most:g} lines. Add lines.",
            WfmWarning,
            stacklevel=3,
        )
