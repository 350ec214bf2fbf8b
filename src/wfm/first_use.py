"""Public names of a package, each imported from its home when it is first used: what is not used costs nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def on_first_use(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a package (PEP 562) whose public names live in these modules.

    Parameters
    ----------
    package : str
        The package's `__name__`.
    homes : mapping of str to str
        Module of every public name; where the name is itself a module, the package that holds it.

    Examples
    --------
    >>> import wfm
    >>> wfm.schedule.ShiftType.__module__
    'wfm.schedule.shifts.shift_types'
    >>> wfm.schedule.shift_type
    Traceback (most recent call last):
    AttributeError: module 'wfm.schedule' has no attribute 'shift_type'
    """

    def found(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home = homes[name]
        if home == package or not hasattr(import_module(home), name):
            thing: object = import_module(f"{home}.{name}")
        else:
            thing = getattr(import_module(home), name)
        setattr(sys.modules[package], name, thing)
        return thing

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return found, names
