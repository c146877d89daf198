import polars as pl
import pytest

from rrcat.errors import ReleaseError
from rrcat.release import batches
from rrcat.release.sides import Pair, Side

FACTS = {
    "title": "a",
    "scale": "C21",
    "recipe": {},
    "inputs": [],
    "estimators": [],
    "versions": {},
}


@pytest.fixture
def pair(frame, table, tmp_path):
    """Compare the example with rows that were changed: ``pair(changed)``."""

    def make(changed, **facts):
        before = Side("a", tmp_path, FACTS, table, frame)
        return Pair(before, Side("b", tmp_path, FACTS | facts, table, changed))

    return make


def test_stars_are_matched_and_those_of_one_side_told(pair, frame):
    both = pair(frame[2:])
    assert both.both.height == frame.height - 2
    assert both.only_in("before").equals(frame["source_id"][:2])
    assert both.only_in("after").is_empty()


@pytest.mark.parametrize("size", [1, 7, 100, 1000])
def test_stretches_are_both_catalogues_cut_at_the_same_stars(pair, frame, monkeypatch, size):
    monkeypatch.setattr(batches, "ROWS_IN_GROUP", size)
    odd = pl.int_range(pl.len()) % 10 == 3
    before, after = frame.filter(~odd), frame[40:].filter(~odd.reverse())
    whole = pair(after)
    whole = Pair(Side("a", whole.before.folder, FACTS, whole.before.table, before), whole.after)
    parts = list(whole.stretches())
    assert pl.concat(part.both for part in parts).equals(whole.both)
    for which in ("before", "after"):
        alone = pl.concat(part.only_in(which) for part in parts)
        assert alone.equals(whole.only_in(which))
    assert max(part.before.n_rows for part in parts) <= size
    assert max(part.after.n_rows for part in parts) <= size


@pytest.mark.parametrize("size", [2, 1000])
def test_rows_that_are_not_sorted_are_refused(pair, frame, monkeypatch, size):
    monkeypatch.setattr(batches, "ROWS_IN_GROUP", size)
    unsorted = pl.concat([frame[:100], frame[102:], frame[100:102]])
    for wrong in (unsorted, pl.concat([frame[:5], frame[4:]])):
        with pytest.raises(ReleaseError, match="do not stand in ascending order"):
            list(pair(wrong).stretches())


def test_equal_catalogues_differ_in_nothing(pair, frame):
    assert pair(frame).differs.width == 0
    assert pair(frame).moved.width == 0


@pytest.mark.parametrize(("shift", "moved"), [(1e-9, False), (1e-3, True)])
def test_rounding_is_told_from_a_shift(pair, frame, shift, moved):
    both = pair(frame.with_columns(feh=pl.col("feh") * (1 + shift) + shift))
    assert both.differs.columns == ["feh"]
    assert both.moved["feh"].any() == moved
    assert not both.filled["feh"].any()


def test_value_that_vanished_moved_and_one_that_appeared_did_not(pair, frame):
    there = frame["feh"].is_not_null()
    both = pair(frame.with_columns(feh=pl.when(pl.col("feh").is_null()).then(pl.lit(-1.0))))
    assert both.moved["feh"].to_list() == there.to_list()
    assert both.filled["feh"].to_list() == (~there).to_list()


def test_status_moves_when_a_value_is_lost(pair, frame):
    ok = frame["feh_status"] == "ok"
    lost = pair(frame.with_columns(feh_status=pl.lit("no_period")))
    assert lost.moved["feh_status"].to_list() == ok.to_list()
    won = pair(frame.with_columns(feh_status=pl.lit("ok")))
    assert won.filled["feh_status"].to_list() == (~ok).to_list()
    assert not won.moved["feh_status"].any()


def test_bit_that_the_table_did_not_define_adds_and_moves_nothing(frame, table, tmp_path):
    flags = table["flags"]
    fewer = flags.model_copy(update={"bits": flags.bits[:-1]})
    own = tuple(fewer if column.name == "flags" else column for column in table.defined)
    old = table.model_copy(update={"defined": own})
    zero = frame.with_columns(flags=pl.lit(0, dtype=pl.Int32))
    one = frame.with_columns(flags=pl.lit(flags.bits[-1].value, dtype=pl.Int32))
    both = Pair(Side("a", tmp_path, FACTS, old, zero), Side("b", tmp_path, FACTS, table, one))
    assert not both.moved["flags"].any()
    assert both.filled["flags"].all()
