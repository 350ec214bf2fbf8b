"""Groups of agents with the same skills, and the rules by which contacts and agents find each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wfm.checks import number_in, put
from wfm.erlang.formulas.chat import Ladder, ladder_of
from wfm.errors import SettingError, did_you_mean, listed
from wfm.queues import Pool, Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentGroup:
    """Agents who serve the same queues; `cost` is that of one of them, in any unit.

    >>> AgentGroup(name="all-round", skills=("voice", "chat"), cost=1.1).skills
    ('voice', 'chat')
    """

    name: str
    skills: tuple[str, ...]
    cost: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a group without skills."""
        skills = (self.skills,) if isinstance(self.skills, str) else tuple(self.skills)
        if not skills or len(set(skills)) != len(skills):
            raise SettingError(
                f"skills of group {self.name!r} must be one or more different queues, got {skills!r}.", name="skills"
            )
        put(
            self,
            skills=skills,
            cost=number_in(self.cost, name=f"cost of group {self.name!r}", low=0, high=1e9, open_low=True),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Who may serve what and who goes first; queues and groups are numbers.

    Attributes
    ----------
    serving : list      Of each queue: (rank, group), lower ranks first; of equal ranks the longest idle agent.
    skilled : list      Of each group: (priority, queue), lower numbers first.
    priority : list     Of each queue.
    room : list         Of each queue: contacts that an agent handles at once.
    speed : list        Of each queue: work that one of 1, 2, ... contacts in hand gets done a second.
    most : int          The largest room.
    """

    serving: list[list[tuple[int, int]]]
    skilled: list[list[tuple[int, int]]]
    priority: list[int]
    room: list[int]
    speed: list[list[float]]
    most: int

    @property
    def groups_in_all(self) -> int:
        """Number of groups."""
        return len(self.skilled)

    def line_of(self, group: int, queue: int, held: int) -> int:
        """Line of a group's agents who have so many contacts of a queue in hand; idle agents stand in line `group`."""
        return len(self.skilled) + (group * len(self.room) + queue) * (self.most - 1) + held - 1


def rules_of(queues: Sequence[Queue], groups: Sequence[AgentGroup], pool: Pool | None) -> Rules:
    """The rules of a pool; without one the longest idle agent is taken and the oldest contact."""
    names = [queue.name for queue in queues]
    _checked(names, groups, pool)
    specialised = pool is not None and pool.routing == "most-specialised"
    order = pool.priority if pool is not None else ()
    priority = [order.index(name) if name in order else len(order) for name in names]
    ladders = [ladder(queue) for queue in queues]
    return Rules(
        serving=[
            sorted((len(group.skills) if specialised else 0, g) for g, group in enumerate(groups) if n in group.skills)
            for n in names
        ],
        skilled=[sorted((priority[names.index(s)], names.index(s)) for s in group.skills) for group in groups],
        priority=priority,
        room=[step.most for step in ladders],
        # a single contact is worked on second by second, several in handle times
        speed=[[1 / h for h in step.aht] if step.most > 1 else [1.0] for step in ladders],
        most=max(step.most for step in ladders),
    )


def ladder(queue: Queue) -> Ladder:
    """Handle time by contacts in hand; a queue with slots and one handle time keeps it."""
    if queue.aht_by_concurrency:
        return ladder_of(queue.aht_by_concurrency, queue.concurrency)
    if queue.aht is None:
        raise SettingError(f"aht of queue {queue.name!r} must be given [s].", name="aht")
    return Ladder(aht=(queue.aht,) * queue.concurrency)


def _checked(names: list[str], groups: Sequence[AgentGroup], pool: Pool | None) -> None:
    if not names or len(set(names)) != len(names):
        raise SettingError(f"queues must be one or more with different names, got {listed(names)}.", name="queues")
    called = [group.name for group in groups]
    if not called or len(set(called)) != len(called):
        raise SettingError(f"groups must be one or more with different names, got {listed(called)}.", name="groups")
    for group in groups:
        for skill in group.skills:
            if skill not in names:
                raise SettingError(
                    f"group {group.name!r} has the skill {skill!r}, which is no queue.{did_you_mean(skill, names)}",
                    name="skills",
                    value=skill,
                )
    for name in pool.priority if pool is not None else ():
        if name not in names:
            raise SettingError(
                f"priority of pool {pool.name if pool else ''!r} names {name!r}, which is no queue."
                f"{did_you_mean(name, names)}",
                name="priority",
                value=name,
            )
