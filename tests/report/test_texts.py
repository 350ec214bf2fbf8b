from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.report.texts import clean, short


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_a_clean_text_can_be_written_as_xml_on_one_line_and_turns_no_direction(text):
    told = clean(text)
    assert told.encode("utf-8").decode("utf-8") == told
    assert not set(told) & set("\x00\x07\n\r\u2028\u202e\u2066\ufffe")
    assert clean(told) == told


def test_half_spaces_of_persian_stay():
    assert clean("پیش‌بینی") == "پیش‌بینی"


def test_long_names_are_cut():
    assert short("x" * 10_000) == "x" * 39 + "…"
    assert len(clean("x" * 100_000)) == 32_000


def test_nothing_is_an_empty_text():
    assert [clean(value) for value in (None, float("nan"), "")] == ["", "", ""]
