"""Which column of the file is which column of the table: by a map, else by the names that exports use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wfm.errors import DataError, did_you_mean, listed

from .column_map import mapped_names
from .known_names import KNOWN, Known
from .sheets import Sheet
from .spelling import plain, unit_of, without_unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns found: table column -> column of the file, its factor to seconds, and what is left over."""

    names: Mapping[str, str]
    factors: Mapping[str, float] = field(default_factory=dict)
    mapped: frozenset[str] = frozenset()
    unused: tuple[str, ...] = ()

    def __contains__(self, role: str) -> bool:
        """Whether the file has the column."""
        return role in self.names


def match_columns(sheet: Sheet, columns: Mapping[str, str] | None, *, known: Known = KNOWN) -> Columns:
    """The columns of a file by a map and by well-known names.

    Parameters
    ----------
    columns : mapping       Column of the file -> table column, or table column -> column of the file.

    Raises
    ------
    DataError               A mapped column is not there, or two columns may be the same thing.
    """
    there = [str(name) for name in sheet.cells.columns]
    names = mapped_names(sheet, there, dict(columns or {}), known)
    factors: dict[str, float] = {}
    left = [name for name in there if name not in names.values()]
    for rank in (0, 1):
        for role in known:
            if role not in names:
                _recognise(sheet, role, known[role][rank], left, names)
    for role, name in names.items():
        factor = unit_of(name)
        if factor != 1.0:
            factors[role] = factor
    for name in names.values():
        if name in sheet.doubled:
            raise DataError(
                f"{sheet.name} has the column {name!r} twice. Rename one of them.", table=sheet.name, column=name
            )
    return Columns(
        names=names,
        factors=factors,
        mapped=frozenset(r for r in names if names[r] not in left),
        unused=tuple(name for name in left if name not in names.values()),
    )


def need(sheet: Sheet, columns: Columns, role: str, *, hint: str) -> str:
    """The file's name of a column that must be there."""
    if role in columns:
        return columns.names[role]
    there = [str(name) for name in sheet.cells.columns]
    raise DataError(
        f"{sheet.name} has no column for {role!r}; it has {listed(there, most=20)}.{did_you_mean(role, there)} {hint}",
        table=sheet.name,
        column=role,
    )


def _recognise(sheet: Sheet, role: str, known: Iterable[str], left: list[str], names: dict[str, str]) -> None:
    free = [name for name in left if name not in names.values()]
    found = [name for name in free if plain(name) in known or without_unit(name) in known]
    if len(found) > 1:
        exact = [name for name in found if plain(name) == role]
        if len(exact) != 1:
            raise DataError(
                f"{sheet.name} has {len(found)} columns that may be {role!r}: {listed(found)}. Say which: "
                f"columns={{{found[0]!r}: {role!r}}}.",
                table=sheet.name,
                column=role,
            )
        found = exact
    if found:
        names[role] = found[0]
