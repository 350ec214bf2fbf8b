"""Reading table after table, keeping every problem until all are read."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from wfm.errors import DataError, SettingError, SettingsError, WfmWarning
from wfm.settings import Week
from wfm.tables import Spec


class Doors:
    """Reads table after table and keeps every problem until all are read."""

    def __init__(self, week: Week) -> None:
        self.week = week
        self.problems: list[SettingError | DataError] = []
        self.notes: list[str] = []

    def open(self, read: Callable[[], Any], *path: str | int) -> Any:
        """What `read` gives; None and a problem at that place of the week's file where it cannot."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", WfmWarning)
            try:
                return read()
            except (DataError, SettingError) as error:
                place = self.week.where(*path) or ".".join(str(part) for part in path)
                message = f"{place}: {error}"
                self.problems.append(
                    DataError(
                        message,
                        table=getattr(error, "table", None),
                        column=getattr(error, "column", None),
                        rows=getattr(error, "rows", ()),
                    )
                )
                return None
            finally:
                self.notes += [str(entry.message) for entry in caught if issubclass(entry.category, WfmWarning)]

    def table(self, source: object, spec: Spec, *path: str | int, queues: tuple[str, ...] | None = None) -> Any:
        """A table that the week names or that was handed in; None where there is none."""
        from wfm.history import read_table

        if source is None:
            return None
        place = self.week.path(source)
        return self.open(lambda: read_table(place, spec, calendar=self.week.calendar, queues=queues), *path)

    def close(self) -> None:
        """Raise every problem that was met, all at once."""
        if len(self.problems) == 1:
            raise self.problems[0]
        if self.problems:
            raise SettingsError(self.problems)
