import gzip
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.io.votable import from_table, writeto
from astropy.io.votable.tree import TableElement, VOTableFile
from astropy.table import MaskedColumn, Table
from polars.testing import assert_frame_equal

from rrcat.archive.readers import StatedTime, from_astropy, read
from rrcat.errors import ArchiveError

BIG = 2**62 + 1  # a float64 would round it
FRAME = pl.DataFrame(
    {
        "source_id": [BIG, 12, None],
        "name": ["AA Aql", "00123", None],
        "mag": [15.25, None, -1.5],
        "good": [True, False, None],
    }
)
NO_BOOL = ["source_id", "name", "mag"]


def table() -> Table:
    """Give FRAME as an astropy table with masks, and units."""
    columns = []
    for name, filler in [("source_id", 0), ("name", ""), ("mag", 0.0), ("good", False)]:
        values = FRAME[name].fill_null(filler).to_numpy()
        values = values.astype(str) if name == "name" else values
        columns.append(MaskedColumn(values, name=name, mask=FRAME[name].is_null().to_numpy()))
    made = Table(columns)
    made["mag"].unit = u.mag
    return made


def write_fits(path: Path) -> None:
    # By hand: astropy's writer has no null for integers and booleans.
    columns = [
        fits.Column("source_id", "K", null=-1, array=np.array([BIG, 12, -1])),
        fits.Column("name", "8A", array=np.array(["AA Aql", "00123", ""])),
        fits.Column("mag", "D", unit="mag", array=np.array([15.25, np.nan, -1.5])),
    ]
    fits.BinTableHDU.from_columns(columns).writeto(path)


def write_votable(path: Path, form: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        writeto(from_table(table()), str(path), tabledata_format=form)


WRITERS: dict[str, Callable[[Path], object]] = {
    "a.parquet": FRAME.write_parquet,
    "a.csv": FRAME.write_csv,
    "a.csv.gz": lambda path: path.write_bytes(gzip.compress(FRAME.write_csv().encode())),
    "a.ecsv": lambda path: table().write(path, format="ascii.ecsv"),
    "a.fits": write_fits,
    "a.vot": lambda path: write_votable(path, "tabledata"),
    "a.xml": lambda path: write_votable(path, "binary2"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_frame(tmp_path, name):
    WRITERS[name](tmp_path / name)
    frame = read(tmp_path / name, text=["name"]).frame
    compared = NO_BOOL if name == "a.fits" else FRAME.columns
    assert_frame_equal(frame.select(compared), FRAME.select(compared))


@pytest.mark.parametrize("name", ["a.ecsv", "a.fits", "a.vot", "a.xml"])
def test_units_of_the_file_are_kept(tmp_path, name):
    WRITERS[name](tmp_path / name)
    assert read(tmp_path / name).units == {"mag": "mag"}


def test_identifiers_in_csv_keep_leading_zeros(tmp_path):
    (tmp_path / "a.csv").write_text("id,n\n00123,1\n00124,2\n")
    assert read(tmp_path / "a.csv", text=["id"]).frame["id"].to_list() == ["00123", "00124"]


def test_types_in_csv_rest_on_all_rows(tmp_path):
    (tmp_path / "a.csv").write_text("x\n" + "1\n" * 5000 + "2.5\n")
    assert read(tmp_path / "a.csv").frame["x"][-1] == 2.5


def test_blank_lines_in_csv_are_no_rows(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n\n3,4\n\n")
    assert read(tmp_path / "a.csv").frame.rows() == [(1, 2), (3, 4)]


def test_null_values_are_numbers_in_a_column_of_numbers(tmp_path):
    frame = pl.DataFrame({"x": [0.0, float("nan"), 99.99, 1.0], "n": [0, 1, 2, 3]})
    frame.write_parquet(tmp_path / "a.parquet")
    read_back = read(tmp_path / "a.parquet", null_values=["0", "nan", "99.990", "--"]).frame
    assert read_back["x"].to_list() == [None, None, None, 1.0]
    assert read_back["n"].to_list() == [None, 1, 2, 3]


def test_null_values_are_words_in_a_column_of_words(tmp_path):
    FRAME.write_parquet(tmp_path / "a.parquet")
    frame = read(tmp_path / "a.parquet", null_values=["00123", "nan"]).frame
    assert frame["name"].to_list() == ["AA Aql", None, None]


def test_an_array_in_a_cell_is_a_list(tmp_path):
    Table({"id": [1, 2], "time": np.arange(6.0).reshape(2, 3)}).write(tmp_path / "a.fits")
    assert read(tmp_path / "a.fits").frame["time"].to_list() == [[0, 1, 2], [3, 4, 5]]


def test_a_masked_element_of_an_array_is_null():
    matrix = np.ma.array([[1, 2], [3, 4]], mask=[[False, True], [False, False]])
    table = from_astropy(Table({"flags": MaskedColumn(matrix)}))
    assert table.frame["flags"].to_list() == [[1, None], [3, 4]]


@pytest.mark.parametrize("word", ["", "null"])
def test_a_word_for_missing_numbers_in_ecsv_is_null(tmp_path, word):
    columns = {"id": "int64", "mag": "float64", "bad": "bool", "name": "string"}
    declared = [f"# - {{name: {name}, datatype: {kind}}}" for name, kind in columns.items()]
    rows = [",".join(columns), f"{BIG},{word},True,A", f"12,1.5,{word},{word}"]
    text = ["# %ECSV 1.0", "# ---", "# delimiter: ','", "# datatype:", *declared, *rows]
    (tmp_path / "a.ecsv").write_text("\n".join(text))
    frame = read(tmp_path / "a.ecsv", null_values=["null"]).frame
    assert frame.rows() == [(BIG, None, True, "A"), (12, 1.5, None, None)]


def two_tables(path: Path) -> None:
    first, second = (fits.BinTableHDU(Table({name: [1]})) for name in ("a", "b"))
    fits.HDUList([fits.PrimaryHDU(), first, fits.ImageHDU(np.zeros((2, 2))), second]).writeto(path)


def test_the_first_table_is_read_unless_another_is_named(tmp_path):
    two_tables(tmp_path / "a.fits")
    assert read(tmp_path / "a.fits").frame.columns == ["a"]
    assert read(tmp_path / "a.fits", table=2).frame.columns == ["b"]


def test_tables_of_a_votable_are_counted_in_order(tmp_path):
    made = VOTableFile()
    for name in ("a", "b"):
        resource = from_table(Table({name: [1]})).resources[0]
        made.resources.append(resource)
    made.to_xml(str(tmp_path / "a.vot"))
    assert isinstance(next(made.iter_tables()), TableElement)
    assert read(tmp_path / "a.vot", table=2).frame.columns == ["b"]


def told(path: Path, **options) -> str:
    with pytest.raises(ArchiveError) as caught:
        read(path, **options)
    assert str(path) in str(caught.value)
    assert "hint: " in str(caught.value)
    return str(caught.value)


def test_a_table_that_is_not_there_is_refused(tmp_path):
    two_tables(tmp_path / "a.fits")
    assert "the file has 2 tables, and table 3 is asked for" in told(tmp_path / "a.fits", table=3)


def test_a_missing_file_is_refused(tmp_path):
    assert "there is no such file" in told(tmp_path / "a.csv")


def test_a_file_of_unknown_format_is_refused(tmp_path):
    (tmp_path / "a.dat").write_text("1 2")
    assert "names end in one of .parquet, .csv" in told(tmp_path / "a.dat")


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "a.csv"])
@pytest.mark.parametrize("part", [0.0, 0.02, 0.5, 0.9])
def test_a_truncated_file_is_refused(tmp_path, name, part):
    WRITERS[name](tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: int(len(content) * part)])
    assert "get it again" in told(tmp_path / name)


@pytest.mark.parametrize("end", ["", "AA A", "12,00123"])
def test_a_csv_file_that_ends_within_a_row_is_refused(tmp_path, end):
    text = FRAME.write_csv()
    (tmp_path / "a.csv").write_text(text[: text.index(end) + len(end)])
    assert "get it again" in told(tmp_path / "a.csv")


def test_a_csv_row_with_too_few_cells_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n3\n5,6\n")
    message = told(tmp_path / "a.csv")
    assert "the row has 1 cells and the header 2" in message
    assert "row: 2" in message


def test_two_csv_columns_of_one_name_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("x,y,x\n1,2,3\n")
    assert "columns have one name: x" in told(tmp_path / "a.csv")


def test_a_file_that_is_no_table_of_its_format_is_refused(tmp_path):
    for name in ("a.parquet", "a.fits", "a.vot", "a.ecsv"):
        (tmp_path / name).write_bytes(b"this is not a table\n" * 200)
        assert "cannot read the file" in told(tmp_path / name)


def test_genuine_esa_tables_are_read(data_dir):
    folder = data_dir / "esa_epoch_photometry"
    older = read(folder / "dr2_long_5813181197970338560.xml")
    newer = read(folder / "dr3_long_4057091150787104896.xml")
    wide = read(folder / "dr3_wide_first5rows.vot")
    assert older.frame["source_id"].unique().to_list() == [5813181197970338560]
    assert newer.frame["source_id"].unique().to_list() == [4057091150787104896]
    assert (older.frame.height, newer.frame.height, wide.frame.height) == (251, 126, 5)
    assert newer.frame["time"].null_count() == 5
    assert newer.frame["rejected_by_photometry"].dtype == pl.Boolean
    assert older.units["flux"] == "e-/s"
    assert newer.units["flux"] == "electron / s"
    assert wide.units["g_transit_time"] == "d"


def test_the_time_system_of_a_votable_is_kept(data_dir):
    folder = data_dir / "esa_epoch_photometry"
    newer = read(folder / "dr3_long_4057091150787104896.xml")
    assert newer.times == {"time": StatedTime("TCB", "BARYCENTER", 2455197.5)}
    assert read(folder / "dr2_long_5813181197970338560.xml").times == {}


def test_words_that_parquet_keeps_as_numbers_are_words(tmp_path):
    frame = FRAME.with_columns(pl.col("name").cast(pl.Categorical))
    frame.write_parquet(tmp_path / "a.parquet")
    assert_frame_equal(read(tmp_path / "a.parquet").frame, FRAME)
