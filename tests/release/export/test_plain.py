from dataclasses import replace

import astropy.table
import numpy as np
import polars as pl
import pytest
from astropy import units as u
from through_astropy import read_fits, read_votable

from rrcat.errors import ReleaseError
from rrcat.release.export import export
from rrcat.release.opened import open_release
from rrcat.release.reading import as_read
from rrcat.release.subset import Cone


@pytest.fixture(scope="module")
def release(released):
    return open_release(released)


@pytest.fixture(scope="module")
def part(release):
    return release.subset(columns=["pulsation_type", "feh", "flags"], cone=Cone(10, 20, 90))


@pytest.mark.parametrize("form", ["votable", "fits", "parquet"])
def test_a_whole_release_is_written_as_it_was_released(release, released, tmp_path, form):
    (written,) = export(release, form, tmp_path / "out")
    assert written.read_bytes() == (released / written.name).read_bytes()


@pytest.mark.parametrize(("form", "read"), [("votable", read_votable), ("fits", read_fits)])
def test_a_part_reads_back_equal(part, tmp_path, form, read):
    (written,) = export(part, form, tmp_path / "out")
    assert read(written, part.table).equals(as_read(part.frame, part.table, form))


@pytest.mark.parametrize("form", ["votable", "fits", "parquet", "csv", "ecsv"])
def test_a_part_says_of_what_it_is_a_part(part, tmp_path, form):
    told = b"".join(path.read_bytes() for path in export(part, form, tmp_path / "out"))
    plain = told.replace(b"&'\nCONTINUE  '", b"").replace(b"\n#     ", b" ")
    assert b"part of rrl-example 1.2.3: stars within 90 deg" in plain


def test_parquet_reads_back_equal(part, tmp_path):
    (written,) = export(part, "parquet", tmp_path / "out")
    assert pl.read_parquet(written).equals(part.frame)


def test_csv_reads_back_equal_with_nulls_and_empty_texts_apart(release, tmp_path):
    written, _ = export(release, "csv", tmp_path / "out")
    read = pl.read_csv(written, schema=release.table.polars_schema)
    assert release.frame["archive_id"].null_count()
    assert (release.frame["archive_id"] == "").any()
    assert read.equals(release.frame)


def test_the_readme_beside_csv_tells_unit_and_meaning_of_each_column(release, tmp_path):
    _, readme = export(release, "csv", tmp_path / "out")
    text = readme.read_text(encoding="utf-8")
    assert text.startswith("# Metallicities of simulated RR Lyrae stars, φ31 & more\n")
    assert "`rrl-example.csv`: rrl-example 1.2.3 of 2026-12-01." in text
    for column in release.table.column:
        assert f"| `{column.name}` | {column.unit_in('votable')} | `{column.ucd}` | " in text
    assert "Authors: Doe, Jane; Dékány, I." in text
    assert "Rights: CC-BY-4.0" in text


def test_csv_refuses_arrays_and_names_a_format_that_has_them(
    release, every_type, any_frame, tmp_path
):
    arrays = replace(release, table=every_type, frame=every_type.empty())
    with pytest.raises(ReleaseError, match="no place for arrays") as error:
        export(arrays, "csv", tmp_path / "out")
    assert error.value.where["column"] == "pair"
    assert "ecsv" in error.value.hint


def test_ecsv_reads_back_with_units_and_ucds(release, tmp_path):
    (written,) = export(release, "ecsv", tmp_path / "out")
    read = astropy.table.Table.read(written)
    assert read.meta["version"] == "1.2.3"
    assert read["feh"].unit == u.dex
    for column in release.table.column:
        assert read[column.name].info.meta["ucd"] == column.ucd
        assert read[column.name].info.description == column.description
    assert_same(read, release.to_astropy())


def test_ecsv_of_every_type_reads_back_equal(every_type, release, tmp_path):
    whole = {
        "source_id": 2**63 - 1,
        "ra": 0.1,
        "epoch": 1e300,
        "mag": 0.1,
        "small": -32767,
        "number": 1,
        "large": -(2**63) + 1,
        "maybe": True,
        "surely": False,
        "words": 'φ¹, «a» "b"',
        "kind": "ab",
        "pair": [0.1, None],
        "triple": [1e-300, 2.0, 3.0],
    }
    kept = ("source_id", "surely")
    empty = {name: cell if name in kept else None for name, cell in whole.items()}
    frame = pl.DataFrame([empty | {"source_id": 1}, whole], schema=every_type.polars_schema)
    every = replace(release, table=every_type, frame=frame)
    (written,) = export(every, "ecsv", tmp_path / "out")
    assert_same(astropy.table.Table.read(written), every.to_astropy())


def assert_same(read, wanted):
    """Compare but for what ECSV does not know: empty texts, and blanks around them."""
    assert read.colnames == wanted.colnames
    for name in wanted.colnames:
        told, known = read[name], wanted[name]
        hidden = np.ma.getmaskarray(known)
        if known.dtype.kind == "U":
            known = np.char.strip(np.where(hidden, "", known))
            told = np.where(np.ma.getmaskarray(told), "", told)
            assert told.tolist() == known.tolist(), name
            continue
        assert told.dtype == known.dtype, name
        assert np.array_equal(np.ma.getmaskarray(told), hidden), name
        assert np.ma.allequal(told, known, fill_value=True), name


@pytest.mark.parametrize("form", ["votable", "fits", "parquet", "csv", "ecsv"])
def test_the_same_part_gives_the_same_bytes(part, tmp_path, form):
    first, second = (export(part, form, tmp_path / name) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
