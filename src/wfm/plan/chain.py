"""The chain: history -> forecast -> requirement -> schedule -> roster -> coverage and promise."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from wfm.errors import WfmWarning
from wfm.evaluation import Evaluation
from wfm.plan.aim import aim
from wfm.plan.assembled import Made, assembled
from wfm.plan.correct import corrected, wrapped
from wfm.plan.demand import Outlook, look_ahead
from wfm.plan.inputs import Inputs, read_inputs
from wfm.plan.judging import judged
from wfm.plan.leaner import leaner
from wfm.plan.lighten import Lightening, lightened, strengthened
from wfm.plan.lines import schedule_of
from wfm.plan.need import Need, staff
from wfm.plan.people_step import (
    design,
    follows_itself,
    name_people,
    redesigned,
    renamed,
)
from wfm.plan.pools_step import seated, waiting_in_pools, with_work_in_shifts
from wfm.plan.replan import newly_asked, nothing_changed
from wfm.plan.sessions_step import (
    held_in_shifts,
    marked,
    with_sessions,
    with_told_sessions,
)
from wfm.plan.week_plan import WeekPlan
from wfm.schedule import Roster, Schedule
from wfm.settings import read_week
from wfm.threads import one_thread

AGAIN = 0.25  # of the time limit of a design, for each that begins from what a schedule covers
STEPS = ("read", "forecast", "requirement", "shifts", "people", "service", "ways out", "trust")


def plan_week(
    source: str | Path | Mapping[str, Any],
    *,
    history: Any = None,
    forecast: Any = None,
    requirement: Any = None,
    schedule: pd.DataFrame | None = None,
    roster: pd.DataFrame | None = None,
    published: str | Path | pd.DataFrame | None = None,
    progress: Callable[[str], None] | None = None,
) -> WeekPlan:
    """Plan a week from its file, or from the same as a dict; tables may be handed in at any arrow of the chain.

    Parameters
    ----------
    source : path or dict               The week's file.
    history, forecast, requirement      Table with a column queue, or {queue: table}; they win over the file's.
    schedule, roster : table            To be judged instead of made.
    published : path or table           What people were told of the same days: the folder of a published plan, or a
                                        roster. As few cells as possible change, none where nothing else did.
    progress : function                 Called with the name of each step as it begins.

    Returns
    -------
    WeekPlan        `print(plan)` gives the ten lines; `plan.to_csv(folder)` writes every table.

    Raises
    ------
    SettingError, DataError     With file, line and column; all problems of the file at once. Nothing is written.
    """
    with one_thread():
        return _planned(
            source,
            {
                "history": history,
                "forecast": forecast,
                "requirement": requirement,
                "schedule": schedule,
                "roster": roster,
                "published": published,
            },
            progress or (lambda step: None),
        )


def _planned(
    source: str | Path | Mapping[str, Any], handed: Mapping[str, Any], tell: Callable[[str], None]
) -> WeekPlan:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", WfmWarning)
        tell("read")
        week = read_week(source)
        inputs = read_inputs(week, handed)
        tell("forecast")
        outlook = look_ahead(inputs)
        tell("requirement")
        need = with_work_in_shifts(inputs, staff(inputs, outlook))
        inputs, lines, named, service, bound = _staffed(with_told_sessions(inputs), outlook, need, tell)
    for entry in caught:
        if not issubclass(entry.category, WfmWarning):
            warnings.warn_explicit(entry.message, entry.category, entry.filename, entry.lineno)
    doubts = tuple(
        dict.fromkeys(
            [*inputs.notes, *outlook.notes, *(str(e.message) for e in caught if issubclass(e.category, WfmWarning))]
        )
    )
    made = Made(
        inputs=inputs,
        outlook=outlook,
        need=need,
        lines=lines,
        named=named,
        service=service,
        bound=bound,
        doubts=doubts,
    )
    return assembled(made, tell)


def _staffed(
    inputs: Inputs, outlook: Outlook, need: Need, tell: Callable[[str], None]
) -> tuple[Inputs, Schedule | None, Roster | None, Evaluation | None, float | None]:
    """Shifts, people, their service, and the bound of all that was asked; corrected until the promise holds."""
    tell("shifts")
    lines = design(inputs, need)
    lines = lines and seated(lines, need.requirement, inputs, need)
    bound = None if lines is None or inputs.schedule is not None or inputs.week.spec.pools else lines.bound
    tell("people")
    aimed = _aimed(inputs, outlook, need)
    keep = inputs.before.told is not None and nothing_changed(inputs.week, inputs.before, need.requirement)
    named = name_people(inputs, need, aimed, keep=keep)
    if named is not None and inputs.week.sessions and inputs.roster is None and not keep:
        inputs = with_sessions(inputs, aimed, named)
        aimed = _aimed(inputs, outlook, need)
        named = renamed(inputs, aimed, named)
    tell("service")
    service = None

    def judge(plan: Schedule | Roster, before: Evaluation | None = None) -> Evaluation:
        return judged(plan, inputs, outlook, need, before)

    if outlook.paths.empty:
        pass
    elif named is not None and inputs.roster is None and not keep:
        named, service = corrected(aimed, named, lambda more, now: renamed(inputs, more, now), judge, need)
    elif lines is not None and named is None and inputs.schedule is None:
        lines, service = _fitted(lines, inputs, need, judge)
    elif named is not None or lines is not None:
        service = judge(named or lines)  # type: ignore[arg-type]
    if lines is not None and named is None and inputs.schedule is None and inputs.week.sessions:
        lines, service = held_in_shifts(lines, service, inputs, need, judge)
    if named is not None and inputs.week.sessions and inputs.roster is None:
        named = replace(named, table=marked(named.table, inputs.people, inputs.week.sessions))
    return inputs, lines if named is None else schedule_of(named), named, service, bound


def _aimed(inputs: Inputs, outlook: Outlook, need: Need) -> pd.DataFrame:
    """What a roster is made for; of one that was published, what was covered and what is asked for since."""
    aimed = aim(inputs, outlook, need)
    if inputs.people is None:
        return aimed
    return newly_asked(aimed, need.requirement, inputs.before, list(inputs.people.names))


def _fitted(
    lines: Schedule, inputs: Inputs, need: Need, judge: Callable[[Schedule, Evaluation | None], Evaluation]
) -> tuple[Schedule, Evaluation]:
    """The shifts with as many people as their promises take and no more, and the service they give."""
    week, around = inputs.week, follows_itself(inputs)
    asked = Lightening(
        inputs=inputs,
        need=need,
        design=lambda cover: seated(redesigned(inputs, cover, part=AGAIN), cover, inputs, need),
        judge=judge,
        wrap=lambda table: wrapped(table, week.start, week.end) if around else table,
    )
    lines, service = strengthened(lines, judge(lines, None), asked)
    more, later = need.requirement, waiting_in_pools(inputs, need)
    lines, service = corrected(
        more,
        lines,
        lambda aimed, now: seated(redesigned(inputs, aimed), aimed, inputs, need),
        judge,
        need,
        service,
        waiting=later,
        pools=week.spec.pools,
    )
    lines, service = lightened(lines, service, asked)
    return leaner(lines, service, asked) if week.spec.pools else (lines, service)
