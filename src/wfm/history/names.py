"""Which column of the file is which column of the table: by a map, else by the names that exports use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wfm.errors import DataError, did_you_mean, listed

from .sheets import Sheet

Known = Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
# Names in order of trust: a name of the second list counts only where no name of the first is there.
KNOWN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "start": (
        (
            "timestamp",
            "datetime",
            "date time",
            "start",
            "start time",
            "starttime",
            "interval start",
            "start datetime",
            "period start",
            "start interval",
            "date and time",
            "date hour",
            "zeitstempel",
            "تاریخ و ساعت",
            "زمان شروع",
            "شروع",
        ),
        ("period", "from", "zeitpunkt", "beginn", "زمان"),
    ),
    "date": (("date", "day", "datum", "call date", "report date", "tag", "تاریخ", "روز"), ("dates",)),
    "time": (
        (
            "time",
            "interval",
            "time of day",
            "interval label",
            "time interval",
            "half hour",
            "hour",
            "uhrzeit",
            "zeit",
            "intervall",
            "ساعت",
            "بازه",
            "بازه زمانی",
        ),
        ("clock", "slot", "zeitraum"),
    ),
    "end": (("end", "end time", "endtime", "interval end", "end interval", "period end", "پایان"), ("ende",)),
    "queue": (
        (
            "queue",
            "queue name",
            "queuename",
            "skill",
            "split",
            "split skill",
            "vdn",
            "acd group",
            "warteschlange",
            "صف",
            "نام صف",
        ),
        ("skill group", "group", "service", "campaign", "line", "channel"),
    ),
    "offered": (
        (
            "offered",
            "calls offered",
            "offered calls",
            "contacts offered",
            "ncoffered",
            "n offered",
            "calls entered",
            "received calls",
            "calls received",
            "incoming calls",
            "inbound calls",
            "chats offered",
            "angebotene anrufe",
            "تماس ورودی",
            "تماس های ورودی",
            "ورودی",
        ),
        (
            "volume",
            "call volume",
            "calls",
            "contacts",
            "total calls",
            "number of calls",
            "incoming",
            "inbound",
            "received",
            "entered",
            "arrivals",
            "chats",
            "tickets",
            "anrufe",
            "تعداد تماس",
            "تماس",
            "تعداد",
        ),
    ),
    "answered": (
        (
            "answered",
            "calls answered",
            "answered calls",
            "acd calls",
            "acdcalls",
            "angenommen",
            "angenommene anrufe",
            "پاسخ داده شده",
            "تماس پاسخ داده شده",
        ),
        ("handled", "calls handled", "handled calls", "handled contacts", "accepted", "connected", "پاسخ"),
    ),
    "abandoned": (
        ("abandoned", "calls abandoned", "abandoned calls", "abandons", "abncalls", "aufgelegt", "رها شده", "قطع شده"),
        ("aband", "lost calls", "lost", "missed", "hang ups", "hangups"),
    ),
    "answered_within": (
        (
            "answered within",
            "answered within sl",
            "answered in sl",
            "answered within threshold",
            "calls answered within sl",
            "calls in sl",
            "in sl",
        ),
        ("acceptable", "within sl"),
    ),
    "within": (("within", "sl threshold", "service level threshold"), ("threshold",)),
    "blocked": (("blocked", "calls blocked", "busy calls", "busycalls"), ("busy", "busies")),
    "redials": (("redials", "repeat calls", "repeated calls", "retries"), ()),
    "unique": (("unique", "unique callers", "unique contacts", "unique calls", "unique customers"), ()),
    "aht": (
        (
            "aht",
            "average handle time",
            "avg handle time",
            "avg handling time",
            "average handling time",
            "mean handle time",
            "avg aht",
            "میانگین زمان مکالمه",
            "متوسط زمان پاسخگویی",
        ),
        ("bearbeitungszeit",),
    ),
    "asa": (
        (
            "asa",
            "average speed of answer",
            "avg speed of answer",
            "avg speed answer",
            "average speed to answer",
            "میانگین زمان انتظار",
        ),
        ("avg wait answered",),
    ),
    "talk": (
        (
            "talk",
            "talk time",
            "talktime",
            "avg talk time",
            "average talk time",
            "total talk time",
            "acdtime",
            "att",
            "t talk",
            "gesprächszeit",
        ),
        (),
    ),
    "hold": (("hold", "hold time", "holdtime", "avg hold time", "average hold time", "total hold time", "t held"), ()),
    "wrap": (
        (
            "wrap",
            "wrap up",
            "wrapup",
            "wrap time",
            "wrap up time",
            "acw",
            "acw time",
            "acwtime",
            "t acw",
            "after call work",
            "avg acw",
            "avg acw time",
            "avg wrap time",
            "average wrap time",
            "total acw",
            "total wrap time",
            "nachbearbeitung",
        ),
        (),
    ),
    "staffed": (("staffed", "agents staffed", "staffed agents"), ()),
    "excluded": (("excluded", "exclude"), ()),
    "arrival": (
        (
            "arrival",
            "arrived",
            "arrival time",
            "enter time",
            "entry time",
            "queue enter time",
            "call start",
            "call time",
        ),
        (),
    ),
    "wait": (
        (
            "wait",
            "wait time",
            "waiting time",
            "queue time",
            "q time",
            "time in queue",
            "seconds in queue",
            "wartezeit",
            "زمان انتظار",
        ),
        (),
    ),
    "outcome": (("outcome", "disposition", "call result", "result", "نتیجه"), ("status", "state")),
    "handle": (
        (
            "handle",
            "handle time",
            "handling time",
            "total handle time",
            "service time",
            "ser time",
            "t handle",
            "زمان مکالمه",
        ),
        (),
    ),
}
_UNITS = {
    "ms": 0.001,
    "milliseconds": 0.001,
    "s": 1.0,
    "sec": 1.0,
    "secs": 1.0,
    "second": 1.0,
    "seconds": 1.0,
    "mm ss": 1.0,
    "hh mm ss": 1.0,
    "min": 60.0,
    "mins": 60.0,
    "minutes": 60.0,
    "minute": 60.0,
}
_PERSIAN = str.maketrans({"ي": "ی", "ك": "ک", "\u200c": " ", "_": " "})


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns found: table column -> column of the file, its factor to seconds, and what is left over."""

    names: Mapping[str, str]
    factors: Mapping[str, float] = field(default_factory=dict)
    mapped: frozenset[str] = frozenset()
    unused: tuple[str, ...] = ()

    def __contains__(self, role: str) -> bool:
        """Whether the file has the column."""
        return role in self.names


def plain(name: object) -> str:
    """A column name in small letters, words separated by one space.

    >>> plain("Calls_Offered "), plain("AHT (s)")
    ('calls offered', 'aht s')
    """
    text = str(name).translate(_PERSIAN).strip()
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text) if not text.isupper() else text
    return " ".join(re.sub(r"[^\w]+", " ", text.lower()).split())


def match_columns(sheet: Sheet, columns: Mapping[str, str] | None, *, known: Known = KNOWN) -> Columns:
    """The columns of a file by a map and by well-known names.

    Parameters
    ----------
    columns : mapping       Column of the file -> table column, or table column -> column of the file.

    Raises
    ------
    DataError               A mapped column is not there, or two columns may be the same thing.
    """
    there = [str(name) for name in sheet.cells.columns]
    names = _mapped(sheet, there, dict(columns or {}), known)
    factors: dict[str, float] = {}
    left = [name for name in there if name not in names.values()]
    for rank in (0, 1):
        for role in known:
            if role not in names:
                _recognise(sheet, role, known[role][rank], left, names)
    for role, name in names.items():
        factor = _unit_of(name)
        if factor != 1.0:
            factors[role] = factor
    for name in names.values():
        if name in sheet.doubled:
            raise DataError(
                f"{sheet.name} has the column {name!r} twice. Rename one of them.", table=sheet.name, column=name
            )
    return Columns(
        names=names,
        factors=factors,
        mapped=frozenset(r for r in names if names[r] not in left),
        unused=tuple(name for name in left if name not in names.values()),
    )


def need(sheet: Sheet, columns: Columns, role: str, *, hint: str) -> str:
    """The file's name of a column that must be there."""
    if role in columns:
        return columns.names[role]
    there = [str(name) for name in sheet.cells.columns]
    raise DataError(
        f"{sheet.name} has no column for {role!r}; it has {listed(there, most=20)}.{did_you_mean(role, there)} {hint}",
        table=sheet.name,
        column=role,
    )


def _recognise(sheet: Sheet, role: str, known: Iterable[str], left: list[str], names: dict[str, str]) -> None:
    free = [name for name in left if name not in names.values()]
    found = [name for name in free if plain(name) in known or _without_unit(name) in known]
    if len(found) > 1:
        exact = [name for name in found if plain(name) == role]
        if len(exact) != 1:
            raise DataError(
                f"{sheet.name} has {len(found)} columns that may be {role!r}: {listed(found)}. Say which: "
                f"columns={{{found[0]!r}: {role!r}}}.",
                table=sheet.name,
                column=role,
            )
        found = exact
    if found:
        names[role] = found[0]


def _without_unit(name: str) -> str:
    words = plain(name)
    for unit in sorted(_UNITS, key=len, reverse=True):
        if words.endswith(" " + unit):
            return words[: -len(unit) - 1].removesuffix(" in")
    return words


def _unit_of(name: str) -> float:
    words = plain(name)
    for unit in sorted(_UNITS, key=len, reverse=True):
        if words.endswith(" " + unit):
            return _UNITS[unit]
    return 1.0


def _mapped(sheet: Sheet, there: list[str], columns: dict[str, str], known: Known) -> dict[str, str]:
    if not columns:
        return {}
    forward = [(_find(file, there), _role(str(role), known)) for file, role in columns.items()]
    backward = [(_find(file, there), _role(str(role), known)) for role, file in columns.items()]
    reads = [pairs for pairs in (forward, backward) if all(file and role for file, role in pairs)]
    if not reads:
        _refuse_map(sheet, there, columns, known, forward, backward)
    if len(reads) == 2 and {(f, r) for f, r in reads[0]} != {(f, r) for f, r in reads[1]}:
        raise DataError(
            f"columns={columns!r} can be read both ways, since {sheet.name} has columns of both names. "
            "Rename a column of the file.",
            table=sheet.name,
        )
    names: dict[str, str] = {}
    for file, role in reads[0]:
        if role in names:
            raise DataError(
                f"columns names two columns for {role!r}: {names[str(role)]!r} and {file!r}.",
                table=sheet.name,
                column=role,
            )
        names[str(role)] = str(file)
    return names


def _refuse_map(
    sheet: Sheet,
    there: list[str],
    columns: Mapping[str, str],
    known: Known,
    forward: list[tuple[str | None, str | None]],
    backward: list[tuple[str | None, str | None]],
) -> None:
    """Name the first pair that fails in the direction that was probably meant."""

    def told(pairs: list[tuple[str | None, str | None]]) -> int:
        return sum((file is not None) + (role is not None) for file, role in pairs)

    ahead = told(forward) >= told(backward)
    pairs = forward if ahead else backward
    asked = [(k, v) if ahead else (v, k) for k, v in columns.items()]
    for (file, role), (file_name, role_name) in zip(pairs, asked, strict=True):
        if file is None:
            raise DataError(
                f"{sheet.name} has no column {str(file_name)!r}; it has {listed(there, most=20)}."
                f"{did_you_mean(file_name, there)}",
                table=sheet.name,
                column=str(file_name),
            )
        if role is None:
            raise DataError(
                f"columns maps {file!r} to {role_name!r}, which is no column of the table; it has "
                f"{listed(known, most=40)}.{did_you_mean(role_name, known)}",
                table=sheet.name,
                column=str(role_name),
            )


def _find(name: object, there: list[str]) -> str | None:
    if name in there:
        return str(name)
    near = [column for column in there if plain(column) == plain(name)]
    return near[0] if len(near) == 1 else None


def _role(name: str, known: Known) -> str | None:
    if name in known:
        return name
    words = {plain(name), _without_unit(name)}
    return next((role for role, ranks in known.items() if any(words & set(rank) for rank in ranks)), None)
