"""The Magellanic Clouds: their median [Fe/H] and distance modulus."""

from typing import Any

import numpy as np
import polars as pl

from rrcat.catalogue.validation import systems
from rrcat.catalogue.validation.config import CloudsCheck, ClustersCheck
from rrcat.catalogue.validation.result import (
    Result,
    judge,
    not_made,
    signed,
    table,
    together,
    verdict,
)
from rrcat.catalogue.validation.robust import middle

CHECK = "clouds"
FEH = "the Magellanic Clouds have their [Fe/H]"
MODULUS = "the Magellanic Clouds have their distance moduli"


def check_clouds(
    rows: pl.DataFrame, settings: CloudsCheck, how: ClustersCheck, significance: float
) -> list[Result]:
    """Give the checks by the Clouds, whose stars are found as those of clusters are.

    Parameters
    ----------
    rows
        As :func:`~rrcat.catalogue.validation.evidence.rows_of` gives them.
    how
        Says which magnitudes the stars may have.
    """
    found = systems.members(rows, systems.clouds(), how)
    return [
        _one(found, FEH, "feh", settings.feh_offset, "dex", settings.least_stars, significance),
        _one(
            found,
            MODULUS,
            "distance_modulus",
            settings.modulus_offset,
            "mag",
            settings.least_stars,
            significance,
        ),
    ]


def _one(
    found: pl.DataFrame,
    name: str,
    column: str,
    limit: float,
    unit: str,
    least: int,
    significance: float,
) -> Result:
    told: list[dict[str, Any]] = []
    for one in systems.clouds():
        values = found.filter(pl.col("system") == one.name)[column].drop_nulls().to_numpy()
        if values.size < least:
            continue
        these = middle(values)
        known = one.feh if column == "feh" else one.distance_modulus
        error = 0.0 if column == "feh" else one.distance_modulus_error
        told.append(
            {
                "system": one.name,
                "n": these.n,
                "median": these.value,
                "scatter": these.scatter,
                "known": known,
                "difference": these.value - known,
                "error": float(np.hypot(these.error, error)),
            }
        )
    if not told:
        return not_made(CHECK, name, f"neither has {least} stars with a value")
    verdicts = [judge(row["difference"], row["error"], limit, significance) for row in told]
    worst = max(told, key=lambda row: abs(row["difference"]))
    text = "; ".join(
        f"{row['n']:,} stars of the {row['system']} differ by "
        f"{signed(row['difference'], row['error'], unit)}"
        for row in told
    )
    passed = together(verdicts)
    return Result(
        CHECK, name, passed, verdict(passed, text), worst["difference"], limit, unit, table(told)
    )
