"""Sums of FITS are those of astropy, however the data come."""

import numpy as np
import pytest
from astropy.io import fits

from rrcat.release.fits_checksum import encoded, ones_complement_sum


@pytest.mark.parametrize("size", [4, 2880, 288_000])
def test_a_sum_is_that_of_astropy_in_any_pieces(size):
    data = np.random.default_rng(size).integers(0, 256, size, dtype="u1")
    hdu = fits.ImageHDU(data)
    wanted = int(hdu.add_datasum())
    content = data.tobytes() + bytes(-size % 2880)
    assert ones_complement_sum([content]) == wanted
    assert ones_complement_sum([content[2000:]], ones_complement_sum([content[:2000]])) == wanted


@pytest.mark.parametrize("fill", [0, 255])
def test_nothing_but_noughts_is_nought_and_nothing_but_ones_is_not(fill):
    assert ones_complement_sum([bytes([fill]) * 2880]) == (0xFFFFFFFF if fill else 0)


def test_letters_of_a_checksum_are_those_of_astropy():
    for version in range(50):
        hdu = fits.PrimaryHDU()
        hdu.header["N"] = version
        hdu.add_checksum()
        told = hdu.header["CHECKSUM"]
        hdu.header["CHECKSUM"] = "0" * 16
        assert encoded(~ones_complement_sum([hdu.header.tostring().encode()])) == told
