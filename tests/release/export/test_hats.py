"""What LSDB finds in the catalogue; `tox run -e hats` has it installed, other runs do not."""

import importlib.util
import io
import os
import sys
from dataclasses import replace

import polars as pl
import pytest

from rrcat.errors import ReleaseError
from rrcat.release.export import export
from rrcat.release.opened import open_release
from rrcat.release.subset import Cone

# What lsdb does that its own dependencies will not allow in future.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def release(released):
    return open_release(released)


@pytest.fixture(scope="module")
def lsdb():
    if importlib.util.find_spec("lsdb") is None:
        message = "lsdb is not installed; `tox run -e hats` runs this with it"
        if os.environ.get("RRCAT_REQUIRE_HATS") == "1":
            pytest.fail(message)
        pytest.skip(message)
    import dask
    import lsdb

    with dask.config.set(scheduler="synchronous"):
        yield lsdb


@pytest.fixture(scope="module")
def written(lsdb, release, tmp_path_factory):
    output = tmp_path_factory.mktemp("hats") / "out"
    export(release, "hats", output)
    return output


@pytest.fixture(scope="module")
def located(release):
    return release.frame.drop_nulls(["ra", "dec"])


def rows(catalogue, table):
    """Give the rows of an open catalogue as a frame, by source_id."""
    cells = catalogue.compute().reset_index(drop=True)
    read = pl.DataFrame({name: pl.Series(cells[name].array.__arrow_array__()) for name in cells})
    return read.sort("source_id").cast(table.polars_schema)


def test_lsdb_reads_every_cell_back(lsdb, written, release, located):
    catalogue = lsdb.open_catalog(written / "rrl-example")
    assert catalogue.columns.tolist() == release.table.names
    read = rows(catalogue, release.table)
    assert read.equals(located)
    assert read["source_id"].max() > 2**53


def test_stars_without_a_position_are_beside_the_catalogue(written, release, located):
    others = pl.read_parquet(written / "rrl-example-without-position.parquet")
    assert others.height == release.frame.height - located.height > 0
    assert pl.concat([located, others]).sort("source_id").equals(release.frame)
    readme = (written / "README.md").read_text(encoding="utf-8")
    assert f"{others.height} stars without a position" in readme


def test_the_catalogue_is_valid(lsdb, written):
    from hats.io.validation import is_valid_catalog

    assert is_valid_catalog(written / "rrl-example", strict=True, verbose=False)


def test_a_cone_search_finds_the_stars_within(lsdb, written, release, located):
    cone = Cone(located["ra"][5], located["dec"][5], 30)
    catalogue = lsdb.open_catalog(written / "rrl-example")
    found = catalogue.cone_search(ra=cone.ra, dec=cone.dec, radius_arcsec=3600 * cone.radius)
    inside = (cone.distances(located) <= cone.radius).to_numpy()
    assert 0 < inside.sum() < located.height
    assert rows(found, release.table).equals(located.filter(pl.Series(inside)))


def test_units_and_meaning_stand_in_the_metadata(written, release):
    import pyarrow.parquet as pq
    from astropy.io.votable import parse

    schema = pq.read_schema(written / "rrl-example" / "dataset" / "_common_metadata")
    votable = parse(io.BytesIO(schema.metadata[b"IVOA.VOTable-Parquet.content"]))
    fields = {field.name: field for field in votable.get_first_table().fields}
    for column in release.table.column:
        assert fields[column.name].ucd == column.ucd
        assert fields[column.name].description == " ".join(column.full_description.split())
        assert str(fields[column.name].unit or "") == column.unit_in("votable")


def test_the_properties_tell_of_the_release(written):
    told = dict(
        line.split("=", 1)
        for line in (written / "rrl-example" / "hats.properties").read_text().splitlines()
        if "=" in line
    )
    assert told["obs_collection"] == "rrl-example"
    assert told["hats_data_semver"] == "1.2.3"
    assert told["hats_release_date"] == "2026-12-01"
    assert told["obs_copyright"] == "CC-BY-4.0"


def test_the_same_release_gives_the_same_bytes(written, release, tmp_path):
    again = export(release, "hats", tmp_path / "again")
    for path in again:
        first = written / path.relative_to(tmp_path / "again")
        assert path.read_bytes() == first.read_bytes(), path.name


def test_without_positions_there_is_no_catalogue(lsdb, release, tmp_path):
    nowhere = release.frame.with_columns(ra=pl.lit(None, pl.Float64))
    with pytest.raises(ReleaseError, match="no star has a position"):
        export(replace(release, frame=nowhere), "hats", tmp_path / "out")


def test_without_lsdb_the_error_names_the_extra(release, tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "rrcat.release.export.hats", raising=False)
    monkeypatch.setitem(sys.modules, "dask", None)
    with pytest.raises(ReleaseError, match="the target hats needs dask") as error:
        export(release, "hats", tmp_path / "out")
    assert error.value.hint == "pip install 'rrcat[hats]'"
