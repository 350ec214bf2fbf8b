"""The top of the report: who and when, one sentence, and five tiles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wfm.report.edition import Edition
from wfm.report.language import Language

if TYPE_CHECKING:
    from wfm.plan import WeekPlan


LEAST_GAIN = 0.05  # of chance, below which a way out is not worth the head of the page


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A figure with what explains it; `tone` is good, bad or plain."""

    title: str
    value: str
    notes: list[str] = field(default_factory=list)
    tone: str = "plain"


def masthead(plan: WeekPlan, edition: Edition, language: Language) -> list[str]:
    """Week in both calendars, version, people, aim, history and seed."""
    words = [language.period(plan.start, plan.end)]
    if language.second is not None:
        words.append(language.period(plan.start, plan.end, language.second))
    words.append(language.say(edition.status, version=language.number(edition.version)))
    people = int(plan.figures.get("people", 0))
    words.append(language.count("people", people) if people else language.say("no_people"))
    wanted = _confidence(plan)
    words.append(language.say("no_aim") if wanted is None else language.say("aim", share=language.share(wanted)))
    if edition.history_until is not None:
        words.append(language.say("history_until", day=language.day(edition.history_until, year=True)))
    if edition.seed is not None:
        words.append(language.say("seed", seed=language.digits(str(edition.seed))))
    return words


def sentence(plan: WeekPlan, language: Language) -> str:
    """What happens and what would mend it."""
    figures = plan.figures
    promises = figures.get("promise") or {}
    short_hours = figures.get("short_hours") or 0.0
    if not promises:
        return language.say("no_promise", hours=language.number(figures.get("need_hours", 0.0)))
    broken = [name for name, found in promises.items() if not found["kept"]]
    if not broken:
        spare = (figures.get("have_hours") or 0.0) - figures["need_hours"]
        key = "kept_short" if short_hours > 0.5 else "kept_spare" if spare > 0.5 else "kept"
        return language.say(key, hours=language.number(max(short_hours, spare)))
    wanted = _confidence(plan)
    key = "broken" + ("_short" if short_hours > 0.5 else "") + ("_mean" if wanted is None else "")
    told = language.say(
        key,
        queues=_listed(broken, language),
        hours=language.number(short_hours),
        chance=language.share(min(promises[name]["chance"] for name in broken)),
        wanted=language.share(wanted or 0.0),
    )
    return " ".join([told, *_mending(plan, language)])


def tiles(plan: WeekPlan, language: Language) -> list[Tile]:
    """COMES, NEED / HAVE, PROMISE, ABANDONED with the longest wait, doubts."""
    figures = plan.figures
    return [
        _comes(figures, language),
        _need(figures, language),
        _promise(figures, language),
        _feels(figures, language),
        _doubts(plan, language),
    ]


def way_text(row: Any, language: Language) -> str:
    """A way out in the report's language."""
    if row.people:
        return language.count("more_people", int(row.people))
    if "overtime" in str(row.way):
        return language.say("overtime", hours=language.number(row.hours))
    return language.name(row.way)


def _comes(figures: Any, language: Language) -> Tile:
    if not figures.get("contacts"):
        return Tile(title=language.say("comes"), value="–", notes=[language.say("no_forecast")])
    notes = [
        language.say(
            "contacts_range", low=language.number(figures["live_low"]), high=language.number(figures["live_high"])
        )
    ]
    if figures.get("change") is not None:
        notes.append(language.say("on_last_week", change=language.share(figures["change"], sign=True)))
    return Tile(title=language.say("comes"), value=language.number(figures["live_contacts"]), notes=notes)


def _need(figures: Any, language: Language) -> Tile:
    need, have = figures.get("need_hours", 0.0), figures.get("have_hours")
    if have is None:
        return Tile(
            title=language.say("need_have"),
            value=language.say("hour", count=language.number(need)),
            notes=[language.say("no_people")],
        )
    gap = figures["short_hours"]
    verdict = (
        language.say("short_by", hours=language.number(gap))
        if gap > 0.5
        else language.say("spare_by", hours=language.number(have - need))
    )
    return Tile(
        title=language.say("need_have"),
        notes=[verdict],
        tone="bad" if gap > 0.5 else "good",
        value=f"{language.number(need)} / {language.say('hour', count=language.number(have))}",
    )


def _promise(figures: Any, language: Language) -> Tile:
    promises = figures.get("promise") or {}
    if not promises:
        return Tile(title=language.say("promise"), value=language.say("unknown"))
    order = sorted(promises, key=lambda name: [promises[name][key] for key in ("kept", "chance", "service_level")])
    worst, *others = order
    found = promises[worst]
    verdict = language.say("ok" if found["kept"] else "NOT KEPT")
    chance = language.say(
        "chance_on" if found.get("scope") == "day" else "chance_of",
        day=language.day(found["weakest"]),
        chance=language.share(found["chance"]),
    )
    notes = [f"{verdict} · {chance}"]
    notes += [
        f"{language.name(name, 18)} {language.share(promises[name]['service_level'])} "
        f"{language.say('ok' if promises[name]['kept'] else 'NOT KEPT')}"
        for name in others[:3]
    ]
    return Tile(
        title=f"{language.say('promise')}: {language.name(worst, 18)}",
        tone="good" if found["kept"] else "bad",
        notes=notes,
        value=f"{language.share(found['service_level'])} {language.say('expected_in_time')}",
    )


def _feels(figures: Any, language: Language) -> Tile:
    if "abandon_rate" not in figures:
        return Tile(title=language.say("abandoned"), value="–")
    notes = []
    if figures.get("longest_wait") is not None:
        day = f" ({language.day(figures['longest_day'])})" if figures.get("longest_day") is not None else ""
        notes.append(language.say("longest", wait=language.duration(figures["longest_wait"])) + day)
    return Tile(title=language.say("abandoned"), value=language.share(figures["abandon_rate"], 1), notes=notes)


def _doubts(plan: WeekPlan, language: Language) -> Tile:
    found = []
    if plan.warnings:
        found.append(language.count("warnings", len(plan.warnings)))
    if plan.assumed:
        found.append(language.say("assumed", count=language.number(len(plan.assumed))))
    return Tile(
        title=language.say("doubts"),
        value=found[0] if found else language.say("none"),
        notes=found[1:],
        tone="bad" if plan.assumed else "plain",
    )


def _mending(plan: WeekPlan, language: Language) -> list[str]:
    """The cheapest way that keeps the promise, else the one that helps most, if any does."""
    ways = plan.ways_out
    if ways.empty:
        return []
    enough = ways[ways["kept"].astype(bool)].sort_values("hours", kind="stable")
    if len(enough):
        return [language.say("mends", way=way_text(next(enough.itertuples()), language))]
    best = next(ways.sort_values("probability", ascending=False, kind="stable").itertuples())
    service, chance = float(ways["service_level"][best.Index]), float(ways["probability"][best.Index])  # type: ignore[index]
    if chance - float(plan.figures.get("chance", 0.0)) < LEAST_GAIN:
        return [language.say("mends_none")]
    way = way_text(best, language)
    return [language.say("mends_most", way=way, service=language.share(service), chance=language.share(chance))]


def _listed(names: list[str], language: Language) -> str:
    return language.say("and").join(language.name(name, 24) for name in names)


def _confidence(plan: WeekPlan) -> float | None:
    asked = [queue.target.confidence for queue in plan.queues.values() if queue.target is not None]
    return min((level for level in asked if level is not None), default=None)
