"""What the architecture promises: floors, light imports, an explicit surface."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import wfm

SOURCE = Path(wfm.__file__).parent
HEAVY = (
    "statsmodels",
    "scipy.stats",
    "scipy.optimize",
    "scipy.special",
    "matplotlib",
    "pydantic",
    "click",
    "yaml",
    "tqdm",
    "joblib",
    "persiantools",
    "jinja2",
    "openpyxl",
)
# From the top down; a module may import from floors below, and from its own entry.
FLOORS = [
    {"cli"},
    {"demo", "starter"},
    {"review"},
    {"report"},
    {"plan"},
    {"suspects"},
    {"evaluation"},
    {"versions"},
    {"settings"},
    {"forecast", "erlang", "schedule"},
    {"datasets"},
    {"history"},
    {"queues"},
    {"hours", "events", "regressors"},
    {"calendars", "target", "tables", "attendance", "threads"},
    {"durations", "recurring"},
    {"checks"},
    {"errors"},
    {"first_use"},
]
LEVEL = {name: depth for depth, names in enumerate(FLOORS) for name in names}


def modules():
    return sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").startswith("wfm"):
            parts = node.module.split(".")
            yield from [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("wfm."))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_only_go_down_the_floors(path):
    mine = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    for other in imported(path):
        if (mine, other) == ("plan", "report"):  # the plan's own writers, called only when asked for
            continue
        if other in LEVEL and other != mine:
            assert LEVEL[other] > LEVEL[mine], f"{path.name}: {mine} may not import {other}"


def test_every_module_stands_on_a_floor():
    assert {path.relative_to(SOURCE).parts[0].removesuffix(".py") for path in modules()} <= set(LEVEL)


def test_no_module_has_a_name_that_says_nothing():
    banned = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc", "tools"}
    assert not banned & {part.removesuffix(".py") for path in modules() for part in path.relative_to(SOURCE).parts}


def test_importing_wfm_loads_no_heavy_library():
    code = f"import sys, wfm; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_wfm_says_nothing_and_sets_up_no_logging():
    code = "import logging, wfm; print(len(logging.getLogger().handlers), logging.getLogger('wfm').handlers)"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("0 []", "")


def test_the_source_prints_nothing_but_the_command_does():
    for path in modules():
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        assert not [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"], path


def test_the_surface_is_what_init_names():
    declared = {
        alias.asname: node.module
        for top in ast.parse(Path(wfm.__file__).read_text()).body
        if isinstance(top, ast.If)
        for node in top.body
        for alias in node.names
    }
    assert {**dict.fromkeys(wfm._ROOMS, "wfm"), **wfm._HOMES} == declared, "what types see is not what is imported"
    for name in wfm.__all__:
        assert getattr(wfm, name) is not None
        assert name in dir(wfm)
    with pytest.raises(AttributeError, match="no attribute 'Forcaster'"):
        _ = wfm.Forcaster


def test_the_version_is_that_of_the_distribution():
    from importlib.metadata import version

    assert version("openwfm") == wfm.__version__
