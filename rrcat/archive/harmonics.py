"""Harmonic parameters as an archive gives them, in the form of the table ``features``."""

import re

import numpy as np
import polars as pl

from rrcat.archive.account import Account, label, tally
from rrcat.harmonic import MAX_HARMONICS, sine_to_cosine, wrap


def as_cosine(features: pl.DataFrame, convention: str) -> pl.DataFrame:
    """Give the features with phases of the cosine series in [0, 2π).

    ``convention`` is that of the file, ``cosine`` or ``sine``. From ``sin x = cos(x − π/2)``
    follow φ1 − π/2 and, for φ_k1, :func:`rrcat.harmonic.sine_to_cosine`.
    """
    for name in features.columns:
        if re.fullmatch(r"phi1|phi\d1", name):
            angle = features[name].fill_null(0.0).to_numpy()
            if convention == "cosine":
                angle = wrap(angle)
            elif name == "phi1":
                angle = wrap(angle - np.pi / 2)
            else:
                angle = sine_to_cosine(angle, int(name[3]))
            known = features[name].is_not_null()
            features = features.with_columns(
                pl.when(known).then(pl.Series(name, angle)).alias(name)
            )
    return features


def only_used_orders(features: pl.DataFrame) -> tuple[pl.DataFrame, Account]:
    """Give the features with null for what the series does not have, and the account of it.

    Archives fill places beyond the order of the series: Gaia's phases there are 0.0. Where the
    order is not known, a phase of exactly 0 without its amplitude is such a place. An order above
    the highest one stored becomes that one, which then means "at least so many".
    """
    star = label(features)
    placeholders = {}
    for name in features.columns:
        harmonic = re.fullmatch(r"(?:a(\d)|(?:r|phi)(\d)1)(?:_error)?", name)
        if harmonic is None:
            continue
        k = int(harmonic[1] or harmonic[2])
        beyond = pl.lit(False)
        if "n_harmonics" in features.columns:
            beyond |= pl.col("n_harmonics") < k
        if name == f"phi{k}1" and f"a{k}" in features.columns:
            beyond |= (pl.col(name) == 0.0) & pl.col(f"a{k}").is_null()
        placeholders[name] = pl.col(name).is_not_null() & beyond.fill_null(False)
    account: Account = {
        "placeholders": {
            name: count
            for name, place in placeholders.items()
            if (count := features.select(place.sum()).item())
        }
    }
    if "n_harmonics" in features.columns:
        high = features.filter(pl.col("n_harmonics") > MAX_HARMONICS)
        account["orders_above_highest"] = tally(high, star, "n_harmonics") | {
            "given_as": MAX_HARMONICS
        }
        features = features.with_columns(pl.col("n_harmonics").clip(upper_bound=MAX_HARMONICS))
    return features.with_columns(
        pl.when(~place).then(pl.col(name)).alias(name) for name, place in placeholders.items()
    ), account


def with_status(features: pl.DataFrame) -> pl.DataFrame:
    """Give the features with a ``fit_status``, where the archive gives none."""
    if "fit_status" in features.columns:
        return features
    there = [pl.col(name).is_not_null() for name in ("a1", "phi31") if name in features.columns]
    period = pl.col("period").is_not_null() if "period" in features.columns else pl.lit(False)
    return features.with_columns(
        fit_status=pl.when(~period)
        .then(pl.lit("no_period"))
        .when(pl.any_horizontal(pl.lit(False), *there))
        .then(pl.lit("ok"))
        .otherwise(pl.lit("fit_failed"))
    )
