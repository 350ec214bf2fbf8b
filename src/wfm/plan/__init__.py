"""A week's plan from its file: the loops that join forecast, staffing and scheduling."""

from wfm.plan.chain import plan_week as plan_week
from wfm.plan.intraday import Updated as Updated
from wfm.plan.intraday import update_week as update_week
from wfm.plan.week_plan import WeekPlan as WeekPlan
