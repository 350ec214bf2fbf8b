"""Writing what a plan holds: every file whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

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

    >>> csv_bytes(pd.DataFrame({"agent": ["=1+1"], "nights": [2]})).decode().splitlines()
    ['agent,nights', "'=1+1,2"]
    """
    safe = table.copy()
    for name in safe.columns:
        values = safe[name]
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            midnight = bool(len(values)) and bool((values.dropna() == values.dropna().dt.normalize()).all())
            safe[name] = values.dt.strftime("%Y-%m-%d" if midnight and name == "day" else "%Y-%m-%d %H:%M:%S")
        elif not pd.api.types.is_numeric_dtype(values.dtype):
            safe[name] = values.map(_escaped)
    return str(safe.to_csv(index=False, lineterminator="\n", float_format="%.10g")).encode()


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Every table as <name>.csv in a folder; returns what was written, in order."""
    contents = {folder / f"{name}.csv": csv_bytes(table) for name, table in tables.items()}
    for path, content in contents.items():  # all contents are made before the first file is touched
        write_atomically(path, content)
    return list(contents)


def _escaped(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
