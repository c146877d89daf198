"""A map is read where the star is, in the frame of the map."""

import astropy_healpix as healpix
import numpy as np
import polars as pl
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from pydantic import TypeAdapter

from rrcat.catalogue.distance import maps
from rrcat.catalogue.distance.config import Extinction
from rrcat.catalogue.distance.maps import check_maps, look_up
from rrcat.errors import ArchiveError, RunError

NSIDE = 8
PIXELS = 12 * NSIDE**2
RA = np.array([10.0, 266.4, 192.86, np.nan, 80.9])
DEC = np.array([-70.0, -28.9, 27.13, 5.0, -69.8])


def config(**keys):
    return TypeAdapter(Extinction).validate_python({"system": "SFD"} | keys)


def grid(folder, **keys):
    told = {"kind": "healpix", "file": "map.parquet", "nside": NSIDE, "order": "nested"}
    return look_up(config(**told | keys), RA, DEC, folder)


def galactic_pixels(order="nested"):
    place = SkyCoord(RA[~np.isnan(RA)], DEC[~np.isnan(DEC) & ~np.isnan(RA)], unit="deg").galactic
    return healpix.HEALPix(NSIDE, order=order).lonlat_to_healpix(place.l, place.b)


@pytest.fixture
def whole(tmp_path):
    """A map whose value in every pixel is the number of the pixel."""
    frame = pl.DataFrame({"ebv": np.arange(PIXELS, dtype=float)})
    frame.with_columns(error=pl.col("ebv") / 10).write_parquet(tmp_path / "map.parquet")
    return tmp_path


@pytest.mark.parametrize("order", ["nested", "ring"])
def test_a_star_has_the_value_of_its_pixel(whole, order):
    value, error = grid(whole, order=order, error_column="error")
    np.testing.assert_array_equal(value[[0, 1, 2, 4]], galactic_pixels(order))
    np.testing.assert_allclose(error[[0, 1, 2, 4]], galactic_pixels(order) / 10)
    assert np.isnan(value[3])


def test_a_map_in_another_frame_gives_other_pixels(whole):
    value, _ = grid(whole, frame="icrs")
    here = healpix.HEALPix(NSIDE, order="nested").lonlat_to_healpix(
        RA[:3] * units.deg, DEC[:3] * units.deg
    )
    np.testing.assert_array_equal(value[:3], here)
    assert (value[:3] != grid(whole)[0][:3]).all()


def test_without_a_column_of_errors_they_are_not_known(whole):
    assert np.isnan(grid(whole)[1]).all()


def test_a_part_of_the_sky_is_looked_up_by_number(tmp_path):
    pixel = int(galactic_pixels()[1])
    part = pl.DataFrame({"ipix": [pixel, (pixel + 7) % PIXELS], "ebv": [1.5, 9.0]})
    part.write_parquet(tmp_path / "map.parquet")
    value, _ = grid(tmp_path, pixel_column="ipix")
    np.testing.assert_array_equal(value, [np.nan, 1.5, np.nan, np.nan, np.nan])


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"nside": 16}, "768 rows, and nside = 16 has 3072 pixels"),
        ({"column": "EBV"}, "no column 'EBV'"),
        ({"file": "none.parquet"}, "no such file|not found"),
        ({"pixel_column": "ebv", "nside": 4}, "not those of nside = 4"),
    ],
)
def test_a_map_that_is_not_as_the_recipe_says_is_refused(whole, keys, message):
    with pytest.raises(ArchiveError, match=message):
        grid(whole, **keys)


def test_fill_values_are_no_extinction(whole):
    path = whole / "map.parquet"
    unseen = pl.when(pl.col("ebv") >= 0).then(-1.6375e30).alias("ebv")
    pl.read_parquet(path).with_columns(unseen).write_parquet(path)
    value, _ = grid(whole)
    assert np.isnan(value).all()


def test_a_column_of_words_is_refused(whole):
    path = whole / "map.parquet"
    pl.read_parquet(path).with_columns(ebv=pl.lit("thick")).write_parquet(path)
    with pytest.raises(ArchiveError, match="no numbers in 'ebv'"):
        grid(whole)


def test_without_the_library_it_says_what_to_install(whole, monkeypatch):
    monkeypatch.setattr(maps, "find_spec", lambda name: None)
    with pytest.raises(RunError) as caught:
        grid(whole)
    assert caught.value.hint == "python -m pip install 'rrcat[dust]'"


def image(path, pole):
    """An equal-area image of a Galactic hemisphere; its value is the angle from the south pole."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["GLON-ZEA", "GLAT-ZEA"]
    wcs.wcs.crval = [0.0, pole]
    wcs.wcs.crpix = [64.5, 64.5]
    wcs.wcs.cdelt = [-1.4, 1.4]
    wcs.wcs.cunit = ["deg", "deg"]
    y, x = np.mgrid[0:128, 0:128]
    angle = np.nan_to_num(wcs.pixel_to_world(x, y).b.deg) + 90
    fits.PrimaryHDU(angle, wcs.to_header()).writeto(path)


def test_of_several_images_the_nearest_is_asked(tmp_path):
    image(tmp_path / "north.fits", 90.0)
    image(tmp_path / "south.fits", -90.0)
    told = config(kind="image", files=["north.fits", "south.fits"])
    value, error = look_up(told, RA, DEC, tmp_path)
    known = ~np.isnan(RA)
    latitude = SkyCoord(RA[known], DEC[known], unit="deg").galactic.b.deg
    np.testing.assert_allclose(value[known], latitude + 90, atol=1.5)
    assert np.isnan(value[3])
    assert np.isnan(error).all()


def test_a_place_outside_an_image_has_no_value(tmp_path):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [80.9, -69.8]
    wcs.wcs.crpix = [2.0, 2.0]
    wcs.wcs.cdelt = [-0.1, 0.1]
    pixels = np.arange(9.0).reshape(3, 3)
    fits.PrimaryHDU(pixels, wcs.to_header()).writeto(tmp_path / "lmc.fits")
    value, _ = look_up(config(kind="image", files=["lmc.fits"]), RA, DEC, tmp_path)
    np.testing.assert_array_equal(value, [np.nan, np.nan, np.nan, np.nan, 4.0])


def test_a_file_without_an_image_on_the_sky_is_refused(tmp_path):
    (tmp_path / "text.fits").write_text("no FITS")
    fits.PrimaryHDU().writeto(tmp_path / "empty.fits")
    fits.PrimaryHDU(np.ones((3, 3))).writeto(tmp_path / "plain.fits")
    for name, message in (
        ("text", "no image can be read"),
        ("empty", "it holds none"),
        ("plain", "which place on the sky"),
    ):
        with pytest.raises(ArchiveError, match=message):
            look_up(config(kind="image", files=[f"{name}.fits"]), RA, DEC, tmp_path)


def test_a_map_that_cannot_be_used_is_found_before_any_star(whole):
    told = config(kind="healpix", file="map.parquet", nside=NSIDE, order="nested")
    check_maps([config(kind="ebv"), told], whole)
    with pytest.raises(ArchiveError, match="pixels"):
        check_maps([told.model_copy(update={"nside": 2 * NSIDE})], whole)
    (whole / "map.parquet").unlink()
    with pytest.raises(ArchiveError):
        check_maps([told], whole)


def test_a_map_that_was_replaced_is_read_again(whole):
    before, _ = grid(whole)
    pl.read_parquet(whole / "map.parquet").with_columns(pl.col("ebv") + 1).write_parquet(
        whole / "map.parquet"
    )
    np.testing.assert_array_equal(grid(whole)[0], before + 1)
