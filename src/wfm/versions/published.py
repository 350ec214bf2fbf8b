"""What was published: read back, and checked to be still what it was."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from wfm.errors import DataError, SettingError
from wfm.history import read_table
from wfm.tables import ROSTER, SPECS, check
from wfm.versions.comparison import changes
from wfm.versions.runs import Run, _known_form, called

VERSIONS = "versions"
MANIFEST = "manifest.json"
_NUMBER = re.compile(r"\d{4,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A frozen version of a plan.

    Attributes
    ----------
    run : Run           The manifest: hashes, seed, software, lines and figures; `run.folder` is the version's folder.
    new : bool          Whether this call made it; False where the same content had been published before.
    """

    run: Run
    new: bool = False

    @property
    def version(self) -> int:
        """1, 2, ..."""
        return int(self.run.record["version"])

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.run.folder

    @property
    def published(self) -> pd.Timestamp:
        """When it was published, by the plan's own clock."""
        return pd.Timestamp(self.run.record["published"])

    @property
    def by(self) -> str | None:
        """Who published it."""
        by = self.run.record["by"]
        return None if by is None else str(by)

    @property
    def note(self) -> str:
        """Why."""
        return str(self.run.record["note"])

    def table(self, name: str) -> pd.DataFrame:
        """A table as it was published.

        Raises DataError where there is none of that name, or where its file was changed since.
        """
        return read_csv_table(self.run, name)

    def roster(self) -> pd.DataFrame:
        """The roster as it was published."""
        return self.table("roster")

    def before(self) -> Published | None:
        """The version that this one took the place of, or None."""
        number = self.run.record["replaces"]
        return None if number is None else read_version(self.folder.with_name(f"{number:04d}"))

    def changes(self) -> pd.DataFrame:
        """Cell by cell, what this version changed in the one before: who, why and with how many hours' notice.

        Columns: agent, day, old, new, change, notice [h], by, note; no rows for the first version.
        """
        before = self.before()
        if "roster" not in self.run.record["tables"]:
            raise DataError(f"version {self.version} has no roster: it was planned without people.", table="roster")
        now = self.roster()
        had = before is not None and "roster" in before.run.record["tables"]
        old = before.roster() if before is not None and had else now
        found = changes(old, now, published=self.published)
        return found.assign(by=self.by, note=self.note)

    def __repr__(self) -> str:
        """One line."""
        who = f" by {self.by}" if self.by else ""
        return f"Published(version {self.version} of {self.run.record['name']!r}, {self.published}{who})"

    def _repr_html_(self) -> str:
        lines = "\n".join(self.run.record["lines"])
        return f"<p><b>{escape(repr(self))}</b></p><pre>{escape(lines)}</pre>"


def published_versions(folder: str | Path) -> list[Published]:
    """Every version that was published from a plan's folder, the oldest first."""
    return [read_version(path) for _, path in _numbered(Path(folder))]


def latest(folder: str | Path) -> Published | None:
    """The last version that was published from a plan's folder, or None."""
    numbered = _numbered(Path(folder))
    return read_version(numbered[-1][1]) if numbered else None


def read_version(folder: Path) -> Published:
    """The version in a folder such as out/versions/0002."""
    path = folder / MANIFEST
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{called(folder)} is no published version: {MANIFEST} cannot be read ({error}).") from error
    return Published(run=Run(record=_known_form(record, MANIFEST), folder=folder))


def previous_roster(source: str | Path | pd.DataFrame, *, calendar: Any = None) -> pd.DataFrame:
    """The roster to go on from: a roster file, a plan's folder (its last published version) or a version's folder.

    Raises
    ------
    DataError       Nothing was published there, the version has no roster, or its roster was changed since.
    SettingError    There is neither such a file nor such a folder.
    """
    if isinstance(source, pd.DataFrame):
        return read_table(source, ROSTER, calendar=calendar)
    path = Path(source)
    if path.is_file():
        return read_table(path, ROSTER, calendar=calendar)
    if not path.is_dir():
        raise SettingError(
            f"there is no file or published folder {str(source)!r}. Name a roster file, or the folder of a plan that "
            "was published.",
            name="plan.previous",
            value=str(source),
        )
    found = read_version(path) if (path / MANIFEST).is_file() else latest(path)
    if found is None:
        raise DataError(f"{called(path)} holds no published version. Publish the plan in it, or name a roster file.")
    return found.roster()


def read_csv_table(run: Run, name: str) -> pd.DataFrame:
    """A table of a plan's folder or of a version, its bytes checked, in the form of its specification."""
    content = run.content(name)
    spec = next((spec for spec in SPECS if spec.name == name), None)
    table = pd.read_csv(io.BytesIO(content), keep_default_na=False, na_values=[""])
    for column in ("start", "end", "day", "release", "due"):
        if column in table:
            table[column] = pd.to_datetime(table[column])
    texts = {column.name for column in spec.columns if column.kind == "text"} if spec is not None else set()
    for column in table.columns:
        if column in texts or not (pd.api.types.is_numeric_dtype(table[column].dtype) or _is_time(table[column])):
            words = table[column].astype(object)
            table[column] = words.map(_without_guard).astype(object).where(words.notna(), None)
    return table if spec is None else check(table, spec)


def _numbered(folder: Path) -> list[tuple[int, Path]]:
    """The folders of versions by their number; what a killed writer left bears no number."""
    place = folder / VERSIONS
    if not place.is_dir():
        return []
    return sorted((int(path.name), path) for path in place.iterdir() if _NUMBER.fullmatch(path.name) and path.is_dir())


def _is_time(values: pd.Series) -> bool:
    return bool(pd.api.types.is_datetime64_any_dtype(values.dtype))


def _without_guard(value: object) -> object:
    """A text without the apostrophe that keeps spreadsheets from taking it for a formula."""
    guarded = isinstance(value, str) and value[:1] == "'" and value[1:2] in ("=", "+", "-", "@", "\t", "\r")
    return value[1:] if guarded else value  # type: ignore[index]
