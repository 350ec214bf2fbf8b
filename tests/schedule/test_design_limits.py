import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError, InfeasibleError, SettingError
from wfm.schedule import Break, ShiftType, design_shifts

DAY = pd.Timestamp("2026-11-21")  # a Saturday
HOUR = pd.Timedelta(hours=1)
TWO = ShiftType(name="two", length="2h", starts=["08:00", "09:00", "10:00"])
FOUR = ShiftType(name="four", length="4h", starts=["08:00"])


def requirement(agents, start=DAY + 8 * HOUR):
    starts = pd.date_range(start, periods=len(agents), freq="h")
    return pd.DataFrame({"queue": "v", "start": starts, "end": starts + HOUR, "agents": agents})


def of_type(plan):
    return plan.table.drop_duplicates("shift").groupby("type")["people"].sum().to_dict()


def test_no_more_people_work_than_there_are_seats():
    plan = design_shifts(requirement([3, 3, 3, 3]), [TWO], seats=2)
    assert plan.coverage["rostered"].max() == 2
    assert plan.objective == plan.bound == 8 + 3 * 4


def test_whoever_is_on_a_break_leaves_the_seat():
    meal = Break(name="meal", length="1h", paid=False, between=("1h", "2h"))
    kind = ShiftType(name="m", length="4h", starts=["08:00", "09:00"], breaks=[meal])
    plan = design_shifts(requirement([1, 1, 1, 1, 0]), [kind], seats=1, under_cost=9)
    assert plan.table.drop_duplicates("shift")["people"].sum() == 1  # two would sit on one seat at nine or ten
    two = design_shifts(requirement([1, 1, 1, 1, 0]), [kind], seats=2, under_cost=9)
    assert two.table.drop_duplicates("shift")["people"].sum() == 2


def test_most_people_of_a_type_hold_on_each_day():
    days = pd.concat([requirement([2] * 4), requirement([2] * 4, DAY + 32 * HOUR)])
    plan = design_shifts(days, [FOUR], people={"four": (0, 1)})
    assert of_type(plan) == {"four": 2}  # one a day
    assert plan.objective == plan.bound == 8 + 3 * 8


def test_least_people_of_a_type_come_even_where_nobody_is_needed():
    plan = design_shifts(requirement([0, 0, 0, 0]), [TWO, FOUR], people={"four": (2, 5)})
    assert of_type(plan) == {"four": 2}
    assert plan.objective == plan.bound == 8.0


def test_people_that_no_day_allows_are_refused():
    friday = ShiftType(name="four", length="4h", starts="08:00", days="sat")
    with pytest.raises(InfeasibleError, match="keeps all limits"):
        design_shifts(requirement([1] * 4), [friday], people={"four": (3, 9)}, seats=2)


def test_nights_that_cost_more_are_left_to_longer_days():
    """Two shifts reach the hour; the one that lies outside the dear hours is taken."""
    early = ShiftType(name="early", length="3h", starts="06:00")
    late = ShiftType(name="late", length="3h", starts="07:00")
    need = requirement([1, 1], DAY + 7 * HOUR)
    assert of_type(design_shifts(need, [early, late], premiums={"06:00-07:00": 0.5})) == {"late": 1}
    dear = design_shifts(need, [early, late], premiums={"09:00-10:00": 0.5})
    assert of_type(dear) == {"early": 1}
    assert design_shifts(need, [early], premiums={"06:00-07:00": 0.5}).objective == 3.5


def test_an_unpaid_break_earns_no_premium():
    meal = Break(name="meal", length="1h", paid=False, between=("1h", "2h"))
    kind = ShiftType(name="m", length="4h", starts="08:00", breaks=[meal])
    plan = design_shifts(requirement([1, 0, 0, 1]), [kind], premiums=[({"sat": "10:00-11:00"}, 1.0)])
    assert plan.objective == plan.bound == 3.0  # the meal lies in the dear hour
    assert plan.table.loc[plan.table["activity"] == "meal", "start"].tolist() == [DAY + 10 * HOUR]


def test_a_premium_past_midnight_and_the_seam_is_paid():
    night = ShiftType(name="night", length="8h", starts="22:00")
    need = requirement([1] * 2, DAY + 22 * HOUR)
    assert design_shifts(need, [night], premiums={"22:00-06:00": 0.25}, under_cost=9).objective == 10.0
    around = design_shifts(need, [night], premiums={"00:00-06:00": 0.5}, cyclic=True, under_cost=9)
    assert around.objective == around.bound == 11.0


def test_fixed_lines_are_kept_and_only_the_rest_is_designed():
    first = design_shifts(requirement([1, 1, 1, 1]), [FOUR])
    plan = design_shifts(requirement([1, 2, 2, 1]), [TWO], fixed=first.table, over_cost=0.5)
    assert of_type(plan) == {"four": 1, "two": 1}
    assert plan.objective == plan.bound == 6.0
    assert plan.coverage["gap"].tolist() == [0.0] * 4


def test_fixed_lines_that_are_too_many_cost_their_surplus():
    first = design_shifts(requirement([2, 2, 2, 2]), [FOUR])
    plan = design_shifts(requirement([1, 1, 1, 1]), [FOUR], fixed=first.table, over_cost=0.5)
    assert plan.objective == plan.bound == 8 + 0.5 * 4


def test_a_split_shift_is_a_long_unpaid_break():
    gap = Break(name="home", length="3h", paid=False, between=("4h", "5h"))
    split = ShiftType(name="split", length="11h", starts="08:00", breaks=[gap])
    plan = design_shifts(requirement([1] * 4 + [0] * 3 + [1] * 4), [split], hard_cover=True)
    assert plan.paid_hours == plan.bound == 8.0


@pytest.mark.parametrize("average", ["3h", "4h"])
def test_shifts_are_as_long_on_average_as_asked(average):
    need = requirement([3, 3, 1, 1])
    free = design_shifts(need, [TWO, FOUR], shift_cost=0.0)
    plan = design_shifts(need, [TWO, FOUR], min_average_length=average)
    lines = plan.table.drop_duplicates("shift")
    hours = ((lines["end"] - lines["start"]) / HOUR * lines["people"]).sum() / lines["people"].sum()
    assert hours >= float(average[0])
    assert plan.objective >= free.objective
    assert plan.status == "optimal"


@pytest.mark.parametrize("price", [0.25, 1.0, 3.0])
@pytest.mark.parametrize("hard", [False, True])
def test_the_price_of_distinct_shifts_leads_to_the_optimum_of_all_choices(price, hard):
    """Every choice of people on three starts, by hand."""
    agents = [1, 3, 2, 2]
    plan = design_shifts(requirement(agents), [TWO], shift_cost=price, hard_cover=hard)
    best = np.inf
    for people in np.ndindex(4, 4, 4):
        cover = np.convolve(people, [1, 1])
        missing = np.maximum(np.array(agents) - cover, 0).sum()
        if not (hard and missing):
            best = min(best, 2 * sum(people) + 3 * missing + price * np.count_nonzero(people))
    assert plan.objective == pytest.approx(best)
    assert plan.bound == pytest.approx(best, abs=1e-4)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"seats": 0}, SettingError, "seats"),
        ({"people": {"three": (0, 1)}}, SettingError, "people names 'three'"),
        ({"premiums": {"22:00-06:00": -1}}, SettingError, "premiums"),
        ({"min_average_length": "soon"}, SettingError, "min_average_length"),
    ],
)
def test_wrong_limits_are_named(options, error, message):
    with pytest.raises(error, match=message):
        design_shifts(requirement([1]), [TWO], **options)


def test_fixed_lines_beside_limits_that_count_them_or_of_no_queue_are_refused():
    first = design_shifts(requirement([1, 1, 1, 1]), [FOUR])
    with pytest.raises(SettingError, match="fixed cannot stand beside seats"):
        design_shifts(requirement([1]), [TWO], fixed=first.table, seats=3)
    with pytest.raises(DataError, match="queue must be a queue of the requirement"):
        design_shifts(requirement([1]), [TWO], fixed=first.table.assign(queue="other"))
