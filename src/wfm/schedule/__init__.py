"""Shifts and people: requirement -> schedule -> roster."""

from wfm.schedule.agents import Agent as Agent
from wfm.schedule.agents import agents_table as agents_table
from wfm.schedule.asked import hour_prices as hour_prices
from wfm.schedule.asked import what_if as what_if
from wfm.schedule.checker import check_roster as check_roster
from wfm.schedule.design import design_shifts as design_shifts
from wfm.schedule.line_checker import schedule_faults as schedule_faults
from wfm.schedule.people import Contract as Contract
from wfm.schedule.people import People as People
from wfm.schedule.results import Roster as Roster
from wfm.schedule.results import Schedule as Schedule
from wfm.schedule.rosters import build_roster as build_roster
from wfm.schedule.rules import RULES as RULES
from wfm.schedule.rules import Rule as Rule
from wfm.schedule.rules import read_rule as read_rule
from wfm.schedule.rules import rules_of as rules_of
from wfm.schedule.shifts import Break as Break
from wfm.schedule.shifts import ShiftType as ShiftType
from wfm.schedule.tour_checker import tour_faults as tour_faults
from wfm.schedule.tour_design import design_tours as design_tours
