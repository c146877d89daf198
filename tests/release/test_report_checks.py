import pytest

from rrcat.release.report_checks import checks, counted, number


def result(**changes):
    plain = {"check": "clusters", "name": "a", "passed": True, "detail": "b"}
    return plain | {"value": 0.1, "threshold": 0.2, "unit": "dex", "rows": []} | changes


def only(results):
    ((group, (one,)),) = checks(results, []).items()
    return group, one


def test_value_stands_beside_its_limit():
    group, one = only([result()])
    assert group == "Globular clusters"
    assert (one.verdict, one.limit) == ("passed", "0.100 against a limit of 0.200 dex")


@pytest.mark.parametrize(("passed", "told"), [(True, "passed"), (False, "FAILED"), (None, "open")])
def test_verdict_is_a_word(passed, told):
    assert only([result(passed=passed, value=None)])[1].verdict == told
    assert counted([result(passed=passed)] * 2) == {told: 2}


def test_rows_of_one_kind_are_one_table():
    rows = [{"n": 1, "by": "sky"}, {"n": 2, "by": "epochs"}, {"n": 3, "by": "sky"}, {"m": 4}]
    tables = only([result(rows=rows)])[1].tables
    assert [one.of for one in tables] == ["sky", "epochs", "m"]
    assert tables[0].rows == (("1",), ("3",))


def test_words_come_before_numbers_and_notes_last():
    row = {"a_difference": -0.5, "n": 3, "note": "", "system": "M3", "sure": True, "high": None}
    (cells,) = only([result(rows=[row])])[1].tables
    assert cells.columns == ("system", "sure", "n", "high", "a difference", "note")
    assert cells.rows == (("M3", "yes", "3", "–", "−0.500", ""),)
    assert cells.numeric == (False, False, True, True, True, False)


def test_results_without_rows_come_from_the_short_list():
    short = [{"name": "every star has a row", "passed": True, "detail": "300 of 300"}]
    ((group, (one,)),) = checks([], short).items()
    assert (group, one.name, one.n_rows) == ("The build", "every star has a row", 0)


def test_a_least_share_is_told_as_one():
    share = {"check": "selection", "name": "a", "passed": True, "detail": "b", "unit": ""}
    (told,) = checks([share | {"value": 0.98, "threshold": 0.05}], [])["Who has a value"]
    assert told.limit == "0.980, at least 0.050 is asked for"


def test_pairs_are_told_as_pairs():
    row = {"error": 0.1, "first": "x", "pulsation_type": "RRab", "second": "y"}
    result = {"check": "agreement", "name": "a", "passed": True, "detail": "b", "rows": [row]}
    (told,) = checks([result], [])["Agreement of the estimators"]
    assert told.tables[0].of == "pair"


def test_unknown_check_is_told_by_its_own_name():
    assert only([result(check="moon_phase")])[0] == "moon phase"


@pytest.mark.parametrize(
    ("value", "told"),
    [(3.0, "3"), (1234567, "1,234,567"), (-0.5, "−0.500"), (0.00012, "0.00012"), (1e300, "1e+300")],
)
def test_numbers_are_as_long_as_they_mean_something(value, told):
    assert number(value) == told
