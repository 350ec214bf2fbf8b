"""The command `wfm`.

Results go to stdout, progress and messages to stderr. Exit codes: 0 done; 1 done with the promise not kept or people
short (everything is written all the same); 2 bad input (nothing is written).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wfm import __version__
from wfm.errors import MissingExtra, SettingError, WfmError

if TYPE_CHECKING:
    from wfm.plan import WeekPlan

DONE, NOT_KEPT, BAD_INPUT = 0, 1, 2


class Wfm(click.Group):
    """The group; errors of `wfm` become one message on stderr and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except WfmError as error:
            click.echo(f"wfm: {error}", err=True)
            ctx.exit(BAD_INPUT)


@click.group(cls=Wfm, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="wfm")
def main() -> None:
    r"""Plan a contact centre: forecast contacts, staff them, build shifts and rosters, see the service they give.

    \b
    First steps:
      wfm demo                  plan two weeks of a synthetic bank with 150 people
      wfm init calls.csv        write a commented week.yaml from what a history file shows
      wfm check week.yaml       read a week's file and its tables, list every problem
      wfm plan week.yaml        plan the week, print ten lines, write every table
      wfm publish out           freeze the plan in a folder as a numbered version
      wfm review out calls.csv  set what came beside the plan, and say why it missed

    Exit codes: 0 done; 1 done, but the promise is not kept or people are short; 2 bad input, nothing written.
    """


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
    with _progress("demo", as_json) as tell:
        tell("bank")
        for path in write_demo(folder, seed=seed):  # the second week starts from the roster of the first
            plans[path.stem] = plan_week(path, progress=lambda step, path=path: tell(f"{path.stem}: {step}"))  # type: ignore[misc]
            _write(plans[path.stem], path, folder / f"{path.stem}-plan", formats_here())
    if as_json:
        click.echo(_json({name: _record(plan) for name, plan in plans.items()}))
    else:
        for name, plan in plans.items():
            click.echo(plan.summary())
            click.echo(f"-> {folder / f'{name}-plan'}/     again: wfm plan {folder / name}.yaml\n")
    # The month-start week is short by design: the demo is done when both weeks are planned.
    ctx.exit(DONE)


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

    with _progress("plan", as_json) as tell:
        output = read_week(week).spec.output
        _have_extras(output.formats)
        made = plan_week(week, progress=tell)
    target = folder or week.parent / output.folder
    _write(made, week, target, output.formats, names=output.names, language=output.language)
    if as_json:
        click.echo(_json(_record(made)))
    else:
        click.echo(made.summary())
        click.echo(f"-> {target}/: {', '.join(output.formats)}     next: wfm publish {target}   or edit {week.name}")
    ctx.exit(DONE if made.kept else NOT_KEPT)


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
@click.argument("history", type=click.Path(path_type=Path))
@click.option("--out", default="week.yaml", show_default=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--name", default=None, help="Name of the plan; else that of the file.")
@click.option("--timezone", default=None, help="Time zone of the stamps.")
@click.option("--sheet", default=None, help="Sheet of a workbook.")
def init(history: Path, out: Path, name: str | None, timezone: str | None, sheet: str | None) -> None:
    """Write a commented week file from what HISTORY shows; every guess in it is marked GUESS.

    The file can be planned as it stands: `wfm plan week.yaml`. An existing file is never overwritten.
    """
    from wfm.plan.output import write_atomically
    from wfm.starter import draft_week

    if out.exists():
        raise SettingError(f"{out} is there already. Choose another name with --out, or remove it.", name="out")
    text = draft_week(history, name=name, folder=out.parent, sheet=sheet, timezone=timezone)
    write_atomically(out, text.encode())
    click.echo(f"-> {out}     {text.count('GUESS')} guesses to check, then: wfm plan {out}")


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--by", default=None, help="Who publishes.")
@click.option("--note", default="", help="Why, in a few words.")
def publish(folder: Path, by: str | None, note: str) -> None:
    """Freeze the plan in FOLDER as its next numbered version, with the hashes of all that went into it.

    The same plan is never published twice. Name the folder under plan.previous of the next week's file.
    """
    from wfm.versions import publish as freeze

    done = freeze(folder, by=by, note=note)
    click.echo(f"-> {done.folder}     version {done.version}{'' if done.new else ', published before'}")


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.argument("actuals", type=click.Path(path_type=Path))
@click.option("--attendance", default=None, type=click.Path(path_type=Path), help="Who came: queue, start, agents.")
@click.option("--out", default=None, type=click.Path(file_okay=False, path_type=Path), help="Folder for the tables.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def review(folder: Path, actuals: Path, attendance: Path | None, out: Path | None, as_json: bool) -> None:
    """Set ACTUALS (a history of what came) beside the plan in FOLDER, and split the miss by its causes."""
    from wfm.plan.output import write_tables
    from wfm.review import review as look_back

    found = look_back(folder, actuals, attendance=attendance)
    if out is not None:
        write_tables(found.tables(), out)
    click.echo(_json(found.record()) if as_json else found.summary())


@main.command()
@click.argument("history", type=click.Path(path_type=Path))
@click.option("--days", default=28, show_default=True, help="Days ahead.")
@click.option(
    "--months",
    default="gregorian",
    show_default=True,
    type=click.Choice(["gregorian", "solar-hijri", "hijri"]),
    help="Reckoning of the month-start effect.",
)
@click.option("--weekend", default="sat,sun", show_default=True, help="Days of rest.")
@click.option("--interval", default=None, help="Re-bin to this width first, such as 30min.")
@click.option("--timezone", default=None, help="Time zone of the stamps.")
@click.option("--out", default="-", type=click.Path(dir_okay=False, path_type=Path), help="CSV file, - for stdout.")
def forecast(
    history: Path, days: int, months: str, weekend: str, interval: str | None, timezone: str | None, out: Path
) -> None:
    """Forecast volume and AHT from HISTORY (interval or contact-by-contact data)."""
    from wfm.calendars import Calendar
    from wfm.durations import seconds
    from wfm.forecast import Forecaster
    from wfm.history import read_history

    calendar = Calendar(months=months, weekend=tuple(day.strip() for day in weekend.split(",")))
    width = seconds(interval, name="interval") if interval else None
    table = read_history(history, timezone=timezone, interval=width, calendar=calendar)
    _table(Forecaster(calendar=calendar).fit(table).predict(days=days), out)


@main.command()
@click.argument("forecast_file", metavar="FORECAST", type=click.Path(path_type=Path))
@click.option("--share", default=0.80, show_default=True, help="Share to be answered in time.")
@click.option("--within", default="60s", show_default=True, help="Acceptable wait.")
@click.option("--scope", default="day", show_default=True, type=click.Choice(["interval", "day", "week"]))
@click.option("--max-abandon", default=None, type=float, help="Largest share that may hang up.")
@click.option("--patience", default=None, help="Mean patience; none = nobody hangs up. Unknown = 300 s, assumed.")
@click.option("--shrinkage", default=0.06, show_default=True, help="Share of the rostered that does not come.")
@click.option("--out", default="-", type=click.Path(dir_okay=False, path_type=Path), help="CSV file, - for stdout.")
def staff(
    forecast_file: Path,
    share: float,
    within: str,
    scope: str,
    max_abandon: float | None,
    patience: str | None,
    shrinkage: float,
    out: Path,
) -> None:
    """Turn FORECAST (queue, start, offered, aht) into agents by interval."""
    from wfm.durations import seconds
    from wfm.erlang import requirement
    from wfm.history import read_table
    from wfm.tables import FORECAST, with_end
    from wfm.target import ServiceTarget

    target = ServiceTarget(share=share, within=within, scope=scope, max_abandon=max_abandon)  # type: ignore[arg-type]
    wait = None if patience is None else float("inf") if patience == "none" else seconds(patience, name="patience")
    table = with_end(read_table(forecast_file, FORECAST))
    _table(requirement(table, target, patience=wait, shrinkage=shrinkage), out)


@main.command()
@click.argument("history", type=click.Path(path_type=Path))
@click.option("--origins", default=6, show_default=True, help="How often to forecast from the past.")
@click.option("--horizon", default=14, show_default=True, help="Days ahead.")
@click.option(
    "--months", default="gregorian", show_default=True, type=click.Choice(["gregorian", "solar-hijri", "hijri"])
)
@click.option("--interval", default=None, help="Re-bin to this width first, such as 30min.")
@click.option("--out", default="-", type=click.Path(dir_okay=False, path_type=Path), help="CSV file, - for stdout.")
def backtest(history: Path, origins: int, horizon: int, months: str, interval: str | None, out: Path) -> None:
    """Measure the forecast on HISTORY from origins in its past, beside the best possible."""
    from wfm.calendars import Calendar
    from wfm.durations import seconds
    from wfm.forecast import Forecaster
    from wfm.forecast import backtest as measure
    from wfm.history import read_history

    calendar = Calendar(months=months)
    table = read_history(history, interval=seconds(interval, name="interval") if interval else None, calendar=calendar)
    _table(measure(Forecaster(calendar=calendar), table, origins=origins, horizon=horizon), out)


@main.command()
def schema() -> None:
    """Print the JSON Schema of the week's file, for editors."""
    from wfm.settings.spec import json_schema

    click.echo(_json(json_schema()))


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
    for word in formats:
        if word in writers:
            writers[word]()
    write_run(week, plan, folder)


def _table(table: Any, out: Path) -> None:
    from wfm.plan.output import csv_bytes, write_atomically

    if str(out) == "-":
        click.echo(csv_bytes(table).decode(), nl=False)
    else:
        write_atomically(out, csv_bytes(table))
        click.echo(f"-> {out}", err=True)


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


def _json(record: Any) -> str:
    from wfm.versions.runs import plain

    return json.dumps(plain(record), indent=2, ensure_ascii=False)


@contextmanager
def _progress(what: str, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A progress bar on a terminal, nothing elsewhere."""
    from tqdm import tqdm

    off = quiet or not sys.stderr.isatty()
    with tqdm(desc=what, disable=off, bar_format="{desc}: {postfix} {elapsed}", file=sys.stderr, leave=False) as bar:
        yield lambda step: bar.set_postfix_str(step)


if __name__ == "__main__":
    main()
