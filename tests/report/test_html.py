import re
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.errors import SettingError
from wfm.report import Edition, write_report
from wfm.report.days import day_table
from wfm.report.heat import gap_heat
from wfm.report.html import report_page
from wfm.report.language import Language
from wfm.report.loosened_words import PERSIAN_RULES, loosening_words
from wfm.report.words import ENGLISH, PERSIAN, WORDS
from wfm.schedule.rules import RULES

ISOLATES = dict.fromkeys(map(ord, "\u2066\u2067\u2068\u2069"))
LATIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹٬٫٪−", "0123456789,.%-")


class Page(HTMLParser):
    """Tags, attributes, and the text of every element that has an id."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.stack, self.rows, self.text = [], [], [], {}, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "input", "line", "path", "br", "link"):
            self.stack.append((tag, dict(attrs).get("id")))
        if tag == "tr":
            self.rows.setdefault(self.where(), []).append([])
        if tag in ("td", "th") and self.where():
            self.rows[self.where()][-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if not any(tag == "style" for tag, _ in self.stack):
            self.text.append(data)
        if any(tag in ("td", "th") for tag, _ in self.stack) and self.rows.get(self.where()):
            self.rows[self.where()][-1][-1] += data.translate(ISOLATES)

    def where(self):
        return next((name for _, name in reversed(self.stack) if name), None)


def number(text):
    return float(re.sub(r"[^\d.+-]", "", text.translate(LATIN)))


@pytest.fixture(scope="module", params=["en", "fa"])
def page(request, plan):
    text = report_page(plan, language=request.param, edition=Edition(version=3, seed=7))
    return Page(text)


def test_the_day_table_read_back_is_the_day_table(page, plan):
    table = day_table(plan)
    rows = page.rows["days"][1:]
    for row, day in zip(rows, table.itertuples(), strict=True):
        contacts = row[1].split()
        assert number(contacts[0]) == round(day.offered)
        assert [number(part) for part in row[2].split(" / ")[:2]] == [round(day.needed), round(day.rostered)]
        assert [number(part) for part in row[3:5]] == [round(day.service_voice * 100), round(day.service_chat * 100)]
        assert number(row[5]) == round(day.chance * 100)
        assert [number(part) for part in row[6].split(" / ")] == [-round(day.short_hours), round(day.spare_hours)]


def test_the_heat_map_read_back_is_the_gap(page, plan):
    heat = gap_heat(plan)
    rows = page.rows["map1"][1:]
    told = [[number(cell) if cell.strip() else 0.0 for cell in row[1:]] for row in rows]
    wanted = [[float(round(value)) if abs(value) >= 2 else 0.0 for value in row] for row in heat.amounts]
    assert told == wanted


def test_the_ways_out_read_back_are_those_of_the_plan(page, plan):
    rows = page.rows["ways"][1:]
    assert [[number(cell) for cell in row[1:4]] for row in rows] == [
        [row.hours, round(row.service_level * 100), round(row.probability * 100)] for row in plan.ways_out.itertuples()
    ]


def test_rules_to_loosen_stand_beside_the_ways_out_in_words(plan):
    (row,) = Page(report_page(plan, edition=Edition())).rows["loosened"][1:]
    assert row == ["days per week 4 → 5 and without no nights", plan.relaxations["agents"].iloc[0][0], "8"]
    persian = report_page(plan, language="fa", edition=Edition())
    assert "روز کاری در هفته از ۴ به ۵" in persian
    assert "بدون منع شب‌کاری" in persian


def test_every_rule_has_its_persian_words():
    assert set(PERSIAN_RULES) == set(RULES)
    said = loosening_words("min_rest 11 h->10 h 30 min", Language.of("fa", Calendar()))
    assert said == "استراحت میان دو شیفت از ۱۱ ساعت به ۱۰ ساعت ۳۰ دقیقه"


def test_the_tiles_hold_the_figures(plan):
    text = report_page(plan, edition=Edition())
    values = re.findall(r'<p class="value"><bdi[^>]*>(.*?)</bdi>', text)
    figures = plan.figures
    assert values[0] == f"{figures['live_contacts']:,.0f}"
    assert values[1] == f"{figures['need_hours']:,.0f} / {figures['have_hours']:,.0f} h"
    assert values[3] == f"{figures['abandon_rate']:.1%}"


def test_the_page_needs_neither_network_nor_script(page):
    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("href", "src", "srcset")]
    policy = [value for name, value in page.attributes if name == "content"]
    assert any(value.startswith("default-src 'none'") for value in policy)


def test_persian_runs_from_right_to_left_in_both_calendars(plan):
    text = report_page(plan, language="fa", edition=Edition())
    assert '<html lang="fa" dir="rtl">' in text
    assert "شنبه ۳۰ آبان" in text
    assert "۲۱ نوامبر" in text
    body = re.sub(r"<style>.*?</style>", "", text, flags=re.S)
    words = re.sub(r"<[^>]*>|openwfm [\d.]+|patience of voice 180 s", "", body)
    assert not re.search(r"[0-9]", words.replace("Card 2", ""))


def test_every_text_exists_in_every_language_with_the_same_blanks():
    for name, english in ENGLISH.items():
        blanks = {language: set(re.findall(r"{(\w+)}", texts[name])) for language, texts in WORDS.items()}
        assert blanks["fa"] == blanks["en"], name
        assert english
    assert set(PERSIAN) == set(ENGLISH)


def test_the_sentence_names_what_is_broken_and_what_mends_it(plan):
    text = report_page(plan, edition=Edition())
    assert (
        "h short, chat and voice will miss the promise: 0% chance to keep it, wanted 80%. 3 more people would keep it."
        in text
    )
    none = plan.ways_out.assign(kept=False, probability=0.0)
    assert "No way out that was tried keeps it." in report_page(replace(plan, ways_out=none), edition=Edition())


def test_the_service_formula_is_told_in_words(plan):
    assert "Service of voice: answered within 60 s / offered." in report_page(plan, edition=Edition())


def test_a_gregorian_plan_shows_one_calendar_in_english_and_two_in_persian(make_plan):
    plan = make_plan(reckoning="gregorian")
    assert "Aban" not in report_page(plan, edition=Edition())
    assert "Sat 21 Nov" in report_page(plan, edition=Edition())
    persian = report_page(plan, language="fa", edition=Edition())
    assert "آبان" in persian
    assert "نوامبر" in persian


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("start", ["requirement", "forecast"])
def test_a_plan_without_people_still_has_its_page(plan, language, start):
    empty = pd.DataFrame()
    bare = replace(
        plan,
        roster=None,
        coverage=empty,
        promise=empty,
        evaluation=None,
        ways_out=empty,
        trust=empty,
        figures={
            "need_hours": 100.0,
            "have_hours": None,
            "people": 0,
            "contacts": {"voice": 1.0},
            "live_contacts": 1.0,
            "live_low": 0.0,
            "live_high": 2.0,
        },
        readings={},
        warnings=(),
        assumed=(),
    )
    if start == "requirement":
        figures = {name: bare.figures[name] for name in ("need_hours", "have_hours", "people")}
        bare = replace(bare, forecast=empty, paths=empty, drivers=empty, figures=figures)
    text = report_page(bare, language=language, edition=Edition())
    assert WORDS[language]["no_people"] in text
    assert (WORDS[language]["no_forecast"] in text) == (start == "requirement")


def test_the_same_plan_gives_the_same_bytes(plan, tmp_path):
    first = write_report(plan, tmp_path / "a.html").read_bytes()
    assert write_report(plan, tmp_path / "b.html").read_bytes() == first
    assert len(first) < 300_000


def test_an_unknown_language_is_refused_and_nothing_is_written(plan, tmp_path):
    with pytest.raises(SettingError, match="language must be one of 'en', 'fa', got 'de'"):
        write_report(plan, tmp_path / "a.html", language="de")
    assert not list(tmp_path.iterdir())
