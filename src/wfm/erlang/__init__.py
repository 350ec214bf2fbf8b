"""How many agents it takes: Erlang B, C and A, time-varying queues, chat, tickets, and the requirement table."""

from wfm.erlang import erlang_a, erlang_b, erlang_c, impatience, redial, transient, uncertain
from wfm.erlang.attendance import draw_attendance
from wfm.erlang.patience import Patience, patience_from_contacts, patience_from_history
from wfm.erlang.service_table import ServiceTable, tabulate
from wfm.erlang.staffing import price_of_confidence, requirement
from wfm.erlang.steady import performance
from wfm.erlang.tickets import ticket_performance, ticket_requirement
from wfm.erlang.workload import work

__all__ = [
    "Patience",
    "ServiceTable",
    "draw_attendance",
    "erlang_a",
    "erlang_b",
    "erlang_c",
    "impatience",
    "patience_from_contacts",
    "patience_from_history",
    "performance",
    "price_of_confidence",
    "redial",
    "requirement",
    "tabulate",
    "ticket_performance",
    "ticket_requirement",
    "transient",
    "uncertain",
    "work",
]
