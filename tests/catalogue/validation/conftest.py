"""A catalogue that is right: field, clusters and Clouds, calibrators and two estimators."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from rrcat.catalogue.validation.evidence import Evidence, rows_of
from rrcat.catalogue.validation.result import Result
from rrcat.catalogue.validation.systems import clouds, clusters
from rrcat.schema import conform, load

Change = Callable[..., Evidence]
NOISE = 0.1
SLOPES = {"RRab": (-5.55, 0.94), "RRc": (-8.5, 0.9)}


def places(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Give places, [Fe/H], moduli and mean magnitudes of stars, true but for some scatter."""
    n = 1500
    found = [
        {
            "ra": rng.uniform(0, 360, n),
            # Away from the Clouds, whose circles are wide.
            "dec": np.degrees(np.arcsin(rng.uniform(-0.7, 1, n))),
            "true": rng.normal(-1.5, 0.4, n),
            "ebv": rng.uniform(0, 0.5, n),
            "modulus": rng.uniform(12, 19, n),
        }
    ]
    for one, stars in [(s, 12) for s in clusters()] + [(s, 60) for s in clouds()]:
        spread = 0.2 if one.feh_spread or one.galaxy else 0.02
        found.append(
            {
                "ra": one.ra + rng.normal(0, 0.02, stars) / np.cos(np.radians(one.dec)),
                "dec": one.dec + rng.normal(0, 0.02, stars),
                "true": one.feh + rng.normal(0, spread, stars),
                "ebv": np.full(stars, one.ebv),
                "modulus": np.full(stars, one.distance_modulus),
            }
        )
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def right(seed: int = 0) -> Evidence:
    """Give the evidence of a catalogue that is right."""
    rng = np.random.default_rng(seed)
    sky = places(rng)
    true = sky.pop("true")
    n = true.size
    kind = np.where(np.arange(n) % 3 == 2, "RRc", "RRab")
    period = np.where(kind == "RRc", rng.normal(0.32, 0.03, n), rng.normal(0.56, 0.06, n))
    feh = true + rng.normal(0, NOISE, n)
    on_period, on_phi31 = (np.array([SLOPES[k][i] for k in kind]) for i in (0, 1))
    phi31 = (
        np.where(kind == "RRc", 6.0, 2.0)
        + (feh + 1.5 - on_period * (period - np.where(kind == "RRc", 0.32, 0.56))) / on_phi31
    )
    modulus = sky.pop("modulus")
    mag = modulus + 0.32 * true + 1.11 + 2.74 * sky["ebv"]
    ids = np.arange(1, n + 1)
    catalogue = pl.DataFrame(
        {
            "source_id": ids,
            "ra": np.mod(sky["ra"], 360.0),
            "dec": sky["dec"],
            "pulsation_type": kind,
            "band": "G",
            "period": period,
            "n_epochs": rng.integers(12, 90, n),
            "int_average_mag": mag + rng.normal(0, 0.1, n),
            "phi31": np.mod(phi31, 2 * np.pi),
            "phi31_error": 0.05,
            "feh": feh,
            "feh_error": NOISE,
            "feh_status": "ok",
            "distance_modulus": modulus + rng.normal(0, 0.1, n),
            "distance_modulus_error": 0.1,
            "hull_distance": rng.uniform(0, 1.2, n),
        }
    )
    stars = conform(
        pl.DataFrame(
            {
                "source_id": ids,
                "ra": np.mod(sky["ra"], 360.0),
                "dec": sky["dec"],
                "pulsation_type": kind,
                "blazhko": pl.Series(ids % 7 == 0),
                "ebv": sky["ebv"],
            }
        ),
        load("stars"),
    )
    predictions = pl.concat(
        pl.DataFrame(
            {
                "source_id": ids,
                "estimator": name,
                "feh": feh + rng.normal(0, 0.05, n),
                "feh_error": NOISE,
            }
        )
        for name in ("one", "two")
    )
    calibrators = conform(
        pl.DataFrame(
            {
                "source_id": ids,
                "feh": true + rng.normal(0, 0.02, n),
                "feh_error": 0.02,
                "feh_scale": "C21",
                "n_spectra": 1,
                "pulsation_type": kind,
            }
        ).head(300),
        load("calibrators"),
    )
    return Evidence(
        rows_of(catalogue, stars),
        predictions,
        ("one", "two"),
        calibrators,
        reference=pl.DataFrame({"source_id": ids, "feh": true, "feh_error": 0.1}),
    )


@pytest.fixture(scope="session")
def good() -> Evidence:
    """The evidence of a catalogue that is right."""
    return right()


@pytest.fixture(scope="session")
def spoilt(good: Evidence) -> Change:
    """Give the evidence with other rows: ``spoilt(feh=pl.col("feh") + 0.3)``."""

    def change(**cells: pl.Expr) -> Evidence:
        return replace(good, rows=good.rows.with_columns(**cells))

    return change


@pytest.fixture(scope="session")
def one() -> Callable[[list[Result], str], Result]:
    """Give the result of a name among several."""

    def find(results: list[Result], name: str) -> Result:
        return next(result for result in results if result.name == name)

    return find
