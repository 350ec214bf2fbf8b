"""Data sets that ship with the library: a synthetic bank whose truth is known."""

from wfm.datasets.bank import Bank as Bank
from wfm.datasets.bank import bank as bank
from wfm.datasets.occasions import EventEffect as EventEffect
from wfm.datasets.truth import Truth as Truth

__all__ = ["Bank", "EventEffect", "Truth", "bank"]
