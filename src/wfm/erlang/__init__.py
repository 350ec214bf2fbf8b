"""How many agents it takes: Erlang formulas, queues through the day, every channel, simulation, the requirement."""

from typing import TYPE_CHECKING

from wfm.first_use import on_first_use

if TYPE_CHECKING:
    from wfm.erlang import simulation as simulation
    from wfm.erlang import transient as transient
    from wfm.erlang.deferred.blending import blended as blended
    from wfm.erlang.deferred.blending import idle_capacity as idle_capacity
    from wfm.erlang.deferred.blending import spare_capacity as spare_capacity
    from wfm.erlang.deferred.blending import threshold_for as threshold_for
    from wfm.erlang.deferred.callback_requirement import callback_requirement as callback_requirement
    from wfm.erlang.deferred.callbacks import callback_performance as callback_performance
    from wfm.erlang.deferred.channels import requirement_of_all as requirement_of_all
    from wfm.erlang.deferred.delays import Delay as Delay
    from wfm.erlang.deferred.derived import derived_forecast as derived_forecast
    from wfm.erlang.deferred.derived import derived_work as derived_work
    from wfm.erlang.deferred.message_requirement import message_requirement as message_requirement
    from wfm.erlang.deferred.messages import Conversation as Conversation
    from wfm.erlang.deferred.messages import message_turns as message_turns
    from wfm.erlang.deferred.ticket_service import ticket_performance as ticket_performance
    from wfm.erlang.deferred.ticket_service import ticket_promise as ticket_promise
    from wfm.erlang.deferred.tickets import ticket_requirement as ticket_requirement
    from wfm.erlang.deferred.workload import open_backlog as open_backlog
    from wfm.erlang.deferred.workload import work as work
    from wfm.erlang.formulas import erlang_a as erlang_a
    from wfm.erlang.formulas import erlang_b as erlang_b
    from wfm.erlang.formulas import erlang_c as erlang_c
    from wfm.erlang.formulas import finite_line as finite_line
    from wfm.erlang.formulas import general_service as general_service
    from wfm.erlang.formulas import impatience as impatience
    from wfm.erlang.formulas import redial as redial
    from wfm.erlang.formulas import uncertain as uncertain
    from wfm.erlang.formulas.definitions import service_definitions as service_definitions
    from wfm.erlang.formulas.service_table import ServiceTable as ServiceTable
    from wfm.erlang.formulas.service_table import tabulate as tabulate
    from wfm.erlang.formulas.steady import performance as performance
    from wfm.erlang.learned.calibration import Calibration as Calibration
    from wfm.erlang.learned.calibration import calibrate as calibrate
    from wfm.erlang.learned.handle_time_laws import HandleTimes as HandleTimes
    from wfm.erlang.learned.handle_time_laws import handle_times as handle_times
    from wfm.erlang.learned.handle_time_laws import handle_times_by_time as handle_times_by_time
    from wfm.erlang.learned.hang_ups import patience_from_histogram as patience_from_histogram
    from wfm.erlang.learned.hang_ups import patience_from_staffing as patience_from_staffing
    from wfm.erlang.learned.patience import Patience as Patience
    from wfm.erlang.learned.patience import assumed_patience as assumed_patience
    from wfm.erlang.learned.patience import patience_from_contacts as patience_from_contacts
    from wfm.erlang.learned.patience import patience_from_history as patience_from_history
    from wfm.erlang.learned.survival import PatienceShape as PatienceShape
    from wfm.erlang.learned.survival import patience_by_time as patience_by_time
    from wfm.erlang.learned.survival import patience_by_wait as patience_by_wait
    from wfm.erlang.learned.survival import patience_curve as patience_curve
    from wfm.erlang.learned.survival import patience_shape as patience_shape
    from wfm.erlang.simulation import AgentGroup as AgentGroup
    from wfm.erlang.simulation import contacts as contacts
    from wfm.erlang.simulation import pool_contacts as pool_contacts
    from wfm.erlang.simulation import simulate as simulate
    from wfm.erlang.simulation import simulate_pool as simulate_pool
    from wfm.erlang.simulation.multi_skill import PoolStaffing as PoolStaffing
    from wfm.erlang.simulation.multi_skill import staff_pools as staff_pools
    from wfm.erlang.staffing.attendance import draw_attendance as draw_attendance
    from wfm.erlang.staffing.explain import explain_requirement as explain_requirement
    from wfm.erlang.staffing.explain import explained_hours as explained_hours
    from wfm.erlang.staffing.explain import explanation as explanation
    from wfm.erlang.staffing.marginal import curve as curve
    from wfm.erlang.staffing.price import patience_sensitivity as patience_sensitivity
    from wfm.erlang.staffing.price import price_of_confidence as price_of_confidence
    from wfm.erlang.staffing.promises import requirement as requirement
    from wfm.erlang.transient.carried import carried_load as carried_load
    from wfm.erlang.transient.carried import openings as openings

# Seventy modules: each is imported when one of its names is first used.
_HOMES = {
    "simulation": "wfm.erlang",
    "transient": "wfm.erlang",
    "blended": "wfm.erlang.deferred.blending",
    "idle_capacity": "wfm.erlang.deferred.blending",
    "spare_capacity": "wfm.erlang.deferred.blending",
    "threshold_for": "wfm.erlang.deferred.blending",
    "callback_requirement": "wfm.erlang.deferred.callback_requirement",
    "callback_performance": "wfm.erlang.deferred.callbacks",
    "requirement_of_all": "wfm.erlang.deferred.channels",
    "Delay": "wfm.erlang.deferred.delays",
    "derived_forecast": "wfm.erlang.deferred.derived",
    "derived_work": "wfm.erlang.deferred.derived",
    "message_requirement": "wfm.erlang.deferred.message_requirement",
    "Conversation": "wfm.erlang.deferred.messages",
    "message_turns": "wfm.erlang.deferred.messages",
    "ticket_performance": "wfm.erlang.deferred.ticket_service",
    "ticket_promise": "wfm.erlang.deferred.ticket_service",
    "ticket_requirement": "wfm.erlang.deferred.tickets",
    "open_backlog": "wfm.erlang.deferred.workload",
    "work": "wfm.erlang.deferred.workload",
    "erlang_a": "wfm.erlang.formulas",
    "erlang_b": "wfm.erlang.formulas",
    "erlang_c": "wfm.erlang.formulas",
    "finite_line": "wfm.erlang.formulas",
    "general_service": "wfm.erlang.formulas",
    "impatience": "wfm.erlang.formulas",
    "redial": "wfm.erlang.formulas",
    "uncertain": "wfm.erlang.formulas",
    "service_definitions": "wfm.erlang.formulas.definitions",
    "ServiceTable": "wfm.erlang.formulas.service_table",
    "tabulate": "wfm.erlang.formulas.service_table",
    "performance": "wfm.erlang.formulas.steady",
    "Calibration": "wfm.erlang.learned.calibration",
    "calibrate": "wfm.erlang.learned.calibration",
    "HandleTimes": "wfm.erlang.learned.handle_time_laws",
    "handle_times": "wfm.erlang.learned.handle_time_laws",
    "handle_times_by_time": "wfm.erlang.learned.handle_time_laws",
    "patience_from_histogram": "wfm.erlang.learned.hang_ups",
    "patience_from_staffing": "wfm.erlang.learned.hang_ups",
    "Patience": "wfm.erlang.learned.patience",
    "assumed_patience": "wfm.erlang.learned.patience",
    "patience_from_contacts": "wfm.erlang.learned.patience",
    "patience_from_history": "wfm.erlang.learned.patience",
    "PatienceShape": "wfm.erlang.learned.survival",
    "patience_by_time": "wfm.erlang.learned.survival",
    "patience_by_wait": "wfm.erlang.learned.survival",
    "patience_curve": "wfm.erlang.learned.survival",
    "patience_shape": "wfm.erlang.learned.survival",
    "AgentGroup": "wfm.erlang.simulation",
    "contacts": "wfm.erlang.simulation",
    "pool_contacts": "wfm.erlang.simulation",
    "simulate": "wfm.erlang.simulation",
    "simulate_pool": "wfm.erlang.simulation",
    "PoolStaffing": "wfm.erlang.simulation.multi_skill",
    "staff_pools": "wfm.erlang.simulation.multi_skill",
    "draw_attendance": "wfm.erlang.staffing.attendance",
    "explain_requirement": "wfm.erlang.staffing.explain",
    "explained_hours": "wfm.erlang.staffing.explain",
    "explanation": "wfm.erlang.staffing.explain",
    "curve": "wfm.erlang.staffing.marginal",
    "patience_sensitivity": "wfm.erlang.staffing.price",
    "price_of_confidence": "wfm.erlang.staffing.price",
    "requirement": "wfm.erlang.staffing.promises",
    "carried_load": "wfm.erlang.transient.carried",
    "openings": "wfm.erlang.transient.carried",
}
__all__ = sorted(_HOMES)
__getattr__, __dir__ = on_first_use(__name__, _HOMES)
