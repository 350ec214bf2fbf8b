"""After the plan: publish it, read an edited roster back, review what came."""

from __future__ import annotations

from pathlib import Path

import click

from wfm.cli.group import DONE, NOT_KEPT, as_json_text, main
from wfm.errors import DataError, SettingError


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
@click.argument("edited", type=click.Path(path_type=Path))
@click.option("--out", default="locks.csv", show_default=True, type=click.Path(dir_okay=False, path_type=Path))
@click.pass_context
def locks(ctx: click.Context, folder: Path, edited: Path, out: Path) -> None:
    """Read an EDITED roster (CSV, or the workbook's Roster sheet) back as locks on the published roster in FOLDER.

    Every rule that the edit breaks is named; nothing is undone. Exit code 1 where a hard rule is broken.
    """
    from wfm.plan.inputs import read_inputs
    from wfm.plan.output import csv_bytes, write_atomically
    from wfm.settings import read_week
    from wfm.versions import broken_rules, previous_roster, read_edited_roster, read_run

    week = read_week(folder / read_run(folder).record["week"]["file"])
    people = read_inputs(week, {}).people
    if people is None:
        raise SettingError("the plan's week names no people, so there is no roster to edit.", name="people")
    old = previous_roster(folder)
    found = read_edited_roster(edited, old, shift_types=week.shift_types)
    if found.roster.empty:
        raise DataError(
            f"{edited.name} has no rows: an edited roster with nobody in it is taken for a slip.", table="roster"
        )
    hours = {name: queue.hours for name, queue in week.queues.items()}
    broken = broken_rules(
        found, people, week.rules, week.shift_types, hours, published=old, span=(week.start, week.end)
    )
    fresh = broken[~broken["before"].astype(bool)]
    write_atomically(out, csv_bytes(found.locks))
    for message in fresh["message"]:
        click.echo(f"breaks: {message}")
    click.echo(
        f"-> {out}     {len(found.locks)} locks from {len(found.changes)} changed cells; name it under people.locks"
    )
    ctx.exit(NOT_KEPT if bool(fresh["hard"].any()) else DONE)


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.argument("actuals", nargs=-1, required=True)
@click.option("--attendance", default=None, type=click.Path(path_type=Path), help="Who came: queue, start, agents.")
@click.option("--out", default=None, type=click.Path(file_okay=False, path_type=Path), help="Folder for the tables.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def review(folder: Path, actuals: tuple[str, ...], attendance: Path | None, out: Path | None, as_json: bool) -> None:
    """Set ACTUALS (a history of what came) beside the plan in FOLDER, and split the miss by its causes.

    ACTUALS is one file for all queues, or one for each: wfm review out voice=calls.csv chat=chats.csv
    """
    from wfm.plan.output import write_tables
    from wfm.review import review as look_back

    found = look_back(folder, _by_queue(actuals), attendance=attendance)
    if out is not None:
        write_tables(found.tables(), out)
    click.echo(as_json_text(found.record()) if as_json else found.summary())


def _by_queue(words: tuple[str, ...]) -> Path | dict[str, Path]:
    """One plain file, or `queue=file` for each queue; a file whose own name holds `=` is a plain one."""
    plain = [word for word in words if "=" not in word or Path(word).is_file()]
    if len(words) == 1 and plain:
        return Path(plain[0])
    if plain:
        raise SettingError(
            f"of several files each must say whose it is, such as voice={plain[0]}, got {plain[0]!r}.",
            name="actuals",
            value=plain[0],
        )
    pairs = [tuple(word.split("=", 1)) for word in words]
    names = [name.strip() for name, _ in pairs]
    twice = [name for k, name in enumerate(names) if name in names[:k]]
    if twice:
        raise SettingError(f"queue {twice[0]!r} has two files. Put them together into one.", name="actuals")
    return {name: Path(place) for name, (_, place) in zip(names, pairs, strict=True)}
