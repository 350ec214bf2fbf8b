"""The report on a file."""

import pandas as pd
import pytest

from wfm.history import inspect_history

FILE = pd.DataFrame(
    {
        "start": ["2026-11-21 08:00", "2026-11-21 08:30", "2026-11-21 09:30", "Total"],
        "calls": [1, 2, 3, 6],
        "<b>note</b>": ["x", "", "", ""],
    }
)


@pytest.fixture
def reading():
    return inspect_history(FILE, queue="<script>voice")


def test_the_report_is_a_table_of_findings(reading):
    assert reading.report.columns.tolist() == ["kind", "what", "rows", "first_row", "example"]
    assert set(reading.report["kind"]) <= {"read", "repaired", "refused", "counted"}
    total = reading.report[reading.report["what"] == "total rows left out"].iloc[0]
    assert (total["rows"], total["first_row"], total["example"]) == (1, 3, "Total")


def test_the_summary_says_it_in_words(reading):
    assert "3 intervals of 1 queue(s), 2026-11-21 08:00 to 2026-11-21 10:00, 6 contacts" in reading.summary()
    assert "repaired: total rows left out (1 rows, first: row 3, e.g. Total)" in reading.summary()
    assert repr(reading).startswith("Reading(the table: 3 intervals")


def test_html_is_small_and_escaped(reading):
    page = reading._repr_html_()
    assert "<script>" not in page
    assert "<b>note" not in page
    assert "&lt;script&gt;voice" in page
    assert len(page) < 20_000


def test_rows_of_files_are_counted_from_the_header(tmp_path):
    path = tmp_path / "calls.csv"
    FILE.to_csv(path, index=False)
    report = inspect_history(path).report
    assert report.loc[report["what"] == "total rows left out", "first_row"].tolist() == [5]
