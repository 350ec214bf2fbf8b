"""The first week's file, drafted from a history: what was found filled in, every guess marked."""

from wfm.starter.draft import HowRead as HowRead
from wfm.starter.draft import draft_week as draft_week
from wfm.starter.draft import drafted as drafted
from wfm.starter.draft import guesses as guesses
