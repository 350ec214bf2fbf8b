"""From a history or a week's file to a plan: demo, init, check, plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wfm.cli.group import DONE, NOT_KEPT, as_json_text, main, progress
from wfm.cli.readings import in_the_shell, write_rows
from wfm.errors import DataError, MissingExtra, SettingError

if TYPE_CHECKING:
    from wfm.plan import WeekPlan

MOST_GUESSES = 24
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
@click.option(
    "--dates",
    default=None,
    type=click.Choice(["dmy", "mdy"]),
    help="Day or month first, where 03/04/2026 cannot be told.",
)
@click.option("--within", default=None, help="Acceptable wait, such as 20s: contacts answered so soon are in time.")
@click.option("--outcome", "outcomes", multiple=True, help='Word=meaning, such as --outcome "SHORT=abandoned".')
@click.option(
    "--reading",
    default=None,
    type=click.Path(dir_okay=False, path_type=Path),
    help="CSV of every cell not as it stands.",
)
def init(
    history: Path,
    out: Path,
    name: str | None,
    reading: Path | None,
    columns: tuple[str, ...],
    outcomes: tuple[str, ...],
    timezone: str | None,
    sheet: str | None,
    stamps: str,
    dates: str | None,
    within: str | None,
) -> None:
    """Write a commented week file from what HISTORY shows; every guess in it is marked GUESS.

    The file can be planned as it stands: `wfm plan week.yaml`. An existing file is never overwritten.
    """
    from wfm.plan.output import write_atomically
    from wfm.starter import HowRead, drafted, guesses

    if out.exists():
        raise SettingError(f"{out} is there already. Choose another name with --out, or remove it.", name="out")
    asked = HowRead(
        columns=_pairs(columns, "column") or None,
        outcomes=_pairs(outcomes, "outcome") or None,
        timezone=timezone,
        sheet=sheet,
        stamps=stamps,
        dates=dates,
        within=within,
    )
    try:
        found = asked.read(history)
    except DataError as error:
        raise in_the_shell(error) from error
    text = drafted(found, asked, history, name=name, folder=out.parent)
    write_rows(found, reading)
    write_atomically(out, text.encode())
    click.echo(found.summary() + ("" if reading else " (--reading rows.csv lists them)"))
    told = guesses(text)
    for what, why in list(dict.fromkeys(told))[:MOST_GUESSES]:
        click.echo(f"  guessed {what} ({why})")
    click.echo(f"-> {out}     {len(told)} guesses to check, marked GUESS in it, then: wfm plan {out}")


@main.command()
@click.argument("week", type=click.Path(path_type=Path))
@click.option(
    "--reading",
    default=None,
    type=click.Path(dir_okay=False, path_type=Path),
    help="CSV of every cell not as it stands.",
)
def check(week: Path, reading: Path | None) -> None:
    """Read WEEK and every table it names; list all problems with file, line and column.

    Also names hours that no allowed shift of any contract can reach. --reading writes every row of the histories that
    was repaired, refused or taken in another sense, with what stood there and what was read.
    """
    from wfm.history.reading import findings_of
    from wfm.plan.inputs import read_inputs
    from wfm.plan.reach import unreachable
    from wfm.settings import read_week

    found = read_week(week)
    inputs = read_inputs(found, {})
    for name, read in inputs.readings.items():
        click.echo(f"history of {name}:")
        for finding in findings_of(read.report):
            click.echo(f"  {finding}")
    if reading is not None:
        write_rows(inputs.readings, reading)
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
@click.option("--fresh", is_flag=True, help="Plan anew, whatever was published of these days.")
@click.option("--steps", is_flag=True, help="Also the price of each step: free shifts, sessions, tours, named people.")
@click.pass_context
def plan(ctx: click.Context, week: Path, folder: Path | None, as_json: bool, fresh: bool, steps: bool) -> None:
    """Plan the week that WEEK (a YAML file) describes.

    Prints ten lines and writes every table of the plan into the folder that the file names under output. Where these
    days were published from that folder before, as few cells of the published roster change as possible.
    """
    from wfm.plan import plan_week
    from wfm.plan.asked import step_lines
    from wfm.settings import names_key, read_week

    with progress("plan", as_json, steps=STEPS) as tell:
        found = read_week(week)
        output = found.spec.output
        _have_extras(output.formats)
        target = folder or week.parent / output.folder
        published = None if fresh or _next_version(target) == 1 else target.resolve()
        made = plan_week(week, published=published, progress=tell)
    made = made.as_version(max(made.version, _next_version(target)))
    _write(made, week, target, output.formats, names=output.names, key=names_key(found), language=output.language)
    prices = made.steps() if steps else None
    if as_json:
        more = {} if prices is None else {"steps": prices.astype(object).where(prices.notna(), None).to_dict("records")}
        click.echo(as_json_text(_record(made) | more))
    else:
        click.echo(made.summary())
        for line in () if prices is None else step_lines(prices):
            click.echo(line)
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


def _pairs(words: tuple[str, ...], name: str) -> dict[str, str]:
    """Options such as "Inbound=offered" as a mapping."""
    for word in words:
        if "=" not in word:
            raise SettingError(
                f'--{name} must be a pair such as "Inbound=offered", got {word!r}.', name=name, value=word
            )
    return dict(word.rsplit("=", 1) for word in words)


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
    plan: WeekPlan,
    week: Path,
    folder: Path,
    formats: Sequence[str],
    *,
    names: str = "full",
    key: str = "",
    language: str = "en",
) -> None:
    """Every table, what else is asked for, and last the record of the run that vouches for them."""
    from wfm.versions import write_run

    writers: dict[str, Callable[[], Any]] = {
        "xlsx": lambda: [plan.to_excel(folder / "plan.xlsx", names=names, key=key, language=language)],
        "ics": lambda: plan.to_ics(folder / "calendars", names=names, key=key),
        "html": lambda: [plan.to_html(folder / "report.html", names=names, key=key, language=language)],
    }
    plan.to_csv(folder / "tables")
    _ask(plan, week)
    papers = [path for word in dict.fromkeys(formats) if word in writers for path in writers[word]()]
    write_run(week, plan, folder, papers)


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
