"""Files and folders that are there whole or not at all, and one writer at a time."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HALF = ".half"  # what a killed writer leaves behind bears this ending


def sha256(content: bytes) -> str:
    """SHA-256 of some bytes in hexadecimal digits.

    >>> sha256(b"")[:12]
    'e3b0c44298fc'
    """
    return hashlib.sha256(content).hexdigest()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def json_bytes(record: Mapping[str, Any]) -> bytes:
    r"""A record as JSON: the same record gives the same bytes.

    >>> json_bytes({"b": 1, "a": "ی"}).decode()
    '{\n "a": "ی",\n "b": 1\n}\n'
    """
    text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def write_whole(path: Path, content: bytes) -> Path:
    """A file that is the old one or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}{HALF}")
    _write(half, content)
    os.replace(half, path)
    return path


def write_folder_whole(folder: Path, contents: Mapping[str, bytes]) -> Path:
    """A new folder with all its files, or no folder: written under another name, which is then changed.

    Raises FileExistsError where the folder is there already.
    """
    half = folder.with_name(f".{folder.name}{HALF}")
    shutil.rmtree(half, ignore_errors=True)
    for name, content in contents.items():
        (half / name).parent.mkdir(parents=True, exist_ok=True)
        _write(half / name, content)
    if folder.exists():
        raise FileExistsError(folder)
    os.rename(half, folder)
    _settle(folder.parent)
    return folder


def sweep(folder: Path) -> None:
    """Take away what a killed writer left in a folder."""
    for left in folder.glob(f".*{HALF}"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One writer at a time in a folder; the lock dies with its process, so that a kill leaves nothing locked."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        except (ImportError, OSError):
            pass  # no such locks here: the change of name still lets one writer win and the other fail
        yield


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Bring the new name itself to the disk, where the system lets folders be opened."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
