"""The exact day: its cost, and how the cost grows with intervals and with agents."""

import numpy as np
import pytest

from wfm.erlang import transient

pytestmark = pytest.mark.slow


def day(intervals: int, peak_agents: int) -> tuple[np.ndarray, np.ndarray]:
    """A day of 15-minute intervals whose staff follows its load up to so many agents."""
    shape = 0.25 + 0.75 * np.sin(np.pi * (np.arange(intervals) % 96 + 0.5) / 96)
    load = shape * (peak_agents - 0.5 * np.sqrt(peak_agents))
    return load * 900 / 270, np.round(load + 0.5 * np.sqrt(load))


def solve(intervals: int, agents: int) -> None:
    offered, staff = day(intervals, agents)
    transient.performance(offered, staff, interval=900, aht=270, patience=180, within=60)


def test_a_day_of_96_intervals_and_150_agents_takes_less_than_three_tenths_of_a_second(cpu, note):
    spent = cpu(lambda: solve(96, 150))
    note("transient, 96 intervals, 150 agents", f"{spent:.3f} s", "-", "< 0.3 s of CPU")
    assert spent < 0.3


def test_the_cost_is_linear_in_intervals(cpu, note):
    one, four = (cpu(lambda n=n: solve(n, 150), times=4) for n in (96, 384))
    note("transient, 4 days beside 1", f"{four:.3f} s", f"{one:.3f} s", f"{four / one / 4:.2f} of linear (<= 1.3)")
    assert four / one <= 4 * 1.3


def test_the_cost_is_linear_in_states(cpu, note):
    small, large = (cpu(lambda n=n: solve(96, n), times=4) for n in (150, 1200))
    states = [n + 10 * np.sqrt(n) + 40 for n in (150, 1200)]
    beside = states[1] / states[0]
    note(
        "transient, 1,200 agents beside 150",
        f"{large:.3f} s",
        f"{small:.3f} s",
        f"{large / small / beside:.2f} of linear in states (<= 1.4)",
    )
    assert large / small <= 1.4 * beside
