import numpy as np
import polars as pl
import pytest

from rrcat.catalogue.showcase import MOST, OF_FLAG, RESIDUAL, REST, showcase
from rrcat.schema import load

TABLE = load("rrl_metallicity")


def catalogue(n):
    """Stars of two types, a few of them flagged, a few without a value."""
    rng = np.random.default_rng(n)
    none = rng.random(n) < 0.1
    return pl.DataFrame(
        {
            "source_id": np.arange(n) * 7,
            "pulsation_type": np.where(rng.random(n) < 0.7, "RRab", "RRc"),
            "feh": pl.Series(rng.normal(-1.5, 0.4, n)).set(pl.Series(none), None),
            "feh_error": pl.Series(rng.uniform(0.1, 0.5, n)).set(pl.Series(none), None),
            "feh_status": np.where(none, "no_period", "ok"),
            "flags": pl.Series(rng.integers(0, 2**10, n), dtype=pl.Int32),
        }
    )


def test_every_star_of_a_small_catalogue_is_shown():
    rows = catalogue(MOST)
    shown = showcase(rows, TABLE)
    assert shown["source_id"].to_list() == rows["source_id"].to_list()
    assert shown["why"].list.len().min() > 0
    assert showcase(rows.head(1).with_columns(flags=0), TABLE).height == 1


def test_a_large_catalogue_is_sampled():
    assert MOST / 4 < showcase(catalogue(20_000), TABLE).height <= MOST


def test_order_of_rows_does_not_matter():
    rows = catalogue(2_000)
    assert showcase(rows, TABLE).equals(showcase(rows.sample(fraction=1, shuffle=True), TABLE))


def test_smallest_and_largest_errors_of_each_type_are_shown():
    rows = catalogue(5_000)
    shown = set(showcase(rows, TABLE)["source_id"])
    for kind in ("RRab", "RRc"):
        sure = rows.filter(pulsation_type=kind).drop_nulls("feh").sort("feh_error")["source_id"]
        assert {sure[0], sure[sure.len() // 2], sure[-1]} <= shown


@pytest.mark.parametrize("bit", TABLE["flags"].bits[:10], ids=lambda bit: bit.name)
def test_examples_of_each_flag_are_shown(bit):
    rows = catalogue(5_000)
    shown = showcase(rows, TABLE)
    named = shown.filter(pl.col("why").list.contains(f"flag {bit.name}"))
    assert named.height >= OF_FLAG
    flagged = rows.join(named, on="source_id", how="semi")["flags"]
    assert (flagged & bit.value != 0).all()


def test_calibrators_with_the_largest_residuals_come_first():
    rows = catalogue(3_000)
    far = pl.DataFrame({"source_id": [7, 14, 10**9], "residual": [-2.0, 0.01, 5.0]})
    shown = showcase(rows, TABLE, far).filter(pl.col("why").list.first() == RESIDUAL)
    assert shown["source_id"].to_list() == [7, 14]  # the third is no star of the catalogue


def test_rest_of_a_small_catalogue_is_called_so():
    rows = catalogue(150).with_columns(flags=pl.lit(0, dtype=pl.Int32))
    assert REST in showcase(rows, TABLE)["why"].explode().to_list()
