"""The Palm queue (Erlang A, M/M/n+M) solved once for arrays of agents, load and patience.

V = offered wait of a contact of endless patience; W = min(V, patience) = time spent in queue. With r = patience / aht,
c = n r, eta = a r, h = pois(c; eta), E = 1 / B(n - 1, a), x = eta exp(-t / r) and Z = h E + rho P(c, eta):

    P(V > t) = rho P(c, x) / Z      P(served, V > t) = P(c + 1, x) / Z      P(ab) = [h + (rho - 1) P(c, eta)] / Z

(Zeltyn & Mandelbaum 2005, rewritten). Where P(c, eta) underflows everything is divided by h and `P / pois` comes from
its continued fraction; P(ab) of an underloaded queue comes from the tail of that fraction, without a difference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.formulas.definitions import met_share
from wfm.erlang.formulas.erlang_b import before_last
from wfm.erlang.formulas.poisson import fraction_tail, pois

_FEW = 1e-3  # arrivals over full services, below which h and P(c, eta) agree to so many digits that they cancel
_HUGE = 1e5  # contacts finished in a mean patience, from which on gamma functions far out lose digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Palm:
    """A queue whose contacts hang up, in flat arrays; times in handle times.

    `deep` marks elements whose gamma functions underflow or lose digits; for them `norm` is Z / h, else Z.
    """

    rho: Array
    c: Array
    eta: Array
    r: Array
    idle: Array
    mass: Array
    norm: Array
    deep: npt.NDArray[np.bool_]

    def abandon(self) -> Array:
        """Share of the offered that hangs up."""
        out = np.empty_like(self.c)
        light = self.deep | (self.c - self.eta > 4 * np.sqrt(self.eta) + 8) | (self.eta < _FEW * self.c)
        if light.any():
            rho, c, eta = self.rho[light], self.c[light], self.eta[light]
            tail = fraction_tail(c, eta)
            d = c - eta
            with np.errstate(over="ignore"):
                out[light] = tail / (d + tail) / (self.idle[light] + rho * c / (d + tail))
        rest = ~light
        if rest.any():
            rho, mass = self.rho[rest], self.mass[rest]
            h = pois(self.c[rest], self.eta[rest])
            out[rest] = (h + (rho - 1) * mass) / self.norm[rest]
        return np.clip(out, 0.0, 1.0)

    def longer(self, t: Array) -> Array:
        """P(V > t): an endless patience would wait longer than t."""
        from scipy.special import gammainc

        out = np.empty_like(self.c)
        deep, plain = self.deep, ~self.deep
        if plain.any():
            x = self.eta[plain] * np.exp(-t[plain] / self.r[plain])
            out[plain] = self.rho[plain] * gammainc(self.c[plain], x) / self.norm[plain]
        if deep.any():
            c, x, shrunk = self._deep_at(t)
            out[deep] = self.rho[deep] * shrunk * c / (c - x + fraction_tail(c, x)) / self.norm[deep]
        return np.clip(out, 0.0, 1.0)

    def served_later(self, t: Array) -> Array:
        """P(served after a wait of more than t)."""
        from scipy.special import gammainc

        out = np.empty_like(self.c)
        deep, plain = self.deep, ~self.deep
        if plain.any():
            x = self.eta[plain] * np.exp(-t[plain] / self.r[plain])
            out[plain] = gammainc(self.c[plain] + 1, x) / self.norm[plain]
        if deep.any():
            c, x, shrunk = self._deep_at(t)
            tail = fraction_tail(c, x)
            out[deep] = shrunk * (x - tail) / (c - x + tail) / self.norm[deep]
        return np.clip(out, 0.0, 1.0)

    def _deep_at(self, t: Array) -> tuple[Array, Array, Array]:
        c, eta, u = self.c[self.deep], self.eta[self.deep], t[self.deep] / self.r[self.deep]
        with np.errstate(under="ignore"):
            return c, eta * np.exp(-u), np.exp(-eta * np.expm1(-u) - c * u)

    def served_in(self, t: Array, abandon: Array) -> Array:
        """P(served within t), out of all offered."""
        return np.clip(1 - abandon - self.served_later(t), 0.0, 1.0)

    def over_in(self, t: Array) -> Array:
        """P(W <= t): served or gone within t."""
        return np.clip(1 - np.exp(-t / self.r) * self.longer(t), 0.0, 1.0)

    def gone_in(self, t: Array, abandon: Array) -> Array:
        """P(hung up within t), out of all offered."""
        return np.maximum(self.over_in(t) - self.served_in(t, abandon), 0.0)

    def service_level(self, t: Array, short: Array, abandoned: str, lost: Array) -> Array:
        """Service level in one of the definitions of `met_share`, given the abandon rate `lost`."""
        none = np.zeros_like(t)
        if abandoned == "virtual":
            return met_share(abandoned, none, none, none, lost, self.longer(t))
        served, gone, early = self.served_in(t, lost), none, none
        if abandoned in ("ignored", "met"):
            gone = np.maximum(self.over_in(t) - served, 0.0)
        if abandoned != "answered" and np.any(short > 0):
            early = np.where(short > 0, self.gone_in(short, lost), 0.0)
        return met_share(abandoned, served, gone, early, lost, none)

    def wait_of_served(self) -> Array:
        """E[W; served], in the unit of r: the integral of P(served, V > t), every term positive."""
        start, peak, end = self._window()
        total = start * self.served_later(np.zeros_like(self.c))
        over = np.flatnonzero(peak > start)
        if over.size:
            total[over] += self._part(over)._integral(start[over], peak[over], 24)
        knee = peak + 0.2 * (end - peak)
        return np.asarray(self.r * (total + self._integral(peak, knee, 14) + self._integral(knee, end, 14)))

    def _integral(self, low: Array, high: Array, points: int) -> Array:
        """Gauss-Legendre integral of P(served, V > u r) over u."""
        total = np.zeros_like(self.c)
        for node, weight in zip(*np.polynomial.legendre.leggauss(points), strict=True):
            total += weight / 2 * self.served_later((low + (high - low) * (node + 1) / 2) * self.r)
        return total * (high - low)

    def _part(self, rows: npt.NDArray[np.int64]) -> Palm:
        """Some of the elements."""
        return Palm(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def _window(self) -> tuple[Array, Array, Array]:
        """Where P(c + 1, eta e^-u) is 1, where it starts to fall fast, and where e^-40 of it is left."""
        s = self.c + 1
        peak = np.log(np.maximum(self.eta / s, 1.0))
        start = np.maximum(peak - 9 / np.sqrt(s), 0.0)
        width = (40 + np.sqrt(1600 + 320 * s)) / (2 * s)
        with np.errstate(divide="ignore"):
            # P is log-concave in u, so its slope at the start bounds the whole tail; below s that slope is > s - eta
            straight = np.where(self.eta < s, 40 / (s - self.eta), np.inf)
        return start, peak, peak + np.minimum(width, straight)


def palm(n: Array, a: Array, r: Array) -> Palm:
    """Solve for n > 0 agents, a > 0 erlangs and a finite patience of r handle times."""
    return solve(a / n, n * r, a * r, r, before_last(n, a))


def solve(rho: Array, c: Array, eta: Array, r: Array, idle: Array) -> Palm:
    """Solve any birth-death queue that is a Palm queue once everybody is busy.

    `rho` = arrivals / full service rate, `c` = full service rate / hang-up rate, `eta` = arrivals / hang-up rate, `r`
    the mean patience in the unit of time wanted, `idle` = P(a slot free) / P(one slot free), the 1 / B(n - 1).
    """
    from scipy.special import gammainc

    mass, h = gammainc(c, eta), pois(c, eta)
    deep = (mass < 1e-200) | ((h < 1e-290) & (eta < c)) | ~np.isfinite(idle)
    deep |= (c > _HUGE) & (c - eta > 6 * np.sqrt(eta) + 8)
    with np.errstate(over="ignore", invalid="ignore"):
        norm = h * idle + rho * mass
    if deep.any():
        low, x = c[deep], eta[deep]
        norm[deep] = idle[deep] + rho[deep] * low / (low - x + fraction_tail(low, x))
    return Palm(rho=rho, c=c, eta=eta, r=r, idle=idle, mass=mass, norm=norm, deep=deep)


def chunks(size: int, most: int = 200_000) -> list[slice]:
    """Slices of at most `most` elements, so that a million intervals stay in the cache."""
    return [slice(k * most, (k + 1) * most) for k in range(math.ceil(size / most))]
