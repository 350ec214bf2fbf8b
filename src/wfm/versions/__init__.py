"""Published rosters: frozen numbered versions, what changed since, and what a planner's own hand changed in them."""

from wfm.versions.comparison import changes as changes
from wfm.versions.comparison import changes_on as changes_on
from wfm.versions.edited import Edited as Edited
from wfm.versions.edited import broken_rules as broken_rules
from wfm.versions.edited import read_edited_roster as read_edited_roster
from wfm.versions.published import Published as Published
from wfm.versions.published import latest as latest
from wfm.versions.published import previous_roster as previous_roster
from wfm.versions.published import published_versions as published_versions
from wfm.versions.publishing import publish as publish
from wfm.versions.runs import Run as Run
from wfm.versions.runs import describe_run as describe_run
from wfm.versions.runs import read_run as read_run
from wfm.versions.runs import write_run as write_run
