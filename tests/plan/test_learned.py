"""What was learned from a history is learned once, and says what it said."""

import warnings

import pandas as pd
import pytest

from wfm.errors import WfmWarning
from wfm.plan.learned import MOST, learned


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
