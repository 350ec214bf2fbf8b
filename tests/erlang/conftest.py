"""Reference values beside the tests, and slow but plain ways to compute the same."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def steady_state() -> pd.DataFrame:
    return pd.read_csv(DATA / "steady_state.csv", comment="#")


@pytest.fixture(scope="session")
def days() -> pd.DataFrame:
    return pd.read_csv(DATA / "days.csv", comment="#")


@pytest.fixture(scope="session")
def by_states():
    return palm_by_states


def palm_by_states(agents: int, load: float, patience: float, within: float, most: int = 4000) -> dict[str, float]:
    """Erlang A from its birth-death chain; times in handle times."""
    from scipy.special import betainc

    x = np.arange(1, most)
    down = np.minimum(x, agents) + np.maximum(x - agents, 0) / patience
    log_weight = np.concatenate([[0.0], np.cumsum(np.log(load) - np.log(down))])
    share = np.exp(log_weight - log_weight.max())
    share /= share.sum()
    queue = share[agents:]
    ahead = np.arange(len(queue))
    c = agents * patience
    served = c / (c + ahead + 1) * betainc(ahead + 1, c + 1, -np.expm1(-within / patience))
    return {
        "wait_probability": float(queue.sum()),
        "abandon_rate": float(queue @ ahead / patience / load),
        "service_level": float(share[:agents].sum() + queue @ served),
        "queue_length": float(queue @ ahead),
    }
