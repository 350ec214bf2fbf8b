"""Writing what a plan holds: every file whole or not at all."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_atomically(path: Path, content: bytes) -> None:
    """A file that is either the old one or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.part")
    with half.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(half, path)


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table as CSV: UTF-8, ISO times, texts that a spreadsheet would take for a formula escaped by an apostrophe.

    Each different value of a column is written once, for long tables repeat their times and names on every path.

    >>> csv_bytes(pd.DataFrame({"agent": ["=1+1"], "nights": [2]})).decode().splitlines()
    ['agent,nights', "'=1+1,2"]
    """
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(zip(*(_cells(table[name]) for name in table.columns), strict=True))
    return text.getvalue().encode()


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Every table as <name>.csv in a folder; returns what was written, in order."""
    contents = {folder / f"{name}.csv": csv_bytes(table) for name, table in tables.items()}
    for path, content in contents.items():  # all contents are made before the first file is touched
        write_atomically(path, content)
    return list(contents)


def _cells(values: pd.Series) -> list[object]:
    """The cells of a column as they stand in the file; a missing one is empty."""
    if values.dtype == object and pd.api.types.infer_dtype(values, skipna=True) != "string":
        return [_escaped(value) for value in values.where(values.notna(), "")]
    codes, different = pd.factorize(values, use_na_sentinel=True)
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        moments = pd.DatetimeIndex(different)
        whole_days = values.name == "day" and len(moments) > 0 and bool((moments == moments.normalize()).all())
        texts = list(moments.strftime("%Y-%m-%d" if whole_days else "%Y-%m-%d %H:%M:%S"))
    elif values.dtype.kind == "f":
        texts = ["%.10g" % (number + 0.0) for number in different.tolist()]  # + 0.0: no -0
    else:
        texts = [_escaped(value) for value in different]
    cells = np.array([*texts, ""], dtype=object)
    return list(cells[codes])  # code -1, the missing cell, is the last one


def _escaped(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
