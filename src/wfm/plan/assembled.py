"""The plan put together: what was made, its ways out, its trust, its figures and the lines that tell them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from wfm.errors import WfmWarning
from wfm.evaluation import Evaluation
from wfm.plan import figures as of
from wfm.plan.asked import Terms
from wfm.plan.capacity import capacity_of, counts_as
from wfm.plan.costs import labour_cost
from wfm.plan.deflection import without_deflection
from wfm.plan.demand import Outlook
from wfm.plan.inputs import Inputs
from wfm.plan.judging import judged
from wfm.plan.left_over import left_over
from wfm.plan.loosened import relaxations
from wfm.plan.minimums import broken_minimums
from wfm.plan.need import Need
from wfm.plan.overrides import cost_of_adjustments
from wfm.plan.people_step import DESIGN_UNDER, follows_itself, given_for, opening
from wfm.plan.sessions_step import session_figures, sessions_table
from wfm.plan.summary import ten_lines
from wfm.plan.trust import trust
from wfm.plan.ways_out import Plight, ways_out
from wfm.plan.week_plan import WeekPlan
from wfm.schedule import Roster, Schedule
from wfm.settings import Week
from wfm.versions import changes_on

WAY_OUT_SHARE = 0.7  # of the time limit of a roster, for each way out: it starts from the roster that there is


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """All that the chain made: shifts or people, their service, the bound of all that was asked, and the doubts."""

    inputs: Inputs
    outlook: Outlook
    need: Need
    lines: Schedule | None
    named: Roster | None
    service: Evaluation | None
    bound: float | None
    doubts: tuple[str, ...]

    @property
    def coverage(self) -> pd.DataFrame:
        """Coverage as it was judged, else as it was solved."""
        if self.service is not None:
            return self.service.coverage
        result = self.named or self.lines
        return result.coverage if result is not None else pd.DataFrame()

    def judge(self, plan: Schedule | Roster) -> Evaluation:
        """The service that another schedule or roster gives on the same futures."""
        return judged(plan, self.inputs, self.outlook, self.need)


def assembled(made: Made, tell: Callable[[str], None]) -> WeekPlan:
    """The plan with everything beside it."""
    inputs, outlook, need, week = made.inputs, made.outlook, made.need, made.inputs.week
    tell("ways out")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WfmWarning)  # the ways out repeat the doubts of the plan itself
        ways, loose = _ways_out(made)
        tell("trust")
        past = trust(inputs, outlook, need.queues)
    doubts = (*made.doubts, *broken_minimums(need.requirement, made.coverage))
    unusual = _unusual(inputs, outlook)
    overrides = cost_of_adjustments(inputs, outlook, need)
    cells = _changes(inputs, made.named)
    held = sessions_table(made.named or made.lines)
    found = _figures(made) | {
        **session_figures(held, made.named or made.lines, made.service, inputs, made.judge),
        "asked_bound": made.bound,
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
        coverage=made.coverage,
        promise=made.service.promise if made.service is not None else pd.DataFrame(),
        schedule=made.lines,
        roster=made.named,
        evaluation=made.service,
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
        backlog=left_over(need, outlook.forecast, made.coverage),
        sources=_sources(week),
        terms=_terms(inputs, need),
    )


def _ways_out(made: Made) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What would keep the promises that named people miss, and which rules would mend it if they were loosened."""
    inputs, need = made.inputs, made.need
    ways, loose = pd.DataFrame(), pd.DataFrame()
    if made.named is None or made.service is None or inputs.roster is not None:
        return ways, loose
    plight = Plight(
        inputs=inputs,
        outlook=made.outlook,
        need=need,
        roster=made.named,
        judge=lambda solved, changed: judged(solved, changed, made.outlook, need),
        time_limit=WAY_OUT_SHARE * inputs.week.spec.plan.time_limit,
    )
    ways = ways_out(plight, made.service)
    if len(ways) and inputs.people is not None:
        given = given_for(need.requirement, inputs.people, inputs)
        loose = relaxations(made.named, given, need, time_limit=plight.time_limit)
    return ways, loose


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
    history = without_deflection(pd.concat(list(inputs.histories.values()), ignore_index=True), inputs)
    return find_suspects(outlook.model, history, answered=inputs.suspects)


def _unanswered(suspects: pd.DataFrame) -> int:
    return int(suspects["answer"].isna().sum()) if len(suspects) else 0


def _figures(made: Made) -> dict[str, Any]:
    """The numbers of the summary."""
    inputs, outlook, need = made.inputs, made.outlook, made.need
    lines, named, service = made.lines, made.named, made.service
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
    coverage = made.coverage
    parts += [
        of.thin(coverage, need, inputs) if len(coverage) else {"thin": [], "spare": []},
        of.people_lines(named, inputs, lines),
    ]
    return of.collect(parts)


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
    named += [
        spec.calendar.holidays,
        spec.calendar.seasons,
        spec.regressors,
        spec.adjust,
        spec.deflection,
        *people,
        spec.plan.previous,
        spec.schedule,
        spec.roster,
    ]
    return tuple(dict.fromkeys(name for name in named if isinstance(name, str)))
