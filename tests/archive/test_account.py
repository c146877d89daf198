import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from rrcat.archive.account import clean_numbers, merge_rows, repeated_epochs, tally, together

cells = st.none() | st.sampled_from([0.5, 0.6])
rows = st.lists(st.tuples(st.sampled_from([1, 2, 3]), cells, cells), min_size=1)
SCHEMA = {"source_id": pl.Int64, "period": pl.Float64, "ra": pl.Float64}


def frame(content) -> pl.DataFrame:
    return pl.DataFrame(content, schema=SCHEMA, orient="row")


@settings(deadline=None)
@given(rows)
def test_no_star_is_lost_or_doubled(content):
    merged, account, _ = merge_rows(frame(content), ["source_id"], "first")
    assert sorted(merged["source_id"]) == sorted({row[0] for row in content})
    assert len(content) == merged.height + account["identical_rows"] + account["merged_rows"]


@settings(deadline=None)
@given(rows)
def test_a_value_is_null_only_where_none_is_known(content):
    merged, _, _ = merge_rows(frame(content), ["source_id"], "first")
    for star, period, _ in merged.iter_rows():
        known = [row[1] for row in content if row[0] == star and row[1] is not None]
        assert period == (known[0] if known else None)


@settings(deadline=None)
@given(rows)
def test_every_conflict_is_named_once(content):
    merged, account, conflicts = merge_rows(frame(content), ["source_id"], "null")
    expected = {
        (str(star), name)
        for star in {row[0] for row in content}
        for index, name in ((1, "period"), (2, "ra"))
        if len({row[index] for row in content if row[0] == star} - {None}) > 1
    }
    assert set(conflicts.select("star", "column").iter_rows()) == expected
    assert account["conflicts"]["count"] == len(expected)
    for star, name in expected:
        assert merged.filter(pl.col("source_id") == int(star))[name].to_list() == [None]


def test_a_conflict_tells_its_values():
    _, _, conflicts = merge_rows(frame([(1, 0.5, 1.0), (1, 0.6, None)]), ["source_id"], "refuse")
    assert conflicts.rows() == [("1", "period", "0.5, 0.6")]


def test_nan_and_infinity_become_null_and_are_counted():
    table = pl.DataFrame(
        {"id": [1, 2, 3], "mag": [float("nan"), 1.0, None], "e": [float("inf"), -float("inf"), 0.1]}
    )
    cleaned, account = clean_numbers(table)
    assert cleaned["mag"].to_list() == [None, 1.0, None]
    assert cleaned["e"].to_list() == [None, None, 0.1]
    assert cleaned["id"].to_list() == [1, 2, 3]
    assert account == {"nan": {"mag": 1}, "infinite": {"e": 2}}


def test_repeated_epochs_are_told_by_band():
    curves = pl.DataFrame(
        {
            "source_id": [1, 1, 1, 1, 2],
            "band": ["G", "G", "G", "BP", "G"],
            "time": [5.0, 5.0, 6.0, 5.0, 5.0],
            "mag": [1.0, 1.1, 1.0, 1.0, 1.0],
        }
    )
    assert repeated_epochs(curves) == {
        "count": 1,
        "first": [{"source_id": 1, "band": "G", "time": 5.0, "rows": 2, "magnitudes": 2}],
        "stars": 1,
        "different_magnitudes": 1,
    }


def test_points_without_time_repeat_no_epoch():
    curves = pl.DataFrame(
        {"source_id": [1, 1], "band": ["G", "G"], "time": [None, None], "mag": [1.0, 2.0]},
        schema_overrides={"time": pl.Float64},
    )
    assert repeated_epochs(curves)["count"] == 0


def test_accounts_of_two_chunks_add_up_to_one():
    one = {"nan": {"mag": 2}, "bands": ["G"], "stars": tally(pl.DataFrame({"id": [1, 2]}), "id")}
    other = {"nan": {"ra": 1}, "bands": ["BP"], "stars": tally(pl.DataFrame({"id": [3] * 9}), "id")}
    assert together([one, other]) == {
        "nan": {"mag": 2, "ra": 1},
        "bands": ["BP", "G"],
        "stars": {"count": 11, "first": [{"id": number} for number in (1, 2, 3, 3, 3)]},
    }
    assert together([one]) == one


def test_what_is_no_count_is_not_added():
    high = {"orders_above_highest": {"count": 2, "given_as": 8}}
    assert together([high, high]) == {"orders_above_highest": {"count": 4, "given_as": 8}}
