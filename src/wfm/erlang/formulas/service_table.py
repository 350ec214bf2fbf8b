"""Service of 0, 1, ..., n agents on a grid of loads, computed once and then looked up.

Hundreds of possible futures with drawn attendance are looked up instead of solved: some 50 ns a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas.arguments import Array, Numbers, amount
from wfm.erlang.formulas.chat import idle_ratio
from wfm.erlang.formulas.erlang_b import inverse_blocking
from wfm.erlang.formulas.law import Law, law_of
from wfm.erlang.formulas.steady import measures

_ROUGHEST, _FINEST, _GOOD_ENOUGH = 0.12, 0.004, 2e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTable:
    """Service as a function of whole agents and a grid of loads, even in sqrt(load); looked up by interpolation.

    Cubic between loads, linear between agents: the mean of a random number of agents is then exact. Beyond the grid
    the formulas are solved. `error` is the largest error met at the middle of 2,000 cells of the grid.
    """

    level: Array
    lost: Array
    step: float
    error: float
    max_load: float
    aht: float
    law: Law

    @property
    def max_agents(self) -> int:
        """Most agents in the table."""
        return (len(self.level) - 1) // (1 if self.law.ladder else self.law.concurrency)

    def service_level(self, agents: Numbers, load: Numbers) -> Array:
        """Service level of so many agents (fractions allowed) under loads [erlangs], broadcasting."""
        return self._look_up(self.level, "service_level", agents, load)

    def abandon_rate(self, agents: Numbers, load: Numbers) -> Array:
        """Share that hangs up, with so many agents under loads [erlangs], broadcasting."""
        return self._look_up(self.lost, "abandon_rate", agents, load)

    def _look_up(self, grid: Array, name: str, agents: Numbers, load: Numbers) -> Array:
        n, a = np.broadcast_arrays(np.asarray(agents, dtype=float), np.asarray(load, dtype=float))
        slots = np.ravel(self.law.slots(n))
        a = a.ravel()
        row = np.minimum(slots, len(grid) - 1).astype(np.int64)
        place = np.sqrt(np.minimum(a, self.max_load)) / self.step
        cell = np.minimum(place.astype(np.int64), grid.shape[1] - 4)
        weights = _cubic(place - cell)
        part = slots - row
        kink = bool(np.isinf(self.law.patience)) and name == "service_level"
        out = self._row(grid, row, cell, weights, a, kink)
        if np.any(part > 0):
            above = np.minimum(row + 1, len(grid) - 1)
            out += part * (self._row(grid, above, cell, weights, a, kink) - out)
        out = np.clip(out, 0.0, 1.0)
        out[a <= 0] = 1.0 if name == "service_level" else 0.0
        outside = (slots > len(grid) - 1) | (a > self.max_load)
        if outside.any():
            out[outside] = self._exact(slots[outside], a[outside])[name]
        return out.reshape(n.shape)

    def _row(
        self,
        grid: Array,
        row: npt.NDArray[np.int64],
        cell: npt.NDArray[np.int64],
        weights: tuple[Array, ...],
        load: Array,
        kink: bool,
    ) -> Array:
        flat, first = grid.ravel(), row * grid.shape[1] + cell
        out = weights[0] * flat[first]
        for k in (1, 2, 3):
            out += weights[k] * flat[first + k]
        if kink:  # the grid runs on smoothly beyond load = slots, where an endless queue gives no service at all
            capacity = _capacity(row.astype(float), self.aht, self.law)
            out[load >= capacity] = 0.0
            np.maximum(out, 0.0, out=out)
        return np.asarray(out)

    def _exact(self, slots: Array, load: Array) -> dict[str, Array]:
        part = slots % 1
        low, high = (self._whole(edge, load) for edge in (np.floor(slots), np.ceil(slots)))
        return {k: low[k] * (1 - part) + high[k] * part for k in ("service_level", "abandon_rate")}

    def _whole(self, slots: Array, load: Array) -> dict[str, Array]:
        return measures(slots / self.law.slots(np.ones(1))[0], load, np.full(load.shape, self.aht), self.law)


def tabulate(
    max_agents: int,
    max_load: float,
    *,
    aht: float,
    patience: float = np.inf,
    within: float,
    abandoned: str = "lost",
    short: float = 0.0,
    concurrency: int = 1,
    aht_by_concurrency: Sequence[float] = (),
) -> ServiceTable:
    """A table of the service of 0 to `max_agents` agents under loads up to `max_load` [erlangs].

    With `aht_by_concurrency` the load is counted with the handle time of the last level. A handle time that differs a
    little from interval to interval enters through the load.

    `abandoned` and `short` as in `erlang_a.service_level`.

    >>> table = tabulate(150, 160, aht=270, patience=180, within=60)
    >>> table.service_level([116, 120.5], 135.0).round(3).tolist()
    [0.812, 0.865]
    """
    law = law_of(
        patience=float(patience),
        within=float(within),
        abandoned=abandoned,
        short=float(short),
        concurrency=concurrency,
        aht_by_concurrency=aht_by_concurrency,
    )
    return tabulate_law(max_agents, max_load, float(amount(aht, name="aht", positive=True)), law)


def tabulate_law(max_agents: float, max_load: float, aht: float, law: Law) -> ServiceTable:
    """The table of a law; the grid is refined until interpolation is good enough."""
    aht = law.ladder.aht[-1] if law.ladder else aht
    rows = int(law.slots(np.ceil(np.array([max_agents])))[0]) + 1
    max_load = max(float(max_load), 1e-6)
    step = _ROUGHEST
    while True:
        level, lost = _grids(rows, max_load, step, aht, law)
        table = ServiceTable(level=level, lost=lost, step=step, error=0.0, max_load=max_load, aht=aht, law=law)
        error = _error(table)
        if error <= _GOOD_ENOUGH or step <= _FINEST:
            return replace(table, error=error)
        step *= 0.6


def _grids(rows: int, max_load: float, step: float, aht: float, law: Law) -> tuple[Array, Array]:
    """Service level and abandon rate by slots and load; one column before 0 and two behind `max_load` for the cubic."""
    columns = int(np.sqrt(max_load) / step) + 5
    root = np.abs(np.arange(columns) - 1) * step  # a function of the load is even in its root
    slots, load = (x.ravel() for x in np.meshgrid(np.arange(rows, dtype=float), root * root, indexing="ij"))
    found = measures(slots / law.slots(np.ones(1))[0], load, np.full(load.shape, aht), law)
    level, lost = found["service_level"], found["abandon_rate"]
    if np.isinf(law.patience):
        level = _beyond_capacity(level, slots, load, aht, law)
    level[slots == 0] = measures(np.zeros(1), np.ones(1), np.ones(1), law)["service_level"]
    lost[slots == 0] = 0.0 if np.isinf(law.patience) else 1.0
    return level.reshape(rows, columns), lost.reshape(rows, columns)


def _capacity(slots: Array, aht: float, law: Law) -> Array:
    """Load at which so many slots (agents of a ladder) are never idle [erlangs]."""
    return slots if law.ladder is None else slots * (aht * law.ladder.rate(law.ladder.most))


def _beyond_capacity(level: Array, slots: Array, load: Array, aht: float, law: Law) -> Array:
    """Erlang C continued analytically into overload, where it is negative: no kink spoils the interpolation."""
    full = _capacity(slots, aht, law)
    over = (load >= full) & (slots > 0)
    m, x, most = slots[over], load[over], full[over]
    rho = x / most
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        if law.ladder is None:
            wait = 1 / (rho + (1 - rho) * inverse_blocking(m, x))
        else:
            wait = rho / (rho + (1 - rho) * idle_ratio(m, x / aht, law.ladder)[0])
        beyond = 1 - wait * np.exp(np.minimum((x - most) * law.within / aht, 50.0))
    out = level.copy()
    out[over] = np.where(np.isfinite(beyond) & (wait > 0), np.clip(beyond, -3.0, 0.0), -3.0)
    return out


def _cubic(f: Array) -> tuple[Array, ...]:
    """Weights of four even points for a place f behind the second."""
    below, above, far = f + 1, f - 1, f - 2
    return -f * above * far / 6, below * above * far / 2, -below * f * far / 2, below * f * above / 6


def _error(table: ServiceTable) -> float:
    """Largest error of the service level at the middle of cells: of the fewest agents, at random, and near capacity."""
    rng = np.random.default_rng(0)
    rows, columns = len(table.level), int(np.sqrt(table.max_load) / table.step)
    few = np.arange(min(rows, 12))
    row = np.concatenate([few.repeat(8), rng.integers(0, rows, 2000)])
    near = np.sqrt(_capacity(row[-1000:] * rng.uniform(0.6, 1.3, 1000), table.aht, table.law)) / table.step
    cell = np.concatenate([np.tile(np.linspace(0, columns, 8), len(few)), rng.integers(0, columns + 1, 1000), near])
    load = np.minimum(((cell.astype(int) + 0.5) * table.step) ** 2, table.max_load)
    exact = table._exact(row.astype(float), load)["service_level"]
    return float(np.abs(table.service_level(row / table.law.slots(np.ones(1))[0], load) - exact).max())
