"""Which stars a model is tested on, in each repeat and fold: by star, never by spectrum."""

import hashlib
from typing import Literal

import polars as pl

from rrcat.errors import RecipeError

Scheme = Literal["k-fold", "leave-one-out", "held-out"]


def cut(
    calibrators: pl.DataFrame, *, scheme: Scheme, folds: int, repeats: int, seed: int
) -> pl.DataFrame:
    """Give the stars that each model is tested on; all others are what it learns from.

    The cut follows from the seed and the identifiers alone, so neither the order of the rows nor
    the machine matters. Each pulsation type is cut by itself: a fold has its share of the few.

    Parameters
    ----------
    calibrators
        One row a star: ``source_id``, ``pulsation_type`` (may be null).
    scheme, folds, repeats
        As in :class:`rrcat.evaluation.config.EvaluationSection`.

    Returns
    -------
    pl.DataFrame
        ``repeat``, ``fold``, ``source_id``, sorted.

    Raises
    ------
    RecipeError
        There are fewer stars than folds, or fewer than two.
    """
    stars = calibrators.select("source_id", pl.col("pulsation_type").fill_null("")).sort(
        "source_id"
    )
    if scheme == "leave-one-out":
        folds, repeats = stars.height, 1
    if stars.height < max(folds, 2):
        raise RecipeError(
            f"{stars.height} calibrator{'' if stars.height == 1 else 's'} cannot be cut into "
            f"{max(folds, 2)} parts",
            key="evaluation.folds",
            hint="give more calibrators, fewer folds, or scheme = 'leave-one-out'; sample.csv "
            "tells why stars were left out",
        )
    cuts = []
    for repeat in range(repeats):
        drawn = [_draw(seed, repeat, star) for star in stars["source_id"]]
        ordered = (
            stars.with_columns(drawn=pl.Series(drawn, dtype=pl.UInt64))
            .sort("pulsation_type", "drawn", "source_id")
            .select(
                repeat=pl.lit(repeat, pl.Int32),
                fold=(pl.int_range(pl.len()) % folds).cast(pl.Int32),
                source_id="source_id",
            )
        )
        cuts.append(ordered)
    sets = pl.concat(cuts)
    if scheme == "held-out":
        sets = sets.filter(pl.col("fold") == 0)
    return sets.sort("repeat", "fold", "source_id")


def split(stars: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """Give ``source_id``, ``split`` of stars: one in ten is for validation, one in ten for testing.

    Of ten stars of a pulsation type that follow each other in [Fe/H], chance takes one for
    validation, one for testing and eight to train with, so that the three are alike. It follows
    from the seed and the identifiers, as in ``cut``.

    Parameters
    ----------
    stars
        One row a star: ``source_id``, ``pulsation_type`` (may be null), ``feh``.

    Returns
    -------
    pl.DataFrame
        ``source_id`` and ``split`` (train, validation, test), sorted.
    """
    drawn = [_draw(seed, -1, star) for star in stars["source_id"]]
    kind = ["pulsation_type"]
    place = pl.int_range(pl.len()).over(kind) % 10
    return (
        stars.select("source_id", pl.col("pulsation_type").fill_null(""), "feh")
        .with_columns(drawn=pl.Series(drawn, dtype=pl.UInt64))
        .sort(*kind, "feh", "source_id")
        .with_columns(ten=pl.int_range(pl.len()).over(kind) // 10)
        .sort(*kind, "ten", "drawn", "source_id")
        .select(
            "source_id",
            split=pl.when(place == 4)
            .then(pl.lit("validation"))
            .when(place == 9)
            .then(pl.lit("test"))
            .otherwise(pl.lit("train")),
        )
        .sort("source_id")
    )


def derived_seed(seed: int, repeat: int, fold: int) -> int:
    """Give the seed of the model of a fold, 0 to 2³¹ − 1."""
    return _draw(seed, repeat, fold) >> 33


def _draw(seed: int, repeat: int, number: int) -> int:
    text = f"{seed} {repeat} {number}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
