import json

import polars as pl
from polars.testing import assert_frame_equal

from rrcat.release.report_material import Material, read_material


def test_what_the_candidate_does_not_list_is_not_read(tmp_path):
    (tmp_path / "report_stars.parquet").write_bytes(b"not looked at")
    assert read_material(tmp_path, []) == Material()


def test_everything_listed_is_read(tmp_path):
    frame = pl.DataFrame({"source_id": [1]})
    frame.write_parquet(tmp_path / "report_stars.parquet")
    frame.write_parquet(tmp_path / "out_of_fold.parquet")
    (tmp_path / "account.json").write_text('{"stars": {}}')
    (tmp_path / "validation.json").write_text(json.dumps({"results": [{"name": "a"}]}))
    (tmp_path / "combination.json").write_text('{"members": []}')
    told = read_material(tmp_path, [path.name for path in tmp_path.iterdir()])
    assert_frame_equal(told.stars, frame)
    assert_frame_equal(told.out_of_fold, frame)
    assert told.account == {"stars": {}}
    assert told.checks == ({"name": "a"},)
    assert told.combination == {"members": []}
