"""From a history or a week's file to a plan: demo, init, check, plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wfm.cli.group import DONE, NOT_KEPT, as_json_text, main, progress
from wfm.errors import MissingExtra, SettingError

if TYPE_CHECKING:
    from wfm.plan import WeekPlan

STEPS = 8  # of a plan: read, forecast, requirement, shifts, people, service, ways out, trust


@main.command()
@click.option(
    "--folder",
    default="wfm-demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the demo's files and plans are written.",
)
@click.option("--seed", default=0, show_default=True, help="Another seed is another bank.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.pass_context
def demo(ctx: click.Context, folder: Path, seed: int, as_json: bool) -> None:
    """Plan an ordinary week and the month-start week of a synthetic bank.

    Writes the bank's history, people and two week files, then plans both weeks with the same 150 people.
    The month-start week is short of people on purpose: see lines 4 to 8. Edit a week file and run
    `wfm plan` on it.
    """
    from wfm.demo import formats_here, write_demo
    from wfm.plan import plan_week

    plans = {}
    with progress("demo", as_json, steps=1 + 2 * STEPS) as tell:
        tell("bank")
        for path in write_demo(folder, seed=seed):  # the second week starts from the roster of the first
            plans[path.stem] = plan_week(path, progress=lambda step, path=path: tell(f"{path.stem}: {step}"))  # type: ignore[misc]
            _write(
                plans[path.stem],
                path,
                folder / f"{path.stem}-plan",
                [word for word in formats_here() if word in ("csv", "html")],
            )
    if as_json:
        click.echo(as_json_text({name: _record(plan) for name, plan in plans.items()}))
    else:
        for name, plan in plans.items():
            click.echo(plan.summary())
            click.echo(f"-> {folder / f'{name}-plan'}/     again: wfm plan {folder / name}.yaml\n")
    # The month-start week is short by design: the demo is done when both weeks are planned.
    ctx.exit(DONE)


@main.command()
@click.argument("history", type=click.Path(path_type=Path))
@click.option("--out", default="week.yaml", show_default=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--name", default=None, help="Name of the plan; else that of the file.")
@click.option("--timezone", default=None, help="Time zone of the stamps.")
@click.option("--sheet", default=None, help="Sheet of a workbook.")
@click.option("--column", "columns", multiple=True, help='Their name=ours, such as --column "Inbound=offered".')
@click.option("--stamps", default="start", type=click.Choice(["start", "end"]), help="What a time marks.")
def init(
    history: Path,
    out: Path,
    name: str | None,
    timezone: str | None,
    sheet: str | None,
    columns: tuple[str, ...],
    stamps: str,
) -> None:
    """Write a commented week file from what HISTORY shows; every guess in it is marked GUESS.

    The file can be planned as it stands: `wfm plan week.yaml`. An existing file is never overwritten.
    """
    from wfm.plan.output import write_atomically
    from wfm.starter import draft_week

    if out.exists():
        raise SettingError(f"{out} is there already. Choose another name with --out, or remove it.", name="out")
    pairs = dict(pair.split("=", 1) if "=" in pair else _no_pair(pair) for pair in columns)
    text = draft_week(
        history, name=name, folder=out.parent, sheet=sheet, timezone=timezone, columns=pairs or None, stamps=stamps
    )
    write_atomically(out, text.encode())
    click.echo(f"-> {out}     {text.count('GUESS:')} guesses to check, then: wfm plan {out}")


@main.command()
@click.argument("week", type=click.Path(path_type=Path))
def check(week: Path) -> None:
    """Read WEEK and every table it names; list all problems with file, line and column.

    Also names hours that no allowed shift of any contract can reach.
    """
    from wfm.plan.inputs import read_inputs
    from wfm.plan.reach import unreachable
    from wfm.settings import read_week

    found = read_week(week)
    inputs = read_inputs(found, {})
    for name, report in inputs.reports.items():
        click.echo(f"history of {name}:")
        for row in report.itertuples():
            click.echo(f"  {row.kind}: {row.what} ({row.rows})")
    for note in [*inputs.notes, *unreachable(found)]:
        click.echo(f"warning: {note}")
    click.echo(
        f"{week.name}: {len(found.queues)} queues, {len(found.shift_types)} shift types, {found.start.date()} "
        f"to {(found.end).date()}: can be planned"
    )


@main.command()
@click.argument("week", type=click.Path(path_type=Path))
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), help="Instead of output.folder of the file."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.pass_context
def plan(ctx: click.Context, week: Path, folder: Path | None, as_json: bool) -> None:
    """Plan the week that WEEK (a YAML file) describes.

    Prints ten lines and writes every table of the plan into the folder that the file names under output.
    """
    from wfm.plan import plan_week
    from wfm.settings import read_week

    with progress("plan", as_json, steps=STEPS) as tell:
        output = read_week(week).spec.output
        _have_extras(output.formats)
        made = plan_week(week, progress=tell)
    target = folder or week.parent / output.folder
    made = made.as_version(max(made.version, _next_version(target)))
    _write(made, week, target, output.formats, names=output.names, language=output.language)
    if as_json:
        click.echo(as_json_text(_record(made)))
    else:
        click.echo(made.summary())
        click.echo(f"-> {target}/: {', '.join(output.formats)}     next: wfm publish {target}   or edit {week.name}")
    ctx.exit(DONE if made.kept else NOT_KEPT)


@main.command()
def schema() -> None:
    """Print the JSON Schema of the week's file, for editors."""
    from wfm.settings.spec import json_schema

    click.echo(as_json_text(json_schema()))


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of SHELL; for bash: eval "$(wfm completion bash)"."""
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(main, {}, "wfm", "_WFM_COMPLETE").source())


def _no_pair(word: str) -> list[str]:
    raise SettingError(f'--column must be a pair such as "Inbound=offered", got {word!r}.', name="column", value=word)


def _next_version(folder: Path) -> int:
    """The number after the last published version of a folder."""
    from wfm.versions import latest

    last = latest(folder) if folder.is_dir() else None
    return 1 if last is None else last.version + 1


def _have_extras(formats: Sequence[str]) -> None:
    """Refuse before anything is computed what could not be written afterwards."""
    needed = {
        "xlsx": ("Workbooks", "office", "xlsxwriter"),
        "ics": ("Calendars", "office", "icalendar"),
        "html": ("Reports", "report", "jinja2"),
    }
    for word in formats:
        if word in needed and find_spec(needed[word][2]) is None:
            what, extra, package = needed[word]
            raise MissingExtra(what, extra=extra, package=package)


def _write(
    plan: WeekPlan, week: Path, folder: Path, formats: Sequence[str], *, names: str = "full", language: str = "en"
) -> None:
    """Every table, what else is asked for, and last the record of the run that vouches for them."""
    from wfm.versions import write_run

    writers: dict[str, Callable[[], Any]] = {
        "xlsx": lambda: plan.to_excel(folder / "plan.xlsx", names=names),
        "ics": lambda: plan.to_ics(folder / "calendars", names=names),
        "html": lambda: plan.to_html(folder / "report.html", names=names, language=language),
    }
    plan.to_csv(folder / "tables")
    _ask(plan, week)
    for word in formats:
        if word in writers:
            writers[word]()
    write_run(week, plan, folder)


def _ask(plan: WeekPlan, week: Path) -> None:
    """Unusual days into the file that the week names for them; answers that stand there are kept."""
    from wfm.plan.output import csv_bytes, write_atomically
    from wfm.settings import read_week

    named = read_week(week).spec.suspects
    if isinstance(named, str):
        write_atomically(week.parent / named, csv_bytes(plan.suspects))


def _record(plan: WeekPlan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "start": plan.start,
        "end": plan.end,
        "kept": plan.kept,
        "lines": list(plan.lines),
        "figures": dict(plan.figures),
        "ways_out": plan.ways_out.to_dict("records"),
        "trust": plan.trust.to_dict("records"),
        "warnings": list(plan.warnings),
        "assumed": list(plan.assumed),
    }
