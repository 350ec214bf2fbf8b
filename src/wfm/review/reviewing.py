"""The review of a plan: what came, set beside what was planned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wfm.plan import WeekPlan
from wfm.review.accuracy import accuracy_of
from wfm.review.actuals import read_actuals, read_attendance
from wfm.review.beside import day_table, side_by_side
from wfm.review.planned import planned
from wfm.review.result import Review
from wfm.review.split import split_of
from wfm.review.telling import lines_of
from wfm.versions import Published


def review(plan: WeekPlan | Published | str | Path, actual_history: Any, *, attendance: Any = None) -> Review:
    """Set what came beside the plan: volume, handle time, people, service, and why the service was missed.

    Parameters
    ----------
    plan : WeekPlan, Published or path  A folder is that of a plan (its last published version; its draft where nothing
                                        was published) or of a version.
    actual_history : history            Path, DataFrame, or {queue: path or DataFrame}; read as the plan's own history
                                        was. offered suffices; aht, staffed, answered_within tell more.
    attendance : table or path          Who came, in the place of the history's `staffed`: queue, start, agents on
                                        contacts; or a roster of the hours that people really worked.

    Returns
    -------
    Review      `print(review)` gives up to ten lines; `.days`, `.split`, `.accuracy` and `.intervals` are tables.

    Raises
    ------
    DataError       The data hold nothing of the plan's days or queues, or the plan's tables were changed.
    """
    known = planned(plan)
    actual, doubts = read_actuals(known, actual_history)
    came = None if attendance is None else read_attendance(known, attendance)
    both, notes = side_by_side(known, actual, came)
    days = day_table(both, known)
    split = split_of(both, known)
    accuracy = accuracy_of(both, days, known)
    told = tuple(dict.fromkeys([*notes, *doubts]))
    return Review(
        name=known.name,
        title=known.title,
        start=known.start,
        end=known.end,
        days=days,
        split=split,
        accuracy=accuracy,
        intervals=both,
        lines=lines_of(known, days, split, accuracy, told),
        notes=told,
    )
