"""What the tests of all plugins share."""

import os
from pathlib import Path

import polars as pl
import pytest
from hypothesis import settings

from rrcat.estimator import StarBatch
from rrcat.fourier import fit_light_curves
from rrcat.lightcurve import sequences

settings.register_profile("untimed", deadline=None)  # how long an example takes is no claim
settings.load_profile("untimed")

TYPES = {"RRab": "RRab", "RRab-BL": "RRab", "RRc": "RRc", "RRc-BL": "RRc"}


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Real data: RRCAT_TEST_DATA, or shared/data beside the checkout."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("RRCAT_TEST_DATA", default))
    if not folder.is_dir():
        message = f"real data not found at {folder}; set RRCAT_TEST_DATA to their folder"
        if os.environ.get("RRCAT_REQUIRE_DATA") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
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
