"""The tables that the TAP server of the tests serves, made of the real data of the tests.

Measured are all light curves, periods, Fourier parameters, positions and spectroscopic
metallicities. Made up are the transit numbers, the rejection flags (a G flux whose error exceeds
1 %), and in the survey of 20,000 stars the source ids, times and fluxes: its light curves are those
of `gaia_dr2_g_folded` and `asas_i`, some of them twice.
"""

from pathlib import Path

import numpy as np
import polars as pl
from astropy.io.votable import parse_single_table

SURVEY_STARS = 20_000
ZERO_POINT = 25.6874  # mag; Gaia DR3 G on the Vega system, Riello et al. (2021)
MULTI_BAND_STAR = 4057091150787104896  # ESA's own example, with G, BP and RP

CRESTANI = Path("gaia_dr3_crestani21")
# Columns that the archive serves in single precision, as these tables do.
_SINGLE = pl.selectors.matches("^(pf|phi.1_g)_error$|^phi.1_g$").cast(pl.Float32)
_MEASURED = ("mag", "flux", "flux_error")


def all_tables(data: Path) -> dict[str, pl.DataFrame]:
    """Give every table by its name in ADQL; its columns are some of those in the descriptors."""
    return gaia_tables(data) | survey_tables(data) | asas_tables(data) | vizier_tables(data)


def gaia_tables(data: Path) -> dict[str, pl.DataFrame]:
    """Give the 71 RRab of Crestani et al. (2021); ten of them have light curves.

    Five of the 71 have no position. The tables also hold the star of ESA's example of a light curve
    in three bands, without period and class.
    """
    rrab = pl.read_csv(data / CRESTANI / "rrab.csv")
    arrays = pl.concat(
        [_g_arrays(_crestani_curves(data)), _multi_band(data)], how="diagonal_relaxed"
    )
    mean = arrays.select(
        "source_id",
        phot_g_mean_mag=pl.col("g_transit_mag")
        .list.eval(pl.element().fill_nan(None))
        .list.mean()
        .cast(pl.Float32),
    )
    sources = pl.concat([rrab.select("source_id"), mean.select("source_id")]).unique()
    return {
        "gaiadr3.gaia_source": sources.join(_positions(data), on="source_id", how="left")
        .join(mean, on="source_id", how="left")
        .sort("source_id"),
        "gaiadr3.vari_rrlyrae": _vari_rrlyrae(rrab),
        "gaiadr3.epoch_photometry": arrays.sort("source_id"),
    }


def _vari_rrlyrae(rrab: pl.DataFrame) -> pl.DataFrame:
    errors = [f"A{k}_error" for k in (1, 2, 3)]
    known = rrab.select(
        "source_id",
        "pf",
        "pf_error",
        "phi21_g",
        "phi21_g_error",
        "phi31_g",
        "phi31_g_error",
        num_harmonics_for_p1_g=pl.lit(3),
        fund_freq1=1 / pl.col("pf"),
        fund_freq1_harmonic_ampl_g=pl.concat_list("A1", "A2", "A3"),
        fund_freq1_harmonic_ampl_g_error=pl.concat_list(errors),
        best_classification=pl.lit("RRab"),
    )
    multi_band = pl.DataFrame({"source_id": [MULTI_BAND_STAR]})
    return pl.concat([known, multi_band], how="diagonal").with_columns(_SINGLE).sort("source_id")


def _crestani_curves(data: Path) -> pl.DataFrame:
    return pl.read_csv(data / CRESTANI / "light_curves.csv").sort("source_id", "time")


def _positions(data: Path) -> pl.DataFrame:
    return (
        _spectroscopy(data)
        .select(source_id="gaia_dr2_source_id", ra="ra", dec="dec")
        .drop_nulls()
        .unique("source_id", keep="first", maintain_order=True)
    )


def _g_arrays(curves: pl.DataFrame) -> pl.DataFrame:
    """Give one row a star of rows with source_id, time, mag, flux and flux_error."""
    error = pl.col("flux_error") / pl.col("flux")
    return curves.group_by("source_id", maintain_order=True).agg(
        n_transits=pl.len(),
        transit_id=pl.int_range(pl.len()),
        g_transit_time="time",
        g_transit_flux="flux",
        g_transit_flux_error="flux_error",
        g_transit_mag="mag",
        photometry_flag_noisy_data=error > 0.03,
        variability_flag_g_reject=error > 0.01,
    )


def _multi_band(data: Path) -> pl.DataFrame:
    """Give ESA's example as one row; a band without a value in a transit has NaN there."""
    path = data / "esa_epoch_photometry" / f"dr3_long_{MULTI_BAND_STAR}.xml"
    table = parse_single_table(path).to_table()
    long = pl.DataFrame(
        {
            "transit_id": np.asarray(table["transit_id"]),
            "band": [str(band) for band in table["band"]],
            "time": np.ma.filled(table["time"], np.nan),
            "mag": np.ma.filled(table["mag"], np.nan),
            "flux": np.ma.filled(table["flux"], np.nan),
            "flux_error": np.ma.filled(table["flux_error"], np.nan),
            "photometry": np.asarray(table["rejected_by_photometry"]),
            "variability": np.asarray(table["rejected_by_variability"]),
        }
    )
    wide = long.select("transit_id").unique().sort("transit_id")
    for band, prefix, time in [
        ("G", "g_transit", "g_transit_time"),
        ("BP", "bp", "bp_obs_time"),
        ("RP", "rp", "rp_obs_time"),
    ]:
        flags = {"variability": f"variability_flag_{band.lower()}_reject"}
        if band == "G":
            flags["photometry"] = "photometry_flag_af1_reject"
        else:
            flags["photometry"] = f"photometry_flag_{band.lower()}_reject"
        columns = {"time": time, **{name: f"{prefix}_{name}" for name in _MEASURED}, **flags}
        wide = wide.join(
            long.filter(band=band).select("transit_id", *columns).rename(columns),
            on="transit_id",
            how="left",
            validate="1:1",
        )
    filled = wide.with_columns(
        pl.col(pl.Float64).fill_null(np.nan), pl.col(pl.Boolean).fill_null(True)
    )
    return filled.select(
        pl.lit(MULTI_BAND_STAR).alias("source_id"),
        pl.lit(wide.height).alias("n_transits"),
        *[pl.col(name).implode() for name in filled.columns],
    )


def survey_tables(data: Path, n_stars: int = SURVEY_STARS) -> dict[str, pl.DataFrame]:
    """Give so many stars in the layout of gaiadr3, with ids 1000, 1001, ... times 2^35."""
    number = pl.int_range(n_stars, eager=True)
    source_id = ((number + 1000) * 2**35).alias("source_id")
    curves = pl.concat([_folded_curves(data), _asas_curves(data)])
    flux = 10 ** (0.4 * (ZERO_POINT - pl.col("mag")))
    arrays = _g_arrays(
        curves.with_columns(pl.col("time").round(6), flux=flux.round(3))
        .with_columns(flux_error=(0.005 * pl.col("flux")).round(3))
        .sort("source_id", "time")
    )
    # Short curves and long ones in turn, so that the first stars are like the rest.
    chosen = number * 7919 % arrays.height
    return {
        "survey.gaia_source": pl.DataFrame(
            {
                "source_id": source_id,
                "ra": (number * (359.0 / n_stars)).round(6),
                "dec": (number * (170.0 / n_stars) - 85.0).round(6),
            }
        ),
        "survey.vari_rrlyrae": pl.DataFrame(
            {
                "source_id": source_id,
                "pf": 0.4 + number * (0.4 / n_stars),
                "best_classification": pl.repeat("RRab", n_stars, eager=True),
            }
        ),
        "survey.epoch_photometry": arrays[chosen].with_columns(source_id),
    }


def _folded_curves(data: Path) -> pl.DataFrame:
    """Give folded light curves with times: each observation some cycles after the one before."""
    folder = data / "gaia_dr2_g_folded"
    periods = pl.read_csv(folder / "stars.csv").select("source_id", "period").unique("source_id")
    folded = pl.read_parquet(folder / "light_curves.parquet").join(
        periods, on="source_id", how="left", maintain_order="left"
    )
    cycle = 3 * pl.int_range(pl.len()).over("source_id") + 2000
    period = pl.col("period").fill_null(0.55)
    return folded.select("source_id", "mag", time=(cycle + pl.col("phase")) * period)


def _asas_curves(data: Path) -> pl.DataFrame:
    curves = pl.read_parquet(data / "asas_i" / "light_curves.parquet")
    return curves.select(pl.col("asas_id").rank("dense").cast(pl.Int64), "mag", "time").rename(
        {"asas_id": "source_id"}
    )


def _spectroscopy(data: Path) -> pl.DataFrame:
    return pl.read_csv(data / "asas_i" / "spectroscopy.csv", infer_schema_length=None)


def asas_tables(data: Path) -> dict[str, pl.DataFrame]:
    """Give ASAS as one table of stars and one of observations."""
    curves = pl.read_parquet(data / "asas_i" / "light_curves.parquet")
    known = _spectroscopy(data).filter(pl.col("ID_ASAS").is_not_null())
    known = known.select(
        asas_id="ID_ASAS", ra="ra", dec="dec", period="period", variable_type="type"
    ).unique("asas_id", keep="first", maintain_order=True)
    return {
        "asas.stars": curves.select("asas_id")
        .unique()
        .join(known, on="asas_id", how="full", coalesce=True)
        .sort("asas_id"),
        "asas.light_curves": curves.rename({"time": "obs_time"}),
    }


def vizier_tables(data: Path) -> dict[str, pl.DataFrame]:
    """Give the stars of `gaia_tables` and the spectroscopy of `asas_i` in VizieR's columns."""
    gaia = gaia_tables(data)
    sources = gaia["gaiadr3.gaia_source"].rename(
        {"source_id": "Source", "ra": "RA_ICRS", "dec": "DE_ICRS", "phot_g_mean_mag": "Gmag"}
    )
    rrab = (
        gaia["gaiadr3.vari_rrlyrae"]
        .filter(pl.col("pf").is_not_null())
        .select(
            Source="source_id",
            PF="pf",
            e_PF="pf_error",
            phi21G="phi21_g",
            e_phi21G="phi21_g_error",
            phi31G="phi31_g",
            e_phi31G="phi31_g_error",
            Class="best_classification",
        )
    )
    transits = _crestani_curves(data).select(
        Source="source_id",
        TransitID=pl.int_range(pl.len()).over("source_id"),
        TimeG="time",
        FG="flux",
        e_FG="flux_error",
        Gmag="mag",
        noisyFlag=(pl.col("flux_error") > 0.01 * pl.col("flux")).cast(pl.Int16),
    )
    spectra = _spectroscopy(data).with_row_index("recno", offset=1)
    return {
        '"I/355/gaiadr3"': sources,
        '"I/358/vrrlyr"': rrab.join(
            sources.select("Source", "RA_ICRS", "DE_ICRS"), on="Source", how="left"
        ),
        '"I/355/epphot"': transits,
        '"J/ApJ/920/33/spectra"': spectra.select(
            "recno",
            Name="name",
            ASAS="ID_ASAS",
            GaiaDR2="gaia_dr2_source_id",
            RAJ2000="ra",
            DEJ2000="dec",
            VarType="type",
            Per="period",
            Ref="source",
            Inst="instrument",
            **{"[Fe/H]": "feh", "e_[Fe/H]": "e_feh"},
            Shift="shift",
            Keep="keep",
        ),
    }
