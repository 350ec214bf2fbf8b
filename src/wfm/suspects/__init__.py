"""Unusual days of the history: asked about once, and the planner's answers put to use."""

from wfm.suspects.answers import ANSWERS as ANSWERS
from wfm.suspects.answers import SUSPECTS as SUSPECTS
from wfm.suspects.answers import apply_answers as apply_answers
from wfm.suspects.asking import find_suspects as find_suspects
