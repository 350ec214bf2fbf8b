"""What is dear to make and never changed: made once a run, by whichever worker asks for it first."""

import hashlib
import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def made_once(folder: Path, make, *words):
    """What `make(*words)` gives: made where it is first asked for, read from `folder` everywhere else.

    Workers of one run share the folder. The name of the file holds what was asked for, so that other words are another
    thing; a worker that comes while another one makes it waits for the lock, which dies with its process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    asked = hashlib.sha256(repr((make.__module__, make.__qualname__, words)).encode()).hexdigest()[:12]
    path = folder / f"{make.__name__}-{asked}.pickle"
    with one_at_a_time(path.with_suffix(".lock")):
        if not path.exists():
            half = path.with_suffix(f".{os.getpid()}")
            half.write_bytes(pickle.dumps(make(*words)))
            os.replace(half, path)
    return pickle.loads(path.read_bytes())


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    with lock.open("a") as file:
        try:
            import fcntl
        except ImportError:  # not on Windows: there two workers may make the same thing, and the last one stays
            yield
            return
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
