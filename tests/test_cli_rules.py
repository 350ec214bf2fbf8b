"""The command `wfm rules`: one source with the classes, words for people and JSON for programs."""

import json

import pytest
from click.testing import CliRunner

from wfm.cli import main
from wfm.schedule import RULES


def said(*words, code=0):
    result = CliRunner().invoke(main, ["rules", *words])
    assert result.exit_code == code, result.output
    return result.output


def test_every_rule_is_listed_with_its_meaning_and_an_example():
    text = said()
    for name in RULES:
        assert f"\n{name} (" in f"\n{text}"
        assert f"type: {name}" in text


@pytest.mark.parametrize("name", list(RULES))
def test_one_rule_is_shown_with_its_fields(name):
    text = said(name)
    assert text.startswith(name)
    assert "weight" in text
    assert f"type: {name}" in text


def test_laws_are_listed_with_the_word_that_they_must_be_checked():
    assert "eu_working_time" in said("--laws")
    one = said("--law", "eu_working_time")
    assert "Article 3" in one
    assert "Check it" in one


def test_programs_get_json():
    assert {one["name"] for one in json.loads(said("--json"))} == set(RULES)
    assert json.loads(said("min_rest", "--json"))["fields"][0]["name"] == "rest"


def test_an_unknown_rule_is_refused_with_a_hint():
    assert "min_rest" in said("min_res", code=2)


def test_names_of_rules_are_completed():
    from wfm.cli.rules import _complete

    assert [item.value for item in _complete(None, None, "min_r")] == ["min_rest"]
    assert "rules" in main.commands
