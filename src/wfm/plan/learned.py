"""What was read or learned of a history, kept for the next plan that starts from the same one."""

from __future__ import annotations

import hashlib
import pickle
import warnings
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

MOST = 6  # results kept of each kind; a plan makes two, and a reading for each queue
LARGEST = 32_000_000  # bytes of a file whose reading is kept
Learned = TypeVar("Learned")
_Kept = OrderedDict[str, tuple[Any, list[warnings.WarningMessage]]]
_LEARNED: _Kept = OrderedDict()
_READ: _Kept = OrderedDict()


def learned(make: Callable[[], Learned], history: pd.DataFrame, *settings: object) -> Learned:
    """What `make` gives, or gave before for the same history and settings, with the warnings that it gave.

    Two weeks planned from one history, or one week planned again, learn from it once.
    """
    return _once(make, _fingerprint(history, settings), _LEARNED)


def read_once(read: Callable[..., Learned], source: object, **how: object) -> Learned:
    """What `read` gives of a source, or gave before of a file with the same bytes, with the warnings that it gave.

    What is read is not changed by whoever has it. Tables, queries and very large files are read each time.
    """
    if not isinstance(source, Path) or not source.is_file() or source.stat().st_size > LARGEST:
        return read(source, **how)
    digest = hashlib.sha256(source.read_bytes())
    digest.update(pickle.dumps((str(source), sorted(how.items()))))
    return _once(lambda: read(source, **how), digest.hexdigest(), _READ)


def _once(make: Callable[[], Learned], key: str, kept: _Kept) -> Learned:
    known = kept.get(key)
    if known is None:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            found = make()
        known = found, list(told)
    kept[key] = known
    kept.move_to_end(key)
    while len(kept) > MOST:
        kept.popitem(last=False)
    result, messages = known
    for message in messages:
        warnings.warn_explicit(message.message, message.category, message.filename, message.lineno)
    return result


def _fingerprint(history: pd.DataFrame, settings: tuple[object, ...]) -> str:
    """A digest of every cell and every setting."""
    rows = pd.util.hash_pandas_object(history, index=False).to_numpy(dtype=np.uint64)
    digest = hashlib.sha256(rows.tobytes())
    digest.update(repr([(name, str(kind)) for name, kind in history.dtypes.items()]).encode())
    digest.update(pickle.dumps(settings))
    return digest.hexdigest()
