"""What a promise says of itself, in every definition of the service level."""

import pytest

from wfm import ServiceTarget
from wfm.erlang.formulas.definitions import ABANDONED as COUNTED
from wfm.target import ABANDONED

SENTENCES = {
    "lost": ("answered within 20 s / offered, hang-ups within 5 s left out", "of all offered"),
    "ignored": (
        "answered within 20 s / (offered - hung up within 20 s), hang-ups within 5 s left out",
        "of those who did not hang up in time",
    ),
    "met": ("(answered or hung up within 20 s) / offered, hang-ups within 5 s left out", "or hung up in time"),
    "answered": ("answered within 20 s / answered", "of those answered"),
    "credited": ("(answered within 20 s or hung up within 5 s) / offered", "or hung up within 5 s"),
    "virtual": ("would wait at most 20 s / offered", "had all been patient,"),
}


def test_the_promise_and_the_formulas_know_the_same_words():
    assert tuple(SENTENCES) == ABANDONED == COUNTED


@pytest.mark.parametrize("word", SENTENCES)
def test_every_definition_in_words(word):
    target = ServiceTarget(share=0.8, within=20, short=5, abandoned=word, floor=0)
    formula, base = SENTENCES[word]
    assert target.formula == formula
    assert str(target) == f"80% answered within 20 s {base} over the day"


def test_without_short_nothing_is_left_out():
    assert ServiceTarget(share=0.8, within=20).formula == "answered within 20 s / offered"
