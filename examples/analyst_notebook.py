# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From a file to a what-if
# Two years of contacts of a synthetic bank: what will come in the week that holds the month's start, how many agents
# it takes, which shifts cover it, what service they give - and what happens if contacts take longer and customers turn
# from chat to the phone. Every step takes a table and returns a table.

# %%
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import pandas as pd

import wfm
from wfm.report import plot_forecast

# %% [markdown]
# ## 1. The file
# The bank is synthetic, so its truth is known. Its history is written as the telephone system would export it: replace
# this cell by the name of your own file.

# %%
bank = wfm.datasets.bank(seed=0, service=False)
folder = TemporaryDirectory()
file = Path(folder.name) / "contacts.csv"
live = bank.history[bank.history["queue"].isin(["voice", "chat"])]
live.drop(columns="end").rename(columns={"offered": "Contacts offered", "aht": "AHT"}).to_csv(file, index=False)

# %% [markdown]
# Columns are found by their names, or named where they are not. `inspect_history` returns the same history with a
# report of what was read, repaired and refused.

# %%
history = wfm.read_history(file, columns={"offered": "Contacts offered"}, calendar=bank.calendar)
history.groupby("queue").agg(first=("start", "min"), last=("start", "max"), offered=("offered", "sum"))

# %% [markdown]
# ## 2. The forecast
# The calendar says which days begin a month (here Solar Hijri) and which are holidays, the events what was launched and
# what broke down. The model learns how much of it matters.

# %%
model = wfm.Forecaster(calendar=bank.calendar, events=bank.events).fit(history)

# %% [markdown]
# The first days of a month, beside the truth: the effect is on the log scale, so 0.45 means +57% contacts.

# %%
effects = model.effects("month_day").query("queue == 'voice'")
effects = effects[effects["name"].isin(["1", "2", "3", "4", "5", "6"])][["name", "effect", "low", "high"]]
effects["truth"] = effects["name"].astype(int).map(bank.truth.month_start)
effects.round(2)

# %% [markdown]
# History ends on 7 November; the week that is planned, from Saturday the 21st, holds days 1-6 of Azar. It begins with
# the night shift of the evening before. The range is of the count: doubt about the rate, and chance.

# %%
inside = "start >= '2026-11-20 22:00'"
week = model.predict(days=20, quantiles=(0.1, 0.5, 0.9)).query(inside).reset_index(drop=True)
days = week.assign(day=week["start"].dt.normalize()).pivot_table("offered", "day", "queue", aggfunc="sum")
days.round()

# %%
figure, (above, below) = plt.subplots(2, 1, figsize=(10, 6), sharex=True, layout="constrained")
for queue, axes in (("voice", above), ("chat", below)):
    plot_forecast(week[week["queue"] == queue], ax=axes)
    axes.set_title(f"{queue}: contacts by half hour, with the range that holds 8 of 10")
figure.savefig(file.with_name("forecast.png"))

# %% [markdown]
# ## 3. Agents
# The promise is kept over each day, with no interval below 60%. For the mean forecast it holds on about every second
# day; what more certainty costs is known before it is bought.

# %%
promise = wfm.ServiceTarget(share=0.80, within="60s", max_abandon=0.05)
settings = {"patience": dict(bank.patience), "shrinkage": 0.06, "concurrency": {"voice": 1, "chat": 3}}
paths = model.simulate(days=20, paths=200, seed=1).query(inside).reset_index(drop=True)
price = wfm.erlang.price_of_confidence(week, promise, paths=paths, levels=(None, 0.8, 0.9), **settings)
price.round(2)

# %%
sure = wfm.ServiceTarget(share=0.80, within="60s", max_abandon=0.05, confidence=0.80)
requirement = wfm.erlang.requirement(week, sure, paths=paths, **settings)
busiest = requirement.loc[requirement.groupby("queue")["agents"].idxmax()].set_index(["queue", "start"])
busiest[["offered", "aht", "agents", "rostered", "occupancy"]].round(2)

# %% [markdown]
# ## 4. Shifts, and the service they give
# Shifts with breaks that cover the requirement. `under_cost` is what a missing agent-hour weighs, in paid hours: so
# much that none is missing, for a single thin half hour breaks the floor of its day. The bound says how little any
# choice of these shifts must cost.

# %%
meal = wfm.Break(name="meal", length="60min", paid=False, between=("3h30min", "5h"))
shifts = [
    wfm.ShiftType(name="day", length="9h", starts="06:00-15:00/60min", breaks=[meal]),
    wfm.ShiftType(name="half", length="5h", starts="07:00-18:00/60min"),
    wfm.ShiftType(name="night", length="9h", starts="22:00", breaks=[meal]),
]
schedule = wfm.schedule.design_shifts(requirement, shifts, under_cost=200, time_limit=30)
print(schedule)

# %%
queues = {
    name: wfm.Queue(
        name=name,
        channel=name,
        target=sure,
        patience=bank.patience[name],
        concurrency=settings["concurrency"][name],
        shrinkage=wfm.Shrinkage(unplanned=0.06),
    )
    for name in ("voice", "chat")
}
coverage, service = wfm.evaluate(schedule, paths, queues=queues, requirement=requirement)


def by_day(table: pd.DataFrame) -> pd.DataFrame:
    """The seven days: expected service, and the chance that the promise is kept."""
    rows = table[(table["scope"] == "day") & (table["start"] >= "2026-11-21")].set_index(["queue", "start"])
    return rows[["offered", "service_level", "abandon_rate", "probability", "kept"]]


by_day(service).round({"offered": 0, "service_level": 3, "abandon_rate": 3})

# %%
figure, axes = plt.subplots(figsize=(10, 3), layout="constrained")
schedule.plot(ax=axes)
figure.savefig(file.with_name("shifts.png"))

# %% [markdown]
# ## 5. What if?
# Contacts take 10% longer, and 5 of 100 customers turn from chat to the phone. A scenario is a changed table: the same
# functions say what it takes, and what happens if nobody acts.

# %%
share = week.groupby("queue")["offered"].sum() / week["offered"].sum()
mix = (share + pd.Series({"voice": 0.05, "chat": -0.05})) / share


def harder(table: pd.DataFrame, volume: str) -> pd.DataFrame:
    """AHT +10%, and five points of the mix moved from chat to voice; volume is the start of the columns that count."""
    moved = {name: table[name] * table["queue"].map(mix) for name in table if name.startswith(volume)}
    return table.assign(aht=table["aht"] * 1.10, **moved)


harder_week, harder_paths = harder(week, "offered"), harder(paths, "rate")
needed = wfm.erlang.requirement(harder_week, sure, paths=harder_paths, **settings)
_, unchanged = wfm.evaluate(schedule, harder_paths, queues=queues, requirement=needed)

# %%
hours = pd.DataFrame(
    {"now": requirement.groupby("queue")["rostered"].sum(), "what if": needed.groupby("queue")["rostered"].sum()}
)
hours = hours / 2  # half hours
hours.loc["both"] = hours.sum()
hours["change"] = hours["what if"] / hours["now"] - 1
days_kept = pd.DataFrame(
    {
        "now": by_day(service).groupby("queue")["kept"].sum(),
        "what if, same shifts": by_day(unchanged).groupby("queue")["kept"].sum(),
        "hang up on the worst": by_day(unchanged).groupby("queue")["abandon_rate"].max(),
    }
)
print(f"Rostered hours of the week\n{hours.round(2)}\n\nDays of 7 on which the promise is kept\n{days_kept.round(3)}")

# %% [markdown]
# Voice needs a sixth more people, chat somewhat fewer: there the two changes nearly cancel. With the shifts as they are
# chat would not notice; the phone could be sure of its promise on no day, for too many callers would hang up.

# %% [markdown]
# The numbers that this notebook rests on:

# %%
levels = price["agent_hours"].tolist()
assert levels == sorted(levels), "more certainty costs more hours"
assert (effects["effect"] - effects["truth"]).abs().max() < 0.05, "the month start is found"
assert schedule.gap < 0.002, "no choice of these shifts could cost much less"
assert by_day(service)["kept"].all(), "the shifts keep the promise on every day"
assert 0.13 < hours.loc["voice", "change"] < 0.20
assert -0.10 < hours.loc["chat", "change"] < 0.0
assert days_kept.loc["chat", "what if, same shifts"] == 7
assert days_kept.loc["voice", "what if, same shifts"] == 0
assert days_kept.loc["voice", "hang up on the worst"] > 0.05

# %%
plt.close("all")
folder.cleanup()
