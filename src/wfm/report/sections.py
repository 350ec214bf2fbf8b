"""The report's tables, each cell already said in the report's language."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wfm.durations import clock
from wfm.evaluation.service import DEFERRED_SHARE
from wfm.report.days import day_table
from wfm.report.earlier import earlier_days
from wfm.report.headline import way_text
from wfm.report.heat import Heat, gap_heat, service_heat
from wfm.report.language import Language
from wfm.report.loosened_words import loosening_words
from wfm.report.people_figures import shares
from wfm.report.waterfall import Step, busiest, hours_waterfall, need_explained

if TYPE_CHECKING:
    from wfm.plan import WeekPlan

MOST_VIEWS = 4  # queues that get a map of their own
TICKS = ("last_weekday", "last_month")
_COMMA = {"en": ", ", "fa": "، "}
DEFERRED_SLACK = 0.20  # below the share by which work that can wait is called poor, as for live targets


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of a table: its text, its class, what it says when pointed at, and its column's name.

    `bar` is (amount, up to) in percent of the widest, `ticks` (class, place in percent) are marks on it.
    """

    text: str
    tone: str = ""
    hint: str = ""
    label: str = ""
    note: str = ""
    bar: tuple[float, float] | None = None
    ticks: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A heat map with its name and its rows; a column's time is shown on small screens where the flag says so."""

    name: str
    columns: list[tuple[str, bool]]
    rows: list[tuple[Cell, list[Cell]]]
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar of a waterfall in percent of the widest."""

    label: str
    value: str
    begin: float
    width: float
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Headings and rows."""

    heads: list[str]
    rows: list[list[Cell]] = field(default_factory=list)


def day_section(plan: WeekPlan, language: Language, history: pd.DataFrame | None = None) -> Table:
    """The day table; with a history, marks of the same weekday and of the same day of an earlier month."""
    table = day_table(plan)
    if history is not None:
        table = table.merge(earlier_days(plan, history), on="day")
    services = [name for name in table.columns if name.startswith("service_")]
    named = [language.name(name.removeprefix("service_"), 14) for name in services]
    heads = [language.say(key) for key in ("day", "contacts", "peak")]
    heads += [language.say("service", queue=name) for name in named]
    heads += [language.say("chance"), language.say("short_spare")]
    widest = table.reindex(columns=["high", "offered", *TICKS]).to_numpy(dtype=float)
    most = float(np.nanmax(widest)) if table["offered"].notna().any() else 1.0
    rows = []
    for record in table.to_dict("records"):
        row = {str(name): value for name, value in record.items()}
        cells = [_day_cell(row, language), _contacts_cell(row, most, language), _peak_cell(row, language)]
        for name in services:
            least, floor = thresholds(plan, name.removeprefix("service_"))
            cells.append(Cell(text=language.share(row[name]), tone=service_tone(row[name], least, floor)))
        wanted = _wanted(plan)
        cells.append(
            Cell(
                text=language.share(row["chance"]),
                tone="" if _missing(row["chance"]) else "low" if row["chance"] < wanted else "met",
            )
        )
        cells.append(_hours_cell(row, language))
        rows.append(
            [
                Cell(text=cell.text, tone=cell.tone, note=cell.note, bar=cell.bar, ticks=cell.ticks, label=head)
                for cell, head in zip(cells, heads, strict=True)
            ]
        )
    return Table(heads=heads, rows=rows)


def heat_views(plan: WeekPlan, language: Language) -> list[View]:
    """People over and under for all queues and each, then the service of each."""
    covered = set(plan.coverage["queue"]) if len(plan.coverage) else set()
    queues = [name for name in plan.queues if name in covered]
    if not queues:
        return []
    views = [_view(language.say("all_queues"), gap_heat(plan), language, gap=True)]
    if len(queues) > 1:
        views += [
            _view(language.name(name, 16), gap_heat(plan, [name]), language, gap=True) for name in queues[:MOST_VIEWS]
        ]
    else:
        views[0] = _view(language.name(queues[0], 16), gap_heat(plan), language, gap=True)
    for name in queues[:MOST_VIEWS]:
        heat = service_heat(plan, [name])
        if np.isfinite(heat.amounts).any():
            views.append(
                _view(
                    f"{language.name(name, 16)}: {language.say('service_view')}",
                    heat,
                    language,
                    gap=False,
                    limits=thresholds(plan, name),
                )
            )
    return views


def hours_section(plan: WeekPlan, language: Language) -> list[Bar]:
    """The hours waterfall."""
    return _bars(hours_waterfall(plan), language, places=0)


def explained_section(plan: WeekPlan, language: Language) -> tuple[str, list[Bar]]:
    """NEED explained for the busiest interval, with its title."""
    steps, row = need_explained(plan), busiest(plan)
    if not steps or row is None:
        return "", []
    when = f"{language.day(row['start'])} {language.time(row['start'])}"
    return language.say("explained", queue=language.name(row["queue"], 16), when=when), _bars(steps, language, places=1)


def ways_section(plan: WeekPlan, language: Language) -> Table:
    """The ways out."""
    heads = [language.say(key) for key in ("way", "way_hours", "way_service", "way_chance")] + [""]
    rows = []
    for row in plan.ways_out.itertuples():
        kept = bool(row.kept)
        rows.append(
            [
                Cell(text=way_text(row, language)),
                Cell(text=language.number(row.hours)),  # type: ignore[arg-type]
                Cell(text=language.share(row.service_level)),  # type: ignore[arg-type]
                Cell(text=language.share(row.probability)),  # type: ignore[arg-type]
                Cell(text=language.say("ok" if kept else "NOT KEPT"), tone="met" if kept else "low"),
            ]
        )
    return Table(heads=heads, rows=rows)


def loosened_section(plan: WeekPlan, language: Language) -> Table:
    """Rules that close most of what is short where they are loosened by a step for a few people."""
    heads = [language.say(key) for key in ("loosen", "loosen_for", "loosen_closes")]
    rows = []
    for row in plan.relaxations.to_dict("records"):
        named = [language.name(agent, 24) for agent in row["agents"]]
        cells = [
            loosening_words(row["relaxation"], language),
            _COMMA[language.code].join(named),
            language.number(row["closed"]),
        ]
        rows.append([Cell(text=text) for text in cells])
    return Table(heads=heads, rows=rows)


def roster_section(plan: WeekPlan, language: Language) -> list[tuple[str, str]]:
    """The roster in short, as pairs of name and figure."""
    if plan.roster is None:
        return []
    figures = plan.figures
    pairs = [(language.say("rules"), language.number(figures.get("hard_rules_broken", 0)))]
    if figures.get("wishes"):
        part, whole = language.number(figures["wishes_granted"]), language.number(figures["wishes"])
        granted = language.share(figures["wishes_granted"] / figures["wishes"])
        pairs.append((language.say("wishes"), f"{granted} ({language.say('of', part=part, whole=whole)})"))
    for share in shares(plan):
        places = 1 if share.median % 1 else 0
        pairs.append(
            (
                language.say(share.name),
                language.say(
                    "median",
                    median=language.number(share.median, places),
                    low=language.number(share.low),
                    high=language.number(share.high),
                ),
            )
        )
    for name, held, asked in figures.get("sessions", ()):
        attend = language.say("of", part=language.number(held), whole=language.number(asked))
        pairs.append((language.name(name, 24), attend))
    if figures.get("changed_cells") is not None:
        pairs.append((language.say("changed"), language.number(figures["changed_cells"])))
    return pairs


def trust_section(plan: WeekPlan, language: Language) -> list[tuple[str, str]]:
    """How right the past was, as pairs of name and figure."""
    table = plan.trust
    if table.empty:
        return []
    value = table[table["queue"].eq("live") | ~table["name"].isin(["promised", "achieved"])].set_index("name")["value"]
    pairs = [
        (language.say(text), language.share(float(value[name]), 1, sign=name == "day_bias"))
        for name, text in (("day_error", "day_error"), ("best_possible", "best_possible"), ("day_bias", "bias"))
        if name in value.index
    ]
    for queue, rows in table[table["name"].isin(["promised", "achieved"])].groupby("queue", sort=True):
        pair = rows.set_index("name")["value"]
        pairs.append(
            (
                language.say("promised", queue=language.name(queue, 16)),
                f"{language.share(pair.get('promised', math.nan))} / {language.share(pair.get('achieved', math.nan))}",
            )
        )
    return pairs


def thresholds(plan: WeekPlan, queue: str) -> tuple[float, float]:
    """Share promised and floor of a queue; of work that can wait its promise, else the share that is enough."""
    known = plan.queues.get(queue)
    if known is not None and known.target is not None:
        return known.target.share, known.target.least
    share = DEFERRED_SHARE if known is None or known.promised >= 1 else known.promised
    return share, max(share - DEFERRED_SLACK, 0.0)


def service_tone(value: float, least: float, floor: float) -> str:
    """Low below the floor, under below the promise, met otherwise."""
    if _missing(value):
        return ""
    return "met" if value >= least - 1e-9 else "low" if value < floor else "under"


def gap_tone(gap: float) -> str:
    """The colour of a number of people over or under.

    >>> gap_tone(-5.0), gap_tone(0.4), gap_tone(2.0), gap_tone(float("nan"))
    ('s3', 'even', 'o1', 'closed')
    """
    if _missing(gap):
        return "closed"
    size = abs(gap)
    if size <= 1:
        return "even"
    level = 1 if size <= 2 else 2 if size <= 4 else 3 if size <= 7 else 4
    return f"{'s' if gap < 0 else 'o'}{level}"


def _view(name: str, heat: Heat, language: Language, *, gap: bool, limits: tuple[float, float] = (0.8, 0.6)) -> View:
    times = [language.digits(clock(float(second))) for second in heat.seconds]
    every = max(1, round(7200 / heat.step)) if len(times) > 26 else max(1, round(3600 / heat.step))
    columns = [(time if k % every == 0 else "", k % (3 * every) == 0) for k, time in enumerate(times)]
    rows = []
    for day, values, least in zip(heat.days, heat.amounts, heat.minimum, strict=True):
        tell = _gap_cell if gap else _service_cell
        cells = [
            tell(value, bool(bound), time, language, limits)
            for value, bound, time in zip(values, least, times, strict=True)
        ]
        rows.append((Cell(text=language.day(day), note=language.second_day(day)), cells))
    return View(name=name, columns=columns, rows=rows, kind="gap" if gap else "share")


def _gap_cell(value: float, bound: bool, time: str, language: Language, limits: tuple[float, float]) -> Cell:
    if _missing(value):
        return Cell(text="", tone="closed", hint=time)
    text = language.signed(value) if abs(value) >= 2 else ""
    return Cell(
        text=text, tone=gap_tone(value) + (" least" if bound else ""), hint=f"{time}  {language.signed(value, 1)}"
    )


def _service_cell(value: float, bound: bool, time: str, language: Language, limits: tuple[float, float]) -> Cell:
    if _missing(value):
        return Cell(text="", tone="closed", hint=time)
    return Cell(
        text=language.number(value * 100), tone=service_tone(value, *limits), hint=f"{time}  {language.share(value)}"
    )


def _bars(steps: list[Step], language: Language, *, places: int) -> list[Bar]:
    ends = [step.begin + step.amount for step in steps]
    widest = max([*ends, *(step.begin for step in steps), 1e-9])
    bars = []
    for step in steps:
        low, high = sorted((step.begin, step.begin + step.amount))
        tone = "total" if step.total else "loss" if step.amount < 0 else "gain"
        value = language.number(step.amount, places) if step.total else language.signed(step.amount, places)
        bars.append(
            Bar(
                label=language.say(step.name),
                value=value,
                begin=round(low / widest * 100, 2),
                tone=tone,
                width=round(max(high - low, widest * 0.004) / widest * 100, 2),
            )
        )
    return bars


def _day_cell(row: dict[str, object], language: Language) -> Cell:
    star = " ★" if row["month_start"] else ""
    return Cell(text=language.day(row["day"]) + star, note=language.second_day(row["day"]))


def _contacts_cell(row: dict[str, object], most: float, language: Language) -> Cell:
    offered, low, high = (_number(row[name]) for name in ("offered", "low", "high"))
    note = "" if math.isnan(low) else language.span(low, high)
    bar = (
        None
        if math.isnan(offered)
        else (round(offered / most * 100, 1), round((high if high == high else offered) / most * 100, 1))
    )
    past = {name: _number(row[name]) for name in TICKS if name in row and not _missing(row[name])}
    ticks = tuple((name, round(value / most * 100, 1)) for name, value in past.items())
    return Cell(text=language.number(offered), note=note, bar=bar, ticks=ticks if bar else ())


def _peak_cell(row: dict[str, object], language: Language) -> Cell:
    if _missing(row["needed"]):
        return Cell(text="–")
    parts = [language.number(_number(row[name])) for name in ("needed", "rostered", "expected")]
    short_by = _number(row["needed"]) - _number(row["expected"])
    return Cell(text=" / ".join(parts), note=language.time(row["peak"]), tone="low" if short_by > 1 else "")


def _hours_cell(row: dict[str, object], language: Language) -> Cell:
    if _missing(row["short_hours"]):
        return Cell(text="–")
    below, above = _number(row["short_hours"]), _number(row["spare_hours"])
    return Cell(text=f"{language.signed(-below)} / {language.signed(above)}", tone="low" if below > above else "")


def _wanted(plan: WeekPlan) -> float:
    asked = [queue.target.confidence for queue in plan.queues.values() if queue.target is not None]
    return min((level for level in asked if level is not None), default=0.5)


def _number(value: object) -> float:
    return float(value)  # type: ignore[arg-type]


def _missing(value: object) -> bool:
    return bool(pd.isna(value))  # type: ignore[call-overload]
