"""Files as planners bring them, one trait each: two days of a queue, from 08:00 to 10:00 by the half hour."""

import sqlite3

import numpy as np
import pandas as pd
import pytest

TIMES = ("08:00", "08:30", "09:00", "09:30")
STARTS = pd.DatetimeIndex([f"2026-11-{day} {time}" for day in (21, 22) for time in TIMES])
ENDS = STARTS + pd.Timedelta("30min")
OFFERED = np.array([12, 15, 1234, 31, 9, 17, 26, 30])
ANSWERED = np.array([11, 14, 1200, 28, 9, 15, 25, 30])
ABANDONED = OFFERED - ANSWERED
AHT = np.array([240, 251.5, 263, 248, 239, 244.5, 250, 246])
SOLAR = ["1405/08/30"] * 4 + ["1405/09/01"] * 4
SECONDS = (STARTS.tz_localize("Asia/Tehran") - pd.Timestamp(0, tz="UTC")) // pd.Timedelta("1s")
DAYS = ((STARTS - pd.Timestamp("1899-12-30")) / pd.Timedelta("1D")).map("{:.8f}".format)
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def rows_of(*columns):
    return list(zip(*columns, strict=True))


def text_file(folder, header, rows, *, separator=",", before="", after="", encoding="utf-8"):
    path = folder / "calls.csv"
    lines = [separator.join(map(str, row)) for row in (header, *rows)]
    path.write_bytes((before + "\n".join(lines) + "\n" + after).encode(encoding))
    return path


def stamped(form="%Y-%m-%d %H:%M", starts=STARTS):
    return starts.strftime(form)


def plain_csv(folder, **how):
    return text_file(folder, ("start", "offered", "answered", "aht"), rows_of(stamped(), OFFERED, ANSWERED, AHT), **how)


def clock(seconds):
    return f"{int(seconds) // 3600}:{int(seconds) % 3600 // 60:02d}:{int(seconds) % 60:02d}"


def plain_table():
    return pd.DataFrame({"start": STARTS, "offered": OFFERED, "answered": ANSWERED, "aht": AHT})


def workbook(folder, sheets):
    path = folder / "calls.xlsx"
    with pd.ExcelWriter(path) as book:
        for name, table in sheets.items():
            table.to_excel(book, sheet_name=name, index=False)
    return path


def parquet(folder):
    pytest.importorskip("pyarrow")
    plain_table().to_parquet(folder / "calls.parquet")
    return folder / "calls.parquet"


def database():
    connection = sqlite3.connect(":memory:")
    table = plain_table().assign(start=stamped(), skill="Card")
    pd.concat([table, table.assign(skill="Loan", offered=1)]).to_sql("calls", connection, index=False)
    return connection


def one_row_a_contact(folder):
    """Every contact at its own second; the long one of 09:00 is answered like all others."""
    rows = []
    for start, offered, answered, aht in rows_of(STARTS, OFFERED, ANSWERED, AHT):
        for k in range(offered):
            moment = start + pd.Timedelta(seconds=int(1799 * k / offered))
            rows.append((moment, "answered" if k < answered else "abandoned", 20, aht if k < answered else 0))
    return text_file(folder, ("call start", "outcome", "wait", "handle time"), rows)


def by_minutes(folder, minutes):
    """Each half hour split into parts whose sum it is."""
    parts = 30 // minutes
    starts = [start + pd.Timedelta(minutes=minutes * k) for start in STARTS for k in range(parts)]
    split = [total // parts + (k < total % parts) for total in OFFERED for k in range(parts)]
    return text_file(folder, ("start", "offered"), rows_of(starts, split))


def across_the_top(folder):
    rows = [(day, *OFFERED[4 * k : 4 * k + 4]) for k, day in enumerate(("2026-11-21", "2026-11-22"))]
    return text_file(folder, ("Date", "08:00", "08:30", "09:00", "09:30"), rows)


def with_parts(folder, *, sums):
    """Talk, hold and wrap that add up to the AHT, for each contact or for all of the interval."""
    times = ANSWERED if sums else np.ones(len(AHT))
    parts = [AHT * share * times for share in (0.7, 0.05, 0.25)]
    return text_file(
        folder,
        ("start", "offered", "answered", "talk time", "hold time", "acw time"),
        rows_of(stamped(), OFFERED, ANSWERED, *(np.round(part, 6) for part in parts)),
    )


# trait: (the file as it is brought, settings, whether it also tells the AHT)
READ = {
    "plain CSV": (plain_csv, {}, True),
    "semicolons and decimal commas": (
        lambda f: text_file(
            f,
            ("Start", "Calls offered", "Answered", "AHT"),
            rows_of(stamped("%d.%m.%Y %H:%M"), OFFERED, ANSWERED, (f"{a:.1f}".replace(".", ",") for a in AHT)),
            separator=";",
        ),
        {},
        True,
    ),
    "tabs": (lambda f: plain_csv(f, separator="\t"), {}, True),
    "thousands with a comma in quotes": (
        lambda f: text_file(f, ("start", "offered"), rows_of(stamped(), (f'"{n:,}"' for n in OFFERED))),
        {},
        False,
    ),
    "UTF-16 from a spreadsheet": (lambda f: plain_csv(f, separator="\t", encoding="utf-16"), {}, True),
    "Windows-1256 with Persian headers": (
        lambda f: text_file(
            f,
            ("تاریخ".replace("ی", "ي"), "ساعت", "تعداد تماس"),
            rows_of(SOLAR, stamped("%H:%M"), OFFERED),
            encoding="cp1256",
        ),
        {},
        False,
    ),
    "Persian digits and Solar Hijri dates": (
        lambda f: text_file(
            f,
            ("تاریخ", "ساعت", "ورودی"),
            (
                (d.translate(PERSIAN), t.translate(PERSIAN), str(n).translate(PERSIAN))
                for d, t, n in rows_of(SOLAR, stamped("%H:%M"), OFFERED)
            ),
        ),
        {},
        False,
    ),
    "Arabic digits": (
        lambda f: text_file(
            f,
            ("start", "calls"),
            ((s.translate(ARABIC), str(n).translate(ARABIC)) for s, n in rows_of(stamped(), OFFERED)),
        ),
        {},
        False,
    ),
    "Solar Hijri date and time in one cell": (
        lambda f: text_file(
            f, ("زمان شروع", "تماس ورودی"), ((f"{d} {t}", n) for d, t, n in rows_of(SOLAR, stamped("%H:%M"), OFFERED))
        ),
        {},
        False,
    ),
    "interval labels": (
        lambda f: text_file(
            f,
            ("Date", "Interval", "Calls"),
            ((s[:10], f"{s[11:]}-{e[11:]}", n) for s, e, n in rows_of(stamped(), stamped(starts=ENDS), OFFERED)),
        ),
        {},
        False,
    ),
    "twelve-hour clock": (
        lambda f: text_file(f, ("start", "calls"), rows_of(stamped("%m/%d/%Y %I:%M %p"), OFFERED)),
        {},
        False,
    ),
    "stamps at the end of the interval": (
        lambda f: text_file(f, ("interval end time", "offered"), rows_of(stamped(starts=ENDS), OFFERED)),
        {"stamps": "end", "columns": {"interval end time": "start"}},
        False,
    ),
    "AHT as hh:mm:ss": (
        lambda f: text_file(
            f,
            ("start", "offered", "answered", "aht"),
            rows_of(stamped(), OFFERED, ANSWERED, (clock(a) + (".5" if a % 1 else "") for a in AHT)),
        ),
        {},
        True,
    ),
    "AHT in minutes": (
        lambda f: text_file(
            f, ("start", "offered", "answered", "AHT (min)"), rows_of(stamped(), OFFERED, ANSWERED, AHT / 60)
        ),
        {},
        True,
    ),
    "talk, hold and wrap as averages": (lambda f: with_parts(f, sums=False), {}, True),
    "talk, hold and wrap as sums": (lambda f: with_parts(f, sums=True), {}, True),
    "answered and abandoned, no offered": (
        lambda f: text_file(f, ("start", "answered", "abandoned", "aht"), rows_of(stamped(), ANSWERED, ABANDONED, AHT)),
        {},
        True,
    ),
    "titles above and total rows below": (
        lambda f: plain_csv(
            f, before="Queue report\nprinted 2026-11-23\n\n", after="Total,1374,1332,247\nAverage,171,166,247\n"
        ),
        {},
        True,
    ),
    "totals after each day": (
        lambda f: text_file(
            f,
            ("start", "offered"),
            [
                *rows_of(stamped()[:4], OFFERED[:4]),
                ("Sum 21 Nov", 1292),
                *rows_of(stamped()[4:], OFFERED[4:]),
                ("Sum 22 Nov", 82),
            ],
        ),
        {},
        False,
    ),
    "header repeated on every page": (
        lambda f: text_file(
            f,
            ("start", "offered"),
            [*rows_of(stamped()[:4], OFFERED[:4]), ("start", "offered"), *rows_of(stamped()[4:], OFFERED[4:])],
        ),
        {},
        False,
    ),
    "times of day across the top": (across_the_top, {}, False),
    "dates in merged cells": (
        lambda f: text_file(
            f,
            ("Date", "Time", "Calls"),
            ((s[:10] if k % 4 == 0 else "", s[11:], n) for k, (s, n) in enumerate(rows_of(stamped(), OFFERED))),
        ),
        {},
        False,
    ),
    "unsorted rows": (lambda f: text_file(f, ("start", "offered"), rows_of(stamped(), OFFERED)[::-1]), {}, False),
    "several queues in one file": (
        lambda f: text_file(
            f,
            ("start", "queue", "offered"),
            [*((s, "Loan", 1) for s in stamped()), *((s, "Card", n) for s, n in rows_of(stamped(), OFFERED))],
        ),
        {"queue": "Card"},
        False,
    ),
    "one row a minute": (lambda f: by_minutes(f, 1), {"interval": "30min"}, False),
    "quarter hours": (lambda f: by_minutes(f, 15), {"interval": "30min"}, False),
    "contact by contact": (one_row_a_contact, {}, True),
    "seconds since 1970": (
        lambda f: text_file(f, ("timestamp", "offered"), rows_of(SECONDS, OFFERED)),
        {"timezone": "Asia/Tehran"},
        False,
    ),
    "milliseconds since 1970": (
        lambda f: pd.DataFrame({"timestamp": SECONDS * 1000, "offered": OFFERED}),
        {"timezone": "Asia/Tehran"},
        False,
    ),
    "spreadsheet days since 1899": (lambda f: text_file(f, ("start", "offered"), rows_of(DAYS, OFFERED)), {}, False),
    "times with an offset": (
        lambda f: text_file(f, ("start", "offered"), rows_of(stamped("%Y-%m-%dT%H:%M+03:30"), OFFERED)),
        {"timezone": "Asia/Tehran"},
        False,
    ),
    "an Excel sheet": (lambda f: workbook(f, {"Calls": plain_table()}), {}, True),
    "a workbook with other sheets": (
        lambda f: workbook(
            f,
            {
                "Read me": pd.DataFrame({"Notes": ["from the switch"]}),
                "Calls": plain_table(),
                "Sums": pd.DataFrame({"Skill": ["Card"], "Calls": [1374]}),
            },
        ),
        {},
        True,
    ),
    "a workbook with a sheet each queue": (
        lambda f: workbook(f, {"Card": plain_table(), "Loan": plain_table().assign(offered=1, answered=1)}),
        {"sheet": "card"},
        True,
    ),
    "a DataFrame with columns of its own": (
        lambda f: plain_table().rename(columns={"start": "When", "offered": "Calls in"}),
        {"columns": {"When": "start", "Calls in": "offered"}},
        True,
    ),
    "Parquet": (parquet, {}, True),
    "rows of a database": (
        lambda f: ("SELECT start, offered, answered, aht FROM calls WHERE skill = 'Card'", database()),
        {},
        True,
    ),
}

# trait: (file, settings, what the warning says, offered that is given all the same)
SAID = {
    "handled contacts only": (
        lambda f: text_file(f, ("start", "calls handled"), rows_of(stamped(), ANSWERED)),
        {},
        "only contacts that were answered, demand is higher",
        ANSWERED,
    ),
    "unique callers only": (
        lambda f: text_file(f, ("start", "unique callers"), rows_of(stamped(), ANSWERED)),
        {},
        "unique contacts, redials are not in it",
        ANSWERED,
    ),
    "thousands with a dot": (
        lambda f: text_file(
            f, ("start", "calls"), rows_of(stamped(), (f"{n:,}".replace(",", ".") for n in OFFERED)), separator=";"
        ),
        {},
        "'calls' with a thousands dot",
        OFFERED,
    ),
    "a row twice": (
        lambda f: text_file(f, ("start", "calls"), [*rows_of(stamped(), OFFERED), (stamped()[7], OFFERED[7])]),
        {},
        r"exact copies of a row left out \(1 rows\)",
        OFFERED,
    ),
    "seconds since 1970 without a zone": (
        lambda f: text_file(
            f, ("timestamp", "offered"), rows_of((STARTS - pd.Timestamp(0)) // pd.Timedelta("1s"), OFFERED)
        ),
        {},
        "give timezone= if the centre's clock differs",
        OFFERED,
    ),
    "a faulty cell, to go on without": (
        lambda f: text_file(f, ("start", "offered"), rows_of(stamped(), [*OFFERED[:7], "?"])),
        {"faulty": "refuse"},
        r"'offered' must be a number .* \(1 rows\)",
        [*OFFERED[:7], np.nan],
    ),
    "AHT in minutes without saying so": (
        lambda f: text_file(f, ("start", "offered", "aht"), rows_of(stamped(), OFFERED, AHT / 60)),
        {},
        "is it in minutes",
        OFFERED,
    ),
}
