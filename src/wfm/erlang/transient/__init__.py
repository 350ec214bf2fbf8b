"""The queue through the day, exactly: what a plan gives, the fewest agents for a promise, what one more brings."""

from wfm.erlang.transient.fewest import agents_for
from wfm.erlang.transient.measures import performance

__all__ = ["agents_for", "performance"]
