import numpy as np
import polars as pl
import pytest

from rrcat.schema import load
from rrcat.simulate.closed_loop import (
    MEANT,
    compare,
    flag_table,
    moduli,
    recovered,
    recovered_by,
    trend,
    warned,
)
from rrcat.simulate.survey import simulate

BITS = tuple(load("rrl_metallicity")["flags"].bits)
BIT = {bit.name: bit.value for bit in BITS}
N = 400


@pytest.fixture(scope="module")
def truth():
    return simulate(N, seed=6, bands=("G",))["truth"]


def found(truth, **columns):
    """A catalogue that has the truth, but for what is given."""
    feh = pl.col("feh").fill_null(-1.5)
    size = truth["feh"].len()
    perfect = truth.select(
        "source_id",
        "pulsation_type",
        "period",
        feh=feh,
        feh_error=pl.lit(0.2),
        feh_p025=feh - 0.4,
        feh_p16=feh - 0.2,
        feh_p84=feh + 0.2,
        feh_p975=feh + 0.4,
        feh_undiluted=feh,
        distance_modulus="distance_modulus",
        distance_modulus_error=pl.lit(0.1),
        peak_to_peak=pl.lit(0.8),
        n_epochs=pl.lit(40),
        flags=pl.lit(0, pl.Int32),
    )
    return perfect.with_columns(
        **{name: pl.Series(np.broadcast_to(values, size)) for name, values in columns.items()}
    )


def compared(truth, learned=(), **columns):
    return compare(found(truth, **columns), truth, pl.Series(learned, dtype=pl.Int64), BITS)


def off_by(truth, residual):
    """Columns of a catalogue whose values are off by so much, with their intervals."""
    feh = truth["feh"].fill_null(-1.5).to_numpy() + residual
    widths = {"feh_p025": -0.4, "feh_p16": -0.2, "feh_p84": 0.2, "feh_p975": 0.4}
    return {"feh": feh} | {name: feh + width for name, width in widths.items()}


def test_what_is_found_exactly_has_neither_bias_nor_scatter(truth):
    told = recovered(compared(truth)).row(0, named=True)
    assert told["n"] == truth["feh"].count()
    for name in ("bias", "scatter", "far", "undiluted_bias"):
        assert told[name] == pytest.approx(0.0, abs=1e-12)
    assert (told["coverage_68"], told["coverage_95"]) == (1.0, 1.0)


def test_bias_scatter_and_coverage_are_those_of_the_errors_made(truth):
    noise = np.random.default_rng(1).normal(0.05, 0.2, N)
    told = recovered(compared(truth, **off_by(truth, noise))).row(0, named=True)
    kept = noise[truth["feh"].is_not_null().to_numpy()]
    assert told["bias"] == pytest.approx(kept.mean())
    assert told["scatter"] == pytest.approx(kept.std(ddof=1))
    assert told["bias_error"] == pytest.approx(kept.std(ddof=1) / np.sqrt(kept.size))
    assert told["coverage_68"] == pytest.approx((abs(kept) <= 0.2).mean())
    assert told["coverage_95"] == pytest.approx((abs(kept) <= 0.4).mean())


def test_an_interval_that_is_not_given_is_that_of_a_gaussian(truth):
    noise = np.where(np.arange(N) % 2 == 0, 0.39, 0.40)
    columns = off_by(truth, noise)
    nothing = pl.Series([None] * N, dtype=pl.Float64)
    catalogue = found(truth, **columns).with_columns(feh_p025=nothing, feh_p975=nothing)
    stars = compare(catalogue, truth, pl.Series([], dtype=pl.Int64), BITS)
    inside = stars.drop_nulls("residual")["residual"] < 0.392
    assert recovered(stars)["coverage_95"][0] == pytest.approx(inside.mean())


def test_stars_without_a_value_are_left_out_and_calibrators_marked(truth):
    feh = np.where(np.arange(N) < 10, None, -1.5).astype(float)
    nan = pl.Series(feh).fill_nan(None)
    catalogue = found(truth).with_columns(feh=nan)
    stars = compare(catalogue, truth, pl.Series([20, 30]), BITS)
    assert stars.height == N - 10
    assert stars.filter("learned")["source_id"].to_list() == [20, 30]


def test_bins_hold_their_lower_edge_and_no_star_twice(truth):
    stars = compared(truth)
    edges = (10.0, float(stars["mag"].sort()[100]), 17.0, 21.0)
    told = recovered_by(stars, "mag", edges)
    assert told["n"].sum() == stars["true_feh"].count()
    first = stars.filter(pl.col("mag") < edges[1])
    assert told["n"][0] == first["true_feh"].count()
    assert recovered_by(stars, "mag", (0.0, 1.0, 21.0))["low"].to_list() == [1.0]


def test_trend_is_that_of_the_errors_made(truth):
    mag = truth["mean_mag"].to_numpy()
    noise = np.random.default_rng(2).normal(0.0, 0.1, N)
    found = trend(compared(truth, **off_by(truth, 0.03 * (mag - 17) + noise)))
    assert found.slope == pytest.approx(0.03, abs=4 * found.error)
    assert found.error == pytest.approx(0.1 / np.sqrt(N) / mag.std(), rel=0.15)


def test_information_is_no_warning(truth):
    stars = compared(truth, flags=np.int32(BIT["blazhko"] + BIT["phi31_uncertain"]))
    assert not stars["warned"].any()
    assert compared(truth, flags=np.int32(BIT["poor_fit"]))["warned"].all()


def test_warnings_find_far_and_foreign_stars(truth):
    number = np.arange(N)
    far = number % 10 == 0
    flags = np.where(number % 20 == 0, BIT["poor_fit"], 0).astype(np.int32)
    told = warned(compared(truth, flags=flags, **off_by(truth, np.where(far, 1.0, 0.0))))
    rows = {row["what"]: row for row in told.iter_rows(named=True)}
    own = truth["feh"].is_not_null().to_numpy()
    assert rows["far"]["n"] == (far & own).sum()
    assert rows["far"]["warned"] == (far & own & (flags > 0)).sum()
    assert rows["foreign"]["n"] == (~own).sum()
    assert rows["wrong"]["n"] == (far | ~own).sum()
    assert rows["told"]["n"] + rows["peculiar"]["n"] == rows["wrong"]["n"]


def test_a_star_unlike_its_light_curve_is_peculiar(truth):
    """The value is what is expected of the shape, and the star is far from that."""
    expected = truth["expected_feh"].to_numpy()
    stars = compared(truth, feh=np.where(np.isfinite(expected), expected, -1.5))
    assert stars["peculiar"].drop_nulls().all()
    off = off_by(truth, 5.0)
    assert not compared(truth, **off)["peculiar"].drop_nulls().any()


def test_every_flag_that_something_is_known_of_is_one_of_the_schema():
    assert set(MEANT) <= set(BIT)


def test_precision_and_recall_are_those_of_the_flag(truth):
    blazhko = truth["blazhko"].to_numpy()
    first = np.flatnonzero(blazhko)[:30]
    flagged = np.isin(np.arange(N), [*first, *np.flatnonzero(~blazhko)[:10]])
    stars = compared(truth, flags=np.where(flagged, BIT["blazhko"], 0).astype(np.int32))
    (row,) = flag_table(stars, BITS).to_dicts()
    assert (row["flag"], row["kind"], row["n"]) == ("blazhko", "information", 40)
    assert row["precision"] == pytest.approx(30 / 40)
    assert row["recall"] == pytest.approx(30 / blazhko.sum())
    assert row["n_meant"] == blazhko.sum()
    assert row["wrong"] == pytest.approx(truth["feh"].is_null().to_numpy()[flagged].mean())


def test_a_flag_nobody_can_judge_has_neither_precision_nor_recall(truth):
    (row,) = flag_table(compared(truth, flags=np.int32(BIT["outside_hull"])), BITS).to_dicts()
    assert row["precision"] is None
    assert row["of_wrong"] == 1.0


def test_flags_of_searched_periods_are_judged_by_searched_periods(truth):
    flags = np.where(np.arange(N) < 50, BIT["period_searched"], 0).astype(np.int32)
    wrong = truth["period"].to_numpy() * 1.5
    stars = compared(truth, flags=flags | BIT["period_in_doubt"], period=wrong)
    rows = {row["flag"]: row for row in flag_table(stars, BITS).to_dicts()}
    assert rows["period_in_doubt"]["n_meant"] == 50


def test_modulation_scatters_a_light_curve_by_what_is_said(truth):
    """Of one harmonic, whose amplitude changes by a sine."""
    quiet = {f"a{k}": pl.lit(0.0) for k in range(2, 9)}
    one = truth.with_columns(
        a1=pl.lit(0.4), modulated_amplitude=pl.lit(0.3), modulated_phase=pl.lit(0.0), **quiet
    )
    phase = np.random.default_rng(3).uniform(0, 2 * np.pi, (2, 20_000))
    scatter = (0.3 * np.cos(phase[0]) * 0.4 * np.cos(phase[1])).std()
    assert compared(one)["modulation"].to_list() == pytest.approx([scatter] * N, rel=0.02)


def test_moduli_are_judged_in_their_errors(truth):
    noise = np.random.default_rng(4).normal(0.02, 0.1, N)
    modulus = truth["distance_modulus"].to_numpy() + noise
    told = moduli(compared(truth, distance_modulus=modulus)).row(0, named=True)
    assert told["bias"] == pytest.approx(np.median(noise))
    assert told["scatter"] == pytest.approx(0.1, rel=0.15)
    assert told["pull"] == pytest.approx(told["scatter"] / 0.1)
    assert told["coverage_68"] == pytest.approx((abs(noise) <= 0.1).mean())


def test_stars_without_distance_do_not_count_among_moduli(truth):
    modulus = pl.Series(np.where(np.arange(N) < 100, np.nan, 15.0)).fill_nan(None)
    catalogue = found(truth).with_columns(distance_modulus=modulus)
    stars = compare(catalogue, truth, pl.Series([], dtype=pl.Int64), BITS)
    assert moduli(stars)["n"][0] == N - 100
