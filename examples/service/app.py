"""Forecast, staff and plan by HTTP.

    pip install "openwfm[service]"
    uvicorn app:app --app-dir examples/service          then open http://127.0.0.1:8000/docs

Environment: WFM_WORKERS (processes, 2), WFM_REQUEST_SECONDS (a request's whole time, 60), WFM_SOLVER_SECONDS (most of
plan.time_limit, 10). Put it behind what you use for TLS, sign-in and a limit on the size of requests.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from workers import Busy, Died, TooLong, Workers

import wfm

MOST_ROWS = 200_000
Duration = float | str
Tables = Literal[
    "forecast", "requirement", "prices", "schedule", "roster", "wishes", "violations", "coverage", "promise",
    "ways_out", "trust",
]  # fmt: skip


class Part(BaseModel):
    """A part of a request; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class HistoryRow(Part):
    """What happened in one interval."""

    queue: str = "voice"
    start: str = Field(examples=["2026-11-02T08:00"])
    offered: float | None = Field(description="null = no data, 0 = no calls")
    aht: float | None = Field(None, description="talk + hold + wrap-up per answered contact [s]")
    answered: float | None = None
    abandoned: float | None = None
    asa: float | None = None


class CalendarPart(Part):
    """Kinds of days."""

    months: Literal["gregorian", "solar-hijri", "hijri"] = "gregorian"
    weekend: list[str] = ["sat", "sun"]
    holidays: dict[str, str] = Field({}, examples=[{"2026-12-25": "Christmas"}])
    closed: list[str] = []


class ForecastRequest(Part):
    """History in, forecast out."""

    history: list[HistoryRow] = Field(min_length=1, max_length=MOST_ROWS)
    days: int = Field(14, ge=1, le=92)
    interval: Duration = "30min"
    hours: Any = Field(None, description='opening hours such as {"mon-fri": "08:00-20:00"}; null = round the clock')
    calendar: CalendarPart = CalendarPart()
    quantiles: list[float] = [0.1, 0.5, 0.9]


class ForecastRow(Part):
    """What is expected in one interval."""

    queue: str = "voice"
    start: str = Field(examples=["2026-11-23T08:00"])
    end: str | None = None
    offered: float
    aht: float = Field(examples=[240.0])


class Target(Part):
    """The promise."""

    share: float = Field(examples=[0.80])
    within: Duration = Field(examples=["20s"])
    scope: Literal["interval", "day", "week"] = "day"
    abandoned: Literal["lost", "ignored", "met", "answered"] = "lost"
    floor: float | None = None
    max_abandon: float | None = None
    max_asa: Duration | None = None
    max_occupancy: float | None = None


class StaffRequest(Part):
    """Forecast and promise in, agents by interval out."""

    forecast: list[ForecastRow] = Field(min_length=1, max_length=MOST_ROWS)
    target: Target
    patience: float | Literal["none"] | None = Field(
        None, description="mean patience [s]; none = nobody hangs up; null = 300, assumed, with a warning"
    )
    shrinkage: float = Field(0.0, description="share of the rostered that does not come")
    concurrency: int = 1
    minimum: float | None = None


class PlanRequest(Part):
    """A week in, its plan out."""

    week: dict[str, Any] = Field(
        description="The week's file as JSON (GET /week-schema). Where the file names a CSV file, put its rows."
    )
    tables: list[Tables] = ["requirement", "schedule", "roster", "coverage", "promise"]


class Problem(BaseModel):
    """What is wrong, where, and what to do."""

    name: str | None
    where: str | None
    message: str


class Problems(BaseModel):
    """Everything that is wrong with a request, at once."""

    problems: list[Problem]


class Forecasted(BaseModel):
    """Rows of the forecast: queue, start, end, offered, aht and a column for each quantile."""

    forecast: list[dict[str, Any]]
    warnings: list[str]


class Staffed(BaseModel):
    """Rows of the requirement: agents, rostered and headcount by interval, and the service they give."""

    requirement: list[dict[str, Any]]
    warnings: list[str]


class Planned(BaseModel):
    """The plan: its ten lines, whether the promise is kept, and the tables asked for."""

    name: str
    start: str
    end: str
    kept: bool
    lines: list[str]
    assumed: list[str]
    warnings: list[str]
    tables: dict[str, list[dict[str, Any]]]


REFUSALS: dict[int | str, dict[str, Any]] = {
    422: {"model": Problems, "description": "Every problem of the request, with its place"},
    501: {"model": Problems, "description": "The service lacks an optional library"},
    503: {"model": Problems, "description": "Out of time, or all workers are busy; with what to do"},
}


def make_app(*, workers: int = 2, request_seconds: float = 60.0, solver_seconds: float = 10.0) -> FastAPI:
    """The service with its own workers and time limits."""
    pool = Workers(workers)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        pool.start()
        try:
            yield
        finally:
            pool.stop()

    app = FastAPI(title="openwfm", version=wfm.__version__, summary="Forecast, staff and plan", lifespan=lifespan)
    app.add_exception_handler(RequestValidationError, refused)

    async def done(name: str, request: BaseModel) -> Response:
        try:
            status, content = await pool.run(name, request.model_dump(), request_seconds)
        except TooLong:
            return unavailable(
                f"The request took longer than {request_seconds:g} s and was stopped. Ask for fewer days, weeks or "
                "people, or lower plan.time_limit and plan.paths; who runs the service can raise WFM_REQUEST_SECONDS."
            )
        except Busy:
            return unavailable(f"All workers ({pool.ready}) are busy. Try again later, or start more (WFM_WORKERS).")
        except Died:
            return unavailable("The worker ended before it answered, perhaps for want of memory. Ask for less at once.")
        return Response(content, status, media_type="application/json")

    @app.post("/forecast", response_model=Forecasted, responses=REFUSALS)
    async def forecast(request: ForecastRequest) -> Response:
        """Contacts and handle time by interval for the days after history."""
        return await done("forecast", request)

    @app.post("/staff", response_model=Staffed, responses=REFUSALS)
    async def staff(request: StaffRequest) -> Response:
        """Fewest agents by interval that keep the promise."""
        return await done("staff", request)

    @app.post("/plan", response_model=Planned, responses=REFUSALS)
    async def plan(request: PlanRequest) -> Response:
        """Forecast, requirement, shifts, people and the service they give, for a week."""
        return await done("plan", request.model_copy(update={"week": capped(request.week, solver_seconds)}))

    @app.get("/week-schema")
    def week_schema() -> dict[str, Any]:
        """JSON Schema of `week`."""
        from wfm.settings.spec import json_schema

        return json_schema()

    @app.get("/health")
    async def health(response: Response) -> dict[str, Any]:
        """Whether there are workers (503 where there are none yet), and how many are free."""
        response.status_code = 200 if pool.ready else 503
        status = "ok" if pool.ready else "no worker is ready"
        return {"status": status, "version": wfm.__version__, "workers": pool.ready, "free": pool.free}

    return app


def capped(week: dict[str, Any], most: float) -> dict[str, Any]:
    """The week with at most so many seconds for each search."""
    part = week.get("plan")
    if not isinstance(part, dict):
        return week
    asked = part.get("time_limit", most)
    with suppress(TypeError, ValueError):  # no number: the week's own checks say so, with the place
        asked = min(float(asked), most)
    return {**week, "plan": {**part, "time_limit": asked}}


async def refused(_: Request, error: Exception) -> JSONResponse:
    """What does not fit the request's form, in the same words and shape as what `wfm` itself refuses."""
    assert isinstance(error, RequestValidationError)
    problems = []
    for entry in error.errors():
        path = [part for part in entry["loc"] if part != "body"]
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".") or "body"
        names = [str(part) for part in path if isinstance(part, str)]
        got = f", got {repr(entry.get('input'))[:80]}" if entry["type"] not in ("missing", "json_invalid") else ""
        problems.append({"name": names[-1] if names else None, "where": where, "message": f"{entry['msg']}{got}"})
    return JSONResponse({"problems": problems}, 422)


def unavailable(message: str) -> JSONResponse:
    """503 with what to do."""
    problem = {"name": None, "where": None, "message": message}
    return JSONResponse({"problems": [problem]}, 503, headers={"Retry-After": "10"})


app = make_app(
    workers=int(os.environ.get("WFM_WORKERS", "2")),
    request_seconds=float(os.environ.get("WFM_REQUEST_SECONDS", "60")),
    solver_seconds=float(os.environ.get("WFM_SOLVER_SECONDS", "10")),
)
