"""The command `wfm`.

Results go to stdout, progress and messages to stderr. Exit codes: 0 done; 1 done with the promise not kept or people
short (everything is written all the same); 2 bad input (nothing is written).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wfm import __version__
from wfm.errors import WfmError

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
      wfm check week.yaml       read a week's file and its tables, list every problem
      wfm plan week.yaml        plan the week, print ten lines, write every table

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
            _write(plans[path.stem], folder / f"{path.stem}-plan", formats_here())
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
        made = plan_week(week, progress=tell)
    target = folder or week.parent / output.folder
    _write(made, target, list(output.formats), names=output.names, language=output.language)
    if as_json:
        click.echo(_json(_record(made)))
    else:
        click.echo(made.summary())
        click.echo(f"-> {target}/: {', '.join(output.formats)}     next: edit {week.name} and plan again")
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


def _write(plan: WeekPlan, folder: Path, formats: list[str], *, names: str = "full", language: str = "en") -> None:
    writers: dict[str, Callable[[], Any]] = {
        "csv": lambda: plan.to_csv(folder / "tables"),
        "xlsx": lambda: plan.to_excel(folder / "plan.xlsx", names=names),
        "ics": lambda: plan.to_ics(folder / "calendars", names=names),
        "html": lambda: plan.to_html(folder / "report.html", names=names, language=language),
    }
    for word in formats:
        writers[word]()


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
    return json.dumps(_plain(record), indent=2, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """The value in types that JSON knows; NaN and infinity become null."""
    import dataclasses

    import numpy as np
    import pandas as pd

    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    if isinstance(value, (pd.Timestamp, Path)):
        return str(value)
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value


@contextmanager
def _progress(what: str, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A progress bar on a terminal, nothing elsewhere."""
    from tqdm import tqdm

    off = quiet or not sys.stderr.isatty()
    with tqdm(desc=what, disable=off, bar_format="{desc}: {postfix} {elapsed}", file=sys.stderr, leave=False) as bar:
        yield lambda step: bar.set_postfix_str(step)


if __name__ == "__main__":
    main()
