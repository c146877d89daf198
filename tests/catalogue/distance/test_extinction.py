"""E(B−V) is from the first source that knows it, in one system."""

import polars as pl
import pytest
from pydantic import TypeAdapter

from rrcat.catalogue.distance.config import DistanceSection
from rrcat.catalogue.distance.extinction import reddening

STARS = pl.DataFrame(
    {
        "source_id": [1, 2, 3, 4],
        "ra": [10.0, 20.0, None, 40.0],
        "dec": [5.0, 5.0, None, 5.0],
        "ebv": [0.10, None, 0.30, None],
        "ebv_error": [0.01, None, None, None],
        "g_absorption": [0.274, 0.548, None, None],
        "g_absorption_error": [0.0274, None, None, None],
    },
    schema_overrides={"ra": pl.Float64, "dec": pl.Float64},
)
SFD, SF11 = {"kind": "ebv", "system": "SFD"}, {"kind": "ebv", "system": "SF11"}
ABSORPTION = {"kind": "absorption"}


def found(tmp_path, *sources, stars=STARS):
    adapter = TypeAdapter(DistanceSection.model_fields["extinction"].annotation)
    return reddening(stars, adapter.validate_python(sources), tmp_path)


def test_without_a_source_nothing_is_known(tmp_path):
    assert found(tmp_path).null_count().row(0) == (4, 4, 4, 4)


def test_values_of_another_system_are_brought_to_that_of_the_coefficients(tmp_path):
    assert found(tmp_path, SF11)["ebv"].to_list() == [0.10, None, 0.30, None]
    scaled = found(tmp_path, SFD)
    assert scaled["ebv"].to_list() == pytest.approx([0.086, None, 0.258, None])
    assert scaled["ebv_error"][0] == pytest.approx(0.0086)


@pytest.mark.parametrize("source", [SFD, SF11])
def test_the_systematic_error_is_what_the_other_system_would_make(tmp_path, source):
    (other,) = ({SFD["system"], SF11["system"]} - {source["system"]},)[0]
    this, that = found(tmp_path, source), found(tmp_path, source | {"system": other})
    assert this["ebv_syst"].to_list() == pytest.approx((this["ebv"] - that["ebv"]).abs().to_list())


def test_an_error_that_is_not_given_is_a_share_of_the_value(tmp_path):
    told = found(tmp_path, SF11 | {"relative_error": 0.2})["ebv_error"].to_list()
    assert told == pytest.approx([0.01, None, 0.06, None])


def test_absorption_becomes_a_reddening(tmp_path):
    given = found(tmp_path, ABSORPTION)
    assert given["ebv"].to_list() == pytest.approx([0.1, 0.2, None, None])
    assert given["ebv_error"].to_list() == pytest.approx([0.01, 0.032, None, None])
    assert given["ebv_syst"].to_list() == [0.0, 0.0, None, None]


def test_the_first_source_that_knows_gives_it(tmp_path):
    kinds = found(tmp_path, ABSORPTION, SF11)
    assert kinds["ebv_source"].to_list() == ["absorption", "absorption", "ebv", None]
    assert kinds["ebv"].to_list() == pytest.approx([0.1, 0.2, 0.3, None])
    turned = found(tmp_path, SF11, ABSORPTION)
    assert turned["ebv_source"].to_list() == ["ebv", "absorption", "ebv", None]


def test_a_map_knows_stars_with_a_position(tmp_path):
    pl.DataFrame({"ebv": [0.5] * 12}).write_csv(tmp_path / "map.csv")
    told = {"kind": "healpix", "file": "map.csv", "system": "SFD", "nside": 1, "order": "ring"}
    given = found(tmp_path, ABSORPTION, told)
    assert given["ebv_source"].to_list() == ["absorption", "absorption", None, "healpix"]
    assert given["ebv"][3] == pytest.approx(0.43)
    assert given["ebv_error"][3] == pytest.approx(0.16 * 0.43)
