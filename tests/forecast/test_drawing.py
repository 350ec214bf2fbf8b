from __future__ import annotations

import pandas as pd
import pytest

from wfm.errors import DataError, SettingError
from wfm.forecast import plot_explained

DAY = pd.Timestamp("2026-11-25")


def _table(**queues):
    """queue -> its factors."""
    rows = [(queue, DAY, name, factor) for queue, factors in queues.items() for name, factor in factors.items()]
    return pd.DataFrame(rows, columns=["queue", "day", "component", "factor"])


def _words(axes):
    return [text.get_text() for text in axes.texts]


def test_a_day_is_drawn_from_its_level_by_its_reasons_to_its_forecast():
    table = _table(voice={"level": 1000.0, "weekday": 1.1, "memory": 1.0001, "holiday": 0.5, "doubt": 1.0})
    (axes,) = plot_explained(table)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["level", "weekday", "holiday", "forecast"]
    assert _words(axes) == ["1,000", "+10.0%", "-50.0%", "550"]
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches]
    assert bars[0] == (0, 1000)
    assert bars[1] == pytest.approx((1000, 1100))
    assert bars[3] == pytest.approx((0, 550.055))
    assert axes.get_title(loc="left") == "voice, Wed 2026-11-25"


def test_the_queues_of_a_stream_have_a_panel_each_and_are_told_their_share():
    table = _table(live={"level": 900.0, "weekday": 1.0}, chat={"level": 900.0, "share of the sum": 0.3})
    live, chat = plot_explained(table, day="2026-11-25")
    assert live.figure is chat.figure
    assert _words(chat) == ["900", "30.0% of it", "270"]


def test_reasons_are_named_as_planners_say_them():
    factors = {"level": 100.0, "month_day": 1.5, "event:Card 2": 1.2, "recurring:pay_day": 1.1, "memory": 0.9}
    (axes,) = plot_explained(_table(voice=factors))
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["level", "day of the month", "Card 2", "pay day", "recent days", "forecast"]


def test_what_cannot_be_drawn_is_refused():
    table = _table(voice={"level": 900.0}, chat={"level": 100.0})
    with pytest.raises(DataError, match=r"explains no day 2026-11-26, got .*2026-11-25"):
        plot_explained(table, day="2026-11-26")
    with pytest.raises(SettingError, match="ax is one, the table tells of queues"):
        plot_explained(table, ax=plot_explained(table)[0])
