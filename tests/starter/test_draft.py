"""Week files drafted from histories of many kinds: what they say, and that they plan as they stand."""

import numpy as np
import pandas as pd
import pytest
import yaml

import wfm
from wfm.errors import DataError
from wfm.plan.reach import unreachable
from wfm.settings import read_week
from wfm.starter import draft_week, guesses

DAYS = 63  # from Monday 2026-08-03 to Sunday 2026-10-04


def grid(freq, days=DAYS, first="2026-08-03"):
    return pd.date_range(first, periods=int(pd.Timedelta(days=days) / pd.Timedelta(freq)), freq=freq)


def poisson(rate, seed=1):
    return np.random.default_rng(seed).poisson(rate)


def hump(starts, first, last, peak):
    """Contacts between two hours of the day, most at its middle."""
    hour = starts.hour + starts.minute / 60
    return np.where(
        (hour >= first) & (hour < last), peak * np.sin(np.pi * (hour - first + 0.5) / (last - first + 1)), 0.0
    )


def office(folder):
    """Weekdays 8 to 18, Saturday 9 to 13, closed hours not in the file; no AHT."""
    starts = grid("30min")
    rate = np.where(starts.day_of_week < 5, hump(starts, 8, 18, 20), 0) + np.where(
        starts.day_of_week == 5, hump(starts, 9, 13, 8), 0
    )
    table = pd.DataFrame({"start": starts, "Calls": poisson(rate)})[rate > 0]
    table.to_csv(folder / "calls.csv", index=False)


def round_the_clock(folder):
    """Every hour of every day, with AHT, waits and hang-ups."""
    starts = grid("1h")
    rate = 4 + hump(starts, 7, 23, 25) * np.where(starts.day_of_week < 5, 1.0, 0.6)
    offered = poisson(rate)
    gone = np.minimum(offered, poisson(rate * 0.08, 2))
    pd.DataFrame(
        {
            "start": starts,
            "offered": offered,
            "answered": offered - gone,
            "abandoned": gone,
            "asa": 5.0 + rate,
            "aht": 240.0,
        }
    ).to_csv(folder / "calls.csv", index=False)


def contacts(folder):
    """One row a contact, weekdays 9 to 17, a stray call at night now and then."""
    starts = grid("30min")
    counts = poisson(np.where(starts.day_of_week < 5, hump(starts, 9, 17, 12), 0))
    rows = [
        (start + pd.Timedelta(seconds=1799 * k / n), 20, "answered" if k % 12 else "abandoned", 200 if k % 12 else 0)
        for start, n in zip(starts, counts, strict=True)
        for k in range(n)
    ]
    rows += [
        (pd.Timestamp(f"2026-0{month}-{day:02d} 03:10"), 30, "abandoned", 0) for month in (8, 9) for day in (5, 19)
    ]
    pd.DataFrame(rows, columns=["call start", "wait", "outcome", "handle time"]).to_csv(
        folder / "calls.csv", index=False
    )


def several(folder):
    """Three queues in one file, one of them chat, one e-mail."""
    starts = grid("30min")
    open_ = (starts.hour >= 8) & (starts.hour < 20)
    queues = [("Sales: new", 12, 300), ("Web chat", 8, 500), ("e-mail", 5, 400)]
    tables = [
        pd.DataFrame(
            {
                "Date": starts.strftime("%d.%m.%Y"),
                "Interval": starts.strftime("%H:%M"),
                "Skill": name,
                "Offered": poisson(hump(starts, 8, 20, peak), seed),
                "AHT": aht,
            }
        )[open_]
        for seed, (name, peak, aht) in enumerate(queues)
    ]
    pd.concat(tables).to_csv(folder / "calls.csv", index=False, sep=";")


def persian(folder):
    """Solar Hijri dates in Persian digits, quiet on Thursday and closed on Friday."""
    from persiantools.jdatetime import JalaliDate

    starts = grid("1h", first="2026-08-01")
    level = np.select([starts.day_of_week == 4, starts.day_of_week == 3], [0.0, 0.5], 1.0)
    rate = hump(starts, 8, 20, 25) * level
    days = [JalaliDate.to_jalali(day.year, day.month, day.day).strftime("%Y/%m/%d") for day in starts]
    digits = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
    table = pd.DataFrame({"تاریخ": days, "ساعت": starts.strftime("%H:%M"), "تماس ورودی": poisson(rate)})[rate > 0]
    table.astype(str).map(lambda cell: cell.translate(digits)).to_csv(folder / "calls.csv", index=False)


def daily(folder):
    """One row a day."""
    days = pd.date_range("2026-08-03", periods=DAYS, freq="D")
    volume = poisson(np.where(days.day_of_week < 5, 400.0, 150.0))
    pd.DataFrame({"date": days, "calls": volume, "aht": 200}).to_csv(folder / "calls.csv", index=False)


def late_evenings(folder):
    """Open from 10 in the morning to 2 at night."""
    starts = grid("1h")
    hour = (starts.hour - 10) % 24
    rate = np.where(hour < 16, 12 * np.sin(np.pi * (hour + 1) / 17), 0)
    pd.DataFrame({"start": starts, "offered": poisson(rate)})[rate > 0].to_csv(folder / "calls.csv", index=False)


def longer_since_september(folder):
    """Until 17 hours in August, until 20 hours since."""
    starts = grid("1h")
    close = np.where(starts < "2026-08-31", 17, 20)
    rate = np.where((starts.hour >= 8) & (starts.hour < close), 12.0, 0.0)
    pd.DataFrame({"start": starts, "offered": poisson(rate)})[rate > 0].to_csv(folder / "calls.csv", index=False)


def two_weeks(folder):
    """Too little to learn from."""
    starts = grid("30min", days=14)
    rate = hump(starts, 9, 17, 12)
    pd.DataFrame({"start": starts, "calls": poisson(rate), "aht": 300})[rate > 0].to_csv(
        folder / "calls.csv", index=False
    )


WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def hours(**days):
    return {day: days.get(day, days.get("other", [])) for day in WEEK}


# kind: (file, plan's interval [s], weekend, week start, plan start, open [h] of each queue by weekday)
KINDS = {
    "office hours": (
        office,
        1800,
        ["sat", "sun"],
        "mon",
        "2026-10-05",
        {"voice": hours(other=[8, 18], sat=[9, 13], sun=[])},
    ),
    "round the clock": (round_the_clock, 3600, ["sat", "sun"], "mon", "2026-10-05", {"voice": hours(other=[0, 24])}),
    "contact by contact": (
        contacts,
        1800,
        ["sat", "sun"],
        "mon",
        "2026-10-05",
        {"voice": hours(other=[9, 17], sat=[], sun=[])},
    ),
    "several queues": (
        several,
        1800,
        ["sat", "sun"],
        "mon",
        "2026-10-05",
        {name: hours(other=[8, 20]) for name in ("Sales: new", "Web chat", "e-mail")},
    ),
    "Solar Hijri dates": (persian, 3600, ["thu", "fri"], "sat", "2026-10-03", {"voice": hours(other=[8, 20], fri=[])}),
    "one row a day": (daily, 1800, ["sat", "sun"], "mon", "2026-10-05", {"voice": hours(other=[8, 20])}),
    "past midnight": (late_evenings, 3600, ["sat", "sun"], "mon", "2026-10-05", {"voice": hours(other=[10, 26])}),
    "hours that grew": (
        longer_since_september,
        3600,
        ["sat", "sun"],
        "mon",
        "2026-10-05",
        {"voice": hours(other=[8, 20])},
    ),
    "two weeks": (two_weeks, 1800, ["sat", "sun"], "mon", "2026-08-17", {"voice": hours(other=[9, 17])}),
}


DRAFTS = {}
SHORT = ("Solar Hijri dates", "past midnight", "two weeks")  # whose shifts are soon designed


@pytest.fixture(scope="module", params=KINDS)
def drafted(request, tmp_path_factory):
    return drafted_from(request.param, tmp_path_factory.mktemp("draft"))


def drafted_from(kind, folder):
    make, *truth = KINDS[kind]
    make(folder)
    (folder / "week.yaml").write_text(drafted_once(make, folder), encoding="utf-8")
    return folder / "week.yaml", truth


def drafted_once(make, folder):
    """The draft of a history that `make` wrote into the folder; it names its files as seen from there."""
    if make not in DRAFTS:
        DRAFTS[make] = draft_week(folder / "calls.csv")
    return DRAFTS[make]


def briefly(path, *, without=(), days=7):
    """A copy of the week's file beside it, with few futures, a short search and the last days of the week closed."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["plan"] |= {"paths": 20, "time_limit": 1}
    closed = pd.date_range(document["plan"]["start"], periods=7)[days:]
    if len(closed):
        document["calendar"] = document.get("calendar", {}) | {"closed": [str(day.date()) for day in closed]}
    brief = path.with_name("brief.yaml")
    kept = {key: value for key, value in document.items() if key not in without}
    brief.write_text(yaml.safe_dump(kept, allow_unicode=True), encoding="utf-8")
    return brief


def test_the_draft_says_what_the_history_holds(drafted):
    path, (interval, weekend, week_start, start, opening) = drafted
    week = read_week(path)
    assert week.spec.interval == interval
    assert (week.spec.calendar.weekend, week.spec.week_start) == (weekend, week_start)
    assert str(week.start.date()) == start
    assert set(week.queues) == set(opening)
    for name, days in opening.items():
        found = {
            WEEK[day.day_of_week]: [edge / 3600 for span in week.queues[name].hours.of(day) for edge in span]
            for day in pd.date_range(start, periods=7, freq="D")
        }
        assert found == days, name


def test_some_shift_reaches_every_open_hour(drafted):
    assert unreachable(read_week(drafted[0])) == []


def test_the_draft_is_forecast_and_staffed_as_it_stands(drafted):
    path, (_, _, _, start, opening) = drafted
    plan = wfm.plan_week(briefly(path, without=("shifts", "contracts"), days=3))
    assert set(plan.forecast["queue"]) == set(opening)
    assert str(plan.start.date()) == start
    assert plan.requirement["agents"].max() >= 1


@pytest.mark.parametrize(
    "kind", [kind if kind in SHORT else pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS]
)
def test_the_draft_plans_as_it_stands(kind, tmp_path):
    path, (_, _, _, _, opening) = drafted_from(kind, tmp_path)
    plan = wfm.plan_week(briefly(path, days=3))
    assert set(plan.forecast["queue"]) == set(opening)
    assert plan.schedule.table["people"].sum() >= 1


def draft(folder, make):
    make(folder)
    return drafted_once(make, folder)


def test_every_guess_gives_its_reason(tmp_path):
    for text in draft(tmp_path, office).splitlines():
        assert not text.rstrip().endswith("GUESS:"), text


def test_patience_is_fitted_where_the_file_can_tell_it(tmp_path):
    text = draft(tmp_path, round_the_clock)
    assert "patience: fit" in text
    assert "aht comes from the file, mean 240 s" in text
    assert "# patience: 300s" in draft(tmp_path, office)
    assert "ASSUMED by the plan" in draft(tmp_path, office)


def test_what_nobody_stated_is_left_to_the_plan_which_says_that_it_assumed_it(tmp_path):
    part = yaml.safe_load(draft(tmp_path, office))["queues"]["voice"]
    assert not {"patience", "shrinkage"} & set(part)
    (tmp_path / "week.yaml").write_text(draft(tmp_path, office), encoding="utf-8")
    plan = wfm.plan_week(briefly(tmp_path / "week.yaml", without=("shifts", "contracts"), days=3))
    assert len(plan.assumed) == 2
    assert "2 assumed" in plan.summary()


def test_every_guess_is_listed_with_its_line(tmp_path):
    text = draft(tmp_path, office)
    found = guesses(text)
    assert len(found) == text.count("GUESS: ")
    assert ("week_start: mon", "the day after the weekend") in found
    assert any(what == "patience: 300s" and "hangs up" in why for what, why in found)


def dated(folder, form):
    office(folder)
    table = pd.read_csv(folder / "calls.csv", parse_dates=["start"])
    table.assign(start=table["start"].dt.strftime(form)).to_csv(folder / "calls.csv", index=False)


def test_day_or_month_first_is_written_down_and_marked_where_the_file_told_it(tmp_path):
    dated(tmp_path, "%m/%d/%Y %H:%M")
    text = draft_week(tmp_path / "calls.csv")
    assert yaml.safe_load(text)["queues"]["voice"]["dates"] == "mdy"
    assert any(what == "dates: mdy" and "the month comes first" in why for what, why in guesses(text))
    text = draft_week(tmp_path / "calls.csv", dates="mdy")
    assert yaml.safe_load(text)["queues"]["voice"]["dates"] == "mdy"
    assert not any(what.startswith("dates") for what, _ in guesses(text))


def test_dates_that_nothing_decides_are_read_as_the_planner_says(tmp_path):
    starts = pd.DatetimeIndex(
        [pd.Timestamp(2026, month, day, hour) for month in (8, 9, 10) for day in range(1, 13) for hour in (9, 10, 11)]
    )
    table = pd.DataFrame({"start": starts.strftime("%d/%m/%Y %H:%M"), "calls": 5})
    table.to_csv(tmp_path / "calls.csv", index=False)
    with pytest.raises(DataError, match="--dates dmy"):
        draft_week(tmp_path / "calls.csv")
    text = draft_week(tmp_path / "calls.csv", dates="dmy")
    assert "2026-08-01 09:00 to 2026-10-12" in text
    assert yaml.safe_load(text)["queues"]["voice"]["dates"] == "dmy"


def test_words_and_the_acceptable_wait_of_a_file_of_contacts_are_written_down(tmp_path):
    contacts(tmp_path)
    table = pd.read_csv(tmp_path / "calls.csv").assign(outcome=lambda t: t["outcome"].replace("abandoned", "SHORT"))
    table.to_csv(tmp_path / "calls.csv", index=False)
    with pytest.raises(DataError, match="unknown outcomes 'SHORT'"):
        draft_week(tmp_path / "calls.csv")
    text = draft_week(tmp_path / "calls.csv", outcomes={"SHORT": "abandoned"}, within="20s")
    part = yaml.safe_load(text)["queues"]["voice"]
    assert (part["outcomes"], part["within"], part["target"]["within"]) == ({"SHORT": "abandoned"}, "20s", "20s")
    (tmp_path / "week.yaml").write_text(text, encoding="utf-8")
    assert read_week(tmp_path / "week.yaml").spec.queues["voice"].within == 20.0


def test_handle_times_are_guessed_where_the_file_has_none(tmp_path):
    assert yaml.safe_load(draft(tmp_path, office))["queues"]["voice"]["aht"] == "240s"


def test_channels_are_guessed_by_the_names_of_queues(tmp_path):
    queues = yaml.safe_load(draft(tmp_path, several))["queues"]
    assert {name: part["channel"] for name, part in queues.items()} == {
        "Sales: new": "voice",
        "Web chat": "chat",
        "e-mail": "deferred",
    }


def test_solar_hijri_dates_give_the_calendar_and_show_both_dates(tmp_path):
    text = draft(tmp_path, persian)
    assert "months: solar-hijri" in text
    assert "timezone: Asia/Tehran" in text
    assert "Sat 11 Mehr 1405" in text


def test_hours_that_grew_are_dated_so_that_the_past_holds_no_false_zeros(tmp_path):
    part = yaml.safe_load(draft(tmp_path, longer_since_september))["queues"]["voice"]["hours"]
    assert [(entry["open"], str(entry.get("until", entry.get("from")))) for entry in part] == [
        ("08:00-17:00", "2026-08-30"),
        ("08:00-20:00", "2026-08-31"),
    ]


def test_the_last_day_is_left_out_where_it_is_cut_off(tmp_path):
    office(tmp_path)
    table = pd.read_csv(tmp_path / "calls.csv")
    table[table["start"] < "2026-10-02 12:00"].to_csv(tmp_path / "calls.csv", index=False)
    plan = yaml.safe_load(draft_week(tmp_path / "calls.csv"))["plan"]
    assert (str(plan["history_until"]), str(plan["start"])) == ("2026-10-01", "2026-10-05")


def test_a_queue_that_is_no_more_is_named_and_left_out(tmp_path):
    several(tmp_path)
    table = pd.read_csv(tmp_path / "calls.csv", sep=";")
    gone = (table["Skill"] == "Web chat") & (pd.to_datetime(table["Date"], dayfirst=True) > "2026-08-10")
    table[~gone].to_csv(tmp_path / "calls.csv", index=False, sep=";")
    text = draft_week(tmp_path / "calls.csv")
    assert "# Web chat is left out: no contact since 2026-08-10" in text
    assert "Web chat" not in yaml.safe_load(text)["queues"]


def test_the_sheet_of_a_workbook_is_named(tmp_path):
    office(tmp_path)
    table = pd.read_csv(tmp_path / "calls.csv")
    with pd.ExcelWriter(tmp_path / "calls.xlsx") as book:
        for sheet in ("2025", "2026"):
            table.to_excel(book, sheet_name=sheet, index=False)
    with pytest.raises(DataError, match="2 sheets that may be meant: '2025', '2026'"):
        draft_week(tmp_path / "calls.xlsx")
    part = yaml.safe_load(draft_week(tmp_path / "calls.xlsx", sheet="2026"))["queues"]["voice"]
    assert (part["history"], part["sheet"]) == ("calls.xlsx", "2026")


def test_columns_and_stamps_that_the_file_needs_are_written_down(tmp_path):
    starts = grid("1h")
    rate = hump(starts, 8, 18, 20)
    table = pd.DataFrame({"Moment": starts + pd.Timedelta("1h"), "Calls: in": poisson(rate)})[rate > 0]
    table.to_csv(tmp_path / "calls.csv", index=False)
    text = draft_week(tmp_path / "calls.csv", columns={"Moment": "start", "Calls: in": "offered"}, stamps="end")
    part = yaml.safe_load(text)["queues"]["voice"]
    assert (part["columns"], part["stamps"]) == ({"Moment": "start", "Calls: in": "offered"}, "end")
    assert part["hours"] == {"all": "08:00-18:00"}


def test_two_days_stand_for_the_working_days_that_the_file_does_not_show(tmp_path):
    office(tmp_path)
    table = pd.read_csv(tmp_path / "calls.csv")
    two = table[table["start"].between("2026-08-04", "2026-08-06")]
    two.to_csv(tmp_path / "calls.csv", index=False)
    part = yaml.safe_load(draft_week(tmp_path / "calls.csv"))["queues"]["voice"]
    assert part["hours"] == {"mon-fri": "08:00-18:00", "sat-sun": "closed"}
    assert float(part["volume"].removesuffix("/week")) == pytest.approx(2.5 * two["Calls"].sum(), abs=1)


def test_a_queue_without_any_contact_is_left_out(tmp_path):
    several(tmp_path)
    table = pd.read_csv(tmp_path / "calls.csv", sep=";")
    table["Offered"] = table["Offered"].mask(table["Skill"] == "Web chat", 0)
    table.to_csv(tmp_path / "calls.csv", index=False, sep=";")
    text = draft_week(tmp_path / "calls.csv")
    assert "# Web chat is left out: no contact at all" in text
    assert set(yaml.safe_load(text)["queues"]) == {"Sales: new", "e-mail"}


def test_a_table_is_drafted_to_be_handed_in_with(tmp_path):
    office(tmp_path)
    table = pd.read_csv(tmp_path / "calls.csv", parse_dates=["start"])
    text = draft_week(table, name="Branch 7")
    week = read_week(yaml.safe_load(text))
    assert week.spec.name == "Branch 7"
    assert week.spec.queues["voice"].history is None


def test_the_file_is_named_as_seen_from_the_week_s_folder(tmp_path):
    (tmp_path / "data").mkdir()
    office(tmp_path / "data")
    text = draft_week(tmp_path / "data" / "calls.csv", folder=tmp_path)
    assert yaml.safe_load(text)["queues"]["voice"]["history"] == "data/calls.csv"


NAMES = ["no", "1405", "a: b # c", 'he said "hi"', "تماس\u202e x", "می\u200cرود", "- x", "{a}", "=1"]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_of_a_queue_is_read_back(tmp_path, name):
    office(tmp_path)
    table = pd.read_csv(tmp_path / "calls.csv", parse_dates=["start"]).assign(queue=name)
    text = draft_week(table, name=name)
    week = read_week(yaml.safe_load(text))
    assert (list(week.queues), week.spec.name) == ([name], name)


def test_a_file_without_contacts_is_refused(tmp_path):
    table = pd.DataFrame({"start": grid("1h", days=2), "offered": 0})
    with pytest.raises(DataError, match="holds no contacts at all"):
        draft_week(table)
