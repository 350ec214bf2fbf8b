"""The chain: history -> forecast -> requirement -> schedule -> roster -> coverage and promise."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from wfm.errors import WfmWarning
from wfm.evaluation import Evaluation, evaluate
from wfm.plan import figures as of
from wfm.plan.aim import aim
from wfm.plan.asked import Terms
from wfm.plan.capacity import capacity_of, counts_as
from wfm.plan.correct import corrected, with_carried, wrapped
from wfm.plan.costs import labour_cost
from wfm.plan.demand import Outlook, look_ahead
from wfm.plan.inputs import Inputs, read_inputs
from wfm.plan.leaner import leaner
from wfm.plan.left_over import left_over
from wfm.plan.lighten import Lightening, lightened, strengthened
from wfm.plan.lines import schedule_of
from wfm.plan.loosened import relaxations
from wfm.plan.minimums import broken_minimums
from wfm.plan.need import Need, staff
from wfm.plan.overrides import cost_of_adjustments
from wfm.plan.people_step import (
    DESIGN_UNDER,
    design,
    follows_itself,
    given_for,
    name_people,
    opening,
    redesigned,
    renamed,
)
from wfm.plan.pools_step import waiting_in_pools, with_work_in_shifts
from wfm.plan.replan import newly_asked, nothing_changed
from wfm.plan.sessions_step import (
    held_in_shifts,
    marked,
    session_figures,
    sessions_table,
    with_sessions,
    with_told_sessions,
)
from wfm.plan.summary import ten_lines
from wfm.plan.trust import trust
from wfm.plan.ways_out import Plight, ways_out
from wfm.plan.week_plan import WeekPlan
from wfm.schedule import Roster, Schedule
from wfm.settings import Week, read_week
from wfm.threads import one_thread
from wfm.versions import changes_on

AGAIN = 0.25  # of the time limit of a design, for each that begins from what a schedule covers
WAY_OUT_SHARE = 0.7  # of the time limit of a roster, for each way out: it starts from the roster that there is
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
    return _assembled(inputs, outlook, need, lines, named, service, bound, doubts, tell)


def _staffed(
    inputs: Inputs, outlook: Outlook, need: Need, tell: Callable[[str], None]
) -> tuple[Inputs, Schedule | None, Roster | None, Evaluation | None, float | None]:
    """Shifts, people, their service, and the bound of all that was asked; corrected until the promise holds."""
    tell("shifts")
    lines = design(inputs, need)
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

    def judge(plan: Schedule | Roster) -> Evaluation:
        return judged(plan, inputs, outlook, need)

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
    lines: Schedule, inputs: Inputs, need: Need, judge: Callable[[Schedule], Evaluation]
) -> tuple[Schedule, Evaluation]:
    """The shifts with as many people as their promises take and no more, and the service they give."""
    week, around = inputs.week, follows_itself(inputs)
    asked = Lightening(
        inputs=inputs,
        need=need,
        design=lambda cover: redesigned(inputs, cover, part=AGAIN),
        judge=judge,
        wrap=lambda table: wrapped(table, week.start, week.end) if around else table,
    )
    lines, service = strengthened(lines, judge(lines), asked)
    more, later = need.requirement, waiting_in_pools(inputs, need)
    lines, service = corrected(
        more, lines, lambda aimed, now: redesigned(inputs, aimed), judge, need, service, waiting=later
    )
    lines, service = lightened(lines, service, asked)
    return leaner(lines, service, asked) if week.spec.pools else (lines, service)


def judged(plan: Schedule | Roster, inputs: Inputs, outlook: Outlook, need: Need) -> Evaluation:
    """The service that a schedule or roster gives on the plan's own futures."""
    week = inputs.week
    known = set(outlook.paths["queue"])
    if isinstance(plan, Roster):
        previous = None if inputs.people is None else inputs.people.previous
        table = with_carried(plan.table, previous, week.start)
        table = wrapped(table, week.start, week.end) if follows_itself(inputs) else table
    else:
        table = wrapped(plan.table, week.start, week.end) if follows_itself(inputs) else plan.table
    return evaluate(
        table,
        outlook.paths,
        queues={name: queue for name, queue in need.queues.items() if name in known},
        requirement=need.requirement,
        counts_as=counts_as(inputs),
        capacity=capacity_of(inputs, need),
        seed=week.spec.plan.seed,
    )


def _assembled(
    inputs: Inputs,
    outlook: Outlook,
    need: Need,
    lines: Schedule | None,
    named: Roster | None,
    service: Evaluation | None,
    bound: float | None,
    doubts: tuple[str, ...],
    tell: Callable[[str], None],
) -> WeekPlan:
    week = inputs.week
    tell("ways out")
    ways, loose = pd.DataFrame(), pd.DataFrame()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WfmWarning)  # the ways out repeat the doubts of the plan itself
        if named is not None and service is not None and inputs.roster is None:
            plight = Plight(
                inputs=inputs,
                outlook=outlook,
                need=need,
                roster=named,
                judge=lambda solved, changed: judged(solved, changed, outlook, need),
                time_limit=WAY_OUT_SHARE * week.spec.plan.time_limit,
            )
            ways = ways_out(plight, service)
            if len(ways) and inputs.people is not None:
                given = given_for(need.requirement, inputs.people, inputs)
                loose = relaxations(named, given, need, time_limit=plight.time_limit)
        tell("trust")
        past = trust(inputs, outlook, need.queues)
    coverage = service.coverage if service is not None else _coverage(lines, named)
    doubts = (*doubts, *broken_minimums(need.requirement, coverage))
    unusual = _unusual(inputs, outlook)
    overrides = cost_of_adjustments(inputs, outlook, need)
    cells = _changes(inputs, named)
    held = sessions_table(named or lines)
    found = _figures(inputs, outlook, need, lines, named, service) | {
        **session_figures(held, named or lines, service, inputs, lambda plan: judged(plan, inputs, outlook, need)),
        "asked_bound": bound,
        "unusual": _unanswered(unusual),
        "changed_cells": len(cells) if len(cells.columns) else None,
        "changed_from": "last week" if inputs.before.told is None else inputs.before.source,
        "loosened": [(row.relaxation, row.people, row.closed) for row in loose.itertuples()],
        "adjusted_hours": float(overrides["hours"].sum()) if len(overrides) else 0.0,
    }
    return WeekPlan(
        name=week.spec.name,
        start=week.start,
        end=week.end,
        calendar=week.calendar,
        queues=need.queues,
        forecast=outlook.forecast,
        paths=outlook.paths,
        requirement=need.requirement,
        coverage=coverage,
        promise=service.promise if service is not None else pd.DataFrame(),
        schedule=lines,
        roster=named,
        evaluation=service,
        work=need.work,
        prices=need.prices,
        mean=need.mean,
        ways_out=ways,
        relaxations=loose,
        trust=past,
        drivers=outlook.drivers,
        figures=found,
        lines=ten_lines(found, inputs, need, ways, past, doubts),
        warnings=doubts,
        assumed=need.assumed,
        readings=inputs.readings,
        timezone=week.spec.timezone,
        version=week.spec.plan.version,
        previous=inputs.before.roster,
        told=inputs.before.told,
        history=pd.concat(list(inputs.histories.values()), ignore_index=True) if inputs.histories else None,
        history_until=week.history_until,
        seed=week.spec.plan.seed,
        suspects=unusual,
        adjustments=overrides,
        changes=cells,
        sessions=held,
        backlog=left_over(need, outlook.forecast, coverage),
        sources=_sources(week),
        terms=_terms(inputs, need),
    )


def _terms(inputs: Inputs, need: Need) -> Terms:
    """What the week's file allows, for what is asked of the plan afterwards."""
    week = inputs.week
    return Terms(
        shift_types=tuple(week.shift_types),
        contracts=week.contracts,
        hours=opening(week),
        under_cost=week.spec.costs.under or DESIGN_UNDER,
        cyclic=follows_itself(inputs),
        time_limit=week.spec.plan.time_limit,
        seed=week.spec.plan.seed,
        counts_as=counts_as(inputs),
        capacity=capacity_of(inputs, need),
        pools=week.spec.pools,
        sessions=week.sessions,
    )


def _changes(inputs: Inputs, named: Roster | None) -> pd.DataFrame:
    """Old and new, cell by cell, against the published roster of the same days, else that of the days before."""
    before, week = inputs.before, inputs.week
    old = before.roster if before.told is None else before.told
    if named is None or old is None:
        return pd.DataFrame()
    return changes_on(old, named.table, week.start, week.end, week.calendar)


def _unusual(inputs: Inputs, outlook: Outlook) -> pd.DataFrame:
    """Unusual days of the history, those that were answered included."""
    from wfm.suspects import find_suspects

    if outlook.model is None:
        return pd.DataFrame()
    history = pd.concat(list(inputs.histories.values()), ignore_index=True)
    return find_suspects(outlook.model, history, answered=inputs.suspects)


def _unanswered(suspects: pd.DataFrame) -> int:
    return int(suspects["answer"].isna().sum()) if len(suspects) else 0


def _figures(
    inputs: Inputs,
    outlook: Outlook,
    need: Need,
    lines: Schedule | None,
    named: Roster | None,
    service: Evaluation | None,
) -> dict[str, Any]:
    people = (
        len(inputs.people.agents)
        if inputs.people is not None
        else (named.table["agent"].nunique() if named is not None else 0)
    )
    parts: list[Mapping[str, Any]] = [
        of.comes(outlook, inputs, need),
        of.work(outlook, need),
        of.need_and_have(need, named, lines, people),
    ]
    if service is not None:
        parts += [of.promise(service, need), of.missing_where_missed(service)]
    if named is not None or lines is not None:
        table = named.table if named is not None else lines.table  # type: ignore[union-attr]
        costs = inputs.week.spec.costs
        premiums = [f"costs.{key}" for key in ("night", "overtime") if getattr(costs, key)]
        parts.append({"cost": labour_cost(table, costs), "premiums": premiums})
    coverage = service.coverage if service is not None else _coverage(lines, named)
    parts += [
        of.thin(coverage, need, inputs) if len(coverage) else {"thin": [], "spare": []},
        of.people_lines(named, inputs, lines),
    ]
    return of.collect(parts)


def _coverage(lines: Schedule | None, named: Roster | None) -> pd.DataFrame:
    result = named or lines
    return result.coverage if result is not None else pd.DataFrame()


def _sources(week: Week) -> tuple[str, ...]:
    """Names of the files that went in."""
    spec = week.spec
    people = (
        [] if spec.people is None else [spec.people.agents, spec.people.absences, spec.people.wishes, spec.people.locks]
    )
    named: list[object] = [
        part
        for queue in spec.queues.values()
        for part in (queue.history, queue.forecast, queue.requirement, queue.backlog)
    ]
    named += [spec.calendar.holidays, spec.adjust, *people, spec.plan.previous, spec.schedule, spec.roster]
    return tuple(dict.fromkeys(name for name in named if isinstance(name, str)))
