"""Recipes of archives that the TAP server of the tests serves, and what their stores must hold."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import tomli_w
from dachs import TapServer

JOIN = "{0}.vari_rrlyrae AS rrl JOIN {0}.gaia_source AS src ON rrl.source_id = src.source_id"
SPECTRA = (
    'SELECT ASAS, GaiaDR2, Name, "[Fe/H]", "e_[Fe/H]", Shift, Ref, Inst, Per, VarType'
    ' FROM "J/ApJ/920/33/spectra" WHERE Keep IS NULL OR Keep > 0'
)
IN_VIZIER = {
    "ID_ASAS": "ASAS",
    "gaia_dr2_source_id": "GaiaDR2",
    "name": "Name",
    "feh": "[Fe/H]",
    "e_feh": "e_[Fe/H]",
    "shift": "Shift",
    "source": "Ref",
    "instrument": "Inst",
    "period": "Per",
    "type": "VarType",
}
Section = dict[str, Any]


def gaia(url: str, schema: str = "gaiadr3", **more: Any) -> Section:
    """Give the archive of `gaia-dr3-aip` served at a URL; sections of `more` go before its own."""
    archive: Section = {
        "kind": "tap",
        "profile": "gaia-dr3-aip",
        "service": {"url": url, "max_upload_rows": 20_000},
        "stars": {"from": JOIN.format(schema)},
        "light_curves": {"from": f"{schema}.epoch_photometry"},
    }
    return merged(archive, more)


def vizier(url: str, **more: Any) -> Section:
    """Give the archive of `gaia-dr3-vizier` served at a URL."""
    archive: Section = {"kind": "tap", "profile": "gaia-dr3-vizier", "service": {"url": url}}
    return merged(archive, more)


def asas(url: str, **more: Any) -> Section:
    """Give the archive of catalogues/asas-i served at a URL."""
    types = {"RRab": "RRab", "RRab-BL": "RRab", "RRc": "RRc", "RRc-BL": "RRc"}
    archive: Section = {
        "kind": "tap",
        "survey": "ASAS",
        "time": {"scale": "UTC", "reference_position": "HELIOCENTER", "origin_jd": 2450000.0},
        "service": {"url": url, "max_upload_rows": 20_000},
        "stars": {
            "from": "asas.stars",
            "columns": {
                "archive_id": "asas_id",
                "ra": "ra",
                "dec": "dec",
                "period": "period",
                "variable_type": "variable_type",
                "pulsation_type": {"column": "variable_type", "values": types},
                "blazhko": {"column": "variable_type", "contains": "-BL"},
            },
        },
        "light_curves": {
            "kind": "tap",
            "from": "asas.light_curves",
            "forms": [
                {
                    "kind": "long",
                    "columns": {
                        "archive_id": "asas_id",
                        "band": {"value": "I"},
                        "time": "obs_time",
                        "mag": "mag",
                        "mag_error": "mag_error",
                    },
                }
            ],
        },
    }
    return merged(archive, more)


def spectra(url: str, published: Section) -> Section:
    """Give the calibration of catalogues/asas-i with its spectra over TAP in place of a file."""
    columns = {
        ours: IN_VIZIER[source]
        if isinstance(source, str)
        else source | {"column": IN_VIZIER[source["column"]]}
        for ours, source in published["columns"].items()
    }
    kept = {key: value for key, value in published.items() if key not in ("file", "where")}
    return kept | {"query": {"url": url, "adql": SPECTRA}, "columns": columns}


def merged(archive: Section, more: Mapping[str, Any]) -> Section:
    """Give a section with others over it, key by key."""
    both = dict(archive)
    for key, value in more.items():
        known = both.get(key)
        both[key] = merged(known, value) if isinstance(known, dict) and value else value
    return both


def write_recipe(folder: Path, archive: Section, **more: Any) -> Path:
    """Write a recipe with this archive into a folder, made where it is not there."""
    recipe = {
        "catalogue": {"name": "test", "title": "Test", "schema": "rrl_metallicity", "scale": "C21"},
        "archive": archive,
        "period_search": {"enabled": False},
        "estimator": [{"id": "literature-relations"}],
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "recipe.toml"
    path.write_text(tomli_w.dumps(recipe | more))
    return path


def observations(server: TapServer, schema: str) -> pl.DataFrame:
    """Give the light curves that a fetch of a schema's arrays must bring, all bands."""
    table = server.tables[f"{schema}.epoch_photometry"]
    bands = [
        _band(table, band, prefix, time, flags)
        for band, prefix, time, flags in [
            (
                "BP",
                "bp",
                "bp_obs_time",
                ("photometry_flag_bp_reject", "variability_flag_bp_reject"),
            ),
            ("G", "g_transit", "g_transit_time", ("variability_flag_g_reject",)),
            (
                "RP",
                "rp",
                "rp_obs_time",
                ("photometry_flag_rp_reject", "variability_flag_rp_reject"),
            ),
        ]
        if time in table.columns
    ]
    return pl.concat(bands).sort("source_id", "band", "time")


def _band(
    table: pl.DataFrame, band: str, prefix: str, time: str, flags: tuple[str, ...]
) -> pl.DataFrame:
    cells = {"time": time, **{name: f"{prefix}_{name}" for name in ("mag", "flux", "flux_error")}}
    long = table.select("source_id", *cells.values(), *flags).explode(*cells.values(), *flags)
    return long.select(
        "source_id",
        pl.lit(band).alias("band"),
        *[pl.col(name).fill_nan(None).alias(ours) for ours, name in cells.items()],
        rejected=pl.any_horizontal(flags),
    ).filter(pl.col("mag").is_not_null())


def magnitude_error() -> pl.Expr:
    """Give the error of a magnitude from that of its flux."""
    return 2.5 / math.log(10) * (pl.col("flux_error") / pl.col("flux"))
