"""One thread for small matrices: several fight for them on a busy computer and gain nothing on a quiet one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra inside keeps to one thread; afterwards it is as it was."""
    with _threads().limit(limits=1, user_api="blas"):
        yield


@cache
def _threads() -> ThreadpoolController:
    """The thread pools of this process; to look for them takes longer than many a fit."""
    import scipy.linalg  # noqa: F401  brings a BLAS of its own, which must be there before it can be limited
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
