"""One thread for small matrices: several fight for them on a busy computer and gain nothing on a quiet one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra inside keeps to one thread; afterwards it is as it was."""
    import scipy.linalg  # noqa: F401  brings a BLAS of its own, which must be there before it can be limited
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield
