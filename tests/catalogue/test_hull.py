"""A star is inside the hull where calibrators are, and the distance says how far outside."""

import json
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.catalogue.hull import FILE, LEAST, Hull, hull_columns, keep_hull, learn_hull
from rrcat.schema import conform, load

MIDDLE = {"RRab": (-0.26, 0.25, 2.3), "RRc": (-0.5, 0.21, 0.1)}  # φ31 of RRc lies about its wrap
SIGMA = (0.06, 0.06, 0.4)


def population(kind: str, n: int, seed: int = 0, first: int = 1) -> pl.DataFrame:
    """Stars of a type whose columns are normally distributed, period and amplitude together."""
    rng = np.random.default_rng(seed)
    log_period, a1, phi31 = rng.normal(MIDDLE[kind], SIGMA, (n, 3)).T
    a1 = a1 - 0.5 * (log_period - MIDDLE[kind][0])
    return pl.DataFrame(
        {
            "source_id": range(first, first + n),
            "band": "G",
            "pulsation_type": kind,
            "fit_status": "ok",
            "period": 10**log_period,
            "a1": np.abs(a1),
            "phi31": phi31 % math.tau,
            "int_average_mag": rng.uniform(12, 16, n),
        }
    )


def learned(stars: pl.DataFrame, band: str = "G") -> Hull:
    features = conform(stars.drop("pulsation_type"), load("features"))
    return learn_hull(features, stars.select("source_id", "pulsation_type"), band=band)


def star(**cells: object) -> pl.DataFrame:
    usual = {"pulsation_type": "RRab", "period": 10**-0.26, "a1": 0.25, "phi31": 2.3}
    types = {"pulsation_type": pl.String, "a1": pl.Float64, "phi31": pl.Float64}
    row = [usual | {"int_average_mag": 14.0} | cells]
    return pl.DataFrame(row, schema_overrides=types)


def distance(hull: Hull | None, **cells: object) -> float | None:
    return hull_columns(star(**cells), hull)["hull_distance"].item()


CALIBRATORS = pl.concat([population("RRab", 60), population("RRc", 30, first=100)])
HULL = learned(CALIBRATORS)


def test_every_calibrator_that_is_not_outlying_is_inside_and_one_is_at_the_edge():
    distances = hull_columns(CALIBRATORS, HULL)["hull_distance"]
    assert HULL.types["RRab"].n_outlying == HULL.types["RRc"].n_outlying == 0
    assert distances.max() == pytest.approx(1.0)


def test_most_stars_of_the_same_population_are_inside():
    others = pl.concat([population("RRab", 2000, seed=1), population("RRc", 2000, seed=1)])
    outside = (
        hull_columns(others, HULL)
        .group_by("pulsation_type")
        .agg(share=(pl.col("hull_distance") > 1).mean())
    )
    assert outside["share"].max() < 0.12


@pytest.mark.parametrize("cells", [{"period": 0.95}, {"a1": 0.6}, {"phi31": 5.0}])
def test_a_star_unlike_any_calibrator_is_outside(cells):
    assert distance(HULL, **cells) > 1.5
    assert distance(HULL) < 0.5


def test_what_belongs_together_counts_together():
    # A long period goes with a small amplitude here, so that a large one is odd.
    usual, odd = {"period": 10**-0.16, "a1": 0.20}, {"period": 10**-0.16, "a1": 0.36}
    assert distance(HULL, **usual) < 1 < distance(HULL, **odd)


def test_the_wrap_of_phi31_is_no_edge():
    near = {"pulsation_type": "RRc", "period": 10**-0.5, "a1": 0.21}
    below, above = (distance(HULL, **near, phi31=phi31) for phi31 in (math.tau - 0.01, 0.01))
    assert below == pytest.approx(above, abs=0.05)
    assert below < 0.5


def test_outlying_calibrators_do_not_widen_the_hull():
    bad = population("RRab", 8, seed=3, first=500).with_columns(
        period=pl.lit(0.3), phi31=pl.lit(5.5)
    )
    hull = learned(pl.concat([CALIBRATORS, bad])).types["RRab"]
    assert (hull.n, hull.n_outlying) == (60, 8)
    assert hull.limit == pytest.approx(HULL.types["RRab"].limit)


@given(st.permutations(range(20)))
def test_the_order_of_the_calibrators_does_not_matter(order):
    stars = population("RRab", 20)
    assert learned(stars[list(order)]) == learned(stars)


def test_a_distance_does_not_depend_on_the_other_stars(monkeypatch):
    monkeypatch.setattr("rrcat.catalogue.hull.DECIMALS", 17)  # to the last bit
    together = hull_columns(CALIBRATORS, HULL)["hull_distance"]
    alone = [hull_columns(row, HULL)["hull_distance"] for row in CALIBRATORS.iter_slices(1)]
    assert pl.concat(alone).equals(together)


@pytest.mark.parametrize(
    "cells",
    [{"phi31": None}, {"a1": None}, {"pulsation_type": None}, {"pulsation_type": "RRd"}],
)
def test_what_is_not_known_has_no_distance(cells):
    assert distance(HULL, **cells) is None


def test_without_calibrators_nothing_is_known():
    row = hull_columns(star(), None).row(0, named=True)
    assert (row["hull_distance"], row["beyond_magnitudes"]) == (None, None)


def test_few_calibrators_have_no_hull():
    assert learned(population("RRab", LEAST - 1)).types == {}
    assert learned(population("RRab", LEAST)).types["RRab"].n == LEAST


def test_calibrators_in_another_band_have_no_hull():
    assert learned(CALIBRATORS, band="I").types == {}


@pytest.mark.parametrize(("mag", "beyond"), [(14.0, False), (11.9, True), (16.1, True)])
def test_a_star_beyond_all_calibrators_in_magnitude_is_told(mag, beyond):
    row = hull_columns(star(int_average_mag=mag), HULL).row(0, named=True)
    assert row["beyond_magnitudes"] is beyond


def test_calibrators_without_magnitudes_bound_none():
    hull = learned(CALIBRATORS.with_columns(int_average_mag=pl.lit(None, dtype=pl.Float64)))
    assert hull.types["RRab"].magnitudes is None
    assert hull_columns(star(), hull)["beyond_magnitudes"].item() is None


def test_a_hull_is_kept_as_numbers(tmp_path):
    keep_hull(HULL, tmp_path)
    assert Hull.model_validate(json.loads((tmp_path / FILE).read_bytes())) == HULL
    (tmp_path / FILE).unlink()
    keep_hull(None, tmp_path)
    assert not list(tmp_path.iterdir())


def test_nearly_all_stars_of_the_lmc_are_among_the_calibrators_of_gaia(data_dir):
    spectra = pl.read_csv(data_dir / "gaia_dr3_crestani21" / "rrab.csv").select(
        "source_id", period="pf", a1="A1", phi31="phi31_g", pulsation_type=pl.lit("RRab")
    )
    hull = learned(spectra.with_columns(band=pl.lit("G"), fit_status=pl.lit("ok")))
    assert hull.types["RRab"].n_outlying <= 1
    lmc = pl.read_parquet(data_dir / "muraveva25_lmc" / "stars.parquet").select(
        pulsation_type="Type",
        period="Period",
        a1="A1",
        phi31="Phi31",
        int_average_mag=pl.lit(None, dtype=pl.Float64),
    )
    distances = hull_columns(lmc.filter(pl.col("pulsation_type") == "RRab"), hull)["hull_distance"]
    assert (distances <= 1).mean() > 0.97
