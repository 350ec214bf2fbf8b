"""The report: one self-contained page, without network and without script."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wfm.errors import MissingExtra
from wfm.plan.output import write_atomically
from wfm.report.drawing import forecast_drawing
from wfm.report.edition import Edition
from wfm.report.headline import masthead, sentence, tiles
from wfm.report.language import Language
from wfm.report.notices import notice
from wfm.report.pseudonyms import shared
from wfm.report.sections import (
    day_section,
    explained_section,
    heat_views,
    hours_section,
    loosened_section,
    roster_section,
    trust_section,
    ways_section,
)
from wfm.report.texts import short

if TYPE_CHECKING:
    from wfm.plan import WeekPlan
    from wfm.queues import Queue

MOST_DOUBTS = 6
LONGEST_DOUBT = 400


def write_report(
    plan: WeekPlan,
    path: str | Path,
    *,
    names: str = "full",
    key: str = "",
    language: str = "en",
    edition: Edition | None = None,
) -> Path:
    """Write the report's page, whole or not at all; the same plan gives the same bytes.

    Parameters
    ----------
    plan : WeekPlan
    path : path             An .html file.
    names, key : str        full, initials or hash: how people are called, and the secret of the codes.
    language : str          en or fa (right to left, both calendars, Persian digits).
    edition : Edition       Version, history and seed, for the head of the page.
                            None = what the plan says of itself.

    Raises
    ------
    MissingExtra        Without jinja2.
    """
    target = Path(path)
    content = report_page(shared(plan, names, key=key), language=language, edition=edition or Edition.of(plan))
    write_atomically(target, content.encode("utf-8"))
    return target


def report_page(plan: WeekPlan, *, language: str = "en", edition: Edition) -> str:
    """The page as text; what people typed is cleaned here and escaped by the template."""
    spoken = Language.of(language, plan.calendar)
    explained_title, explained = explained_section(plan, spoken)
    return str(
        _template().render(
            say=spoken.say,
            language=spoken,
            marked=edition.history is not None,
            title=short(plan.name, 80),
            masthead=masthead(plan, edition, spoken),
            sentence=sentence(plan, spoken),
            tiles=tiles(plan, spoken),
            days=day_section(plan, spoken, edition.history),
            views=heat_views(plan, spoken),
            drawing=forecast_drawing(plan, spoken, edition.history),
            hours=hours_section(plan, spoken),
            explained_title=explained_title,
            explained=explained,
            ways=ways_section(plan, spoken),
            loosened=loosened_section(plan, spoken),
            roster=roster_section(plan, spoken),
            trust=trust_section(plan, spoken),
            doubts=_doubts(plan, spoken)[:MOST_DOUBTS],
            more_doubts=max(0, len(_doubts(plan, spoken)) - MOST_DOUBTS),
            footer=_footer(plan, edition, spoken),
        )
    )


def _doubts(plan: WeekPlan, language: Language) -> list[tuple[str, str]]:
    """What was assumed and warned of, each once, with the direction in which it runs."""
    return [notice(short(text, LONGEST_DOUBT), language) for text in dict.fromkeys([*plan.assumed, *plan.warnings])]


def formula_text(queue: Queue, language: Language) -> str:
    """The service level of a queue in words."""
    target = queue.target
    if target is None:
        return language.say("deferred", queue=language.name(queue.name, 24))
    short_wait = language.duration(target.short)
    formula = language.say(target.abandoned, within=language.duration(target.within), short=short_wait)
    if target.short and target.abandoned != "credited":
        formula = language.say("left_out", formula=formula, short=short_wait)
    return language.say("formula", queue=language.name(queue.name, 24), formula=formula)


def _footer(plan: WeekPlan, edition: Edition, language: Language) -> list[str]:
    from importlib.metadata import version

    words = [formula_text(queue, language) for queue in plan.queues.values()]
    for queue, reading in plan.readings.items():
        if {"kind", "rows"} <= set(reading.report.columns):
            rows = reading.report.groupby("kind")["rows"].sum()
            counts = {kind: language.number(int(rows.get(kind, 0))) for kind in ("read", "repaired", "refused")}
            words.append(language.say("rows", queue=language.name(queue, 24), **counts))
    if plan.evaluation is not None:
        methods = dict.fromkeys(service.method for service in plan.evaluation.services.values())
        paths = plan.paths["path"].nunique() if len(plan.paths) else 0
        words.append(
            language.say(
                "method",
                method=", ".join(language.say(method.replace(" ", "_")) for method in methods),
                paths=language.number(paths),
                version=version("openwfm"),
            )
        )
    if edition.sources:
        words.append(language.say("sources", files=", ".join(language.name(source) for source in edition.sources)))
    return words


def _template() -> Any:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError as error:
        raise MissingExtra("Reports", extra="report", package="jinja2") from error
    loader = PackageLoader("wfm.report", "templates")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return made.get_template("report.html.j2")
