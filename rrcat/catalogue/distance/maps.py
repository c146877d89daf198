"""Maps of E(B−V): tables in HEALPix, and FITS images."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning
from numpy.typing import NDArray

from rrcat.archive.readers import read, require_file
from rrcat.catalogue.distance.config import Extinction, HealpixReddening, ImageReddening
from rrcat.errors import ArchiveError, RunError

Vector = NDArray[np.float64]

LEAST = -1.0
"""A smaller E(B-V) [mag] is no noise: maps have such numbers where they know nothing."""


def look_up(
    config: HealpixReddening | ImageReddening, ra: Vector, dec: Vector, folder: Path
) -> tuple[Vector, Vector]:
    """Give what a map says at each position, and its standard error; NaN where it says nothing.

    The value is that of the pixel that holds the position; nothing is interpolated. One below
    :data:`LEAST` is none.

    Parameters
    ----------
    ra, dec
        ICRS [deg], NaN where unknown; shape ``(n_stars,)``.
    folder
        That the paths of the map are relative to.

    Raises
    ------
    ArchiveError
        A file is missing, damaged or not what the recipe says.
    RunError
        A library that reads HEALPix is not installed.
    """
    known = np.isfinite(ra) & np.isfinite(dec)
    value, error = np.full(ra.size, np.nan), np.full(ra.size, np.nan)
    place = SkyCoord(ra[known] * units.deg, dec[known] * units.deg, frame="icrs")
    if isinstance(config, HealpixReddening):
        value[known], error[known] = _in_healpix(config, place, folder)
    else:
        value[known] = _in_images(config, place, folder)
    value[value < LEAST] = np.nan
    return value, error


def check_maps(extinction: Sequence[Extinction], folder: Path) -> None:
    """Raise as :func:`look_up` does where a map of a recipe cannot be used."""
    nowhere = np.empty(0)
    for source in extinction:
        if isinstance(source, HealpixReddening | ImageReddening):
            look_up(source, nowhere, nowhere, folder)


def _in_healpix(config: HealpixReddening, place: SkyCoord, folder: Path) -> tuple[Vector, Vector]:
    if find_spec("astropy_healpix") is None:
        raise RunError(
            "a map in HEALPix needs astropy-healpix", hint="python -m pip install 'rrcat[dust]'"
        )
    from astropy_healpix import HEALPix

    path = folder / config.file
    grid = HEALPix(nside=config.nside, order=config.order, frame=config.frame)
    ours = place.transform_to(config.frame).spherical
    pixel = np.asarray(grid.lonlat_to_healpix(ours.lon, ours.lat), dtype=np.int64)
    value, error = _pixels(config, path, _stamp(path), grid.npix)
    return value[pixel], error[pixel]


# Partitions are looked up one after the other in the same map.
@lru_cache(maxsize=1)
def _pixels(config: HealpixReddening, path: Path, stamp: int, count: int) -> tuple[Vector, Vector]:
    """Give value and error of every pixel in order, NaN for those that the table has not."""
    rows = read(path).frame
    asked = [name for name in (config.column, config.error_column, config.pixel_column) if name]
    for name in asked:
        if name not in rows.columns:
            raise ArchiveError(
                f"the map has no column {name!r}",
                file=path,
                column=name,
                hint=f"its columns are {', '.join(rows.columns)}",
            )
    if config.pixel_column is None:
        if rows.height != count:
            raise ArchiveError(
                f"the map has {rows.height} rows, and nside = {config.nside} has {count} pixels",
                file=path,
                hint="correct nside, or say which column numbers the pixels: pixel_column",
            )
        pixel = np.arange(count)
    else:
        numbers = rows[config.pixel_column].cast(pl.Int64)
        if numbers.null_count() or not numbers.is_between(0, count - 1).all():
            raise ArchiveError(
                f"numbers of pixels are not those of nside = {config.nside}",
                file=path,
                column=config.pixel_column,
                hint=f"they are whole numbers from 0 to {count - 1}; correct nside",
            )
        pixel = numbers.to_numpy()
    found = []
    for column in (config.column, config.error_column):
        cells = np.full(count, np.nan)
        if column is not None:
            if not rows[column].dtype.is_numeric():
                raise ArchiveError(
                    f"the map has no numbers in {column!r}",
                    file=path,
                    column=column,
                    hint="name the column of E(B-V), in magnitudes",
                )
            cells[pixel] = rows[column].cast(pl.Float64).fill_null(np.nan).to_numpy()
        found.append(cells)
    return found[0], found[1]


def _in_images(config: ImageReddening, place: SkyCoord, folder: Path) -> Vector:
    values, distances = [], []
    for name in config.files:
        value, distance = _in_image(folder / name, place)
        values.append(value)
        distances.append(distance)
    nearest = np.argmin(distances, axis=0)
    return np.asarray(np.choose(nearest, values))


def _in_image(path: Path, place: SkyCoord) -> tuple[Vector, Vector]:
    """Give the value of the image at each place, and how far its centre is [deg]."""
    pixels, wcs = _image(path, _stamp(path))
    if place.size == 0:
        return np.empty(0), np.empty(0)
    x, y = wcs.world_to_pixel(place)
    inside = (x > -0.5) & (x < pixels.shape[1] - 0.5) & (y > -0.5) & (y < pixels.shape[0] - 0.5)
    column, row = (np.rint(np.where(inside, each, 0.0)).astype(np.int64) for each in (x, y))
    value = np.where(inside, pixels[row, column].astype(np.float64), np.nan)
    centre = wcs.pixel_to_world(wcs.wcs.crpix[0] - 1, wcs.wcs.crpix[1] - 1)
    return value, np.asarray(place.separation(centre.icrs).deg)


@lru_cache(maxsize=2)  # one hemisphere each
def _image(path: Path, stamp: int) -> tuple[NDArray[Any], WCS]:
    """Give the pixels of an image, and where they are on the sky."""
    try:
        with warnings.catch_warnings(), fits.open(path, memmap=False) as content:
            warnings.simplefilter("ignore", FITSFixedWarning)
            image = next(each for each in content if each.header.get("NAXIS", 0) == 2)
            pixels = np.asarray(image.data)
            wcs = WCS(image.header)
    except (OSError, ValueError, StopIteration) as error:
        raise ArchiveError(
            f"no image can be read from the file: {str(error) or 'it holds none'}",
            file=path,
            hint="give a FITS file with a map in two dimensions",
        ) from None
    if not wcs.has_celestial:
        raise ArchiveError(
            "the image does not say which place on the sky a pixel is",
            file=path,
            hint="give a FITS image with celestial coordinates (CTYPE, CRVAL, CRPIX, CDELT)",
        )
    return pixels, wcs


def _stamp(path: Path) -> int:
    """Tell one state of a file from another, as what is kept of it must be told."""
    require_file(path)
    return path.stat().st_mtime_ns
