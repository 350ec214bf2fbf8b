"""The example of a rotation: lines that keep their rules, the same hours for every group."""

import importlib.util
import re
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "rotation.py"


def test_the_rotation_keeps_its_rules_and_treats_every_group_alike(capsys):
    spec = importlib.util.spec_from_file_location("rotation", EXAMPLE)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    example.main(seconds=2.0)
    told = capsys.readouterr().out
    assert "0 rules broken" in told
    assert told.count("line ") >= 10
    assert re.search(r"the same hours in \d+ weeks: True", told)
