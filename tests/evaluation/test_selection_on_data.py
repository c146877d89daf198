"""Real light-curve shapes whose metallicity is made of known features: are those found?"""

import numpy as np
import polars as pl
import pytest

from rrcat.evaluation.linear import learn_terms
from rrcat.evaluation.selection import choose

NAMES = ("period", "a1", "a2", "a3", "r21", "r31", "phi21", "phi31")
SCATTER = 0.2  # dex


@pytest.fixture(scope="module")
def lmc(data_dir):
    """Period and Fourier parameters of RR Lyrae stars of the LMC (Muraveva et al. 2025)."""
    stars = pl.read_parquet(data_dir / "muraveva25_lmc" / "stars.parquet")
    given = {"Period": "period", "A1": "a1", "A2": "a2", "A3": "a3", "Phi21": "phi21"}
    return (
        stars.rename({**given, "Phi31": "phi31"})
        .with_columns(r21=pl.col("a2") / pl.col("a1"), r31=pl.col("a3") / pl.col("a1"))
        .drop_nulls(NAMES)
        .sort("source_id")
        .sample(fraction=1.0, shuffle=True, seed=0)
    )


@pytest.mark.parametrize("method", ["f-test", "forward", "backward"])
def test_period_and_phi31_are_found_for_rrab(lmc, method):
    """[Fe/H] of the relation of Muraveva et al. (2025), with as much scatter as spectra show."""
    stars = lmc.filter(pl.col("Type") == "RRab").head(1000)
    feh = stars.select(-0.37 - 5.55 * pl.col("period") + 0.94 * pl.col("phi31")).to_series()
    assert chosen(stars, feh, method) == {"period", "phi31"}


def test_period_phi31_and_a2_are_found_for_rrc(lmc):
    stars = lmc.filter(pl.col("Type") == "RRc")
    assert chosen(stars, rrc(stars), "forward") == {"period", "phi31", "a2"}


def rrc(stars):
    feh = 0.80 - 8.54 * pl.col("period") + 0.23 * pl.col("phi31") - 9.34 * pl.col("a2")
    return stars.select(feh).to_series()


def chosen(stars, feh, method, seed=0):
    values = stars.select(NAMES).to_numpy()
    scattered = feh.to_numpy() + np.random.default_rng(seed).normal(0, SCATTER, stars.height)
    choice = choose(learn_terms(NAMES, values)(values), scattered, method, seed=seed)
    return {NAMES[column] for column in choice.chosen}


def test_nineteen_rrc_cannot_tell_that_a2_counts(lmc):
    """As many as have spectra in ASAS: of draws of them, few find what a relation is made of."""
    stars = lmc.filter(pl.col("Type") == "RRc").head(19 * 31)
    draws = [stars.slice(19 * number, 19) for number in range(31)]
    sets = [chosen(draw, rrc(draw), "forward", seed) for seed, draw in enumerate(draws)]
    assert sum("period" in found for found in sets) >= 28
    assert sum("a2" in found for found in sets) <= 15
    assert sum(found == {"period", "phi31", "a2"} for found in sets) <= 4
