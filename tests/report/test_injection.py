"""Whatever people are called and whatever they note: no formula, no markup, no broken file."""

import io
import zipfile
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from xml.etree import ElementTree

import icalendar
import openpyxl
import pytest

from wfm.report import Edition, plot_coverage, plot_forecast, plot_heat, plot_waterfall
from wfm.report.calendar_files import calendar_bytes
from wfm.report.excel import workbook_bytes
from wfm.report.html import report_page
from wfm.report.texts import short

CORPUS = (
    "=1+1",
    '=HYPERLINK("http://x.example","x")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=2+1",
    "\r=1",
    "{=1+1}",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='x",
    "&lt;b&gt;",
    "</style><script>x</script>",
    "{{ 7*7 }}",
    "{% raw %}",
    "http://x.example/?a=b",
    "mailto:x@y.example",
    "A\x00B\x07C\x1b[31m",
    "line\nbreak\r\nBEGIN:VEVENT",
    "\u202egnp.exe",
    "\u2066\u2067x",
    "\ud800half",
    "\ufffe\uffff",
    "x" * 10_000,
    "é̈" * 300,
    "_x0041_",
    "]]>",
    "a|b;c,d:e\\f",
    "..",
    "NaN",
    "TRUE",
    "#REF!",
)
ALLOWED = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "main",
    "section",
    "footer",
    "div",
    "span",
    "p",
    "h1",
    "h2",
    "small",
    "bdi",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "i",
    "b",
    "em",
    "input",
    "label",
    "svg",
    "line",
    "path",
    "text",
    "dl",
    "dt",
    "dd",
    "ul",
    "li",
}


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.seen = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


def batches():
    """Eight people, two queues and a note at a time, until everything was everywhere."""
    size = 8
    for k in range(0, len(CORPUS), size):
        people = [*CORPUS[k : k + size], *(f"p{j}" for j in range(size))][:size]
        yield tuple(dict.fromkeys(people)), (CORPUS[k], CORPUS[(k + 1) % len(CORPUS)]), CORPUS[(k + 2) % len(CORPUS)]


@pytest.fixture(scope="module", params=list(batches()), ids=lambda batch: ascii(batch[2])[:20])
def hostile(request, make_plan):
    people, queues, note = request.param
    plan = make_plan(agents=people, queues=queues, note=note)
    return replace(
        plan,
        name=note,
        lines=(note,) * 11,
        drivers=plan.drivers.assign(component=f"event:{note}"),
        ways_out=plan.ways_out.assign(way=note, people=0),
    )


def test_no_text_is_a_live_formula_or_a_link(hostile):
    content = workbook_bytes(hostile, edition=Edition(previous=hostile.roster.table))
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            if name.endswith((".xml", ".rels")):
                ElementTree.fromstring(parts.read(name))
        sheets = b"".join(parts.read(name) for name in parts.namelist() if "worksheets/sheet" in name)
        assert b"<f>" not in sheets
        assert not [name for name in parts.namelist() if "externalLink" in name]
        charts = b"".join(parts.read(name) for name in parts.namelist() if "charts/chart" in name)
        references = {
            node.text
            for node in ElementTree.fromstring(
                b"<a>"
                + b"".join(parts.read(name).split(b"?>", 1)[1] for name in parts.namelist() if "charts/chart" in name)
                + b"</a>"
            ).iter()
            if node.tag.endswith("}f")
        }
    assert charts
    assert all(reference.startswith("Intervals!$") for reference in references)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_no_markup_of_theirs_reaches_the_page(hostile, language):
    text = report_page(hostile, language=language, edition=Edition(sources=CORPUS[:5]))
    tags = Tags(text)
    assert {tag for tag, _ in tags.seen} <= ALLOWED
    assert not [name for _, attrs in tags.seen for name in attrs if name.startswith("on") or name in ("href", "src")]
    assert len([tag for tag, _ in tags.seen if tag == "style"]) == 1
    assert not set(text) & set("\x00\x07\x1b\u202e\ufffe")
    assert unescape(text.split("<title>")[1].split("</title>")[0]) == short(hostile.name, 80)
    assert text.encode("utf-8")


def test_calendars_hold_only_the_events_of_the_roster(hostile):
    wanted = calendar_bytes(hostile, edition=Edition(timezone="Asia/Tehran"))
    assert len(wanted) == hostile.roster.table["agent"].nunique()
    for name, content in wanted.items():
        assert "/" not in name
        assert not name.startswith(".")
        lines = content.decode("utf-8").split("\r\n")
        assert all(len(line.encode()) <= 75 for line in lines)
        assert not set(content.decode()) & set("\x00\x07\x1b\u202e")
        events = icalendar.Calendar.from_ical(content).walk("VEVENT")
        assert len(events) == sum(line == "BEGIN:VEVENT" for line in lines) > 0


def test_plots_do_not_fall_over_strange_names(hostile):
    for plot in (plot_forecast, plot_coverage, plot_heat, plot_waterfall):
        assert plot(hostile).figure is not None
