"""Publishing: a plan frozen as a numbered version."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from wfm.errors import SettingError
from wfm.versions.archive import alone, json_bytes, sha256, sweep, write_folder_whole
from wfm.versions.published import MANIFEST, VERSIONS, Published, latest, read_version
from wfm.versions.runs import Run, read_run

COMPARED = ("changes", "previous")  # tables that say what a plan was compared with, not what it is


def publish(
    folder: str | Path, *, by: str | None = None, note: str = "", published: str | pd.Timestamp | None = None
) -> Published:
    """Freeze the plan in a folder as its next version: `folder`/versions/0001, 0002, ...

    A version holds every table, workbook, calendars and report as they were written, the week's file and
    `manifest.json` (number, SHA-256 of every input and file, seed, versions of the software, the ten lines and all
    figures, who and why). It is there whole or not at all. Where neither tables nor inputs differ from the last
    version, that version is returned and nothing is written.

    Parameters
    ----------
    folder : path           Where the plan was written.
    by, note : str          Who publishes, and why.
    published : time        The time to write down; None = now, by the plan's clock. Times with a zone are converted.

    Raises
    ------
    DataError       No plan is in the folder, or its tables and papers are not those that were planned.
    """
    place = Path(folder)
    run = read_run(place)
    tables = {name: run.content(name) for name in run.record["tables"]}
    papers, content = run.papers(), _content_hash(run)
    with alone(place / VERSIONS):
        sweep(place / VERSIONS)
        last = latest(place)
        if last is not None and last.run.record["content"] == content:
            return last
        number = 1 if last is None else last.version + 1
        manifest: dict[str, Any] = {
            **run.record,
            "version": number,
            "replaces": None if last is None else last.version,
            "content": content,
            "published": str(_moment(published, run.record["timezone"])),
            "by": by,
            "note": note,
        }
        week = run.record["week"]
        files = papers | {f"tables/{name}.csv": found for name, found in tables.items()}
        files[PurePosixPath(week["file"]).name] = str(week["text"]).encode()
        manifest["week"] = {"file": PurePosixPath(week["file"]).name, "sha256": week["sha256"]}
        manifest["files"] = {name: sha256(found) for name, found in files.items()}
        path = write_folder_whole(place / VERSIONS / f"{number:04d}", {**files, MANIFEST: json_bytes(manifest)})
    return Published(run=read_version(path).run, new=True)


def _content_hash(run: Run) -> str:
    """What makes two publications the same: the week's file, the inputs, the seed and every table.

    What it was compared with does not count: a plan made again from its own publication is the same plan.
    """
    record = run.record
    same = {key: record[key] for key in ("inputs", "seed")} | {"week": record["week"]["sha256"]}
    same["tables"] = {name: found for name, found in record["tables"].items() if name not in COMPARED}
    return sha256(json_bytes(same))


def _moment(published: str | pd.Timestamp | None, timezone: str | None) -> pd.Timestamp:
    if published is None:
        moment = pd.Timestamp.now(tz=timezone)
    else:
        try:
            moment = pd.Timestamp(published)
        except ValueError as error:
            raise SettingError(
                f"published must be a time such as 2026-11-14 09:30, got {published!r}.",
                name="published",
                value=published,
            ) from error
    if moment.tz is not None:
        moment = (moment.tz_convert(timezone) if timezone else moment).tz_localize(None)
    return moment.floor("s")
