"""How large a report is for a survey of 10,000 stars, and for all RR Lyrae stars of Gaia DR3."""

import numpy as np
import polars as pl
import pytest

from rrcat.catalogue.showcase import MOST
from rrcat.release.candidate import read_candidate
from rrcat.release.report import report
from rrcat.release.report_material import Material
from rrcat.release.summary import summarise
from rrcat.run.report_stars import POINTS

MEGABYTE = 1_000_000
SHOWN, EPOCHS, LEFT_OUT = MOST, POINTS, POINTS // 3


def survey(table, n):
    """As many stars as that, spread over the sky, with values nearly all."""
    rng = np.random.default_rng(n)
    fundamental = rng.random(n) < 0.65
    period = np.where(fundamental, rng.normal(0.57, 0.08, n), rng.normal(0.33, 0.04, n))
    known = {
        "source_id": np.arange(n) * 10**13,
        "archive_id": pl.Series(np.arange(n)).cast(pl.String),
        "ra": rng.uniform(0, 360, n),
        "dec": np.degrees(np.arcsin(rng.uniform(-1, 1, n))),
        "pulsation_type": np.where(fundamental, "RRab", "RRc"),
        "period": period.clip(0.2, 1.0),
        "peak_to_peak": rng.normal(0.8, 0.25, n).clip(0.1, 1.6),
        "int_average_mag": rng.uniform(12, 20.5, n),
        "phi31_error": rng.lognormal(-2, 0.7, n),
        "n_epochs": rng.integers(12, 90, n),
        "feh": rng.normal(-1.5, 0.4, n),
        "feh_error": rng.lognormal(-1.4, 0.3, n),
        "feh_scale": "C21",
        "feh_status": "ok",
        "distance_modulus": rng.uniform(9, 19, n),
        "distance_modulus_error": rng.lognormal(-2, 0.3, n),
        "flags": rng.integers(0, 2**20, n),
    }
    rest = {name: None for name in table.names if name not in known}
    return (
        pl.DataFrame(known)
        .with_columns(
            pl.lit(cell, dtype=table[name].polars).alias(name) for name, cell in rest.items()
        )
        .select(pl.col(c.name).cast(c.polars) for c in table.column)
    )


def light_curves(rows):
    """As much of single stars as the report ever holds."""
    rng = np.random.default_rng(0)
    estimates = [
        {"estimator": f"e{i}", "feh": -1.5, "feh_error": 0.2, "status": "ok"} for i in range(7)
    ]
    one = {
        "why": ["flag few_epochs"] * 4,
        "zp_mag": 16.0,
        "amplitudes": rng.uniform(0, 0.3, 8).tolist(),
        "phases": rng.uniform(0, 6, 8).tolist(),
        "phase": rng.random(EPOCHS).tolist(),
        "mag": rng.uniform(15, 16, EPOCHS).tolist(),
        "mag_error": rng.uniform(0.01, 0.02, EPOCHS).tolist(),
        "left_out_phase": rng.random(LEFT_OUT).tolist(),
        "left_out_mag": rng.uniform(15, 16, LEFT_OUT).tolist(),
        "n_thinned": 10,
        "estimates": estimates,
    }
    return pl.DataFrame([{"source_id": star} | one for star in rows["source_id"].head(SHOWN)])


def calibrators(rows):
    """Half as many as there are stars in the largest sample of labels."""
    some = rows.head(5_000).select("source_id", "pulsation_type", feh_true="feh")
    noise = pl.Series(np.random.default_rng(1).normal(0, 0.2, some.height))
    found = some.with_columns(
        feh=pl.col("feh_true") + noise, feh_error=pl.lit(0.2), repeat=pl.lit(0), fold=pl.lit(0)
    )
    return pl.concat(found.with_columns(estimator=pl.lit(e)) for e in ("combination", "e0", "e1"))


@pytest.fixture
def size(table, about, candidate):
    """Give the bytes of the report of so many stars."""
    facts = read_candidate(candidate).facts

    def measure(n):
        rows = survey(table, n)
        material = Material(stars=light_curves(rows), out_of_fold=calibrators(rows))
        summary = summarise(rows, table)
        return len(report(rows, summary, table, about, facts, None, material).encode())

    return measure


def test_report_of_ten_thousand_stars_is_below_5_megabytes(size):
    assert size(10_000) < 5 * MEGABYTE


def test_report_of_all_stars_of_gaia_dr3_is_below_15_megabytes(size):
    assert size(270_905) < 15 * MEGABYTE
