"""Published values stand beside ours, star by star."""

import polars as pl
import pytest

from rrcat.archive.identity import source_id
from rrcat.errors import ArchiveError
from rrcat.evaluation.config import ExternalFile
from rrcat.evaluation.external import beside, read_external


def published(folder, text, **config):
    (folder / "published.csv").write_text(text)
    given = {"file": "published.csv", "id": "peer", "scale": "ZW84", **config}
    file = ExternalFile(**{"columns": {"archive_id": "star", "feh": "met"}, **given})
    return read_external(file, folder, survey="S", scale="C09")


def test_values_come_on_the_scale_asked_for(tmp_path):
    values = published(tmp_path, "star,met\na,-1.5\nb,NaN\n")
    feh = dict(values.select("source_id", "feh").iter_rows())
    assert feh[source_id("S", "a")] == pytest.approx(-1.5 * 1.105 + 0.160)
    assert feh[source_id("S", "b")] is None
    assert values["feh_error"].null_count() == 2


def test_a_star_that_stands_twice_is_refused(tmp_path):
    with pytest.raises(ArchiveError, match="stand twice"):
        published(tmp_path, "star,met\na,-1.5\na,-1.6\n")


def test_every_star_asked_for_is_beside_once():
    ours = pl.DataFrame(
        {
            "source_id": [1, 1, 2, 2],
            "pulsation_type": "RRab",
            "estimator": "ours",
            "repeat": [0, 1, 0, 1],
            "fold": 3,
            "feh_true": [-1.0, -1.0, -2.0, -2.0],
            "feh": -1.1,
            "feh_error": 0.1,
            "status": "ok",
        }
    )
    values = pl.DataFrame({"source_id": [2, 7], "feh": [-2.2, 0.0], "feh_error": [None, None]})
    theirs = beside(ours, values, "peer").sort("source_id")
    assert theirs.columns == ours.columns
    assert theirs.select("source_id", "feh", "status").rows() == [
        (1, None, "not_published"),
        (2, -2.2, "ok"),
    ]
    assert set(theirs["estimator"]) == {"peer"}
