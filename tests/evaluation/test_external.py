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
    values = published(tmp_path, "star,met\na,-1.5\nb,NaN\nc,inf\n")
    assert values["source_id"].to_list() == [source_id("S", "a")]
    assert values["feh"].to_list() == [pytest.approx(-1.5 * 1.105 + 0.160)]
    assert values["feh_error"].to_list() == [None]


def test_an_error_that_is_none_is_not_known(tmp_path):
    columns = {"archive_id": "star", "feh": "met", "feh_error": "error"}
    text = "star,met,error\na,-1.5,0.2\nb,-1.5,0\nc,-1.5,inf\nd,-1.5,NaN\ne,-1.5,-1\n"
    values = published(tmp_path, text, columns=columns)
    assert values["feh"].null_count() == 0
    errors = dict(values.select("source_id", "feh_error").iter_rows())
    assert errors[source_id("S", "a")] == pytest.approx(0.2 * 1.105)
    assert values["feh_error"].null_count() == 4


def test_what_stands_for_nothing_is_refused_until_the_recipe_says_so(tmp_path):
    text = "star,met\na,-1.5\nb,99\n"
    with pytest.raises(ArchiveError, match="outside -10 to 10 dex, such as 99") as caught:
        published(tmp_path, text)
    assert "null_values" in caught.value.hint
    assert published(tmp_path, text, null_values=["99"]).height == 1


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
