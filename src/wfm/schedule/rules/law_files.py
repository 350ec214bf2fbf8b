"""Templates for labour laws: data files with their source, each rule with its article; to be checked locally."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from wfm.errors import SettingError, did_you_mean, listed
from wfm.schedule.rules import Rule, read_rule
from wfm.schedule.rules.rule import SCOPE

CHECK = (
    "A template, not legal advice: nobody has verified it for your case. Check it with someone who knows the law, the "
    "collective agreements and the contracts that hold for your people before you rely on it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A rule of a law, as written in YAML, and where the law says so."""

    rule: Mapping[str, Any]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """A template.

    Attributes
    ----------
    name : str              As `law` in the week's file.
    title, source : str
    articles : tuple        What it asks, as rules.
    left_out : tuple        What it asks too, and what no rule here says.
    """

    name: str
    title: str
    source: str
    articles: tuple[Article, ...]
    left_out: tuple[str, ...]


@cache
def law_names() -> tuple[str, ...]:
    """The templates that there are.

    >>> "eu_working_time" in law_names()
    True
    """
    folder = files("wfm.schedule").joinpath("laws")
    return tuple(sorted(one.name.removesuffix(".yaml") for one in folder.iterdir() if one.name.endswith(".yaml")))


@cache
def read_law(name: str) -> Law:
    """A template by its name.

    >>> read_law("eu_working_time").articles[0].rule
    {'type': 'min_rest', 'rest': '11h'}
    """
    import yaml

    if name not in law_names():
        raise SettingError(
            f"law must be one of {listed(law_names())}, got {name!r}.{did_you_mean(name, law_names())}",
            name="law",
            value=name,
        )
    told = yaml.safe_load(files("wfm.schedule").joinpath("laws", f"{name}.yaml").read_text(encoding="utf-8"))
    return Law(
        name=name,
        title=told["title"],
        source=told["source"],
        articles=tuple(Article(rule=one["rule"], source=one["source"]) for one in told["rules"]),
        left_out=tuple(told.get("left_out", ())),
    )


def read_rules(entry: Rule | Mapping[str, Any], *, name: str = "rules") -> list[Rule]:
    """The rules of one entry of the week's file: a rule, or all of a law for whom it names.

    >>> [rule.name for rule in read_rules({"law": "eu_working_time", "contracts": ["ft"]})]
    ['min_rest', 'weekly_rest', 'average_hours']
    """
    if isinstance(entry, Rule):
        return [entry]
    if not isinstance(entry, Mapping) or "law" not in entry:
        return [read_rule(entry, name=name)]
    for key in entry:
        if key != "law" and key not in SCOPE:
            raise SettingError(
                f"{name}.{key} is no key beside law; known are {listed(SCOPE)}.{did_you_mean(key, SCOPE)} To change a "
                "rule of the law, list the rules themselves: wfm rules --law shows them.",
                name=f"{name}.{key}",
                value=entry[key],
            )
    whom = {key: value for key, value in entry.items() if key != "law"}
    return [read_rule({**article.rule, **whom}, name=name) for article in read_law(str(entry["law"])).articles]
