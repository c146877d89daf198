"""Condense real light curves into the numbers that simulated RR Lyrae stars are drawn from.

    python derivations/simulated_shapes.py DATA

writes `rrcat/simulate/shapes.toml`. DATA is the folder of the real light curves that the tests use.
The package never imports this file.

1. RRab: of the folded Gaia DR2 curves with a period (Dékány & Grebel 2022; OGLE), every other star
   in order of `source_id`; the benchmark `simulation` looks at the rest. A mixture of Gaussians is
   fitted to period, A1, the coefficients A_k cos φ_k1 and A_k sin φ_k1 of the orders 2 to 8, and
   [Fe/H] where known, by expectation maximisation with the noise of every light curve taken out:
   what is found are the true shapes, not the measured ones. Points are weighted as from a Student
   distribution, and each star has its own noise. A sixth component would gain nothing on stars that
   are left out.
2. [Fe/H] of RRab given their shape, once linear and once curved with changing scatter: regressions
   in the population that 1. has found. The [Fe/H] are from I-band photometry; their scatter about
   period and φ31, 0.22 dex, is that of spectra (0.21 dex; Crestani et al. 2021, from 59 stars of
   which Gaia DR3 knows φ31 within 0.3 rad, errors taken out). Simulated stars whose [Fe/H] scatter
   by 0.157 dex about the linear relation come out of the same steps with 0.163 dex.
3. RRc: the same for every other star of Muraveva et al. (2025) in the Large Magellanic Cloud, of
   which period, A1 to A3, φ21 and φ31 are published; the fourth harmonic from ASAS I-band curves.
   [Fe/H] by the relation of Muraveva et al. with the scatter of its calibrators.
4. Noise: how much more the light curves of 1. scatter than their photon noise allows. Four tenths
   of the stars are calm; the rest are taken for modulated (Blazhko) stars.
5. BP and RP against G, from the epoch photometry of one RRab in Gaia DR2.
"""

import sys
from pathlib import Path

import numpy as np
import polars as pl
from astropy.io.votable import parse_single_table
from excess_noise import excess_scatter
from folded_curves import rrab, rrab_curves
from mixtures import Mixture, fit_mixture, started
from numpy.typing import NDArray
from relations import rrab_relations, rrc_relation
from toml_lines import lines

from rrcat.fourier.fit import fit_light_curves
from rrcat.harmonic import angular_difference

Array = NDArray[np.float64]

TABLE = Path(__file__).resolve().parent.parent / "rrcat" / "simulate" / "shapes.toml"
TURN = 2 * np.pi
N_COMPONENTS = {"RRab": 5, "RRc": 2}
# Gaia's errors of the RRc of the Cloud against what 45 epochs of that noise allow.
INFLATION = 1.3


def rrc(folder: Path) -> Mixture:
    """Give the mixture in period and the five coefficients of the shape of RRc in the Cloud."""
    stars = pl.read_parquet(folder / "muraveva25_lmc" / "stars.parquet")
    stars = stars.filter(Type="RRc").sort("source_id").gather_every(2)
    columns, errors = [stars["Period"], stars["A1"]], [np.full(stars.height, 1e-6)]
    errors.append(stars["A1_error"].to_numpy() / INFLATION)
    n = stars.height
    covariance = np.zeros((n, 6, 6))
    for place, error in enumerate(errors):
        covariance[:, place, place] = error**2
    for k in (2, 3):
        size, phase = stars[f"A{k}"].to_numpy(), stars[f"Phi{k}1"].to_numpy()
        along = stars[f"A{k}_error"].to_numpy() / INFLATION
        across = size * stars[f"Phi{k}1_error"].to_numpy() / INFLATION
        columns += [size * np.cos(phase), size * np.sin(phase)]
        turn = np.array([[np.cos(phase), -np.sin(phase)], [np.sin(phase), np.cos(phase)]])
        turn = turn.transpose(2, 0, 1)
        spread = np.zeros((n, 2, 2))
        # Three stars have errors of zero.
        spread[:, 0, 0], spread[:, 1, 1] = (
            np.maximum(along, 1e-3) ** 2,
            np.maximum(across, 1e-3) ** 2,
        )
        place = slice(2 * k - 2, 2 * k)
        covariance[:, place, place] = turn @ spread @ turn.transpose(0, 2, 1)
    values = np.stack([np.asarray(c) for c in columns], axis=1)
    centre, width = np.median(values, axis=0), np.std(values, axis=0)
    standard = (values - centre) / width
    information = np.linalg.inv(covariance / (width[:, None] * width))
    moment = (information @ standard[:, :, None])[:, :, 0]
    start = started(standard, N_COMPONENTS["RRc"])
    found, _, _ = fit_mixture(information, moment, start, 200)
    return Mixture(
        found.weight, found.mean * width + centre, found.covariance * width[:, None] * width
    )


def fourth_harmonic(folder: Path) -> dict:
    """Give A4/A1 and φ41 of RRc that show one in I, and how φ41 scatters."""
    stars = pl.read_csv(folder / "asas_i" / "spectroscopy.csv", infer_schema_length=None)
    stars = (
        stars.filter(pl.col("type").str.starts_with("RRc"), pl.col("ID_ASAS").is_not_null())
        .unique("ID_ASAS", maintain_order=True)
        .with_row_index("source_id")
        .with_columns(pl.col("source_id").cast(pl.Int64))
    )
    points = pl.read_parquet(folder / "asas_i" / "light_curves.parquet")
    points = points.join(stars, left_on="asas_id", right_on="ID_ASAS").with_columns(
        band=pl.lit("I")
    )
    fits = fit_light_curves(points, stars, ["I"])
    fits = fits.filter(pl.col("residual_scatter") < 0.04, pl.col("a4").is_not_null())
    off = angular_difference(fits["phi41"].to_numpy(), 2.0)
    return {
        "order": 4,
        "ratio": fits["r41"].median(),
        "phase": 2.0 + np.median(off),
        "scatter": 1.4826 * np.median(np.abs(off - np.median(off))),
    }


def bands(folder: Path) -> dict:
    """Give BP and RP against G: amplitudes, the phase of order 1, and steps of φ_k1 an order."""
    name = "dr2_long_5813181197970338560.xml"
    raw = parse_single_table(folder / "esa_epoch_photometry" / name).to_table()
    points = pl.DataFrame(
        {
            "source_id": np.ones(len(raw), dtype=np.int64),
            "band": np.asarray(raw["band"]).astype(str),
            "time": np.asarray(raw["time"]),
            "mag": np.asarray(raw["mag"]),
            "mag_error": 1.0857 / np.asarray(raw["flux_over_error"]),
            "rejected": np.asarray(raw["rejected_by_variability"]).astype(bool),
        }
    )
    stars = pl.DataFrame({"source_id": [1], "period": [0.957652]})
    fits = {
        row["band"]: row for row in fit_light_curves(points, stars, ["G", "BP", "RP"]).to_dicts()
    }
    green = fits["G"]

    def at_zero(row: dict) -> float:
        return row["phi1"] - TURN * row["reference_time"] / green["period"]

    return {
        band: {
            "amplitude": np.mean([row[f"a{k}"] / green[f"a{k}"] for k in (1, 2, 3)]),
            "lead": float(angular_difference(at_zero(row), at_zero(green))),
            "step": np.mean(
                [angular_difference(row[f"phi{k}1"], green[f"phi{k}1"]) / (k - 1) for k in (2, 3)]
            ),
        }
        for band, row in fits.items()
        if band != "G"
    }


def numbers(folder: Path) -> dict:
    """Give everything that the table holds."""
    of_rrab, curves = rrab(rrab_curves(folder), N_COMPONENTS["RRab"])
    of_rrc = rrc(folder)
    return {
        "RRab": {
            "limits": {"period": [0.3, 1.0], "a1": [0.06, 0.50], "feh": [-3.0, 0.3]},
            "component": components(of_rrab, slice(0, -1)),
            "feh": rrab_relations(population(of_rrab)),
        },
        "RRc": {
            "limits": {"period": [0.2, 0.46], "a1": [0.05, 0.30], "feh": [-3.0, 0.3]},
            "component": components(of_rrc, slice(0, None)),
            "tail": [fourth_harmonic(folder)],
            "feh": rrc_relation(of_rrc.draw(np.random.default_rng(0), 200_000)),
        },
        "scatter": excess_scatter(curves),
        "band": bands(folder),
    }


def population(mixture: Mixture) -> Array:
    """Give many stars of a mixture of RRab, but for those that there cannot be."""
    drawn = mixture.draw(np.random.default_rng(0), 200_000)
    return drawn[(drawn[:, 1] > 0.06) & (drawn[:, 0] > 0.33) & (drawn[:, 0] < 1.0)]


def components(mixture: Mixture, kept: slice) -> list[dict]:
    """Give the Gaussians by weight, mean and lower Cholesky factor."""
    return [
        {"weight": weight, "mean": mean[kept], "root": np.linalg.cholesky(covariance[kept, kept])}
        for weight, mean, covariance in zip(
            mixture.weight, mixture.mean, mixture.covariance, strict=True
        )
    ]


HEAD = """# What simulated light curves are drawn from, condensed from real ones by
# derivations/simulated_shapes.py, which tells how; never edited by hand. Periods are in d,
# amplitudes in mag, phases in rad (cosine series, G), [Fe/H] in dex on the scale C21.
#
# RRab: Dékány & Grebel 2022, ApJS 261, 33; Soszyński et al. 2019, Acta Astronomica 69, 321.
# RRc: Muraveva et al. 2025, MNRAS 536, 2749; Dékány, Grebel & Pojmański 2021, ApJ 920, 33.
# Bands: Gaia Collaboration 2018, A&A 616, A1 (source 5813181197970338560).
# The curvature of the RRc relation is assumed.
"""


if __name__ == "__main__":
    content = numbers(Path(sys.argv[1]))
    TABLE.write_text(HEAD + "\n".join(lines(content)) + "\n", encoding="utf-8")
