"""The offered wait of a queue with any law of patience and any number of waiting places, on a grid.

V is the wait that a contact of endless patience would have. With Gbar(x) the share still patient after x, H its
integral, K waiting places (or infinitely many) and E = 1 / B(n - 1), the density of V of an accepted contact is

    lam f(x) Q(K, lam H(x)) / D      f(x) = exp(lam H(x) - n mu x)      D = E + lam int f(x) Q(K + 1, lam H(x)) dx

Q the upper incomplete gamma function (1 where K is infinite); the blocked are lam int f pois(K; lam H) / D, those
served at once E / D. (Baccelli & Hebuterne 1981; Zeltyn & Mandelbaum 2005; Movaghar 1998 for finite K.) f Q is
log-concave, so that its mass is found by halving; Gauss-Legendre panels split it at its peak, at every kink of the law
and at the thresholds asked for, and grow geometrically from 0, where a law may have a root.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.formulas.cases import NOBODY
from wfm.erlang.formulas.erlang_b import before_last, blocking_flat, inverse_blocking
from wfm.erlang.formulas.poisson import log_pois

Flags = npt.NDArray[np.bool_]

_DROP = 42.0  # e^-42 is rounding
_PANELS, _POINTS = 8, 16  # on each side of the peak; nodes of a panel
_GRADES = 20  # panels towards 0, each a quarter of the one above it
_SHARES = ("waits", "lost", "blocked", "served", "served_in", "gone", "early", "longer", "mean_wait", "served_wait")
_ROWS = 1500  # solved at a time, so that the grid stays in the cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Impatience:
    """A law of patience: share still patient after x seconds and its integral; `breaks` are its kinks and jumps [s]."""

    mean: float
    patient: Callable[[Array], Array]
    integral: Callable[[Array], Array]
    breaks: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Queues with one law of patience, in flat arrays: agents > 0, load > 0, handle time [s], waiting places."""

    n: Array
    a: Array
    aht: Array
    places: Array
    law: Impatience

    @property
    def rate(self) -> Array:
        """Contacts offered per second."""
        return self.a / self.aht

    def height(self, x: Array) -> Array:
        """Log of f(x) Q(K + 1, lam H(x)), for one x by row."""
        z = self.rate * self.law.integral(x)
        return z - self.n / self.aht * x + _log_room(self.places, z)[0]

    def slope(self, x: Array) -> Array:
        """Its derivative."""
        refused = 1 / _log_room(self.places, self.rate * self.law.integral(x))[1]
        return self.rate * self.law.patient(x) * (1 - refused) - self.n / self.aht

    def window(self) -> tuple[Array, Array, Array]:
        """Where the density starts, peaks and ends, to within e^-42 of the peak."""

        def rises(x: Array) -> Flags:
            return np.asarray(self.slope(x) > 0)

        def counts(x: Array) -> Flags:
            return np.asarray(self.height(x) > top)

        unit = self.aht / self.n
        low = np.zeros_like(unit)
        peak = _halved(rises, low, _doubled(rises, low, unit), 34)
        top = self.height(peak) - _DROP
        end = _halved(counts, peak, _doubled(counts, peak, unit), 10)
        start = _halved(lambda x: ~counts(x), low, peak, 24)
        return np.where(self.height(low) > top, 0.0, start), peak, end


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedWait:
    """Law of V by row: share served at once, share blocked, and the mass of accepted contacts at the nodes x [s]."""

    law: Impatience
    at_once: Array
    blocked: Array
    x: Array
    mass: Array
    patient: Array

    def wait_probability(self) -> Array:
        """Accepted contacts that find all agents busy."""
        return np.asarray(self.mass.sum(axis=1))

    def abandon(self) -> Array:
        """Accepted contacts that hang up."""
        return np.asarray((self.mass * (1 - self.patient)).sum(axis=1))

    def served(self) -> Array:
        """Contacts that are answered."""
        return np.asarray(self.at_once + (self.mass * self.patient).sum(axis=1))

    def longer(self, t: Array) -> Array:
        """P(accepted, V > t); t one of the cuts of the grid, by row."""
        return np.asarray(np.where(self.x > t[:, None], self.mass, 0.0).sum(axis=1))

    def served_later(self, t: Array) -> Array:
        """P(served after a wait of more than t)."""
        return np.asarray(np.where(self.x > t[:, None], self.mass * self.patient, 0.0).sum(axis=1))

    def served_in(self, t: Array) -> Array:
        """P(served within t)."""
        return np.asarray(self.at_once + np.where(self.x > t[:, None], 0.0, self.mass * self.patient).sum(axis=1))

    def gone_in(self, t: Array) -> Array:
        """P(hung up within t)."""
        early = np.where(self.x > t[:, None], 0.0, self.mass * (1 - self.patient)).sum(axis=1)
        return np.asarray(early + (1 - self.law.patient(t)) * self.longer(t))

    def mean_wait(self) -> Array:
        """Mean time in queue of all offered [s]; nothing for the blocked."""
        return np.asarray((self.mass * self.law.integral(self.x)).sum(axis=1))

    def wait_of_served(self) -> Array:
        """E[W; served] [s]."""
        return np.asarray((self.mass * self.patient * self.x).sum(axis=1))


def offered_wait(
    line: Line, cuts: Sequence[Array] = (), window: tuple[Array, Array, Array] | None = None
) -> OfferedWait:
    """Solve rows of a line on a grid that is split at the cuts [s]."""
    start, peak, end = line.window() if window is None else window
    edges = _edges(start, peak, end, [*cuts, *(np.full_like(start, b) for b in line.law.breaks)])
    node, share = np.polynomial.legendre.leggauss(_POINTS)
    width = np.diff(edges, axis=1)
    x = (edges[:, :-1, None] + width[:, :, None] * (node + 1) / 2).reshape(len(edges), -1)
    weight = (width[:, :, None] * share / 2).reshape(len(edges), -1)
    rate, top = line.rate[:, None], line.height(peak)
    z = rate * line.law.integral(x)
    log_room, inverse = _log_room(np.broadcast_to(line.places[:, None], z.shape), z)
    with np.errstate(under="ignore", invalid="ignore"):
        height = z - (line.n / line.aht)[:, None] * x + log_room - top[:, None]
        mass = rate * weight * np.exp(height)
        idle = before_last(line.n, line.a) * np.exp(-top)
        kept = mass * _accepted(np.broadcast_to(line.places[:, None], z.shape), z, inverse)
        norm = idle + mass.sum(axis=1)
        never = ~np.isfinite(norm)
        norm = np.where(never, np.inf, norm)
        at_once = np.where(never, 1.0, idle / norm)
    blocked = (mass / inverse).sum(axis=1) / norm
    return OfferedWait(
        law=line.law, at_once=at_once, blocked=blocked, x=x, mass=kept / norm[:, None], patient=line.law.patient(x)
    )


def _edges(start: Array, peak: Array, end: Array, cuts: Sequence[Array]) -> Array:
    """Edges of the panels by row, in order; panels beyond the window have no width."""
    part = np.linspace(0, 1, _PANELS + 1)
    left = start[:, None] + (peak - start)[:, None] * part
    right = peak[:, None] + (end - peak)[:, None] * part[1:]
    graded = end[:, None] * 0.25 ** np.arange(1, _GRADES + 1)
    edges = np.concatenate([left, right, graded, *(cut[:, None] for cut in cuts)], axis=1)
    return np.sort(np.clip(edges, start[:, None], end[:, None]), axis=1)


def _log_room(places: Array, z: Array) -> tuple[Array, Array]:
    """Log of Q(K + 1, z) and 1 / B(K, z), for K waiting places; 0 and infinite where there is room for all."""
    log_room, inverse = np.zeros_like(z), np.full_like(z, np.inf)
    some = np.isfinite(places) & (z > 0)
    if some.any():
        from scipy.special import gammaincc

        k, y = places[some], z[some]
        inverse[some] = inverse_blocking(k, y)
        room = gammaincc(k + 1, y)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_room[some] = np.where(room > 1e-290, np.log(room), log_pois(k, y) + np.log(inverse[some]))
    inverse[np.isfinite(places) & (z <= 0) & (places == 0)] = 1.0
    return log_room, inverse


def _accepted(places: Array, z: Array, inverse: Array) -> Array:
    """Q(K, z) / Q(K + 1, z) = 1 - B(K, z), without the difference where nearly all are refused."""
    out = 1 - 1 / inverse
    crowded = inverse < 2
    if crowded.any():
        k, y = places[crowded], z[crowded]
        some = k > 0
        share = np.zeros_like(y)
        share[some] = k[some] / y[some] * before_last(k[some], y[some]) / inverse[crowded][some]
        out[crowded] = share
    return out


def _doubled(going: Callable[[Array], Flags], start: Array, step: Array) -> Array:
    """The first of start + step, start + 2 step, start + 4 step, ... where it goes on no more."""
    reach = step
    while (more := going(start + reach)).any():
        reach = np.where(more, 2 * reach, reach)
    return start + reach


def _halved(going: Callable[[Array], Flags], low: Array, high: Array, times: int) -> Array:
    """Where it stops going on, between low and high."""
    for _ in range(times):
        middle = (low + high) / 2
        more = going(middle)
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    return high


def steady_state(
    n: Array,
    a: Array,
    aht: Array,
    places: Array,
    law: Impatience,
    within: Array,
    short: Array,
) -> dict[str, Array]:
    """The shares of the offered and the mean waits [s] from which every measure follows, of flat arrays."""
    out = {name: np.zeros(a.shape) for name in _SHARES}
    out["served"] += 1
    out["served_in"] += 1
    busy, staffed = a > 0, n > NOBODY
    if (busy & ~staffed).any():
        k = np.flatnonzero(busy & ~staffed)
        for name, value in _nobody(a[k] / aht[k], places[k], law, within[k], short[k]).items():
            out[name][k] = value
    found = np.flatnonzero(busy & staffed)
    for first in range(0, len(found), _ROWS):
        k = found[first : first + _ROWS]
        line = Line(n=n[k], a=a[k], aht=aht[k], places=places[k], law=law)
        wait = offered_wait(line, [within[k], short[k]])
        early = np.where(short[k] > 0, wait.gone_in(short[k]), 0.0)
        values = (
            wait.wait_probability(),
            wait.abandon(),
            wait.blocked,
            wait.served(),
            wait.served_in(within[k]),
            wait.gone_in(within[k]),
            early,
            wait.longer(within[k]),
            wait.mean_wait(),
            wait.wait_of_served(),
        )
        for name, value in zip(_SHARES, values, strict=True):
            out[name][k] = value
    return out


def _nobody(rate: Array, places: Array, law: Impatience, within: Array, short: Array) -> dict[str, Array]:
    """Without agents every accepted contact waits until its patience ends."""
    room, endless = np.isfinite(places), not np.isfinite(law.mean)
    blocked = np.where(room, 1.0, 0.0)
    if not endless:
        blocked = np.where(room, blocking_flat(np.where(room, places, 0.0), rate * law.mean), 0.0)
    stay = 1 - blocked
    return {
        "waits": stay,
        "lost": stay * (not endless),
        "blocked": blocked,
        "served": np.zeros_like(stay),
        "served_in": np.zeros_like(stay),
        "gone": stay * (1 - law.patient(within)),
        "early": np.where(short > 0, stay * (1 - law.patient(short)), 0.0),
        "longer": stay,
        "mean_wait": np.where(stay > 0, stay * law.mean, 0.0) if not endless else np.where(stay > 0, np.inf, 0.0),
        "served_wait": np.zeros_like(stay),
    }
