import gzip

import pytest
from astropy.io import fits

from rrcat.release.fits import write_fits
from rrcat.release.fits_check import fits_problems


@pytest.fixture(scope="module")
def sound(tmp_path_factory, frame, table, about):
    path = tmp_path_factory.mktemp("sound") / "a.fits"
    write_fits(frame, table, about, path)
    return path


def keyword_of(name, keyword, table):
    return f"{keyword}{table.names.index(name) + 1}"


@pytest.mark.parametrize(
    ("column", "keyword", "value", "expected"),
    [
        ("feh", "TUCD", None, "is missing; it should be 'phys.abund.Fe'"),
        ("feh", "TUCD", "phot.mag", "'phot.mag' instead of 'phys.abund.Fe'"),
        ("archive_id", "TUCD", "meta.id;meta.main", "has 2 columns with the UCD"),
        ("dec", "TUCD", "pos.eq.ra;meta.main", "several columns with the UCD pos.eq.ra"),
        ("period", "TUNIT", None, "is missing; it should be 'd'"),
        ("period", "TUNIT", "s", "is 's' instead of 'd'"),
        ("phase_coverage", "TUNIT", "d", "is 'd' instead of None"),
        ("band", "TCOMM", None, "is missing; it should be 'Photometric band"),
        ("band", "TCOMM", "Colour", "is 'Colour' instead of"),
        ("n_harmonics", "TNULL", None, "is missing; it should be -32768"),
        ("n_harmonics", "TNULL", 0, "is 0 instead of -32768"),
        ("band", "TTYPE", "bant", "has the columns"),
        (None, "TIMESYS", "UTC", "TIMESYS is 'UTC' instead of 'TCB'"),
        (None, "TREFPOS", None, "TREFPOS is None"),
        (None, "JDREF", 0.0, "JDREF is 0.0"),
        (None, "RADESYS", "FK5", "RADESYS is 'FK5'"),
        (None, "POSEPOCH", "J2016.0", "POSEPOCH is 'J2016.0'"),
        (None, "VERSION", "1.2.4", "VERSION is '1.2.4'"),
        (None, "FEHSCALE", "ZW84", "FEHSCALE is 'ZW84'"),
    ],
)
def test_each_defect_is_told(tmp_path, sound, table, about, column, keyword, value, expected):
    spoilt = tmp_path / "spoilt.fits"
    key = keyword_of(column, keyword, table) if column else keyword
    with fits.open(sound) as hdus:
        if value is None:
            del hdus[1].header[key]
        else:
            hdus[1].header[key] = value
        hdus.writeto(spoilt, checksum=True)
    found = fits_problems(spoilt, table, about)
    assert any(expected in problem for problem in found), found


def test_a_sound_file_has_no_problems(sound, table, about):
    assert fits_problems(sound, table, about) == []


def test_missing_checksum_is_told(tmp_path, sound, table, about):
    spoilt = tmp_path / "spoilt.fits"
    with fits.open(sound) as hdus:
        for hdu in hdus:
            del hdu.header["CHECKSUM"]
        hdus.writeto(spoilt)
    assert fits_problems(spoilt, table, about) == ["has no CHECKSUM"]


def test_wrong_checksum_is_told(tmp_path, sound, table, about):
    content = bytearray(sound.read_bytes())
    content[-3000] ^= 1
    spoilt = tmp_path / "spoilt.fits"
    spoilt.write_bytes(content)
    found = fits_problems(spoilt, table, about)
    assert any("Datasum verification failed" in problem for problem in found)


def test_an_image_is_no_catalogue(tmp_path, table):
    path = tmp_path / "image.fits"
    fits.PrimaryHDU([[1, 2], [3, 4]]).writeto(path)
    assert fits_problems(path, table) == ["does not consist of one binary table"]


@pytest.mark.parametrize(("keyword", "value"), [("NAXIS2", 10**13), ("TFIELDS", 10**9)])
def test_counts_beyond_any_file_are_told_and_not_counted_to(tmp_path, sound, table, keyword, value):
    spoilt = tmp_path / "spoilt.fits"
    content = sound.read_bytes()
    place = content.index(f"{keyword:<8}= ".encode())
    card = f"{keyword:<8}= {value:>20}".ljust(80).encode()
    spoilt.write_bytes(content[:place] + card + content[place + 80 :])
    try:
        assert fits_problems(spoilt, table)
    except OSError:  # beyond the longest file of the file system, which `verify` tells as well
        assert keyword == "NAXIS2"


def test_a_compressed_file_is_not_unpacked(tmp_path, sound, table):
    packed = tmp_path / "a.fits"
    packed.write_bytes(gzip.compress(sound.read_bytes()))
    assert fits_problems(packed, table) == ["is no FITS file"]
