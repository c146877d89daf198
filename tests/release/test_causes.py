import polars as pl
import pytest

from rrcat import schema
from rrcat.release.causes import CauseCounter, causes_of
from rrcat.release.changed_stars import ChangedMost
from rrcat.release.medians import Medians
from rrcat.release.origins import Origins
from rrcat.release.sides import Pair, Side

IDS = ("toy", "other")
FACTS = {"scale": "C21", "estimators": [{"id": id} for id in IDS]}
NOTHING = Origins(
    estimators={},
    combined=frozenset(),
    order=False,
    scale=False,
    rows=(),
    software=(),
    inputs=(),
    recipe=(),
)


def origins(**differing):
    return Origins(**{**vars(NOTHING), **differing})


def counts(causes):
    counter, medians = CauseCounter(), Medians()
    counter.add(causes, medians)
    assert not medians.end_pass()
    return counter.counts(medians)


def changed_most(pair, found, causes):
    most = ChangedMost()
    most.add(pair, causes)
    return most.stars(pair, found)


@pytest.fixture(scope="module")
def rows(frame, table):
    """Ten RRab stars with values of two estimators and their combination."""
    wide = schema.expanded(table, IDS)
    told = frame.head(10).select(pl.col(c.stem).alias(c.name) for c in wide.column)
    values = dict.fromkeys(("feh", "feh_toy", "feh_other"), -1.5)
    return told.with_columns(
        *(pl.lit(value).alias(name) for name, value in values.items()),
        pulsation_type=pl.lit("RRab"),
        feh_method=pl.lit("combination"),
        feh_status=pl.lit("ok"),
        period=pl.lit(0.5),
        flags=pl.lit(0, dtype=pl.Int32),
    )


@pytest.fixture
def compare(rows, table, tmp_path):
    """Give why the first star changed, what is said of it, and how many did: ``compare(...)``."""

    def run(found=NOTHING, **cells):
        wide = schema.expanded(table, IDS)
        first = pl.int_range(pl.len()) == 0
        changed = rows.with_columns(
            pl.when(first).then(pl.lit(value, dtype=rows.schema[name])).otherwise(name).alias(name)
            for name, value in cells.items()
        )
        pair = Pair(*(Side("x", tmp_path, FACTS, wide, one) for one in (rows, changed)))
        causes = causes_of(pair, found)
        return counts(causes), changed_most(pair, found, causes)

    return run


def only(counted):
    (one,) = counted
    assert one.n == 1
    return one.causes


def test_nothing_changed_for_no_cause(compare):
    assert compare() == ((), ())


def test_input_that_moved_is_a_cause_and_told(compare):
    counted, (star,) = compare(feh=-1.2, feh_toy=-1.0, period=0.6)
    assert only(counted) == ("input",)
    assert counted[0].largest == pytest.approx(0.3)
    assert star.shift == pytest.approx(0.3)
    assert (star.before, star.after) == (-1.5, -1.2)
    assert star.causes[0].detail == "period 0.5 -> 0.6 d"


def test_estimator_that_differs_and_moved_is_a_cause(compare):
    found = origins(estimators={"toy": ("learned from other calibrators",)})
    counted, (star,) = compare(found, feh=-1.2, feh_toy=-1.0)
    assert only(counted) == ("estimator",)
    assert star.causes[0].detail == "toy -1.5 -> -1 dex: learned from other calibrators"


def test_estimator_that_differs_but_gave_the_same_is_no_cause(compare):
    found = origins(estimators={"toy": ("another seed",)})
    counted, (star,) = compare(found, feh=-1.2)
    assert only(counted) == ("unknown",)
    assert star.causes[0].detail == "beside the values the estimators toy differ"


def test_input_and_estimator_are_both_told(compare):
    found = origins(estimators={"toy": ("another seed",)})
    counted, _ = compare(found, feh=-1.2, feh_toy=-1.0, n_epochs=7)
    assert only(counted) == ("input", "estimator")


def test_combination_of_the_type_is_a_cause_and_of_another_type_none(compare):
    counted, (star,) = compare(origins(combined=frozenset({"RRab"})), feh=-1.2)
    assert only(counted) == ("combination",)
    assert star.causes[0].detail == "weights or calibrated errors of RRab stars differ"
    assert only(compare(origins(combined=frozenset({"RRc"})), feh=-1.2)[0]) == ("unknown",)


def test_star_without_a_type_is_not_said_to_be_combined(compare):
    found = origins(combined=frozenset({"RRab"}))
    counted, _ = compare(found, feh=-1.2, pulsation_type=None)
    assert only(counted) == ("input",)


def test_another_estimator_that_is_taken_is_the_combination(compare):
    counted, (star,) = compare(feh=-1.2, feh_method="toy")
    assert only(counted) == ("combination",)
    assert star.causes[0].detail == "the value is of toy, it was of combination"


def test_scale_moves_every_value(compare):
    assert only(compare(origins(scale=True), feh=-1.2)[0]) == ("scale",)


def test_software_is_a_cause_where_nothing_else_differs(compare):
    counted, (star,) = compare(origins(software=("numpy",)), feh=-1.2)
    assert only(counted) == ("software",)
    assert star.causes[0].detail == "numpy"
    found = origins(software=("numpy",), inputs=("stars.csv",))
    counted, (star,) = compare(found, feh=-1.2)
    assert only(counted) == ("unknown",)
    assert "the input files stars.csv, the versions of numpy differ" in star.causes[0].detail
    counted, (star,) = compare(origins(software=("numpy",), recipe=("a.b",)), feh=-1.2)
    assert only(counted) == ("unknown",)
    assert "the recipe (a.b), the versions of numpy differ" in star.causes[0].detail


def test_cause_that_is_not_seen_is_not_known(compare):
    counted, (star,) = compare(feh=-1.2)
    assert only(counted) == ("unknown",)
    assert "nothing differs that the catalogues tell of" in star.causes[0].detail


@pytest.mark.parametrize(
    ("cells", "cause"),
    [
        ({"flags": 16}, "flags"),
        ({"distance_modulus": 14.0, "flags": 16}, "distance"),
        ({"ra": 1.0}, "other"),
        ({"feh": -1.5 - 1e-9}, "rounding"),
        ({"period": 0.6}, "input"),
        ({"period": 0.6, "distance_modulus": 14.0}, "input"),
    ],
)
def test_what_leaves_the_metallicity_is_told_apart(compare, cells, cause):
    assert only(compare(**cells)[0]) == (cause,)


def test_value_that_vanished_is_among_those_that_changed_most(compare):
    _, (star,) = compare(feh=None, feh_status="no_period", period=None)
    assert (star.before, star.after, star.shift) == (-1.5, None, None)
    assert star.causes[0].detail == "period 0.5 -> none d"


def test_without_columns_of_their_own_estimators_are_judged_by_the_method(rows, table, tmp_path):
    narrow = rows.select(table.names).with_columns(feh_method=pl.lit("toy"))
    changed = narrow.with_columns(feh=pl.lit(-1.0))
    pair = Pair(*(Side("x", tmp_path, FACTS, table, one) for one in (narrow, changed)))
    for id, cause in (("toy", "estimator"), ("other", "unknown")):
        found = origins(estimators={id: ("another seed",)})
        (counted,) = counts(causes_of(pair, found))
        assert (counted.causes, counted.n) == ((cause,), 10)


def test_largest_shifts_come_first(rows, table, tmp_path):
    wide = schema.expanded(table, IDS)
    steps = pl.int_range(pl.len()) * 0.1
    pair = Pair(
        Side("x", tmp_path, FACTS, wide, rows),
        Side("y", tmp_path, FACTS, wide, rows.with_columns(feh=pl.col("feh") + steps)),
    )
    stars = changed_most(pair, NOTHING, causes_of(pair, NOTHING))
    assert [star.source_id for star in stars] == rows["source_id"].to_list()[:0:-1]
