"""Published versions: whole, numbered, the same for the same, and read back only if nobody changed them."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pandas as pd
import pytest

import wfm
from wfm.errors import DataError, SettingError
from wfm.settings import read_week
from wfm.versions import latest, previous_roster, publish, published_versions, read_run, write_run
from wfm.versions.runs import inputs_of

AT = "2026-11-14 09:30"


def with_papers(plan, centre, version=1):
    """The folder as `wfm plan` leaves it with every output format."""
    out, plan = centre / "out", plan.as_version(version)
    plan.to_csv(out / "tables")
    papers = [plan.to_excel(out / "plan.xlsx"), plan.to_html(out / "report.html"), *plan.to_ics(out / "calendars")]
    write_run(centre / "week.yaml", plan, out, papers)
    return out


def moved(plan, hours=1):
    """The plan with the first shift of A06 at another time."""
    table = plan.roster.table
    mine = (table["agent"] == "A06") & (
        table["start"] < table.loc[table["agent"] == "A06", "start"].min() + pd.Timedelta("12h")
    )
    step = pd.Timedelta(hours=hours)
    table = table.assign(
        start=table["start"].where(~mine, table["start"] + step), end=table["end"].where(~mine, table["end"] + step)
    )
    return replace(plan, roster=replace(plan.roster, table=table))


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_version_holds_every_table_the_weeks_file_and_what_the_plan_said(plan, centre):
    found = publish(centre / "out", by="Sara", note="first", published=AT)
    assert (found.version, found.new, found.by, found.note, str(found.published)) == (
        1,
        True,
        "Sara",
        "first",
        f"{AT}:00",
    )
    assert found.folder == centre / "out" / "versions" / "0001"
    tables = {path.stem: path.read_bytes() for path in (found.folder / "tables").iterdir()}
    assert tables == {name: (centre / "out" / "tables" / f"{name}.csv").read_bytes() for name in plan.tables()}
    assert (found.folder / "week.yaml").read_bytes() == (centre / "week.yaml").read_bytes()
    manifest = json.loads((found.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["lines"] == list(plan.lines)
    assert manifest["figures"]["need_hours"] == plan.figures["need_hours"]
    assert manifest["seed"] == 1
    assert manifest["software"] | {"openwfm": wfm.__version__, "pandas": pd.__version__} == manifest["software"]
    assert set(manifest["software"]) == {"openwfm", "python", "numpy", "pandas", "scipy"}
    for name, known in manifest["files"].items():
        assert digest(found.folder / name) == known


def test_every_input_that_the_week_names_is_hashed(centre):
    inputs = {part["key"]: part for part in read_run(centre / "out").record["inputs"]}
    assert set(inputs) == {
        "queues.voice.history",
        "people.agents",
        "people.absences",
        "people.wishes",
        "people.locks",
        "calendar.holidays",
        "adjust",
        "plan.previous",
    }
    for part in inputs.values():
        assert part["sha256"] == digest(centre / part["file"])


def test_no_path_of_the_machine_is_written(centre):
    text = (centre / "out" / "run.json").read_text(encoding="utf-8")
    assert str(centre.parent.parent) not in text
    assert read_run(centre / "out").record["week"]["file"] == "../week.yaml"


def test_publishing_the_same_twice_makes_no_second_version(centre):
    first = publish(centre / "out", published=AT)
    again = publish(centre / "out", by="Omid", note="again", published="2026-11-15")
    assert (again.version, again.new) == (1, False)
    assert again.run.record == first.run.record
    assert [found.version for found in published_versions(centre / "out")] == [1]


def test_the_same_plan_gives_the_same_bytes(plan, centre, tmp_path, plan_into):
    one = publish(centre / "out", by="Sara", published=AT)
    other = publish(plan_into(plan, centre / "week.yaml", centre / "other"), by="Sara", published=AT)
    assert tree(one.folder) == tree(other.folder)


def test_another_roster_becomes_the_next_version_and_says_who_changed_what_and_why(plan, centre, plan_into):
    publish(centre / "out", by="Sara", published=AT)
    plan_into(moved(plan), centre / "week.yaml", centre / "out")
    second = publish(centre / "out", by="Omid", note="dentist", published="2026-11-20 12:00")
    assert (second.version, second.before().version) == (2, 1)
    found = second.changes()
    assert found[["agent", "change", "by", "note"]].to_numpy().tolist() == [["A06", "moved", "Omid", "dentist"]]
    day = found.loc[0, "day"]
    begun = plan.roster.table.query("agent == 'A06'")["start"].min()
    assert found.loc[0, "notice"] == (begun - pd.Timestamp("2026-11-20 12:00")) / pd.Timedelta(hours=1)
    assert day == begun.normalize()
    assert second.before().changes().empty  # the first version changed nothing


def test_going_back_to_an_older_plan_is_a_new_version(plan, centre, plan_into):
    publish(centre / "out", published=AT)
    for made in (moved(plan), plan):
        plan_into(made, centre / "week.yaml", centre / "out")
        publish(centre / "out", published=AT)
    assert [found.version for found in published_versions(centre / "out")] == [1, 2, 3]
    assert latest(centre / "out").run.record["content"] == published_versions(centre / "out")[0].run.record["content"]


def test_two_who_publish_at_once_make_one_version(centre):
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: publish(centre / "out", published=AT), range(4)))
    assert [one.version for one in found] == [1] * 4
    assert sum(one.new for one in found) == 1


def test_now_is_told_by_the_plans_clock(centre):
    zone = read_run(centre / "out").record["timezone"]
    before = pd.Timestamp.now(tz=zone).tz_localize(None).floor("s")
    found = publish(centre / "out").published
    assert zone == "Asia/Tehran"
    assert pd.Timedelta(0) <= found - before < pd.Timedelta("1min")


def test_a_time_with_a_zone_is_converted(centre):
    assert str(publish(centre / "out", published="2026-11-14 06:00+00:00").published) == "2026-11-14 09:30:00"


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda out: (out / "run.json").unlink(), "no plan was written there"),
        (lambda out: (out / "run.json").write_text("{"), r"run.json in out cannot be read .* Plan again"),
        (lambda out: (out / "run.json").write_text("{}"), "must be of form 1, got None"),
        (lambda out: (out / "tables" / "roster.csv").unlink(), "roster.csv of out cannot be read"),
        (
            lambda out: (out / "tables" / "roster.csv").write_text("agent\n"),
            "roster.csv in out is not the table that was planned",
        ),
    ],
)
def test_what_was_not_planned_is_not_published(centre, break_it, words):
    break_it(centre / "out")
    with pytest.raises(DataError, match=words):
        publish(centre / "out")
    assert latest(centre / "out") is None


def test_a_wrong_time_is_refused(centre):
    with pytest.raises(SettingError, match="published must be a time such as"):
        publish(centre / "out", published="tomorrow-ish")


def test_a_plan_that_lacks_a_table_is_not_described(plan, centre, plan_into):
    (centre / "out" / "tables" / "promise.csv").unlink()
    from wfm.versions import describe_run

    with pytest.raises(DataError, match="out/tables lacks 'promise'"):
        describe_run(centre / "week.yaml", plan, centre / "out")


def test_the_next_plan_starts_from_what_was_published(roster, centre):
    publish(centre / "out", published=AT)
    pd.testing.assert_frame_equal(previous_roster(centre / "out"), roster)
    pd.testing.assert_frame_equal(previous_roster(centre / "out" / "versions" / "0001"), roster)
    pd.testing.assert_frame_equal(previous_roster(centre / "out" / "tables" / "roster.csv"), roster)
    pd.testing.assert_frame_equal(previous_roster(roster), roster)


def test_where_nothing_was_published_there_is_nothing_to_start_from(centre):
    with pytest.raises(DataError, match=r"out holds no published version. Publish the plan in it"):
        previous_roster(centre / "out")
    with pytest.raises(SettingError, match="no file or published folder"):
        previous_roster(centre / "nowhere")


def test_a_published_roster_that_somebody_changed_is_not_believed(centre):
    found = publish(centre / "out", published=AT)
    path = found.folder / "tables" / "roster.csv"
    path.write_text(path.read_text().replace("A06", "A07"))
    with pytest.raises(DataError, match=r"roster.csv in 0001 is not the table that was planned"):
        previous_roster(centre / "out")


def test_a_broken_manifest_is_named(centre):
    found = publish(centre / "out", published=AT)
    (found.folder / "manifest.json").write_text("half")
    with pytest.raises(DataError, match="0001 is no published version"):
        latest(centre / "out")


def test_every_table_comes_back_as_it_was(plan, centre):
    found = publish(centre / "out", published=AT)
    for name in ("forecast", "requirement", "coverage", "promise", "schedule", "roster"):
        pd.testing.assert_frame_equal(found.table(name), plan.tables()[name], check_dtype=False, rtol=1e-8)
    with pytest.raises(DataError, match="has no table 'nothing'"):
        found.table("nothing")


def test_names_that_look_like_formulas_come_back_as_they_were(plan, centre, plan_into):
    odd = {"A06": "=1+1", "A07": "@home", "A08": "'quoted'", "A09": "NA", "A10": 'Zoë, "Zo"'}
    table = plan.roster.table.assign(agent=plan.roster.table["agent"].replace(odd)).sort_values(["agent", "start"])
    named = replace(plan, roster=replace(plan.roster, table=table.reset_index(drop=True)))
    publish(plan_into(named, centre / "week.yaml", centre / "out"), published=AT)
    assert set(previous_roster(centre / "out")["agent"]) == set(table["agent"])


def test_what_the_queues_were_is_kept(plan, centre):
    voice = publish(centre / "out", published=AT).run.queues["voice"]
    assert (voice.target, voice.patience) == (plan.queues["voice"].target, plan.queues["voice"].patience)
    assert voice.shrinkage.unplanned == plan.queues["voice"].shrinkage.unplanned


def test_a_plan_without_people_is_published_without_a_roster(plan, centre, plan_into):
    plan_into(replace(plan, roster=None), centre / "week.yaml", centre / "out")  # an older roster.csv still lies there
    found = publish(centre / "out", published=AT)
    assert not (found.folder / "tables" / "roster.csv").exists()
    assert (found.folder / "tables" / "schedule.csv").exists()
    with pytest.raises(DataError, match="0001 has no table 'roster'"):
        previous_roster(centre / "out")
    with pytest.raises(DataError, match="version 1 has no roster: it was planned without people"):
        found.changes()


def test_a_plan_that_starts_from_a_published_folder_hashes_its_last_manifest(plan, centre, plan_into):
    first = publish(centre / "out", published=AT)
    week = read_week(centre / "week.yaml")
    week.spec.plan.previous = "out"
    assert {part["key"]: part["sha256"] for part in inputs_of(week)}["plan.previous"] == digest(
        first.folder / "manifest.json"
    )
    plan_into(moved(plan), centre / "week.yaml", centre / "out")
    second = publish(centre / "out", published=AT)
    assert {part["key"]: part["sha256"] for part in inputs_of(week)}["plan.previous"] == digest(
        second.folder / "manifest.json"
    )
    week.spec.plan.previous = "out/versions/0001"
    assert {part["key"]: part["sha256"] for part in inputs_of(week)}["plan.previous"] == digest(
        first.folder / "manifest.json"
    )


def test_every_file_that_moves_the_forecast_is_an_input(tmp_path):
    tables = {
        "school.csv": "name,start,end\nschool,2026-07-01,2026-08-15\n",
        "weather.csv": "day,rain\n2026-07-01,3\n",
        "bot.csv": "queue,start,share\nvoice,2026-07-01,0.3\n",
        "suspects.csv": "queue,day,answer\n",
    }
    for name, text in tables.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "week.yaml").write_text(
        "calendar: {seasons: school.csv}\nregressors: weather.csv\ndeflection: bot.csv\nsuspects: suspects.csv\n"
        "queues: {voice: {volume: 500/week, aht: 4min, patience: 3min, target: {share: 0.8, within: 60s}}}\n"
        "plan: {start: 2026-11-23}\n",
        encoding="utf-8",
    )
    found = {part["key"]: part["file"] for part in inputs_of(read_week(tmp_path / "week.yaml"))}
    named = ("calendar.seasons", "regressors", "deflection", "suspects")
    assert found == dict(zip(named, tables, strict=True))


def test_a_version_shows_itself_small_and_escaped(centre):
    found = publish(centre / "out", by="<b>Sara</b>", published=AT)
    assert repr(found) == f"Published(version 1 of 'Blue bank', {AT}:00 by <b>Sara</b>)"
    shown = found._repr_html_()
    assert "<b>Sara" not in shown
    assert found.run.record["lines"][0] in shown


# --- workbook, calendars and report ----------------------------------------------------------------------------------


def test_a_version_freezes_workbook_calendars_and_report_with_their_hashes(plan, centre):
    out = with_papers(plan, centre)
    found = publish(out)
    manifest = found.run.record
    papers = {"plan.xlsx", "report.html", *(f"calendars/{path.name}" for path in (out / "calendars").iterdir())}
    assert set(manifest["papers"]) == papers
    assert len(papers) == 2 + plan.roster.table["agent"].nunique()
    for name in papers:
        assert (found.folder / name).read_bytes() == (out / name).read_bytes()
        assert digest(found.folder / name) == manifest["papers"][name] == manifest["files"][name]
    (out / "report.html").write_text("gone")
    assert "gone" not in (found.folder / "report.html").read_text(encoding="utf-8")


def test_frozen_calendars_carry_rising_sequence_numbers(plan, centre):
    first = publish(with_papers(plan, centre))
    second = publish(with_papers(moved(plan), centre, version=first.version + 1))
    for version, number in ((first, 1), (second, 2)):
        lines = (version.folder / "calendars" / "A06.ics").read_text(encoding="utf-8").splitlines()
        assert {line for line in lines if line.startswith("SEQUENCE")} == {f"SEQUENCE:{number}"}


@pytest.mark.parametrize("paper", ["plan.xlsx", "report.html", "calendars/A06.ics"])
def test_a_paper_that_was_changed_since_is_not_published(plan, centre, paper):
    out = with_papers(plan, centre)
    (out / paper).write_bytes(b"other")
    with pytest.raises(DataError, match="not as it was planned"):
        publish(out)
    assert latest(out) is None


def test_a_paper_that_was_removed_is_left_out(plan, centre):
    out = with_papers(plan, centre)
    (out / "report.html").unlink()
    found = publish(out)
    assert not (found.folder / "report.html").exists()
    assert "report.html" not in found.run.record["files"]


def test_a_plan_made_again_from_its_own_publication_is_no_new_version(plan, centre):
    out = with_papers(plan, centre)
    first = publish(out)
    again = replace(plan, told=plan.roster.table, changes=plan.changes.iloc[:0])
    assert publish(with_papers(again, centre, version=2)).version == first.version
