"""`wfm offers` asks the roster in a plan's folder: tables on stdout, errors with their place."""

import io

import pandas as pd
import pytest
from click.testing import CliRunner

from wfm.cli import main


def run(*words):
    return CliRunner().invoke(main, ["offers", *[str(word) for word in words]])


def table(*words):
    done = run(*words)
    assert done.exit_code == 0, done.output
    return pd.read_csv(io.StringIO(done.output))


@pytest.fixture
def shift(roster):
    first = roster[roster["shift"].notna()].iloc[0]
    return first["agent"], f"{first['start']:%Y-%m-%d}"


def test_who_may_take_a_shift_is_told_with_or_without_those_who_may_not(centre, roster, shift):
    agent, day = shift
    everybody = table("take", centre / "out", agent, day, "--all")
    lawful = table("take", centre / "out", agent, day)
    assert agent not in set(everybody["agent"])
    assert len(everybody) == 25
    assert lawful["agent"].tolist() == everybody.loc[everybody["lawful"], "agent"].tolist()
    assert everybody.loc[~everybody["lawful"], "why"].notna().all()
    assert len(table("swap", centre / "out", agent, day, "--within", 1, "--all"))


def test_the_day_is_asked_for_more_and_for_less_time(centre, shift):
    _, day = shift
    assert {"agent", "start", "end", "lost"} <= set(table("time-off", centre / "out", day).columns)
    assert "filled" in table("overtime", centre / "out", day, "--all").columns
    assert len(table("open", centre / "out", "--most", 2)) <= 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("A999", "2026-11-23"), "agent must be one of the roster's people, got 'A999'"),
        (("A01", "2031-01-01"), "A01 has no shift on Wed 2031-01-01"),
    ],
)
def test_people_and_days_that_cannot_be_are_named(centre, words, said):
    done = run("take", centre / "out", *words)
    assert done.exit_code == 2
    assert said in done.output
