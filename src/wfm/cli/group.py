"""The group of commands and what they share: errors, exit codes, progress, JSON and files.

Results go to stdout, progress and messages to stderr. Exit codes: 0 done; 1 done with the promise not kept or people
short (everything is written all the same); 2 bad input (nothing is written); 3 a fault of the program; 130 stopped by
the user, as shells count it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from wfm import __version__
from wfm.errors import WfmError

DONE, NOT_KEPT, BAD_INPUT, FAULT, STOPPED = 0, 1, 2, 3, 130

HELP = """Plan a contact centre: forecast contacts, staff them, build shifts and rosters, see the service they give.

\b
First steps:
  wfm demo                  plan two weeks of a synthetic bank with 150 people
  wfm init calls.csv        write a commented week.yaml from what a history file shows
  wfm check week.yaml       read a week's file and its tables, list every problem
  wfm plan week.yaml        plan the week, print ten lines, write every table
  wfm publish out           freeze the plan in a folder as a numbered version
  wfm locks out plan.xlsx   read an edited roster back as locks, naming every rule it breaks
  wfm update week.yaml came.csv   forecast and staff the rest of a running week
  wfm rules                 list the labour rules and the templates of laws
  wfm offers open out       ask which shifts would help; take, swap, overtime, time-off
  wfm review out calls.csv  set what came beside the plan, and say why it missed

Exit codes: 0 done; 1 done, but the promise is not kept or people are short; 2 bad input, nothing written;
3 a fault of the program; 130 stopped by Ctrl-C.
"""


class Wfm(click.Group):
    """The group; errors of `wfm` become one message on stderr and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except WfmError as error:
            click.echo(f"wfm: {error}", err=True)
            ctx.exit(BAD_INPUT)
        except OSError as error:
            place = f" {error.filename!r}" if error.filename else ""
            click.echo(
                f"wfm: cannot read or write{place}: {error.strerror or error}. Nothing more is written.", err=True
            )
            ctx.exit(BAD_INPUT)
        except (click.Abort, KeyboardInterrupt):
            click.echo("wfm: stopped. Nothing more is written.", err=True)
            ctx.exit(STOPPED)
        except (click.exceptions.Exit, click.ClickException):
            raise
        except Exception as error:
            if os.environ.get("WFM_DEBUG"):
                raise
            click.echo(
                f"wfm: a fault of the program, not of your files: {type(error).__name__}: {error}. Please report it; "
                "WFM_DEBUG=1 shows where.",
                err=True,
            )
            ctx.exit(FAULT)


@click.group(cls=Wfm, help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="wfm")
def main() -> None:
    """Plan a contact centre: forecast contacts, staff them, build shifts and rosters, see the service they give."""


def write_table(table: Any, out: Path) -> None:
    """A table as CSV, to a file or to stdout."""
    from wfm.plan.output import csv_bytes, write_atomically

    if str(out) == "-":
        click.echo(csv_bytes(table).decode(), nl=False)
    else:
        write_atomically(out, csv_bytes(table))
        click.echo(f"-> {out}", err=True)


def as_json_text(record: Any) -> str:
    """A record as JSON."""
    from wfm.versions.runs import plain

    return json.dumps(plain(record), indent=2, ensure_ascii=False)


@contextmanager
def progress(what: str, quiet: bool, *, steps: int) -> Iterator[Callable[[str], None]]:
    """A bar with the time left, on a terminal; nothing elsewhere."""
    from tqdm import tqdm

    form = "{desc}: {percentage:3.0f}% |{bar:24}| {postfix} {elapsed}<{remaining}"
    with tqdm(
        desc=what, total=steps, disable=quiet or not sys.stderr.isatty(), bar_format=form, file=sys.stderr, leave=False
    ) as bar:

        def tell(step: str) -> None:
            bar.set_postfix_str(step)
            bar.update()

        yield tell
