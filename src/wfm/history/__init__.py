"""The door for what planners bring: histories by interval or by contact, and their other tables."""

from .planner_files import read_table
from .reader import inspect_history, read_history
from .reading import Reading

__all__ = ["Reading", "inspect_history", "read_history", "read_table"]
