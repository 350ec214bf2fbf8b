"""Shifts and people: requirement -> schedule -> roster."""

from typing import TYPE_CHECKING

from wfm.first_use import on_first_use

if TYPE_CHECKING:
    from wfm.schedule import rules as rules
    from wfm.schedule.checkers.line_checker import schedule_faults as schedule_faults
    from wfm.schedule.checkers.roster_checker import check_roster as check_roster
    from wfm.schedule.checkers.rotation_checker import rotation_faults as rotation_faults
    from wfm.schedule.checkers.session_checker import session_faults as session_faults
    from wfm.schedule.checkers.tour_checker import tour_faults as tour_faults
    from wfm.schedule.design.asked import hour_prices as hour_prices
    from wfm.schedule.design.asked import what_if as what_if
    from wfm.schedule.design.pools import pooled as pooled
    from wfm.schedule.design.pools import shared_out as shared_out
    from wfm.schedule.design.promised import design_for_promise as design_for_promise
    from wfm.schedule.design.promises import promise_of as promise_of
    from wfm.schedule.design.session_placing import place_sessions as place_sessions
    from wfm.schedule.design.shift_design import design_shifts as design_shifts
    from wfm.schedule.design.work_placing import place_work as place_work
    from wfm.schedule.desk.bidding import award_lines as award_lines
    from wfm.schedule.desk.bidding import lines_of_tours as lines_of_tours
    from wfm.schedule.desk.bidding import named_lines as named_lines
    from wfm.schedule.desk.day_offers import overtime_offers as overtime_offers
    from wfm.schedule.desk.day_offers import time_off_offers as time_off_offers
    from wfm.schedule.desk.desk import Desk as Desk
    from wfm.schedule.desk.lawful_again import Mended as Mended
    from wfm.schedule.desk.lawful_again import mend_contradictions as mend_contradictions
    from wfm.schedule.desk.offers import handed_over as handed_over
    from wfm.schedule.desk.offers import open_shifts as open_shifts
    from wfm.schedule.desk.offers import swapped as swapped
    from wfm.schedule.desk.offers import who_may_swap as who_may_swap
    from wfm.schedule.desk.offers import who_may_take as who_may_take
    from wfm.schedule.desk.relaxations import Explanation as Explanation
    from wfm.schedule.desk.relaxations import explain_roster as explain_roster
    from wfm.schedule.people.agents import Agent as Agent
    from wfm.schedule.people.agents import agents_table as agents_table
    from wfm.schedule.people.people import Contract as Contract
    from wfm.schedule.people.people import People as People
    from wfm.schedule.results import Roster as Roster
    from wfm.schedule.results import Schedule as Schedule
    from wfm.schedule.roster.rosters import build_roster as build_roster
    from wfm.schedule.rules import RULES as RULES
    from wfm.schedule.rules import Rule as Rule
    from wfm.schedule.rules import read_rule as read_rule
    from wfm.schedule.rules import rules_of as rules_of
    from wfm.schedule.rules.described import describe_rules as describe_rules
    from wfm.schedule.rules.law_files import law_names as law_names
    from wfm.schedule.rules.law_files import read_law as read_law
    from wfm.schedule.rules.law_files import read_rules as read_rules
    from wfm.schedule.sessions.sessions import Session as Session
    from wfm.schedule.shifts.shift_types import Break as Break
    from wfm.schedule.shifts.shift_types import ShiftType as ShiftType
    from wfm.schedule.shifts.shift_types import shifts_of_lengths as shifts_of_lengths
    from wfm.schedule.tours.rotation_design import design_rotation as design_rotation
    from wfm.schedule.tours.rotation_lines import rotated as rotated
    from wfm.schedule.tours.tour_design import design_tours as design_tours

# A hundred modules, of which a design or a roster needs half: each is imported when one of its names is first used.
_HOMES = {
    "schedule_faults": "wfm.schedule.checkers.line_checker",
    "check_roster": "wfm.schedule.checkers.roster_checker",
    "rotation_faults": "wfm.schedule.checkers.rotation_checker",
    "session_faults": "wfm.schedule.checkers.session_checker",
    "tour_faults": "wfm.schedule.checkers.tour_checker",
    "hour_prices": "wfm.schedule.design.asked",
    "what_if": "wfm.schedule.design.asked",
    "pooled": "wfm.schedule.design.pools",
    "shared_out": "wfm.schedule.design.pools",
    "design_for_promise": "wfm.schedule.design.promised",
    "promise_of": "wfm.schedule.design.promises",
    "place_sessions": "wfm.schedule.design.session_placing",
    "design_shifts": "wfm.schedule.design.shift_design",
    "place_work": "wfm.schedule.design.work_placing",
    "award_lines": "wfm.schedule.desk.bidding",
    "lines_of_tours": "wfm.schedule.desk.bidding",
    "named_lines": "wfm.schedule.desk.bidding",
    "overtime_offers": "wfm.schedule.desk.day_offers",
    "time_off_offers": "wfm.schedule.desk.day_offers",
    "Desk": "wfm.schedule.desk.desk",
    "Mended": "wfm.schedule.desk.lawful_again",
    "mend_contradictions": "wfm.schedule.desk.lawful_again",
    "handed_over": "wfm.schedule.desk.offers",
    "open_shifts": "wfm.schedule.desk.offers",
    "swapped": "wfm.schedule.desk.offers",
    "who_may_swap": "wfm.schedule.desk.offers",
    "who_may_take": "wfm.schedule.desk.offers",
    "Explanation": "wfm.schedule.desk.relaxations",
    "explain_roster": "wfm.schedule.desk.relaxations",
    "Agent": "wfm.schedule.people.agents",
    "agents_table": "wfm.schedule.people.agents",
    "Contract": "wfm.schedule.people.people",
    "People": "wfm.schedule.people.people",
    "Roster": "wfm.schedule.results",
    "Schedule": "wfm.schedule.results",
    "build_roster": "wfm.schedule.roster.rosters",
    "RULES": "wfm.schedule.rules",
    "Rule": "wfm.schedule.rules",
    "read_rule": "wfm.schedule.rules",
    "rules_of": "wfm.schedule.rules",
    "describe_rules": "wfm.schedule.rules.described",
    "law_names": "wfm.schedule.rules.law_files",
    "read_law": "wfm.schedule.rules.law_files",
    "read_rules": "wfm.schedule.rules.law_files",
    "Session": "wfm.schedule.sessions.sessions",
    "Break": "wfm.schedule.shifts.shift_types",
    "ShiftType": "wfm.schedule.shifts.shift_types",
    "shifts_of_lengths": "wfm.schedule.shifts.shift_types",
    "design_rotation": "wfm.schedule.tours.rotation_design",
    "rotated": "wfm.schedule.tours.rotation_lines",
    "design_tours": "wfm.schedule.tours.tour_design",
    "rules": "wfm.schedule",
}
__all__ = sorted(_HOMES)
__getattr__, __dir__ = on_first_use(__name__, _HOMES)
