"""The rules of rosters and the templates of labour laws, as a planner reads them."""

from __future__ import annotations

from dataclasses import asdict
from textwrap import fill
from typing import TYPE_CHECKING, Any

import click

from wfm.cli.group import as_json_text, main
from wfm.errors import SettingError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from wfm.schedule.rules.described import RuleText
    from wfm.schedule.rules.law_files import Law

WIDTH = 110


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from wfm.schedule import RULES

    return [CompletionItem(name) for name in RULES if name.startswith(incomplete)]


@main.command()
@click.argument("name", required=False, shell_complete=_complete)
@click.option("--laws", is_flag=True, help="List the templates of labour laws.")
@click.option("--law", default=None, help="Show one template, with the article behind each rule.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def rules(name: str | None, laws: bool, law: str | None, as_json: bool) -> None:
    """List the rules that a roster can keep, or show NAME with its fields.

    Every rule is an entry under `rules:` of the week's file; a law's template is one too: {law: eu_working_time}.
    """
    from wfm.schedule.rules.described import describe_rule, describe_rules
    from wfm.schedule.rules.law_files import law_names, read_law

    if sum([name is not None, laws, law is not None]) > 1:
        raise SettingError("wfm rules takes one of NAME, --laws and --law, not several.", name="rules")
    if name is not None:
        told = describe_rule(name)
        _say(asdict(told), as_json, lambda: _whole(told))
    elif law is not None:
        template = read_law(law)
        _say(asdict(template), as_json, lambda: _articles(template))
    elif laws:
        found = [read_law(one) for one in law_names()]
        _say([asdict(one) for one in found], as_json, lambda: _laws(found))
    else:
        every = describe_rules()
        _say([asdict(one) for one in every], as_json, lambda: _list(every))


def _say(record: Any, as_json: bool, text: Any) -> None:
    click.echo(as_json_text(record) if as_json else text())


def _list(every: list[RuleText]) -> str:
    parts = []
    for one in every:
        own = [field.name for field in one.fields if field.name in one.own]
        parts.append(
            "\n".join(
                [
                    f"{one.name} ({one.mode})",
                    _indented(one.meaning),
                    *([f"    fields: {', '.join(own)}"] if own else []),
                    f"    - {one.example}",
                ]
            )
        )
    shared = ", ".join(field.name for field in every[0].fields if field.name not in every[0].own)
    parts.append(
        f"All rules have the fields {shared}.\n"
        "One rule with its fields: wfm rules NAME.     Templates of labour laws: wfm rules --laws"
    )
    return "\n\n".join(parts)


def _whole(one: RuleText) -> str:
    lines = [f"{one.name} ({one.mode})", _indented(one.meaning)]
    if one.details:
        lines.append(_indented(one.details))
    lines += ["", "    fields:"]
    width = max(len(field.name) for field in one.fields)
    for field in one.fields:
        lines.append(f"      {field.name:<{width}}  {field.kind}; default {field.default}. {field.meaning}".rstrip())
    return "\n".join([*lines, "", "    rules:", f"      - {one.example}"])


def _laws(found: list[Law]) -> str:
    from wfm.schedule.rules.law_files import CHECK

    parts = [
        f"{one.name}\n    {one.title}\n    {len(one.articles)} rule(s): "
        f"{', '.join(str(article.rule['type']) for article in one.articles)}\n    - {{law: {one.name}}}"
        for one in found
    ]
    return "\n\n".join([*parts, fill(CHECK, WIDTH), "With articles: wfm rules --law NAME"])


def _articles(law: Law) -> str:
    from wfm.schedule.rules.law_files import CHECK

    lines = [f"{law.name}: {law.title}", f"    {law.source}", ""]
    for article in law.articles:
        lines += [f"    - {_yaml(article.rule)}", _indented(article.source, "        ")]
    if law.left_out:
        lines += ["", "    No rule says:", *(_indented(text, "      ") for text in law.left_out)]
    return "\n".join([*lines, "", fill(CHECK, WIDTH)])


def _yaml(rule: Any) -> str:
    import yaml

    return str(yaml.safe_dump(dict(rule), default_flow_style=True, sort_keys=False, width=1000)).strip()


def _indented(text: str, indent: str = "    ") -> str:
    return fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent)
