"""The secret that keeps pseudonyms from being undone: read when it is needed, never written anywhere."""

from __future__ import annotations

import os
from pathlib import Path

from wfm.errors import SettingError
from wfm.settings.week import Week

ENVIRONMENT = "env:"
LEAST = 16  # characters; a shorter key can be tried out


def names_key(week: Week) -> str:
    """The key of `output.key`: of the environment variable behind `env:`, or of the file; empty where none is named.

    Raises SettingError where it cannot be read, or has fewer than 16 characters. The message never holds the key.
    """
    named = week.spec.output.key
    if named is None:
        return ""
    if named.startswith(ENVIRONMENT):
        name = named.removeprefix(ENVIRONMENT).strip()
        key = os.environ.get(name, "").strip()
        lacking = f"the environment variable {name!r} is not set"
    else:
        key, lacking = _of_file(week.document.folder / named), f"the file {named!r} cannot be read, or is empty"
    if not key:
        raise _wrong(week, f"output.key: {lacking}. Put the key there, such as 32 random letters.")
    if len(key) < LEAST:
        raise _wrong(week, f"output.key must be a secret of at least {LEAST} characters, got {len(key)}.")
    return key


def _of_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _wrong(week: Week, message: str) -> SettingError:
    return SettingError(message, name="output.key", where=week.where("output", "key"))
