"""What was learned from a history, kept for the next plan that starts from the same one."""

from __future__ import annotations

import hashlib
import pickle
import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pandas as pd

MOST = 6  # results kept; a plan makes two
Learned = TypeVar("Learned")
_KEPT: OrderedDict[str, tuple[Any, list[warnings.WarningMessage]]] = OrderedDict()


def learned(make: Callable[[], Learned], history: pd.DataFrame, *settings: object) -> Learned:
    """What `make` gives, or gave before for the same history and settings, with the warnings that it gave.

    Two weeks planned from one history, or one week planned again, learn from it once.
    """
    key = _fingerprint(history, settings)
    known = _KEPT.get(key)
    if known is None:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            found = make()
        known = found, list(told)
    _KEPT[key] = known
    _KEPT.move_to_end(key)
    while len(_KEPT) > MOST:
        _KEPT.popitem(last=False)
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
