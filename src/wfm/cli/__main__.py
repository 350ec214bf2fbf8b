"""`python -m wfm.cli` is the command `wfm`."""

from wfm.cli import main

main(prog_name="wfm")
