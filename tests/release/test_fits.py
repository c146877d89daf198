import subprocess
import warnings

import polars as pl
import pytest
from astropy import units
from astropy.io import fits
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from through_astropy import read_fits

from rrcat.release.cells import header_text
from rrcat.release.fits import write_fits
from rrcat.release.fits_check import fits_problems
from rrcat.release.reading import as_read, fits_batches


@pytest.fixture(scope="module")
def written(tmp_path_factory, frame, table, about):
    path = tmp_path_factory.mktemp("fits") / "example.fits"
    write_fits(frame, table, about, path)
    return path


@settings(deadline=None)
@given(data=st.data())
def test_any_frame_comes_back_through_astropy_and_through_verification(
    tmp_path_factory, any_frame, every_type, about, data
):
    frame = data.draw(any_frame)
    path = tmp_path_factory.mktemp("any") / "any.fits"
    write_fits(frame, every_type, about, path)
    assert fits_problems(path, every_type, about) == []
    wanted = as_read(frame, every_type, "fits")
    assert read_fits(path, every_type).equals(wanted)
    batches = fits_batches(path, every_type)
    assert pl.concat([every_type.empty(), *batches]).equals(wanted)


@pytest.mark.parametrize("which", ["frame", "empty"])
def test_fitsverify_finds_nothing(tmp_path, which, written, every_type, about, tool):
    path = written
    if which == "empty":
        path = tmp_path / "empty.fits"
        write_fits(every_type.empty(), every_type, about, path)
    done = subprocess.run([tool("fitsverify"), str(path)], capture_output=True, text=True)
    assert "**** Verification found 0 warning(s) and 0 error(s). ****" in done.stdout


def test_stilts_reads_every_cell(written, frame, table, read_stilts):
    cells = read_stilts(written)
    wanted = as_read(frame, table, "fits")
    for name, dtype in table.polars_schema.items():
        want = wanted[name]
        if dtype == pl.String:
            want = want.replace("", None)
        assert cells[name].cast(dtype).equals(want, null_equal=True), name


def test_stilts_reads_units_ucds_and_descriptions(written, table, read_stilts):
    told = read_stilts(written, "meta name units ucd description")
    assert told["name"].to_list() == table.names
    assert told["units"].fill_null("").to_list() == [c.unit_in("fits") for c in table.column]
    assert told["ucd"].to_list() == [c.ucd for c in table.column]
    assert told["description"].to_list() == [c.full_description for c in table.column]


def test_checksums_are_valid_and_bear_no_date(written):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hdus = fits.open(written, checksum=True)
    with hdus:
        assert [hdu.header.comments["CHECKSUM"] for hdu in hdus] == ["by rrcat"] * 2
        assert all("DATE" not in hdu.header for hdu in hdus)


def test_frames_of_reference_are_told(written, about):
    header = fits.getheader(written, 1)
    assert header["TIMESYS"] == about.time_scale
    assert header["TREFPOS"] == about.reference_position
    assert header["JDREF"] == about.origin_jd
    assert header["RADESYS"] == "ICRS"


def test_scale_authors_rights_and_survey_are_told(tmp_path, every_type, owned, tool):
    path = tmp_path / "owned.fits"
    write_fits(every_type.empty(), every_type, owned, path)
    with fits.open(path) as hdus:
        primary, header = hdus[0].header, hdus[1].header
    assert primary["AUTHOR"] == "Doe, Jane; Dekany, I."
    assert (primary["RIGHTS"], primary["SURVEY"]) == ("CC-BY-4.0", "ASAS")
    assert header["FEHDEF"] == owned.scale_definition
    done = subprocess.run([tool("fitsverify"), str(path)], capture_output=True, text=True)
    assert "**** Verification found 0 warning(s) and 0 error(s). ****" in done.stdout


def test_astropy_warns_of_dex_and_keeps_it_as_an_unknown_unit(written):
    with pytest.warns(units.UnitsWarning, match="'dex' did not parse"):
        unit = Table.read(written)["feh"].unit
    assert isinstance(unit, units.UnrecognizedUnit)
    assert str(unit) == "dex"


def test_accents_are_dropped_in_a_header_and_kept_as_escapes_in_cells(written, about, frame):
    assert fits.getheader(written)["REFER1"] == header_text(about.reference[0])
    assert fits.getheader(written)["REFER1"].startswith("Dekany, Grebel & Pojmanski 2021")
    row = frame["band"].to_list().index("φ¹ Ori, «naïve»")
    assert fits.getdata(written)["band"][row] == r"\u03c6\xb9 Ori, \xabna\xefve\xbb"


def test_null_boolean_is_neither_true_nor_false(tmp_path, every_type, about, read_stilts):
    cells = {name: [None] * 3 for name in every_type.names}
    cells |= {"source_id": [1, 2, 3], "surely": [True, False, True], "maybe": [None, False, True]}
    path = tmp_path / "bool.fits"
    frame = pl.DataFrame(cells, schema=every_type.polars_schema)
    write_fits(frame, every_type, about, path)
    assert read_stilts(path)["maybe"].to_list() == [None, "0", "1"]
