"""The week's file: read with the place of every value, checked as a whole, turned into nouns."""

from wfm.settings.secret import names_key as names_key
from wfm.settings.week import Week as Week
from wfm.settings.week import read_week as read_week
