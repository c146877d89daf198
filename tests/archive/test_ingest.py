"""Judging rows that come from anywhere; what is judged of files is in test_files."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rrcat.archive.account import together
from rrcat.archive.columns import LightCurvesMapping, StarsMapping
from rrcat.archive.config import ArchiveBase
from rrcat.archive.ingest import Part, assemble
from rrcat.archive.mapping import map_table
from rrcat.archive.readers import RawTable

STARS = StarsMapping(columns={"source_id": {"column": "id"}, "period": {"column": "p"}})
CURVES = LightCurvesMapping(
    columns={
        "source_id": {"column": "id"},
        "band": {"value": "G"},
        "time": {"column": "t"},
        "mag": {"column": "m"},
    },
)
ARCHIVE = ArchiveBase(bad_stars="keep")


def part(mapping, frame):
    place = Path("answer.vot")
    return Part(map_table(RawTable(frame), mapping, ARCHIVE.time, place), mapping, place, {})


@pytest.fixture
def stars():
    return pl.DataFrame({"id": [11, 12, 13], "p": [0.5, 0.0, 0.31]})


@pytest.fixture
def curves():
    ids = [11] * 8 + [12] * 3 + [13] * 8
    times = [1700.0 + number for number in range(len(ids))]
    return pl.DataFrame({"id": ids, "t": times, "m": [15.0] * len(ids)})


def test_null_values_hold_for_rows_from_anywhere():
    mapping = STARS.model_copy(update={"null_values": ("0",)})
    frame = pl.DataFrame({"id": [11, 12], "p": [0.5, 0.0]})
    assert part(mapping, frame).frame["period"].to_list() == [0.5, None]


def test_chunks_of_stars_together_are_what_all_stars_at_once_are(stars, curves):
    whole = assemble(ARCHIVE, part(STARS, stars), part(CURVES, curves), None)
    chunks = [
        assemble(
            ARCHIVE,
            part(STARS, stars.filter(pl.col("id") == id)),
            part(CURVES, curves.filter(pl.col("id") == id)),
            None,
        )
        for id in (11, 12, 13)
    ]
    assert_frame_equal(pl.concat(chunk.stars for chunk in chunks), whole.stars)
    assert_frame_equal(pl.concat(chunk.light_curves for chunk in chunks), whole.light_curves)
    assert together(chunk.account for chunk in chunks) == whole.account
    assert whole.account["stars"]["bad_periods"]["count"] == 1
    assert whole.account["light_curves"]["short_light_curves"]["count"] == 1


def test_stars_without_any_observation_stay(stars, curves):
    got = assemble(ARCHIVE, part(STARS, stars), part(CURVES, curves.clear()), None)
    assert got.stars.height == 3
    assert got.light_curves is not None
    assert got.light_curves.height == 0
    assert got.account["stars"]["without_light_curves"]["count"] == 3
    assert got.account["light_curves"]["observations"] == 0


def test_a_star_left_out_takes_its_observations_along(stars, curves):
    left_out = pl.DataFrame({"source_id": [13]})
    got = assemble(
        ARCHIVE,
        part(STARS, stars.head(2)),
        part(CURVES, curves),
        None,
        left_out=left_out,
    )
    assert got.stars["source_id"].to_list() == [11, 12]
    assert got.account["light_curves"]["rows_of_stars_left_out"] == 8
