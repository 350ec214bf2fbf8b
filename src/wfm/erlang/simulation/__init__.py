"""Queues by simulation: any law of handle times and patience, agents as people with windows, several skills."""

from wfm.erlang.simulation.groups import AgentGroup as AgentGroup
from wfm.erlang.simulation.laws import DurationLaw as DurationLaw
from wfm.erlang.simulation.laws import balking as balking
from wfm.erlang.simulation.laws import empirical as empirical
from wfm.erlang.simulation.laws import exponential as exponential
from wfm.erlang.simulation.laws import fixed as fixed
from wfm.erlang.simulation.laws import hyperexponential as hyperexponential
from wfm.erlang.simulation.laws import lognormal as lognormal
from wfm.erlang.simulation.laws import two_kinds as two_kinds
from wfm.erlang.simulation.laws import uniform as uniform
from wfm.erlang.simulation.laws import weibull as weibull
from wfm.erlang.simulation.one_queue import contacts as contacts
from wfm.erlang.simulation.one_queue import simulate as simulate
from wfm.erlang.simulation.pool_results import PoolSimulation as PoolSimulation
from wfm.erlang.simulation.pools import pool_contacts as pool_contacts
from wfm.erlang.simulation.pools import simulate_pool as simulate_pool
from wfm.erlang.simulation.results import Simulation as Simulation
