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
   which Gaia DR3 knows φ31 within 0.3 rad, errors taken out).
3. RRc: the same for every other star of Muraveva et al. (2025) in the Large Magellanic Cloud, of
   which period, A1 to A3, φ21 and φ31 are published; the fourth harmonic from ASAS I-band curves.
   [Fe/H] by the relation of Muraveva et al. with the scatter of its calibrators.
4. Noise: how much more the light curves of 1. scatter than their photon noise allows. Four tenths
   of the stars are calm; the rest are taken for modulated (Blazhko) stars.
5. BP and RP against G, from the epoch photometry of one RRab in Gaia DR2.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl
from astropy.io.votable import parse_single_table
from folded_curves import Curves, rrab, rrab_curves
from mixtures import Mixture, fit_mixture, started
from numpy.typing import NDArray
from scipy.optimize import minimize

from rrcat.fourier.fit import fit_light_curves
from rrcat.harmonic import angular_difference
from rrcat.simulate.photometry import photon_noise

Array = NDArray[np.float64]

TABLE = Path(__file__).resolve().parent.parent / "rrcat" / "simulate" / "shapes.toml"
TURN = 2 * np.pi
N_COMPONENTS = {"RRab": 5, "RRc": 2}
# Gaia's errors of the RRc of the Cloud against what 45 epochs of that noise allow.
INFLATION = 1.3
TERMS = ("period", "a1", "a2", "a3", "phi21", "phi31")


def terms(values: Array) -> tuple[Array, Array, Array]:
    """Give the columns TERMS, standardised, with their centres and widths."""
    columns = [values[:, 0], values[:, 1]]
    columns += [np.hypot(values[:, 2 * k - 2], values[:, 2 * k - 1]) for k in (2, 3)]
    for k in (2, 3):
        phase = np.arctan2(values[:, 2 * k - 1], values[:, 2 * k - 2])
        middle = np.arctan2(np.sin(phase).mean(), np.cos(phase).mean()) % TURN
        columns.append(middle + angular_difference(phase, middle))
    stacked = np.stack(columns, axis=1)
    centre, width = np.median(stacked, axis=0), np.std(stacked, axis=0)
    return (stacked - centre) / width, centre, width


def with_products(columns: Array) -> Array:
    """Give a constant, the columns, and their products."""
    first, second = np.triu_indices(columns.shape[1])
    return np.column_stack([np.ones(len(columns)), columns, columns[:, first] * columns[:, second]])


def truths(mixture: Mixture) -> dict:
    """Give the linear and the curved relation of [Fe/H] in the population of a mixture."""
    drawn = mixture.draw(np.random.default_rng(0), 200_000)
    drawn = drawn[(drawn[:, 1] > 0.06) & (drawn[:, 0] > 0.33) & (drawn[:, 0] < 1.0)]
    columns, centre, width = terms(drawn)
    feh, straight = drawn[:, -1], np.column_stack([np.ones(len(drawn)), columns])
    told = {"terms": list(TERMS), "centre": centre, "width": width}
    for name, design in (("linear", straight), ("curved", with_products(columns))):
        found = np.linalg.lstsq(design, feh, rcond=None)[0]
        rest = feh - design @ found
        told[name] = {"coefficients": found, "log_scatter": [np.log(rest.std())]}
    told["curved"]["log_scatter"] = _log_scatter(straight, rest)
    return told


def _log_scatter(design: Array, rest: Array) -> Array:
    """Give log σ of residuals as a linear function."""
    found = np.linalg.lstsq(design, np.log(np.abs(rest) + 1e-6), rcond=None)[0]
    found[0] += 0.5 * np.log(np.mean((rest * np.exp(-design @ found)) ** 2))
    return np.asarray(found)


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


def rrc_relation(mixture: Mixture) -> dict:
    """Give the published relation, and one curved by as much as that of RRab is, by assumption.

    [Fe/H] = 0.80 − 8.54 P + 0.23 φ31 − 9.34 A2 (Muraveva et al. 2025). Its calibrators scatter by
    0.21 dex, of which about 0.1 dex are errors of their spectra.
    """
    _, centre, width = terms(mixture.draw(np.random.default_rng(0), 200_000))
    of = [TERMS.index(name) for name in ("period", "a2", "phi31")]
    centre, width = centre[of], width[of]
    slopes = np.array([-8.54, -9.34, 0.23])
    linear = [0.80 + slopes @ centre, *(slopes * width)]
    scatter = np.log(np.sqrt(0.21**2 - 0.10**2))
    return {
        "terms": [TERMS[i] for i in of],
        "centre": centre,
        "width": width,
        "linear": {"coefficients": linear, "log_scatter": [scatter]},
        "curved": {
            "coefficients": [*linear, -0.04, 0.0, 0.04, 0.0, 0.0, 0.02],
            "log_scatter": [scatter, 0.1, 0.1, 0.0],
        },
    }


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


def excess_scatter(curves: Curves) -> dict:
    """Give by what factor errors are too small, and the scatter that they leave open.

    That scatter is log-normal, with other medians and spreads for calm and for modulated stars.
    """
    mag = np.array([mag.mean() for mag in curves.mag])
    usable = mag > 14
    value, photons = np.log(curves.scatter[usable]), photon_noise(mag[usable], "G")
    # The rms of so few residuals is uncertain by this much.
    width = 1.0 / np.sqrt([2 * points.size for points in curves.mag])[usable, None]
    grid = np.log(np.geomspace(1e-3, 0.3, 80))

    def unlikely(given: Array) -> float:
        factor, share = np.exp(given[0]), 1 / (1 + np.exp(-given[1]))
        calm, modulated = (
            np.exp(-0.5 * ((grid - given[i]) / np.exp(given[i + 1])) ** 2) / np.exp(given[i + 1])
            for i in (2, 4)
        )
        density = (1 - share) * calm + share * modulated
        total = np.log(np.hypot(factor * photons[:, None], np.exp(grid)))
        inner = np.exp(-0.5 * ((value[:, None] - total) / width) ** 2) @ density
        return -np.log(inner + 1e-300).sum()

    start = np.array([0.3, -0.5, np.log(0.007), np.log(0.3), np.log(0.03), np.log(0.5)])
    found = minimize(unlikely, start, method="Nelder-Mead", options={"maxiter": 4000}).x
    return {
        "errors": {"factor": np.exp(found[0])},
        "calm": {"median": np.exp(found[2]), "log_spread": np.exp(found[3])},
        "modulated": {
            "share": 1 / (1 + np.exp(-found[1])),
            "median": np.exp(found[4]),
            "log_spread": np.exp(found[5]),
        },
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
    shape = slice(0, -1)
    return {
        "RRab": {
            "limits": {"period": [0.3, 1.0], "a1": [0.06, 0.50], "feh": [-3.0, 0.3]},
            "component": components(of_rrab, shape),
            "feh": truths(of_rrab),
        },
        "RRc": {
            "limits": {"period": [0.2, 0.46], "a1": [0.05, 0.30], "feh": [-3.0, 0.3]},
            "component": components(of_rrc, slice(0, None)),
            "tail": [fourth_harmonic(folder)],
            "feh": rrc_relation(of_rrc),
        },
        "scatter": excess_scatter(curves),
        "band": bands(folder),
    }


def components(mixture: Mixture, kept: slice) -> list[dict]:
    """Give the Gaussians by weight, mean and lower Cholesky factor."""
    return [
        {"weight": weight, "mean": mean[kept], "root": np.linalg.cholesky(covariance[kept, kept])}
        for weight, mean, covariance in zip(
            mixture.weight, mixture.mean, mixture.covariance, strict=True
        )
    ]


def lines(content: dict, place: str = "") -> Iterable[str]:
    """Give nested tables as lines of TOML, numbers with five digits."""
    tables = {key: value for key, value in content.items() if isinstance(value, dict)}
    lists = {
        key: value
        for key, value in content.items()
        if isinstance(value, list) and isinstance(value[0], dict)
    }
    for key, value in content.items():
        if key == "root":
            yield "root = ["
            yield from (f"  {_text(row[: i + 1])}," for i, row in enumerate(value))
            yield "]"
        elif key not in tables and key not in lists:
            yield f"{key} = {_text(value)}"
    for key, value in [*tables.items(), *((k, v) for k, each in lists.items() for v in each)]:
        name = f"{place}.{key}".strip(".")
        yield f"\n[[{name}]]" if key in lists else f"\n[{name}]"
        yield from lines(value, name)


def _text(value: object) -> str:
    if isinstance(value, list | tuple | np.ndarray):
        return "[" + ", ".join(_text(each) for each in value) + "]"
    if isinstance(value, str):
        return f'"{value}"'
    return str(value) if isinstance(value, int) else repr(float(f"{value:.5g}"))


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
