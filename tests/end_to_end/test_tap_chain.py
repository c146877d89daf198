"""What is fetched over TAP becomes the same release as what lies in files."""

import tomllib
from pathlib import Path

import polars as pl
import tap_recipes
from archive_tables import MULTI_BAND_STAR
from dachs import TapServer
from polars.testing import assert_frame_equal

from rrcat.archive.profile import FOLDER
from rrcat.cli.main import main

ASAS = Path(__file__).parents[2] / "catalogues" / "asas-i" / "recipe.toml"
TABLES = ("test.vot", "test.fits", "test.parquet")


def released(recipe: Path, folder: Path) -> dict[str, bytes]:
    """Build and release a recipe; give the bytes of its tables."""
    candidate = folder / "candidate"
    assert main(["build", str(recipe), "--output", str(candidate)]) == 0
    args = ["--version", "1.0.0", "--date", "2026-01-01", "--into", str(folder)]
    assert main(["release", str(candidate), *args]) == 0
    assert main(["verify", str(folder / "test-1.0.0")]) == 0
    return {name: (folder / "test-1.0.0" / name).read_bytes() for name in TABLES}


def test_asas_over_tap_is_asas_from_files(
    tap_server: TapServer, data_dir: Path, tmp_path: Path
) -> None:
    """2,187 stars under text identifiers, and the calibrators too come over TAP."""
    published = tomllib.loads(ASAS.read_text())
    sections = {
        "evaluation": {"folds": 2, "repeats": 1},
        "estimator": [{"id": "literature-relations", "params": {"relations": ["dekany21"]}}],
    }
    about = {key: published["archive"][key] for key in ("coordinate_epoch", "reference")}
    calibration = published["calibration"]

    files = published["archive"]
    for table in ("stars", "light_curves"):
        files[table]["file"] = str(data_dir / "asas_i" / files[table]["file"])
    calibration["file"] = str(data_dir / "asas_i" / calibration["file"])
    from_files = tap_recipes.write_recipe(
        tmp_path / "files", files, calibration=calibration, **sections
    )

    over_tap = tap_recipes.spectra(tap_server.url, calibration)
    archive = tap_recipes.asas(tap_server.url, **about)
    fetched = tap_recipes.write_recipe(tmp_path / "tap", archive, calibration=over_tap, **sections)
    assert main(["fetch", str(fetched)]) == 0

    assert released(fetched, tmp_path / "tap") == released(from_files, tmp_path / "files")
    catalogues = [
        pl.read_parquet(folder / "candidate" / "catalogue.parquet")
        for folder in (tmp_path / "tap", tmp_path / "files")
    ]
    assert catalogues[0].height == 2187
    assert_frame_equal(*catalogues, check_exact=True)


def test_gaia_over_tap_is_gaia_from_files(tap_server: TapServer, tmp_path: Path) -> None:
    """71 stars, ten of which have light curves; in files as a row an observation."""
    sections = {
        "estimator": [{"id": "literature-relations", "params": {"relations": ["muraveva25"]}}]
    }
    fetched = tap_recipes.write_recipe(
        tmp_path / "tap", tap_recipes.gaia(tap_server.url), **sections
    )
    assert main(["fetch", str(fetched)]) == 0

    tables = tap_server.tables
    stars = tables["gaiadr3.vari_rrlyrae"].filter(best_classification="RRab")
    stars.join(tables["gaiadr3.gaia_source"], on="source_id").write_parquet(tmp_path / "s.parquet")
    curves = tap_recipes.observations(tap_server, "gaiadr3")
    curves.filter(pl.col("source_id") != MULTI_BAND_STAR).with_columns(
        mag_error=tap_recipes.magnitude_error()
    ).write_parquet(tmp_path / "c.parquet")
    profile = tomllib.loads((FOLDER / "gaia-dr3-aip.toml").read_text())["archive"]
    kept = ("survey", "coordinate_epoch", "bad_stars", "reference", "time")
    names = ["source_id", "band", "time", "mag", "mag_error", "flux", "flux_error", "rejected"]
    files = {
        "kind": "files",
        **{key: profile[key] for key in kept},
        "stars": {
            "file": str(tmp_path / "s.parquet"),
            "columns": {
                "source_id": "source_id",
                "ra": "ra",
                "dec": "dec",
                "period": "pf",
                "period_error": "pf_error",
                "pulsation_type": "best_classification",
                "variable_type": "best_classification",
            },
        },
        "light_curves": {
            "file": str(tmp_path / "c.parquet"),
            "columns": {name: name for name in names},
        },
    }
    from_files = tap_recipes.write_recipe(tmp_path / "files", files, **sections)
    assert released(fetched, tmp_path / "tap") == released(from_files, tmp_path / "files")
