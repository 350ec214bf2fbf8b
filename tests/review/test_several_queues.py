"""Reviews of plans with several queues: each by itself, in one file or in several."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.queues import Queue
from wfm.review import review
from wfm.review.split import CAUSES

TABLES = ("forecast", "paths", "requirement", "coverage", "promise")


def with_queue(plan, queue):
    """The plan with a second queue that has the numbers of the first."""
    tables = {
        name: pd.concat([getattr(plan, name), getattr(plan, name).assign(queue=queue.name)], ignore_index=True)
        for name in TABLES
    }
    return replace(plan, queues={**plan.queues, queue.name: queue}, **tables)


@pytest.fixture
def chat(plan):
    return with_queue(plan, replace(plan.queues["voice"], name="chat", channel="chat", concurrency=2))


@pytest.fixture
def both(plan, came):
    one, other = came(plan, volume=1.1), came(plan, aht=1.3)
    return pd.concat([one, other.assign(queue="chat")], ignore_index=True)


def test_each_queue_has_its_own_split(plan, chat, both, came):
    found = review(chat, both)
    weeks = found.split.query("scope == 'week'").set_index("queue")
    assert list(weeks.index) == ["chat", "voice"]
    np.testing.assert_allclose(weeks[[*CAUSES, "chance"]].sum(axis=1), weeks["miss"], atol=1e-12)
    np.testing.assert_allclose(weeks.loc["chat", ["volume", "shape", "attendance"]].astype(float), 0.0, atol=1e-9)
    assert weeks.loc["chat", "aht"] < 0
    alone = review(plan, came(plan, volume=1.1)).split.query("scope == 'week'").iloc[0]
    assert weeks.loc["voice", "volume"] == pytest.approx(alone["volume"], abs=1e-12)
    assert len(found.summary().splitlines()) <= 10


def test_a_file_for_each_queue_tells_the_same_as_one_file(chat, both, tmp_path):
    files = {}
    for name, rows in both.groupby("queue"):
        files[name] = tmp_path / f"{name}.csv"
        rows.drop(columns="queue").to_csv(files[name], index=False)
    one, several = review(chat, both), review(chat, files)
    pd.testing.assert_frame_equal(one.split, several.split, rtol=1e-9)


def test_a_file_that_names_no_queue_is_not_taken_for_all_of_them(chat, both):
    nameless = both[both["queue"] == "voice"].drop(columns="queue")
    with pytest.raises(DataError, match="must name the queue of each row, one of 'voice', 'chat'; they have 'all'"):
        review(chat, nameless)


def test_a_queue_without_data_is_said_and_left_out(chat, both):
    found = review(chat, both[both["queue"] == "voice"])
    assert set(found.days["queue"]) == {"voice"}
    assert "no actual data of queue chat" in found.notes


def test_deferred_work_has_days_and_no_split(plan, came):
    tickets = Queue(name="tickets", channel="deferred", classes={"normal": "24h"})
    two = with_queue(plan, tickets)
    history = pd.concat([came(plan), came(plan, volume=1.2).assign(queue="tickets")], ignore_index=True)
    found = review(two, history)
    assert set(found.split["queue"]) == {"voice"}
    days = found.days.query("queue == 'tickets'")
    np.testing.assert_allclose(days["offered"], 1.2 * days["forecast"])
    assert days["achieved"].isna().all()


def test_a_plan_that_began_with_a_requirement_is_reviewed_without_a_forecast(plan, came):
    bare = replace(plan, forecast=pd.DataFrame(), paths=pd.DataFrame())
    found = review(bare, came(plan))
    assert found.split.empty
    assert "voice 5," in found.summary()
    assert "no forecast" in found.summary()
    assert found.days["came_hours"].notna().all()
