"""What was learned or read of a history is learned and read once, and says what it said."""

import warnings

import pandas as pd
import pytest

from wfm.errors import WfmWarning
from wfm.plan import learned as module
from wfm.plan.learned import MOST, learned, read_once


def counting(words=None):
    made = []

    def make():
        made.append(1)
        if words:
            warnings.warn(words, WfmWarning, stacklevel=1)
        return object()

    return make, made


def test_the_same_history_and_settings_are_learned_once():
    make, made = counting()
    history = pd.DataFrame({"queue": ["learned once"], "offered": [1.0]})
    first = learned(make, history, "fit", ("a",))
    assert learned(make, history.copy(), "fit", ("a",)) is first
    assert len(made) == 1


@pytest.mark.parametrize("changed", [{"offered": [2.0]}, {"queue": ["another"]}, {"more": [1.0]}])
def test_another_cell_or_column_is_learned_anew(changed):
    make, made = counting()
    history = pd.DataFrame({"queue": [f"learned anew {sorted(changed)}"], "offered": [1.0]})
    assert learned(make, history, "fit") is not learned(make, history.assign(**changed), "fit")
    assert learned(make, history, "backtest") is not learned(make, history, "fit")
    assert len(made) == 3


def test_a_warning_is_given_each_time():
    make, made = counting("little history")
    history = pd.DataFrame({"queue": ["warned"], "offered": [1.0]})
    for _ in range(2):
        with pytest.warns(WfmWarning, match="little history"):
            learned(make, history)
    assert len(made) == 1


def test_only_the_last_few_are_kept():
    make, made = counting()
    histories = [pd.DataFrame({"queue": ["kept"], "offered": [float(k)]}) for k in range(MOST + 1)]
    for history in [*histories, histories[0]]:
        learned(make, history)
    assert len(made) == MOST + 2


# --- files ------------------------------------------------------------------------------------------------------------


def reading(words=None):
    made = []

    def read(source, **how):
        made.append(source)
        if words:
            warnings.warn(words, WfmWarning, stacklevel=1)
        return object()

    return read, made


def test_a_file_is_read_once_until_a_byte_of_it_or_a_setting_changes(tmp_path):
    read, made = reading()
    file = tmp_path / "calls.csv"
    file.write_text("start,offered\n")
    first = read_once(read, file, queue="voice")
    assert read_once(read, file, queue="voice") is first
    assert read_once(read, file, queue="chat") is not first
    file.write_text("start,Offered\n")
    assert read_once(read, file, queue="voice") is not first
    assert len(made) == 3


def test_a_reading_warns_each_time_and_is_none_where_it_fails(tmp_path):
    file = tmp_path / "calls.csv"
    file.write_text("doubtful\n")
    read, made = reading("some rows were repaired")
    for _ in range(2):
        with pytest.warns(WfmWarning, match="some rows were repaired"):
            read_once(read, file)
    assert len(made) == 1
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="division by zero"):
            read_once(lambda source, part: part / 0, file, part=1)


def test_tables_and_very_large_files_are_read_each_time(tmp_path, monkeypatch):
    read, made = reading()
    table = pd.DataFrame({"offered": [1.0]})
    assert read_once(read, table) is not read_once(read, table)
    monkeypatch.setattr(module, "LARGEST", 3)
    (tmp_path / "calls.csv").write_text("long")
    assert read_once(read, tmp_path / "calls.csv") is not read_once(read, tmp_path / "calls.csv")
    assert len(made) == 4
