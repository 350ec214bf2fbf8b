"""The files that take longest are begun first, so that no worker of a run ends long after the others."""

from pathlib import Path

TESTS = Path(__file__).parent
LONGEST = (
    "examples/test_weekly_plan.py",
    "examples/test_analyst_notebook.py",
    "erlang/test_staffing.py",
    "starter/test_draft.py",
    "manners/test_readme.py",
    "plan/test_channels_in_the_plan.py",
    "examples/test_service.py",
    "plan/test_the_design_week.py",
    "versions/test_edited.py",
    "schedule/test_tours.py",
    "schedule/test_neighbourhoods.py",
    "forecast/test_events.py",
    "plan/test_deflection_in_the_plan.py",
    "erlang/test_transient.py",
    "plan/test_lighten.py",
    "erlang/test_price.py",
    "schedule/test_rosters.py",
    "test_cli.py",
    "plan/test_newcomers.py",
    "datasets/test_bank.py",
)  # each of ten seconds and more, the longest first


def longest_first(items: list) -> None:
    """Put the tests of the longest files before all others, which stay as they are."""
    place = {TESTS / name: k for k, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))
