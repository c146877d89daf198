"""A whole simulated survey: tables of stars, observations and the truth, and a recipe for them.

Every star has its own random stream, seeded by the survey's seed and the star's number. The first
hundred stars of a survey of a thousand are the survey of a hundred.
"""

from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl
from numpy.random import Generator

from rrcat.simulate.population import Star, draw_star
from rrcat.simulate.sampling import mag_errors, transit_times

# What is difficult about a star, by its number modulo 40; every kind occurs from 40 stars on.
DIFFICULTIES = {
    5: "no light curve",
    13: "no pulsation type",
    21: "RRd",
    29: "few epochs",
    33: "no period",
    37: "many bad epochs",
}
EVERY = 40
FEW = 7
PERIOD_RATIO_RRD = 0.744
"""First overtone to fundamental, mid of the Petersen diagram (Soszynski et al. 2014)."""


def simulate(n_stars: int, seed: int = 0) -> dict[str, pl.DataFrame]:
    """Give ``stars``, ``light_curves`` and ``truth`` of a survey, each sorted by ``source_id``.

    ``stars`` and ``light_curves`` look like what an archive gives; ``truth`` holds the real
    [Fe/H], period and Fourier parameters, and what is difficult about the star.
    """
    stars, curves, truth = [], [], []
    for number in range(1, n_stars + 1):
        rng = np.random.default_rng((seed, number))
        star = draw_star(rng)
        difficulty = DIFFICULTIES.get(number % EVERY)
        stars.append({"source_id": number, **_catalogued(star, difficulty, rng)})
        truth.append({"source_id": number, **_true(star), "difficulty": difficulty})
        if difficulty != "no light curve":
            curves.append(_observe(number, star, difficulty, rng))
    return {
        "stars": pl.DataFrame(stars, infer_schema_length=None),
        "light_curves": pl.concat(curves),
        "truth": pl.DataFrame(truth, infer_schema_length=None),
    }


def write_survey(folder: Path, n_stars: int, seed: int = 0) -> Path:
    """Write ``stars.csv``, ``light_curves.parquet``, ``truth.parquet`` and ``recipe.toml``.

    Gives the path of the recipe, which `rrcat build` follows as it is.
    """
    survey = simulate(n_stars, seed)
    folder.mkdir(parents=True, exist_ok=True)
    survey["stars"].write_csv(folder / "stars.csv")
    survey["light_curves"].write_parquet(folder / "light_curves.parquet")
    survey["truth"].write_parquet(folder / "truth.parquet")
    recipe = folder / "recipe.toml"
    recipe.write_bytes(files("rrcat.simulate").joinpath("recipe.toml").read_bytes())
    return recipe


def _catalogued(star: Star, difficulty: str | None, rng: Generator) -> dict[str, object]:
    """What the archive says of the star, with its errors and omissions."""
    period_error = 1e-6 * rng.uniform(1.0, 5.0)
    period = star.period + period_error * rng.standard_normal()
    kind = "RRd" if difficulty == "RRd" else star.pulsation_type
    return {
        "ra": rng.uniform(0.0, 360.0),
        "dec": float(np.degrees(np.arcsin(rng.uniform(-1.0, 1.0)))),
        "period": None if difficulty == "no period" else period,
        "period_error": None if difficulty == "no period" else period_error,
        "pulsation_type": None if difficulty == "no pulsation type" else kind,
        "phot_g_mean_mag": round(star.mean_mag, 4),
    }


def _true(star: Star) -> dict[str, object]:
    return {
        "pulsation_type": star.pulsation_type,
        "feh": star.feh,
        "period": star.period,
        "mean_mag": star.mean_mag,
        **{f"a{k}": float(star.amplitudes[k - 1]) for k in (1, 2, 3)},
        **{f"phi{k}1": float(star.phases[k - 1]) for k in (2, 3)},
    }


def _observe(number: int, star: Star, difficulty: str | None, rng: Generator) -> pl.DataFrame:
    """Measure the star: noise, and now and then a bad epoch, not always noticed by the archive."""
    time = transit_times(rng, FEW if difficulty == "few epochs" else None)
    mag = star.magnitude(time)
    if difficulty == "RRd":
        fundamental = star.period / PERIOD_RATIO_RRD
        mag += 0.5 * star.amplitudes[0] * np.cos(2 * np.pi * time / fundamental)
    error = mag_errors(mag, rng)
    mag += error * rng.standard_normal(time.size)
    bad = rng.random(time.size) < (0.15 if difficulty == "many bad epochs" else 0.02)
    mag += np.where(bad, rng.uniform(0.05, 0.5, time.size), 0.0)
    noticed = rng.random(time.size)
    rejected = bad & (noticed < 0.6)
    error = np.where(bad & (noticed > 0.8), 10.0 * error, error)
    return pl.DataFrame(
        {
            "source_id": np.full(time.size, number, dtype=np.int64),
            "band": ["G"] * time.size,
            "time": time,
            "mag": mag,
            "mag_error": error,
            "rejected": rejected,
        }
    )
