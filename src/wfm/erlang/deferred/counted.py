"""The definitions of the service level, from what is served and who hangs up within the threshold."""

from __future__ import annotations

from wfm.erlang.formulas.arguments import word_of

WORDS = ("lost", "ignored", "met", "answered", "virtual", "credited")


def service(word: str, *, served: float, left: float, left_short: float, lost: float, virtual: float) -> float:
    """Service level from shares of the offered contacts.

    Parameters
    ----------
    served, left : float    Answered, and hung up, within the threshold.
    left_short : float      Hung up within the time of short hang-ups.
    lost, virtual : float   Hung up in all; share whose offered wait is within the threshold.

    >>> service("met", served=0.75, left=0.05, left_short=0.0, lost=0.2, virtual=0.8)
    0.8
    """
    word_of(word, WORDS, name="abandoned")
    level = {
        "lost": served / max(1 - left_short, 1e-300),
        "ignored": served / max(1 - max(left, left_short), 1e-300),
        "met": (served + max(left - left_short, 0.0)) / max(1 - left_short, 1e-300),
        "answered": served / max(1 - lost, 1e-300),
        "virtual": virtual,
        "credited": served + left_short,
    }[word]
    return float(min(max(level, 0.0), 1.0))
