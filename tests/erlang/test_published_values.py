"""Worked examples that circulate in the field, recomputed; each row with its source.

Those of Erlang C's and Erlang A's own files are not repeated: here stand the staff that the examples ask for, what was
left out there, and published limits.
"""

import numpy as np
import pytest

from wfm.erlang import erlang_a, erlang_b, erlang_c
from wfm.queues import Shrinkage

# load, aht [s], within [s], agents, service level, occupancy, source
SERVICE = [
    (10.0, 180, 20, 14, 0.888350, 10 / 14, "the README of an R package"),
    (100 / 3, 120, 20, 40, 0.937211, 0.833333, "a Python calculator's README: 93.72%, 83.33%"),
    (48.0, 240, 15, 55, 0.845883, 0.8727, "inputs of Mitan, Call center staffing"),
    (30.0, 180, 15, 35, 0.812392, 0.8571, "inputs of Mitan, whose printed 82% is rounded up"),
    (20.0, 180, 20, 24, 0.808882, 0.8333, "load of an R package's vignette"),
    (135.0, 270, 60, 140, 0.813061, 0.9643, "computed"),
    (1000.0, 180, 20, 1011, 0.813797, 1000 / 1011, "computed"),
    (2000.0, 180, 20, 2011, 0.786005, 2000 / 2011, "computed"),
    (2000.0, 180, 20, 2012, 0.814243, 0.9940, "computed"),
    (20_000.0, 180, 20, 20_014, 0.813908, 20_000 / 20_014, "computed: nothing over- or underflows"),
    (250 * 330 / 3600, 330, 30, 27, 0.7822, 250 * 330 / 3600 / 27, "jonesthenet, worked example: 78.22%"),
    (250 * 330 / 3600, 330, 30, 28, 0.8569, 250 * 330 / 3600 / 28, "jonesthenet, worked example: 85.69%"),
    (50 * 240 / 1800, 240, 20, 9, 0.742, 50 * 240 / 1800 / 9, "Call Centre Helper, forum: 74.2%"),
]


@pytest.mark.parametrize(("load", "aht", "within", "agents", "level", "occupancy", "source"), SERVICE)
def test_published_service_and_occupancy(load, aht, within, agents, level, occupancy, source):
    digits = 5e-7 if round(level, 4) != level else 5e-5 if round(level, 3) != level else 5e-4
    assert erlang_c.service_level(agents, load, aht=aht, within=within) == pytest.approx(level, abs=digits), source
    assert erlang_c.occupancy(agents, load) == pytest.approx(occupancy, abs=5e-5), source


# load, aht [s], target, agents, people behind them, source
STAFF = [
    (
        10.0,
        180,
        {"within": 20, "share": 0.80, "max_occupancy": 0.85},
        14,
        20,
        "the familiar case of Call Centre Helper",
    ),
    (100 / 3, 120, {"within": 20, "share": 0.80, "max_occupancy": 0.85}, 40, 58, "a Python calculator's README"),
    (30.0, 180, {"within": 15, "share": 0.80}, 35, 50, "Mitan: 35"),
    (250 * 330 / 3600, 330, {"within": 30, "share": 0.80}, 28, 40, "jonesthenet, worked example"),
    (1.0 * 180 / 1800, 180, {"within": 20, "share": 0.80}, 1, 2, "one call in half an hour"),
    (2000.0, 180, {"within": 20, "share": 0.80}, 2012, 2875, "computed"),
    (20_000.0, 180, {"within": 20, "share": 0.80}, 20_014, 28_592, "computed"),
]


@pytest.mark.parametrize(("load", "aht", "target", "agents", "people", "source"), STAFF)
def test_published_staff_and_the_people_behind_it(load, aht, target, agents, people, source):
    found = erlang_c.agents_for(load, aht=aht, **target)
    assert found == agents, source
    assert np.ceil(Shrinkage(unplanned=0.30).rostered(np.array([float(found)])))[0] == people, source


def test_the_example_of_fifty_agents_with_and_without_hang_ups():
    """Garnett; Gans, Koole & Mandelbaum (2003), Telephone call centers, their table of 50 agents and 48 calls a minute."""
    assert erlang_c.wait_probability(50, 48.0) == pytest.approx(0.694456, abs=5e-7)
    assert erlang_c.asa(50, 48.0, aht=60) == pytest.approx(20.834, abs=5e-4)
    assert erlang_c.wait_quantile(0.90, 50, 48.0, aht=60) == pytest.approx(58.139, abs=5e-4)
    assert erlang_c.occupancy(50, 48.0) == pytest.approx(0.96)
    queue = {"aht": 60.0, "patience": 120.0}
    assert erlang_a.wait_probability(50, 48.0, **queue) == pytest.approx(0.467774, abs=5e-7)
    shares = {"lost": 0.943, "answered": 0.973, "ignored": 0.972, "met": 0.973}
    for word, level in shares.items():
        found = erlang_a.service_level(50, 48.0, **queue, within=20, abandoned=word)
        assert found == pytest.approx(level, abs=5e-4)


# the exponent of square-root staffing and the share that waits in a very large centre
HALFIN_WHITT = [
    (0.1, 0.880287),
    (0.25, 0.720932),
    (0.5, 0.504539),
    (0.75, 0.341748),
    (1.0, 0.223361),
    (1.5, 0.084690),
    (2.0, 0.026881),
    (3.0, 0.001477),
]


@pytest.mark.parametrize(("beta", "waits"), HALFIN_WHITT)
def test_very_large_centres_tend_to_the_limit_of_square_root_staffing(beta, waits):
    """Halfin & Whitt (1981), Heavy-traffic limits for queues with many exponential servers."""
    load = 1e8
    assert erlang_c.wait_probability(load + beta * np.sqrt(load), load) == pytest.approx(waits, rel=1e-3, abs=2e-6)


def test_how_far_real_centres_are_from_that_limit():
    agents = np.array([10, 50, 200, 1000])
    load = (np.sqrt(agents + 0.25) - 0.5) ** 2  # agents = load + 1 sqrt(load)
    assert erlang_c.wait_probability(agents, load) == pytest.approx([0.2703, 0.2438, 0.2334, 0.2278], abs=5e-5)


@pytest.mark.parametrize(
    ("lines", "load", "blocked"),
    [(1, 1.0, 0.5), (2, 1.0, 0.2), (2, 2.0, 0.4), (3, 2.0, 4 / 19), (5, 3.0, 0.110054), (132, 123.0, 0.031243)],
)
def test_blocking_by_hand(lines, load, blocked):
    assert erlang_b.blocking(lines, load) == pytest.approx(blocked, abs=5e-7)
