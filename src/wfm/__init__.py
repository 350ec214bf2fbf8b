"""Plan a contact centre: history -> forecast -> requirement -> schedule -> roster -> coverage and promise.

>>> import wfm
>>> wfm.erlang.erlang_c.agents_for(20.0, aht=180, within=20, share=0.80)
24
"""

from typing import TYPE_CHECKING

from wfm.first_use import on_first_use

if TYPE_CHECKING:
    from wfm import datasets as datasets
    from wfm import erlang as erlang
    from wfm import errors as errors
    from wfm import forecast as forecast
    from wfm import review as review
    from wfm import schedule as schedule
    from wfm import suspects as suspects
    from wfm import tables as tables
    from wfm.calendars import Calendar as Calendar
    from wfm.errors import DataError as DataError
    from wfm.errors import InfeasibleError as InfeasibleError
    from wfm.errors import MissingExtra as MissingExtra
    from wfm.errors import SettingError as SettingError
    from wfm.errors import WfmError as WfmError
    from wfm.errors import WfmWarning as WfmWarning
    from wfm.evaluation import Evaluation as Evaluation
    from wfm.evaluation import evaluate as evaluate
    from wfm.events import Event as Event
    from wfm.forecast import Forecaster as Forecaster
    from wfm.history import Reading as Reading
    from wfm.history import inspect_history as inspect_history
    from wfm.history import read_history as read_history
    from wfm.history import read_table as read_table
    from wfm.hours import OpeningHours as OpeningHours
    from wfm.plan import WeekPlan as WeekPlan
    from wfm.plan import plan_week as plan_week
    from wfm.plan import update_week as update_week
    from wfm.queues import Pool as Pool
    from wfm.queues import Queue as Queue
    from wfm.queues import Shrinkage as Shrinkage
    from wfm.recurring import MonthlyDay as MonthlyDay
    from wfm.schedule import Agent as Agent
    from wfm.schedule import Break as Break
    from wfm.schedule import Contract as Contract
    from wfm.schedule import Roster as Roster
    from wfm.schedule import Schedule as Schedule
    from wfm.schedule import ShiftType as ShiftType
    from wfm.target import ServiceTarget as ServiceTarget

__version__ = "0.1.0"

# A service that only staffs need not pay for forecasting: a room is opened when its name is first used.
_ROOMS = ("datasets", "erlang", "errors", "forecast", "review", "schedule", "suspects", "tables")
_HOMES = {
    "Calendar": "wfm.calendars",
    "DataError": "wfm.errors",
    "InfeasibleError": "wfm.errors",
    "MissingExtra": "wfm.errors",
    "SettingError": "wfm.errors",
    "WfmError": "wfm.errors",
    "WfmWarning": "wfm.errors",
    "Evaluation": "wfm.evaluation",
    "evaluate": "wfm.evaluation",
    "Event": "wfm.events",
    "Forecaster": "wfm.forecast",
    "Reading": "wfm.history",
    "inspect_history": "wfm.history",
    "read_history": "wfm.history",
    "read_table": "wfm.history",
    "OpeningHours": "wfm.hours",
    "WeekPlan": "wfm.plan",
    "plan_week": "wfm.plan",
    "update_week": "wfm.plan",
    "MonthlyDay": "wfm.recurring",
    "Pool": "wfm.queues",
    "Queue": "wfm.queues",
    "Shrinkage": "wfm.queues",
    "Agent": "wfm.schedule",
    "Break": "wfm.schedule",
    "Contract": "wfm.schedule",
    "Roster": "wfm.schedule",
    "Schedule": "wfm.schedule",
    "ShiftType": "wfm.schedule",
    "ServiceTarget": "wfm.target",
}
__all__ = [*_ROOMS, *_HOMES]
__getattr__, __dir__ = on_first_use(__name__, dict.fromkeys(_ROOMS, __name__) | _HOMES)
