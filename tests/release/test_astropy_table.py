import numpy as np
from astropy import units as u
from astropy.table import MaskedColumn, QTable
from hypothesis import given
from hypothesis import strategies as st

from rrcat.release.astropy_table import astropy_table
from rrcat.schema import load


def cells(column) -> list:
    """Every cell as Python sees it, a masked one as None."""
    mask = np.ma.getmaskarray(column)
    if column.ndim == 1:
        return [
            None if hidden else value.item()
            for value, hidden in zip(column.data.data, mask, strict=True)
        ]
    return [
        [None if hidden else value.item() for value, hidden in zip(row, masks, strict=True)]
        for row, masks in zip(column.data.data, mask, strict=True)
    ]


@given(data=st.data())
def test_every_cell_is_there_and_every_null_masked(data, every_type, any_frame, about):
    frame = data.draw(any_frame)
    read = astropy_table(frame, every_type, about)
    assert read.colnames == every_type.names
    for column in every_type.column:
        wanted = frame[column.name].to_list()
        if "[" in column.dtype:
            length = column.polars.shape[0]
            wanted = [[None] * length if cell is None else list(cell) for cell in wanted]
        assert cells(read[column.name]) == wanted, column.name


def test_columns_have_their_unit_description_and_ucd(frame, table, about):
    read = astropy_table(frame, table, about)
    for column in table.column:
        told = read[column.name]
        assert isinstance(told, MaskedColumn)
        assert (told.unit or "") == (u.Unit(column.unit) if column.unit else "")
        assert told.description == column.description
        assert told.meta["ucd"] == column.ucd
    assert read["feh"].unit == u.dex
    assert read["flags"].meta["bits"][0]["name"] == "period_fixed"


def test_the_table_tells_of_the_catalogue(frame, table, owned):
    meta = astropy_table(frame, table, owned).meta
    assert (meta["name"], meta["version"], meta["scale"]) == ("rrl-example", "1.2.3", "C21")
    assert meta["authors"] == ["Doe, Jane", "Dékány, I."]
    assert meta["schema"] == f"rrl_metallicity {table.version}"
    assert "subset" not in meta


def test_quantities_can_be_made_of_it(frame, table, about):
    read = QTable(astropy_table(frame, table, about))
    assert read["ra"].unit == u.deg
    assert read["feh"].mask.sum() == frame["feh"].null_count()


def test_units_of_every_table_are_understood(about):
    for name in ("light_curves", "features", "stars"):
        known = load(name)
        flat = known.model_copy(
            update={"defined": tuple(column for column in known.column if not column.is_list)}
        )
        read = astropy_table(flat.empty(), flat, about)
        assert {read[column.name].unit is not None for column in flat.column if column.unit} == {
            True
        }
