"""Functions that are made of others, and can be kept in a file: by whom they were made, and of what."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Maker = TypeVar("Maker", bound=Callable[..., Any])


class _Kept:
    """What a maker made of some words; when it is loaded again, it is made again."""

    __slots__ = ("function", "maker", "words")

    def __init__(self, maker: Callable[..., Any], words: tuple[Any, ...], function: Callable[..., Any]) -> None:
        self.maker, self.words, self.function = maker, words, function

    def __call__(self, *given: Any) -> Any:
        return self.function(*given)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.maker, self.words


def kept(make: Maker) -> Maker:
    """A maker of functions whose functions can be pickled, as long as their words can: a fitted model holds them.

    >>> import pickle
    >>> from wfm.forecast.learned.likeness import both
    >>> type(pickle.loads(pickle.dumps(both("holiday")))).__name__
    '_Kept'
    """

    @wraps(make)
    def maker(*words: Any) -> _Kept:
        return _Kept(maker, words, make(*words))

    return maker  # type: ignore[return-value]
