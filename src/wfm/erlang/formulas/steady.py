"""Service that agents give in a steady state, by formula: voice, and chat with several contacts at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wfm.erlang.formulas import erlang_c
from wfm.erlang.formulas.arguments import Array, Numbers, amount, together
from wfm.erlang.formulas.cases import NOBODY
from wfm.erlang.formulas.chat import chat_queue, idle_ratio
from wfm.erlang.formulas.definitions import met_share
from wfm.erlang.formulas.law import Law, law_of
from wfm.erlang.formulas.palm import chunks, palm


def performance(
    offered: Numbers,
    agents: Numbers,
    *,
    interval: Numbers,
    aht: Numbers,
    patience: Numbers = np.inf,
    within: Numbers,
    abandoned: str = "lost",
    short: Numbers = 0.0,
    concurrency: int = 1,
    aht_by_concurrency: Sequence[float] = (),
) -> dict[str, Array]:
    """Service of each interval by itself, as if its rate and staff had always been there.

    Parameters
    ----------
    offered, agents : float or array    Contacts per interval; agents on contacts, fractions allowed. Any shapes that
                                        broadcast, such as paths x intervals.
    interval, aht : float or array      Width of the interval, mean handle time [s].
    patience, within, short             As in `erlang_a.service_level` [s].
    concurrency : int                   Contacts that an agent handles at once: so many slots an agent.
    aht_by_concurrency : sequence       Handle time with 1, 2, ... contacts at once [s], in the place of `aht`.

    Returns
    -------
    dict of arrays                      service_level, abandon_rate, occupancy (of the slots), asa [s], queue_length
                                        [contacts], load [erlangs], in the common shape.

    >>> p = performance([900, 0], [116, 0], interval=1800, aht=270, patience=180, within=60)
    >>> p["service_level"].round(3).tolist(), p["abandon_rate"].round(3).tolist()
    ([0.812, 1.0], [0.144, 0.0])
    """
    law = law_of(
        patience=patience,
        within=within,
        abandoned=abandoned,
        short=short,
        concurrency=concurrency,
        aht_by_concurrency=aht_by_concurrency,
    )
    arrays = together(
        amount(offered, name="offered") / amount(interval, name="interval", positive=True),
        amount(agents, name="agents"),
        amount(law.ladder.aht[-1] if law.ladder else aht, name="aht", positive=True),
        law.patience,
        law.within,
        law.short,
    )
    shape = arrays[0].shape
    rate, staff, handle, *_ = (x.ravel() for x in arrays)
    out = measures(staff, rate * handle, handle, _flat(law, shape), waits=True)
    out["load"] = rate * handle
    with np.errstate(invalid="ignore"):
        out["queue_length"] = np.where(rate > 0, rate * out.pop("mean_wait"), 0.0)
    return {name: values.reshape(shape) for name, values in out.items()}


def measures(agents: Array, load: Array, aht: Array, law: Law, *, waits: bool = False) -> dict[str, Array]:
    """Service level, abandon rate, occupancy and mean wait (asa where `waits`) of flat arrays of one shape.

    Fractional agents of a ladder lie between the whole ones; else slots may be fractional.
    """
    if law.ladder is not None and np.any(agents % 1 > 0):
        part = agents % 1
        low, high = (measures(edge, load, aht, law, waits=waits) for edge in (np.floor(agents), np.ceil(agents)))
        with np.errstate(invalid="ignore"):
            return {k: np.where(part > 0, low[k] * (1 - part) + high[k] * part, low[k]) for k in low}
    patience = np.broadcast_to(law.patience, load.shape)
    busy, staffed, ending = load > 0, agents > NOBODY, np.isfinite(patience)
    out = {name: np.zeros(load.shape) for name in ("abandon_rate", "occupancy", "asa", "mean_wait")}
    out["service_level"] = np.where(busy, 0.0, 1.0)
    nobody = busy & ~staffed
    out["abandon_rate"][nobody & ending] = 1.0
    out["service_level"][nobody & ending] = _unanswered(law.rows(nobody & ending, load.shape))
    out["occupancy"][nobody] = 1.0
    out["asa"][nobody] = np.inf
    out["mean_wait"][nobody] = patience[nobody]
    for case, solve in ((ending, _finite), (~ending, _endless)):
        found = np.flatnonzero(busy & staffed & case)
        for piece in chunks(len(found)):
            k = found[piece]
            for name, values in solve(law.slots(agents[k]), load[k], aht[k], law.rows(k, load.shape), waits).items():
                out[name][k] = values
    return out


def over_in(wait: float, agents: Array, load: Array, aht: Array, law: Law) -> Array:
    """Share of all offered whose wait is over within `wait` seconds, answered or not; flat arrays."""
    plain = Law(
        patience=law.patience, within=wait, short=0.0, abandoned="met", concurrency=law.concurrency, ladder=law.ladder
    )
    return measures(agents, load, aht, plain)["service_level"]


def _unanswered(law: Law) -> Array:
    """Service level where nobody is there: hang-ups in time count as met in some definitions."""
    none, gone, early = (
        np.zeros_like(law.patience),
        -np.expm1(-law.within / law.patience),
        -np.expm1(-law.short / law.patience),
    )
    return met_share(law.abandoned, none, gone, early, none + 1, none + 1)


def _finite(slots: Array, load: Array, aht: Array, law: Law, waits: bool) -> dict[str, Array]:
    if law.ladder is None:
        queue, unit, used = palm(slots, load, law.patience / aht), aht, None
    else:
        queue, used = chat_queue(slots, load / aht, law.ladder, law.patience)
        unit = np.ones_like(aht)
    lost = queue.abandon()
    level = queue.service_level(law.within / unit, law.short / unit, law.abandoned, lost)
    found = {
        "service_level": level,
        "abandon_rate": lost,
        "mean_wait": law.patience * lost,
        "occupancy": np.minimum(queue.rho * (1 - lost), 1.0) if used is None else used,
    }
    if waits:
        found["asa"] = unit * queue.wait_of_served() / (1 - lost)
    return found


def _endless(slots: Array, load: Array, aht: Array, law: Law, waits: bool) -> dict[str, Array]:
    if law.ladder is None:
        wait = erlang_c.asa_flat(slots, load, aht)
        return {
            "service_level": erlang_c.service_flat(slots, load, law.within / aht),
            "asa": wait,
            "mean_wait": wait,
            "occupancy": np.minimum(load / slots, 1.0),
        }
    rate, full = load / aht, slots * law.ladder.rate(law.ladder.most)
    idle, used = idle_ratio(slots, rate, law.ladder)
    rho, spare = rate / full, np.maximum(full - rate, 0.0)
    with np.errstate(divide="ignore", over="ignore", under="ignore", invalid="ignore"):
        all_busy = np.where(spare > 0, rho / (rho + (1 - rho) * idle), 1.0)
        wait = np.where(spare > 0, all_busy / spare, np.inf)
    return {
        "service_level": np.where(spare > 0, 1 - all_busy * np.exp(-spare * law.within), 0.0),
        "asa": wait,
        "mean_wait": wait,
        "occupancy": (1 - all_busy) * used / (slots * law.ladder.most) + all_busy,
    }


def _flat(law: Law, shape: tuple[int, ...]) -> Law:
    """The law with its values spread over a shape and laid flat."""
    values = {name: np.broadcast_to(getattr(law, name), shape).ravel() for name in ("patience", "within", "short")}
    return Law(**values, abandoned=law.abandoned, concurrency=law.concurrency, ladder=law.ladder)
