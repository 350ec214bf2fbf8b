"""The desk of the day: who may take or swap a shift, which shifts would help, who may stay longer or go home."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wfm.cli.group import main, write_table
from wfm.errors import SettingError

if TYPE_CHECKING:
    import pandas as pd

    from wfm.schedule import Desk

FOLDER = click.Path(file_okay=False, path_type=Path)
OUT = click.option(
    "--out", default="-", type=click.Path(dir_okay=False, path_type=Path), help="CSV file, - for stdout."
)
LAWFUL = click.option("--all", "everybody", is_flag=True, help="Also those who may not, with the rule in the way.")


@main.group()
def offers() -> None:
    """Ask who may lawfully take, swap, lengthen or leave a shift of the plan in FOLDER; answers are ranked."""


@offers.command()
@click.argument("folder", type=FOLDER)
@click.argument("agent")
@click.argument("day")
@LAWFUL
@OUT
def take(folder: Path, agent: str, day: str, everybody: bool, out: Path) -> None:
    """Who may take the shift of AGENT on DAY."""
    from wfm.schedule import who_may_take

    write_table(_lawful(who_may_take(_desk(folder), agent, day), everybody), out)


@offers.command()
@click.argument("folder", type=FOLDER)
@click.argument("agent")
@click.argument("day")
@click.option("--within", default=7, show_default=True, type=click.IntRange(0, 366), help="Days between the shifts.")
@LAWFUL
@OUT
def swap(folder: Path, agent: str, day: str, within: int, everybody: bool, out: Path) -> None:
    """Whose shifts AGENT may have for the one on DAY."""
    from wfm.schedule import who_may_swap

    write_table(_lawful(who_may_swap(_desk(folder), agent, day, within=within), everybody), out)


@offers.command(name="open")
@click.argument("folder", type=FOLDER)
@click.option("--most", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many shifts.")
@OUT
def open_(folder: Path, most: int, out: Path) -> None:
    """The further shifts that would fill most of what is missing, and who may take them."""
    from wfm.schedule import open_shifts

    write_table(open_shifts(_desk(folder), most=most), out)


@offers.command()
@click.argument("folder", type=FOLDER)
@click.argument("day")
@click.option("--longest", default="2h", show_default=True, help="Most extra time of one person.")
@LAWFUL
@OUT
def overtime(folder: Path, day: str, longest: str, everybody: bool, out: Path) -> None:
    """Who may come earlier or stay longer on DAY where people are short."""
    from wfm.schedule import overtime_offers

    write_table(_lawful(overtime_offers(_desk(folder), day, longest=longest), everybody), out)


@offers.command(name="time-off")
@click.argument("folder", type=FOLDER)
@click.argument("day")
@click.option("--shortest", default="1h", show_default=True, help="Least time of one person.")
@LAWFUL
@OUT
def time_off(folder: Path, day: str, shortest: str, everybody: bool, out: Path) -> None:
    """Who may go home early on DAY, what costs least service first."""
    from wfm.schedule import time_off_offers

    write_table(_lawful(time_off_offers(_desk(folder), day, shortest=shortest), everybody), out)


def _desk(folder: Path) -> Desk:
    """The published roster of a plan's folder, or the plan's own, with the people and rules of its week."""
    from wfm.plan.inputs import read_inputs
    from wfm.schedule import Desk
    from wfm.settings import read_week
    from wfm.versions import read_run
    from wfm.versions.published import latest, read_csv_table

    run = read_run(folder)
    week = read_week(folder / run.record["week"]["file"])
    people = read_inputs(week, {}).people
    if people is None:
        raise SettingError("the plan's week names no people, so there is nobody to ask.", name="people")
    published = latest(folder)
    told = run if published is None else published.run
    return Desk(
        roster=read_csv_table(told, "roster"),
        coverage=read_csv_table(told, "coverage"),
        people=people,
        shift_types=week.shift_types,
        rules=week.rules,
        hours={name: queue.hours for name, queue in week.queues.items()},
        span=(week.start, week.end),
    )


def _lawful(found: pd.DataFrame, everybody: bool) -> pd.DataFrame:
    """The lawful answers, or all with what is in the way of the others."""
    if everybody:
        return found
    return (
        found[found["lawful"].astype(bool)]
        .drop(columns=["lawful", "rule", "why"], errors="ignore")
        .reset_index(drop=True)
    )
