"""Clusters and galaxies whose metallicity and distance are known, and which stars are theirs.

The numbers are in ``rrcat/catalogue/clusters.toml``.
"""

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import numpy as np
import polars as pl

from rrcat.archive.strict import Strict
from rrcat.catalogue.distance.coefficients import coefficient
from rrcat.catalogue.distance.relations import published
from rrcat.catalogue.validation.config import ClustersCheck

ARCMIN = 60.0
RELATION = "muraveva18"


class System(Strict):
    """A globular cluster or a galaxy; what its numbers mean is told in ``clusters.toml``."""

    name: str
    galaxy: bool = False
    ra: float
    dec: float
    pmra: float | None = None
    pmdec: float | None = None
    feh: float
    ebv: float
    distance_modulus: float
    distance_modulus_error: float
    radius: float
    feh_spread: bool = False
    anomalous: bool = False

    @property
    def mag(self) -> float:
        """Mean magnitude in G that its RR Lyrae stars are expected to have."""
        relation = published()[RELATION]
        absolute = relation.zero_point.value + relation.feh.slope * self.feh
        return self.distance_modulus + absolute + coefficient("G").value * self.ebv


class ScaleOffset(Strict):
    """What brings the [Fe/H] of clusters to the scale of catalogues, and its error [dex]."""

    value: float
    error: float
    status: str


class _File(Strict):
    scale_offset: ScaleOffset
    system: tuple[System, ...]


def clusters() -> tuple[System, ...]:
    """Give the globular clusters."""
    return tuple(system for system in _read().system if not system.galaxy)


def clouds() -> tuple[System, ...]:
    """Give the Magellanic Clouds."""
    return tuple(system for system in _read().system if system.galaxy)


def scale_offset() -> ScaleOffset:
    """Give what is added to the [Fe/H] of clusters [dex]."""
    return _read().scale_offset


def members(
    rows: pl.DataFrame, systems: tuple[System, ...], settings: ClustersCheck
) -> pl.DataFrame:
    """Give the rows of stars that belong to systems, with the name of theirs as ``system``.

    A star belongs to the first in whose circle it lies: a share of the radius of a cluster, all of
    that of a galaxy. Its proper motion, where it is known, must be near that of the cluster, and
    its mean magnitude in G, where there is one, near what is expected.

    Parameters
    ----------
    rows
        As :func:`~rrcat.catalogue.validation.evidence.rows_of` gives them.
    """
    placed = rows.drop_nulls(["ra", "dec"])
    found = [placed.clear().with_columns(system=pl.lit(None, dtype=pl.String))]
    found += [
        near.filter(_moves_with(one, settings) & _is_as_bright(one, settings)).with_columns(
            system=pl.lit(one.name)
        )
        for one, near in _near(placed, systems, settings.radius)
    ]
    return (
        pl.concat(found)
        .unique("source_id", keep="first", maintain_order=True)
        .sort("system", "source_id")
    )


def _near(
    rows: pl.DataFrame, systems: tuple[System, ...], share: float
) -> Iterator[tuple[System, pl.DataFrame]]:
    """Yield the rows within the radius of each system."""
    ra, dec = (np.radians(rows[name].to_numpy()) for name in ("ra", "dec"))
    for one in systems:
        radius = np.radians((1.0 if one.galaxy else share) * one.radius / ARCMIN)
        a, d = np.radians(one.ra), np.radians(one.dec)
        # The haversine is exact for the small angles in which clusters are seen.
        half = np.sin((dec - d) / 2) ** 2 + np.cos(dec) * np.cos(d) * np.sin((ra - a) / 2) ** 2
        yield one, rows.filter(pl.Series(half <= np.sin(radius / 2) ** 2))


def _moves_with(one: System, settings: ClustersCheck) -> pl.Expr:
    if one.pmra is None or one.pmdec is None:
        return pl.lit(True)
    off = ((pl.col("pmra") - one.pmra).pow(2) + (pl.col("pmdec") - one.pmdec).pow(2)).sqrt()
    return (off <= settings.proper_motion).fill_null(True)


def _is_as_bright(one: System, settings: ClustersCheck) -> pl.Expr:
    mag = pl.when(pl.col("band") == "G").then("int_average_mag")
    return ((mag - one.mag).abs() <= settings.magnitude).fill_null(True)


@cache
def _read() -> _File:
    text = files("rrcat.catalogue").joinpath("clusters.toml").read_text(encoding="utf-8")
    return _File.model_validate(tomllib.loads(text))
