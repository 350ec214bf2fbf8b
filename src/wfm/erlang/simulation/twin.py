"""The same queue compiled: `single.waits` one contact after the other, agents in a heap by the moment they are free.

Equal to the array engine number by number, since both draw the same contacts and break ties by the slot's number.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import lru_cache
from types import FunctionType
from typing import Any

import numpy as np

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.simulation.crew import Counts, Crew
from wfm.erlang.simulation.kernels import counted, windowed
from wfm.erlang.simulation.single import Overtime, WindowsPresent
from wfm.errors import MissingExtra


def available() -> bool:
    """Whether numba is installed."""
    return importlib.util.find_spec("numba") is not None


def require() -> None:
    """Refuse where numba is not installed."""
    if not available():
        raise MissingExtra("Compiled simulations", extra="fast", package="numba")


@lru_cache(maxsize=32)
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function and those of its module that it calls, compiled once a process."""
    require()
    import numba

    names = dict(function.__globals__)
    for name in function.__code__.co_names:
        called = names.get(name)
        if isinstance(called, FunctionType) and called.__module__ == function.__module__:
            names[name] = compiled(called)
    fast: Callable[..., Any] = numba.njit(FunctionType(function.__code__, names, function.__name__))
    return fast


def waits(arrival: Array, handle: Array, patience: Array, crew: Crew, replications: range) -> tuple[Array, Overtime]:
    """As `single.waits`."""
    rows = tuple(np.ascontiguousarray(x.T) for x in (arrival, handle, patience))
    if isinstance(crew, Counts):
        counts = crew.agents if len(crew.agents) == 1 else crew.agents[replications.start : replications.stop]
        targets = np.ascontiguousarray(counts[:, crew.changes])
        offered, *over = compiled(counted)(*rows, crew.changes * crew.grid.width, targets)
    else:
        state = WindowsPresent(crew, replications)
        edges = [_flat(state.closing), _flat(state.opening)]
        offered, *over = compiled(windowed)(
            *rows,
            state.times[:-1],
            *edges[0],
            *edges[1],
            state.column,
            state.until,
            crew.person.astype(np.int64),
            np.ascontiguousarray(crew.present if len(crew.present) == 1 else state.present),
            state.free.shape[1],
            state.last.shape[1],
        )
    return np.ascontiguousarray(offered.T), Overtime(replication=over[0], begin=over[1], end=over[2])


def _flat(lists: list[Any]) -> tuple[Any, Any]:
    """Lists of windows end to end, and where each begins."""
    ends = np.cumsum([0, *(len(item) for item in lists)]).astype(np.int64)
    joined = np.concatenate(lists).astype(np.int64) if lists else np.zeros(0, np.int64)
    return ends, joined
