"""Every warning that a plan can give is said in Persian on the Persian page; what is not runs from left to right."""

import ast
import re
from pathlib import Path

import pytest

import wfm
from wfm.calendars import Calendar
from wfm.report.language import Language
from wfm.report.notices import notice, said, sentences

SOURCE = Path(wfm.__file__).parent
HEARD = [  # modules whose warnings reach the plan
    *sorted((SOURCE / "plan").rglob("*.py")),
    *sorted((SOURCE / "forecast").rglob("*.py")),
    *sorted((SOURCE / "schedule").rglob("*.py")),
    *sorted((SOURCE / "evaluation").rglob("*.py")),
    *(SOURCE / "erlang" / name for name in ("staffing/confidence.py", "staffing/promises.py", "deferred/tickets.py")),
    SOURCE / "history" / "planner_files.py",
]
SAMPLE = {"scope": "day", "kind": "meeting", "what": "leave or off time"}
PERSIAN = Language.of("fa", Calendar(months="solar-hijri"))


def warned():
    """Every sentence given to `warnings.warn` or kept as a note, its places filled with a word."""
    found = []
    for path in HEARD:
        source = path.read_text(encoding="utf-8")
        if "warnings.warn" not in source and "doors.notes" not in source:
            continue  # spares most files the walk
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
                continue
            owner = ast.unparse(node.func.value)
            if (node.func.attr, owner) in {("warn", "warnings"), ("append", "doors.notes")}:
                text = filled(node.args[0])
                if text:
                    found.append(pytest.param(text, id=f"{path.name}:{node.lineno}"))
    return found


def filled(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else word(ast.unparse(part.value)) for part in node.values
    )


def word(expression):
    return next((sample for name, sample in SAMPLE.items() if re.search(rf"\b{name}$", expression)), "7")


@pytest.mark.parametrize("text", warned())
def test_every_warning_of_a_plan_has_its_persian(text):
    told, direction = notice(text, PERSIAN)
    assert direction == "rtl", f"add to templates/notices.fa.txt: {text}"
    assert told != text


def test_the_warnings_are_found_at_all():
    assert len(warned()) >= 25


@pytest.mark.parametrize(("english", "persian"), sentences().items())
def test_both_languages_have_the_same_places(english, persian):
    places = re.compile(r"\{(\w+)\}")
    assert set(places.findall(persian)) <= set(places.findall(english))
    assert not re.search(r"\{(queue|agent|event|count|when)\}", english) or places.search(persian)


@pytest.mark.parametrize(
    "text",
    [
        "unplanned absence of voice 6% ASSUMED",
        "voice: patience 300 s ASSUMED",
        "forecast of voice was handed in without quantiles: planned for its mean, without doubt",
        "voice: AHT comes from its history, 255 s on average; the stated 240 s stand in only where that has none",
        "queue voice: min_agents asks for 30 on 2026-11-28 08:00, 3.0 are rostered: 14 interval(s) of the plan stay below "
        "their minimum",
        "queue voice: no shift covers 3 interval(s), first 2026-11-28 08:00; add a shift or shorten opening hours",
        "Queue 'voice': history never saw the service on Mon 2 Azar (2026-11-23, Fest); it is forecast like the 3 other "
        "holiday(s) it did see. Close the day (calendar.closed), or state an event with the volume you expect.",
    ],
)
def test_sentences_that_are_made_elsewhere_have_theirs_too(text):
    assert notice(text, PERSIAN)[1] == "rtl"


def test_moments_are_said_in_the_calendar_of_the_page_and_names_as_they_were_typed():
    text = "meeting of Sara Karimi on 2026-11-23 13:00 falls on leave or off time and is left out. "
    told = said(text + "Move it or take one of them away.", PERSIAN)
    assert "دوشنبه ۲ آذر ۱۳:۰۰" in told
    assert "Sara Karimi" in told
    assert "جلسه" in told


def test_what_has_no_persian_runs_from_left_to_right():
    assert notice("nobody translated this 7", PERSIAN) == ("nobody translated this 7", "ltr")


def test_english_stays_english():
    text = "unplanned absence of voice 6% ASSUMED"
    assert said(text, Language.of("en", Calendar())) == text
