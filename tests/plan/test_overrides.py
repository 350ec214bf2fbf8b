"""The planner's changes are applied after the machine's number, kept beside it and priced."""

import pandas as pd
import pytest

import wfm
from planned_centre import briefly
from small_centre import DESIGN_WEEK, write_centre

HEADER = "queue,start,end,what,how,value,reason,by\n"
PEOPLE = "people: {agents: agents.csv, absences: absences.csv, wishes: wishes.csv, locks: locks.csv}\n"
SHIFTS_ONLY = briefly(DESIGN_WEEK, seconds=2).replace(PEOPLE, "").replace(", previous: roster_last_week.csv", "")


def planned(folder, rows):
    path = write_centre(folder, SHIFTS_ONLY)
    (folder / "adjustments.csv").write_text(
        HEADER + "".join(f"voice,2026-11-23,2026-11-24,{row},why,me\n" for row in rows)
    )
    return wfm.plan_week(path)


def day(table):
    return table[table["start"].dt.normalize() == "2026-11-23"]


def test_each_change_is_kept_beside_the_machines_number_with_its_cost(tmp_path):
    plan = planned(tmp_path, ["offered,multiply,1.5", "aht,add,30", "agents,min,4", "unplanned,set,0.2"])
    changed = day(plan.forecast)
    assert changed["offered"].to_numpy() == pytest.approx(1.5 * changed["offered_machine"].to_numpy())
    assert changed["aht"].to_numpy() == pytest.approx(30 + changed["aht_machine"].to_numpy())
    other = plan.forecast[plan.forecast["start"].dt.normalize() == "2026-11-24"]
    assert (other["offered"] == other["offered_machine"]).all()
    need = day(plan.requirement)
    assert (need["agents"] >= 4).all()
    assert need["rostered"].to_numpy() == pytest.approx(need["agents"].to_numpy() / 0.8)
    assert plan.adjustments["hours"].tolist()[:2] == sorted(plan.adjustments["hours"].tolist()[:2], reverse=True)
    assert (plan.adjustments["hours"] >= 0).all()
    assert "The planner's changes: +" in next(line for line in plan.lines if line.startswith("3 "))
    mean = plan.paths.groupby("start")["rate"].mean()
    assert mean.loc["2026-11-23"].to_numpy() == pytest.approx(changed["offered"].to_numpy(), rel=0.1)


@pytest.mark.slow
def test_the_ranges_move_with_the_mean(tmp_path):
    plan = planned(tmp_path, ["offered,multiply,2"])
    plain = planned(tmp_path, [])
    for level in ("offered_q0.1", "offered_q0.9"):
        assert day(plan.forecast)[level].to_numpy() == pytest.approx(2 * day(plain.forecast)[level].to_numpy())


def test_an_absence_of_everybody_is_refused(tmp_path):
    with pytest.raises(wfm.DataError, match="sets the unplanned absence of queue 'voice' at 2026-11-23"):
        planned(tmp_path, ["unplanned,set,1"])


@pytest.mark.slow
def test_suspects_are_asked_once_and_answers_are_kept(tmp_path):
    from click.testing import CliRunner

    from wfm.cli import main

    path = write_centre(tmp_path, SHIFTS_ONLY.replace("adjust: adjustments.csv", "suspects: suspects.csv"))
    calls = pd.read_csv(tmp_path / "calls.csv", parse_dates=["Time"])
    odd = calls["Time"].dt.normalize() == "2026-10-14"
    calls.loc[odd, "Calls offered"] = (calls.loc[odd, "Calls offered"] * 2.5).round().astype(int)
    calls.loc[odd, ["answered", "abandoned", "answered_within"]] = None
    calls.to_csv(tmp_path / "calls.csv", index=False)
    assert CliRunner().invoke(main, ["plan", str(path)]).exit_code in (0, 1)
    asked = pd.read_csv(tmp_path / "suspects.csv")
    row = asked["day"].astype(str).str.startswith("2026-10-14")
    assert row.any(), asked
    assert asked["answer"].isna().all()
    asked["answer"] = asked["answer"].astype(object)
    asked.loc[row, "answer"] = "exclude"
    asked.to_csv(tmp_path / "suspects.csv", index=False)
    assert CliRunner().invoke(main, ["plan", str(path)]).exit_code in (0, 1)
    again = pd.read_csv(tmp_path / "suspects.csv")
    assert again.loc[again["day"].astype(str).str.startswith("2026-10-14"), "answer"].tolist() == ["exclude"]
