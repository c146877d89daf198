import polars as pl
import pytest

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
    assert both.only_in("before") == tuple(frame["source_id"][:2])
    assert both.only_in("after") == ()


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
