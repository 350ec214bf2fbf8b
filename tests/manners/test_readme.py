"""Everything that the README shows is run."""

import doctest
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

import wfm
from small_centre import write_centre
from wfm.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(mark, language):
    return re.search(rf"<!-- {mark} -->\n```{language}\n(.*?)```", README, re.S)[1]


def test_every_python_snippet_runs_and_gives_what_it_shows():
    text = "\n".join(re.findall(r"```python\n(.*?)```", README, re.S))
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    report = []
    runner.run(doctest.DocTestParser().get_doctest(text, {}, "README.md", None, 0), out=report.append)
    assert runner.tries > 20
    assert not runner.failures, "".join(report)


def test_the_planners_file_is_checked_and_planned_by_the_commands_shown(tmp_path):
    path = write_centre(tmp_path, block("week.yaml", "yaml"))
    assert "wfm check week.yaml\nwfm plan week.yaml" in README
    checked = CliRunner().invoke(main, ["check", str(path)])
    assert checked.exit_code == 0, checked.output
    assert "can be planned" in checked.stdout
    planned = CliRunner().invoke(main, ["plan", str(path)])
    assert planned.exit_code in (0, 1), planned.output
    assert planned.stdout.count("\n") >= 11


def test_the_file_of_what_moves_contacts_is_planned_with_its_tables(tmp_path):
    starts = pd.date_range("2025-11-24", "2026-11-22 23:00", freq="h")
    starts = starts[(starts.hour >= 8) & (starts.hour < 12)]
    history = pd.DataFrame({"queue": "voice", "start": starts, "offered": 40.0 + 10 * (starts.day == 24), "aht": 240.0})
    days = pd.date_range("2025-11-24", "2026-11-29")
    weather = pd.DataFrame(
        {"day": days, "rain": np.arange(len(days)) % 9, "customers": np.linspace(9e3, 15e3, len(days))}
    )
    weather.to_csv(tmp_path / "weather.csv", index=False)
    history.to_csv(tmp_path / "calls.csv", index=False)
    (tmp_path / "school.csv").write_text("name,start,last day\nsummer,2026-07-01,2026-08-15\n", encoding="utf-8")
    queue = {"history": "calls.csv", "hours": "08:00-12:00", "patience": 200, "target": {"share": 0.8, "within": 60}}
    week = {
        "queues": {"voice": queue},
        "interval": "60min",
        "plan": {"start": "2026-11-23"},
        **yaml.safe_load(block("influences.yaml", "yaml")),
    }
    path = tmp_path / "week.yaml"
    path.write_text(yaml.safe_dump(week, sort_keys=False), encoding="utf-8")
    plan = wfm.plan_week(path)
    assert any("history holds no 'mailing' and no volume is stated" in text for text in plan.warnings)
    assert {"recurring:wages", "regressor:rain", "event:Card 2"} <= set(plan.drivers["component"])


def test_the_two_commands_are_one_line_each_and_install_what_they_run():
    demo, test = block("demo command", "bash"), block("test command", "bash")
    assert demo.count("\n") == test.count("\n") == 1
    assert demo.endswith("pip install . && wfm demo\n")
    assert test.endswith('pip install -e ".[test]" && pytest -n 2 --dist loadfile\n')


def test_every_command_of_wfm_explains_itself():
    for name in ["", *main.commands]:
        done = CliRunner().invoke(main, [*([name] if name else []), "--help"])
        assert done.exit_code == 0
        assert len(done.output.splitlines()) > 5


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"])
def test_what_the_readme_points_to_is_there(name):
    assert (ROOT / name).exists()
    assert name in README or name == "LICENSE"


def test_every_function_that_the_readme_names_for_analysts_is_there():
    told = README.split("What else an analyst asks")[1].split("|---|---|")[1].split("\n\n")[0]
    named = [call or word for call, word in re.findall(r"(?<![\w.)])([A-Za-z_][\w.]*)\(|`([a-z_]+)`", told)]
    assert {"backtest", "model.update", "wfm.suspects.find_suspects", "plot_explained"} <= set(named)
    for name in named:
        holder, _, word = name.rpartition(".")
        if holder.startswith("wfm."):
            assert holder.removeprefix("wfm.") in wfm.__all__, name  # `import wfm` is all that the reader was shown
        home = {"": wfm.forecast, "model": wfm.Forecaster}.get(holder) or import_module(holder)
        assert hasattr(home, word), name


def test_every_folder_and_file_that_the_architecture_names_is_there():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for path in re.findall(
        r"`((?:src/wfm/)?(?:plan|evaluation|settings|forecast|erlang|schedule|history|tables)/[\w/.]*)`", text
    ):
        assert (ROOT / "src/wfm" / path.removeprefix("src/wfm/")).exists(), path


def test_the_module_runs_as_a_command():
    done = subprocess.run([sys.executable, "-m", "wfm.cli", "--version"], capture_output=True, text=True, check=True)
    assert "wfm" in done.stdout
