"""Stars are cut by themselves, by seed and identifier alone."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.errors import RecipeError
from rrcat.evaluation.splits import cut, derived_seed, split


def cut_of(calibrators, scheme="k-fold", folds=5, repeats=2, seed=1):
    return cut(calibrators, scheme=scheme, folds=folds, repeats=repeats, seed=seed)


def test_each_star_is_tested_once_in_each_repeat(calibrators):
    sets = cut_of(calibrators)
    for (_,), repeat in sets.group_by("repeat"):
        assert sorted(repeat["source_id"]) == sorted(calibrators["source_id"])


def test_folds_are_of_one_size_and_share_the_few_stars_of_a_type(calibrators):
    sets = cut_of(calibrators).join(calibrators, on="source_id")
    sizes = sets.group_by("repeat", "fold").len()["len"]
    assert sizes.max() - sizes.min() <= 1
    few = sets.filter(pl.col("pulsation_type") == "RRc").group_by("repeat", "fold").len()
    assert few.height == 10  # all folds of both repeats
    assert few["len"].max() <= 2


def test_repeats_and_seeds_differ(calibrators):
    sets = cut_of(calibrators)
    first, second = (
        sets.filter(pl.col("repeat") == repeat).sort("source_id")["fold"] for repeat in (0, 1)
    )
    assert first.to_list() != second.to_list()
    assert not sets.equals(cut_of(calibrators, seed=2))


@given(st.integers(0, 2**31), st.randoms())
def test_the_order_of_the_rows_does_not_matter(seed, random):
    ids = list(range(30))
    random.shuffle(ids)
    stars = pl.DataFrame({"source_id": ids, "pulsation_type": "RRab"})
    assert cut_of(stars, seed=seed).equals(cut_of(stars.sort("source_id"), seed=seed))


def test_leave_one_out_tests_one_star_at_a_time(calibrators):
    sets = cut_of(calibrators, scheme="leave-one-out")
    assert sets["fold"].n_unique() == sets.height == calibrators.height
    assert sets["repeat"].unique().to_list() == [0]


def test_held_out_tests_one_part_in_each_repeat(calibrators):
    sets = cut_of(calibrators, scheme="held-out")
    assert sets.group_by("repeat").len().sort("repeat")["len"].to_list() == [6, 6]


def test_stars_without_type_are_cut_too(calibrators):
    untyped = calibrators.with_columns(pulsation_type=pl.lit(None, pl.String))
    assert cut_of(untyped).height == 2 * calibrators.height


def test_three_stars_cannot_be_cut_into_ten(calibrators):
    with pytest.raises(RecipeError, match="3 calibrators cannot be cut into 10 parts") as caught:
        cut_of(calibrators.head(3), folds=10)
    assert "leave-one-out" in str(caught.value)
    assert cut_of(calibrators.head(3), scheme="leave-one-out").height == 3


def test_one_star_cannot_be_cut(calibrators):
    with pytest.raises(RecipeError, match="1 calibrator cannot be cut into 2 parts"):
        cut_of(calibrators.head(1), scheme="leave-one-out")


def test_each_fold_has_a_seed_of_its_own():
    seeds = {derived_seed(0, repeat, fold) for repeat in range(5) for fold in range(10)}
    assert len(seeds) == 50
    assert all(0 <= seed < 2**31 for seed in seeds)


def labelled(n: int = 500) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "source_id": np.arange(n) * 7,
            "pulsation_type": ["RRab", "RRab", "RRc", None, "RRab"] * (n // 5),
            "feh": rng.normal(-1.5, 0.4, n),
        }
    )


def test_a_split_gives_eight_one_and_one_of_ten_of_every_type():
    stars = labelled()
    parts = stars.join(split(stars, seed=0), on="source_id")
    counts = parts.group_by("pulsation_type", "split").len().sort("pulsation_type", "split")
    assert counts["len"].to_list() == [10, 80, 10, 30, 240, 30, 10, 80, 10]


def test_the_parts_of_a_split_are_alike_in_metallicity():
    stars = labelled()
    parts = stars.join(split(stars, seed=0), on="source_id")
    means = parts.group_by("split").agg(pl.col("feh").mean(), spread=pl.col("feh").std())
    assert means["feh"].max() - means["feh"].min() < 0.03
    assert means["spread"].max() - means["spread"].min() < 0.03


def test_a_split_follows_from_seed_and_star_alone():
    stars = labelled()
    assert split(stars.sample(fraction=1.0, shuffle=True, seed=1), seed=0).equals(
        split(stars, seed=0)
    )
    assert not split(stars, seed=1).equals(split(stars, seed=0))


def test_a_few_stars_are_all_trained_with():
    assert split(labelled().head(3), seed=0)["split"].to_list() == ["train"] * 3
