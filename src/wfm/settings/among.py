"""What queues say of one another: from which one work arises, and whose work is done in idle time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wfm.errors import SettingError, did_you_mean, listed
from wfm.queues import BY_DEADLINE

if TYPE_CHECKING:
    from wfm.settings.contacts import QueueSpec
    from wfm.settings.yaml_file import Document


def problems_among(queues: Mapping[str, QueueSpec], document: Document) -> list[SettingError]:
    """Every name of a queue that is unknown or does not fit, with its place."""
    found = []
    for name, part in queues.items():
        if part.derived is not None:
            path = ("queues", name, "derived", "from")
            found += _problem(_not_a_source(name, part.derived.source, queues), path, document)
        for number, other in enumerate(() if part.blend is None else part.blend.with_):
            path_of = ("queues", name, "blend", "with", number)
            found += _problem(_cannot_wait(other, queues), path_of, document)
    return found


def _not_a_source(name: str, source: str, queues: Mapping[str, QueueSpec]) -> str:
    if source == name:
        return "names the queue itself; name the queue whose contacts it arises from"
    if source not in queues:
        return _unknown(source, [other for other in queues if other != name])
    if queues[source].derived is not None:
        return f"names {source!r}, which arises from another queue itself; name that one"
    if queues[source].requirement is not None:
        return f"names {source!r}, which is given as a requirement; name a queue whose contacts are forecast"
    return ""


def _cannot_wait(other: str, queues: Mapping[str, QueueSpec]) -> str:
    waiting = [name for name, part in queues.items() if part.channel in BY_DEADLINE]
    if other not in queues:
        return _unknown(other, waiting)
    if other not in waiting:
        return f"names {other!r}, whose contacts cannot wait; name a deferred or outbound queue"
    return ""


def _unknown(name: str, known: list[str]) -> str:
    return f"names the unknown queue {name!r}; known are {listed(known, most=12)}.{did_you_mean(name, known)}"


def _problem(words: str, path: tuple[str | int, ...], document: Document) -> list[SettingError]:
    if not words:
        return []
    name = ".".join(str(part) for part in path if not isinstance(part, int))
    return [SettingError(f"{name} {words}", name=name, where=document.where(path))]
