"""The caller's map of columns: theirs to ours, or ours to theirs."""

from __future__ import annotations

from collections.abc import Mapping

from wfm.errors import DataError, did_you_mean, listed

from .known_names import Known
from .sheets import Sheet
from .spelling import plain, without_unit


def mapped_names(sheet: Sheet, there: list[str], columns: dict[str, str], known: Known) -> dict[str, str]:
    """Table column -> column of the file, as the caller maps them, in either direction.

    Raises DataError where a column or a table column is not known, or the map can be read both ways.
    """
    if not columns:
        return {}
    forward = [(_find(file, there), _role(str(role), known)) for file, role in columns.items()]
    backward = [(_find(file, there), _role(str(role), known)) for role, file in columns.items()]
    reads = [pairs for pairs in (forward, backward) if all(file and role for file, role in pairs)]
    if not reads:
        _refuse_map(sheet, there, columns, known, forward, backward)
    if len(reads) == 2 and {(f, r) for f, r in reads[0]} != {(f, r) for f, r in reads[1]}:
        raise DataError(
            f"columns={columns!r} can be read both ways, since {sheet.name} has columns of both names. "
            "Rename a column of the file.",
            table=sheet.name,
        )
    names: dict[str, str] = {}
    for file, role in reads[0]:
        if role in names:
            raise DataError(
                f"columns names two columns for {role!r}: {names[str(role)]!r} and {file!r}.",
                table=sheet.name,
                column=role,
            )
        names[str(role)] = str(file)
    return names


def _refuse_map(
    sheet: Sheet,
    there: list[str],
    columns: Mapping[str, str],
    known: Known,
    forward: list[tuple[str | None, str | None]],
    backward: list[tuple[str | None, str | None]],
) -> None:
    """Name the first pair that fails in the direction that was probably meant."""

    def told(pairs: list[tuple[str | None, str | None]]) -> int:
        return sum((file is not None) + (role is not None) for file, role in pairs)

    ahead = told(forward) >= told(backward)
    pairs = forward if ahead else backward
    asked = [(k, v) if ahead else (v, k) for k, v in columns.items()]
    for (file, role), (file_name, role_name) in zip(pairs, asked, strict=True):
        if file is None:
            raise DataError(
                f"{sheet.name} has no column {str(file_name)!r}; it has {listed(there, most=20)}."
                f"{did_you_mean(file_name, there)}",
                table=sheet.name,
                column=str(file_name),
            )
        if role is None:
            raise DataError(
                f"columns maps {file!r} to {role_name!r}, which is no column of the table; it has "
                f"{listed(known, most=40)}.{did_you_mean(role_name, known)}",
                table=sheet.name,
                column=str(role_name),
            )


def _find(name: object, there: list[str]) -> str | None:
    if name in there:
        return str(name)
    near = [column for column in there if plain(column) == plain(name)]
    return near[0] if len(near) == 1 else None


def _role(name: str, known: Known) -> str | None:
    if name in known:
        return name
    words = {plain(name), without_unit(name)}
    return next((role for role, ranks in known.items() if any(words & set(rank) for rank in ranks)), None)
