"""The estimator against spectroscopy, from the light curves of ASAS themselves."""

import numpy as np
import polars as pl
import pytest
from rrcat_gp.estimator import FourierGp
from sklearn.model_selection import KFold

from rrcat.estimator import StarBatch
from rrcat.fourier import fit_light_curves
from rrcat.lightcurve import sequences

TYPES = {"RRab": "RRab", "RRab-BL": "RRab", "RRc": "RRc", "RRc-BL": "RRc"}


@pytest.fixture(scope="module")
def asas(data_dir):
    """Stars with spectroscopy, their folded light curves in I, and their pooled [Fe/H]."""
    folder = data_dir / "asas_i"
    weight = 1.0 / (pl.col("e_feh") ** 2 + 0.1**2)
    stars = (
        pl.read_csv(folder / "spectroscopy.csv")
        .filter(pl.col("ID_ASAS").is_not_null() & (pl.col("keep").fill_null(1.0) != 0.0))
        .with_columns(pulsation_type=pl.col("type").replace_strict(TYPES, default=None))
        .drop_nulls("pulsation_type")
        .group_by("ID_ASAS")
        .agg(
            pl.col("period", "pulsation_type").first(),
            feh=((pl.col("feh") + pl.col("shift")) * weight).sum() / weight.sum(),
            feh_error=(1.0 / weight.sum()).sqrt(),
            feh_scale=pl.lit("C21").first(),
        )
        .sort("ID_ASAS")
        .with_row_index("source_id")
        .with_columns(pl.col("source_id").cast(pl.Int64))
    )
    light_curves = (
        pl.read_parquet(folder / "light_curves.parquet")
        .join(stars.select("source_id", asas_id="ID_ASAS"), on="asas_id")
        .with_columns(pl.col("time") - 5197.5, band=pl.lit("I"))
        .sort("source_id", "time")
    )
    features = fit_light_curves(light_curves, stars, ["I"])
    observed = light_curves.select("source_id", "band", "time", "mag", "mag_error")
    batch = StarBatch(
        stars.select("source_id", "period", "pulsation_type"),
        features=features,
        sequences=sequences(observed, features),
    )
    return batch, stars.select("source_id", "feh", "feh_error", "feh_scale", "pulsation_type")


def test_asas_stars_left_out_get_their_spectroscopic_metallicity(asas):
    batch, calibrators = asas
    assert calibrators["pulsation_type"].value_counts().sort("count")["count"].to_list() == [19, 54]
    answers = []
    for known, left_out in KFold(10, shuffle=True, random_state=0).split(calibrators):
        model = FourierGp().fit(batch, calibrators[known])
        answers.append(model.predict(batch.only(calibrators["source_id"][left_out])))
    both = pl.concat(answers).join(calibrators, on="source_id", suffix="_true")
    assert set(both["status"]) == {"ok"}
    for kind, at_most in (("RRab", 0.24), ("RRc", 0.45)):
        error = both.filter(pl.col("pulsation_type") == kind).select(
            pl.col("feh") - pl.col("feh_true")
        )
        assert float(np.sqrt((error.to_series() ** 2).mean())) < at_most
