"""The command `wfm`."""

from wfm.cli import afterwards, arrows, offers, planning, rules, running  # noqa: F401  each puts its commands into it
from wfm.cli.group import main as main
