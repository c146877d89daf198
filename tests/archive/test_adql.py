import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.archive.adql import after, check_part, join_upload, literal, one_of, select
from rrcat.errors import ArchiveError

KEY = "source_id"


def test_a_query_names_expressions_by_aliases():
    assert (
        select({"c1": "src.ra", "c2": '"I/355/epphot".Source'}, "gaiadr3.gaia_source AS src")
        == 'SELECT src.ra AS c1, "I/355/epphot".Source AS c2 FROM gaiadr3.gaia_source AS src'
    )


def test_a_page_has_all_conditions_an_order_and_an_end():
    where = ["pf > 0.2 OR p1_o > 0.2", after(KEY, 17)]
    assert (
        select({"c1": KEY}, "t", where, order_by="c1", top=5)
        == "SELECT TOP 5 source_id AS c1 FROM t WHERE (pf > 0.2 OR p1_o > 0.2)"
        " AND (source_id > 17) ORDER BY c1"
    )


def test_keys_are_numbers_or_quoted_texts():
    assert after(KEY, 2**63 - 1) == "source_id > 9223372036854775807"
    assert after(KEY, "V0672 'A'") == "source_id > 'V0672 ''A'''"
    assert one_of(KEY, [3, 1]) == "source_id IN (3, 1)"
    assert one_of(KEY, ["a", "b'"]) == "source_id IN ('a', 'b''')"


def test_uploaded_identifiers_are_joined():
    assert (
        join_upload("gaiadr3.epoch_photometry AS e", "e.source_id")
        == "gaiadr3.epoch_photometry AS e JOIN TAP_UPLOAD.ids ON e.source_id = ids.id"
    )


@given(st.text())
def test_a_quoted_text_ends_where_it_should(text):
    quoted = re.fullmatch(r"'((?:[^']|'')*)'", literal(text), re.DOTALL)
    assert quoted is not None
    assert quoted[1].replace("''", "'") == text
    check_part(f"name = {literal(text)}")


@pytest.mark.parametrize(
    "part",
    [
        "1 = 1 -- and no more",
        "1 = 1; DROP TABLE t",
        "(1 = 1; DROP TABLE t)",
        "name = 'open",
        '"open',
        "1 = 1) OR (1 = 1",
        "ABS(b",
        "b)",
        "",
        "  ",
    ],
)
def test_a_part_that_cuts_off_what_follows_is_refused(part):
    for columns, table, where in (
        ({"c1": part}, "t", ()),
        ({"c1": "a"}, part, ()),
        ({"c1": "a"}, "t", [part]),
    ):
        with pytest.raises(ArchiveError, match="cannot stand in a query") as caught:
            select(columns, table, where)
        assert caught.value.hint


@pytest.mark.parametrize("part", ["f(a, (b))", "(a) + (b)", "name = ')('", '"I(C)"'])
def test_brackets_that_close_may_stand_in_a_query(part):
    check_part(part)


@pytest.mark.parametrize("alias", ["ra deg", "Ra", "1st", '"ra"', "ra;", ""])
def test_an_alias_is_a_plain_name(alias):
    with pytest.raises(ArchiveError, match="cannot be the name of a column"):
        select({alias: "ra"}, "t")
