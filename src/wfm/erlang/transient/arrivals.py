"""Service of those who arrive in an interval: the state they find, times what their place in the queue is worth.

The last seconds of an interval, whose waits cross a change of staff, are integrated by Gauss-Legendre nodes; before
them the mean state suffices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.transient.counted import Chance
from wfm.erlang.transient.day import Day, Whole
from wfm.erlang.transient.evolution import (
    Chain,
    Pieces,
    along,
    back_from,
    back_mean,
    cut,
    moving,
    states_at,
    transposed,
)
from wfm.erlang.transient.waiting import chances

_EVENTS = 260.0  # in the last part of an interval up to which its states come by uniformisation
_CALM = 14.0  # part of an interval after which the state has settled, see `_smooth`
_MEMORY = 20_000  # chances kept
_ROWS = 64
_NOTHING = 1e-15


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """Intervals with the agents of theirs and of the following ones, and the states with which they start.

    `staff` [rows x window]: agents in interval i, i + 1, ...; after the end of a run the last staff is kept. `end`:
    the states at the end of the interval, where they are known.
    """

    i: Whole
    staff: Whole
    start: Array
    pieces: tuple[Pieces, ...]
    end: Array | None = None

    def rows(self, some: Whole) -> Cases:
        """Some of the cases."""
        return Cases(
            i=self.i[some],
            staff=self.staff[some],
            start=self.start[some],
            pieces=tuple(self.pieces[int(r)] for r in some),
            end=None if self.end is None else self.end[some],
        )

    def __len__(self) -> int:
        """Number of cases."""
        return len(self.i)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of an interval [s] whose waits cross so many boundaries."""

    offset: float
    length: float
    crossed: int


def parts_of(day: Day, time: float) -> list[Part]:
    """The stretches of an interval by the number of boundaries that a wait of `time` crosses."""
    if not np.isfinite(time):
        return [Part(offset=0.0, length=day.dt, crossed=1)]
    crossed, rest = divmod(time, day.dt)
    crossed = min(int(crossed), len(day.rate))
    early = Part(offset=0.0, length=day.dt - rest, crossed=crossed)
    return [early, Part(offset=early.length, length=rest, crossed=crossed + 1)] if rest > 0 else [early]


def windows(day: Day, staff: Whole, width: int) -> Whole:
    """Agents of every interval and of those that follow [intervals x width]."""
    i = np.arange(len(staff))
    return np.stack([staff[np.minimum(i + k, day.last)] for k in range(width)], axis=1)


def width_of(day: Day, times: list[float]) -> int:
    """Intervals that a wait may touch."""
    return max(max(part.crossed for part in parts_of(day, time)) + 1 for time in times) if times else 1


def served(day: Day, cases: Cases, chance: Chance, later: Array | None = None) -> Array:
    """Mean chance over those who arrive in each case's interval [rows].

    `later` [intervals x places]: chances by place at the start of each interval, for a time without end.
    """
    out, parts = np.zeros(len(cases)), parts_of(day, chance[0])
    for some, smooth in _like(day, cases, parts):
        few = cases.rows(some)
        chain, middle = day.chain(few.i, few.staff[:, 0]), few.start
        for part in parts:
            nodes, weights = _legendre(_nodes(day, few, part))
            if part.crossed == 0:
                middle, mean = along(chain, cut(few.pieces[0], part.length), few.start)
                states = mean[None]
            else:
                if part.offset > 0 and parts[0].crossed > 0:
                    middle = along(chain, cut(few.pieces[0], part.offset), few.start)[0]
                states = _states(few, chain, part, nodes, middle, smooth)
            worths = _worth(day, few, chance, part, nodes, later)
            for state, weight, worth in zip(states, weights, worths, strict=True):
                out[some] += part.length / day.dt * weight * _earned(day, few.staff[:, 0], state, worth)
    return out


def worth_of_start(day: Day, cases: Cases, chance: Chance) -> Array:
    """Adjoint of `served`: mean chance of an interval's arrivals by the state at its start [rows x states]."""
    out, parts = np.zeros((len(cases), day.states)), parts_of(day, chance[0])
    for some, smooth in _like(day, cases, parts):
        few = cases.rows(some)
        chain = day.chain(few.i, few.staff[:, 0])
        for part in parts:
            nodes, weights = _legendre(_nodes(day, few, part))
            worth = _worth(day, few, chance, part, nodes, None)
            values = np.stack([w * _by_state(day, few.staff[:, 0], f) for w, f in zip(weights, worth, strict=True)])
            if part.crossed == 0:
                back = back_mean(chain, cut(few.pieces[0], part.length), values[0])
            else:
                back = _back(few, chain, part, nodes, values, smooth)
            out[some] += part.length / day.dt * back
    return out


def _worth(day: Day, few: Cases, chance: Chance, part: Part, nodes: Array, later: Array | None) -> Array:
    """Chances by place at the nodes of a part [nodes x rows x places]; found once for the same agents."""
    left, places = np.maximum(day.dt - part.offset - part.length * nodes, 0.0), places_taken(day, few)
    if later is not None or part.crossed > 1:
        behind = None if later is None else later[np.minimum(few.i + 1, day.last[few.i])]
        return np.stack([_chances(day, few, chance, part, t, places, behind) for t in left])
    full, hands = _full(day, few), day.most * few.staff[:, : part.crossed + 1]
    same = [
        (chance, part, len(nodes), day.states, *full[: part.crossed + 1, r].tolist(), *np.diff(hands[r]).tolist())
        for r in range(len(few))
    ]
    new = {key: r for r, key in enumerate(same) if key not in day.memory or day.memory[key][0] < places}
    if new:
        if len(day.memory) > _MEMORY:
            day.memory.clear()
            new = {key: r for r, key in enumerate(same)}
        rows = few.rows(np.array(list(new.values())))
        found = np.stack([_chances(day, rows, chance, part, t, places) for t in left])
        for k, key in enumerate(new):
            day.memory[key] = (places, found[:, k])
    known = [day.memory[key][1] for key in same]
    out = np.zeros((len(nodes), len(few), max(one.shape[1] for one in known)))
    for r, one in enumerate(known):
        out[:, r, : one.shape[1]] = one
    return out


def _chances(
    day: Day, few: Cases, chance: Chance, part: Part, left: float, places: int, behind: Array | None = None
) -> Array:
    return chances(
        day,
        few.i,
        few.staff,
        time=chance[0],
        left=np.full(len(few), left),
        crossed=part.crossed,
        own=chance[1],
        places=places,
        later=behind,
    )


def places_taken(day: Day, cases: Cases) -> int:
    """Places in the queue that hold all but some 1e-15 of the mass."""
    held = cases.start > _NOTHING
    if cases.end is not None:
        held |= cases.end > _NOTHING
    last = day.states - held[:, ::-1].argmax(axis=1) - day.most * cases.staff[:, 0]
    return int(min(1.1 * max(int(last.max(initial=0)), 0) + 20, day.states))


def _full(day: Day, few: Cases) -> Array:
    """Full rates in the interval and in the next [2 x rows]."""
    return np.stack(
        [day.full(np.minimum(few.i + k, day.last[few.i]), few.staff[:, k]) for k in range(min(2, few.staff.shape[1]))]
    )


def _states(few: Cases, chain: Chain, part: Part, nodes: Array, middle: Array, smooth: bool) -> Array:
    """States at the nodes of a part [nodes x rows x states]; `middle` is the state at its start."""
    pieces = few.pieces[0]
    if smooth and few.end is not None:
        slopes = [middle, few.end, *(part.length * moving(chain, p) for p in (middle, few.end))]
        slopes += [part.length * moving(chain, p) for p in slopes[2:]]
        return np.asarray(np.einsum("cn,crx->nrx", _hermite(nodes), np.stack(slopes)))
    if _quick(chain, part):
        return states_at(chain, part.length * nodes, middle)
    out, before = [], part.offset
    for now in (part.offset + part.length * nodes).tolist():
        middle, before = along(chain, cut(pieces, now, before), middle)[0], now
        out.append(middle)
    return np.stack(out)


def _back(few: Cases, chain: Chain, part: Part, nodes: Array, values: Array, smooth: bool) -> Array:
    """Values at the nodes carried back to the start of the interval."""
    pieces, back = few.pieces[0], transposed(chain)
    if smooth:
        at = np.einsum("cn,nrx->crx", _hermite(nodes), values)
        middle, end = (
            at[k] + part.length * moving(back, at[k + 2] + part.length * moving(back, at[k + 4])) for k in (0, 1)
        )
        return along(back, cut(pieces, part.offset)[::-1], middle)[0] + along(back, pieces[::-1], end)[0]
    if _quick(chain, part):
        return along(back, cut(pieces, part.offset)[::-1], back_from(chain, part.length * nodes, values))[0]
    worth, until = np.zeros(values.shape[1:]), (part.offset + part.length * nodes).tolist()
    for now, before, value in zip(until[::-1], [*until[-2::-1], part.offset], values[::-1], strict=True):
        worth = along(back, cut(pieces, now, before)[::-1], worth + value)[0]
    return along(back, cut(pieces, part.offset)[::-1], worth)[0]


def _smooth(day: Day, cases: Cases, part: Part) -> npt.NDArray[np.bool_]:
    """Where the state changes so slowly by then that a polynomial of the fifth degree through both ends will do.

    A mode that decays at the rate r is down to exp(-r offset) where the part begins; the error of the polynomial,
    (r length)^6 / 46080 of that, is at most 3e-10 where offset / length is 14. A mass that still drifts must do so by
    less than a twentieth of its width.
    """
    if cases.end is None or part.crossed != 1 or part.offset < _CALM * part.length:
        return np.zeros(len(cases), dtype=bool)
    x = np.arange(day.states)
    mean = cases.end @ x
    width = np.sqrt(np.maximum(cases.end @ x**2 - mean**2, 0.0))
    leaving = np.einsum("rx,rx->r", cases.end, day.deaths(cases.i, cases.staff[:, 0]))
    return np.asarray(np.abs(day.rate[cases.i] - leaving) * part.length <= 0.05 * np.maximum(width, 0.3))


def _hermite(u: Array) -> Array:
    """Weights of both ends, of their first and of their second derivatives, at points of 0..1 [6 x points]."""
    v = 1 - u
    value, other = (1 - 10 * x**3 + 15 * x**4 - 6 * x**5 for x in (u, v))
    slope, falling = (x - 6 * x**3 + 8 * x**4 - 3 * x**5 for x in (u, v))
    bend, bending = ((x**2 - 3 * x**3 + 3 * x**4 - x**5) / 2 for x in (u, v))
    return np.stack([value, other, slope, -falling, bend, bending])


def _quick(chain: Chain, part: Part) -> bool:
    return float(-chain[1].min()) * part.length <= _EVENTS


def _nodes(day: Day, few: Cases, part: Part) -> int:
    """Nodes with which the integral over the part is right to 1e-11; 0 where the chance is the same all along."""
    if part.crossed == 0:
        return 0
    full = _full(day, few)
    jump = float(np.abs(full[1] - full[0]).max())
    if part.offset < part.length:  # the state may still be rough
        jump = max(jump, float(full.max() + day.rate[few.i].max()))
    relaxed = part.length * max(float(day.done[few.i, 1].max()), day.theta)
    return 6 + int(np.ceil(2.4 * np.sqrt(part.length * jump) / 4) * 4) - 4 + min(int(8 * max(relaxed - 0.5, 0.0)), 36)


def _legendre(count: int) -> tuple[Array, Array]:
    if count == 0:
        return np.zeros(1), np.ones(1)
    nodes, weights = np.polynomial.legendre.leggauss(max(count, 6))
    return (nodes + 1) / 2, weights / 2


def _like(day: Day, cases: Cases, parts: list[Part]) -> list[tuple[Whole, bool]]:
    """Cases that take the same steps and numbers of nodes, in groups that the cache holds; whether they are smooth."""
    alike: dict[tuple[object, ...], list[int]] = {}
    smooth = _smooth(day, cases, parts[-1]).tolist()
    for r in range(len(cases)):
        one = cases.rows(np.array([r]))
        alike.setdefault((smooth[r], cases.pieces[r], *(_nodes(day, one, part) for part in parts)), []).append(r)
    return [
        (np.array(rows[k : k + _ROWS]), bool(key[0])) for key, rows in alike.items() for k in range(0, len(rows), _ROWS)
    ]


def _earned(day: Day, staff: Whole, states: Array, worth: Array) -> Array:
    """Chance of a contact that finds the states: 1 where a place is free."""
    out = np.empty(len(staff))
    for r, places in enumerate((day.most * staff).tolist()):
        queue = states[r, places : places + worth.shape[1]]
        out[r] = states[r, :places].sum() + queue @ worth[r, : len(queue)]
    return out


def _by_state(day: Day, staff: Whole, worth: Array) -> Array:
    """Chances by place as chances by state."""
    out = np.zeros((len(staff), day.states))
    for r, places in enumerate((day.most * staff).tolist()):
        out[r, :places] = 1.0
        queue = min(worth.shape[1], day.states - places)
        out[r, places : places + queue] = worth[r, :queue]
    return out
