"""Files as planners bring them, one trait each: every number read right, or refused with row and reason.

All say the same: two days of a queue, from 08:00 to 10:00 by the half hour. None may be read wrongly in silence: a file
that is read must give exactly these numbers, and one whose numbers mean something else must say so in a warning.
"""

import numpy as np
import pandas as pd
import pytest

from thirty_files import (
    AHT,
    ANSWERED,
    ENDS,
    OFFERED,
    READ,
    SAID,
    STARTS,
    database,
    plain_table,
    rows_of,
    stamped,
    text_file,
    workbook,
)
from wfm.errors import DataError, WfmWarning
from wfm.history import read_history


@pytest.mark.parametrize("trait", READ)
def test_a_file_is_read_right(tmp_path, trait):
    make, how, with_aht = READ[trait]
    history = read_history(make(tmp_path), **how)
    assert history["start"].tolist() == STARTS.tolist()
    assert history["end"].tolist() == ENDS.tolist()
    assert history["offered"].tolist() == OFFERED.tolist()
    if with_aht:
        assert history["answered"].tolist() == ANSWERED.tolist()
        np.testing.assert_allclose(history["aht"].astype(float), AHT, atol=1e-6)


@pytest.mark.parametrize("trait", SAID)
def test_what_changes_the_meaning_of_numbers_is_said(tmp_path, trait):
    make, how, says, offered = SAID[trait]
    with pytest.warns(WfmWarning, match=says):
        history = read_history(make(tmp_path), **how)
    np.testing.assert_equal(history["offered"].to_numpy(dtype=float), np.asarray(offered, dtype=float))


# trait: (file, settings, row and reason)
REFUSED = {
    "text among numbers": (
        lambda f: text_file(f, ("start", "offered"), rows_of(stamped(), [*OFFERED[:7], "many"])),
        {},
        r"'offered' must be a number .* got 'many' in row 9",
    ),
    "a negative volume": (
        lambda f: text_file(f, ("start", "offered"), rows_of(stamped(), [-4, *OFFERED[1:]])),
        {},
        r"got '-4' in row 2",
    ),
    "more answered than came": (
        lambda f: text_file(f, ("start", "offered", "answered"), rows_of(stamped(), OFFERED, OFFERED * 3)),
        {},
        "'answered' must be at most 'offered' of this and the interval before, got '36' in row 2",
    ),
    "a day or month first": (
        lambda f: text_file(f, ("start", "offered"), [("03/04/2026 08:00", 12), ("03/04/2026 08:30", 15)]),
        {},
        'dates="dmy"',
    ),
    "a date that is none": (
        lambda f: text_file(f, ("start", "offered"), [*rows_of(stamped(), OFFERED), ("2026-02-30 08:00", 1)]),
        {},
        "in row 10",
    ),
    "a line break in the name of a queue": (
        lambda f: pd.DataFrame({"start": STARTS, "queue": ["Card", "Card\nLoan"] * 4, "offered": OFFERED}),
        {},
        r"'queue' must be a name of one line without control characters, got 'Card\\nLoan' in row 1",
    ),
    "lunar Hijri dates": (
        lambda f: text_file(f, ("start", "offered"), [("1448/06/11 08:00", 12)]),
        {},
        "may be a date of the lunar Hijri calendar",
    ),
    "an interval twice": (
        lambda f: text_file(f, ("start", "offered"), [*rows_of(stamped(), OFFERED), (stamped()[7], 999)]),
        {},
        "more than once with different values, rows 9, 10",
    ),
    "end stamps taken for starts": (
        lambda f: text_file(f, ("Date", "Time", "offered"), [("2026-11-21", "23:30", 1), ("2026-11-21", "24:00", 2)]),
        {},
        "row 3 has the time 24:00",
    ),
    "one row a week": (
        lambda f: text_file(f, ("date", "calls"), [(f"2026-11-{day:02d}", 1) for day in (2, 9, 16, 23)]),
        {},
        "one row every 7 days",
    ),
    "minutes off the grid": (
        lambda f: text_file(f, ("start", "offered"), [*rows_of(stamped(), OFFERED), ("2026-11-22 10:07", 3)]),
        {},
        "do not lie on one grid",
    ),
    "sums or averages": (
        lambda f: text_file(
            f, ("start", "offered", "answered", "talk", "wrap"), ((s, 10, 10, 900, 900) for s in stamped())
        ),
        {},
        "cannot be told whether 'talk', 'wrap' are sums",
    ),
    "two columns of volume": (
        lambda f: text_file(f, ("start", "calls", "volume"), rows_of(stamped(), OFFERED, OFFERED)),
        {},
        "2 columns that may be 'offered'",
    ),
    "no column of volume": (
        lambda f: text_file(f, ("start", "figures"), rows_of(stamped(), OFFERED)),
        {},
        "has no column for 'offered'; it has 'start', 'figures'",
    ),
    "two offsets and no zone": (
        lambda f: text_file(f, ("start", "offered"), [("2026-03-28T08:00+01:00", 1), ("2026-03-30T08:00+02:00", 1)]),
        {},
        "2 different offsets from UTC",
    ),
    "a workbook with two histories": (
        lambda f: workbook(f, {"Card": plain_table(), "Loan": plain_table()}),
        {},
        r"2 sheets that may be meant: 'Card', 'Loan'. Name one: sheet='Card'",
    ),
    "a sheet that is not there": (
        lambda f: workbook(f, {"Calls": plain_table()}),
        {"sheet": "Call"},
        "has no sheet 'Call'; it has 'Calls'. Did you mean 'Calls'",
    ),
    "a query of a table that is not there": (
        lambda f: ("SELECT * FROM cals", database()),
        {},
        "the query cannot be run: .*no such table: cals",
    ),
    "a number among seconds since 1970": (
        lambda f: text_file(f, ("timestamp", "offered"), [(1795248000, 1), (1795249800, 2), (17, 3)]),
        {},
        "got '17' in row 4",
    ),
    "old spreadsheet format": (
        lambda f: text_file(f, ("start", "offered"), [(1, 2)]).rename(f / "calls.xls"),
        {},
        "Save it as .xlsx or .csv",
    ),
}


@pytest.mark.parametrize("trait", REFUSED)
def test_a_file_is_refused_with_row_and_reason(tmp_path, trait):
    make, how, says = REFUSED[trait]
    with pytest.raises(DataError, match=says):
        read_history(make(tmp_path), **how)
