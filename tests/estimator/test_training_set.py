"""What an estimator is given to learn from."""

import polars as pl
import pytest

from rrcat.errors import FrameError, PluginError
from rrcat.estimator import StarBatch
from rrcat.estimator.training_set import (
    calibrators_in_band,
    training_set,
    types_to_learn,
    with_inputs,
)


def test_learning_sees_only_calibrators_that_can_be_used(line, batch, calibrators):
    broken = batch.features.with_columns(
        fit_status=pl.when(pl.col("source_id") == 4)
        .then(pl.lit("fit_failed"))
        .otherwise("fit_status")
    )
    estimator = line()
    estimator.fit(StarBatch(batch.stars, features=broken), calibrators)
    seen, known = estimator.seen
    assert known["source_id"].to_list() == [1, 2, 3]
    assert seen.stars["source_id"].to_list() == [1, 2, 3]
    assert seen.features["source_id"].unique().sort().to_list() == [1, 2, 3]


def test_learning_from_nothing_says_why(line, batch, calibrators):
    failed = batch.features.with_columns(fit_status=pl.lit("fit_failed"))
    with pytest.raises(PluginError, match=r"no calibrator can be learned from \(4 fit_failed\)"):
        line().fit(StarBatch(batch.stars, features=failed), calibrators)
    with pytest.raises(PluginError, match="none is among the stars"):
        line().fit(batch, calibrators.tail(1))
    with pytest.raises(PluginError, match="learns from stars with known metallicity"):
        line().fit(batch)


def test_calibrators_on_two_scales_are_refused(line, batch, calibrators):
    mixed = calibrators.with_columns(
        feh_scale=pl.when(pl.col("source_id") > 2).then(pl.lit("ZW84")).otherwise(pl.lit("C21"))
    )
    with pytest.raises(FrameError, match="several scales: C21, ZW84"):
        line().fit(batch, mixed)


def test_only_tables_that_are_read_are_given(line, batch):
    more = StarBatch(batch.stars, light_curves=pl.DataFrame(), features=batch.features)
    assert set(with_inputs(more, line.spec).frames()) == {"stars", "features"}


def test_without_calibrators_there_is_nothing_to_learn_from(line, batch):
    with pytest.raises(PluginError, match="got none") as caught:
        training_set(batch, None, line.spec)
    assert "[calibration]" in caught.value.hint


def in_bands(features: pl.DataFrame, errors: dict[str, float | None]) -> pl.DataFrame:
    return pl.concat(
        features.with_columns(band=pl.lit(band), a1_error=pl.lit(error, pl.Float64))
        for band, error in errors.items()
    )


def test_the_band_to_learn_in_is_that_of_most_fits_then_of_the_best(line, batch, calibrators):
    bands = in_bands(batch.features.filter(band="G"), {"BP": 0.03, "G": 0.01, "RP": None})

    def learned_in(features, band=None):
        three = StarBatch(batch.stars, features=features)
        return calibrators_in_band(three, calibrators, band, line.spec)

    band, rows = learned_in(bands)
    assert band == "G"
    assert rows["band"].unique().to_list() == ["G"]
    assert rows["source_id"].is_sorted()
    assert {"feh", "feh_error", "pulsation_type", "period"} <= set(rows.columns)
    lost = (pl.col("band") == "G") & (pl.col("source_id") == 1)
    assert learned_in(bands.filter(~lost))[0] == "BP"
    assert learned_in(bands, "RP")[0] == "RP"


def test_a_band_without_a_fit_is_refused_with_those_that_have_one(line, batch, calibrators):
    with pytest.raises(PluginError, match="in the band 'V'") as caught:
        calibrators_in_band(batch.checked(), calibrators, "V", line.spec)
    assert "G, I" in caught.value.hint


def test_types_with_enough_calibrators_are_learned(line):
    counts = {"RRc": 10, "RRab": 54, "RRd": 9}
    assert types_to_learn(counts, 10, line.spec, having="a fit in I") == ["RRab", "RRc"]


def test_where_no_type_has_enough_the_error_counts_them(line):
    with pytest.raises(PluginError, match=r"3 RRab, 9 RRc with a fit in I, and .* needs 10"):
        types_to_learn({"RRc": 9, "RRab": 3}, 10, line.spec, having="a fit in I")
