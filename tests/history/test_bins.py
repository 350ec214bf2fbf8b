"""Re-binning keeps totals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.errors import DataError
from wfm.history import read_history
from wfm.history.bins import rebin

volumes = st.lists(st.integers(0, 40), min_size=2, max_size=60)


@settings(max_examples=60, deadline=None)
@given(
    offered=volumes,
    share=st.floats(0, 1),
    parts=st.sampled_from([1, 2, 3, 6, 12]),
    first=st.integers(0, 40),
    seed=st.integers(0, 1000),
)
def test_rebinning_keeps_volumes_work_and_waiting(offered, share, parts, first, seed):
    rng = np.random.default_rng(seed)
    start = pd.date_range("2026-11-21", periods=len(offered) + first, freq="5min")[first:]
    answered = rng.binomial(offered, share)
    fine = pd.DataFrame(
        {
            "queue": "voice",
            "start": start,
            "end": start + pd.Timedelta("5min"),
            "offered": np.array(offered, dtype=float),
            "answered": answered.astype(float),
            "aht": np.where(answered > 0, rng.uniform(60, 600, len(offered)), np.nan),
            "asa": np.where(answered > 0, rng.uniform(0, 90, len(offered)), np.nan),
        }
    )
    wide = rebin(fine, 300.0 * parts)
    assert wide["offered"].sum() == fine["offered"].sum()
    assert wide["answered"].sum() == fine["answered"].sum()
    for mean in ("aht", "asa"):
        assert np.isclose((wide[mean] * wide["answered"]).sum(), (fine[mean] * fine["answered"]).sum())
    assert (wide["start"].diff().dropna() >= pd.Timedelta(seconds=300 * parts)).all()
    assert (((wide["start"] - wide["start"].dt.normalize()).dt.total_seconds() % (300 * parts)) == 0).all()


@settings(max_examples=30, deadline=None)
@given(offered=volumes, gone=st.sets(st.integers(0, 59), max_size=5))
def test_an_interval_with_a_missing_part_is_missing(offered, gone):
    start = pd.date_range("2026-11-21", periods=len(offered), freq="5min")
    values = np.array(offered, dtype=float)
    values[[k for k in gone if k < len(values)]] = np.nan
    fine = pd.DataFrame({"queue": "voice", "start": start, "end": start + pd.Timedelta("5min"), "offered": values})
    wide = rebin(fine, 1800.0)
    for row in wide.itertuples():
        part = fine[(fine["start"] >= row.start) & (fine["start"] < row.end)]["offered"]
        assert np.isnan(row.offered) == part.isna().any()


def test_a_finer_file_is_put_together_when_asked(tmp_path):
    start = pd.date_range("2026-11-21 08:00", periods=12, freq="5min")
    path = tmp_path / "calls.csv"
    pd.DataFrame({"start": start, "offered": range(12), "answered": range(12), "aht": 200 + np.arange(12)}).to_csv(path)
    history = read_history(path, interval="30min")
    assert history["offered"].tolist() == [15.0, 51.0]
    np.testing.assert_allclose(
        history["aht"],
        [np.average(range(200, 206), weights=range(6)), np.average(range(206, 212), weights=range(6, 12))],
    )


def test_a_missing_fine_row_makes_the_wide_interval_missing():
    start = pd.date_range("2026-11-21 08:00", periods=12, freq="5min").delete(3)
    history = read_history(pd.DataFrame({"start": start, "offered": 2.0}), interval="30min", absent="missing")
    np.testing.assert_equal(history["offered"].tolist(), [np.nan, 12.0])
    zeros = read_history(pd.DataFrame({"start": start, "offered": 2.0}), interval="30min")
    assert zeros["offered"].tolist() == [10.0, 12.0]


def test_days_can_be_made_of_intervals():
    start = pd.date_range("2026-11-21", periods=48 * 3, freq="30min")
    history = read_history(pd.DataFrame({"start": start, "offered": 1.0}), interval="24h")
    assert history["offered"].tolist() == [48.0, 48.0, 48.0]


def test_intervals_that_do_not_fit_are_refused():
    start = pd.date_range("2026-11-21 08:00", periods=6, freq="20min")
    with pytest.raises(DataError, match="does not fit into intervals of 30 min"):
        read_history(pd.DataFrame({"start": start, "offered": 1.0}), interval="30min")


def test_aht_counts_by_offered_where_answered_is_not_known():
    start = pd.to_datetime(["2026-11-21 08:00", "2026-11-21 08:15"])
    table = pd.DataFrame({"start": start, "offered": [10.0, 30.0], "aht": [200.0, 240.0]})
    assert read_history(table, interval="30min")["aht"].tolist() == [230.0]
