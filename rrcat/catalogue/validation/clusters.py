"""Globular clusters: mean [Fe/H], distance modulus, and RRab against RRc of one cluster."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from rrcat.catalogue.validation import systems
from rrcat.catalogue.validation.config import ClustersCheck
from rrcat.catalogue.validation.result import (
    Result,
    judge,
    not_made,
    number,
    signed,
    table,
    verdict,
)
from rrcat.catalogue.validation.robust import Array, middle, plane
from rrcat.catalogue.validation.systems import System, members

CHECK = "clusters"
FEH = "globular clusters have their [Fe/H]"
SLOPE = "metal-poor and metal-rich clusters are as far apart as they are"
MODULUS = "globular clusters have their distance moduli"
OVERTONES = "RRab and RRc stars of a cluster have one [Fe/H]"
NOBODY = "no star with a value lies in a cluster"

# A single cluster's [Fe/H] in the literature is uncertain by this [dex].
FEH_ERROR = 0.07
FEWEST_FOR_SLOPE, SPAN_FOR_SLOPE = 5, 0.8


def check_clusters(
    rows: pl.DataFrame, settings: ClustersCheck, significance: float
) -> list[Result]:
    """Give the checks by globular clusters: [Fe/H], its slope, distance modulus, overtones.

    The median of a cluster's stars is compared with the cluster, and the weighted mean of the
    differences is judged. Clusters with a spread in [Fe/H] count for the distance alone, those
    whose variables are anomalous are only told.

    Parameters
    ----------
    rows
        As :func:`~rrcat.catalogue.validation.evidence.rows_of` gives them.
    """
    found = members(rows, systems.clusters(), settings)
    return [
        *_feh(found, settings, significance),
        _modulus(found, settings, significance),
        _overtones(found, settings, significance),
    ]


def expected_feh(settings: ClustersCheck) -> dict[str, float]:
    """Give the [Fe/H] of the clusters without spread or anomaly, on the scale of the catalogue."""
    return {
        one.name: one.feh + _offset(settings)
        for one in systems.clusters()
        if not (one.feh_spread or one.anomalous)
    }


def _offset(settings: ClustersCheck) -> float:
    given = settings.scale_offset
    return systems.scale_offset().value if given is None else given


def _feh(found: pl.DataFrame, settings: ClustersCheck, significance: float) -> list[Result]:
    told = [
        row | {"note": _note(one, row["n"], settings.least_stars, "[Fe/H]")}
        for one, row in _medians(found, "feh", lambda one: one.feh + _offset(settings), FEH_ERROR)
    ]
    used = [row for row in told if not row["note"]]
    if not used:
        return [not_made(CHECK, FEH, NOBODY if not told else "no cluster has enough stars", told)]
    value, error = _weighted(used)
    passed = judge(value, error, settings.feh_offset, significance)
    stars = sum(row["n"] for row in used)
    text = (
        f"{stars} stars of {_clusters(used)} differ by {signed(value, error)} in the mean, with "
        f"{number(_offset(settings), '+.2f')} dex added to the [Fe/H] of the clusters"
    )
    offset = Result(
        CHECK, FEH, passed, verdict(passed, text), value, settings.feh_offset, "dex", table(told)
    )
    return [offset, _slope(used, settings, significance)]


def _slope(used: list[dict[str, Any]], settings: ClustersCheck, significance: float) -> Result:
    known = np.array([row["known"] for row in used])
    if known.size < FEWEST_FOR_SLOPE or np.ptp(known) < SPAN_FOR_SLOPE:
        reason = f"no {FEWEST_FOR_SLOPE} clusters with values span {SPAN_FOR_SLOPE} dex"
        return not_made(CHECK, SLOPE, reason)
    line = plane(known[:, np.newaxis], np.array([row["median"] for row in used]))
    assert line is not None, "they span a range"
    slope, error = float(line.slopes[0]), float(line.errors[0])
    passed = judge(slope - 1.0, error, settings.feh_slope, significance)
    text = (
        f"the slope of the catalogue's on the clusters' [Fe/H] is {number(slope, '.2f')} ± "
        f"{error:.2f}, which is {number(slope - 1.0, '+.2f')} off"
    )
    return Result(CHECK, SLOPE, passed, verdict(passed, text), slope - 1.0, settings.feh_slope)


def _modulus(found: pl.DataFrame, settings: ClustersCheck, significance: float) -> Result:
    medians = _medians(found, "distance_modulus", lambda one: one.distance_modulus, 0.0)
    told = [
        row | {"note": _note(one, row["n"], settings.least_stars, "distance modulus")}
        for one, row in medians
    ]
    used = [row for row in told if not row["note"]]
    if not used:
        reason = "no cluster has enough stars" if told else "no star in a cluster has a distance"
        return not_made(CHECK, MODULUS, reason, told)
    value, error = _weighted(used)
    passed = judge(value, error, settings.modulus_offset, significance)
    stars = sum(row["n"] for row in used)
    moduli = f"the moduli of {stars} stars of {_clusters(used)} differ by"
    text = f"{moduli} {signed(value, error, 'mag')} in the mean"
    return Result(
        CHECK,
        MODULUS,
        passed,
        verdict(passed, text),
        value,
        settings.modulus_offset,
        "mag",
        table(told),
    )


def _overtones(found: pl.DataFrame, settings: ClustersCheck, significance: float) -> Result:
    told = []
    for one, stars in _by_system(found.drop_nulls("feh")):
        both = {
            kind: stars.filter(pulsation_type=kind)["feh"].to_numpy() for kind in ("RRab", "RRc")
        }
        if min(values.size for values in both.values()) < settings.least_stars or one.feh_spread:
            continue
        least = _typical_error(stars, "feh")
        fundamental, overtone = (middle(values, least) for values in both.values())
        told.append(
            {
                "system": one.name,
                "n_rrab": fundamental.n,
                "n_rrc": overtone.n,
                "difference": fundamental.value - overtone.value,
                "error": float(np.hypot(fundamental.error, overtone.error)),
            }
        )
    if not told:
        return not_made(CHECK, OVERTONES, "no cluster has enough stars of both types")
    value, error = _weighted(told)
    passed = judge(value, error, settings.overtone_offset, significance)
    text = f"RRab less RRc is {signed(value, error)} in the mean of {_clusters(told)}"
    return Result(
        CHECK,
        OVERTONES,
        passed,
        verdict(passed, text),
        value,
        settings.overtone_offset,
        "dex",
        table(told),
    )


def _by_system(found: pl.DataFrame) -> Iterator[tuple[System, pl.DataFrame]]:
    for one in systems.clusters():
        stars = found.filter(pl.col("system") == one.name)
        if stars.height:
            yield one, stars


def _medians(
    found: pl.DataFrame, column: str, known: Any, known_error: float
) -> Iterator[tuple[System, dict[str, Any]]]:
    """Yield the median of a column in each cluster beside what is known of it."""
    for one, stars in _by_system(found.drop_nulls(column)):
        these = middle(stars[column].to_numpy(), _typical_error(stars, column))
        of_cluster = known_error or one.distance_modulus_error
        yield (
            one,
            {
                "system": one.name,
                "n": these.n,
                "median": these.value,
                "scatter": these.scatter,
                "known": known(one),
                "difference": these.value - known(one),
                "error": float(np.hypot(these.error, of_cluster)),
            },
        )


def _typical_error(stars: pl.DataFrame, column: str) -> float:
    """Give the median standard error of a column; what scatters less does so by chance."""
    known = stars[f"{column}_error"].drop_nulls().to_numpy()
    return float(np.median(known)) if known.size else 0.0


def _note(one: System, n: int, least: int, what: str) -> str:
    """Give why a cluster does not count; empty where it does."""
    if n < least:
        return "too few stars"
    if one.anomalous:
        return "its variables are anomalous"
    return "its stars differ in [Fe/H]" if one.feh_spread and what == "[Fe/H]" else ""


def _clusters(rows: list[dict[str, Any]]) -> str:
    return "1 cluster" if len(rows) == 1 else f"{len(rows)} clusters"


def _weighted(rows: list[dict[str, Any]]) -> tuple[float, float]:
    """Give the weighted mean of the differences and its standard error.

    The error is stretched where they scatter by more than their own errors (Birge 1932, Phys. Rev.
    40, 207).
    """
    differences: Array = np.array([row["difference"] for row in rows])
    weights = np.array([max(row["error"], 1e-6) for row in rows]) ** -2.0
    value = float(np.sum(weights * differences) / np.sum(weights))
    degrees = max(len(rows) - 1, 1)
    stretch = max(1.0, float(np.sum(weights * (differences - value) ** 2)) / degrees) ** 0.5
    return value, stretch * float(np.sum(weights) ** -0.5)
