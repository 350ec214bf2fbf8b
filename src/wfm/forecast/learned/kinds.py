"""Kinds of events that are alike: what one of them taught is lent to another of its family."""

from __future__ import annotations

FAMILIES = {
    "launch": ("launch", "release", "rollout"),
    "campaign": ("campaign", "promotion", "advert"),
    "mailing": ("mail", "letter"),
    "price change": ("price", "tariff"),
    "recall": ("recall",),
    "outage": ("outage",),
}
"""Words in the planner's name of a kind that tell its family; any other kind is a family of its own."""


def family_of(kind: str) -> str:
    """The family of a kind.

    >>> family_of("bill_mailed"), family_of("product launch"), family_of("strike")
    ('mailing', 'launch', 'strike')
    """
    if kind in FAMILIES:
        return kind
    words = kind.lower()
    return next((family for family, parts in FAMILIES.items() if any(part in words for part in parts)), kind)


def lent(kinds: tuple[str, ...]) -> set[str]:
    """Families of which several kinds are there: they lend to each other."""
    return {f for f in map(family_of, kinds) if len({kind for kind in kinds if family_of(kind) == f}) > 1}
