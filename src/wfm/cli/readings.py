"""How histories were read, row by row: the file that says of every cell what was taken instead, and why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pandas as pd

from wfm.errors import DataError

if TYPE_CHECKING:
    from wfm.history import Reading


# What an error proposes to a program, and the option of the shell that does the same.
_OPTIONS = {
    "columns={": '--column "Theirs=ours"',
    "outcomes={": '--outcome "THEIRS=answered"',
    "sheet=": "--sheet NAME",
    "stamps=": "--stamps end",
    "timezone=": "--timezone Asia/Tehran",
}


def in_the_shell(error: DataError) -> DataError:
    """The error with the options by which a command takes what it proposes."""
    text = str(error)
    options = [option for words, option in _OPTIONS.items() if words in text]
    told = f"{text} As options: {', '.join(options)}." if options else text
    return DataError(told, table=error.table, column=error.column, rows=error.rows)


def write_rows(readings: Reading | Mapping[str, Reading], out: Path | None) -> None:
    """Write every row that was not read as it stands as CSV, with a column `queue` for the histories of a week."""
    from wfm.plan.output import csv_bytes, write_atomically

    if out is None:
        return
    if isinstance(readings, Mapping):
        tables = [reading.rows.assign(queue=name) for name, reading in readings.items()]
        table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    else:
        table = readings.rows
    write_atomically(out, csv_bytes(table))
    click.echo(f"-> {out}     {len(table)} entries")
