"""Rows of a schedule written by hand, for the checkers."""

import pandas as pd


def shift_rows(starts, *, length, people, kind):
    """A shift of so many hours without breaks at each start."""
    return pd.DataFrame(
        {
            "shift": [f"s{k}" for k in range(len(starts))],
            "start": starts,
            "end": [start + pd.Timedelta(hours=length) for start in starts],
            "activity": "work",
            "paid": True,
            "people": people,
            "type": kind,
        }
    )
