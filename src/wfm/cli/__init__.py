"""The command `wfm`."""

from wfm.cli import afterwards, arrows, planning  # noqa: F401  they put their commands into the group
from wfm.cli.group import main as main
