"""A whole simulated survey: tables of stars, observations and spectra, and the truth.

Every star has its own random streams, named after the survey's seed and the star's number. The
first hundred stars of a survey of a thousand are the survey of a hundred.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat.simulate.epochs import transits
from rrcat.simulate.photometry import BANDS, magnitudes, mean_magnitudes, measure
from rrcat.simulate.population import EXTINCTION, draw_stars
from rrcat.simulate.shapes import Truth
from rrcat.simulate.spectra import observe_spectra
from rrcat.simulate.streams import Stars, Streams, designations

Array = NDArray[np.float64]

NOTICE = "Simulated by rrcat: these stars do not exist."
MAGNITUDE_LIMIT = 20.5
FEW = 7
MANY_BAD, BAD = 0.15, 0.015
# How far [ppm] a period of another epoch is off that is drifting.
OFF_BY_DRIFT = 15e-6
# Standard error of E(B−V), as a share of it, and of the absorption in G [mag].
REDDENING_ERROR, ABSORPTION_ERROR = 0.10, 0.10
# Cycles a day by which a frequency may be mistaken: night and day, and the spin of the satellite.
ALIASES = (1.0, -1.0, 4.0, -4.0)


def simulate(
    n_stars: int,
    seed: int = 0,
    *,
    first: int = 1,
    truth: Truth = "curved",
    magnitude_limit: float = MAGNITUDE_LIMIT,
    bands: Sequence[str] = BANDS,
) -> dict[str, pl.DataFrame]:
    """Give the tables of a survey, each sorted by ``source_id``.

    Parameters
    ----------
    n_stars, first
        The stars with the numbers ``first`` to ``first + n_stars − 1``.
    truth
        How [Fe/H] follows from the light curve: ``linear`` with constant scatter, or ``curved``
        with scatter that changes.
    magnitude_limit
        Faintest mean magnitude in G.
    bands
        Bands of the light curves, of G, BP and RP.

    Returns
    -------
    ``stars``, ``light_curves`` and ``spectra``, as archives and papers give them: columns of the
    tables of these names. ``truth`` has the real values, and what is difficult about the star.
    """
    number = np.arange(first, first + n_stars)
    stars = draw_stars(number, seed, truth, magnitude_limit)
    streams = Streams(seed, number)
    observed = stars["difficulty"] != "no light curve"
    return {
        "stars": _catalogued(stars, streams),
        "light_curves": _observed(stars, observed, seed, bands),
        "spectra": observe_spectra(stars, seed),
        "truth": _true(stars),
    }


def _catalogued(stars: Stars, streams: Streams) -> pl.DataFrame:
    """What the archive says of the stars, with its errors and omissions."""
    kind, difficulty = stars["kind"], stars["difficulty"]
    period_error = streams.between("period error", 1e-6, 5e-6)
    # The archive lists a binary at half its period.
    period = np.where(kind == "eclipsing binary", stars["period"] / 2, stars["period"])
    period = period + period_error * streams.normal("period")
    drift = 1.0 + OFF_BY_DRIFT * streams.normal("period of another epoch")
    period = np.where(difficulty == "drift", period * drift, period)
    period = np.where(difficulty == "alias", _alias(period, streams), period)
    # Not every double-mode star is known to be one.
    known = streams.uniform("double mode is known") < 0.7
    listed = np.where((kind == "RRab") | ((kind == "RRd") & known), kind, "RRc")
    blazhko = np.where(streams.uniform("modulation is known") < 0.2, stars["blazhko"], False)
    mags = {
        f"phot_{band.lower()}_mean_mag": np.round(
            mean_magnitudes(stars, band) + 0.005 * streams.normal(f"mean magnitude in {band}"), 4
        )
        for band in BANDS
    }
    one_band = pl.Series(difficulty == "no BP and RP")
    reddening = stars["reddening"] * np.exp(REDDENING_ERROR * streams.normal("reddening"))
    typed = np.where(difficulty == "no pulsation type", "", listed)
    absorption = EXTINCTION["G"] * stars["reddening"]
    absorption = absorption + ABSORPTION_ERROR * streams.normal("absorption")
    return pl.DataFrame(
        {
            "source_id": stars["number"],
            "archive_id": designations(stars["number"]),
            "ra": stars["ra"],
            "dec": stars["dec"],
            "period": period,
            "period_error": period_error,
            "pulsation_type": listed,
            "blazhko": blazhko,
            **mags,
            "ebv": reddening,
            "ebv_error": REDDENING_ERROR * reddening,
            "g_absorption": absorption,
            "g_absorption_error": np.full(kind.size, ABSORPTION_ERROR),
        }
    ).with_columns(
        *(
            pl.when(pl.Series(difficulty != without)).then(pl.col(name)).alias(name)
            for name, without in (
                ("period", "no period"),
                ("period_error", "no period"),
                ("pulsation_type", "no pulsation type"),
            )
        ),
        pl.when("blazhko").then(True).alias("blazhko"),
        *(pl.when(~one_band).then(pl.col(f"phot_{band}_mean_mag")) for band in ("bp", "rp")),
        # As in Gaia, it is from colours, and for fundamental modes only.
        *(
            pl.when(~one_band & pl.Series(typed == "RRab")).then(name).alias(name)
            for name in ("g_absorption", "g_absorption_error")
        ),
    )


def _alias(period: Array, streams: Streams) -> Array:
    """Give an alias of each period between 0.2 and 1.2 d, the first in an order of its own."""
    start = streams.choice("alias", np.ones(len(ALIASES)))
    frequency = 1.0 / period
    found = np.zeros(period.size)
    for turn in range(len(ALIASES)):
        off = np.array(ALIASES)[(start + turn) % len(ALIASES)]
        alias = np.abs(frequency + off)
        inside = (alias > 1 / 1.2) & (alias < 1 / 0.2)
        found = np.where((found == 0.0) & inside, alias, found)
    return np.asarray(1.0 / np.where(found == 0.0, frequency, found))


def _observed(
    stars: Stars, observed: NDArray[np.bool_], seed: int, bands: Sequence[str]
) -> pl.DataFrame:
    """Measure the stars that have a light curve."""
    rows = np.flatnonzero(observed)
    place, time = transits(stars["ra"][rows], stars["dec"][rows], stars["number"][rows], seed)
    place = rows[place]
    rank = np.arange(place.size) - np.searchsorted(place, place)
    kept = (stars["difficulty"][place] != "few epochs") | (rank < FEW)
    place, time, rank = place[kept], time[kept], rank[kept]
    bad_share = np.where(stars["difficulty"] == "many bad epochs", MANY_BAD, BAD)
    measured = []
    for band in bands:
        here = np.ones(place.size, dtype=bool)
        if band != "G":
            here = stars["difficulty"][place] != "no BP and RP"
        true = magnitudes(stars, place[here], time[here], band)
        streams = Streams(seed, stars["number"][place[here]], rank[here])
        columns = measure(place[here], time[here], true, band, stars["excess"], bad_share, streams)
        at = columns.pop("place")
        measured.append(
            pl.DataFrame({"source_id": stars["number"][at], **columns}).with_columns(
                band=pl.lit(band)
            )
        )
    return (
        pl.concat(measured)
        .select("source_id", "band", "time", "mag", "mag_error", "rejected")
        .sort("source_id", "band", "time")
    )


def _true(stars: Stars) -> pl.DataFrame:
    kind = np.where(np.isin(stars["kind"], ["RRab", "RRc", "RRd"]), stars["kind"], "other")
    plain: dict[str, Any] = {
        name: stars[name]
        for name in (
            "feh",
            "expected_feh",
            "period",
            "absolute_mag",
            "distance_modulus",
            "reddening",
            "blazhko",
            "modulated_amplitude",
            "modulated_phase",
            "blend",
        )
    }
    return pl.DataFrame(
        {
            "source_id": stars["number"],
            "pulsation_type": kind,
            "kind": stars["kind"],
            "difficulty": stars["difficulty"],
            "system": stars["system"],
            **plain,
            "mean_mag": stars["mean_G"],
            **{f"a{k}": stars["amplitudes"][:, k - 1] for k in range(1, 9)},
            **{f"phi{k}1": np.mod(stars["phases"][:, k - 1], 2 * np.pi) for k in range(2, 9)},
        }
    ).with_columns(
        pl.col("feh", "expected_feh").fill_nan(None),
        pl.col("difficulty", "system").replace("", None),
    )


def write_survey(folder: Path, n_stars: int, seed: int = 0) -> Path:
    """Write ``stars.csv``, ``light_curves.parquet`` (G), ``truth.parquet`` and ``recipe.toml``.

    Gives the path of the recipe, which `rrcat build` follows as it is.
    """
    survey = simulate(n_stars, seed, bands=("G",))
    folder.mkdir(parents=True, exist_ok=True)
    survey["stars"].write_csv(folder / "stars.csv")
    for name in ("light_curves", "truth"):
        survey[name].write_parquet(folder / f"{name}.parquet", metadata={"simulated": NOTICE})
    recipe = folder / "recipe.toml"
    recipe.write_bytes(files("rrcat.simulate").joinpath("files.toml").read_bytes())
    return recipe
