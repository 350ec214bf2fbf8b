"""The week while it runs: `wfm update`."""

from __future__ import annotations

from pathlib import Path

import click

from wfm.cli.group import main, write_table


@main.command()
@click.argument("week", type=click.Path(path_type=Path))
@click.argument("came", type=click.Path(path_type=Path))
@click.option("--planned", default=None, type=click.Path(path_type=Path), help="Requirement of the plan, set beside.")
@click.option("--forecast", default=None, type=click.Path(dir_okay=False, path_type=Path), help="CSV of the forecast.")
@click.option("--out", default="-", type=click.Path(dir_okay=False, path_type=Path), help="CSV file, - for stdout.")
def update(week: Path, came: Path, planned: Path | None, forecast: Path | None, out: Path) -> None:
    """Forecast and staff the rest of a running WEEK from what has come of it.

    CAME is a table queue, start, offered since the plan's history ends: whole days, and the first hours of today. Where
    one queue has a history, it may be a file of that history's kind.
    """
    from wfm.history import read_table
    from wfm.plan.intraday import read_came, update_week
    from wfm.settings import read_week
    from wfm.tables import REQUIREMENT

    before = None if planned is None else read_table(planned, REQUIREMENT)
    found = update_week(week, read_came(came, read_week(week)), planned=before)
    if forecast is not None:
        write_table(found.forecast, forecast)
    write_table(found.requirement, out)
    hours = (found.requirement["end"] - found.requirement["start"]).dt.total_seconds() / 3600
    click.echo(
        f"from {found.now:%Y-%m-%d %H:%M} on: {found.forecast['offered'].sum():,.0f} contacts, "
        f"{(found.requirement['agents'] * hours).sum():,.0f} agent-hours",
        err=True,
    )
