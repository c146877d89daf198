import keyword
import subprocess

import pytest

from rrcat.errors import ReleaseError
from rrcat.release.export.adql import RESERVED, check_columns, schema_name
from rrcat.schema import Table, load

WORDS_OF_DACHS = "from gavo import adql; print(*adql.ALL_RESERVED_WORDS)"


@pytest.mark.parametrize(
    ("catalogue", "schema"),
    [
        ("rrl-example", "rrl_example"),
        ("asas-i", "asas_i"),
        ("2mass-rrl", "cat_2mass_rrl"),
        ("public", "cat_public"),
        ("ivoa", "cat_ivoa"),
        ("pg-1", "cat_pg_1"),
        ("select", "cat_select"),
    ],
)
def test_a_catalogue_becomes_a_schema_with_a_legal_name(catalogue, schema):
    assert schema_name(catalogue) == schema


def test_long_names_are_cut_and_stay_apart():
    names = {schema_name("a" * 60 + end) for end in ("", "b", "c")}
    assert len(names) == 3
    assert {len(name) for name in names} == {40}
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in names)


@pytest.mark.parametrize("word", ["date", "distance", "size", "limit"])
def test_a_column_named_like_a_word_of_adql_is_refused(table, word):
    column = table["feh"].model_copy(update={"name": word})
    named = Table(
        name="named", version="1.0.0", description="One column too many.", column=(column,)
    )
    with pytest.raises(ReleaseError, match=f"'{word}' is a word of ADQL") as error:
        check_columns(named)
    assert error.value.where == {"column": word}


def test_catalogues_have_no_such_column():
    check_columns(load("rrl_metallicity"))


def test_all_words_that_dachs_reserves_are_known(tool):
    tool("dachs")
    done = subprocess.run(
        ["/usr/bin/python3", "-c", WORDS_OF_DACHS], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) <= RESERVED
