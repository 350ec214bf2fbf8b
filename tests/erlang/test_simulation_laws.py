import numpy as np
import pytest

from wfm.erlang.simulation import laws
from wfm.errors import SettingError

LAWS = {
    "exponential": (laws.exponential(240), 1.0),
    "fixed": (laws.fixed(240), 0.0),
    "uniform": (laws.uniform(240), 3**-0.5),
    "lognormal": (laws.lognormal(240, cv=0.7), 0.7),
    "weibull": (laws.weibull(240, shape=2), (4 / np.pi - 1) ** 0.5),
    "empirical": (laws.empirical([120, 240, np.nan, 360]), (2 / 3) ** 0.5 / 2),
    "hyperexponential": (laws.hyperexponential([120, 600], [0.75, 0.25]), None),
    "two_kinds": (laws.two_kinds(240, share=0.2), None),
    "balking": (laws.balking(320, leave=0.25), None),
}


@pytest.mark.parametrize("name", LAWS)
def test_a_law_has_the_mean_and_spread_that_it_says(name):
    law, cv = LAWS[name]
    drawn = law.draw(np.random.default_rng(1), 200_000)
    assert law.mean == pytest.approx(240)
    assert drawn.mean() == pytest.approx(240, abs=5 * drawn.std() / 200_000**0.5 + 1e-9)
    assert drawn.min() >= 0
    if cv is not None:
        assert drawn.std() / drawn.mean() == pytest.approx(cv, abs=0.02)


def test_the_kinds_of_a_hyperexponential_law_come_in_their_shares():
    drawn = laws.hyperexponential([1, 1e6], [0.75, 0.25]).draw(np.random.default_rng(2), 100_000)
    assert np.mean(drawn > 100) == pytest.approx(0.25, abs=0.01)


def test_balking_leaves_at_once_or_waits_like_the_others():
    drawn = laws.balking(laws.fixed(60), leave=0.3).draw(np.random.default_rng(3), 50_000)
    assert set(np.unique(drawn)) == {0.0, 60.0}
    assert np.mean(drawn == 0) == pytest.approx(0.3, abs=0.01)


def test_endless_patience_is_a_law_too():
    assert np.isinf(laws.law_of(np.inf, name="patience").draw(np.random.default_rng(0), 3)).all()


def test_laws_that_cannot_be_are_refused():
    with pytest.raises(SettingError, match="shares must be one fraction for each mean"):
        laws.hyperexponential([60, 600], [0.5, 0.4])
    with pytest.raises(SettingError, match="sample must hold at least one duration > 0"):
        laws.empirical([np.nan, 0.0])
    with pytest.raises(SettingError, match="cv must be a number"):
        laws.lognormal(240, cv=0)
    with pytest.raises(SettingError, match="aht must be a duration > 0"):
        laws.law_of(np.inf, name="aht")
