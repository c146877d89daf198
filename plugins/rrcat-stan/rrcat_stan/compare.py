"""Which relation foretells calibrators best that it has not seen, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from rrcat.errors import BundleError
from rrcat_stan.relation import Relation


def compare(relations: Mapping[str, Relation]) -> pl.DataFrame:
    """Give the relations of one pulsation type, best first, by PSIS-LOO.

    Returns
    -------
    pl.DataFrame
        ``name``, ``predictors``, ``companions``, ``n``, ``elpd`` (expected log density of [Fe/H] of
        stars left out, summed), ``difference`` to the best and its standard error from the
        differences star by star, ``rmse`` [dex], ``largest_pareto_k`` (above 0.7 the elpd is not to
        be trusted).

    Raises
    ------
    BundleError
        They were learned from other stars or other [Fe/H], so that nothing can be said.
    """
    first = next(iter(relations.values()))
    stars = ("source_id", "feh", "feh_error")
    for name, relation in relations.items():
        if not relation.calibrators.select(stars).equals(first.calibrators.select(stars)):
            raise BundleError(
                f"{name} was learned from other calibrators than {next(iter(relations))}",
                hint="train all of them on the same sample; a star that lacks a parameter of one "
                "relation is not learned from",
            )
    densities = {n: r.calibrators["left_out_log_density"].to_numpy() for n, r in relations.items()}
    best = max(densities, key=lambda name: float(densities[name].sum()))
    rows = []
    for name, relation in relations.items():
        difference = densities[name] - densities[best]
        rows.append(
            {
                "name": name,
                "predictors": " ".join(relation.terms.predictors),
                "companions": " ".join(relation.terms.companions),
                "n": difference.size,
                "elpd": float(densities[name].sum()),
                "difference": float(difference.sum()),
                "difference_error": float(np.sqrt(difference.size) * difference.std(ddof=1)),
                "rmse": relation.account["left_out"]["rmse"],
                "largest_pareto_k": relation.account["left_out"]["largest_pareto_k"],
            }
        )
    return pl.DataFrame(rows).sort("elpd", "name", descending=[True, False])
