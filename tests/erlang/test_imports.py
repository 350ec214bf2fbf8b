import ast
import subprocess
import sys
from pathlib import Path


def test_the_room_loads_no_heavy_friend_before_it_is_used():
    code = (
        "import sys, wfm.erlang; "
        "heavy = ('scipy.special', 'scipy.stats', 'scipy.linalg', 'scipy.optimize'); "
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_contract_of_names():
    from wfm.erlang import erlang_a, erlang_b, erlang_c, requirement, transient

    assert callable(requirement)
    for module, names in (
        (erlang_b, "blocking"),
        (transient, "performance"),
        (erlang_c, "wait_probability service_level asa wait_quantile agents_for"),
        (erlang_a, "wait_probability abandon_rate mean_wait asa occupancy queue_length service_level agents_for"),
    ):
        assert all(callable(getattr(module, name)) for name in names.split())


def test_every_exported_name_is_there_and_types_see_the_same():
    import wfm.erlang as room

    assert all(hasattr(room, name) for name in room.__all__)
    source = ast.parse(Path(room.__file__).read_text(encoding="utf-8"))
    declared = {
        alias.name: node.module
        for branch in source.body
        if isinstance(branch, ast.If)
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert declared == room._HOMES


def test_a_formula_does_not_import_the_simulation():
    code = "import sys; from wfm.erlang import erlang_c; print('wfm.erlang.simulation' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
