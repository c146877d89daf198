"""What CDS gets: whether its own reader, that of astropy, gives the release back."""

import re
import sys
import warnings
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from astropy import units as u
from astropy.io import ascii as tables

from rrcat.errors import ReleaseError
from rrcat.release.cells import fits_text
from rrcat.release.export import export
from rrcat.release.export.cds import _described
from rrcat.release.export.cds_columns import CdsColumn, cds_columns
from rrcat.release.opened import open_release


@pytest.fixture(scope="module")
def release(released):
    return open_release(released)


@pytest.fixture(scope="module")
def submitted(release, tmp_path_factory):
    """Give the ReadMe as text, and the table as astropy reads it with that ReadMe."""
    return read_back(release, tmp_path_factory.mktemp("cds") / "out")


def read_back(release, output):
    readme, rows = export(release, "cds", output)
    read = tables.read(str(rows), format="cds", readme=str(readme))
    return readme.read_text(encoding="ascii"), read


def step(told):
    """Give by how much a printed number may differ from the one it stands for."""
    if told.decimals is not None:
        return 0.5 * 10.0**-told.decimals, 0.0
    return 0.0, 0.5 * 10.0 ** (1 - int(told.form.partition(".")[2]))


def assert_same(read, release):
    columns = cds_columns(release.frame, release.table)
    assert read.colnames == [told.label for told in columns]
    for told in columns:
        cells, back = release.frame[told.column.name], read[told.label]
        if told.form[0] == "A":
            wanted = [fits_text(cell).decode().strip() for cell in cells.fill_null("")]
            assert np.ma.filled(back, "").tolist() == wanted, told.label
            continue
        hidden = cells.is_null().to_numpy()
        assert np.array_equal(np.ma.getmaskarray(back), hidden), told.label
        shown, known = np.ma.asarray(back)[~hidden], cells.drop_nulls().to_numpy()
        if told.form[0] == "I":
            assert back.dtype == np.int64
            assert shown.tolist() == known.tolist(), told.label
            continue
        absolute, relative = step(told)
        known = known.astype(float)
        allowed = absolute + relative * np.abs(known) + 4 * np.spacing(np.abs(known))
        assert (np.abs(shown - known) <= allowed).all(), told.label


def test_astropy_reads_every_cell_back_within_the_printed_digits(submitted, release):
    assert_same(submitted[1], release)


def test_identifiers_keep_all_64_bits(submitted, release):
    assert submitted[1]["source_id"].tolist() == release.frame["source_id"].to_list()
    assert release.frame["source_id"].max() > 2**53


def test_positions_have_ten_significant_digits(submitted):
    for label in ("RAdeg", "DEdeg"):
        (form,) = re.findall(rf"F(\d+)\.(\d+) +deg +{label} ", submitted[0])
        assert int(form[1]) == 9


def test_numbers_of_single_precision_are_written_as_they_are(release, every_type, tmp_path):
    table = every_type.model_copy(
        update={"defined": tuple(one for one in every_type.column if "[" not in one.dtype)}
    )
    rows = {
        "source_id": [1, 2**63 - 1],
        "ra": [0.1, 359.999999999],
        "epoch": [1e300, -1e-300],
        "mag": [0.1, None],
        "small": [None, -32767],
        "number": [1, -5],
        "large": [-(2**63) + 1, None],
        "maybe": [True, None],
        "surely": [False, True],
        "words": ["φ¹, «a»", None],
        "kind": ["ab", "c"],
    }
    frame = pl.DataFrame(rows, schema=table.polars_schema)
    every = replace(release, table=table, frame=frame)
    readme, read = read_back(every, tmp_path / "out")
    assert_same(read, every)
    assert read["mag"].tolist() == [pytest.approx(0.1, abs=5e-6), None]
    assert "1: true, 0: false." in readme


def test_rows_are_those_that_cdspyreadme_writes(release, tmp_path, monkeypatch):
    _, rows = export(release, "cds", tmp_path / "out")
    columns = cds_columns(release.frame, release.table)
    monkeypatch.setattr(CdsColumn, "example", property(lambda one: one.cells))
    written, _ = _described(columns, "theirs.dat", release.table.description)
    written.makeCDSTable(outfolder=str(tmp_path))
    assert rows.read_bytes() == (tmp_path / "theirs.dat").read_bytes()


def test_units_are_those_of_cds(submitted, release):
    read = submitted[1]
    assert read["period"].unit == u.d
    assert read["RAdeg"].unit == u.deg
    assert read["feh"].unit == u.Unit("[-]", format="cds")
    assert read["flags"].unit is None


def test_every_column_is_explained_in_the_words_of_the_schema(submitted, release):
    for told in cds_columns(release.frame, release.table):
        read = submitted[1][told.label].description
        start = re.sub(r"\W", "", told.column.description)
        assert re.sub(r"\W", "", read).startswith(start), told.label


def test_what_may_be_missing_is_marked_and_nothing_else(submitted, release):
    for told in cds_columns(release.frame, release.table):
        start = rf"^ *\d+- *\d+ +\w[\d.]+ +\S+ +{told.label} +"
        (explanation,) = re.findall(rf"{start}(\S.*)$", submitted[0], re.MULTILINE)
        marked = re.match(r"(\[\S+\])?\?", explanation) is not None
        assert marked == bool(release.frame[told.column.name].null_count()), told.label


def test_flags_and_words_are_explained_in_notes(submitted, release):
    readme = submitted[0]
    for bit in release.table["flags"].bits:
        assert re.search(rf"^ +{bit.value} = {bit.name}\b", readme, re.MULTILINE)
    (number,) = re.findall(r"(?s) flags .*?\((\d)\)\n---", readme)
    assert f"Note ({number}): Sum of the bits" in readme
    statuses = release.table["feh_status"].values
    assert re.search(r"Note \(\d\): One of " + r",\s+".join(statuses), readme)


def test_the_readme_tells_of_the_release_in_ascii_and_80_columns(submitted):
    readme = submitted[0]
    lines = readme.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("rrl-example 1.2.3   Metallicities of")
    assert lines[0].endswith("(Doe+, 2026)")
    assert lines[2] == "Metallicities of simulated RR Lyrae stars, phi31 & more"
    assert lines[3].strip() == "Doe J., Dekany I."
    assert "ADC_Keywords: Stars, variable ; Abundances, [Fe/H]" in readme
    assert "(2021ApJ...920...33D)" in readme
    assert "(2021ApJ...908...20C)" in readme
    assert "License: CC-BY-4.0" in readme
    assert "scale C21 (High-resolution" in readme
    assert re.search(r"^rrl-example\.dat +\d+ +300 ", readme, re.MULTILINE)
    assert "Publication date ?" not in readme


def test_columns_without_a_value_are_left_out_and_named(release, tmp_path):
    bare = release.frame.with_columns(feh_p025=pl.lit(None, pl.Float64))
    readme, read = read_back(replace(release, frame=bare), tmp_path / "out")
    assert "feh_p025" not in read.colnames
    assert "left out: feh_p025." in " ".join(readme.split())


def test_a_part_says_of_what_it_is_a_part(release, tmp_path):
    part = release.subset(columns=["feh", "feh_error"])
    readme, read = read_back(part, tmp_path / "out")
    assert read.colnames == ["source_id", "RAdeg", "DEdeg", "feh", "e_feh"]
    assert "part of rrl-example 1.2.3" in " ".join(readme.split())


def test_a_number_never_begins_a_line_of_an_explanation(release, tmp_path):
    # Such a line would be read as the description of one more column.
    words = "Of everything " + "that is 2 are of it and " * 12
    table = release.table
    defined = tuple(
        one.model_copy(update={"description": words}) if one.name == "feh" else one
        for one in table.column
    )
    changed = replace(release, table=table.model_copy(update={"defined": defined}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, read = read_back(changed, tmp_path / "out")
    assert_same(read, changed)


def test_the_same_release_gives_the_same_bytes(release, tmp_path):
    first, second = (export(release, "cds", tmp_path / name) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_arrays_are_refused_and_a_format_that_has_them_is_named(release, every_type, tmp_path):
    row = dict.fromkeys(every_type.names) | {"source_id": 1, "surely": True, "pair": [1, 2]}
    frame = pl.DataFrame([row], schema=every_type.polars_schema)
    with pytest.raises(ReleaseError, match="no place for arrays") as error:
        export(replace(release, table=every_type, frame=frame), "cds", tmp_path / "out")
    assert error.value.where["column"] == "pair"
    assert "ecsv" in error.value.hint


def test_without_cdspyreadme_the_error_names_the_extra(release, tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "rrcat.release.export.cds", raising=False)
    monkeypatch.setitem(sys.modules, "cdspyreadme", None)
    with pytest.raises(ReleaseError, match="the target cds needs cdspyreadme") as error:
        export(release, "cds", tmp_path / "out")
    assert error.value.hint == "pip install 'rrcat[cds]'"


def test_no_rows_are_no_submission(release, tmp_path):
    with pytest.raises(ReleaseError, match="there are no rows"):
        export(replace(release, frame=release.table.empty()), "cds", tmp_path / "out")
