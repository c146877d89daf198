"""Clusters are those of the literature, and their stars are found by place, motion, brightness."""

import numpy as np
import polars as pl
import pytest

from rrcat.catalogue.validation.config import ClustersCheck
from rrcat.catalogue.validation.evidence import rows_of
from rrcat.catalogue.validation.systems import clouds, clusters, members, scale_offset
from rrcat.simulate.sky import systems as simulated

M5 = next(one for one in clusters() if one.name == "NGC 5904")
HOW = ClustersCheck()


def star(**cells: object) -> pl.DataFrame:
    place = {"source_id": [1], "ra": [M5.ra], "dec": [M5.dec + 0.05], "band": ["G"]}
    rows = pl.DataFrame(place | {name: [cell] for name, cell in cells.items()})
    return rows_of(rows, pl.DataFrame({"source_id": [1]}))


def test_there_are_26_clusters_and_two_clouds() -> None:
    assert len(clusters()) == 26
    assert [one.name for one in clouds()] == ["LMC", "SMC"]
    assert {one.name for one in clusters() if one.feh_spread} == {"NGC 5139", "NGC 6715"}
    assert [one.name for one in clusters() if one.anomalous] == ["NGC 6441"]
    assert scale_offset().status == "assumed"


def test_the_simulated_sky_has_the_same_clusters() -> None:
    known = {one.name: one for one in clusters() + clouds()}
    for system in simulated():
        one = known[system["name"]]
        assert (one.ra, one.dec, one.feh) == (system["ra"], system["dec"], system["feh"])
        assert one.distance_modulus == system["distance_modulus"]


def test_a_star_near_the_centre_is_a_member() -> None:
    assert members(star(), clusters(), HOW)["system"].to_list() == ["NGC 5904"]


@pytest.mark.parametrize(
    "cells",
    [
        {"dec": M5.dec + 0.5 * M5.radius / 60},
        {"int_average_mag": M5.mag - 1.0},
        {"pmra": M5.pmra, "pmdec": 0.0},
        {"ra": None},
    ],
)
def test_a_star_that_is_too_far_or_bright_or_fast_is_none(cells: dict[str, float]) -> None:
    assert members(star(**cells), clusters(), HOW).is_empty()


@pytest.mark.parametrize(
    "cells",
    [
        {"int_average_mag": M5.mag + 0.3},
        {"pmra": M5.pmra, "pmdec": M5.pmdec},
        {"int_average_mag": 12.0, "band": "I"},
    ],
)
def test_a_star_that_fits_stays_a_member(cells: dict[str, object]) -> None:
    assert members(star(**cells), clusters(), HOW).height == 1


def test_the_distance_on_the_sky_shrinks_with_the_declination() -> None:
    near_pole = next(one for one in clusters() if one.name == "IC 4499")
    off = 0.2 * near_pole.radius / 60 / np.cos(np.radians(near_pole.dec))
    found = members(star(ra=near_pole.ra + off, dec=near_pole.dec), clusters(), HOW)
    assert found["system"].to_list() == ["IC 4499"]


def test_centres_and_proper_motions_are_those_of_the_catalogue_of_clusters(data_dir) -> None:
    path = data_dir / "globular_clusters" / "baumgardt_vasiliev21.txt"
    rows = [line.split() for line in path.read_text().splitlines() if not line.startswith("#")]
    known = {"_".join(row[0].split("_")[:2]): row for row in rows}
    for one in clusters():
        row = known[one.name.replace(" ", "_")]
        assert (one.ra, one.dec) == pytest.approx((float(row[1]), float(row[2])), abs=0.002)
        assert (one.pmra, one.pmdec) == pytest.approx((float(row[9]), float(row[10])), abs=6e-4)


def test_metallicities_and_reddenings_are_those_of_harris(data_dir) -> None:
    text = (data_dir / "globular_clusters" / "harris2010_mwgc.dat").read_text(encoding="latin-1")
    lines = text.partition("Part II:")[2].partition("Part III:")[0].splitlines()
    known = {line[1:12].strip(): line[12:].split() for line in lines if line[1:4] in ("NGC", "IC ")}
    for one in clusters():
        feh, _, ebv = known[one.name][:3]
        assert (one.feh, one.ebv) == (float(feh), float(ebv)), one.name
