import polars as pl
import pytest

BIG = 2**62 + 1


def test_where_takes_rows_by_columns_of_the_file(ingested):
    got = ingested(star_table={"where": "type = 'RRab'"})
    assert got.account["stars"]["left_out_by_where"] == 1
    assert got.account["stars"]["in_file"] == 2


def test_where_that_leaves_no_row_is_refused(refused):
    message = refused(star_table={"where": "period > 5"})
    assert "no row of the file is left" in message
    assert "where: period > 5" in message
    assert "hint: check `where`" in message


def test_a_file_without_rows_is_refused_without_a_word_on_where(refused, stars):
    message = refused(stars=stars.clear())
    assert "the file has no rows" in message
    assert "stars.csv" in message
    assert "where" not in message


def test_a_column_with_the_name_of_our_row_numbers_is_refused(refused, stars):
    message = refused(stars=stars.with_columns(pl.lit(1).alias("row in the file")))
    assert "a column has the name 'row in the file'" in message
    assert "hint: rename the column in the file" in message


@pytest.mark.parametrize("where", ["perod > 5", "period >", "nonsense(period)"])
def test_where_that_cannot_be_followed_is_refused(refused, where):
    message = refused(star_table={"where": where})
    assert f"cannot follow `where = '{where}'`" in message
    assert "the columns are source_id, period, type" in message


def test_a_missing_column_is_refused_with_the_nearest(refused, stars):
    message = refused(stars=stars.rename({"period": "Period_d"}))
    assert "no column 'period', which the recipe takes for period" in message
    assert "stars.csv, column: period" in message
    assert "did you mean 'Period_d'?" in message


def test_a_missing_column_without_neighbours_is_refused_with_all_there_are(refused, stars):
    message = refused(stars=stars.rename({"period": "xyz"}))
    assert "its columns are source_id, xyz, type" in message


def test_big_identifiers_keep_every_digit(ingested, stars, curves):
    big = pl.Series("source_id", [BIG, BIG + 1, 13])
    many = curves.with_columns(pl.col("source_id").replace_strict({11: BIG, 12: BIG + 1, 13: 13}))
    got = ingested(stars=stars.with_columns(big), light_curves=many)
    assert got.stars["source_id"].to_list() == [13, BIG, BIG + 1]
    assert got.light_curves["source_id"].n_unique() == 3


@pytest.mark.parametrize("bad", [2**63 - 1, -1])
def test_the_number_of_a_missing_identifier_is_refused(refused, stars, bad):
    message = refused(stars=stars.with_columns(source_id=pl.Series([11, 12, bad])))
    assert f"1 of 3 rows have a source_id that is none, the first is {bad}" in message
    assert "stars.csv, column: source_id, row: 3" in message
    assert "2^63 - 1 and negative" in message


def test_a_row_without_identifier_is_refused_with_the_filter(refused, stars):
    message = refused(stars=stars.with_columns(source_id=pl.Series([11, None, 13])))
    assert "1 of 3 rows have no source_id" in message
    assert "row: 2" in message
    assert "where = '\"source_id\" IS NOT NULL'" in message
