"""Contact by contact: one row each, counted per interval."""

import time

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError, SettingError, WfmWarning
from wfm.history import inspect_history, read_history

CALLS = """arrival,queue,wait,outcome,handle
2026-11-21 08:01:10,voice,10,answered,200
2026-11-21 08:05:00,voice,75,answered,300
2026-11-21 08:29:59,voice,40,abandoned,
2026-11-21 08:30:00,voice,5,answered,100
2026-11-21 09:10:00,voice,3,abandoned,
"""


def written(tmp_path, text):
    path = tmp_path / "calls.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_contacts_are_counted_where_they_arrived(tmp_path):
    reading = inspect_history(written(tmp_path, CALLS), interval="30min", hours="08:00-10:00")
    history = reading.history.set_index(reading.history["start"].dt.strftime("%H:%M"))
    columns = ["offered", "answered", "abandoned", "answered_within", "aht", "asa"]
    np.testing.assert_equal(
        history[columns].to_numpy(), [[3, 2, 1, 1, 250, 42.5], [1, 1, 0, 1, 100, 5], [1, 0, 1, 0, np.nan, np.nan]]
    )
    assert set(history["within"]) == {60.0}
    assert reading.contacts is not None
    assert len(reading.contacts) == 5


def test_the_threshold_of_answered_within_can_be_said(tmp_path):
    history = read_history(written(tmp_path, CALLS), within="90s")
    assert (history["answered_within"].sum(), history["within"].iloc[0]) == (3.0, 90.0)


def test_the_default_interval_is_half_an_hour_and_reported(tmp_path):
    report = inspect_history(written(tmp_path, CALLS)).report
    assert report["what"].str.contains("counted in intervals of 30 min").any()


def test_columns_of_contacts_can_be_mapped(tmp_path):
    text = "when,secs in line,how it went,busy\n2026-11-21 08:01,10,AGENT,200\n2026-11-21 08:02,70,HANG,0\n"
    columns = {"when": "arrival", "secs in line": "wait", "how it went": "outcome", "busy": "handle"}
    history = read_history(written(tmp_path, text), columns=columns)
    assert history.loc[0, ["offered", "answered", "abandoned", "aht"]].tolist() == [2, 1, 1, 200]


def test_unknown_outcomes_are_listed_and_can_be_told(tmp_path):
    text = CALLS.replace("abandoned", "PHANTOM")
    with pytest.raises(DataError, match=r"unknown outcomes 'PHANTOM', the first in row 4.*outcomes=\{'PHANTOM'"):
        read_history(written(tmp_path, text))
    flowed = read_history(written(tmp_path, text), outcomes={"PHANTOM": "flowed"})
    assert (flowed["offered"].sum(), flowed["abandoned"].sum()) == (5.0, 0.0)
    left_out = read_history(written(tmp_path, text), outcomes={"phantom": None})
    assert left_out["offered"].sum() == 3.0


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("AGENT", "answered"),
        ("Handled", "answered"),
        ("HANG", "abandoned"),
        ("No Answer", "abandoned"),
        ("hang_up", "abandoned"),
        ("BUSY", "blocked"),
        ("پاسخ داده شده", "answered"),
    ],
)
def test_well_known_words_are_understood(tmp_path, word, outcome):
    text = CALLS.replace(",abandoned,", f",{word},")
    assert inspect_history(written(tmp_path, text)).contacts["outcome"].iloc[2] == outcome


def test_durations_and_dates_of_contacts_are_read_as_elsewhere(tmp_path):
    text = "arrival;wait;outcome;talk;hold;acw\n۱۴۰۵/۰۸/۳۰ 08:01:00;00:10;answered;03:00;0;00:20\n"
    history = read_history(written(tmp_path, text))
    assert history.loc[0, ["start", "aht", "asa"]].tolist() == [pd.Timestamp("2026-11-21 08:00"), 200.0, 10.0]


def test_outcomes_told_by_handle_times_are_warned_of(tmp_path):
    text = "arrival,handle\n2026-11-21 08:01,200\n2026-11-21 08:02,0\n"
    with pytest.warns(WfmWarning, match="outcome told by the handle time"):
        history = read_history(written(tmp_path, text))
    assert history.loc[0, ["offered", "answered", "abandoned"]].tolist() == [2, 1, 1]


def test_arrivals_alone_are_enough(tmp_path):
    history = read_history(written(tmp_path, "arrival\n2026-11-21 08:01\n2026-11-21 08:02\n"), interval="15min")
    assert history["offered"].tolist() == [2.0]


@pytest.mark.parametrize(
    ("text", "how", "says"),
    [
        (
            "arrival,wait\n2026-11-21 08:01,soon\n",
            {},
            "'wait' must be a duration >= 0 in seconds or as mm:ss, got 'soon' in row 2",
        ),
        ("arrival,wait\n2026-11-21 08:01,-3\n", {}, "got '-3' in row 2"),
        ("arrival,outcome\n2026-11-31 08:01,answered\n", {}, "got '2026-11-31 08:01' in row 2"),
    ],
)
def test_faulty_contacts_are_refused(tmp_path, text, how, says):
    with pytest.raises(DataError, match=says):
        read_history(written(tmp_path, text), **how)


def test_end_stamps_are_for_intervals(tmp_path):
    with pytest.raises(SettingError, match="one row a contact"):
        read_history(written(tmp_path, CALLS), stamps="end")


def test_contacts_outside_hours_are_counted_not_binned(tmp_path):
    reading = inspect_history(written(tmp_path, CALLS), hours="08:00-09:00")
    assert reading.history["offered"].sum() == 4.0
    assert reading.report["what"].str.contains("outside opening hours left out, with 1 contacts").any()


@pytest.mark.slow
def test_a_million_contacts_are_read_in_seconds(tmp_path):
    rng = np.random.default_rng(1)
    arrival = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 700 * 86_400, 1_000_000)), unit="s")
    path = tmp_path / "calls.csv"
    pd.DataFrame(
        {
            "arrival": arrival,
            "queue": rng.choice(["voice", "chat"], 1_000_000),
            "wait": rng.integers(0, 300, 1_000_000),
            "outcome": rng.choice(["answered", "abandoned"], 1_000_000),
            "handle": rng.integers(30, 900, 1_000_000),
        }
    ).to_csv(path, index=False)
    begin = time.process_time()
    history = read_history(path, hours="24x7")
    assert history["offered"].sum() == 1_000_000
    assert time.process_time() - begin < 15
