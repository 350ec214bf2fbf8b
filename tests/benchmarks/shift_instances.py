"""The public instances with few distinct shifts: hard cover and their own objective, a row each.

python tests/benchmarks/shift_instances.py [--time-limit 60] [--match RandomExample2]

Objective and bound are in the instances' own minutes: surplus x weight + distinct (day, start, length) x weight, with
nobody missing and the least average length kept; both are recomputed here from the rows of the schedule.
"""

import argparse
import sys
import warnings
from pathlib import Path
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).parents[1]))  # run by hand, the tests' folder is not on the path

from benchmarks.test_shift_design_cost import DISTINCT, instance, own_objective
from wfm.schedule import design_shifts


def solved(path, limit):
    """(objective, surplus minutes, distinct shifts, bound, wall seconds, CPU seconds) of one instance."""
    requirement, kinds, options, given = instance(path)
    began, cpu = perf_counter(), process_time()
    plan = design_shifts(
        requirement, kinds, hard_cover=True, cyclic=True, time_limit=limit, interval=given["interval"] * 60, **options
    )
    spent = perf_counter() - began, process_time() - cpu
    value, surplus, distinct = own_objective(plan.table, given)
    bound = (plan.bound * 60 - given["demand"].sum() * given["interval"]) * given["weightOverCover"]
    return value, surplus, distinct, bound, *spent


def main():
    read = argparse.ArgumentParser()
    read.add_argument("--time-limit", type=float, default=60)
    read.add_argument("--match", default="")
    given = read.parse_args()
    warnings.simplefilter("ignore")
    print("| instance | objective | surplus min | distinct shifts | bound | gap | seconds | CPU s |")
    print("|---|---|---|---|---|---|---|---|")
    for path in DISTINCT:
        if given.match in path.stem:
            value, surplus, distinct, bound, spent, cpu = solved(path, given.time_limit)
            gap = max(0.0, 1 - bound / value) if value else 0.0
            print(
                f"| {path.stem} | {value:.0f} | {surplus:.0f} | {distinct} | {bound:.0f} | {gap:.2%} | {spent:.0f} "
                f"| {cpu:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
