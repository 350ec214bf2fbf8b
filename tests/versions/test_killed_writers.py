"""A publication that is killed leaves nothing that looks like a version, and the next one cleans up."""

import json
import os
import subprocess
import sys

import pytest

KILLER = """
import json, os, random, signal, sys, time
from pathlib import Path
from wfm.versions import published_versions, publish
from wfm.versions.archive import json_bytes, sha256, write_whole

out, times = Path(sys.argv[1]), int(sys.argv[2])
random.seed(int(sys.argv[3]))
record = json.loads((out / "run.json").read_text())

def other_plan(k):
    content = f"name,queue,value\\nround,live,{k}\\n".encode()
    write_whole(out / "tables" / "trust.csv", content)
    write_whole(out / "run.json", json_bytes({**record, "tables": {**record["tables"], "trust": sha256(content)}}))

def broken():
    for found in published_versions(out):
        for name, known in found.run.record["files"].items():
            if sha256((found.folder / name).read_bytes()) != known:
                return f"{found.folder.name}/{name}"

def halves():
    return [path.name for path in (out / "versions").glob(".*.half")]

begun = time.perf_counter()
publish(out, published="2026-11-14")
usual = time.perf_counter() - begun
caught = 0
for k in range(times):
    other_plan(k)
    child = os.fork()
    if child == 0:
        publish(out, published="2026-11-14")
        os._exit(0)
    time.sleep(random.uniform(0, 1.1 * usual))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    caught += bool(halves())
    assert broken() is None, broken()
    if k % 3 == 2:  # the next run; between, several killed ones pile up
        publish(out, published="2026-11-14")
        assert not halves(), halves()
publish(out, published="2026-11-14")
numbers = [found.version for found in published_versions(out)]
print(json.dumps({"caught": caught, "numbers": numbers, "halves": halves(), "broken": broken()}))
"""


def killed(out, times, seed):
    paths = out / "tables" / "paths.csv"  # smaller, so that rounds are quick
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    del record["tables"]["paths"]
    paths.unlink()
    (out / "run.json").write_text(json.dumps(record), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", KILLER, str(out), str(times), str(seed)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("times", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_a_killed_publication_leaves_no_half_version(centre, times):
    found = killed(centre / "out", times, seed=7)
    assert found["broken"] is None
    assert found["halves"] == []
    assert found["numbers"] == list(range(1, len(found["numbers"]) + 1))
    assert found["caught"] >= 1  # some were hit in the middle of writing


def test_what_a_killed_writer_left_is_no_version_and_is_taken_away(centre):
    from wfm.versions import latest, publish

    left = centre / "out" / "versions" / ".0001.half"
    left.mkdir(parents=True)
    (left / "manifest.json").write_text("{")
    assert latest(centre / "out") is None
    assert publish(centre / "out").version == 1
    assert sorted(path.name for path in (centre / "out" / "versions").iterdir()) == [".lock", "0001"]
