"""What parts say of one another: whose contacts add up, where work arises or waits for idle time, who attends what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wfm.errors import SettingError, did_you_mean, listed
from wfm.queues import BY_DEADLINE
from wfm.settings.gatherings import OF_PEOPLE

if TYPE_CHECKING:
    from wfm.settings.contacts import QueueSpec
    from wfm.settings.gatherings import SessionSpec
    from wfm.settings.spec import WeekSpec
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


def problems_of_sessions(spec: WeekSpec, document: Document) -> list[SettingError]:
    """Every session that names what there is not, or that leaves open how many attend, with its place."""
    found = []
    for name, part in spec.sessions.items():
        key, words = _not_to_be_held(part, spec)
        found += _problem(words, ("sessions", name, key) if key else ("sessions", name), document)
    return found


def problems_of_sums(spec: WeekSpec, document: Document) -> list[SettingError]:
    """Every stream or group that names a queue there is not, or one that learns nothing from a history of its own."""
    found = []
    for key, sums in (("streams", spec.streams), ("groups", spec.groups)):
        for name, queues in sums.items():
            lost = [queue for queue in queues if queue not in spec.queues]
            mute = [queue for queue in queues if queue in spec.queues and spec.queues[queue].history is None]
            words = _unknown(lost[0], list(spec.queues)) if lost else _without_history(mute[0]) if mute else ""
            found += _problem(words, (key, name), document)
    return found or _not_summed(spec, document)


def problems_of_pools(spec: WeekSpec, document: Document) -> list[SettingError]:
    """Every pool that names a queue there is not, or one of another pool, or that is called like a queue."""
    from wfm.schedule.design.pools import read_pools

    try:
        read_pools(spec.pools, list(spec.queues))
    except SettingError as error:
        path = tuple((error.name or "pools").split(".", 1))
        return [SettingError(str(error), name=error.name, value=error.value, where=document.where(path))]
    return []


def _not_summed(spec: WeekSpec, document: Document) -> list[SettingError]:
    from wfm.forecast.outlook.stream import check_streams

    events = [event.noun(solar_hijri=spec.calendar.months == "solar-hijri") for event in spec.events]
    try:
        check_streams(spec.streams, spec.groups, events)
    except SettingError as error:
        key = error.name or "streams"
        return [SettingError(str(error), name=key, value=error.value, where=document.where((key,)))]
    return []


def _without_history(queue: str) -> str:
    return f"names queue {queue!r}, which has no history to forecast from; give it one, or leave it out"


def _not_to_be_held(part: SessionSpec, spec: WeekSpec) -> tuple[str, str]:
    """Key and problem of a session; empty where it can be held."""
    if part.queue is not None and part.queue not in spec.queues:
        return "queue", _unknown(part.queue, list(spec.queues))
    lost = [contract for contract in part.contracts if contract not in spec.contracts]
    if lost:
        return "contracts", _unknown(lost[0], list(spec.contracts), "contract")
    if not spec.shifts:
        return "", "is placed inside shifts; add the section shifts"
    named = [word for word in OF_PEOPLE if getattr(part, word)]
    if spec.people is not None:
        return "", ""
    if named:
        return named[0], "names people; add the section people, or say how many attend: people"
    if part.people is None and part.hours is None:
        return "", "needs people, how many attend, where the section people is not given"
    if part.queue is None and len(spec.queues) > 1:
        return "", f"needs queue, whose people attend; known are {listed(spec.queues, most=12)}"
    return "", ""


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


def _unknown(name: str, known: list[str], what: str = "queue") -> str:
    return f"names the unknown {what} {name!r}; known are {listed(known, most=12)}.{did_you_mean(name, known)}"


def _problem(words: str, path: tuple[str | int, ...], document: Document) -> list[SettingError]:
    if not words:
        return []
    name = ".".join(str(part) for part in path if not isinstance(part, int))
    return [SettingError(f"{name} {words}", name=name, where=document.where(path))]
