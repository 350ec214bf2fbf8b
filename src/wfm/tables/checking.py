"""Whether a table is what its specification says: the first fault named with table, column, row and value."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, did_you_mean, listed
from wfm.tables.chain import WORK
from wfm.tables.spec import Column, Spec

Flags = npt.NDArray[np.bool_]
Known = Mapping[str, Column]  # the columns of a table that its specification knows


def check(table: pd.DataFrame, spec: Spec, *, queues: Iterable[str] | None = None) -> pd.DataFrame:
    """The table in the form of its specification: typed, sorted by key, RangeIndex; else a DataError with the place.

    Columns that the specification does not know are kept as they are, behind the known ones.

    Parameters
    ----------
    table : DataFrame           Not changed.
    queues : iterable of str    The queues that are known; others are refused.

    >>> from wfm.tables import HISTORY
    >>> check(pd.DataFrame({"queue": "voice", "start": ["2026-03-21 08:30"], "offered": [-4]}), HISTORY)
    Traceback (most recent call last):
    wfm.errors.DataError: history.offered must be a number in [0, inf) contacts in 1 row(s), first: row 0, ...
    """
    if not isinstance(table, pd.DataFrame):
        raise DataError(
            f"{spec.name} must be a DataFrame with the columns {listed(spec.required)}, got {type(table).__name__}.",
            table=spec.name,
        )
    _require_columns(table, spec)
    known = {name: column for name in table.columns if (column := spec.column(str(name))) is not None}
    typed = table.copy()
    typed.index = pd.RangeIndex(len(table))
    for name, column in known.items():
        values = typed[name]
        read = _typed(values, column, spec, table)
        if read is not values:
            typed[name] = read
    _check_span(typed, spec)
    _check_crossed(typed, spec, known)
    if queues is not None and "queue" in typed:
        _check_known(typed, spec, "queue", tuple(queues))
    rows = _Rows.by(typed, spec.key)
    _check_unique(typed, spec, rows)
    _check_overlap(typed, spec, rows)
    return rows.of(_columns_in_order(typed, spec, known))


def _require_columns(table: pd.DataFrame, spec: Spec) -> None:
    missing = [name for name in spec.required if name not in table.columns]
    if missing:
        hints = "".join(did_you_mean(name, [c for c in table.columns if c not in spec.required]) for name in missing)
        raise DataError(
            f"{spec.name} has no column {listed(missing)}; it has {listed(map(str, table.columns), most=12)}.{hints} "
            f"Required: {listed(spec.required)}. Rename the column or hand in a column map.",
            table=spec.name,
            column=missing[0],
        )
    doubled = table.columns[table.columns.duplicated()]
    if len(doubled):
        raise DataError(
            f"{spec.name} has the column {doubled[0]!r} twice. Keep one of them.",
            table=spec.name,
            column=str(doubled[0]),
        )


def _typed(values: pd.Series, column: Column, spec: Spec, table: pd.DataFrame) -> pd.Series:
    """The column as its kind asks; the very same where it is so already."""
    if column.kind == "time":
        typed, bad = _times(values, spec, column)
    elif column.kind in ("number", "count"):
        typed, bad = _numbers(values, column)
    elif column.kind == "flag":
        typed, bad = _flags(values)
    elif column.kind == "text":
        typed, bad = _texts(values, column)
    else:
        return values
    absent = pd.isna(values.to_numpy())
    bad = bad & ~absent if column.missing else bad | absent
    if bad.any():
        _refuse(table, spec, str(values.name), bad, column.allowed())
    return typed


def _times(values: pd.Series, spec: Spec, column: Column) -> tuple[pd.Series, Flags]:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        _refuse_zone(values, spec, column)
        return values, np.zeros(len(values), dtype=bool)
    if pd.api.types.is_numeric_dtype(values.dtype) and len(values):
        return values, np.ones(len(values), dtype=bool)
    try:
        typed = pd.to_datetime(values, errors="coerce", format="ISO8601")
    except ValueError as error:  # a mixture of time zones
        raise DataError(
            f"{spec.name}.{column.name} mixes time zones ({error}). Read the file with its time zone.",
            table=spec.name,
            column=column.name,
        ) from error
    _refuse_zone(typed, spec, column)
    return typed, pd.isna(typed.to_numpy())


def _refuse_zone(times: pd.Series, spec: Spec, column: Column) -> None:
    zone = getattr(times.dtype, "tz", None)
    if zone is not None:
        raise DataError(
            f"{spec.name}.{column.name} must be local clock times without a time zone, got times of {zone}. Convert "
            f"them to the centre's own clock: .dt.tz_convert(...).dt.tz_localize(None).",
            table=spec.name,
            column=column.name,
        )


def _numbers(values: pd.Series, column: Column) -> tuple[pd.Series, Flags]:
    whole = column.kind == "count"
    typed = values
    if values.dtype != (np.int64 if whole else np.float64):
        typed = pd.to_numeric(values, errors="coerce").astype("float64")
    number = typed.to_numpy()
    bad = ~((number >= column.low) & (number <= column.high)) | np.isinf(number)  # what is no number is neither
    if whole and typed.dtype != np.int64:
        bad |= number != np.round(number)
        if not bad.any():
            typed = typed.astype("int64")
    return typed, bad


def _flags(values: pd.Series) -> tuple[pd.Series, Flags]:
    if values.dtype == bool:
        return values, np.zeros(len(values), dtype=bool)
    words = {"true": True, "1": True, "1.0": True, "yes": True, "false": False, "0": False, "0.0": False, "no": False}
    typed = values.map(lambda v: words.get(str(v).strip().lower()))
    bad = pd.isna(typed.to_numpy())
    return (typed.astype(bool) if not bad.any() else typed), bad


def _texts(values: pd.Series, column: Column) -> tuple[pd.Series, Flags]:
    """Texts without spaces around them, each different one looked at once; what is missing stays as it is."""
    cells = values.to_numpy(dtype=object)
    if pd.api.types.infer_dtype(cells, skipna=True) not in ("string", "empty"):
        values = values.where(values.isna(), values.astype(str).str.strip()).astype(object)
        cells = values.to_numpy()
    codes, different = pd.factorize(cells, use_na_sentinel=True)
    texts = [text.strip() for text in different]
    fits = [text in column.choices if text and column.choices else bool(text) or column.missing for text in texts]
    bad = ~np.array([*fits, True])[codes]
    if values.dtype == object and all(text and text == was for text, was in zip(texts, different, strict=True)):
        return values, bad
    read = [text if text or not column.missing else None for text in texts]
    told = np.where(codes < 0, cells, np.array([*read, None], dtype=object)[codes])
    return pd.Series(told, index=values.index, name=values.name, dtype=object), bad


def _refuse(
    table: pd.DataFrame,
    spec: Spec,
    name: str,
    bad: np.ndarray,
    allowed: str,
    what_to_do: str = "Correct or drop these rows.",
) -> None:
    rows = np.flatnonzero(bad)
    first = table.iloc[rows[0]]
    shown = [k for k in spec.key if k in table.columns and k != name] + [name]
    place = ", ".join(f"{k}={first[k]}" for k in shown)
    raise DataError(
        f"{spec.name}.{name} must be {allowed} in {len(rows)} row(s), first: row {rows[0]}, {place}. {what_to_do}",
        table=spec.name,
        column=name,
        rows=rows.tolist(),
    )


def _check_span(table: pd.DataFrame, spec: Spec) -> None:
    begin, until = ("release", "due") if spec is WORK else ("start", "end")
    if begin in table and until in table:
        bad = np.asarray(table[until].array <= table[begin].array, dtype=bool)
        if bad.any():
            _refuse(table, spec, until, bad, f"after {begin}")


def _check_crossed(table: pd.DataFrame, spec: Spec, known: Known) -> None:
    """Quantiles of a higher level may not be below those of a lower one."""
    names = [str(name) for name, column in known.items() if column.name == "offered_q" and name != column.name]
    names.sort(key=lambda name: float(name.split("_q")[1]))
    for lower, higher in itertools.pairwise(names):
        bad = table[higher].to_numpy() < table[lower].to_numpy() - 1e-9
        if bad.any():
            first = table.iloc[int(np.argmax(bad))]
            _refuse(table, spec, higher, bad, f"at least {lower} (here {first[lower]:g})", "Correct these quantiles.")


def _check_known(table: pd.DataFrame, spec: Spec, name: str, known: Sequence[str]) -> None:
    bad = (table[name].notna() & ~table[name].isin(known)).to_numpy(dtype=bool)
    if bad.any():
        _refuse(table, spec, name, bad, f"one of {listed(known, most=10)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """The rows of a table in the order of some columns.

    Attributes
    ----------
    places : array [rows] or None           Where each row in order lies in the table; None = they are in order already.
    alike : list of arrays [rows - 1]       Which rows in order share the first column, the first two, ... with the one
                                            before.
    """

    places: npt.NDArray[np.intp] | None
    alike: list[Flags]

    @classmethod
    def by(cls, table: pd.DataFrame, names: Sequence[str]) -> _Rows:
        """Sorting is stable, what is missing comes last; rows that are in order are seen to be so before any sort."""
        columns = [_comparable(table[name].to_numpy()) for name in names]
        alike, places = _alike(columns), None
        if alike is None:
            places = np.lexsort(columns[::-1])
            alike = _alike([values[places] for values in columns])
        assert alike is not None
        return cls(places=places, alike=alike)

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table with its rows in order."""
        if self.places is None:
            return table
        told = table.take(self.places)
        told.index = pd.RangeIndex(len(told))
        return told


def _comparable(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The values themselves; their ranks where they are texts or some are missing."""
    if values.dtype != object and not pd.isna(values).any():
        return values
    codes, different = pd.factorize(values, sort=True)
    return np.where(codes < 0, len(different), codes)


def _alike(columns: Sequence[npt.NDArray[Any]]) -> list[Flags] | None:
    """Which rows share the first column, the first two, ... with the one before; None where one belongs before it."""
    alike = np.ones(max(len(columns[0]) - 1, 0), dtype=bool)
    found = []
    for values in columns:
        if (alike & (values[1:] < values[:-1])).any():
            return None
        alike = alike & (values[1:] == values[:-1])
        found.append(alike)
    return found


def _columns_in_order(table: pd.DataFrame, spec: Spec, known: Known) -> pd.DataFrame:
    own = [c.name for c in spec.columns if c.name in table.columns]
    families = [name for name in known if name not in own]
    others = [name for name in table.columns if name not in known]
    order = [*own, *families, *others]
    return table if order == list(table.columns) else table[order]


def _check_unique(table: pd.DataFrame, spec: Spec, rows: _Rows) -> None:
    if spec.unique and rows.alike[-1].any():
        bad = table.duplicated(list(spec.key)).to_numpy(dtype=bool)
        _refuse(
            table,
            spec,
            spec.key[-1],
            bad,
            f"unique together with {listed(spec.key[:-1])}" if spec.key[:-1] else "unique",
            "Merge or drop the doubled rows.",
        )


def _check_overlap(table: pd.DataFrame, spec: Spec, rows: _Rows) -> None:
    if not spec.no_overlap or "end" not in table or len(table) < 2:
        return
    by = (*spec.no_overlap, "start")
    rows = rows if by == spec.key else _Rows.by(table, by)
    places = np.arange(len(table)) if rows.places is None else rows.places
    start, end = table["start"].array[places[1:]], table["end"].array[places[:-1]]
    late = rows.alike[len(spec.no_overlap) - 1] & np.asarray(start < end, dtype=bool)
    if late.any():
        bad = np.zeros(len(table), dtype=bool)
        bad[places[1:][late]] = True
        _refuse(table, spec, "start", bad, "at or after the end of the row before", "Remove the overlap.")
