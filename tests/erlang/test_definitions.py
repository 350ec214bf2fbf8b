"""What counts as met: published worked examples, and the model's side against its own shares."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wfm.erlang import erlang_a
from wfm.erlang.formulas.definitions import ABANDONED, met_share, service_definitions
from wfm.errors import DataError, SettingError

# ICMI QueueTips, March 2005: 1,000 answered (860 within 20 s), 60 abandoned (20 within 20 s, 10 within 5 s)
ICMI = {
    "offered": 1060,
    "answered": 1000,
    "abandoned": 60,
    "answered_within": 860,
    "abandoned_within": 20,
    "abandoned_short": 10,
}
ICMI_LEVELS = {"met": 0.8302, "answered": 0.8600, "lost": 0.8113, "ignored": 0.8269, "credited": 0.8208}
# Cisco Unified Intelligence Center, user guide: 70 answered and 10 abandoned within the threshold, 20 later
CISCO = {"offered": 100, "answered_within": 70, "abandoned": 10, "abandoned_within": 10}
CISCO_LEVELS = {"ignored": 0.778, "lost": 0.700, "met": 0.800}


def history(*rows: dict[str, float]) -> pd.DataFrame:
    starts = pd.date_range("2026-03-21 08:00", periods=len(rows), freq="30min")
    return pd.DataFrame([{"queue": "voice", "start": start, **row} for start, row in zip(starts, rows, strict=True)])


@pytest.mark.parametrize(("counts", "levels"), [(ICMI, ICMI_LEVELS), (CISCO, CISCO_LEVELS)], ids=["icmi", "cisco"])
def test_published_examples(counts, levels):
    found = service_definitions(history(counts)).set_index("definition")["service_level"]
    for name, level in levels.items():
        assert found[name] == pytest.approx(level, abs=5.5e-4), name


def test_every_formula_of_counts():
    counts = {"offered": 110, "answered": 80, "abandoned": 20, "answered_within": 60}
    counts |= {"abandoned_within": 8, "abandoned_short": 3, "flowed": 10}
    found = service_definitions(history(counts)).set_index("definition")
    expected = {
        "lost": (60, 110),
        "answered": (60, 80),
        "ignored": (60, 102),
        "met": (68, 110),
        "credited": (63, 110),
        "lost without short": (60, 107),
        "lost without flowed": (60, 100),
    }
    assert list(found.index) == list(expected)
    for name, (met, base) in expected.items():
        assert (found.loc[name, "met"], found.loc[name, "base"]) == (met, base), name
        assert found.loc[name, "service_level"] == pytest.approx(met / base, rel=1e-14)
    assert found["formula"].tolist() == [
        "answered_within / offered",
        "answered_within / answered",
        "answered_within / (offered - abandoned_within)",
        "(answered_within + abandoned_within) / offered",
        "(answered_within + abandoned_short) / offered",
        "answered_within / (offered - abandoned_short)",
        "answered_within / (offered - flowed)",
    ]


def test_contacts_intervals_and_kept_intervals_are_three_numbers():
    busy, quiet = {"offered": 90, "answered_within": 45}, {"offered": 10, "answered_within": 9}
    closed = {"offered": 0, "answered_within": 0}
    found = service_definitions(history(busy, quiet, closed), share=0.9).iloc[0]
    assert found["service_level"] == pytest.approx(0.54)
    assert found["interval_mean"] == pytest.approx(0.7)
    assert found["kept"] == 0.5


def test_queues_stand_by_themselves_and_what_was_not_counted_is_left_out():
    table = history({"offered": 10, "answered_within": 8}, {"offered": 20, "answered_within": np.nan})
    other = history({"offered": 4, "answered_within": 4}).assign(queue="chat")
    found = service_definitions(pd.concat([table, other]))
    assert found[["queue", "base", "service_level"]].to_numpy().tolist() == [["chat", 4, 1.0], ["voice", 10, 0.8]]
    empty = service_definitions(history({"offered": 0, "answered_within": 0}), share=0.8).iloc[0]
    assert (empty["service_level"], empty["interval_mean"], empty["kept"]) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"answered_within": 12, "answered": 11}, r"history\.answered_within must be part of answered in 1 row"),
        ({"answered_within": 21}, r"answered_within must be part of offered in 1 row\(s\), first: queue=voice, start="),
        ({"answered_within": 2, "answered": 21}, r"history\.answered must be part of offered"),
        ({"answered_within": 2, "abandoned": 21}, r"history\.abandoned must be part of offered"),
        ({"answered_within": 2, "abandoned_within": 21}, r"history\.abandoned_within must be part of offered"),
        ({"answered_within": 2, "abandoned": 3, "abandoned_within": 4}, r"abandoned_within must be part of abandoned"),
        ({"answered_within": 2, "abandoned": 3, "abandoned_short": 4}, r"abandoned_short must be part of abandoned"),
        ({"answered_within": 2, "abandoned_short": 24}, r"abandoned_short must be part of offered"),
        ({"answered_within": 2, "flowed": 24}, r"flowed must be part of offered"),
        ({"answered_within": 2, "flowed": -1}, r"flowed must be >= 0 in 1 row\(s\)"),
    ],
)
def test_counts_that_contradict_each_other_are_refused(row, words):
    with pytest.raises(DataError, match=words) as raised:
        service_definitions(history({"offered": 20, "answered_within": 2}, {"offered": 20, **row}))
    assert raised.value.rows == (1,)


def test_without_answered_within_there_is_no_service_level():
    with pytest.raises(DataError, match=r"history has no column 'answered_within'"):
        service_definitions(history({"offered": 20}))
    for share in (80, 0, 1):
        with pytest.raises(SettingError, match=r"share must be a fraction in \(0, 1\)"):
            service_definitions(history({"offered": 20, "answered_within": 3}), share=share)


def test_the_model_side_by_hand():
    served, gone, early, lost, longer = (np.array([x, 0.0]) for x in (0.7, 0.1, 0.04, 0.2, 0.25))
    levels = {word: met_share(word, served, gone, early, lost, longer)[0] for word in ABANDONED}
    assert levels == pytest.approx(
        {
            "lost": 0.7 / 0.96,
            "ignored": 0.7 / 0.9,
            "met": 0.76 / 0.96,
            "answered": 0.7 / 0.8,
            "credited": 0.74,
            "virtual": 0.75,
        },
        rel=1e-14,
    )
    late = met_share("ignored", served, early, gone, lost, longer)  # `short` beyond the threshold
    assert late[0] == pytest.approx(0.7 / 0.9)
    assert met_share("met", served, early, gone, lost, longer)[0] == pytest.approx(0.7 / 0.9)


def test_an_empty_base_is_no_service():
    none, all_ = np.zeros(1), np.ones(1)
    for word, level in {"lost": 0, "ignored": 0, "met": 0, "answered": 0, "credited": 1, "virtual": 0}.items():
        assert met_share(word, none, all_, all_, all_, all_).tolist() == [level], word


def test_every_definition_of_the_garnett_example():
    queue = {"aht": 60, "patience": 120, "within": 20}
    found = {word: erlang_a.service_level(50, 48.0, **queue, abandoned=word) for word in ABANDONED}
    assert found == pytest.approx(
        {"lost": 0.943, "ignored": 0.972, "met": 0.973, "answered": 0.973, "credited": 0.943, "virtual": 0.968},
        abs=5e-4,
    )
    short = erlang_a.service_level(50, 48.0, **queue, abandoned="credited", short=5)
    gone = erlang_a.service_level(50, 48.0, aht=60, patience=120, within=5, abandoned="met")
    gone -= erlang_a.service_level(50, 48.0, aht=60, patience=120, within=5)
    assert short == pytest.approx(found["lost"] + gone, rel=1e-12)
    all_in_time = erlang_a.service_level(50, 48.0, **queue, abandoned="credited", short=20)
    assert all_in_time == pytest.approx(found["met"], rel=1e-12)


def test_virtual_and_credited_are_the_reference():
    d = pd.read_csv(Path(__file__).parent / "data" / "virtual.csv", comment="#")
    n, a, aht, patience, within = (d[c].to_numpy(dtype=float) for c in ("n", "load_erl", "aht_s", "patience_s", "T_s"))
    queue = {"aht": aht, "patience": patience, "within": within}
    found = erlang_a.service_level(n, a, **queue, abandoned="virtual")
    np.testing.assert_allclose(found, d["A_sl_virtual"], rtol=0, atol=1e-12)
    credited = erlang_a.service_level(n, a, **queue, abandoned="credited", short=within)
    np.testing.assert_allclose(credited, d["A_sl_offered"] + d["A_pab_withinT"], rtol=0, atol=1e-12)
