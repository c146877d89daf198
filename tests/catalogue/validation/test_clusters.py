"""Clusters tell whether a catalogue is off, and by how much."""

import numpy as np
import polars as pl
import pytest

from rrcat.catalogue.validation.clusters import (
    FEH,
    MODULUS,
    NOBODY,
    OVERTONES,
    SLOPE,
    check_clusters,
    expected_feh,
)
from rrcat.catalogue.validation.config import ClustersCheck
from rrcat.catalogue.validation.evidence import rows_of
from rrcat.catalogue.validation.systems import clusters, members
from rrcat.simulate.population import draw_stars
from rrcat.simulate.survey import MAGNITUDE_LIMIT

HOW = ClustersCheck()
FEH_NOW = pl.col("feh")


def checked(evidence, **settings):
    return check_clusters(evidence.rows, HOW.model_copy(update=settings), 2.5)


@pytest.mark.parametrize("name", [FEH, SLOPE, MODULUS, OVERTONES])
def test_a_catalogue_that_is_right_passes(good, one, name) -> None:
    assert one(checked(good), name).passed is True


@pytest.mark.parametrize("shift", [-0.3, 0.3])
def test_a_shift_of_the_metallicities_fails(spoilt, one, shift) -> None:
    result = one(checked(spoilt(feh=FEH_NOW + shift)), FEH)
    assert result.passed is False
    assert result.value == pytest.approx(shift, abs=0.04)


def test_a_stretched_scale_fails(spoilt, one) -> None:
    results = checked(spoilt(feh=-1.5 + 0.3 * (FEH_NOW + 1.5)))
    assert one(results, FEH).passed is True
    assert one(results, SLOPE).passed is False


def test_moduli_that_are_off_fail(spoilt, one) -> None:
    result = one(checked(spoilt(distance_modulus=pl.col("distance_modulus") + 0.3)), MODULUS)
    assert result.passed is False
    assert result.value == pytest.approx(0.3, abs=0.04)


def test_a_step_between_the_types_fails(spoilt, one) -> None:
    step = pl.when(pl.col("pulsation_type") == "RRc").then(0.4).otherwise(0.0)
    result = one(checked(spoilt(feh=FEH_NOW + step)), OVERTONES)
    assert result.passed is False
    assert result.value == pytest.approx(-0.4, abs=0.05)


def test_a_known_offset_of_the_scale_is_added_to_the_clusters(spoilt, one) -> None:
    shifted = spoilt(feh=FEH_NOW + 0.3)
    result = one(checked(shifted, scale_offset=0.3), FEH)
    assert result.passed is True
    assert "+0.30 dex added" in result.detail


def test_clusters_with_a_spread_count_for_the_distance_alone(good, one) -> None:
    results = checked(good)
    told = {row["system"]: row["note"] for row in one(results, FEH).rows}
    moduli = {row["system"]: row["note"] for row in one(results, MODULUS).rows}
    assert (told["NGC 5139"], moduli["NGC 5139"]) == ("its stars differ in [Fe/H]", "")
    assert told["NGC 6441"] == moduli["NGC 6441"] == "its variables are anomalous"
    assert "NGC 5139" not in expected_feh(HOW)


def test_the_error_grows_where_clusters_disagree(good, spoilt, one) -> None:
    apart = pl.when(pl.col("dec") > 0).then(0.3).otherwise(-0.3)
    before, after = (
        float(one(checked(each), FEH).detail.split("± ")[1].split()[0])
        for each in (good, spoilt(feh=FEH_NOW + apart))
    )
    assert after > 2 * before


def test_one_star_of_a_cluster_does_not_count(good, one) -> None:
    few = good.rows.filter(pl.col("source_id").is_in([1501, 1502]))
    result = one(check_clusters(few, HOW, 2.5), FEH)
    assert result.passed is None
    assert [row["note"] for row in result.rows] == ["too few stars"]


def test_without_values_or_places_nothing_can_be_said(spoilt, good) -> None:
    for rows in (
        spoilt(feh=pl.lit(None, pl.Float64), distance_modulus=pl.lit(None, pl.Float64)).rows,
        spoilt(ra=pl.lit(None, pl.Float64)).rows,
        good.rows.clear(),
    ):
        results = check_clusters(rows, HOW, 2.5)
        assert {result.passed for result in results} == {None}
        assert results[0].detail.endswith(NOBODY)


@pytest.fixture(scope="module")
def sky():
    """Stars of the simulated sky, with values that err as those of a catalogue do."""
    drawn = draw_stars(np.arange(1, 6001), 3, "linear", MAGNITUDE_LIMIT)
    rng = np.random.default_rng(5)
    names = ("ra", "dec", "system", "feh", "distance_modulus", "mean_G")
    stars = pl.DataFrame({"source_id": drawn["number"]} | {name: drawn[name] for name in names})
    stars = stars.with_columns(
        pulsation_type=pl.Series(drawn["kind"]),
        true_feh=pl.col("feh").fill_nan(None),
        true_modulus="distance_modulus",
        feh=pl.col("feh").fill_nan(None) + pl.Series(rng.normal(0, 0.25, stars.height)),
        feh_error=pl.lit(0.25),
        distance_modulus=pl.col("distance_modulus") + pl.Series(rng.normal(0, 0.2, stars.height)),
        distance_modulus_error=pl.lit(0.2),
        int_average_mag="mean_G",
        band=pl.lit("G"),
    )
    return stars.filter(pl.col("pulsation_type").is_in(["RRab", "RRc"]))


@pytest.mark.parametrize(
    ("name", "true"), [(FEH, "true_feh"), (MODULUS, "true_modulus")], ids=["feh", "modulus"]
)
def test_the_means_of_simulated_clusters_are_recovered(sky, one, name, true) -> None:
    result = one(check_clusters(rows_of(sky, sky.select("source_id")), HOW, 2.5), name)
    assert result.passed is True
    used = {row["system"]: row["known"] for row in result.rows if not row["note"]}
    assert len(used) > 15
    real = (
        sky.group_by("system").agg(pl.col(true).mean()).filter(pl.col("system").is_in(list(used)))
    )
    off = np.mean([mean - used[system] for system, mean in real.iter_rows()])
    assert result.value == pytest.approx(off, abs=0.05)


def test_members_on_the_simulated_sky_are_those_that_were_put_there(sky) -> None:
    rows = rows_of(sky, sky.select("source_id"))
    found = members(rows, clusters(), HOW).join(
        sky.select("source_id", really="system"), on="source_id", validate="1:1"
    )
    right = found.filter(pl.col("system") == pl.col("really")).height
    put = sky.filter(pl.col("system").is_in([one.name for one in clusters()])).height
    assert right / found.height > 0.98
    assert right / put > 0.85
