import numpy as np
import polars as pl
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import example, given
from hypothesis import strategies as st

from rrcat.errors import ReleaseError
from rrcat.release.subset import Cone, cut_columns, in_cone

RA, DEC = st.floats(0, 360), st.floats(-90, 90)


def stars(*positions: tuple[float | None, float | None]) -> pl.DataFrame:
    schema = {"ra": pl.Float64, "dec": pl.Float64}
    frame = pl.DataFrame(list(positions), schema=schema, orient="row")
    return frame.with_row_index("source_id")


def found(frame: pl.DataFrame, *cone: float) -> list[int]:
    return in_cone(frame, Cone(*cone))["source_id"].to_list()


def test_a_cone_reaches_across_right_ascension_zero():
    frame = stars((359.95, 0), (0, 0), (0.05, 0), (360, 0), (180, 0))
    assert found(frame, 0, 0, 0.1) == found(frame, 360, 0, 0.1) == [0, 1, 2, 3]


@pytest.mark.parametrize("pole", [90, -90])
def test_a_cone_at_a_pole_holds_every_right_ascension(pole):
    near, far = pole * (89.95 / 90), pole * (89.85 / 90)
    frame = stars((0, near), (120, near), (240, near), (77, pole), (0, far), (0, -pole))
    assert found(frame, 200, pole, 0.1) == [0, 1, 2, 3]


def test_the_edge_of_a_cone_belongs_to_it():
    assert found(stars((10, 20), (11, 20)), 11, 20, 1e-9) == [1]
    assert found(stars((0, 0), (90, 0), (180, 0), (0, 90)), 0, 0, 90) == [0, 1, 3]
    assert found(stars((0, 0), (180, 0), (123, -45)), 0, 0, 180) == [0, 1, 2]


def test_a_star_without_position_is_in_no_cone():
    frame = stars((None, None), (10, None), (None, 20), (10, 20))
    assert found(frame, 10, 20, 180) == [3]
    assert Cone(10, 20, 1).distances(frame).to_list() == [None, None, None, 0]


def test_a_cone_without_stars_gives_no_rows_and_every_column():
    frame = in_cone(stars((10, 20)), Cone(200, 20, 1))
    assert frame.shape == (0, 3)


@given(RA, DEC, RA, DEC)
@example(0, 0, 180, 0)
@example(0, 90, 0, -90)
def test_distances_are_those_of_astropy(ra, dec, star_ra, star_dec):
    ours = Cone(ra, dec, 1).distances(stars((star_ra, star_dec)))[0]
    theirs = SkyCoord(ra, dec, unit=u.deg).separation(SkyCoord(star_ra, star_dec, unit=u.deg)).deg
    # The chord resolves 1e-16 rad of it when small, and the root of that when opposite.
    assert ours == pytest.approx(theirs, abs=1e-12 if theirs < 170 else 2e-6)


@pytest.mark.parametrize(
    "cone", [(-1, 0, 1), (361, 0, 1), (0, 91, 1), (0, 0, 0), (0, 0, 181), (np.nan, 0, 1)]
)
def test_a_cone_off_the_sky_is_refused(cone):
    with pytest.raises(ReleaseError, match="no cone on the sky") as error:
        Cone(*cone)
    assert "all in degrees" in error.value.hint


def test_without_positions_there_is_no_cone():
    with pytest.raises(ReleaseError, match="has no positions"):
        in_cone(stars((10, 20)).drop("dec"), Cone(10, 20, 1))


def test_one_column_may_be_given_by_its_name(table):
    assert cut_columns(table, "feh") == cut_columns(table, ["feh"])


def test_columns_are_cut_in_the_order_of_the_table(table):
    cut = cut_columns(table, ["flags", "feh", "ra"])
    assert cut.names == ["source_id", "ra", "dec", "feh", "flags"]
    assert cut["feh"] == table["feh"]
    assert (cut.key, cut.sort) == (table.key, table.sort)


@pytest.mark.parametrize(
    ("name", "alike"), [("FeH", "feh"), ("feh_err", "feh_error"), ("distance_statu", "distance_")]
)
def test_an_unknown_column_names_those_alike(table, name, alike):
    with pytest.raises(ReleaseError) as error:
        cut_columns(table, ["ra", name])
    assert error.value.where == {"column": name}
    assert error.value.hint.startswith(f"did you mean {alike}")


def test_a_column_like_no_other_is_told_where_they_are_listed(table):
    with pytest.raises(ReleaseError) as error:
        cut_columns(table, ["xyzzy"])
    assert error.value.hint == "schema.toml of the release lists all columns"
