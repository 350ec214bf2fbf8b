import pytest

from wfm.errors import SettingError
from wfm.report import pseudonyms, shared
from wfm.report.pseudonyms import renamed, spoken

PEOPLE = ["Sara Karimi", "Saba Kiani", "علی رضایی", "A001", "A002", "12"]


@pytest.mark.parametrize("names", ["initials", "hash"])
def test_everybody_has_a_name_of_their_own_that_others_do_not_change(names):
    together = pseudonyms(PEOPLE, names)
    assert len(set(together.values())) == len(PEOPLE)
    assert all(pseudonyms([person], names)[person] == together[person] for person in PEOPLE)


def test_full_names_stay_as_they_are():
    assert pseudonyms(PEOPLE, "full") == {person: person for person in PEOPLE}


def test_a_secret_key_gives_other_codes():
    assert pseudonyms(["A001"], "hash") != pseudonyms(["A001"], "hash", key="secret")


def test_an_unknown_way_of_naming_is_refused():
    with pytest.raises(SettingError, match="names must be one of 'full', 'initials', 'hash', got 'nickname'"):
        pseudonyms(PEOPLE, "nickname")


@pytest.mark.parametrize("names", ["initials", "hash"])
def test_no_name_is_left_in_what_is_shared(plan, agents, names):
    told = shared(plan, names)
    text = "".join(table.to_csv() for table in (told.roster.table, told.roster.wishes, told.roster.violations))
    assert not [agent for agent in agents if agent in text]
    assert len(told.roster.table) == len(plan.roster.table)
    assert plan.roster.table["agent"].isin(agents).all(), "the caller's plan is not changed"


def test_a_name_inside_another_word_is_left_alone():
    assert spoken("Alina works, Ali rests", {"Ali": "X-1"}) == "Alina works, X-1 rests"


def test_who_has_no_pseudonym_is_somebody_else(plan):
    table = renamed(plan.roster.wishes, {})
    assert set(table["agent"]) == {"other"}


def test_a_key_makes_codes_that_the_list_of_people_cannot_give_back():
    plain, keyed = pseudonyms(["Ada"], "hash"), pseudonyms(["Ada"], "hash", key="a secret of the planner")
    assert plain != keyed
    assert keyed == pseudonyms(["Ada"], "hash", key="a secret of the planner")
    assert keyed != pseudonyms(["Ada"], "hash", key="another secret of hers")


def test_workbook_report_and_calendars_call_a_person_the_same_under_a_key(plan, tmp_path):
    key = "a secret of the planner"
    code = pseudonyms(["Sara Karimi"], "hash", key=key)["Sara Karimi"]
    page = plan.to_html(tmp_path / "r.html", names="hash", key=key).read_text(encoding="utf-8")
    assert "Sara" not in page
    files = {path.stem for path in plan.to_ics(tmp_path / "c", names="hash", key=key)}
    assert code in files
    book = plan.to_excel(tmp_path / "p.xlsx", names="hash", key=key)
    import openpyxl

    names = {row[0] for row in openpyxl.load_workbook(book)["Roster"].iter_rows(min_row=4, values_only=True)}
    assert code in names
