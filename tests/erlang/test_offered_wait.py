"""The parts of the offered wait by hand: room in the line, who is accepted, lines that nobody serves."""

import math
from fractions import Fraction

import numpy as np
import pytest

from wfm.erlang import erlang_a
from wfm.erlang.formulas import impatience
from wfm.erlang.formulas.offered_wait import (
    Impatience,
    Line,
    _accepted,
    _doubled,
    _halved,
    _log_room,
    _nobody,
    offered_wait,
    steady_state,
)

ENDLESS = Impatience(mean=np.inf, patient=np.ones_like, integral=lambda x: np.asarray(x, dtype=float))
ROOMS = [(0, 0.5), (0, 40.0), (1, 1e-3), (3, 2.0), (3, 400.0), (12, 11.0), (40, 900.0), (5, 20_000.0)]


def blocking(places: int, load: float) -> Fraction:
    """Erlang's loss by its recursion, exactly."""
    b, a = Fraction(1), Fraction(load)
    for k in range(1, places + 1):
        b = a * b / (k + a * b)
    return b


def log_of(x: Fraction) -> float:
    return math.log(x.numerator) - math.log(x.denominator)


@pytest.mark.parametrize(("places", "z"), ROOMS)
def test_room_in_the_line_is_the_lower_part_of_the_poisson_law(places, z):
    log_room, inverse = _log_room(np.array([float(places)]), np.array([z]))
    within = sum(Fraction(z) ** k / math.factorial(k) for k in range(places + 1))
    assert log_room[0] == pytest.approx(log_of(within) - z, rel=1e-11, abs=1e-14)
    assert 1 / inverse[0] == pytest.approx(float(blocking(places, z)), rel=1e-11)


def test_room_without_end_and_before_anybody_comes():
    places, z = np.array([np.inf, np.inf, 0.0, 4.0]), np.array([0.0, 70.0, 0.0, 0.0])
    log_room, inverse = _log_room(places, z)
    assert log_room.tolist() == [0.0, 0.0, 0.0, 0.0]
    assert inverse.tolist() == [np.inf, np.inf, 1.0, np.inf]  # with no place at all nobody waits, whoever comes
    some = _log_room(np.array([np.inf, 3.0, np.inf]), np.array([5.0, 2.0, 0.0]))
    assert some[0].tolist() == [0.0, pytest.approx(math.log(19 / 3) - 2), 0.0]
    assert some[1].tolist() == [np.inf, pytest.approx(19 / 4), np.inf]


@pytest.mark.parametrize(("places", "z"), ROOMS)
def test_who_is_accepted_has_every_digit(places, z):
    inverse = np.array([float(1 / blocking(places, z))])
    found = _accepted(np.array([float(places)]), np.array([z]), inverse)
    assert found[0] == pytest.approx(float(1 - blocking(places, z)), rel=1e-10, abs=0)


def test_everybody_is_accepted_where_there_is_room_for_all():
    found = _accepted(np.array([np.inf, 2.0, 0.0]), np.array([9.0, 1e12, 3.0]), np.array([np.inf, 1 + 2e-12, 1.0]))
    assert found[0] == 1.0
    assert found[1] == pytest.approx(2e-12, rel=1e-9)
    assert found[2] == 0.0


def test_the_first_doubling_and_halving_find_where_it_stops():
    stop = np.array([0.5, 3.0, 100.0])
    reach = _doubled(lambda x: x < stop, np.array([0.0, 1.0, 0.0]), np.array([1.0, 1.0, 1.0]))
    assert reach.tolist() == [1.0, 3.0, 128.0]
    assert _halved(lambda x: x < stop, np.zeros(3), reach, 30) == pytest.approx(stop, rel=1e-6)
    assert _halved(lambda x: x < stop, np.zeros(3), np.full(3, 128.0), 1).tolist() == [64.0, 64.0, 128.0]


LINES = [(20, 60.0, np.inf), (20, 60.0, 35.0), (20, 18.0, np.inf), (3, 40.0, 4.0), (1, 0.2, 2.0), (300, 900.0, 500.0)]


def one_line(agents, load, places, law):
    n, a, aht, room = (np.array([float(x)]) for x in (agents, load, 200.0, places))
    return Line(n=n, a=a, aht=aht, places=room, law=law)


@pytest.mark.parametrize(("agents", "load", "places"), LINES)
@pytest.mark.parametrize("law", [impatience.exponential(150), impatience.weibull(150, shape=2)])
def test_the_slope_of_the_density_is_its_derivative(agents, load, places, law):
    line = one_line(agents, load, places, law)
    for at in (0.5, 20.0, 90.0, 300.0):
        step = 1e-3
        rise = line.height(np.array([at + step])) - line.height(np.array([at - step]))
        assert line.slope(np.array([at]))[0] == pytest.approx(rise[0] / (2 * step), rel=1e-5, abs=1e-7), at


@pytest.mark.parametrize(("agents", "load", "places"), LINES)
def test_the_window_runs_from_nothing_over_the_peak_to_nothing(agents, load, places):
    line = one_line(agents, load, places, impatience.exponential(150))
    start, peak, end = line.window()
    top, grid = line.height(peak)[0], np.linspace(0, 2 * end[0], 4001)
    heights = np.array([line.height(np.array([x]))[0] for x in grid])
    assert 0 <= start[0] <= peak[0] < end[0]
    assert heights.max() == pytest.approx(top, abs=1e-5 + 1e-6 * abs(top))
    assert heights[grid > end[0]].max() <= top - 42
    inside = 0.98 * end[0] + 0.02 * peak[0]
    assert line.height(np.array([inside]))[0] > top - 42.01  # and no further than that
    if line.height(np.zeros(1))[0] > top - 42:
        assert start[0] == 0.0
    else:
        assert line.height(start)[0] == pytest.approx(top - 42, abs=1e-3)


def test_lines_that_nobody_serves_are_places_filled_by_patience():
    rate, places = np.array([0.02, 0.02, 0.5]), np.array([np.inf, 3.0, 0.0])
    law, within, short = impatience.fixed(90), np.array([60.0, 60.0, 100.0]), np.array([0.0, 95.0, 10.0])
    found = _nobody(rate, places, law, within, short)
    blocked = np.array([0.0, float(blocking(3, 1.8)), 1.0])
    np.testing.assert_allclose(found["blocked"], blocked, rtol=1e-12)
    for name in ("waits", "lost", "longer"):
        np.testing.assert_allclose(found[name], 1 - blocked, rtol=1e-12, err_msg=name)
    for name in ("served", "served_in", "served_wait"):
        assert found[name].tolist() == [0.0, 0.0, 0.0]
    np.testing.assert_allclose(found["gone"], [0.0, 0.0, 0.0])  # patience ends at 90 s; the last finds no place
    np.testing.assert_allclose(found["early"], [0.0, 1 - blocked[1], 0.0])
    np.testing.assert_allclose(found["mean_wait"], 90 * (1 - blocked), rtol=1e-12)


def test_hang_ups_of_a_line_that_nobody_serves_come_as_patience_ends():
    law = impatience.exponential(90)
    times = np.array([30.0, 30.0]), np.array([0.0, 20.0])
    found = _nobody(np.array([0.1, 0.1]), np.array([np.inf, 2.0]), law, *times)
    stay = 1 - np.array([0.0, float(blocking(2, 9.0))])
    np.testing.assert_allclose(found["gone"], stay * (1 - np.exp(-30 / 90)), rtol=1e-12)
    np.testing.assert_allclose(found["early"], stay * [0.0, 1 - np.exp(-20 / 90)], rtol=1e-12)


def test_those_who_never_hang_up_wait_for_ever_where_nobody_serves():
    found = _nobody(np.array([0.1, 0.1]), np.array([np.inf, 5.0]), ENDLESS, np.full(2, 20.0), np.full(2, 5.0))
    assert found["blocked"].tolist() == [0.0, 1.0]  # the places fill once and stay so
    assert found["waits"].tolist() == [1.0, 0.0]
    assert found["lost"].tolist() == [0.0, 0.0]
    assert found["gone"].tolist() == [0.0, 0.0]
    assert found["early"].tolist() == [0.0, 0.0]
    assert found["mean_wait"].tolist() == [np.inf, 0.0]


def test_rows_keep_their_place_whatever_stands_beside_them():
    """Idle lines, lines without agents and ordinary ones, one call or each by itself."""
    n, a = np.array([0.0, 5.0, 5.0, 0.0, 8.0]), np.array([3.0, 0.0, 4.0, 0.0, 9.0])
    aht, places = np.full(5, 200.0), np.array([4.0, 2.0, np.inf, 1.0, 6.0])
    within, short, law = np.array([20.0, 20, 20, 20, 45]), np.array([0.0, 5, 5, 5, 0]), impatience.exponential(150)
    found = steady_state(n, a, aht, places, law, within, short)
    for k in range(5):
        row = slice(k, k + 1)
        alone = steady_state(n[row], a[row], aht[row], places[row], law, within[row], short[row])
        for name, value in alone.items():
            assert found[name][k] == pytest.approx(float(value[0]), rel=1e-13, abs=1e-300), (name, k)
    for k in (1, 3):  # without load everybody would be served at once
        assert [found[name][k] for name in ("served", "served_in", "waits", "lost", "blocked")] == [1, 1, 0, 0, 0]
    assert found["early"][4] == 0.0
    assert found["served"][2] == pytest.approx(1 - erlang_a.abandon_rate(5, 4.0, aht=200, patience=150), rel=1e-10)


def test_more_rows_than_are_solved_at_a_time():
    n = np.arange(1.0, 1601.0)
    law = impatience.exponential(150)
    found = steady_state(
        n, 0.95 * n, np.full(1600, 200.0), np.full(1600, np.inf), law, np.full(1600, 20.0), np.zeros(1600)
    )
    for k in (0, 700, 1499, 1500, 1599):
        exact = erlang_a.wait_probability(int(n[k]), 0.95 * n[k], aht=200, patience=150)
        assert found["waits"][k] == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("places", [0, 1, 4, 30, math.inf])
def test_a_line_of_few_places_is_its_birth_and_death_chain(places):
    n, load, aht, patience = 6, 7.5, 200.0, 150.0
    law = impatience.exponential(patience)
    line = Line(n=np.array([6.0]), a=np.array([load]), aht=np.array([aht]), places=np.array([float(places)]), law=law)
    found, weight = offered_wait(line, [np.array([20.0])]), [1.0]
    for x in range(1, n + int(min(places, 200)) + 1):
        weight.append(weight[-1] * (load / aht) / (min(x, n) / aht + max(x - n, 0) / patience))
    p = np.array(weight) / sum(weight)
    blocked = p[-1] if places < math.inf else 0.0
    queue = p @ np.maximum(np.arange(len(p)) - n, 0)
    assert found.at_once[0] == pytest.approx(p[:n].sum(), rel=1e-10)
    assert found.blocked[0] == pytest.approx(blocked, rel=1e-9, abs=1e-15)
    assert found.wait_probability()[0] == pytest.approx(1 - p[:n].sum() - blocked, rel=1e-9, abs=1e-12)
    assert found.mean_wait()[0] == pytest.approx(queue / (load / aht), rel=1e-9, abs=1e-12)
    assert found.abandon()[0] == pytest.approx(queue / patience / (load / aht), rel=1e-9, abs=1e-12)
    together = found.served() + found.abandon() + found.blocked
    assert together[0] == pytest.approx(1.0, abs=1e-12)
    assert (found.served_in(np.array([20.0])) + found.served_later(np.array([20.0])))[0] == pytest.approx(
        float(found.served()[0]), rel=1e-12
    )
