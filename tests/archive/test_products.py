import io
import zipfile
from pathlib import Path

import pytest
from astropy.table import Table

from rrcat.archive.light_curve_forms import Form
from rrcat.archive.products import Products, check_sound, read_products, star_in
from rrcat.errors import ArchiveError

LONG = Form.model_validate(
    {
        "kind": "long",
        "key": ["transit"],
        "columns": {"source_id": "id", "band": "band", "time": "time", "mag": "mag"},
    }
)
WIDE = Form.model_validate(
    {
        "kind": "wide",
        "key": ["transit"],
        "columns": {"source_id": "id"},
        "bands": {"G": {"time": "g_time", "mag": "g_mag"}},
    }
)
TEXT = b"id,transit,band,time,mag,more\n7,1,G,1.5,15.0,x\n7,2,G,null,null,y\n"


def read(content: bytes, folder: Path, *, name: str = "answer", n_asked: int = 1) -> Products:
    path = folder / "answer"
    path.write_bytes(content)
    return read_products(path, [LONG, WIDE], name=name, n_asked=n_asked, max_bytes=10**6)


def zipped(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "star"),
    [
        ("EPOCH_PHOTOMETRY-Gaia DR3 4057091150787104896.xml", 4057091150787104896),
        ("folder/4057091150787104896.csv", 4057091150787104896),
        ("EPOCH_PHOTOMETRY_RAW.xml", None),
        ("EPOCH_PHOTOMETRY-Gaia DR3.xml", None),
        ("4057091150787104896 (copy).xml", None),
        ("40570911507871048960.xml", None),
        ("", None),
    ],
)
def test_a_name_that_ends_in_a_number_names_its_star(name, star):
    assert star_in(name) == star


def test_a_table_keeps_the_columns_of_its_form_and_the_number_of_its_star(tmp_path):
    ((form, raw),) = read(TEXT, tmp_path).tables
    assert form is LONG
    assert raw.frame.rows() == [("G", 7, "15.0", "1.5", "1"), ("G", 7, None, None, "2")]
    assert raw.frame.columns == ["band", "id", "mag", "time", "transit"]


@pytest.mark.parametrize("name", ["answer.xml", "answer.fits", "answer"])
def test_the_format_is_that_of_the_content_whatever_the_name(tmp_path, name):
    table = Table({"transit": [1], "band": ["G"], "time": [1.5], "mag": [15.0]})
    table["id"] = [7]
    contents = [TEXT, b"\xef\xbb\xbf" + TEXT]
    for form in ("votable", "fits", "ascii.ecsv"):
        table.write(tmp_path / form, format=form)
        contents.append((tmp_path / form).read_bytes())
    for content in contents:
        ((_, raw),) = read(content, tmp_path, name=name).tables
        assert raw.frame["id"].to_list()[0] == 7


def test_units_and_time_systems_are_those_of_the_columns_that_are_kept(tmp_path):
    table = Table({"transit": [1], "band": ["G"], "time": [1.5], "mag": [15.0], "id": [7]})
    table["time"].unit = "ns"
    table["other"] = [1.0]
    table["other"].unit = "m"
    table.write(tmp_path / "a", format="votable")
    ((_, raw),) = read((tmp_path / "a").read_bytes(), tmp_path).tables
    assert raw.units == {"time": "ns"}


def test_tables_of_one_layout_are_put_together_and_others_are_not(tmp_path):
    wide = b"transit,g_time,g_mag\n1,1.5,15.0\n"
    products = read(
        zipped(**{"a 7": TEXT, "a 8": TEXT.replace(b"7,", b"8,"), "a 9": wide}), tmp_path
    )
    assert [(form.kind, raw.frame.height) for form, raw in products.tables] == [
        ("long", 4),
        ("wide", 1),
    ]
    assert products.tables[1][1].frame["id"].to_list() == [9]


def test_what_cannot_be_read_is_told_by_star_or_without_one(tmp_path):
    products = read(zipped(**{"a 7": TEXT, "a 8": b"", "README": b"Hello"}), tmp_path)
    assert len(products.tables) == 1
    assert products.failed == {8: "a 8: it holds nothing at all"}
    assert products.nameless == ["README: it is no table, and says: Hello"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (TEXT.replace(b"7,2", b",2"), "rows of the table name no star"),
        (TEXT.replace(b"7,2", b"seven,2"), "rows of the table name no star"),
        (TEXT.replace(b"id,", b"star,"), "does not say of which star"),
        (b"", "nothing at all"),
    ],
)
def test_a_table_that_names_no_star_is_refused(tmp_path, content, told):
    with pytest.raises(ArchiveError, match=told):
        read(content, tmp_path)


def test_stars_named_by_floating_point_numbers_are_refused(tmp_path):
    table = Table({"transit": [1], "band": ["G"], "time": [1.5], "mag": [15.0], "id": [7.0]})
    table.write(tmp_path / "a", format="votable")
    with pytest.raises(ArchiveError, match="identifiers do not survive"):
        read((tmp_path / "a").read_bytes(), tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "nothing at all"),
        (b"Error 500: no connection\nTry, again", "says: Error 500: no connection"),
        (zipped(a=TEXT)[:-5], "damaged or incomplete"),
        (zipped(**{str(n): b"" for n in range(200)}), "200 members, and 104 at most"),
        (b"<html><body>Come back later</body></html>", "Come back later"),
        (b"\n <!DOCTYPE HTML><html>Come back later</html>", "Come back later"),
    ],
)
def test_what_is_no_answer_is_unsound(tmp_path, content, told):
    (tmp_path / "answer").write_bytes(content)
    with pytest.raises(ValueError, match=told):
        check_sound(tmp_path / "answer", 1)


@pytest.mark.parametrize("content", [TEXT, zipped(a=TEXT), zipped(), b"<?xml?><VOTABLE/>"])
def test_what_may_be_an_answer_is_sound(tmp_path, content):
    (tmp_path / "answer").write_bytes(content)
    check_sound(tmp_path / "answer", 1)
