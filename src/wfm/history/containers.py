"""What a file is packed in: gzip, Excel, Parquet; opened with an eye on what it swells to."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from wfm.errors import DataError, MissingExtra, did_you_mean, listed

MOST_BYTES = 1_000_000_000
MOST_SHEET_BYTES = 400_000_000
_RATIO, _RATIO_FROM = 150, 10_000_000
_HEAD = 60  # rows by which a sheet is judged

Rows = list[tuple[Any, ...]]


def inflated(path: Path) -> bytes:
    """The content of a text file, unpacked where it is gzipped."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} cannot be read: {error}.", table=path.name) from error
    if len(content) > MOST_BYTES:
        raise DataError(
            f"{path.name} holds more than {MOST_BYTES // 10**6} MB of text. Split it by year.", table=path.name
        )
    return content


def read_excel_rows(
    path: Path, *, sheet: str | None = None, likely: Callable[[Rows], bool] | None = None
) -> tuple[Rows, str, str]:
    """The cells of one sheet of a workbook, its name, and why it was taken.

    Parameters
    ----------
    sheet : str         Name of the sheet; None = the only one with cells.
    likely : function   Tells by the first rows of a sheet whether it may be the one, where several have cells;
                        None = the first of them is taken.

    Raises
    ------
    DataError           No such workbook or sheet; several sheets may be meant, or none.
    """
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise MissingExtra("Excel files", extra="office", package="openpyxl") from error
    _refuse_bomb(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever the broken part of the file provokes
        raise DataError(
            f"{path.name} is not a workbook that can be read: {error}. Save it again as .xlsx.", table=path.name
        ) from error
    try:
        titles = [part.title for part in book.worksheets]
        if sheet is not None:
            chosen, why = _named(sheet, titles, path.name), "as asked"
        else:
            heads = {part.title: _rows(part, _HEAD) for part in book.worksheets}
            filled = [title for title in titles if any(cell is not None for row in heads[title] for cell in row)]
            if not filled:
                return [], "", ""
            chosen, why = _likely(filled, heads, likely, path.name), f"of {len(titles)}, {len(filled)} with cells"
        return _rows(book[chosen], None), chosen, why
    finally:
        book.close()


def _rows(part: Any, most: int | None) -> Rows:
    return [tuple(row) for row in part.iter_rows(max_row=most, values_only=True)]


def _named(sheet: str, titles: list[str], name: str) -> str:
    same = [title for title in titles if title.strip().casefold() == str(sheet).strip().casefold()]
    if sheet in titles or len(same) == 1:
        return sheet if sheet in titles else same[0]
    raise DataError(
        f"{name} has no sheet {sheet!r}; it has {listed(titles, most=20)}.{did_you_mean(sheet, titles)}", table=name
    )


def _likely(filled: list[str], heads: dict[str, Rows], likely: Callable[[Rows], bool] | None, name: str) -> str:
    """The one sheet that may be meant."""
    fitting = filled if len(filled) == 1 or likely is None else [title for title in filled if likely(heads[title])]
    if len(fitting) == 1 or (fitting and likely is None):
        return fitting[0]
    what = (
        f"{len(fitting)} sheets that may be meant: {listed(fitting, most=20)}"
        if fitting
        else f"{len(filled)} sheets, {listed(filled, most=20)}, and none has columns of time and volume"
    )
    raise DataError(f"{name} has {what}. Name one: sheet={(fitting or filled)[0]!r}.", table=name)


def _refuse_bomb(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile as error:
        raise DataError(
            f"{path.name} is not an .xlsx workbook. Save it again as .xlsx or .csv.", table=path.name
        ) from error
    if size > MOST_SHEET_BYTES or (size > _RATIO_FROM and size > _RATIO * path.stat().st_size):
        raise DataError(
            f"{path.name} swells from {path.stat().st_size // 1000} kB to {size // 10**6} MB; it is not "
            "opened. Save the sheet as .csv.",
            table=path.name,
        )


def read_parquet(path: Path) -> pd.DataFrame:
    """The table of a Parquet file."""
    try:
        import pyarrow  # type: ignore[import-not-found,unused-ignore]  # noqa: F401
    except ImportError as error:
        raise MissingExtra("Parquet files", extra="parquet", package="pyarrow") from error
    try:
        return pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise DataError(f"{path.name} is not a Parquet file that can be read: {error}.", table=path.name) from error
