"""Names and notes made fit to be shown: whatever people type, nothing breaks a page, a sheet or a calendar."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 32_000  # a spreadsheet cell holds 32,767 characters
SHOWN = 40
_OVERRIDES = frozenset(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))


def clean(value: object, most: int = LONGEST) -> str:
    r"""A text in one line: control characters and half characters become spaces, direction overrides vanish.

    Joiners of scripts that need them (Persian half spaces) stay. Longer texts are cut with an ellipsis.

    >>> clean("Ali\x00\u202egnp.exe\nB"), clean("abcdef", 4)
    ('Ali gnp.exe B', 'abc…')
    """
    text = "" if value is None or value != value else str(value)
    if not text.isascii() or not text.isprintable():
        text = "".join(_safe(character) for character in text if character not in _OVERRIDES)
        text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= most else text[: most - 1] + "…"


def short(value: object, most: int = SHOWN) -> str:
    """The same, cut to what a table can show."""
    return clean(value, most)


def _safe(character: str) -> str:
    unreal = unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or ord(character) & 0xFFFE == 0xFFFE
    return " " if unreal else character
