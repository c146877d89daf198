"""The rows behind the viewer of a report: points, fits and estimates of chosen stars."""

import numpy as np
import polars as pl
import pytest

from rrcat.archive.store import LocalStore
from rrcat.catalogue.individual import catalogue_table
from rrcat.catalogue.recipe import read_recipe
from rrcat.harmonic import evaluate
from rrcat.run.build import build_catalogue
from rrcat.run.report_stars import POINTS, SHOWN, report_stars
from rrcat.run.workspace import Request
from rrcat.simulate import write_survey

N_STARS = 40


@pytest.fixture(scope="module")
def candidate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report_stars")
    recipe = write_survey(folder / "survey", n_stars=N_STARS)
    path = recipe.parent / "light_curves.parquet"
    curves = pl.read_parquet(path).filter(pl.col("source_id") != 5)
    wild = (pl.col("source_id") == 7) & (pl.int_range(pl.len()).over("source_id") == 3)
    mag = pl.when(wild).then(pl.col("mag") - 4).otherwise("mag")
    curves.with_columns(mag=mag, rejected=wild | pl.col("rejected")).write_parquet(path)
    build_catalogue(Request(recipe, folder / "candidate", workers=1))
    return folder / "candidate"


@pytest.fixture(scope="module")
def shown(candidate):
    return pl.read_parquet(candidate / "report_stars.parquet")


def of(shown, source_id):
    return shown.row(by_predicate=pl.col("source_id") == source_id, named=True)


def test_rows_are_those_of_the_catalogue_where_it_is_small(shown, candidate):
    catalogue = pl.read_parquet(candidate / "catalogue.parquet")
    assert shown["source_id"].to_list() == catalogue["source_id"].to_list()
    assert dict(shown.schema) == SHOWN


def test_series_runs_through_the_points_and_is_brightest_at_phase_zero(shown):
    row = of(shown, 3)
    phase, mag = np.array(row["phase"]), np.array(row["mag"])
    series = (row["zp_mag"], row["amplitudes"], row["phases"])
    assert np.std(mag - evaluate(phase, 1.0, 0.0, *series)) < 0.3 * np.std(mag)
    grid = evaluate(np.linspace(0, 1, 400, endpoint=False), 1.0, 0.0, *series)
    assert grid[0] == pytest.approx(grid.min(), abs=1e-3)
    assert (np.diff(phase) >= 0).all()


def test_every_observation_is_in_the_fit_or_left_out(shown, candidate):
    features = pl.read_parquet(candidate / "features.parquet").filter(fit_status="ok")
    for row in features.iter_rows(named=True):
        star = of(shown, row["source_id"])
        assert len(star["phase"]) == row["n_epochs"]
        assert len(star["left_out_phase"]) == row["n_observations"] - row["n_epochs"]


def test_rejected_point_is_shown_as_left_out(shown):
    row = of(shown, 7)
    assert min(row["left_out_mag"]) < min(row["mag"]) - 2


def test_star_without_light_curve_has_a_row_without_points(shown):
    row = of(shown, 5)
    assert row["phase"] is None
    assert row["amplitudes"] is None
    assert row["estimates"][0]["status"] == "no_light_curve"


def test_archive_without_light_curves_gives_the_fits_alone(candidate, monkeypatch):
    frames = {
        name: pl.scan_parquet(candidate / f"{name}.parquet")
        for name in ("catalogue", "features", "predictions")
    }
    recipe = read_recipe(candidate.parent / "survey" / "recipe.toml")
    store = LocalStore.open(candidate / "store")
    monkeypatch.setattr(LocalStore, "has_light_curves", False)
    (band,) = store.bands
    rows = report_stars(
        **frames, store=store, table=catalogue_table(recipe), band=band, cleaning=recipe.cleaning
    )
    assert of(rows, 3)["phase"] is None
    assert of(rows, 3)["amplitudes"] == pytest.approx(
        of(pl.read_parquet(candidate / "report_stars.parquet"), 3)["amplitudes"]
    )


def test_long_light_curves_are_thinned_and_say_so(candidate, monkeypatch, shown):
    monkeypatch.setattr("rrcat.run.report_stars.POINTS", 9)
    frames = [
        pl.scan_parquet(candidate / f"{name}.parquet")
        for name in ("catalogue", "features", "predictions")
    ]
    recipe = read_recipe(candidate.parent / "survey" / "recipe.toml")
    store = LocalStore.open(candidate / "store")
    rows = report_stars(
        *frames, store, table=catalogue_table(recipe), band=store.bands[0], cleaning=recipe.cleaning
    )
    few, all_ = of(rows, 3), of(shown, 3)
    assert len(few["phase"]) == 9 < len(all_["phase"]) <= POINTS
    n_out = len(all_["left_out_phase"])
    assert few["n_thinned"] == len(all_["phase"]) + n_out - 9 - min(3, n_out)
