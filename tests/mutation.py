"""Change one small thing of a module at a time and see whether a test notices.

    python tests/mutation.py erlang_b poisson           # every mutant of these modules
    python tests/mutation.py search --sample 80 --seed 1
    python tests/mutation.py --all --sample 40          # the formula modules

Package and tests are copied to a temporary directory first, so the checkout is never touched. One dry run records which
test reaches which line; a mutant meets only those tests, the quickest first, and counts as killed when one of them
fails or takes far too long. Each mutant runs in a fork of a process that has NumPy, SciPy and pytest loaded already.
Mutants that change nothing anybody could see are listed with the reason in `mutation_equivalents.toml`.
"""

from __future__ import annotations

import argparse
import ast
import bisect
import copy
import itertools
import os
import pickle
import random
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOM = "src/wfm/erlang"
MODULES = {  # module -> test files that know it best, beside its own and its doctests
    "erlang_b": ["erlang_c", "erlang_a"],
    "erlang_c": [],
    "erlang_a": [],
    "palm": ["erlang_a", "steady"],
    "poisson": ["erlang_b", "erlang_a"],
    "definitions": ["palm"],
    "longest_wait": ["erlang_c", "erlang_a"],
    "redial": ["laws"],
    "finite_line": [],
    "impatience": ["laws_of_patience", "laws"],
    "offered_wait": ["laws_of_patience", "impatience", "laws", "finite_line"],
    "general_service": [],
    "uncertain": ["laws"],
    "targets": ["known_answers", "search", "erlang_c", "erlang_a"],
    "search": ["known_answers", "erlang_c", "erlang_a"],
    "chat": ["steady"],
    "rational": ["transient", "evolution_of_a_chain"],
    "transient/day": ["day_of_chains"],
    "transient/evolution": ["evolution_of_a_chain"],
    "transient/waiting": ["places_in_the_queue"],
    "transient/arrivals": [],
    "transient/course": [],
    "transient/measures": [],
    "transient/gains": [],
    "transient/fewest": [],
    "transient/search": [],
    "service_table": ["steady"],
    "allocation": ["ranking_of_agents"],
    "levelling": ["tickets"],
}
FURTHER = ("arguments", "exact_numerics", "properties_of_staffing", "published_values")  # for every module

COMPARED = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
COMPUTED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.MatMult: ast.Mult,
}
_PAIRS = "minimum/maximum floor/ceil any/all zeros/ones zeros_like/ones_like argmin/argmax min/max log1p/log expm1/exp"
SWAPPED = {a: b for pair in _PAIRS.split() for a, b in (pair.split("/"), pair.split("/")[::-1])}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of a source text: bytes [start, end) become `new`."""

    line: int
    last: int
    start: int
    end: int
    new: str

    def apply(self, source: bytes) -> bytes:
        return source[: self.start] + self.new.encode() + source[self.end :]

    def lines(self, source: bytes) -> tuple[str, str]:
        """The changed line before and after."""
        begin = source.rfind(b"\n", 0, self.start) + 1
        until = source.find(b"\n", self.end)
        after = source[begin : self.start] + self.new.encode() + source[self.end : until]
        return tuple(" ".join(text.decode().split()) for text in (source[begin:until], after))


def mutants(source: bytes) -> list[Mutant]:
    """Every mutant of a module; texts of errors and warnings, docstrings and annotations are left alone."""
    starts = [0]
    for text in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(text))
    found = {}
    for node in _walk(ast.parse(source)):
        begin, end = (
            starts[x - 1] + y for x, y in ((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset))
        )
        for other in _changes(node):
            text = ast.unparse(other) if isinstance(other, ast.AST) else other
            new = f"({text})" if isinstance(node, ast.BinOp | ast.BoolOp | ast.Compare | ast.UnaryOp) else text
            if compiles(one := Mutant(node.lineno, node.end_lineno, begin, end, new), source):
                found[(begin, end, new)] = one
    return sorted(found.values(), key=lambda m: (m.start, m.end, m.new))


def compiles(mutant: Mutant, source: bytes) -> bool:
    try:
        compile(mutant.apply(source), "mutant", "exec")
    except SyntaxError:
        return False
    return True


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(
                child, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom
            ):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            if isinstance(child, ast.Call) and ast.unparse(child.func) in ("warnings.warn", "np.errstate"):
                continue
            if hasattr(child, "lineno"):
                yield child
            yield from _walk(child)


def _changes(node: ast.AST) -> Iterator[ast.AST | str]:
    match node:
        case ast.Compare(ops=[op]):
            yield from (_with(node, ops=[other()]) for other in COMPARED[type(op)])
        case ast.BinOp(op=op) if type(op) in COMPUTED:
            yield _with(node, op=COMPUTED[type(op)]())
        case ast.BoolOp(op=op):
            yield _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.UnaryOp():
            yield node.operand
        case ast.AugAssign(op=op) if type(op) in COMPUTED:
            yield _with(node, op=COMPUTED[type(op)]())
            yield ast.Assign(targets=[node.target], value=node.value, lineno=0)
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int() | float()):
            yield ast.Constant(node.value + 1 if node.value + 1 != node.value else 2 * node.value)
        case ast.Constant(value=str()):
            yield ast.Constant(f"XX{node.value}XX")
        case ast.Break():
            yield "continue"
        case ast.Continue():
            yield "break"
        case ast.Attribute(attr=name) if name in SWAPPED:
            yield _with(node, attr=SWAPPED[name])
        case ast.Name(id=name) if name in SWAPPED:
            yield _with(node, id=SWAPPED[name])
        case ast.Call() if node.keywords:
            for k in range(len(node.keywords)):
                yield _with(node, keywords=node.keywords[:k] + node.keywords[k + 1 :])
        case ast.Assign() if not isinstance(node.value, ast.Constant) and "NDArray" not in ast.unparse(node.value):
            yield _with(node, value=ast.Constant(None))
        case ast.Expr(value=ast.Call()):
            yield "pass"


def _with(node: ast.AST, **fields: object) -> ast.AST:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


class Watch:
    """A pytest plugin: which test reaches which lines of one file, and how long it takes."""

    def __init__(self, path: str) -> None:
        self.path, self.lines, self.seconds, self.failed = path, {}, {}, []

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.node = self.lines.setdefault(nodeid, set())
        sys.settrace(self._call)

    def pytest_runtest_logreport(self, report) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self.failed.append(report.nodeid)

    def _call(self, frame, event, arg):
        if frame.f_code.co_filename != self.path:
            return None
        self.node.add(frame.f_lineno)
        return self._line

    def _line(self, frame, event, arg):
        self.node.add(frame.f_lineno)
        return self._line


class Choose:
    """A pytest plugin: only these tests, in this order."""

    def __init__(self, order: list[str]) -> None:
        self.place = {node: k for k, node in enumerate(order)}

    def pytest_collection_modifyitems(self, items: list) -> None:
        items[:] = sorted((x for x in items if x.nodeid in self.place), key=lambda x: self.place[x.nodeid])


def copied() -> Path:
    """The package and its tests in a temporary directory."""
    place = Path(tempfile.mkdtemp(prefix="mutation-"))
    for name in ("src", "tests"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis"))
    shutil.copy(ROOT / "pyproject.toml", place)
    return place


def files_for(module: str, place: Path) -> list[str]:
    names = [module.partition("/")[0], *MODULES[module]]
    files = [f"tests/erlang/test_{name}.py" for name in names]
    files += [
        str(p.relative_to(place)) for name in FURTHER for p in sorted(place.glob(f"tests/erlang/test_{name}*.py"))
    ]
    own = str(source_of(module, place).relative_to(place))
    return [own, *dict.fromkeys(f for f in files if (place / f).exists())]


def source_of(module: str, place: Path) -> Path:
    """The file of a module: by its path in the room, or in the first folder that holds its name."""
    exact = place / ROOM / f"{module}.py"
    return exact if exact.exists() else min((place / ROOM).rglob(f"{module}.py"))


def in_fork(place: Path, arguments: list[str], plugin: object, seconds: float, answer: bool = False) -> object:
    """Run pytest in a child: its exit code, or what the plugin saw; a child that takes too long is ended."""
    note = place / "answer"
    child = os.fork()
    if child == 0:
        signal.alarm(int(seconds) + 1)
        os.chdir(place)
        out = os.open(place / "out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.path[:0] = [str(place / "src")]
        sys.dont_write_bytecode = not answer
        import hypothesis
        import pytest

        few = [hypothesis.Phase.explicit, hypothesis.Phase.generate]  # a failure need not be made small
        hypothesis.settings.register_profile("mutation", database=None, derandomize=True, phases=few)
        hypothesis.settings.load_profile("mutation")
        code = pytest.main(
            [*arguments, *(["-q"] if answer else ["-x", "-q"]), "--tb=line", "-p", "no:cacheprovider"], plugins=[plugin]
        )
        if answer:
            note.write_bytes(pickle.dumps((plugin.lines, plugin.seconds, plugin.failed)))
        os._exit(int(code))
    code = os.waitpid(child, 0)[1]
    return pickle.loads(note.read_bytes()) if answer else code


def judge(
    module: str, place: Path, sample: int, seed: int, budget: float, equivalents: dict[tuple[str, str], str]
) -> tuple[int, ...]:
    """Print the survivors of one module and return how many mutants there were, were equivalent, and were killed."""
    path = source_of(module, place)
    source, files = path.read_bytes(), files_for(module, place)
    reached, seconds, failed = in_fork(place, files, Watch(str(path)), 900, answer=True)
    for test in failed:
        print(f"left out, because it fails before anything is changed: {test}")
        reached.pop(test, None)
    if not reached:
        sys.exit(f"no test of {module} passes:\n{(place / 'out').read_text()[-3000:]}")
    for stale in path.parent.glob(f"__pycache__/{path.stem}.*"):
        stale.unlink()
    every = mutants(source)
    chosen = every if sample >= len(every) else random.Random(seed).sample(every, sample)
    inside = {line for lines in reached.values() for line in lines}
    killed = known = 0
    for mutant in sorted(chosen, key=lambda m: m.start):
        before, after = mutant.lines(source)
        if (before, after) in equivalents:
            known += 1
            continue
        span = set(range(mutant.line, mutant.last + 1))
        tests = [t for t in reached if reached[t] & span] if span & inside else list(reached)
        tests.sort(key=lambda t: seconds[t])
        spent = list(itertools.accumulate(seconds[t] for t in tests))
        tests = tests[: max(bisect.bisect(spent, budget), 1)]
        path.write_bytes(mutant.apply(source))
        limit = 10 + 5 * sum(seconds[t] for t in tests)
        code = in_fork(place, sorted({t.partition("::")[0] for t in tests}), Choose(tests), limit)
        path.write_bytes(source)
        if code:
            killed += 1
        else:
            print(f"survived {module}.py:{mutant.line}\n  - {before}\n  + {after}", flush=True)
    return len(chosen), known, killed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("modules", nargs="*", choices=[*MODULES, []])
    parser.add_argument("--all", action="store_true", help="all formula modules")
    parser.add_argument("--sample", type=int, default=10_000, help="at most so many mutants of a module")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--budget", type=float, default=20.0, help="seconds of tests that a mutant meets at most")
    chosen = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    # loaded once, before the forks
    import hypothesis.strategies  # noqa: F401
    import pandas  # noqa: F401
    import pytest  # noqa: F401
    import scipy.linalg.lapack
    import scipy.optimize
    import scipy.special
    import scipy.stats  # noqa: F401

    noted = tomllib.loads((ROOT / "tests/mutation_equivalents.toml").read_text())
    place = copied()
    try:
        for module in MODULES if chosen.all else chosen.modules:
            began = time.monotonic()
            equivalents = {(e["before"], e["after"]): e["reason"] for e in noted.get(module, [])}
            count, known, killed = judge(module, place, chosen.sample, chosen.seed, chosen.budget, equivalents)
            rate = killed / max(count - known, 1)
            spent = time.monotonic() - began
            print(
                f"{module}: {count} mutants, {known} equivalent, {killed} killed, {rate:.1%} ({spent:.0f} s)",
                flush=True,
            )
    finally:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
