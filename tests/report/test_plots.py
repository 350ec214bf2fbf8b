import sys

import pytest
from matplotlib.figure import Figure

from wfm.errors import MissingExtra
from wfm.report import (
    plot_coverage,
    plot_forecast,
    plot_heat,
    plot_waterfall,
    write_calendars,
    write_report,
    write_workbook,
)
from wfm.report.heat import gap_heat

PLOTS = (plot_coverage, plot_forecast, plot_heat, plot_waterfall)


@pytest.mark.parametrize("plot", PLOTS)
def test_a_plot_draws_on_the_axes_it_is_given(plan, plot):
    axes = Figure().subplots()
    assert plot(plan, ax=axes) is axes
    assert axes.has_data()


@pytest.mark.parametrize("plot", PLOTS)
def test_a_plot_makes_its_own_figure_without_pyplot(plan, plot):
    assert isinstance(plot(plan).figure, Figure)
    assert "matplotlib.pyplot" not in sys.modules


def test_the_heat_shows_the_gap(plan):
    mesh = plot_heat(plan).collections[0]
    assert mesh.get_array().ravel().tolist() == pytest.approx(gap_heat(plan).amounts.ravel().tolist())


def test_a_forecast_alone_can_be_drawn(plan):
    axes = plot_forecast(plan.forecast)
    assert [line.get_label() for line in axes.lines] == ["chat", "voice"]
    assert axes.lines[0].get_ydata().sum() == pytest.approx(
        plan.forecast[plan.forecast["queue"] == "chat"]["offered"].sum()
    )


@pytest.mark.parametrize(
    ("module", "write", "extra"),
    [
        ("xlsxwriter", lambda plan, place: write_workbook(plan, place / "a.xlsx"), "office"),
        ("icalendar", lambda plan, place: write_calendars(plan, place), "office"),
        ("jinja2", lambda plan, place: write_report(plan, place / "a.html"), "report"),
        ("matplotlib.figure", lambda plan, place: plot_coverage(plan), "report"),
    ],
)
def test_a_missing_library_is_named_with_its_pip_line_and_nothing_is_written(
    plan, tmp_path, monkeypatch, module, write, extra
):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=rf'pip install "openwfm\[{extra}\]"'):
        write(plan, tmp_path)
    assert not list(tmp_path.iterdir())
