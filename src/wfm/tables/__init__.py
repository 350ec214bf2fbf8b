"""Every table of `wfm`, specified once: its key, its columns, their units and what they may hold.

A table is a plain `pd.DataFrame` with a RangeIndex, sorted by its key. Durations are seconds, shares are fractions 0-1,
load is in erlangs, volumes are contacts per interval, people are people. `check(table, SPEC)` returns the table in that
form or says where it fails; the caller's own table is never changed.
"""

from wfm.tables.chain import ACTIVITIES as ACTIVITIES
from wfm.tables.chain import ADJUSTMENTS as ADJUSTMENTS
from wfm.tables.chain import AGENTS as AGENTS
from wfm.tables.chain import AVAILABILITY as AVAILABILITY
from wfm.tables.chain import CONTACTS as CONTACTS
from wfm.tables.chain import COVERAGE as COVERAGE
from wfm.tables.chain import CURVE as CURVE
from wfm.tables.chain import DEFLECTION as DEFLECTION
from wfm.tables.chain import FORECAST as FORECAST
from wfm.tables.chain import HISTORY as HISTORY
from wfm.tables.chain import HOLIDAYS as HOLIDAYS
from wfm.tables.chain import INTERVAL_KEY as INTERVAL_KEY
from wfm.tables.chain import LOCKS as LOCKS
from wfm.tables.chain import OUTCOMES as OUTCOMES
from wfm.tables.chain import PATHS as PATHS
from wfm.tables.chain import PROMISE as PROMISE
from wfm.tables.chain import REGRESSORS as REGRESSORS
from wfm.tables.chain import REQUIREMENT as REQUIREMENT
from wfm.tables.chain import ROSTER as ROSTER
from wfm.tables.chain import SCHEDULE as SCHEDULE
from wfm.tables.chain import SEASONS as SEASONS
from wfm.tables.chain import SPECS as SPECS
from wfm.tables.chain import WISHES as WISHES
from wfm.tables.chain import WORK as WORK
from wfm.tables.checking import check as check
from wfm.tables.intervals import interval_of as interval_of
from wfm.tables.intervals import with_end as with_end
from wfm.tables.spec import Column as Column
from wfm.tables.spec import Spec as Spec
from wfm.tables.spec import describe as describe
from wfm.tables.spec import empty as empty
