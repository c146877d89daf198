"""Exported releases in a real DaCHS: what it says of them, and what it answers."""

import math
import re
import subprocess
from dataclasses import replace

import dachs
import numpy as np
import polars as pl
import pytest
import pyvo
import tap_answers
from polars.testing import assert_frame_equal

from rrcat.cli.main import main
from rrcat.release.export.dachs import SUBJECTS, export
from rrcat.release.opened import Release, open_release
from rrcat.release.publish import publish
from rrcat.release.reading import as_read
from rrcat.release.subset import Cone

SCHEMA = "rrl_example"
FACTS = {"authors": ["Doe, Jane", "Dékány, I."], "rights": "CC-BY-4.0", "survey": "ASAS"}
CONES = [
    Cone(0.0, 90.0, 15.0),
    Cone(120.0, -90.0, 15.0),
    Cone(0.01, 5.0, 20.0),
    Cone(200.0, 0.0, 20.0),
]


def on_the_sky(frame: pl.DataFrame) -> pl.DataFrame:
    """Give stars positions all over the sky, the poles and the border of RA among them."""
    rng = np.random.default_rng(0)
    ra = rng.uniform(0, 360, frame.height)
    dec = np.degrees(np.arcsin(rng.uniform(-1, 1, frame.height)))
    ra[:4], dec[:4] = (0.0, 359.999, 17.0, 300.0), (5.0, 5.0, 90.0, -90.0)
    known = pl.col("ra").is_not_null() | (pl.int_range(pl.len()) < 4)
    placed = {
        name: pl.when(known).then(pl.Series(cells))
        for name, cells in zip(("ra", "dec"), (ra, dec), strict=True)
    }
    return frame.with_columns(pl.col(pl.String).str.replace_all("𝔖", "S")).with_columns(**placed)


@pytest.fixture(scope="module")
def release(make_candidate, frame, tmp_path_factory) -> Release:
    folder = tmp_path_factory.mktemp("release")
    candidate = make_candidate(folder / "candidate", on_the_sky(frame), **FACTS)
    return open_release(publish(candidate, "1.0.0", into=folder, date="2026-03-01"))


@pytest.fixture(scope="module")
def said(tap_server, release, tmp_path_factory) -> dict[str, str]:
    """What DaCHS says to each command of a curator while it takes the release in."""
    output = tmp_path_factory.mktemp("export") / SCHEMA
    assert main(["export", str(release.folder), "--to", "dachs", "--output", str(output)]) == 0
    server = tap_server.instance
    server.take_in(SCHEMA, output)
    server.know_subjects(*SUBJECTS, "stellar-distance")
    commands = ("val", "imp", "pub", "test")
    return {command: server.run("dachs", command, f"{SCHEMA}/q") for command in commands}


@pytest.fixture(scope="module")
def service(tap_server, said) -> pyvo.dal.TAPService:
    return pyvo.dal.TAPService(tap_server.url)


def test_dachs_finds_nothing_wrong_but_its_own_want_of_a_unit(said) -> None:
    """The unit dex is missing in the list of units that DaCHS 2.7 knows."""
    assert said["val"].rstrip().endswith("OK")
    complaints = [line for line in said["val"].splitlines() if "[" in line]
    assert complaints
    assert all("[WARNING]" in line and "Unit dex is not" in line for line in complaints), complaints


def test_the_tests_in_the_descriptor_pass(said) -> None:
    assert "0 of 2 bad" in said["test"]


def test_the_services_are_published(tap_server, said) -> None:
    published = tap_server.instance.sql(
        f"SELECT resid, renderer FROM dc.interfaces WHERE sourcerd = '{SCHEMA}/q' ORDER BY 2"
    )
    assert published.split() == ["cone|form", "cone|scs.xml"]


def test_every_cell_over_tap_is_that_of_the_release(service, release) -> None:
    read = tap_answers.rows(service, f"{SCHEMA}.main", release.table)
    assert_frame_equal(read, as_read(release.frame, release.table, "votable"), check_exact=True)


def test_every_null_is_null_in_the_database(tap_server, said, release) -> None:
    counts = ", ".join(f"count({name})" for name in release.table.names)
    told = tap_server.instance.sql(f"SELECT {counts} FROM {SCHEMA}.main").strip().split("|")
    assert [int(count) for count in told] == [
        release.frame[name].count() for name in release.table.names
    ]


def test_every_column_over_tap_is_described_as_in_the_release(service, release) -> None:
    expected = tap_answers.words_of(release.table)
    told = tap_answers.words(service, f"{SCHEMA}.main")
    assert list(told.items()) == list(expected.items())
    listed = service.run_sync(
        "SELECT column_name, unit, ucd, description FROM tap_schema.columns"
        f" WHERE table_name = '{SCHEMA}.main'"
    )
    assert {
        row["column_name"]: (row["unit"], row["ucd"], " ".join(row["description"].split()))
        for row in listed
    } == expected


def test_positions_and_times_have_their_frames(service, release) -> None:
    votable = service.run_sync(f"SELECT TOP 1 * FROM {SCHEMA}.main").votable
    (resource,) = votable.resources
    (coordinates,), (times,) = resource.coordinate_systems, resource.time_systems
    assert (coordinates.system, coordinates.epoch) == ("ICRS", release.about.coordinate_epoch)
    assert times.timescale == release.about.time_scale
    assert times.refposition == release.about.reference_position
    assert float(times.timeorigin) == release.about.origin_jd
    fields = {field.name: field.ref for field in votable.get_first_table().fields}
    assert fields["ra"] == fields["dec"] == coordinates.ID
    assert fields["epoch"] == times.ID


@pytest.mark.parametrize("cone", CONES, ids=str)
def test_a_cone_search_finds_the_stars_within_it(tap_server, said, release, cone) -> None:
    url = f"{tap_server.instance.url}/{SCHEMA}/q/cone/scs.xml?"
    found = pyvo.dal.SCSService(url).search(pos=(cone.ra, cone.dec), radius=cone.radius)
    inside = release.subset(cone=cone).frame["source_id"].to_list()
    assert 1 < len(inside) < release.frame.height / 5
    assert sorted(int(star) for star in found["source_id"]) == inside


def test_a_column_of_every_type_comes_back(tap_server, said, release, every_type, tmp_path) -> None:
    frame = _every_cell(every_type)
    about = replace(release.about, name="every-type", subset="a column of every type")
    kinds = replace(release, frame=frame, table=every_type, about=about)
    (tmp_path / "out").mkdir()
    export(kinds, tmp_path / "out")
    server = tap_server.instance
    server.take_in("every_type", tmp_path / "out")
    server.run("dachs", "imp", "every_type/q")
    service = pyvo.dal.TAPService(tap_server.url)
    read = tap_answers.rows(service, "every_type.main", every_type)
    assert_frame_equal(read, as_read(frame, every_type, "votable"), check_exact=True)


def _every_cell(table) -> pl.DataFrame:
    """Give a row of great and one of small values, and one of nulls."""
    cells = {
        "source_id": [-(2**63) + 1, 2**53 + 1, 2**63 - 1],  # the least is null to DaCHS itself
        "ra": [0.1, 359.99999999999994, None],
        "epoch": [1.7976931348623157e308, 5e-324, None],
        "mag": [np.float32(0.1), np.float32(3.4e38), None],
        "small": [-32767, 32767, None],
        "number": [-(2**31), 2**31 - 1, None],
        "large": [-(2**63) + 1, 2**63 - 1, None],
        "maybe": [True, False, None],
        "surely": [True, False, True],
        "words": ["φ¹ Ori, «naïve» <&\"'> \\n", "", None],
        "kind": ["ab", "c", None],
        "pair": [[0.1, 2.5], [None, -1.0], None],
        "triple": [[math.pi, 0.1, 1e300], [None, 2.0, None], None],
    }
    return pl.DataFrame(cells, schema=table.polars_schema, strict=False)


@pytest.mark.slow
def test_taplint_finds_nothing_that_the_server_has_not_without_it(tool, release, tmp_path) -> None:
    """Two runs of taplint, on a server of its own: no error, warning or failure is added."""
    stilts = tool("stilts")
    if lacking := dachs.missing():
        pytest.skip(lacking)
    with dachs.initialised() as server, server.dachs():
        before = complaints(stilts, server)
        (tmp_path / SCHEMA).mkdir()
        export(release, tmp_path / SCHEMA)
        server.take_in(SCHEMA, tmp_path / SCHEMA)
        for command in ("imp", "pub"):
            server.run("dachs", command, f"{SCHEMA}/q")
        assert f"{SCHEMA}.main" in pyvo.dal.TAPService(f"{server.url}/tap").tables
        after = complaints(stilts, server)
    assert after <= before


def complaints(stilts: str, server: dachs.Instance) -> set[str]:
    """Give what taplint reports of a server, without numbers."""
    command = [stilts, "taplint", f"tapurl={server.url}/tap", "report=EWF"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Totals: Errors:" in told
    lines = [line for line in told.splitlines() if line.startswith(("E-", "W-", "F-"))]
    return {re.sub(r"\d+", "N", line) for line in lines}
