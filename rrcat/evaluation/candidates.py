"""The stars and features that a selection works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from rrcat.evaluation.linear import FloatArray
from rrcat.harmonic import MAX_HARMONICS

_HIGHER = range(2, MAX_HARMONICS + 1)
SHAPE = (
    "period",
    *(f"a{k}" for k in range(1, MAX_HARMONICS + 1)),
    *(f"r{k}1" for k in _HIGHER),
    *(f"phi{k}1" for k in _HIGHER),
    "peak_to_peak",
    "rise_time",
    "skewness",
)
"""Columns of ``features`` that say how a star pulsates. No magnitude and no quality number is among
them: they carry the distance, and with it the gradient of metallicity in the Galaxy."""

LITERATURE = (
    "period",
    "a1",
    "a2",
    "a3",
    "r21",
    "r31",
    "phi21",
    "phi31",
    "phi41",
    "peak_to_peak",
    "rise_time",
    "skewness",
)
"""Features that published relations are made of, or that were tried for them."""

MOST_MISSING = 0.05
"""Largest share of the stars with a fit that may lack a feature: it is set aside otherwise."""

FEWEST_STARS = 12


@dataclass(frozen=True)
class Candidates:
    """The stars of one pulsation type that have every candidate feature.

    Parameters
    ----------
    kind
        The pulsation type.
    names
        The candidates, in the order they were asked for.
    set_aside
        Features that are none, and why.
    asked
        ``source_id``, ``feh`` of all stars of the type, sorted.
    stars
        ``source_id``, ``feh`` [dex] and the candidates of those that have them all, sorted.
    """

    kind: str
    names: tuple[str, ...]
    set_aside: dict[str, str]
    asked: pl.DataFrame
    stars: pl.DataFrame

    @property
    def values(self) -> FloatArray:
        """The candidates, shape ``(n, n_features)``."""
        return self.stars.select(self.names).to_numpy()

    @property
    def feh(self) -> FloatArray:
        """[Fe/H], shape ``(n,)``, dex."""
        return self.stars["feh"].to_numpy()

    @property
    def missing(self) -> str | None:
        """What is missing for a choice to be made, None if nothing is."""
        if self.stars.height < FEWEST_STARS:
            return f"fewer than {FEWEST_STARS} stars have every feature"
        if len(self.names) < 2:
            return "fewer than two features are known of enough stars"
        return None

    def without(self, tested: pl.Series) -> Candidates:
        """Give the same candidates and only the stars that are not ``tested``."""
        return replace(self, stars=self.stars.filter(~pl.col("source_id").is_in(tested.implode())))

    def only(self, names: Sequence[str]) -> Candidates:
        """Give the same stars and only the candidates that are among ``names``."""
        return replace(self, names=tuple(name for name in self.names if name in names))


def candidates(
    calibrators: pl.DataFrame, features: pl.DataFrame, *, kind: str, band: str, names: Sequence[str]
) -> Candidates:
    """Give the candidates among the features ``names`` for stars of a pulsation type, in a band.

    A feature that too many stars lack is set aside rather than those stars. That is found from all
    calibrators, tested ones among them: it says what the archive gives, and nothing of [Fe/H].

    Parameters
    ----------
    calibrators
        Frame of the table ``calibrators``; its pulsation type counts.
    features
        Frame of the table ``features`` of the same stars.
    """
    asked = (
        calibrators.filter(pl.col("pulsation_type") == kind)
        .select("source_id", "feh")
        .sort("source_id")
    )
    fitted = features.filter((pl.col("band") == band) & (pl.col("fit_status") == "ok"))
    rows = asked.join(
        fitted.select("source_id", *names), on="source_id", how="inner", maintain_order="left"
    )
    set_aside = {}
    for name in names:
        values = rows[name]
        if values.null_count() > MOST_MISSING * rows.height:
            set_aside[name] = f"missing for {values.null_count()} of {rows.height} stars"
        elif values.n_unique() < 2:
            set_aside[name] = "the same for every star"
    kept = tuple(name for name in names if name not in set_aside)
    return Candidates(kind, kept, set_aside, asked, rows.drop_nulls(kept))
