"""From the moments of a file to the wall clock of the centre, on days when the clock jumps too."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import spoken
from wfm.errors import DataError, SettingError, did_you_mean

from .changes import joined, where
from .findings import Findings
from .sheets import Sheet
from .stamps import Stamps

Moments = npt.NDArray[np.datetime64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]
_TWICE = "hour that came twice by the clock (autumn)"


@dataclass(frozen=True, slots=True, kw_only=True)
class WallClock:
    """Local moments without zone, with the rows that fell on a clock that jumped.

    `moved` rows were written for a time that never was (spring); `doubled` rows lie in an hour that came twice
    (autumn), so several rows of one time may be right. `why` says of each row why it is not the time as written.
    """

    moment: Moments
    moved: Flags
    doubled: Flags
    why: Texts


def zone_of(timezone: str | None) -> ZoneInfo | None:
    """The time zone, or a SettingError with the nearest names.

    >>> zone_of("Asia/Teheran")
    Traceback (most recent call last):
    wfm.errors.SettingError: timezone must be a name such as 'Asia/Tehran' ... Did you mean 'Asia/Tehran'?
    """
    if timezone is None:
        return None
    try:
        return ZoneInfo(str(timezone))
    except (KeyError, ValueError, OSError) as error:
        raise SettingError(
            f"timezone must be a name such as 'Asia/Tehran' or 'Europe/Berlin', got {timezone!r}."
            f"{did_you_mean(timezone, sorted(available_timezones()))}",
            name="timezone",
            value=timezone,
        ) from error


def wall_clock(stamps: Stamps, zone: ZoneInfo | None, sheet: Sheet, findings: Findings) -> WallClock:
    """Local moments of the stamps; what the jumping clock did is written down.

    Stamps with a zone are converted to `zone`, or to the zone that a column of times names itself; stamps without one
    are the wall clock already. A time that the spring jump left
    out is read as the time after it, as a clock that was not put forward would show.

    Raises
    ------
    DataError       Stamps of several zones and no `timezone`; stamps with and without a zone.
    """
    filled = ~np.isnat(stamps.moment)
    aware = ~np.isnan(stamps.offset) & filled
    if aware.any() and not (aware == filled).all():
        row = int(np.flatnonzero(filled & ~aware)[0])
        raise DataError(
            f"{sheet.name}: some times carry a zone and others do not, first without: row "
            f"{sheet.row(row)}. Write all of them with a zone, or none.",
            table=sheet.name,
            column="start",
            rows=[int(sheet.positions[row])],
        )
    if aware.any():
        return _from_aware(stamps, zone or zone_of(stamps.place or None), sheet, findings, aware)
    if zone is None:
        nothing = np.zeros(len(filled), dtype=bool)
        return WallClock(moment=stamps.moment, moved=nothing, doubled=nothing, why=where(nothing, ""))
    return _from_naive(stamps.moment, zone, sheet, findings)


def lost_hours(starts: pd.DatetimeIndex, zone: ZoneInfo) -> Flags:
    """Which local times never were, because the clock was put forward.

    >>> lost_hours(pd.DatetimeIndex(["2022-03-22 00:00", "2022-03-22 01:00"]), ZoneInfo("Asia/Tehran")).tolist()
    [True, False]
    """
    first = np.ones(len(starts), dtype=bool)
    gone = starts.tz_localize(zone, ambiguous=first, nonexistent="NaT").isna()
    return np.logical_and(gone, starts.notna())


def clock_changes(zone: ZoneInfo, first: pd.Timestamp, last: pd.Timestamp) -> list[tuple[pd.Timestamp, pd.Timedelta]]:
    """Where the clock of a zone jumps between two local midnights: (start of what is lost or comes twice, how far).

    >>> clock_changes(ZoneInfo("Europe/Berlin"), pd.Timestamp("2026-10-19"), pd.Timestamp("2026-10-26"))
    [(Timestamp('2026-10-25 02:00:00'), Timedelta('-1 days +23:00:00'))]
    """
    day = pd.Timedelta(days=1)  # zones lie on either side of Greenwich
    utc = pd.date_range(first - day, last + day, freq="15min")
    local = utc.tz_localize("UTC").tz_convert(zone).tz_localize(None)
    shift = local - utc
    changes = [(local[k], shift[k] - shift[k - 1]) for k in (np.flatnonzero(shift[1:] != shift[:-1]) + 1).tolist()]
    starts = [(after - max(jump, pd.Timedelta(0)), jump) for after, jump in changes]
    return [(start, jump) for start, jump in starts if first <= start < last]


def _from_aware(stamps: Stamps, zone: ZoneInfo | None, sheet: Sheet, findings: Findings, aware: Flags) -> WallClock:
    offsets = np.unique(stamps.offset[aware])
    nothing = np.zeros(len(aware), dtype=bool)
    if zone is None:
        if len(offsets) > 1:
            raise DataError(
                f"{sheet.name}: times carry {len(offsets)} different offsets from UTC. Give the zone of "
                'the centre: timezone="Asia/Tehran".',
                table=sheet.name,
                column="start",
            )
        findings.note(
            "read",
            "times are taken as the file writes them, at a fixed offset from UTC of "
            f"{offsets[0] / 3600:+g} h; give timezone= if the centre's clock differs",
            rows=int(aware.sum()),
            doubt=bool(offsets[0] == 0),
        )
        return WallClock(moment=stamps.moment, moved=nothing, doubled=nothing, why=where(aware, "taken without it"))
    utc = stamps.moment.copy()
    utc[aware] -= (stamps.offset[aware] * 1e6).astype("int64").astype("timedelta64[us]")
    local = pd.DatetimeIndex(utc).tz_localize("UTC").tz_convert(zone).tz_localize(None)
    moment = local.to_numpy().astype("datetime64[us]")
    findings.note(
        "read",
        f"times with a zone converted to the wall clock of {zone.key}",
        rows=int(aware.sum()),
        first=sheet.row(int(np.flatnonzero(aware)[0])),
        example=moment[aware][0],
    )
    doubled = _doubled(moment, zone)
    findings.mark("counted", "rows in an hour that came twice (autumn)", sheet, doubled)
    why = joined(where(aware, f"wall clock of {zone.key}"), where(doubled, _TWICE))
    return WallClock(moment=moment, moved=nothing, doubled=doubled, why=why)


def _from_naive(moment: Moments, zone: ZoneInfo, sheet: Sheet, findings: Findings) -> WallClock:
    index = pd.DatetimeIndex(moment)
    moved = lost_hours(index, zone)
    if moved.any():
        lost = index[moved]
        after = lost.tz_localize(zone, nonexistent="shift_forward").tz_localize(None)
        before = lost.tz_localize(zone, nonexistent="shift_backward").tz_localize(None)
        jump = (after - before).round("min")
        moment = moment.copy()
        moment[moved] = (lost + jump).to_numpy().astype("datetime64[us]")
        row = int(np.flatnonzero(moved)[0])
        findings.note(
            "repaired",
            f"times that the clock of {zone.key} left out (spring) read as "
            f"{spoken(jump[0].total_seconds())} later and merged",
            rows=int(moved.sum()),
            first=sheet.row(row),
            example=lost[0],
        )
    doubled = _doubled(moment, zone)
    findings.mark("counted", "rows in an hour that came twice (autumn)", sheet, doubled)
    why = joined(where(moved, f"left out by the clock of {zone.key} (spring)"), where(doubled, _TWICE))
    return WallClock(moment=moment, moved=moved, doubled=doubled, why=why)


def _doubled(moment: Moments, zone: ZoneInfo) -> Flags:
    index = pd.DatetimeIndex(moment)
    gone = index.tz_localize(zone, ambiguous="NaT", nonexistent="shift_forward").isna()
    return np.logical_and(gone, index.notna())
