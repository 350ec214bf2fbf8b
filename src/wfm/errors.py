"""Everything that `wfm` raises or warns.

WfmError
  DataError (ValueError)          a table, column or row is wrong         .table .column .rows
    TooLittleHistory              not enough of it to learn from
  SettingError (ValueError)       a setting is wrong                      .name .value .where
    SettingsError                 several settings at once                .problems
  InfeasibleError                 hard rules or locks contradict          .reasons
  MissingExtra (ImportError)      an optional library is not installed
WfmWarning (UserWarning)          doubt: little history, assumed patience, refused rows

Every message says what is wrong, where, what was got, what is allowed and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any


class WfmError(Exception):
    """Base of all errors raised on purpose by `wfm`."""


class DataError(WfmError, ValueError):
    """A table does not hold what it must.

    Attributes
    ----------
    table, column : str or None     Where the fault lies.
    rows : tuple of int             Positions of the faulty rows in the table that was handed in, from 0.
    """

    def __init__(
        self, message: str, *, table: str | None = None, column: str | None = None, rows: Sequence[int] = ()
    ) -> None:
        super().__init__(message)
        self.table = table
        self.column = column
        self.rows = tuple(int(row) for row in rows)


class TooLittleHistory(DataError):
    """There is not enough history to learn what was asked."""


class SettingError(WfmError, ValueError):
    """A setting, argument or line of the week's file is wrong.

    Attributes
    ----------
    name : str or None      The setting, dotted from the top: `queues.voice.target.share`.
    value : object          What was got.
    where : str or None     `file:line:column` where the setting came from a file.
    """

    def __init__(
        self, message: str, *, name: str | None = None, value: object = None, where: str | None = None
    ) -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.name = name
        self.value = value
        self.where = where


class SettingsError(SettingError):
    """Several settings are wrong; all of them are listed at once, one a line.

    Attributes
    ----------
    problems : tuple of SettingError or DataError
    """

    def __init__(self, problems: Iterable[SettingError | DataError]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__("\n".join(str(problem) for problem in self.problems))
        if isinstance(first, SettingError):
            self.name, self.value, self.where = first.name, first.value, first.where

    def __reduce__(self) -> tuple[Any, ...]:
        """Made again from its problems, as pickling between processes asks."""
        return SettingsError, (self.problems,)


class InfeasibleError(WfmError):
    """Hard rules or locked cells contradict each other. Too few people is a result, never this error.

    Attributes
    ----------
    reasons : tuple of str      Each contradiction in words.
    """

    def __init__(self, message: str, *, reasons: Iterable[str] = ()) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join([message, *(f"- {reason}" for reason in self.reasons)]))


class MissingExtra(WfmError, ImportError):
    """An optional library is needed; the message carries the pip line.

    >>> raise MissingExtra("Plots", extra="report", package="matplotlib")
    Traceback (most recent call last):
    wfm.errors.MissingExtra: Plots need matplotlib, which is not installed. Run: pip install "openwfm[report]"
    """

    def __init__(self, what: str, *, extra: str, package: str) -> None:
        super().__init__(f'{what} need {package}, which is not installed. Run: pip install "openwfm[{extra}]"')
        self.what = what
        self.extra = extra
        self.package = package

    def __reduce__(self) -> tuple[Any, ...]:
        """Made again from its words."""
        return _missing_extra, (self.what, self.extra, self.package)


def _missing_extra(what: str, extra: str, package: str) -> MissingExtra:
    return MissingExtra(what, extra=extra, package=package)


class WfmWarning(UserWarning):
    """Doubt that a planner should know of; the plan repeats it as a line of its own."""


def listed(values: Iterable[Any], *, most: int = 5) -> str:
    """Values for an error message: the first few, then how many more.

    >>> listed(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    values = list(values)
    shown = ", ".join(repr(value) if isinstance(value, str) else str(value) for value in values[:most])
    return shown if len(values) <= most else f"{shown} and {len(values) - most} more"


def did_you_mean(word: object, allowed: Iterable[object]) -> str:
    """The nearest allowed word as a question, or nothing.

    >>> did_you_mean("ofered", ["offered", "answered"])
    " Did you mean 'offered'?"
    """
    near = get_close_matches(str(word), [str(a) for a in allowed], n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
