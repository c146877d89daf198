import re
import string
from pathlib import Path

import pytest
from astropy.io import fits
from hypothesis import example, given, reject
from hypothesis import strategies as st

from rrcat.errors import SchemaError
from rrcat.estimator.loading import ID
from rrcat.schema import Table, as_toml, check, expanded, expanded_like, load, read
from rrcat.schema.definition import MAX_NAME

CATALOGUE = load("rrl_metallicity")
IDS = ["fourier-xgboost", "literature-relations"]
OWN = ("feh", "feh_error", "feh_status")

words = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=12)
ids = st.lists(words, min_size=1, max_size=3).map("-".join).filter(lambda id: re.fullmatch(ID, id))


def expanded_or_reject(estimators: list[str]) -> Table:
    try:
        return expanded(CATALOGUE, estimators)
    except SchemaError:  # two of the names clash, which another test is about
        reject()


def test_without_estimators_a_catalogue_has_the_fixed_columns_alone():
    assert expanded(CATALOGUE, []).names == CATALOGUE.names
    assert not any("{" in name for name in CATALOGUE.names)


def test_each_estimator_has_its_columns_in_the_order_given_at_the_place_of_the_family():
    names = expanded(CATALOGUE, IDS).names
    first = names.index("feh_fourier_xgboost")
    assert names[first : first + 6] == [
        "feh_fourier_xgboost",
        "feh_error_fourier_xgboost",
        "feh_status_fourier_xgboost",
        "feh_literature_relations",
        "feh_error_literature_relations",
        "feh_status_literature_relations",
    ]
    assert names[:first] + names[first + 6 :] == CATALOGUE.names
    assert names[first - 1] == "feh_status"
    turned = expanded(CATALOGUE, IDS[::-1]).names
    assert turned[first] == "feh_literature_relations"


def test_a_column_says_whose_it_is_and_what_it_was_made_from():
    column = expanded(CATALOGUE, IDS)["feh_error_fourier_xgboost"]
    assert (column.estimator, column.stem) == ("fourier-xgboost", "feh_error")
    assert column.description == "Standard error of the value of the estimator fourier-xgboost."
    assert column.unit_in("fits") == "dex"
    assert column.each is None


@given(st.lists(ids, max_size=4, unique=True))
@example(["a1-b2-c3"])
def test_the_names_of_columns_are_names_in_votable_fits_and_adql(estimators):
    table = expanded_or_reject(estimators)
    own = [column for column in table.column if column.estimator]
    assert len(own) == len(OWN) * len(estimators)
    for column in own:
        # A regular identifier of ADQL 2.1, a name that PostgreSQL does not cut, and a FITS string.
        assert re.fullmatch("[A-Za-z][A-Za-z0-9_]*", column.name)
        assert len(column.name) <= 63
        assert len(fits.Card("TTYPE999", column.name).image) == 80
    assert len({name.lower() for name in table.names}) == len(table.names)


def test_no_column_of_the_catalogue_is_a_word_of_adql():
    text = (Path(__file__).parent / "adql_reserved_words.txt").read_text()
    reserved = set(text.split())
    assert {"DISTANCE", "SELECT"} <= reserved
    assert reserved.isdisjoint(name.upper() for name in expanded(CATALOGUE, IDS).names)


@given(st.lists(ids, max_size=4, unique=True))
@example(["a-b"])
def test_the_text_of_a_table_reads_back_as_the_same_table(tmp_path_factory, estimators):
    table = expanded_or_reject(estimators)
    path = tmp_path_factory.mktemp("schema") / "schema.toml"
    path.write_text(as_toml(table))
    assert read(path) == table
    assert expanded_like(CATALOGUE, table.names).names == table.names


@pytest.mark.parametrize(
    ("estimators", "owners", "name"),
    [
        (["x", "error-x"], ("'x'", "'error-x'"), "feh_error_x"),
        (["error"], ("the table", "'error'"), "feh_error"),
        (["a", "a"], ("'a'", "'a'"), "feh_a"),
    ],
)
def test_one_name_for_two_columns_is_refused_with_both_owners(estimators, owners, name):
    with pytest.raises(SchemaError, match=name) as caught:
        expanded(CATALOGUE, estimators)
    assert all(owner in caught.value.message for owner in owners)
    assert "individual_columns" in caught.value.hint


def test_an_id_that_makes_too_long_a_name_is_refused():
    longest = MAX_NAME - len("feh_status_")
    assert f"feh_status_{'a' * longest}" in expanded(CATALOGUE, ["a" * longest]).names
    with pytest.raises(SchemaError, match="at most 63 characters"):
        expanded(CATALOGUE, ["a" * (longest + 1)])


def test_the_columns_of_a_file_tell_its_estimators():
    names = ["source_id", "feh_a_b", "feh_error_a_b", "feh_status_a_b", "feh_c"]
    found = expanded_like(CATALOGUE, names)
    assert {column.estimator for column in found.column} == {None, "a-b"}


def test_a_table_without_families_stays_as_it_is():
    stars = load("stars")
    assert expanded(stars, IDS) == stars
    assert expanded_like(stars, stars.names) == stars


def test_an_empty_catalogue_with_own_columns_conforms():
    table = expanded(CATALOGUE, IDS)
    check(table.empty(), table)
