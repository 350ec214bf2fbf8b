"""A roster that a planner changed by hand: read back as locks, with every rule that the changes break."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from wfm.errors import DataError, WfmWarning, listed
from wfm.history import read_table
from wfm.hours import OpeningHours
from wfm.schedule import People, Rule, ShiftType, check_roster
from wfm.schedule.rules import all_rules
from wfm.tables import AVAILABILITY, LOCKS, ROSTER, check, empty
from wfm.versions.cell_words import Word, read_cell
from wfm.versions.cells import Cell, Key, cell_text, cells, plain_text, same_text
from wfm.versions.comparison import cell_changes
from wfm.versions.grid_sheet import GridSheet, read_grid, with_names
from wfm.versions.shift_rows import COLUMNS, Row, ShiftBook

REASON = "edited by planner"
DAY = pd.Timedelta(days=1)
WORKBOOKS = (".xlsx", ".xlsm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What a planner made of a published roster.

    Attributes
    ----------
    roster : roster         The whole roster as edited; breaks of shifts typed into a grid lie where such shifts have
                            them.
    changes : table         The changed cells: agent, day, old, new, change, notice.
    locks : locks           Each changed cell as a lock, for people.locks of the next plan.
    absences : availability Leave, training and meetings that were typed in, for people.absences.
    """

    roster: pd.DataFrame
    changes: pd.DataFrame
    locks: pd.DataFrame
    absences: pd.DataFrame

    def __repr__(self) -> str:
        """One line."""
        return f"Edited({len(self.changes)} cells changed, {len(self.locks)} locks, {len(self.absences)} absences)"

    def _repr_html_(self) -> str:
        return f"<p><b>{escape(repr(self))}</b></p>{self.changes.head(12).to_html(index=False)}"


def read_edited_roster(
    source: str | Path | pd.DataFrame, roster: pd.DataFrame, *, shift_types: Sequence[ShiftType] = ()
) -> Edited:
    """An edited roster against the published one: every changed cell becomes a lock, the others stay free.

    Parameters
    ----------
    source : path or DataFrame      The roster table as CSV or Excel, or the plan's workbook with its sheet Roster. In a
                                    grid a cell reads "07:00-16:00 voice", "leave", "09:00-11:00 training", several of
                                    them with commas between; an empty cell is a free day.
    roster : roster table           As it was published.
    shift_types : sequence          Types that the roster need not hold yet.

    Returns
    -------
    Edited      `locks` (agent, start, type, queue, reason), `absences`, the edited `roster` and the `changes`.

    Raises
    ------
    DataError       Cells that cannot be read, all of them with their places; a person or a day of the grid is missing.

    Warns
    -----
    WfmWarning      Only breaks were moved: a lock holds a shift, its breaks are placed anew.
    """
    published = _whole(check(roster, ROSTER))
    book = ShiftBook(published, shift_types)
    edited = _whole(_as_roster(source, published, book))
    old, new = cells(published), cells(edited)
    found = cell_changes(old, new)
    _warn_of_breaks(found)
    keys = [
        (str(agent), pd.Timestamp(day))
        for agent, day, kind in zip(found["agent"], found["day"], found["change"], strict=True)
        if kind != "breaks"
    ]
    _refuse_unknown_types(new, keys, book)
    return Edited(roster=edited, changes=found, locks=_locks(old, new, keys), absences=_absences(old, new, keys))


def broken_rules(
    edited: Edited | pd.DataFrame,
    people: People,
    rules: Iterable[Rule | Mapping[str, Any]],
    shift_types: Sequence[ShiftType],
    hours: Mapping[str, OpeningHours] | None = None,
    *,
    published: pd.DataFrame | None = None,
    span: tuple[pd.Timestamp, pd.Timestamp] | None = None,
    interval: float = 900.0,
) -> pd.DataFrame:
    """Every rule that an edited roster breaks, by name: the planner's word stands, but it is said what it costs.

    Parameters
    ----------
    rules : rules       On top of those of the contracts and of those that always hold.
    published : roster  Marks in the column `before` what the published roster broke already.
    span, interval      As in `wfm.schedule.check_roster`.

    Returns
    -------
    table : rule, agent, start, amount, message, hard, cost, before
    """
    given = all_rules(rules, people.contracts)
    table = edited.roster if isinstance(edited, Edited) else _whole(edited)
    if isinstance(edited, Edited) and len(edited.absences):
        known = people.availability if people.availability is not None else empty(AVAILABILITY)
        people = replace(people, availability=pd.concat([known, edited.absences], ignore_index=True))

    def check_one(roster: pd.DataFrame) -> pd.DataFrame:
        return check_roster(roster, people, given, shift_types, hours=hours, span=span, interval=interval)

    found = check_one(table)
    if published is None:
        return found.assign(before=False)
    before = check_one(_whole(published))
    broken = set(zip(before["rule"], before["agent"], before["message"], strict=True))
    keys = zip(found["rule"], found["agent"], found["message"], strict=True)
    return found.assign(before=pd.Series([key in broken for key in keys], index=found.index, dtype=bool))


def _as_roster(source: str | Path | pd.DataFrame, published: pd.DataFrame, book: ShiftBook) -> pd.DataFrame:
    if isinstance(source, pd.DataFrame):
        return check(source, ROSTER)
    path = Path(source)
    sheet = read_grid(path) if path.suffix.lower() in WORKBOOKS and path.is_file() else None
    return read_table(path, ROSTER) if sheet is None else _from_grid(sheet, published, book)


def _from_grid(sheet: GridSheet, published: pd.DataFrame, book: ShiftBook) -> pd.DataFrame:
    """The published rows of all cells that were left alone, and new rows for the others."""
    old = cells(published)
    sheet = with_names(sheet, dict.fromkeys(published["agent"]))
    _refuse_missing(sheet, old)
    changed = [key for key, text in sheet.texts.items() if not same_text(text, plain_text(cell_text(old.get(key, ()))))]
    queues = {plain_text(duty.queue): duty.queue for cell in old.values() for duty in cell if duty.queue}
    labels = [*sorted(queues), *sorted({*book.types, *(duty.type for duty, _ in book.known)})]
    rows: list[Row] = []
    faults: list[str] = []
    for key in changed:
        try:
            words = read_cell(sheet.texts[key], key[1], labels)
            rows += [row for word in words for row in _rows_of(word, key, old, book, queues)]
        except ValueError as error:
            faults.append(f"{sheet.places[key]} ({key[0]}): {error}")
    if faults:
        raise DataError("\n".join([f"{sheet.name}: {len(faults)} cell(s) cannot be read.", *faults]), table="Roster")
    gone = {(duty.agent, duty.start) for key in changed for duty in old.get(key, ())}
    begins = _duty_starts(published)
    kept = published[[key not in gone for key in begins]]
    made = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"start": kept["start"].dtype, "end": kept["end"].dtype})
    if made.empty:
        return kept.reset_index(drop=True)
    whole = pd.concat([kept, made.reindex(columns=kept.columns)], ignore_index=True)
    _refuse_two_at_once(whole.sort_values(["agent", "start"], kind="stable"), sheet)
    return check(whole, ROSTER)


def _rows_of(word: Word, key: Key, old: dict[Key, Cell], book: ShiftBook, queues: Mapping[str, str]) -> list[Row]:
    agent, day = key
    had = old.get(key, ())
    placed = [part for duty in had for part in duty.placed]
    if word.what == "leave":
        start, end = (had[0].start, had[0].end) if had else (day + 8 * DAY / 24, day + 16 * DAY / 24)
        return [(agent, start, end, "leave", True, None, None)]
    if word.what != "work":
        if word.span is not None:
            return [(agent, *word.span, word.what, True, None, None)]
        if not any(part[0] == word.what for part in placed):
            raise ValueError(f"{word.what} needs its times, such as '09:00-11:00 {word.what}'")
        return []  # it stands in the shift of this cell, at the times it had
    assert word.span is not None
    first = word.label if word.label not in queues else next((duty.type for duty in had if duty.type), "")
    kind = book.type_of(agent, *word.span, first=first)
    if kind is None:
        hours = (word.span[1] - word.span[0]) / pd.Timedelta(hours=1)
        raise ValueError(f"no shift type lasts {hours:g} h; the roster's shifts are {_lengths(book)}")
    queue = queues[word.label] if word.label in queues else _usual_queue(agent, had, old)
    return book.rows(agent, word.span, kind, queue, placed)


def _usual_queue(agent: str, had: Cell, old: dict[Key, Cell]) -> str | None:
    own = [duty.queue for duty in had if duty.queue]
    own += [duty.queue for (other, _), cell in old.items() if other == agent for duty in cell if duty.queue]
    return own[0] if own else None


def _lengths(book: ShiftBook) -> str:
    found = {duty.type: (duty.end - duty.start) / pd.Timedelta(hours=1) for duty, _ in book.known}
    found |= {kind.name: kind.length / 3600 for kind in book.types.values()}
    return ", ".join(f"{name} ({hours:g} h)" for name, hours in sorted(found.items()))


def _duty_starts(published: pd.DataFrame) -> list[tuple[str, pd.Timestamp]]:
    """(agent, start of the duty) of every row of a roster."""
    of = {(duty.agent, duty.start): duty for cell in cells(published).values() for duty in cell}
    found = []
    current: Any = None
    for agent, start in zip(published["agent"], published["start"], strict=True):  # sorted by agent and start
        current = (agent, start) if (agent, start) in of else current
        found.append(current)
    return found


def _refuse_missing(sheet: GridSheet, old: dict[Key, Cell]) -> None:
    lost = sorted({agent for agent, _ in old if agent not in sheet.agents})
    if lost:
        raise DataError(
            f"{sheet.name}: sheet Roster has no row for {listed(lost)}. Keep every person's row under the name of the "
            "published roster, and clear the cells of days that become free; a workbook with pseudonyms cannot be read "
            "back.",
            table="Roster",
        )
    days = sorted({day for _, day in old} - set(sheet.days))
    inside = [day for day in days if min(sheet.days) < day < max(sheet.days)]
    if inside:
        raise DataError(
            f"{sheet.name}: sheet Roster has no column for {inside[0]:%Y-%m-%d}. Keep every day's column, and clear "
            "the cells of days that become free.",
            table="Roster",
        )


def _refuse_two_at_once(rows: pd.DataFrame, sheet: GridSheet) -> None:
    late = (rows["agent"] == rows["agent"].shift()) & (rows["start"] < rows["end"].shift())
    if late.any():
        first = rows[late].iloc[0]
        place = sheet.places.get((first["agent"], first["start"].normalize()), "Roster")
        raise DataError(
            f"{sheet.name}: {place} ({first['agent']}) holds two duties at once, at {first['start']:%H:%M}. Write one "
            "after the other; the shift of the day before may run into it.",
            table="Roster",
        )


def _refuse_unknown_types(new: dict[Key, Cell], keys: Iterable[Key], book: ShiftBook) -> None:
    known = {*book.types, *(duty.type for duty, _ in book.known)}
    faults = [
        f"{duty.agent} on {duty.start:%Y-%m-%d %H:%M}: {duty.type or 'none'!r}"
        for key in keys
        for duty in new.get(key, ())
        if duty.kind == "work" and duty.type not in known
    ]
    if faults:
        raise DataError(
            "\n".join(
                [f"roster.shift must be a shift type ({listed(sorted(known))}) in every changed shift, got:", *faults]
            ),
            table="roster",
            column="shift",
        )


def _locks(old: dict[Key, Cell], new: dict[Key, Cell], keys: Iterable[Key]) -> pd.DataFrame:
    rows: list[tuple[str, pd.Timestamp, str, str | None, str]] = []
    for agent, day in keys:
        cell = new.get((agent, day), ())
        work = [duty for duty in cell if duty.kind == "work"]
        rows += [
            (agent, duty.start, duty.type, duty.queue if duty.queue and "|" not in duty.queue else None, REASON)
            for duty in work
        ]
        if not work and not any(duty.kind == "leave" for duty in cell):
            rows.append((agent, day, "off", None, REASON))
    if not rows:
        return empty(LOCKS).assign(queue=None, reason=None)
    return check(pd.DataFrame(rows, columns=["agent", "start", "type", "queue", "reason"]), LOCKS)


def _absences(old: dict[Key, Cell], new: dict[Key, Cell], keys: Iterable[Key]) -> pd.DataFrame:
    """What keeps people away that the published roster did not have."""
    rows = []
    for key in keys:
        had = {part for duty in old.get(key, ()) for part in duty.placed}
        had |= {(duty.kind, duty.start, duty.end) for duty in old.get(key, ())}
        for duty in new.get(key, ()):
            if duty.kind == "leave" and not any(kind == "leave" for kind, *_ in had):
                rows.append((key[0], key[1], key[1] + DAY, "leave", REASON))
            spans = [*duty.placed, *([(duty.kind, duty.start, duty.end)] if duty.kind != "work" else [])]
            rows += [
                (key[0], start, end, what, REASON)
                for what, start, end in spans
                if what != "leave" and (what, start, end) not in had
            ]
    if not rows:
        return empty(AVAILABILITY).assign(reason=None)
    return check(pd.DataFrame(rows, columns=["agent", "start", "end", "kind", "reason"]), AVAILABILITY)


def _warn_of_breaks(found: pd.DataFrame) -> None:
    moved = found[found["change"] == "breaks"]
    if len(moved):
        first = moved.iloc[0]
        warnings.warn(
            f"{len(moved)} cell(s) differ only in their breaks, first {first['agent']} on {first['day']:%Y-%m-%d}: a "
            "lock holds a shift, its breaks are placed anew.",
            WfmWarning,
            stacklevel=3,
        )


def _whole(roster: pd.DataFrame) -> pd.DataFrame:
    return roster.assign(**{name: None for name in ("shift", "queue") if name not in roster})
