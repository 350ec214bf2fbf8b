"""What a plan hands out: workbook, calendars, report and plots, each written whole or not at all.

The same plan gives the same bytes; texts of people are cleaned and never become a formula, markup or a path.
"""

from wfm.report.calendar_files import write_calendars as write_calendars
from wfm.report.edition import Edition as Edition
from wfm.report.excel import write_workbook as write_workbook
from wfm.report.html import write_report as write_report
from wfm.report.plots import plot_coverage as plot_coverage
from wfm.report.plots import plot_forecast as plot_forecast
from wfm.report.plots import plot_heat as plot_heat
from wfm.report.plots import plot_waterfall as plot_waterfall
from wfm.report.pseudonyms import pseudonyms as pseudonyms
from wfm.report.pseudonyms import shared as shared
