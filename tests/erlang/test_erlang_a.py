import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import erlang_a, erlang_b, erlang_c
from wfm.errors import SettingError

MEASURES = ("wait_probability", "abandon_rate", "mean_wait", "asa", "occupancy", "queue_length")

# contacts/min, aht [min], patience [min], agents, within [min], service, abandoned, waits, mean wait [s]: Markov chain
CHAIN = [
    (100 / 30, 3, 5, 10, 1 / 3, 0.516810, 0.109438, 0.599433, 32.8314),
    (100 / 30, 3, 5, 12, 1 / 3, 0.772279, 0.042711, 0.331802, 12.8133),
    (100 / 30, 3, 5, 13, 1 / 3, 0.858178, 0.024963, 0.225797, 7.4890),
    (100 / 30, 3, 2, 8, 1 / 3, 0.403213, 0.257982, 0.722626, 30.9579),
    (30, 4.5, 3, 115, 1, 0.797967, 0.150805, 0.925933, 27.1449),
    (30, 4.5, 3, 116, 1, 0.811998, 0.143893, 0.914586, 25.9008),
    (30, 4.5, 3, 133, 1 / 3, 0.802319, 0.045753, 0.524354, 8.2356),
    (30, 4.5, 3, 135, 1, 0.961266, 0.037775, 0.462168, 6.7996),
    (0.8, 1, 1, 1, 0.5, 0.581143, 0.311661, 0.550671, 18.6997),
]


@pytest.mark.parametrize(("rate", "aht", "patience", "agents", "within", "level", "lost", "waits", "mean"), CHAIN)
def test_the_markov_chain_and_the_closed_form_agree(rate, aht, patience, agents, within, level, lost, waits, mean):
    queue = {"aht": aht * 60, "patience": patience * 60}
    load = rate * aht
    assert erlang_a.service_level(agents, load, **queue, within=within * 60) == pytest.approx(level, abs=1e-6)
    assert erlang_a.abandon_rate(agents, load, **queue) == pytest.approx(lost, abs=1e-6)
    assert erlang_a.wait_probability(agents, load, **queue) == pytest.approx(waits, abs=1e-6)
    assert erlang_a.mean_wait(agents, load, **queue) == pytest.approx(mean, abs=2e-4)


def test_reference_values_to_twelve_digits(steady_state):
    d = steady_state
    n, a, aht, patience, within = (d[c].to_numpy(dtype=float) for c in ("n", "load_erl", "aht_s", "patience_s", "T_s"))
    queue = {"aht": aht, "patience": patience}
    for name, column, rtol, atol in (
        ("wait_probability", "A_pwait", 0, 1e-12),
        ("abandon_rate", "A_pab", 0, 1e-12),
        ("occupancy", "A_occ", 0, 1e-12),
        ("mean_wait", "A_ew_all_s", 1e-6, 1e-20),
        ("asa", "A_asa_served_s", 1e-8, 1e-12),
        ("queue_length", "A_eq", 1e-6, 1e-20),
    ):
        found = getattr(erlang_a, name)(n, a, **queue)
        np.testing.assert_allclose(found, d[column], rtol=rtol, atol=atol, err_msg=name)
    for word, column in (
        ("lost", "A_sl_offered"),
        ("answered", "A_sl_answered"),
        ("ignored", "A_sl_exclabT"),
        ("met", "A_sl_wait"),
    ):
        found = erlang_a.service_level(n, a, **queue, within=within, abandoned=word)
        np.testing.assert_allclose(found, d[column], rtol=0, atol=1e-12, err_msg=word)
    some = d.A_q95_all_s.notna().to_numpy()
    n, a, queue = n[some], a[some], {"aht": aht[some], "patience": patience[some]}
    np.testing.assert_allclose(erlang_a.wait_quantile(0.95, n, a, **queue), d.A_q95_all_s[some], rtol=1e-8)
    np.testing.assert_allclose(
        erlang_a.wait_quantile(0.99, n, a, **queue, answered=True), d.A_q99_served_s[some], rtol=1e-8
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.floats(0.05, 90), st.floats(0.2, 8), st.floats(0, 3))
def test_a_birth_death_chain_gives_the_same(by_states, agents, load, patience, within):
    chain = by_states(agents, load, patience, within)
    queue = {"aht": 1.0, "patience": patience}
    assert erlang_a.wait_probability(agents, load, **queue) == pytest.approx(chain["wait_probability"], abs=1e-10)
    assert erlang_a.abandon_rate(agents, load, **queue) == pytest.approx(chain["abandon_rate"], abs=1e-10)
    assert erlang_a.queue_length(agents, load, **queue) == pytest.approx(chain["queue_length"], rel=1e-8, abs=1e-10)
    level = erlang_a.service_level(agents, load, **queue, within=within)
    assert level == pytest.approx(chain["service_level"], abs=1e-10)


@pytest.mark.parametrize(
    ("agents", "load", "aht", "patience", "within", "level"),
    [
        (21, 20.0, 360, 1440 * 60, 240 * 60, 0.997273),
        (101, 100.0, 180, 3600, 3600, 0.989003),
        (95, 100.0, 180, 600, 1800, 0.941627),
    ],
)
def test_hour_long_thresholds_are_exact(agents, load, aht, patience, within, level):
    found = erlang_a.service_level(agents, load, aht=aht, patience=patience, within=within)
    assert found == pytest.approx(level, abs=1e-6)


@pytest.mark.parametrize(
    ("load", "aht", "patience", "within", "agents"),
    [
        (135.0, 270, 180, 60, 116),
        (135.0, 270, 180, 20, 133),
        (500.0, 300, 240, 20, 483),
    ],
)
def test_staff_lies_below_the_load_when_patience_allows(load, aht, patience, within, agents):
    assert erlang_a.agents_for(load, aht=aht, patience=patience, within=within, share=0.80) == agents


@pytest.mark.parametrize(
    ("patience", "alone", "capped"),
    [
        (60, 109, 135),
        (180, 116, 133),
        (300, 123, 132),
        (600, 130, 130),
        (1200, 135, 135),
        (np.inf, 140, 140),
    ],
)
def test_a_cap_on_hang_ups_makes_staff_nearly_indifferent_to_patience(patience, alone, capped):
    queue = {"aht": 270, "patience": patience, "within": 60, "share": 0.80}
    assert erlang_a.agents_for(135.0, **queue) == alone
    assert erlang_a.agents_for(135.0, **queue, max_abandon=0.05) == capped


def test_patience_enters_the_service_level():
    levels = erlang_a.service_level([116, 120, 135], 135.0, aht=270, patience=180, within=60)
    assert levels == pytest.approx([0.812, 0.860, 0.961], abs=0.0005)
    assert (np.diff(levels) > 0).all()


def test_it_is_not_erlang_c_corrected():
    queue = {"aht": 180, "patience": 300}
    assert erlang_a.service_level(12, 10.0, **queue, within=20) == pytest.approx(0.772, abs=5e-4)
    assert erlang_a.abandon_rate(12, 10.0, **queue) == pytest.approx(0.043, abs=5e-4)


def test_units_are_seconds_and_erlangs_whatever_the_hour():
    for aht, patience, within in ((180.0, 300.0, 20.0), (3.0, 5.0, 1 / 3)):
        found = erlang_a.agents_for(10.0, aht=aht, patience=patience, within=within, share=0.80)
        assert found == erlang_a.agents_for(10.0, aht=1.0, patience=patience / aht, within=within / aht, share=0.80)


def test_the_garnett_example():
    queue = {"aht": 60, "patience": 120}
    assert erlang_a.abandon_rate(50, 48.0, **queue) == pytest.approx(0.030912, abs=5e-7)
    assert erlang_a.mean_wait(50, 48.0, **queue) == pytest.approx(3.7095, abs=5e-5)
    assert erlang_a.wait_quantile(0.9, 50, 48.0, **queue) == pytest.approx(12.445, abs=5e-4)
    assert erlang_a.occupancy(50, 48.0, **queue) == pytest.approx(0.9303, abs=5e-5)


@pytest.mark.parametrize("name", MEASURES)
def test_endless_patience_is_erlang_c(name):
    agents, load = np.meshgrid([0, 0.5, 1, 14, 60, 10_000], [0.0, 0.3, 10.0, 59.0, 9_950.0])
    plain = {"wait_probability": {}, "occupancy": {}, "queue_length": {}}.get(name, {"aht": 200.0})
    expected = np.zeros_like(load) if name == "abandon_rate" else getattr(erlang_c, name)(agents, load, **plain)
    found = getattr(erlang_a, name)(agents, load, aht=200.0, patience=np.inf)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_endless_patience_is_erlang_c_for_service_quantiles_and_staff():
    agents, load = np.array([0, 14, 60, 60]), np.array([3.0, 10.0, 59.0, 61.0])
    exact = erlang_c.service_level(agents, load, aht=200, within=20)
    for word in erlang_a.ABANDONED:
        found = erlang_a.service_level(agents, load, aht=200, patience=np.inf, within=20, abandoned=word, short=5)
        np.testing.assert_array_equal(found, exact)
    np.testing.assert_array_equal(
        erlang_a.wait_quantile(0.9, agents, load, aht=200, patience=np.inf),
        erlang_c.wait_quantile(0.9, agents, load, aht=200),
    )
    loads = np.linspace(0, 90, 40)
    np.testing.assert_array_equal(
        erlang_a.agents_for(loads, aht=200, patience=np.inf, within=20, share=0.8, max_asa=9, max_occupancy=0.9),
        erlang_c.agents_for(loads, aht=200, within=20, share=0.8, max_asa=9, max_occupancy=0.9),
    )


def test_long_patience_tends_to_erlang_c():
    queue = {"aht": 200.0, "patience": 1e9}
    assert erlang_a.asa(14, 10.0, **queue) == pytest.approx(erlang_c.asa(14, 10.0, aht=200), rel=1e-5)
    assert erlang_a.service_level(14, 10.0, **queue, within=20) == pytest.approx(
        erlang_c.service_level(14, 10.0, aht=200, within=20), abs=1e-6
    )


def test_vanishing_patience_is_erlang_b():
    assert erlang_a.abandon_rate(10, 7.0, aht=1e4, patience=1e-6) == pytest.approx(erlang_b.blocking(10, 7.0), rel=1e-6)


def test_overload_is_a_value_not_nonsense():
    queue = {"aht": 300.0, "patience": 60.0}
    assert erlang_a.abandon_rate(10, 1000.0, **queue) == pytest.approx(0.99, abs=1e-6)
    assert erlang_a.occupancy(10, 1000.0, **queue) == pytest.approx(1.0, abs=1e-12)
    assert erlang_a.service_level(10, 1000.0, **queue, within=20) == pytest.approx(0.0, abs=1e-12)
    assert erlang_a.mean_wait(10, 1000.0, **queue) == pytest.approx(59.4, abs=1e-3)


def test_nobody_there_serves_nobody_and_no_contacts_are_served_by_nobody():
    queue = {"aht": 300.0, "patience": 60.0}
    hung_up = {"met": 1 - np.exp(-10), "credited": 1 - np.exp(-0.5)}
    for word in erlang_a.ABANDONED:
        level = erlang_a.service_level(0, 5.0, **queue, within=600, short=30 * (word == "credited"), abandoned=word)
        assert level == pytest.approx(hung_up.get(word, 0.0), rel=1e-14)
        assert erlang_a.service_level(0, 0.0, **queue, within=0, abandoned=word) == 1.0
    assert [getattr(erlang_a, name)(0, 5.0, **queue) for name in MEASURES] == [1.0, 1.0, 60.0, np.inf, 1.0, 1.0]
    assert [getattr(erlang_a, name)(0, 0.0, **queue) for name in MEASURES] == [0.0] * 6
    assert erlang_a.wait_quantile(0.5, 0, 5.0, **queue) == pytest.approx(60 * np.log(2))
    assert erlang_a.wait_quantile(0.5, 0, 5.0, **queue, answered=True) == np.inf
    assert erlang_a.agents_for(0.0, **queue, within=20, share=0.8, max_abandon=0.01) == 0


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0, 120), st.floats(0.001, 120), st.floats(5, 5000), st.floats(0, 900), st.sampled_from(erlang_a.ABANDONED)
)
def test_more_agents_never_hurt(agents, load, patience, within, word):
    staff = np.array([agents, agents + 0.3, agents + 1])
    queue = {"aht": 240.0, "patience": patience}
    assert (np.diff(erlang_a.service_level(staff, load, **queue, within=within, abandoned=word)) >= -1e-10).all()
    for name in ("abandon_rate", "mean_wait", "wait_probability", "queue_length"):
        assert (np.diff(getattr(erlang_a, name)(staff, load, **queue)) <= 1e-9).all(), name


@settings(max_examples=60, deadline=None)
@given(st.floats(0.5, 90), st.floats(0.01, 120), st.floats(10, 3000))
def test_flow_is_conserved(agents, load, patience):
    queue = {"aht": 240.0, "patience": patience}
    lost = erlang_a.abandon_rate(agents, load, **queue)
    assert erlang_a.occupancy(agents, load, **queue) == pytest.approx(load * (1 - lost) / agents, abs=1e-9)
    assert erlang_a.mean_wait(agents, load, **queue) == pytest.approx(patience * lost, rel=1e-12)
    assert erlang_a.queue_length(agents, load, **queue) == pytest.approx(load / 240 * patience * lost, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.5, 60), st.floats(0.01, 80), st.floats(10, 3000), st.floats(0, 600), st.floats(0, 60))
def test_definitions_keep_their_order_and_short_hang_ups_only_help(agents, load, patience, within, short):
    queue = {"aht": 240.0, "patience": patience, "within": within}
    lost, ignored, met = (
        erlang_a.service_level(agents, load, **queue, abandoned=word) for word in ("lost", "ignored", "met")
    )
    assert lost <= ignored + 1e-12
    assert ignored <= met + 1e-12
    for word in ("lost", "ignored", "met"):
        plain = erlang_a.service_level(agents, load, **queue, abandoned=word)
        if short <= within:
            helped = erlang_a.service_level(agents, load, **queue, abandoned=word, short=short)
            assert helped >= plain - 1e-12 or word == "met"
            assert 0 <= helped <= 1


def test_short_hang_ups_leave_the_base():
    queue = {"aht": 240.0, "patience": 120.0}
    gone = erlang_a.service_level(20, 20.0, **queue, within=5, abandoned="met") - erlang_a.service_level(
        20, 20.0, **queue, within=5
    )
    plain = erlang_a.service_level(20, 20.0, **queue, within=60)
    met = erlang_a.service_level(20, 20.0, **queue, within=60, abandoned="met")
    short = {w: erlang_a.service_level(20, 20.0, **queue, within=60, abandoned=w, short=5) for w in erlang_a.ABANDONED}
    assert gone > 0.005
    assert short["lost"] == pytest.approx(plain / (1 - gone), rel=1e-10)
    assert short["met"] == pytest.approx((met - gone) / (1 - gone), rel=1e-10)
    assert short["ignored"] == erlang_a.service_level(20, 20.0, **queue, within=60, abandoned="ignored")
    assert short["answered"] == erlang_a.service_level(20, 20.0, **queue, within=60, abandoned="answered")


@settings(max_examples=30, deadline=None)
@given(st.floats(0.5, 60), st.floats(0.05, 80), st.floats(20, 2000), st.floats(0.05, 0.99))
def test_the_quantile_is_the_inverse_of_the_service_level(agents, load, patience, share):
    queue = {"aht": 240.0, "patience": patience}
    wait = erlang_a.wait_quantile(share, agents, load, **queue)
    reached = erlang_a.service_level(agents, load, **queue, within=wait, abandoned="met")
    assert reached == pytest.approx(share, abs=1e-7) or (wait == 0 and reached >= share)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0.01, 150),
    st.floats(10, 2000),
    st.floats(0.1, 0.99),
    st.floats(0, 300),
    st.sampled_from(erlang_a.ABANDONED),
)
def test_no_fewer_agents_would_do(load, patience, share, within, word):
    queue = {"aht": 240.0, "patience": patience, "within": within, "abandoned": word}
    agents = erlang_a.agents_for(load, **queue, share=share)
    assert erlang_a.service_level(agents, load, **queue) >= share
    assert agents == 1 or erlang_a.service_level(agents - 1, load, **queue) < share


def test_every_target_counts_and_the_hardest_decides():
    load, queue = np.linspace(0.2, 150, 40), {"aht": 240.0, "patience": 200.0}
    single = [
        {"within": 20, "share": 0.8},
        {"max_abandon": 0.03},
        {"max_occupancy": 0.85},
        {"max_asa": 8.0},
        {"wait_quantile": (0.95, 60)},
    ]
    each = [erlang_a.agents_for(load, **queue, **target) for target in single]
    together = {key: value for target in single for key, value in target.items()}
    np.testing.assert_array_equal(erlang_a.agents_for(load, **queue, **together), np.max(each, axis=0))
    assert (erlang_a.abandon_rate(each[1], load, **queue) <= 0.03).all()
    assert (erlang_a.occupancy(each[2], load, **queue) <= 0.85).all()
    assert (erlang_a.asa(each[3], load, **queue) <= 8).all()
    assert (erlang_a.wait_quantile(0.95, each[4], load, **queue) <= 60).all()
    assert (erlang_a.asa(each[3] - 1, load, **queue) > 8).all()


def test_a_million_intervals_by_table_are_the_same_integers_as_one_by_one():
    load = np.random.default_rng(1).uniform(0, 120, 20_000)
    queue = {"aht": 240.0, "patience": 300.0, "within": 20, "share": 0.8}
    fast = erlang_a.agents_for(load, **queue)
    np.testing.assert_array_equal(fast[:400], [erlang_a.agents_for(a, **queue) for a in load[:400]])
    np.testing.assert_array_equal(
        erlang_c.agents_for(load, aht=240, within=20, share=0.8)[:400],
        [erlang_c.agents_for(a, aht=240, within=20, share=0.8) for a in load[:400]],
    )


def test_extremes_give_numbers_everywhere():
    agents, load, patience = np.meshgrid(
        [0, 1e-3, 0.99, 1.5, 10, 1e3, 1e5], [0, 1e-6, 0.5, 9, 101, 5e3, 1e5, 2e5], [1e-3, 60, 1e5, 1e9, np.inf]
    )
    queue = {"aht": 300.0, "patience": patience}
    for name in MEASURES:
        assert not np.isnan(getattr(erlang_a, name)(agents, load, **queue)).any(), name
    for word in erlang_a.ABANDONED:
        for within in (0, 20, 86_400):
            level = erlang_a.service_level(agents, load, **queue, within=within, abandoned=word, short=5)
            assert ((level >= 0) & (level <= 1)).all()


def test_numbers_leave_as_python_numbers():
    assert type(erlang_a.asa(12, 10, aht=180, patience=300)) is float
    assert type(erlang_a.queue_length(12, 10, aht=180, patience=300)) is float
    assert type(erlang_a.agents_for(10, aht=180, patience=300, within=20, share=0.8)) is int


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: erlang_a.abandon_rate(5, 4.0, aht=180, patience=0), r"patience must be > 0, got 0"),
        (
            lambda: erlang_a.service_level(5, 4.0, aht=180, patience=90, within=20, abandoned="ignore"),
            r"abandoned must be one of .* Did you mean 'ignored'\?",
        ),
        (
            lambda: erlang_a.agents_for(5.0, aht=180, patience=90, within=20, share=0.8, abandoned="no"),
            r"abandoned must be",
        ),
        (lambda: erlang_a.agents_for(5.0, aht=180, patience=90, max_abandon=5), r"max_abandon .* Did you mean 0\.05\?"),
        (lambda: erlang_a.agents_for(5.0, aht=180, patience=90, max_abandon=0.0), r"max_abandon must be a fraction"),
        (lambda: erlang_a.wait_quantile(95, 5, 4.0, aht=180, patience=90), r"share .* Did you mean 0\.95\?"),
    ],
)
def test_wrong_arguments_are_refused(call, words):
    with pytest.raises(SettingError, match=words):
        call()
