"""How the name of a column is spelled: in plain words, with its unit at the end."""

from __future__ import annotations

import re
import unicodedata

_UNITS = {
    "ms": 0.001,
    "milliseconds": 0.001,
    "s": 1.0,
    "sec": 1.0,
    "secs": 1.0,
    "second": 1.0,
    "seconds": 1.0,
    "mm ss": 1.0,
    "hh mm ss": 1.0,
    "min": 60.0,
    "mins": 60.0,
    "minutes": 60.0,
    "minute": 60.0,
}
_SAME_LETTERS = str.maketrans({"ي": "ی", "ك": "ک"})
_PERSIAN = str.maketrans({"ي": "ی", "ك": "ک", "\u200c": " ", "_": " "})


def plain(name: object) -> str:
    """A column name in small letters, words separated by one space.

    >>> plain("Calls_Offered "), plain("AHT (s)")
    ('calls offered', 'aht s')
    """
    text = str(name).translate(_PERSIAN).strip()
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text) if not text.isupper() else text
    return " ".join(re.sub(r"[^\w]+", " ", text.lower()).split())


def looks(name: str) -> str:
    """A name as it looks, however its letters are encoded: composed, Persian yeh and kaf, single blanks.

    >>> looks("Re\u0301clamation") == looks("R\u00e9clamation")
    True
    """
    return " ".join(unicodedata.normalize("NFC", name).translate(_SAME_LETTERS).split())


def sounds(name: str) -> str:
    """A name without what people write now so, now so: capitals, blanks, hyphens.

    >>> sounds("Voice-A") == sounds("voice a")
    True
    """
    return "".join(letter for letter in looks(name).casefold() if letter.isalnum())


def without_unit(name: str) -> str:
    """A column name in plain words without the unit at its end.

    >>> without_unit("AHT (s)"), without_unit("Talk time in min")
    ('aht', 'talk time')
    """
    words = plain(name)
    for unit in sorted(_UNITS, key=len, reverse=True):
        if words.endswith(" " + unit):
            return words[: -len(unit) - 1].removesuffix(" in")
    return words


def unit_of(name: str) -> float:
    """Seconds in the unit that a column name ends with; 1 where it names none.

    >>> unit_of("AHT (min)")
    60.0
    """
    words = plain(name)
    for unit in sorted(_UNITS, key=len, reverse=True):
        if words.endswith(" " + unit):
            return _UNITS[unit]
    return 1.0
