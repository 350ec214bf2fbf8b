"""The days of the synthetic bank: Solar Hijri months, a Thursday-Friday weekend, Iran's holidays, Ramadan, Nowruz.

Carried with the data, so that the bank looks the same on every machine. Dates of the lunar holidays depend on the
sighting of the moon and are approximate by a day; those of 2027 are computed.
"""

from __future__ import annotations

import pandas as pd

from wfm.calendars import Calendar

HOLIDAYS = {
    "2024-01-25": "Birthday of Imam Ali",
    "2024-02-08": "Isra' and Mi'raj",
    "2024-02-11": "Islamic Revolution Day",
    "2024-02-25": "Birthday of Mahdi",
    "2024-03-19": "Iranian Oil Industry Nationalization Day",
    "2024-03-20": "Nowruz",
    "2024-03-21": "Nowruz Holiday",
    "2024-03-22": "Nowruz Holiday",
    "2024-03-23": "Nowruz Holiday",
    "2024-03-31": "Islamic Republic Day",
    "2024-04-01": "Martyrdom of Imam Ali and Nature's Day",
    "2024-04-10": "Eid al-Fitr",
    "2024-04-11": "Eid al-Fitr Holiday",
    "2024-05-04": "Martyrdom of Imam Ja'far al-Sadiq",
    "2024-06-03": "Death of Imam Khomeini",
    "2024-06-04": "15 Khordad Uprising",
    "2024-06-17": "Eid al-Adha",
    "2024-06-25": "Eid al-Ghadir",
    "2024-07-15": "Tasua",
    "2024-07-16": "Ashura",
    "2024-08-25": "Arbaeen",
    "2024-09-02": "Death of Prophet Muhammad and Martyrdom of Hasan ibn Ali",
    "2024-09-04": "Martyrdom of Ali al-Rida",
    "2024-09-12": "Martyrdom of Hasan al-Askari",
    "2024-09-21": "Birthday of Muhammad and Imam Ja'far al-Sadiq",
    "2024-12-05": "Martyrdom of Fatima",
    "2025-01-14": "Birthday of Imam Ali",
    "2025-01-28": "Isra' and Mi'raj",
    "2025-02-10": "Islamic Revolution Day",
    "2025-02-14": "Birthday of Mahdi",
    "2025-03-19": "Iranian Oil Industry Nationalization Day",
    "2025-03-20": "Last Day of Year",
    "2025-03-21": "Nowruz",
    "2025-03-22": "Martyrdom of Imam Ali and Nowruz Holiday",
    "2025-03-23": "Nowruz Holiday",
    "2025-03-24": "Nowruz Holiday",
    "2025-03-31": "Eid al-Fitr",
    "2025-04-01": "Eid al-Fitr Holiday and Islamic Republic Day",
    "2025-04-02": "Nature's Day",
    "2025-04-24": "Martyrdom of Imam Ja'far al-Sadiq",
    "2025-06-04": "Death of Imam Khomeini",
    "2025-06-05": "15 Khordad Uprising",
    "2025-06-06": "Eid al-Adha",
    "2025-06-14": "Eid al-Ghadir",
    "2025-07-05": "Tasua",
    "2025-07-06": "Ashura",
    "2025-08-14": "Arbaeen",
    "2025-08-22": "Death of Prophet Muhammad and Martyrdom of Hasan ibn Ali",
    "2025-08-24": "Martyrdom of Ali al-Rida",
    "2025-09-01": "Martyrdom of Hasan al-Askari",
    "2025-09-10": "Birthday of Muhammad and Imam Ja'far al-Sadiq",
    "2025-11-24": "Martyrdom of Fatima",
    "2026-01-03": "Birthday of Imam Ali",
    "2026-01-17": "Isra' and Mi'raj",
    "2026-02-04": "Birthday of Mahdi",
    "2026-02-11": "Islamic Revolution Day",
    "2026-03-11": "Martyrdom of Imam Ali",
    "2026-03-20": "Iranian Oil Industry Nationalization Day",
    "2026-03-21": "Eid al-Fitr and Nowruz",
    "2026-03-22": "Eid al-Fitr Holiday and Nowruz Holiday",
    "2026-03-23": "Nowruz Holiday",
    "2026-03-24": "Nowruz Holiday",
    "2026-04-01": "Islamic Republic Day",
    "2026-04-02": "Nature's Day",
    "2026-04-14": "Martyrdom of Imam Ja'far al-Sadiq",
    "2026-05-27": "Eid al-Adha",
    "2026-06-04": "Death of Imam Khomeini and Eid al-Ghadir",
    "2026-06-05": "15 Khordad Uprising",
    "2026-06-24": "Tasua",
    "2026-06-25": "Ashura",
    "2026-08-04": "Arbaeen",
    "2026-08-12": "Death of Prophet Muhammad and Martyrdom of Hasan ibn Ali",
    "2026-08-13": "Martyrdom of Ali al-Rida",
    "2026-08-21": "Martyrdom of Hasan al-Askari",
    "2026-08-30": "Birthday of Muhammad and Imam Ja'far al-Sadiq",
    "2026-11-13": "Martyrdom of Fatima",
    "2026-12-23": "Birthday of Imam Ali",
    "2027-01-06": "Isra' and Mi'raj",
    "2027-01-24": "Birthday of Mahdi",
    "2027-02-11": "Islamic Revolution Day",
    "2027-03-01": "Martyrdom of Imam Ali",
    "2027-03-10": "Eid al-Fitr",
    "2027-03-11": "Eid al-Fitr Holiday",
    "2027-03-20": "Iranian Oil Industry Nationalization Day",
    "2027-03-21": "Nowruz",
    "2027-03-22": "Nowruz Holiday",
    "2027-03-23": "Nowruz Holiday",
    "2027-03-24": "Nowruz Holiday",
    "2027-04-01": "Islamic Republic Day",
    "2027-04-02": "Nature's Day",
    "2027-04-03": "Martyrdom of Imam Ja'far al-Sadiq",
    "2027-05-17": "Eid al-Adha",
    "2027-05-25": "Eid al-Ghadir",
    "2027-06-04": "Death of Imam Khomeini",
    "2027-06-05": "15 Khordad Uprising",
    "2027-06-15": "Tasua",
    "2027-06-16": "Ashura",
    "2027-07-25": "Arbaeen",
    "2027-08-02": "Death of Prophet Muhammad and Martyrdom of Hasan ibn Ali",
    "2027-08-03": "Martyrdom of Ali al-Rida",
    "2027-08-11": "Martyrdom of Hasan al-Askari",
    "2027-08-20": "Birthday of Muhammad and Imam Ja'far al-Sadiq",
    "2027-11-03": "Martyrdom of Fatima",
    "2027-12-12": "Birthday of Imam Ali",
    "2027-12-26": "Isra' and Mi'raj",
}
RAMADAN = (
    ("2024-03-12", "2024-04-09"),
    ("2025-03-02", "2025-03-30"),
    ("2026-02-19", "2026-03-19"),
    ("2027-02-08", "2027-03-09"),
)
NOWRUZ = (
    ("2024-03-20", "2024-04-01"),
    ("2025-03-21", "2025-04-02"),
    ("2026-03-21", "2026-04-02"),
    ("2027-03-21", "2027-04-02"),
)  # 1-13 Farvardin
FIRST, LAST = pd.Timestamp("2024-02-01"), pd.Timestamp("2027-12-31")  # holidays are carried from a month before


def bank_calendar() -> Calendar:
    """The bank's calendar.

    >>> bank_calendar().holiday_names(pd.DatetimeIndex(["2026-03-22"]))[pd.Timestamp("2026-03-22")]
    'Eid al-Fitr Holiday and Nowruz Holiday'
    >>> bank_calendar().label("2026-11-21")
    'Sat 30 Aban 1405'
    """
    return Calendar(
        months="solar-hijri",
        weekend=("thu", "fri"),
        week_start="sat",
        holidays={pd.Timestamp(day): name for day, name in HOLIDAYS.items()},
        seasons={"ramadan": _spans(RAMADAN), "nowruz": _spans(NOWRUZ)},
    )


def is_open(calendar: Calendar, days: pd.DatetimeIndex) -> pd.Series:
    """Whether a day is neither weekend nor holiday: the days on which salaries are paid."""
    return pd.Series(~(calendar.is_weekend(days) | calendar.is_holiday(days)), index=days)


def _spans(spans: tuple[tuple[str, str], ...]) -> tuple[tuple[pd.Timestamp, pd.Timestamp], ...]:
    return tuple((pd.Timestamp(first), pd.Timestamp(last)) for first, last in spans)
