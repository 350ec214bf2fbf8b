"""Many queues learned at once by several processes, with the same results as one by one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from wfm.checks import number_in
from wfm.threads import one_thread

Result = TypeVar("Result")
Heard = list[tuple[type[Warning], str]]


def each(function: Callable[..., Result], jobs: Iterable[Sequence[Any]], *, workers: int = 1) -> list[Result]:
    """`[function(*job) for job in jobs]`, shared among so many processes, -1 = one for each core.

    Results come in the order of the jobs and do not depend on the number of processes: each job is done by one of
    them, on one thread. Its warnings are given again here. On a cluster, wrap the call in
    `joblib.parallel_config(backend="dask")`.

    Raises
    ------
    SettingError        `workers` is no whole number from 1 on, nor -1.

    >>> each(divmod, [(7, 2), (9, 4)])
    [(3, 1), (2, 1)]
    """
    workers = int(number_in(workers, name="workers", low=-1, high=10_000))
    number_in(abs(workers), name="workers", low=1, high=10_000)
    if workers == 1:
        with one_thread():
            return [function(*job) for job in jobs]
    from joblib import Parallel, delayed

    # Arrays travel whole: shared memory would hand read-only arrays to the functions.
    done = Parallel(n_jobs=workers, max_nbytes=None)(delayed(_at_work)(function, job) for job in jobs)
    for _, heard in done:
        for category, words in heard:
            warnings.warn(words, category, stacklevel=2)
    return [result for result, _ in done]


def _at_work(function: Callable[..., Result], job: Sequence[Any]) -> tuple[Result, Heard]:
    with warnings.catch_warnings(record=True) as heard, one_thread():
        warnings.simplefilter("always")
        result = function(*job)
    return result, [(found.category, str(found.message)) for found in heard]
