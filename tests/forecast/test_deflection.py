from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError, SettingError, TooLittleHistory
from wfm.forecast import deflected, learn_deflection, totals, volume_with_pattern

STARTS = pd.date_range("2026-11-21", periods=10)


def _centre(paths=400, doubt=0.1):
    both = [
        volume_with_pattern(v, STARTS, queue=q, doubt=doubt, paths=paths)
        for q, v in (("voice", 7000), ("tickets", 700))
    ]
    return tuple(pd.concat(tables, ignore_index=True).assign(aht=300.0) for tables in zip(*both, strict=True))


def _rows(**columns):
    return pd.DataFrame({"queue": "voice", **columns}).assign(start=lambda t: pd.to_datetime(t["start"]))


def _of(table, queue, column="offered"):
    return table[table["queue"] == queue][column].to_numpy()


def test_what_leaves_one_queue_arrives_in_the_other_on_every_path():
    forecast, paths = _centre()
    rows = _rows(start=["2026-11-24", "2026-11-28"], share=[0.1, 0.3], to="tickets", ratio=0.5, doubt=0.05)
    after, futures = deflected(forecast, paths, rows)
    lost = _of(forecast, "voice") - _of(after, "voice")
    share = [0, 0, 0, 0.1, 0.15, 0.2, 0.25, 0.3, 0.3, 0.3]
    np.testing.assert_allclose(lost / _of(forecast, "voice"), share, atol=1e-12)
    np.testing.assert_allclose(_of(after, "tickets") - _of(forecast, "tickets"), 0.5 * lost)
    gone = _of(paths, "voice", "rate") - _of(futures, "voice", "rate")
    np.testing.assert_allclose(_of(futures, "tickets", "rate") - _of(paths, "tickets", "rate"), 0.5 * gone)
    assert (gone[_of(paths, "voice", "start") < np.datetime64("2026-11-24")] == 0).all()


def test_doubt_about_the_share_widens_the_ranges_and_leaves_the_mean():
    forecast, paths = _centre(doubt=0.03)
    sure, unsure = (deflected(forecast, paths, _rows(start=["2026-11-21"], share=[0.5], doubt=d)) for d in (0.0, 0.1))
    np.testing.assert_array_equal(sure[0]["offered"], unsure[0]["offered"])
    widths = [_of(t, "voice", "offered_q0.9") - _of(t, "voice", "offered_q0.1") for t, _ in (sure, unsure)]
    assert (widths[1] > 1.5 * widths[0]).all()
    drawn = unsure[1][unsure[1]["queue"] == "voice"].groupby("start")["rate"].mean()
    np.testing.assert_allclose(drawn, _of(unsure[0], "voice"), rtol=0.03)
    np.testing.assert_array_equal(_of(sure[0], "tickets", "offered_q0.9"), _of(forecast, "tickets", "offered_q0.9"))


def test_contacts_that_appear_where_nothing_was_forecast_get_rows():
    forecast, paths = _centre(paths=3)
    after, futures = deflected(forecast, paths, _rows(start=["2026-11-29"], share=[0.2], to="callbacks"))
    assert _of(after, "callbacks", "start").tolist() == _of(forecast, "voice", "start")[8:].tolist()
    assert len(_of(futures, "callbacks", "rate")) == 2 * 3
    whole, before = (
        totals(f, p, groups={"all": f["queue"].unique()}) for f, p in ((after, futures), (forecast, paths))
    )
    np.testing.assert_allclose(whole["offered"], before["offered"])


def test_the_share_that_a_rollout_took_is_learned_with_its_doubt():
    rng = np.random.default_rng(0)
    days = pd.date_range("2026-01-05", periods=182)
    taken = np.interp(np.arange(182), [140, 168], [0.0, 0.25])
    rate = 2000 * np.exp(0.3 * (days.day_of_week < 5) + rng.normal(0, 0.03, 182)) * (1 - taken)
    history = pd.DataFrame({"queue": "voice", "start": days, "offered": rng.poisson(rate).astype(float)})
    found = learn_deflection(history, "voice", days[140])
    truth = taken.reshape(-1, 7)[20:].mean(axis=1)
    assert len(found) == 6
    assert ((found["low"] < truth) & (truth < found["high"])).sum() >= 5
    assert found["share"].iloc[-1] == pytest.approx(0.25, abs=0.06)
    assert (found["high"] - found["low"]).max() < 0.2
    forecast, paths = _centre()
    again = found.assign(start=found["start"] - found["start"].iloc[0] + STARTS[0])
    assert (np.diff(_of(deflected(forecast, paths, again)[0], "voice") / _of(forecast, "voice")) <= 1e-9).all()


def test_what_cannot_be_a_deflection_is_refused():
    forecast, paths = _centre(paths=2)
    with pytest.raises(DataError, match="has no column 'share'"):
        deflected(forecast, paths, _rows(start=["2026-11-29"]))
    with pytest.raises(SettingError, match=r"deflection.share must be a number"):
        deflected(forecast, paths, _rows(start=["2026-11-29"], share=[20]))
    with pytest.raises(DataError, match="takes 130% of the contacts of queue 'voice'"):
        deflected(forecast, paths, _rows(start=["2026-11-29"] * 2, share=[0.6, 0.7], to=["a", "b"]))
    with pytest.raises(DataError, match="'fax', which has no forecast"):
        deflected(forecast, paths, _rows(start=["2026-11-29"], share=[0.2]).assign(queue="fax"))
    history = pd.DataFrame({"queue": "voice", "start": STARTS, "offered": 10.0})
    with pytest.raises(TooLittleHistory, match="at least a week from 2026-11-28 on, got 3"):
        learn_deflection(history, "voice", "2026-11-28")
    with pytest.raises(TooLittleHistory, match="at least three weeks before 2026-11-01, got none"):
        learn_deflection(history, "voice", "2026-11-01")
    with pytest.raises(DataError, match=r"history holds no queue 'vioce'; it holds 'voice'. Did you mean 'voice'"):
        learn_deflection(history, "vioce", "2026-11-28")
    with pytest.raises(SettingError, match="since must be a date such as 2026-11-22, got 'autumn'"):
        learn_deflection(history, "voice", "autumn")


@pytest.mark.parametrize("start", ["soon", None])
def test_a_date_that_is_none_is_told_with_its_row(start):
    table = pd.DataFrame({"queue": "voice", "start": ["2026-11-23", start], "share": 0.1})
    forecast, paths = volume_with_pattern(700, STARTS, queue="voice", paths=2)
    with pytest.raises(DataError, match=r"deflection.start must be a date .*, got .* in row 1"):
        deflected(forecast, paths, table)
