"""What stands in the file: the cells as they are, with the number that each row has in the file."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, SettingError

from .containers import inflated, read_excel_rows, read_parquet
from .databases import NAME, read_query

SEPARATORS = (";", "\t", "|", ",")
_SAMPLE_LINES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The cells of a source, untouched.

    Attributes
    ----------
    name : str              The file's name as errors show it; "the table" for a DataFrame.
    cells : DataFrame       One row per row of the source, RangeIndex.
    positions : array       Position of each row below the header of the source, from 0.
    first_row : int         Number that position 0 has in the source: 2 where the header is row 1, 1 in the rows of a
                            query, 0 in a DataFrame.
    notes : tuple           (what, example) of what was recognised while opening.
    doubled : frozenset     Column names that the header has more than once.
    title : str             Sheet of the workbook.
    typed : bool            Whether cells may be numbers and times by themselves; those of a text file are text.
    above : tuple           Lines above the header, as they stand.
    across : array or None  Column of the file in which each row's cell stands, where times run across the top.
    """

    name: str
    cells: pd.DataFrame
    positions: npt.NDArray[np.int64]
    first_row: int = 0
    notes: tuple[tuple[str, str], ...] = ()
    doubled: frozenset[str] = field(default_factory=frozenset)
    title: str = ""
    typed: bool = True
    above: tuple[str, ...] = ()
    across: npt.NDArray[np.object_] | None = None

    def row(self, index: int) -> int:
        """The number in the source of a row of `cells`."""
        return int(self.positions[index]) + self.first_row

    def take(self, keep: npt.NDArray[np.bool_]) -> Sheet:
        """The sheet with some of its rows."""
        if keep.all():
            return self
        across = None if self.across is None else self.across[keep]
        return replace(
            self, cells=self.cells[keep].reset_index(drop=True), positions=self.positions[keep], across=across
        )


def open_sheet(source: object, *, sheet: str | None = None, likely: Callable[[Sheet], bool] | None = None) -> Sheet:
    """The cells of a DataFrame, of a CSV, Excel or Parquet file, or of a query: (SQL, connection).

    Separators , ; tab and | and the encodings UTF-8, UTF-16 and Windows-1256 are recognised; title lines above the
    header are passed over.

    Parameters
    ----------
    sheet : str         Name of the sheet of a workbook.
    likely : function   Whether the first rows of a sheet are those of the table that is looked for.

    Raises
    ------
    DataError       The file is not there, is empty, or has rows with more cells than the header.
    MissingExtra    Excel or Parquet without the library that reads it.
    """
    if sheet is not None and not _is_workbook(source):
        raise SettingError(
            f"sheet names a sheet of an .xlsx workbook, got {sheet!r} for another kind of source. Leave it out.",
            name="sheet",
            value=sheet,
        )
    if isinstance(source, pd.DataFrame):
        return _from_table(source)
    if isinstance(source, tuple) and len(source) == 2:
        return replace(_from_table(read_query(*source), NAME), first_row=1)
    if not isinstance(source, (str, Path)):
        raise DataError(
            "a history or table must be a DataFrame, the path of a file or (SQL, connection), got "
            f"{type(source).__name__}."
        )
    path = Path(source)
    if not path.is_file():
        raise DataError(
            f"{path} is not a file that can be read. Check the path; it is taken from {Path.cwd()}.", table=path.name
        )
    kind = "".join(path.suffixes[-2:]).lower()
    if _is_workbook(path):
        judge = None if likely is None else lambda rows: likely(_from_rows(rows, path.name, ("", "")))
        rows, title, why = read_excel_rows(path, sheet=sheet, likely=judge)
        return replace(_from_rows(rows, path.name, (f"sheet {title!r}, {why}", "")), title=title)
    if kind.endswith((".parquet", ".pq")):
        return _from_table(read_parquet(path), path.name)
    if kind.endswith((".xls", ".ods")):
        raise DataError(f"{path.name}: this spreadsheet format is not read. Save it as .xlsx or .csv.", table=path.name)
    return _from_text(inflated(path), path.name)


def _is_workbook(source: object) -> bool:
    return isinstance(source, (str, Path)) and Path(source).suffix.lower() in (".xlsx", ".xlsm")


def _from_table(table: pd.DataFrame, name: str = "the table") -> Sheet:
    if isinstance(table.index, pd.DatetimeIndex):
        table = table.rename_axis(index=str(table.index.name or "start")).reset_index()
    cells = table.reset_index(drop=True)
    names = [str(name) for name in cells.columns]
    twice = [name for k, name in enumerate(names) if name in names[:k]]
    if twice:
        raise DataError(f"{name} has the column {twice[0]!r} twice. Keep one of them.", table=name, column=twice[0])
    return Sheet(name=name, cells=cells.set_axis(names, axis=1), positions=np.arange(len(cells)))


def _from_text(content: bytes, name: str) -> Sheet:
    text, encoding = decode(content, name)
    lines = text.splitlines() if len(text) < 65_536 else text[:65_536].splitlines()[:-1]
    separator = sniff_separator(lines[:_SAMPLE_LINES])
    header = _header_line(lines[:_SAMPLE_LINES], separator)
    if header is None:
        raise DataError(f"{name} is empty. It needs a header and rows.", table=name)
    names, doubled = _unique_names(next(csv.reader([lines[header]], delimiter=separator)))
    notes = [("separator", {"\t": "tab"}.get(separator, separator))]
    if encoding != "utf-8":
        notes.append(("encoding", encoding))
    if header:
        notes.append((f"{header} line(s) above the header passed over", lines[0][:60]))
    cells = _parse(text, name, names, separator, header)
    return Sheet(
        name=name,
        cells=cells,
        positions=np.arange(len(cells)),
        first_row=header + 2,
        notes=tuple(notes),
        doubled=doubled,
        typed=False,
        above=tuple(lines[:header]),
    )


def decode(content: bytes, name: str) -> tuple[str, str]:
    """The text of a file and the encoding it was in.

    >>> decode("صف".encode("cp1256"), "calls.csv")
    ('صف', 'cp1256')
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16"), "utf-16"
    even, odd = content[:400:2].count(0), content[1:400:2].count(0)
    if max(even, odd) > 4 * min(even, odd) + len(content[:400]) // 8:  # every other byte of Latin text is 0
        return content.decode("utf-16-le" if odd > even else "utf-16-be", errors="replace"), "utf-16"
    if b"\0" in content[:4096]:
        raise DataError(f"{name} is not a text file. Save it as CSV with encoding UTF-8, or as .xlsx.", table=name)
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return content.decode("cp1256"), "cp1256"


def sniff_separator(lines: Sequence[str]) -> str:
    """The separator that splits most lines into the same number of cells; a decimal comma loses against `;`.

    >>> sniff_separator(["start;aht", "2026-11-21 08:00;240,5", "2026-11-21 08:30;251,0"])
    ';'
    """
    told = [line[4] for line in lines[:1] if line.lower().startswith("sep=") and len(line) == 5]
    if told:
        return told[0]
    best, chosen = (0.0, 0), ","
    for separator in SEPARATORS:
        widths = [len(row) for row in csv.reader([line for line in lines if line.strip()], delimiter=separator) if row]
        if not widths:
            continue
        usual = max(set(widths), key=lambda width: (widths.count(width), width))
        score = (widths.count(usual) / len(widths) if usual > 1 else 0.0, usual)
        # Half of the lines may be titles and totals; a separator that fits more lines wins, then the order of the list.
        if score[0] > best[0]:
            best, chosen = score, separator
    return chosen


def _header_line(lines: Sequence[str], separator: str) -> int | None:
    """The first line as wide as most lines are; a title that was padded with separators is none."""

    def cells(line: str) -> list[str]:
        told = not line.strip() or line.lower().startswith("sep=")
        return [] if told else next(csv.reader([line], delimiter=separator))

    rows = [cells(line) for line in lines]
    widths = [len(row) for row in rows]
    filled = [found for found in widths if found]
    if not filled:
        return None
    usual = max(set(filled), key=lambda found: (filled.count(found), found))
    wide = [k for k, found in enumerate(widths) if found >= max(usual - 1, min(2, usual))]
    least = max(min(2, usual), usual / 2)
    named = [k for k in wide if sum(bool(cell.strip()) for cell in rows[k]) >= least]
    return named[0] if named else wide[0] if wide else None


def _unique_names(fields: Sequence[Any]) -> tuple[list[str], frozenset[str]]:
    names: list[str] = []
    doubled = set()
    for k, cell in enumerate(fields):
        name = str(cell).strip().lstrip("\ufeff") if cell is not None else ""
        name = name or f"column {k + 1}"
        if name in names:
            doubled.add(name)
            name = f"{name} (column {k + 1})"
        names.append(name)
    return names, frozenset(doubled)


def _parse(text: str, name: str, names: list[str], separator: str, header: int) -> pd.DataFrame:
    options: dict[str, Any] = {
        "sep": separator,
        "header": None,
        "skiprows": header + 1,
        "names": names,
        "dtype": object,
        "na_filter": False,
        "index_col": False,
        "skip_blank_lines": False,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.ParserWarning)  # empty cells behind the last separator
        try:
            cells: pd.DataFrame = pd.read_csv(io.StringIO(text), **options)
            return cells
        except pd.errors.EmptyDataError:
            return pd.DataFrame(columns=names, dtype=object)
        except pd.errors.ParserError as error:
            what = str(error).rsplit("C error: ", maxsplit=1)[-1].strip().replace(" in line ", " cells in row ")
            raise DataError(
                f"{name} has a row with more cells than the header: {what}. Quote text that holds the "
                f"separator {separator!r}.",
                table=name,
            ) from error


def _from_rows(rows: list[tuple[Any, ...]], name: str, note: tuple[str, str]) -> Sheet:
    widths = [sum(cell is not None for cell in row) for row in rows[:_SAMPLE_LINES]]
    if not any(widths):
        raise DataError(f"{name} is empty. It needs a header and rows.", table=name)
    usual = max(set(filter(None, widths)), key=lambda width: (widths.count(width), width))
    header = next(k for k, width in enumerate(widths) if width >= max(usual - 1, min(2, usual)))
    width = max(
        k + 1
        for row in (rows[header], *rows[header + 1 : header + 2])
        for k, cell in enumerate(row)
        if cell is not None
    )
    names, doubled = _unique_names((*rows[header], *[None] * width)[:width])
    body = [(*row, *[None] * width)[:width] for row in rows[header + 1 :]]
    cells = pd.DataFrame(body, columns=names, dtype=object)
    notes = (note, (f"{header} row(s) above the header passed over", str(rows[0][0])[:60]))[: 2 if header else 1]
    return Sheet(
        name=name,
        cells=cells,
        positions=np.arange(len(cells)),
        first_row=header + 2,
        notes=notes,
        doubled=doubled,
        above=tuple(", ".join(str(cell) for cell in row if cell is not None) for row in rows[:header]),
    )
