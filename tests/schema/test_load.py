import pytest

from rrcat.errors import SchemaError
from rrcat.schema import load, names, read

TEXT = """
name = "t"
version = "1.0.0"
description = "A table of stars."

[[column]]
name = "period"
dtype = "float64"
unit = "d"
ucd = "time.period"
description = "The period."
"""


def test_every_table_of_the_project_loads_under_its_own_name():
    assert {"stars", "light_curves", "features", "predictions", "rrl_metallicity"} <= set(names())
    for name in names():
        assert load(name).name == name


def test_an_identifier_can_never_be_the_one_that_means_none():
    for name in names():
        assert load(name)["source_id"].range == (0, 2**63 - 2)


def test_an_unknown_table_is_refused_with_those_there_are():
    with pytest.raises(SchemaError, match="there is no table 'star'") as caught:
        load("star")
    assert "stars" in caught.value.hint


def refused(tmp_path, old: str, new: str) -> str:
    assert old in TEXT
    (tmp_path / "t.toml").write_text(TEXT.replace(old, new))
    with pytest.raises(SchemaError) as caught:
        read(tmp_path / "t.toml")
    assert caught.value.where["file"] == tmp_path / "t.toml"
    return str(caught.value)


def test_a_good_file_is_read(tmp_path):
    (tmp_path / "t.toml").write_text(TEXT)
    assert read(tmp_path / "t.toml")["period"].unit == "d"


@pytest.mark.parametrize(
    ("old", "new", "key", "message"),
    [
        ('unit = "d"', 'units = "d"', "column period.units", "Extra inputs"),
        ('unit = "d"', 'unit = "days"', "column period", "'days'"),
        ('unit = "d"', "unit = \"'dex'\"", "column period", "'dex'"),
        ("time.period", "time.perod", "column period", "time.perod"),
        ("float64", "double", "column period", "double"),
        ('version = "1.0.0"', 'version = "1"', "version", "MAJOR.MINOR.PATCH"),
        ('version = "1.0.0"\n', "", "version", "Field required"),
        ('name = "t"', 'nom = "t"', "name", "Field required"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_place(tmp_path, old, new, key, message):
    told = refused(tmp_path, old, new)
    assert message in told
    assert f"key: {key}" in told


def test_a_file_that_is_no_toml_is_refused(tmp_path):
    assert "not a TOML file" in refused(tmp_path, "[[column]]", "[[column")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SchemaError, match="cannot read the table definition: No such file"):
        read(tmp_path / "t.toml")
