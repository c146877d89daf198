import json
import math
import re

import polars as pl
import pytest

from rrcat.errors import ReleaseError
from rrcat.release import batches, medians
from rrcat.release.diff import diff
from rrcat.release.diff_columns import BitChange
from rrcat.release.publish import publish
from rrcat.release.sides import Side


@pytest.fixture
def compare(tmp_path, make_candidate, frame):
    """Compare the example with a changed copy of it."""

    def run(changed):
        old = make_candidate(tmp_path / "old", frame)
        return diff(old, make_candidate(tmp_path / "new", changed))

    return run


def shifted(frame, name, row, value):
    cells = frame[name].to_list()
    cells[row] = value
    return frame.with_columns(pl.Series(name, cells, dtype=frame.schema[name]))


def row_with(frame, name):
    return frame[name].is_not_null().arg_true()[10]


def test_the_same_rows_have_no_differences(compare, frame):
    found = compare(frame)
    assert found.is_empty
    assert found.columns == ()


def test_added_and_removed_stars_are_told(compare, frame):
    found = compare(frame[2:])
    assert list(found.removed) == frame["source_id"][:2].to_list()
    assert not found.added
    assert (found.n_before, found.n_after) == (300, 298)
    assert not found.is_empty


def test_a_shift_is_told_with_its_star(compare, frame):
    row = row_with(frame, "feh")
    found = compare(shifted(frame, "feh", row, -2.5))
    (column,) = found.columns
    assert (column.name, column.changed, column.appeared, column.vanished) == ("feh", 1, 0, 0)
    (shift,) = column.largest
    assert (shift.source_id, shift.before, shift.after) == (
        frame["source_id"][row],
        frame["feh"][row],
        -2.5,
    )
    assert shift.shift == column.median == abs(frame["feh"][row] + 2.5)
    assert column.unit == "dex"
    assert found.n_changed == 1


def test_largest_shifts_come_first(compare, frame):
    found = compare(frame.with_columns(feh=pl.col("feh") * 0.5))
    sizes = [abs(shift.after - shift.before) for shift in found.columns[0].largest]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == (frame["feh"] * 0.5).abs().max()
    assert len(sizes) == 5


def test_values_that_vanish_or_appear_are_told(compare, frame):
    there, missing = row_with(frame, "feh"), frame["feh"].is_null().arg_true()[0]
    changed = shifted(shifted(frame, "feh", there, None), "feh", missing, -1.0)
    (column,) = compare(changed).columns
    assert (column.changed, column.appeared, column.vanished) == (0, 1, 1)


def test_a_phase_that_passes_the_full_circle_has_moved_little(tmp_path, make_candidate, frame):
    first, second = frame["phi31"].is_not_null().arg_true()[10:12]
    old = shifted(shifted(frame, "phi31", first, 6.28), "phi31", second, 1.0)
    new = shifted(shifted(frame, "phi31", first, 0.01), "phi31", second, 1.5)
    found = diff(make_candidate(tmp_path / "old", old), make_candidate(tmp_path / "new", new))
    ids = [shift.source_id for shift in found.columns[0].largest]
    assert ids == [frame["source_id"][second], frame["source_id"][first]]
    assert found.columns[0].largest[1].shift == pytest.approx(0.01 + math.tau - 6.28)


def test_changes_of_status_are_counted(compare, frame):
    ok = frame["feh_status"] == "ok"
    changed = frame.with_columns(
        feh_status=pl.when(ok).then(pl.lit("no_period")).otherwise("feh_status")
    )
    found = compare(changed)
    assert found.statuses == (("ok", "no_period", int(ok.sum())),)


def test_flags_are_told_by_the_bits_that_were_set_and_cleared(tmp_path, make_candidate, frame):
    old = frame.with_columns(flags=pl.Series([1, 16, 48, *[0] * 297], dtype=pl.Int32))
    new = frame.with_columns(flags=pl.Series([16, 16, 17, *[0] * 297], dtype=pl.Int32))
    found = diff(make_candidate(tmp_path / "old", old), make_candidate(tmp_path / "new", new))
    (column,) = found.columns
    assert column.bits == (
        BitChange("period_fixed", 1, 1),
        BitChange("extrapolated", 1, 0),
        BitChange("phi31_uncertain", 0, 1),
    )
    assert column.median is None
    assert column.largest == ()


def test_same_rows_from_another_recipe_are_told(tmp_path, make_candidate):
    old = make_candidate(tmp_path / "old")
    new = make_candidate(tmp_path / "new", coordinates={"system": "ICRS", "epoch": "J2016.0"})
    found = diff(old, new)
    assert found.is_empty
    assert [change.key for change in found.facts] == ["coordinates.epoch"]


def test_releases_and_candidates_can_be_mixed(candidate, frame):
    release = publish(candidate, "1.0.0")
    found = diff(release, candidate)
    assert found.is_empty
    assert (found.before, found.after) == ("rrl-example 1.0.0", "rrl-example (candidate)")


def test_the_columns_of_an_estimator_more_are_told(make_candidate, tmp_path, own_columns):
    old = make_candidate(tmp_path / "old", own_columns("a"), individual_columns=["a"])
    new = make_candidate(tmp_path / "new", own_columns("a", "b-c"), individual_columns=["a", "b-c"])
    found = diff(publish(old, "1.0.0"), new)
    assert {(change.column, change.after) for change in found.schema.changes} == {
        ("feh_b_c", "added"),
        ("feh_error_b_c", "added"),
        ("feh_status_b_c", "added"),
    }
    assert (found.schema.level, found.schema.version_is_honest) == ("none", True)
    assert found.n_changed == 0
    assert not found.is_empty


def test_changed_schema_is_told(candidate):
    release = publish(candidate, "1.0.0")
    path = release / "schema.toml"
    text = re.sub('^version = ".*"', 'version = "0.9.0"', path.read_text(), flags=re.MULTILINE)
    path.chmod(0o644)
    path.write_text(
        text.replace('name = "a3_error"\ndtype = "float64"', 'name = "a3_error"\ndtype = "float32"')
    )
    with pytest.raises(ReleaseError, match="column a3_error is Float64 instead of Float32"):
        diff(release, candidate)
    rows = release / "rrl-example.parquet"
    rows.chmod(0o644)
    pl.read_parquet(rows).with_columns(pl.col("a3_error").cast(pl.Float32)).write_parquet(rows)
    found = diff(release, candidate)
    assert [(c.column, c.what, c.level) for c in found.schema.changes] == [
        ("a3_error", "dtype", "major")
    ]
    assert not found.is_empty


def test_all_of_it_is_plain_data(compare, frame):
    found = compare(frame[1:].with_columns(feh=pl.col("feh") * 0.5))
    assert json.loads(json.dumps(found.as_dict()))["columns"][0]["name"] == "feh"


@pytest.mark.parametrize("size", [1, 50, 299])
def test_differences_are_the_same_however_few_rows_are_held(
    tmp_path, make_candidate, frame, monkeypatch, size
):
    third = pl.int_range(pl.len()) % 3 == 0
    changed = frame[2:].with_columns(
        pl.when(third).then(pl.col(pl.Float64) * 0.99).otherwise(pl.col(pl.Float64)),
        feh_status=pl.col("feh_status").replace("ok", "no_period"),
        flags=pl.col("flags").xor(16),
    )
    vanished = changed.with_columns(pl.when(pl.col("source_id") % 7 > 0).then("feh").alias("feh"))
    old = make_candidate(tmp_path / "old", frame)
    new = make_candidate(tmp_path / "new", vanished)
    whole = diff(old, new).as_dict()

    def few(side):
        rows = side.rows.lazy().collect()
        assert rows.height <= size
        return rows

    assert whole["stars"]
    assert len(whole["causes"]) > 1
    assert len(whole["removed"]) == 2
    monkeypatch.setattr(batches, "ROWS_IN_GROUP", size)
    monkeypatch.setattr(medians, "FEW", 3)
    monkeypatch.setattr(Side, "frame", property(few))
    assert diff(old, new).as_dict() == whole


def test_a_folder_that_is_neither_is_refused(tmp_path, candidate):
    with pytest.raises(ReleaseError, match="neither a release nor a finished candidate"):
        diff(tmp_path, candidate)
