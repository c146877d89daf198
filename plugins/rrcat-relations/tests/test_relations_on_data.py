"""The relations against the data they were published with."""

import numpy as np
import polars as pl
import pytest
from rrcat_relations.estimator import LiteratureRelations

from rrcat.estimator import StarBatch
from rrcat.harmonic import sine_to_cosine


def _lmc(data_dir):
    lmc = pl.read_parquet(data_dir / "muraveva25_lmc" / "stars.parquet").sort("source_id")
    batch = StarBatch(
        stars=lmc.select("source_id", period="Period", pulsation_type="Type"),
        features=lmc.select(
            "source_id",
            band=pl.lit("G"),
            fit_status=pl.lit("ok"),
            period="Period",
            a2="A2",
            a2_error="A2_error",
            phi31="Phi31",
            phi31_error="Phi31_error",
        ),
    )
    return lmc, batch


def test_muraveva25_reproduces_every_published_metallicity_of_the_lmc(data_dir):
    lmc, batch = _lmc(data_dir)
    predictions = LiteratureRelations().fit().predict(batch)
    assert predictions["status"].unique().to_list() == ["ok"]
    assert predictions.height == 9589
    assert (predictions["feh"] - lmc["[Fe/H]"]).abs().max() < 1e-5


def test_the_few_lmc_stars_whose_phase_is_hardly_known_can_be_refused(data_dir):
    lmc, batch = _lmc(data_dir)
    predictions = LiteratureRelations({"max_phi31_error": 1.0}).fit().predict(batch)
    vague = predictions.filter(pl.col("status") == "uncertain_features")
    assert vague.height == 33
    assert set(vague["source_id"]) == set(lmc.filter(pl.col("Phi31_error") > 1.0)["source_id"])


def test_muraveva25_errors_stay_below_the_published_ones_and_follow_them(data_dir):
    # The published errors count the coefficients as independent and from zero, so that they are
    # larger than the scatter that was measured; ours count from the middle of the calibrators.
    lmc, batch = _lmc(data_dir)
    predictions = LiteratureRelations().fit().predict(batch)
    ratio = predictions["feh_error"] / lmc["[Fe/H]_error"]
    assert 0.6 < ratio.median() < 1.0
    of_rrab = lmc["Type"] == "RRab"
    ours, theirs = predictions["feh_error"], lmc["[Fe/H]_error"]
    ranks = (ours.filter(of_rrab).rank(), theirs.filter(of_rrab).rank())
    assert np.corrcoef(*ranks)[0, 1] > 0.9


def _asas(data_dir, kind):
    """Published parameters of ASAS stars of one type, with pooled, shifted [Fe/H]."""
    rows = pl.read_csv(data_dir / "asas_i" / "spectroscopy.csv").filter(
        (pl.col("keep") == 1) & (pl.col("type") == kind)
    )
    star = rows.group_by("name").agg(
        pl.col("period", "A1", "A1_e", "A2", "A2_e", "phi31", "phi31_e").first(),
        feh=(pl.col("feh") + pl.col("shift")).mean(),
    )
    star = star.sort("name").with_row_index("source_id").drop_nulls()
    cosine = sine_to_cosine(star["phi31"].to_numpy(), 3)
    batch = StarBatch(
        stars=star.select("source_id", "period", pulsation_type=pl.lit(kind)),
        features=star.select(
            "source_id",
            band=pl.lit("I"),
            fit_status=pl.lit("ok"),
            period="period",
            a1="A1",
            a1_error="A1_e",
            a2="A2",
            a2_error="A2_e",
            phi31=pl.Series(cosine),
            phi31_error="phi31_e",
        ),
    )
    return star, batch


@pytest.mark.parametrize(("kind", "at_most"), [("RRab", 0.20), ("RRc", 0.25)])
def test_dekany21_agrees_with_spectroscopy_as_published(data_dir, kind, at_most):
    star, batch = _asas(data_dir, kind)
    predictions = LiteratureRelations().fit().predict(batch)
    off = (predictions["feh"] - star["feh"]).to_numpy()
    assert np.mean(np.abs(off)) < at_most
    assert abs(np.median(off)) < 0.1
    pulls = off / predictions["feh_error"].to_numpy()
    assert 0.5 < np.std(pulls) < 1.5


def test_smolec05_lies_above_spectroscopy(data_dir):
    star, batch = _asas(data_dir, "RRab")
    predictions = LiteratureRelations({"relations": ["smolec05"]}).fit().predict(batch)
    assert (predictions["feh"] - star["feh"]).median() == pytest.approx(0.30, abs=0.08)


def test_muraveva25_errors_cover_the_spectroscopy_it_was_fitted_to(data_dir):
    stars = pl.read_csv(data_dir / "gaia_dr3_crestani21" / "rrab.csv").sort("source_id")
    batch = StarBatch(
        stars=stars.select("source_id", pulsation_type=pl.lit("RRab")),
        features=stars.select(
            "source_id",
            band=pl.lit("G"),
            fit_status=pl.lit("ok"),
            period="pf",
            period_error="pf_error",
            phi31="phi31_g",
            phi31_error="phi31_g_error",
        ),
    )
    predictions = LiteratureRelations().fit().predict(batch)
    off = (predictions["feh"] - stars["FeH"]).to_numpy()
    assert len(off) == 71
    assert np.sqrt(np.mean(off**2)) == pytest.approx(0.311, abs=0.005)
    within = np.abs(off) < predictions["feh_error"].to_numpy()
    assert 0.6 < np.mean(within) < 0.9
