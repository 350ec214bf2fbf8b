"""Whether a table is what its specification says: the first fault named with table, column, row and value."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from wfm.errors import DataError, did_you_mean, listed
from wfm.tables.chain import WORK
from wfm.tables.spec import Column, Spec


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
    typed = table.reset_index(drop=True).copy()
    for name in table.columns:
        column = spec.column(str(name))
        if column is not None:
            typed[name] = _typed(typed[name], column, spec, table)
    _check_span(typed, spec)
    _check_crossed(typed, spec)
    if queues is not None and "queue" in typed:
        _check_known(typed, spec, "queue", tuple(queues))
    _check_unique(typed, spec)
    _check_overlap(typed, spec)
    return _in_order(typed, spec)


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
    absent = values.isna()
    bad = bad & ~absent if column.missing else bad | absent
    if bad.any():
        _refuse(table, spec, str(values.name), bad.to_numpy(dtype=bool), column.allowed())
    return typed


def _times(values: pd.Series, spec: Spec, column: Column) -> tuple[pd.Series, pd.Series]:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        _refuse_zone(values, spec, column)
        return values, values.isna()
    if pd.api.types.is_numeric_dtype(values.dtype) and len(values):
        return values, pd.Series(True, index=values.index)
    try:
        typed = pd.to_datetime(values, errors="coerce", format="ISO8601")
    except ValueError as error:  # a mixture of time zones
        raise DataError(
            f"{spec.name}.{column.name} mixes time zones ({error}). Read the file with its time zone.",
            table=spec.name,
            column=column.name,
        ) from error
    _refuse_zone(typed, spec, column)
    return typed, typed.isna()


def _refuse_zone(times: pd.Series, spec: Spec, column: Column) -> None:
    zone = getattr(times.dtype, "tz", None)
    if zone is not None:
        raise DataError(
            f"{spec.name}.{column.name} must be local clock times without a time zone, got times of {zone}. Convert "
            f"them to the centre's own clock: .dt.tz_convert(...).dt.tz_localize(None).",
            table=spec.name,
            column=column.name,
        )


def _numbers(values: pd.Series, column: Column) -> tuple[pd.Series, pd.Series]:
    typed: pd.Series = pd.to_numeric(values, errors="coerce").astype("float64")
    number = typed.to_numpy()
    bad = ~((number >= column.low) & (number <= column.high)) | np.isinf(number)  # what is no number is neither
    if column.kind == "count":
        bad |= number != np.round(number)
        if not bad.any():
            typed = typed.astype("int64")
    return typed, pd.Series(bad, index=values.index)


def _flags(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    if values.dtype == bool:
        return values, pd.Series(False, index=values.index)
    words = {"true": True, "1": True, "1.0": True, "yes": True, "false": False, "0": False, "0.0": False, "no": False}
    typed = values.map(lambda v: words.get(str(v).strip().lower()))
    bad = typed.isna()
    return (typed.astype(bool) if not bad.any() else typed), bad


def _texts(values: pd.Series, column: Column) -> tuple[pd.Series, pd.Series]:
    typed = _stripped(values)
    bad = values.isna() | (typed == "")
    if column.choices:
        bad |= ~typed.isin(column.choices)
    if column.missing:
        bad &= typed != ""
        typed = typed.where(typed != "", None)
    return typed, bad


def _stripped(values: pd.Series) -> pd.Series:
    """Texts without spaces around them, each different one looked at once; what is missing stays as it is."""
    if pd.api.types.infer_dtype(values, skipna=True) != "string":
        return values.where(values.isna(), values.astype(str).str.strip()).astype(object)
    codes, different = pd.factorize(values, use_na_sentinel=True)
    texts = np.array([*(text.strip() for text in different), None], dtype=object)
    read = np.where(codes < 0, values.to_numpy(dtype=object), texts[codes])
    return pd.Series(read, index=values.index, name=values.name, dtype=object)


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
        bad = (table[until] <= table[begin]).to_numpy(dtype=bool)
        if bad.any():
            _refuse(table, spec, until, bad, f"after {begin}")


def _check_crossed(table: pd.DataFrame, spec: Spec) -> None:
    """Quantiles of a higher level may not be below those of a lower one."""
    levels = {float(str(name).split("_q")[1]): str(name) for name in table if _is_quantile(str(name), spec)}
    names = [levels[level] for level in sorted(levels)]
    for lower, higher in itertools.pairwise(names):
        bad = (table[higher] < table[lower] - 1e-9).to_numpy(dtype=bool)
        if bad.any():
            first = table.iloc[int(np.argmax(bad))]
            _refuse(table, spec, higher, bad, f"at least {lower} (here {first[lower]:g})", "Correct these quantiles.")


def _is_quantile(name: str, spec: Spec) -> bool:
    column = spec.column(name)
    return column is not None and column.name == "offered_q" and name != column.name


def _check_known(table: pd.DataFrame, spec: Spec, name: str, known: Sequence[str]) -> None:
    bad = (table[name].notna() & ~table[name].isin(known)).to_numpy(dtype=bool)
    if bad.any():
        _refuse(table, spec, name, bad, f"one of {listed(known, most=10)}")


def _in_order(table: pd.DataFrame, spec: Spec) -> pd.DataFrame:
    known = [c.name for c in spec.columns if c.name in table.columns]
    families = [str(c) for c in table.columns if c not in known and spec.column(str(c)) is not None]
    others = [c for c in table.columns if c not in known and c not in families]
    key = [k for k in spec.key if k in table.columns]
    told = table[[*known, *families, *others]]
    return told if _is_in_order(told, key) else told.sort_values(key, kind="stable").reset_index(drop=True)


def _is_in_order(table: pd.DataFrame, key: Sequence[str]) -> bool:
    """Whether the rows are sorted already, which is told far sooner than they are sorted."""
    tied = np.ones(max(len(table) - 1, 0), dtype=bool)
    for name in key:
        values = table[name].to_numpy()
        if pd.isna(values).any() or (values[1:] < values[:-1])[tied].any():
            return False
        tied &= values[1:] == values[:-1]
    return True


def _check_unique(table: pd.DataFrame, spec: Spec) -> None:
    if spec.unique:
        bad = table.duplicated(list(spec.key)).to_numpy(dtype=bool)
        if bad.any():
            _refuse(
                table,
                spec,
                spec.key[-1],
                bad,
                f"unique together with {listed(spec.key[:-1])}" if spec.key[:-1] else "unique",
                "Merge or drop the doubled rows.",
            )


def _check_overlap(table: pd.DataFrame, spec: Spec) -> None:
    if not spec.no_overlap or "end" not in table or len(table) < 2:
        return
    group = list(spec.no_overlap)
    ordered = table.sort_values([*group, "start"], kind="stable")
    same = (ordered[group] == ordered[group].shift()).all(axis=1)
    late = same & (ordered["start"] < ordered.groupby(group)["end"].shift())
    bad = late.reindex(table.index).to_numpy(dtype=bool)
    if bad.any():
        _refuse(table, spec, "start", bad, "at or after the end of the row before", "Remove the overlap.")
