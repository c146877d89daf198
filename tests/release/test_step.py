import polars as pl
import pytest

from rrcat import schema
from rrcat.errors import ReleaseError
from rrcat.release.facts_diff import FactChange
from rrcat.release.sides import Pair, Side
from rrcat.release.step import Moves, Step, check_step, step_between, step_for
from rrcat.schema.diff import Change, SchemaDiff

SAME = SchemaDiff("1.1.0", "1.1.0", ())


@pytest.fixture(scope="module")
def many(frame):
    """Four thousand rows, of which a correction may touch four."""
    copies = [frame.with_columns(pl.col("source_id") // 20 + i) for i in range(14)]
    return pl.concat(copies).unique("source_id").sort("source_id").head(4000)


@pytest.fixture
def step(many, table, tmp_path):
    """Give the step that a changed copy asks for: ``step(changed)``."""

    def ask(changed, facts=(), of_table=SAME):
        sides = [Side("x", tmp_path, {}, table, rows) for rows in (many, changed)]
        pair = Pair(*sides)
        return step_for(pair, Moves.of(pair), tuple(facts), of_table)

    return ask


def some(many, n, name, value):
    """Change a column of the first stars that have a value in it."""
    known = many.filter(pl.col(name).is_not_null())["source_id"][:n].implode()
    here = pl.col("source_id").is_in(known)
    return many.with_columns(pl.when(here).then(value).otherwise(name).alias(name))


def test_nothing_asks_for_nothing(step, many):
    assert step(many) == Step("none", ())


def test_values_of_many_stars_are_major_and_of_single_ones_a_patch(step, many):
    told = step(some(many, 5, "feh", pl.col("feh") * 0.5 + 0.1))
    assert told == Step("major", ("values of 5 of 4,000 stars have changed or are gone",))
    assert step(some(many, 4, "feh", pl.col("feh") * 0.5 + 0.1)).level == "patch"


def test_values_that_are_gone_count_like_changed_ones(step, many):
    assert step(some(many, 5, "feh", pl.lit(None))).level == "major"


def test_stars_that_are_gone_are_major(step, many):
    assert step(many[5:]) == Step("major", ("5 of 4,000 stars are gone",))
    assert step(many[1:]).level == "patch"


def test_removed_and_changed_rows_are_single_together(step, many):
    changed = some(many[2:], 3, "feh", pl.col("feh") * 0.5 + 0.1)
    assert step(changed).level == "major"


def test_stars_that_are_added_are_minor(step, many):
    more = many.head(1).with_columns(source_id=pl.lit(-5, dtype=pl.Int64))
    assert step(pl.concat([more, many])) == Step("minor", ("1 star is added",))


def test_values_where_there_were_none_are_minor(step, many):
    filled = many.with_columns(pl.col("phi31").fill_null(1.0))
    assert step(filled).level == "minor"


def test_rounding_is_a_patch(step, many):
    assert step(many.with_columns(feh=pl.col("feh") * (1 + 1e-12))).level == "patch"


@pytest.mark.parametrize("key", ["scale", "coordinates.epoch", "time_system.scale"])
def test_another_meaning_of_numbers_is_major(step, many, key):
    assert step(many, [FactChange(key, "a", "b")]).level == "major"


def test_another_origin_of_the_same_values_is_a_patch(step, many):
    told = step(many, [FactChange("versions.polars", "1", "2")])
    assert told == Step("patch", ("the values are the same, what they were made from is not",))


@pytest.mark.parametrize("level", ["patch", "minor", "major"])
def test_table_asks_for_its_own_step(step, many, level):
    change = Change("a1", "unit", "mag", "", level)
    assert step(many, of_table=SchemaDiff("1.0.0", "2.0.0", (change,))).level == level


def test_own_columns_of_an_estimator_that_come_are_minor_and_that_go_major(
    own_columns, table, tmp_path
):
    sides = [
        Side("x", tmp_path, {}, schema.expanded(table, ids), own_columns(*ids))
        for ids in (("a",), ("a", "b"))
    ]
    one, other = sides
    assert step_for(Pair(one, other), Moves(300), (), SAME).level == "minor"
    told = step_for(Pair(other, one), Moves(300), (), SAME)
    assert told == Step("major", ("columns are gone: feh_b, feh_error_b, feh_status_b",))


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [
        ("1.0.0", "2.0.0", "major"),
        ("1.0.0", "1.1.0", "minor"),
        ("1.0.0", "1.1.0", "patch"),
        ("1.2.3", "1.2.4", "patch"),
        ("1.2.3", "1.2.4", "none"),
        ("0.1.0", "0.2.0", "major"),
        ("0.1.0", "0.1.1", "minor"),
    ],
)
def test_step_that_is_far_enough_passes(before, after, level):
    check_step(before, after, Step(level, ("x",)))


@pytest.mark.parametrize(
    ("before", "after", "level", "enough"),
    [
        ("1.2.3", "1.3.0", "major", "2.0.0"),
        ("1.2.3", "1.2.4", "major", "2.0.0"),
        ("1.2.3", "1.2.4", "minor", "1.3.0"),
        ("0.2.3", "0.2.4", "major", "0.3.0"),
    ],
)
def test_smaller_step_is_refused_with_the_reason_and_the_version_that_would_do(
    before, after, level, enough
):
    with pytest.raises(ReleaseError, match=r"the changes ask for a m.* one\n  because") as error:
        check_step(before, after, Step(level, ("because",)))
    assert f"choose {enough}, or give --override-step" in error.value.hint


def test_steps_are_named_by_the_first_number_that_moves():
    assert step_between("1.2.3", "2.0.0") == "major"
    assert step_between("1.2.3", "1.4.0") == "minor"
    assert step_between("1.2.3", "1.2.9") == "patch"
