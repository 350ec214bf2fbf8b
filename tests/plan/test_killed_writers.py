"""A writer killed at any moment leaves whole files, and the next run mends what is missing."""

import csv
import os
import pickle
import random
import signal
import subprocess
import sys
import time
import zipfile

import pytest

import wfm
from small_centre import write_centre

WRITE = """
import pickle, sys
plan = pickle.load(open(sys.argv[1], "rb"))
print("ready", flush=True)
while True:
    plan.to_csv(sys.argv[2] + "/tables"); plan.to_excel(sys.argv[2] + "/plan.xlsx")
    plan.to_ics(sys.argv[2] + "/calendars"); plan.to_html(sys.argv[2] + "/report.html")
"""


@pytest.fixture(scope="module")
def pickled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("centre")
    plan = wfm.plan_week(write_centre(folder))
    path = folder / "plan.pickle"
    path.write_bytes(pickle.dumps(plan))
    return path


def kill_while_writing(pickled, out, moment):
    child = subprocess.Popen([sys.executable, "-c", WRITE, str(pickled), str(out)], stdout=subprocess.PIPE)
    child.stdout.readline()
    time.sleep(moment)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()


def whole(path):
    """Whether a file is complete, by its own form."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return book.testzip() is None
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        return text.endswith("\n") and len({len(row) for row in csv.reader(text.splitlines())}) == 1
    return text.rstrip().endswith({".ics": "END:VCALENDAR", ".html": "</html>"}[path.suffix])


def judge(pickled, out, kills, seed):
    rng = random.Random(seed)
    for _ in range(kills):
        kill_while_writing(pickled, out, rng.uniform(0.0, 1.5))
        files = [path for path in out.rglob("*") if path.is_file() and not path.name.startswith(".")]
        assert all(whole(path) for path in files)
    plan = pickle.loads(pickled.read_bytes())
    written = {
        *plan.to_csv(out / "tables"),
        plan.to_excel(out / "plan.xlsx"),
        *plan.to_ics(out / "calendars"),
        plan.to_html(out / "report.html"),
    }
    left = {path for path in out.rglob("*") if path.is_file()}
    assert left == written, "something half written stayed behind"


def test_killed_writers_leave_whole_files(pickled, tmp_path):
    judge(pickled, tmp_path, kills=5, seed=1)


@pytest.mark.slow
def test_two_hundred_killed_writers_leave_whole_files(pickled, tmp_path):
    judge(pickled, tmp_path, kills=200, seed=2)
