"""Timing of benchmarks: CPU seconds, the best of several; the ratios are printed as a table at the end of the run."""

import gc
import time
import warnings
from collections.abc import Callable

import pytest

ROWS: list[tuple[str, str, str, str]] = []


def best_cpu_seconds(call: Callable[[], object], times: int = 5) -> float:
    """The least CPU time of several calls, after one that loads and caches; no garbage is collected meanwhile."""
    call()
    spent = []
    gc.disable()
    try:
        for _ in range(times):
            began = time.process_time()
            call()
            spent.append(time.process_time() - began)
    finally:
        gc.enable()
    return min(spent)


@pytest.fixture
def cpu():
    return best_cpu_seconds


@pytest.fixture
def note():
    """Keep a line of the table: what was measured, ours, theirs, the ratio that is judged."""

    def keep(what: str, ours: str, beside: str, judged: str) -> None:
        ROWS.append((what, ours, beside, judged))

    return keep


@pytest.fixture
def peer():
    """Another package, or a skip that says how to get it."""

    def load(name: str):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pytest.importorskip(name, reason=f'{name} is not installed: pip install "openwfm[bench]"')

    return load


def pytest_terminal_summary(terminalreporter) -> None:
    if not ROWS:
        return
    head = ("measured", "ours", "beside", "judged")
    widths = [max(len(row[k]) for row in (head, *ROWS)) for k in range(4)]
    terminalreporter.section("benchmarks")
    for row in (head, *ROWS):
        terminalreporter.write_line("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)))
