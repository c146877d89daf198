"""Rows that were made partition by partition are those of all stars at once."""

from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from rrcat.archive.store import LocalStore
from rrcat.canonical import parquet_bytes
from rrcat.catalogue.assemble import assemble
from rrcat.catalogue.individual import catalogue_table
from rrcat.catalogue.recipe import read_recipe
from rrcat.run.build import build_catalogue
from rrcat.run.workspace import Request


def test_a_catalogue_is_that_of_all_stars_at_once(survey: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    build_catalogue(Request(survey, output, workers=1, partition_size=9))
    recipe, store = read_recipe(survey), LocalStore.open(output / "store")
    features, predictions, catalogue = (
        pl.read_parquet(output / f"{name}.parquet")
        for name in ("features", "predictions", "catalogue")
    )
    at_once = assemble(
        store.stars(),
        features,
        predictions,
        table=catalogue_table(recipe),
        band="G",
        scale=recipe.catalogue.scale,
        order=["literature-relations"],
    )
    assert_frame_equal(catalogue, at_once, check_exact=True)
    for name, frame in (("features", features), ("catalogue", at_once)):
        assert (output / f"{name}.parquet").read_bytes() == parquet_bytes(frame)
