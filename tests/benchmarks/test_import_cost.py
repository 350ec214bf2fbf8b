"""What `import wfm` costs beside `import pandas`, in CPU time, pair by pair in one run."""

import resource
import subprocess
import sys

import pytest


def cpu_seconds(code):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


@pytest.mark.slow
def test_importing_wfm_costs_at_most_half_as_much_again_as_pandas():
    cpu_seconds("import wfm")  # byte code is compiled once
    pairs = sorted(cpu_seconds("import wfm") / cpu_seconds("import pandas") for _ in range(9))
    assert pairs[4] <= 1.5, f"ratios {pairs}"
