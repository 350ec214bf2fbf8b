"""People check themselves: every name that is used is known."""

import pandas as pd
import pytest

from wfm.errors import DataError, SettingError
from wfm.schedule import Contract, People

FT = Contract(name="ft", hours_per_week=(40, 44), days_per_week=(5, 5))


def agents(**columns):
    return pd.DataFrame({"agent": ["Ada", "Bo"], "contract": "ft", **columns})


def test_contracts_given_as_a_list_are_named():
    assert People(agents=agents(), contracts=[FT]).contracts == {"ft": FT}


def test_empty_fields_mean_all_queues_and_a_whole_agent():
    people = People(agents=agents(skills=["voice", None], counts_as=[0.5, None]), contracts={"ft": FT})
    assert people.skills == {"Ada": ("voice",), "Bo": ()}
    assert people.counts_as == {"Ada": 0.5, "Bo": 1.0}


def test_leave_is_paid_unless_the_table_says_otherwise():
    away = pd.DataFrame(
        {
            "agent": "Ada",
            "start": pd.to_datetime(["2026-11-23", "2026-11-24", "2026-11-25"]),
            "end": pd.to_datetime(["2026-11-24", "2026-11-25", "2026-11-26"]),
            "kind": ["leave", "leave", "off"],
            "paid": [None, False, None],
        }
    )
    assert People(agents=agents(), contracts=[FT], availability=away).availability["paid"].tolist() == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"agents": agents().assign(contract=["ft", "fx"])}, "agents.contract .* got 'fx' .* row 1.*Known: 'ft'"),
        (
            {
                "availability": pd.DataFrame(
                    {"agent": ["Cy"], "start": ["2026-11-23"], "end": ["2026-11-24"], "kind": ["off"]}
                )
            },
            "availability.agent .* got 'Cy' .*Known: 'Ada', 'Bo'",
        ),
        (
            {
                "wishes": pd.DataFrame(
                    {"agent": ["Adda"], "start": ["2026-11-23"], "end": ["2026-11-24"], "kind": ["off"]}
                )
            },
            "wishes.agent .* Did you mean 'Ada'",
        ),
        (
            {"locks": pd.DataFrame({"agent": ["Cy"], "start": ["2026-11-23"], "type": ["off"]})},
            "locks.agent .* got 'Cy'",
        ),
        (
            {"agents": agents(skills=["voice|chatt", "voice"]), "queues": ("voice", "chat")},
            "agents.skills names 'chatt'.*row 0.*Did you mean 'chat'",
        ),
    ],
)
def test_unknown_names_are_refused_with_row_and_what_is_known(change, words):
    with pytest.raises(DataError, match=words):
        People(**{"agents": agents(), "contracts": {"ft": FT}, **change})


def test_a_contract_must_be_a_contract():
    with pytest.raises(SettingError, match=r"contracts\.ft must be a Contract, got dict"):
        People(agents=agents(), contracts={"ft": {"hours_per_week": 40}})


def test_the_callers_tables_are_not_changed():
    table = agents()
    before = table.copy()
    People(agents=table, contracts=[FT])
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize(
    ("contract", "hours"),
    [
        (FT, 8.0),
        (Contract(name="x", hours_per_week=20), 4.0),
        (Contract(name="x"), 8.0),
        (Contract(name="x", leave_credit=7.5), 7.5),
        (Contract(name="x", hours_per_week=(0, 24), days_per_week=(0, 3)), 8.0),
    ],
)
def test_a_usual_day_is_the_week_shared_over_its_days(contract, hours):
    assert contract.usual_day == hours


def test_a_lock_on_a_shift_that_there_is_none_of_is_refused():
    locks = pd.DataFrame({"agent": ["Ada", "Bo"], "start": pd.Timestamp("2026-11-21"), "type": ["off", "fulll"]})
    people = People(agents=agents(), contracts=[FT], locks=locks)
    people.check_shifts(["fulll"])
    with pytest.raises(DataError, match="locks.type must be 'off' or a shift type.*got 'fulll' in row 1, agent=Bo"):
        people.check_shifts(["full", "half"])
