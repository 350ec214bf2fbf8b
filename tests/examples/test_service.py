"""The HTTP service, over a real socket."""

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

import wfm

httpx = pytest.importorskip("httpx")
pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")
FOLDER = Path(__file__).parents[2] / "examples" / "service"

TIMES = [f"2026-11-23T{hour:02d}:{minute}" for hour in range(8, 18) for minute in ("00", "30")]
FORECAST = [{"queue": "voice", "start": time, "offered": 40.0, "aht": 240.0} for time in TIMES]
TARGET = {"share": 0.8, "within": "20s"}
STAFF = {"forecast": FORECAST, "target": TARGET, "patience": 240, "shrinkage": 0.05}
WEEK = {
    "queues": {
        "voice": {
            "forecast": [row | {"offered_q0.1": 30.0, "offered_q0.9": 50.0} for row in FORECAST],
            "target": {"share": 0.8, "within": 60, "confidence": 0.8},
            "patience": 240,
            "hours": {"mon": "08:00-18:00"},
            "shrinkage": {"unplanned": 0.05},
        }
    },
    "shifts": {
        "day": {"length": "8h", "starts": "08:00-10:00/30min"},
        "half": {"length": "4h", "starts": "08:00-14:00/30min"},
    },
    "plan": {"start": "2026-11-23", "time_limit": 600},
}
ENDLESS = {
    "queues": {"voice": {"volume": "90000/week", "aht": 300, "patience": 240, "target": TARGET | {"confidence": 0.9}}},
    "plan": {"start": "2026-11-23", "weeks": 13, "paths": 5000},
}


@contextmanager
def served(**settings):
    """A server on a free port of this computer, started and stopped as its user would."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["-m", "uvicorn", "app:app", "--app-dir", str(FOLDER), "--port", str(port), "--log-level", "warning"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"} | settings
    process = subprocess.Popen([sys.executable, *words], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            wait_for(client, free=int(settings["WFM_WORKERS"]))
            yield client
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert "Traceback" not in said, said
    finally:
        process.kill()
        process.communicate()


def wait_for(client, *, free):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            found = client.get("/health")
            if found.status_code == 200 and found.json()["free"] == free:
                return
        except httpx.ConnectError:
            pass
        time.sleep(0.02)
    raise AssertionError("the service did not get ready")


@pytest.fixture(scope="module")
def client():
    with served(WFM_WORKERS="2", WFM_SOLVER_SECONDS="2") as client:
        yield client


def history(weeks=5):
    starts = pd.date_range("2026-10-05", periods=24 * 7 * weeks, freq="h")
    starts = starts[(starts.hour >= 8) & (starts.hour < 18)]
    offered = 30 + 10 * (starts.hour < 12) + 5 * (starts.day_of_week == 0) + starts.day % 3
    return [
        {"start": start.isoformat(), "offered": float(count), "aht": 240.0}
        for start, count in zip(starts, offered, strict=True)
    ]


def problems(response):
    assert response.status_code == 422, response.text
    return {found["where"]: found["message"] for found in response.json()["problems"]}


def test_staff_is_what_the_library_says(client):
    answer = client.post("/staff", json=STAFF)
    assert answer.status_code == 200, answer.text
    table = pd.DataFrame(FORECAST).assign(start=pd.to_datetime(TIMES))
    wanted = wfm.erlang.requirement(table, wfm.ServiceTarget(**TARGET), patience=240, shrinkage=0.05)
    got = pd.DataFrame(answer.json()["requirement"])
    assert got["agents"].tolist() == wanted["agents"].tolist()
    assert got["rostered"].tolist() == pytest.approx(wanted["rostered"].tolist())
    assert got["start"].iloc[0] == "2026-11-23T08:00:00"


def test_doubt_is_told(client):
    answer = client.post("/staff", json=STAFF | {"patience": None}).json()
    assert "300 s" in " ".join(answer["warnings"])
    assert client.post("/staff", json=STAFF | {"patience": "none"}).json()["warnings"] == []


def test_forecast_comes_for_open_hours(client):
    answer = client.post("/forecast", json={"history": history(), "interval": "1h", "days": 7})
    assert answer.status_code == 200, answer.text
    rows = pd.DataFrame(answer.json()["forecast"])
    assert len(rows) == 70
    assert rows["start"].iloc[0] == "2026-11-09T08:00:00"
    assert rows["offered"].between(20, 60).all()
    assert (rows["offered_q0.1"] < rows["offered_q0.9"]).all()


def test_a_week_is_planned_with_its_tables(client):
    answer = client.post("/plan", json={"week": WEEK, "tables": ["schedule", "promise"]})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["kept"] is True
    assert len(found["lines"]) == 11
    assert set(found["tables"]) == {"schedule", "promise"}
    assert {row["activity"] for row in found["tables"]["schedule"]} == {"work"}
    assert found["start"] == "2026-11-23"


def test_people_come_as_rows(client):
    agents = [{"agent": f"A{k}", "contract": "any", "skills": "voice"} for k in range(14)]
    people = {"contracts": {"any": {"shifts": ["day", "half"]}}, "people": {"agents": agents, "wishes": []}}
    answer = client.post("/plan", json={"week": WEEK | people, "tables": ["roster"]})
    assert answer.status_code == 200, answer.text
    assert {row["agent"] for row in answer.json()["tables"]["roster"]} <= {row["agent"] for row in agents}


def test_every_problem_of_a_week_comes_with_its_place(client):
    wrong = {
        "queues": {"voice": {"volum": 3, "target": {"share": 8, "within": 20}}},
        "plan": {"start": "2026-13-45", "time_limit": "long"},
    }
    found = problems(client.post("/plan", json={"week": wrong}))
    assert {
        "week.queues.voice.target.share",
        "week.queues.voice.volum",
        "week.plan.start",
        "week.plan.time_limit",
    } <= set(found)
    assert "Did you mean 'volume'?" in found["week.queues.voice.volum"]


@pytest.mark.parametrize(
    ("path", "body", "where", "words"),
    [
        ("/staff", STAFF | {"target": TARGET | {"share": 80}}, "target.share", "Did you mean 0.80"),
        ("/staff", STAFF | {"target": TARGET | {"within": "soon"}}, "target.within", "got 'soon'"),
        ("/staff", STAFF | {"forecast": [{**FORECAST[0], "offered": "x"}]}, "forecast[0].offered", "got 'x'"),
        ("/staff", STAFF | {"forecast": [FORECAST[0], {**FORECAST[1], "offered": -3}]}, "forecast[1].offered", "-3"),
        ("/staff", STAFF | {"forecast": [FORECAST[0], {**FORECAST[1], "start": "soon"}]}, "forecast[1].start", "soon"),
        ("/staff", STAFF | {"colour": 1}, "colour", "not permitted"),
        ("/staff", {"target": TARGET}, "forecast", "required"),
        ("/forecast", {"history": history(1), "interval": "1h"}, "history.offered", "three weeks"),
        ("/forecast", {"history": history(), "calendar": {"weekend": ["frog"]}}, "calendar.weekend", "frog"),
        ("/plan", {"week": {}}, "week.queues", "missing"),
        ("/plan", {"week": WEEK, "tables": ["secrets"]}, "tables[0]", "secrets"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(client, path, body, where, words):
    found = problems(client.post(path, json=body))
    assert where in found, found
    assert words in found[where]


def test_what_is_no_json_is_told(client):
    answer = client.post("/staff", content="{nope", headers={"Content-Type": "application/json"})
    assert "JSON" in " ".join(problems(answer).values())


@pytest.mark.parametrize(
    ("place", "part"),
    [
        ("queues.voice.history", {"queues": {"voice": {"history": "/etc/passwd", "target": TARGET}}}),
        ("queues.voice.forecast", {"queues": {"voice": {"forecast": "app.py", "target": TARGET}}}),
        ("people.agents", {"people": {"agents": "/etc/passwd"}}),
        ("plan.previous", {"plan": {"start": "2026-11-23", "previous": "/etc"}}),
        ("calendar.holidays", {"calendar": {"holidays": "/etc/passwd"}}),
        ("adjust", {"adjust": "/etc/passwd"}),
    ],
)
def test_no_file_of_the_server_is_opened(client, place, part):
    found = problems(client.post("/plan", json={"week": WEEK | part}))
    assert list(found) == [f"week.{place}"]
    assert "not the name of a file" in found[f"week.{place}"]


def test_every_key_that_may_name_a_file_is_known(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    import jobs

    known = {"history", "forecast", "requirement", "pattern", "agents", "absences", "wishes", "locks", "previous"}
    assert jobs.file_keys() >= known | {"holidays", "adjust", "schedule", "roster"}


def test_two_requests_at_once_do_not_wait_for_each_other(client):
    wait_for(client, free=2)
    slow = {"week": {**ENDLESS, "plan": ENDLESS["plan"] | {"weeks": 1, "paths": 100}}}
    with ThreadPoolExecutor(2) as pool:
        long = pool.submit(client.post, "/plan", json=slow)
        wait_for(client, free=1)
        short = client.post("/staff", json=STAFF)
        assert short.status_code == 200
        assert not long.done()
        assert long.result().status_code == 200, long.result().text


def test_the_page_tells_what_can_be_asked(client):
    assert "swagger" in client.get("/docs").text.lower()
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/forecast", "/staff", "/plan", "/week-schema", "/health"} == set(paths)
    assert {"200", "422", "503"} <= set(paths["/plan"]["post"]["responses"])
    assert client.get("/week-schema").json()["title"] == "WeekSpec"


def test_a_request_that_takes_too_long_is_stopped_and_the_next_is_served():
    with served(WFM_WORKERS="1", WFM_REQUEST_SECONDS="1.5") as client:
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(client.post, "/plan", json={"week": ENDLESS})
            wait_for(client, free=0)
            second = client.post("/plan", json={"week": ENDLESS})
        told = [response.json()["problems"][0]["message"] for response in (first.result(), second)]
        assert [first.result().status_code, second.status_code] == [503, 503]
        assert "took longer than 1.5 s and was stopped. Ask for fewer days" in told[0]
        assert "busy" in told[1] or "was stopped" in told[1]
        assert first.result().headers["Retry-After"] == "10"
        for _ in range(5):  # on a busy machine a new worker may need its 1.5 s to begin
            wait_for(client, free=1)
            if client.post("/staff", json=STAFF).status_code == 200:
                return
        raise AssertionError("no request was served after those that took too long")
