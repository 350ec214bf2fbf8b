"""Files that are not what they say."""

import gzip
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.errors import DataError, WfmError
from wfm.history import inspect_history, read_history
from wfm.history.cells import read_durations, read_numbers
from wfm.history.sheets import decode, sniff_separator


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.floats(0, 1e7).map(lambda x: round(x, 2)), min_size=1, max_size=20), st.sampled_from(["en", "de", "fa"])
)
def test_numbers_survive_being_written_in_any_manner(numbers, manner):
    texts = [f"{number:,.2f}" for number in numbers]
    if manner == "de":
        texts = [text.translate(str.maketrans(",.", ".,")) for text in texts]
    if manner == "fa":
        texts = [text.translate(str.maketrans("0123456789,.", "۰۱۲۳۴۵۶۷۸۹٬٫")) for text in texts]
    found = read_numbers(pd.Series(texts, dtype=object))
    np.testing.assert_allclose(found.numbers, numbers)
    assert not found.bad.any()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_durations_survive_being_written_as_clocks(total):
    hours, rest = divmod(total, 3600)
    cell = f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
    assert read_durations(pd.Series([cell], dtype=object)).numbers.tolist() == [total]


@pytest.mark.parametrize("cell", ["12:61", "1:75:00", "4 apples", "--", "1_000", "True"])
def test_what_is_no_duration_is_bad(cell):
    assert read_durations(pd.Series([cell], dtype=object)).bad.tolist() == [True]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_told_by_all_lines(separator):
    lines = [separator.join(("start", "a", "b")), *(separator.join(("2026-11-21 08:00", "1", "2")) for _ in range(5))]
    assert sniff_separator(lines) == separator


def test_bytes_that_are_not_utf_8_are_read_as_windows_1256():
    assert decode("جمع,12".encode("cp1256"), "calls.csv") == ("جمع,12", "cp1256")


def test_a_workbook_that_swells_is_not_opened(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 30_000_000)
    with pytest.raises(DataError, match=r"bomb\.xlsx swells from .* kB to 30 MB; it is not opened"):
        read_history(path)


def test_a_broken_gzip_is_refused(tmp_path):
    path = tmp_path / "calls.csv.gz"
    path.write_bytes(gzip.compress(b"start,calls\n" * 1000)[:40])
    with pytest.raises(DataError, match=r"calls\.csv\.gz cannot be read"):
        read_history(path)


def test_other_things_are_no_history():
    with pytest.raises(DataError, match=r"must be a DataFrame, the path of a file or \(SQL, connection\), got list"):
        read_history([1, 2])


CELLS = (
    "",
    "start",
    "offered",
    "2026-11-21 08:00",
    "1405/08/30",
    "08:00-08:30",
    "12",
    "-1",
    "1,5",
    '"',
    "'=1",
    "Total",
    "x",
    "۱۲",
    "NaN",
    "24:00",
    "2026-13-45",
    "12:30 pm",
    "\u202e",
    "1e400",
    "2026-11-21",
    "2026-11-21T08:30Z",
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(CELLS), min_size=1, max_size=4), max_size=6), st.sampled_from([",", ";", "\t"])
)
def test_any_text_is_read_or_refused_with_a_reason(tmp_path_factory, rows, separator):
    path = tmp_path_factory.mktemp("fuzz") / "calls.csv"
    path.write_text("\n".join(separator.join(row) for row in [["start", "offered"], *rows]), encoding="utf-8")
    try:
        history = inspect_history(path, interval="30min").history
    except WfmError as error:
        reason = str(error)
    else:
        reason = "" if not len(history) else f"{len(history)} intervals"
    assert reason
