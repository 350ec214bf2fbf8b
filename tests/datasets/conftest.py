import pytest

from wfm.datasets import Bank, bank


@pytest.fixture(scope="session")
def served(once) -> Bank:
    """One bank with its rosters and its service: made once, never changed."""
    return once(bank, 0)


@pytest.fixture(scope="session")
def plain() -> Bank:
    """The same bank without rosters and service."""
    return bank(0, service=False)
