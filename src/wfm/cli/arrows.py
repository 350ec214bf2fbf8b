"""One arrow of the chain at a time, from file to file: forecast, staff, backtest."""

from __future__ import annotations

from pathlib import Path

import click

from wfm.cli.group import main, write_table


@main.command()
@click.argument("history", type=click.Path(path_type=Path))
@click.option("--days", default=28, show_default=True, type=click.IntRange(1, 1100), help="Days ahead.")
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
@click.option(
    "--dates", default=None, type=click.Choice(["dmy", "mdy", "hijri"]), help="Where 03/04/2026 cannot be told."
)
@click.option(
    "--regressors",
    default=None,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Numbers of each day: day, temperature, ...; also of the days to come.",
)
@click.option("--out", default="-", type=click.Path(dir_okay=False, path_type=Path), help="CSV file, - for stdout.")
def forecast(
    history: Path,
    days: int,
    months: str,
    weekend: str,
    interval: str | None,
    timezone: str | None,
    dates: str | None,
    regressors: Path | None,
    out: Path,
) -> None:
    """Forecast volume and AHT from HISTORY (interval or contact-by-contact data)."""
    from wfm.calendars import Calendar
    from wfm.durations import seconds
    from wfm.forecast import Forecaster
    from wfm.history import read_history, read_table
    from wfm.tables import REGRESSORS

    calendar = Calendar(months=months, weekend=tuple(day.strip() for day in weekend.split(",")))
    width = seconds(interval, name="interval") if interval else None
    table = read_history(history, timezone=timezone, interval=width, calendar=calendar, dates=dates)
    known = () if regressors is None else read_table(regressors, REGRESSORS, calendar=calendar)
    write_table(Forecaster(calendar=calendar, regressors=known).fit(table).predict(days=days), out)


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
    write_table(requirement(table, target, patience=wait, shrinkage=shrinkage), out)


@main.command()
@click.argument("history", type=click.Path(path_type=Path))
@click.option("--origins", default=6, show_default=True, help="How often to forecast from the past.")
@click.option("--horizon", default=14, show_default=True, help="Days ahead.")
@click.option(
    "--months", default="gregorian", show_default=True, type=click.Choice(["gregorian", "solar-hijri", "hijri"])
)
@click.option(
    "--dates", default=None, type=click.Choice(["dmy", "mdy", "hijri"]), help="Where 03/04/2026 cannot be told."
)
@click.option("--interval", default=None, help="Re-bin to this width first, such as 30min.")
@click.option(
    "--regressors",
    default=None,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Numbers of each day: day, temperature, ...; also of the days to come.",
)
@click.option("--out", default="-", type=click.Path(dir_okay=False, path_type=Path), help="CSV file, - for stdout.")
def backtest(
    history: Path,
    origins: int,
    horizon: int,
    months: str,
    dates: str | None,
    interval: str | None,
    regressors: Path | None,
    out: Path,
) -> None:
    """Measure the forecast on HISTORY from origins in its past, beside the best possible."""
    from wfm.calendars import Calendar
    from wfm.durations import seconds
    from wfm.forecast import Forecaster
    from wfm.forecast import backtest as measure
    from wfm.history import read_history, read_table
    from wfm.tables import REGRESSORS

    calendar = Calendar(months=months)
    width = seconds(interval, name="interval") if interval else None
    table = read_history(history, interval=width, calendar=calendar, dates=dates)
    known = () if regressors is None else read_table(regressors, REGRESSORS, calendar=calendar)
    model = Forecaster(calendar=calendar, regressors=known)
    write_table(measure(model, table, origins=origins, horizon=horizon), out)
