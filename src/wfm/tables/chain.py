"""The tables of the chain, each specified once."""

from __future__ import annotations

from wfm.tables.spec import Column, Spec

INTERVAL_KEY = ("queue", "start")
ACTIVITIES = ("work", "break", "meal", "off", "leave", "training", "meeting")
OUTCOMES = ("answered", "abandoned", "blocked", "flowed")


def _text(
    name: str, meaning: str = "", *, required: bool = False, choices: tuple[str, ...] = (), missing: bool | None = None
) -> Column:
    return Column(
        name=name,
        kind="text",
        required=required,
        choices=choices,
        meaning=meaning,
        missing=not required if missing is None else missing,
    )


def _time(name: str, meaning: str = "", *, required: bool = False) -> Column:
    return Column(name=name, kind="time", required=required, meaning=meaning, missing=not required)


def _amount(name: str, unit: str, meaning: str = "", *, required: bool = False, missing: bool = True) -> Column:
    return Column(name=name, required=required, unit=unit, low=0.0, missing=missing, meaning=meaning)


def _share(name: str, meaning: str = "", *, required: bool = False) -> Column:
    return Column(name=name, required=required, low=0.0, high=1.0, unit="", missing=True, meaning=meaning)


def _count(name: str, unit: str, meaning: str = "", *, required: bool = False) -> Column:
    return Column(name=name, kind="count", required=required, unit=unit, low=0.0, missing=not required, meaning=meaning)


_QUEUE = _text("queue", "a stream of contacts with one target", required=True)
_START = _time("start", "first moment of the interval", required=True)
_END = _time("end", "first moment after the interval")

HISTORY = Spec(
    name="history",
    key=INTERVAL_KEY,
    no_overlap=("queue",),
    columns=(
        _QUEUE,
        _START,
        _END,
        _amount("offered", "contacts", "every contact that arrived; empty = no data, 0 = no calls", required=True),
        _amount("answered", "contacts"),
        _amount("abandoned", "contacts"),
        _amount("answered_within", "contacts", "answered within `within` seconds"),
        _amount("within", "s", "threshold of answered_within"),
        _amount("blocked", "contacts", "turned away by busy lines"),
        _amount("redials", "contacts", "offered that had tried before"),
        _amount("aht", "s", "talk + hold + wrap-up per answered contact"),
        _amount("asa", "s", "mean wait of the answered"),
        _amount("staffed", "agents", "agents on contacts, mean over the interval"),
        Column(name="excluded", kind="flag", missing=True, meaning="True = the planner keeps it out of learning"),
    ),
)
CONTACTS = Spec(
    name="contacts",
    key=("queue", "arrival"),
    unique=False,
    columns=(
        _QUEUE,
        _time("arrival", required=True),
        _amount("wait", "s", "time in queue"),
        _text("outcome", choices=OUTCOMES),
        _amount("handle", "s", "talk + hold + wrap-up"),
    ),
)
_QUANTILE = Column(
    name="offered_q",
    low=0.0,
    unit="contacts",
    pattern=r"offered_q0?\.\d+",
    meaning="quantile of the count offered, offered_q0.9 for level 0.9",
)
FORECAST = Spec(
    name="forecast",
    key=INTERVAL_KEY,
    no_overlap=("queue",),
    columns=(
        _QUEUE,
        _START,
        _END,
        _amount("offered", "contacts", "mean", required=True, missing=False),
        _amount("aht", "s", missing=True),
        _QUANTILE,
    ),
)
PATHS = Spec(
    name="paths",
    key=("path", "queue", "start"),
    columns=(
        _count("path", "", "number of the possible future", required=True),
        _QUEUE,
        _START,
        _END,
        _amount("rate", "contacts per interval", "mean of the count on this path", required=True, missing=False),
        _amount("aht", "s", missing=True),
    ),
)
REQUIREMENT = Spec(
    name="requirement",
    key=INTERVAL_KEY,
    no_overlap=("queue",),
    columns=(
        _QUEUE,
        _START,
        _END,
        _amount("agents", "agents", "needed on contacts", required=True, missing=False),
        _amount("offered", "contacts"),
        _amount("aht", "s"),
        _amount("load", "erlangs"),
        _amount("rostered", "people", "agents / (1 - unplanned shrinkage): what the schedule must cover"),
        _amount("headcount", "people", "agents / (1 - all shrinkage): what payroll carries"),
        _share("service_level"),
        _share("abandon_rate"),
        _share("occupancy"),
        _amount("asa", "s"),
        _amount("minimum", "agents", "fewest agents that the planner allows, apart from the queueing need"),
    ),
)
CURVE = Spec(
    name="curve",
    key=("queue", "start", "agents"),
    columns=(
        _QUEUE,
        _START,
        _amount("agents", "agents", required=True, missing=False),
        _amount("offered", "contacts", required=True, missing=False),
        _amount(
            "answered_within",
            "contacts",
            "contacts of the scope met if this interval had so many agents and the others stay as given",
            required=True,
            missing=False,
        ),
    ),
)
WORK = Spec(
    name="work",
    key=("queue", "release", "due"),
    unique=False,
    columns=(
        _QUEUE,
        _time("release", "when the work may begin", required=True),
        _time("due", "when it must be done", required=True),
        _amount("agent_hours", "h", required=True, missing=False),
    ),
)
_PAID = Column(name="paid", kind="flag", required=True, meaning="whether the time is paid")
SCHEDULE = Spec(
    name="schedule",
    key=("shift", "start"),
    columns=(
        _text("shift", "one line = type x start x break placement x skill group", required=True),
        _START,
        _time("end", required=True),
        _text("activity", required=True, choices=ACTIVITIES),
        _PAID,
        _count("people", "people", required=True),
        _text("type", "name of the shift type", required=True),
        _text("queue"),
    ),
)
AGENTS = Spec(
    name="agents",
    key=("agent",),
    columns=(
        _text("agent", required=True),
        _text("contract", required=True),
        _text("skills", "queues, separated by |, with a level as in voice:3"),
        _text("languages", "separated by |, with a level as in english:2"),
        _text("role"),
        _text("team"),
        _text("name", "how the person is called in what is printed"),
        Column(name="counts_as", low=0.0, high=1.0, missing=True, meaning="share of an agent: trainees < 1, leads 0"),
        _time("counts_fully_from", "day from which a trainee counts as a whole agent"),
        _time("from", "first day with the centre"),
        _time("until", "last day with the centre"),
        _amount("seniority", "years"),
        _amount("nights", "", "nights worked before, for fairness"),
        _amount("weekends", "", "weekends worked before, for fairness"),
        _amount("holidays", "", "public holidays worked before, for fairness"),
        _amount("unpopular", "", "unpopular starts before, for fairness"),
        _amount("busy", "", "busy shifts before, for fairness"),
        _amount("refused", "", "days before on which a wish was refused, for fairness"),
        _amount("wished", "", "days wished for before, for fairness"),
    ),
)
AVAILABILITY = Spec(
    name="availability",
    key=("agent", "start"),
    unique=False,
    columns=(
        _text("agent", required=True),
        _START,
        _time("end", required=True),
        _text("kind", required=True, choices=("off", "leave", "training", "meeting", "only")),
        _text("reason"),
        Column(name="paid", kind="flag", missing=True, meaning="paid absence counts towards contract hours"),
    ),
)
WISHES = Spec(
    name="wishes",
    key=("agent", "start"),
    unique=False,
    columns=(
        _text("agent", required=True),
        _START,
        _time("end", required=True),
        _text("kind", required=True, choices=("work", "off")),
        _text("type", "wished shift type"),
        _amount("weight", "", "how much it matters, 1 = usual"),
    ),
)
LOCKS = Spec(
    name="locks",
    key=("agent", "start"),
    unique=False,
    columns=(
        _text("agent", required=True),
        _START,
        _time("end"),
        _text("type", "shift type, or 'off' for a day without work", required=True),
        _text("queue"),
        _text("reason"),
    ),
)
ROSTER = Spec(
    name="roster",
    key=("agent", "start"),
    no_overlap=("agent",),
    columns=(
        _text("agent", required=True),
        _START,
        _time("end", required=True),
        _text("activity", required=True, choices=ACTIVITIES),
        _PAID,
        _text("shift", "name of the shift type; empty for leave"),
        _text("queue", "a queue, or a pool of queues joined by |"),
    ),
)
COVERAGE = Spec(
    name="coverage",
    key=INTERVAL_KEY,
    columns=(
        _QUEUE,
        _START,
        _END,
        _amount("required", "people"),
        _amount("rostered", "people", required=True),
        _amount("expected", "agents", "who will come"),
        Column(name="gap", unit="agents", missing=True),
        _amount("offered", "contacts"),
        _share("service_level"),
        _share("abandon_rate"),
        _amount("asa", "s"),
        _share("occupancy"),
    ),
)
PROMISE = Spec(
    name="promise",
    key=("queue", "scope", "start"),
    columns=(
        _QUEUE,
        _text("scope", required=True, choices=("interval", "day", "week")),
        _START,
        _END,
        _share("service_level", required=True),
        _share("abandon_rate"),
        _amount("longest_wait", "s"),
        _share(
            "probability",
            "share of the paths with the share reached, or with the weakest interval's floor kept where that is less",
        ),
        _amount("offered", "contacts"),
        Column(name="kept", kind="flag", missing=True),
        _text("method", "how the service was computed"),
    ),
)
ADJUSTMENTS = Spec(
    name="adjustments",
    key=("queue", "start"),
    unique=False,
    columns=(
        _QUEUE,
        _START,
        _time("end", required=True),
        _text("what", required=True, choices=("offered", "aht", "agents", "unplanned")),
        _text("how", required=True, choices=("set", "add", "multiply", "min", "max")),
        Column(name="value", required=True),
        _text("reason"),
        _text("by"),
    ),
)
DEFLECTION = Spec(
    name="deflection",
    key=("queue", "start"),
    unique=False,
    columns=(
        _text("queue", "the queue that contacts leave", required=True),
        _time("start", "day from which the share holds; between the rows of a queue it moves evenly", required=True),
        Column(
            name="share", required=True, low=0.0, high=1.0, meaning="of the contacts that would have come, who leave"
        ),
        _text("to", "the queue in which they appear; empty = self-service, nobody sees them"),
        _amount("ratio", "contacts", "that appear there for each that leaves; empty = 1"),
        _share("doubt", "standard deviation of the share; empty = 0"),
    ),
)
HOLIDAYS = Spec(
    name="holidays",
    key=("date",),
    columns=(
        _time("date", required=True),
        _text("name"),
        _text(
            "kind",
            "holiday (may be worked), closed (no service), workday (a worked day of the weekend), "
            "none (takes a country's holiday away)",
            choices=("holiday", "closed", "workday", "none"),
            missing=True,
        ),
    ),
)
SEASONS = Spec(
    name="seasons",
    key=("name", "start"),
    columns=(
        _text(
            "name", "school holidays, Ramadan, ...; a name for each season, a row for each time it comes", required=True
        ),
        _START,
        _time("end", "first moment after it; a file may give the last day instead", required=True),
    ),
)
REGRESSORS = Spec(
    name="regressors",
    key=("day",),
    unique=False,
    columns=(
        _time("day", required=True),
        _text("queue", "the queue that the row holds for; empty = all"),
        Column(
            name="regressor",
            missing=True,
            pattern=r"(?!(?:day|queue)$).+",
            meaning="any other column: one number a day (temperature, marketing spend), empty = no value",
        ),
    ),
)
SPECS = (
    HISTORY,
    CONTACTS,
    FORECAST,
    PATHS,
    REQUIREMENT,
    CURVE,
    WORK,
    SCHEDULE,
    AGENTS,
    AVAILABILITY,
    WISHES,
    LOCKS,
    ROSTER,
    COVERAGE,
    PROMISE,
    ADJUSTMENTS,
    DEFLECTION,
    HOLIDAYS,
    SEASONS,
    REGRESSORS,
)
