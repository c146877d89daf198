import pytest

from rrcat.catalogue.recipe import Recipe
from rrcat.release.report_words import account_of_stars, how_it_was_made
from rrcat.release.summary import summarise


@pytest.fixture
def recipe():
    """A recipe as a candidate tells it, with every default filled in."""
    return Recipe.model_validate(
        {
            "catalogue": {"name": "x", "title": "X", "scale": "C21"},
            "archive": {"kind": "simulated"},
            "estimator": [{"id": "one"}, {"id": "two"}],
        }
    ).resolved()


def told(recipe, combination=None, **facts):
    return dict(how_it_was_made({"recipe": recipe, "scale": "C21"} | facts, combination or {}))


def test_simulated_stars_are_called_so(recipe):
    assert "none of them exists" in told(recipe)["Stars"]


def test_fit_is_told_with_its_numbers(recipe):
    text = told(recipe)["Light curves"]
    assert "3 to 8 harmonics" in text
    assert "AICC" in text


def test_parameters_that_the_archive_gives_were_not_fitted(recipe):
    given = recipe["archive"] | {"kind": "files", "features": {"file": "x.csv"}}
    text = told(recipe | {"archive": given})["Light curves"]
    assert text == "None were read: the parameters are those that the archive gives."
    both = given | {"light_curves": {"file": "y.csv"}}
    assert "harmonics" in told(recipe | {"archive": both})["Light curves"]


def test_the_least_error_of_calibrators_is_told_where_there_is_one(recipe):
    spectra = {"scale": "C21", "error_floor": 0.0}
    text = told(recipe | {"calibration": spectra})["Calibrators"]
    assert text == "The models learned from spectra on the scale C21."
    text = told(recipe | {"calibration": spectra | {"error_floor": 0.05}})["Calibrators"]
    assert "at least 0.05 dex" in text


def test_without_a_combination_the_order_is_told(recipe):
    assert "in the order one, two" in told(recipe)["Combination"]


def test_combination_is_told_with_its_errors_of_each_type(recipe):
    of_type = {
        "n_stars": 1234,
        "rmse": {"one": 0.2, "combination": 0.15},
        "steps_aside": False,
        "preferred": ["one"],
    }
    learned = {"members": ["one", "two"], "types": {"RRab": of_type}}
    text = told(recipe | {"combination": {}}, learned)["Combination"]
    assert "RRab, from 1,234 calibrators: the combined value is taken" in text
    assert text.index("combination 0.150") < text.index("one 0.200")
    of_type["steps_aside"] = True
    assert "worse than one" in told(recipe | {"combination": {}}, learned)["Combination"]


def test_chain_of_teachers_is_told(recipe):
    first = {"catalogue": "first", "teacher": None}
    teacher = {"catalogue": "second", "version": "1.0.0", "survey": "OGLE", "teacher": first}
    text = told(recipe, teacher=teacher)["Calibrators"]
    assert "second 1.0.0 from OGLE, not from spectra" in text
    assert "first in its turn" in text


def test_recipe_that_says_little_is_told_in_little():
    assert list(told({"catalogue": {"name": "x"}})) == ["Calibrators"]


def test_distances_name_their_relation_and_what_was_only_recalled(recipe):
    relation = {"reference": "Muraveva 2018", "scale": "ZW84", "status": "seen"}
    extinction = [{"band": "G", "value": 2.74, "reference": "C 2018", "status": "recalled"}]
    text = told(recipe, distance={"relation": relation, "extinction": extinction})["Distances"]
    assert "Muraveva 2018" in text
    assert "2.74 in G (C 2018)" in text
    assert "not checked in the paper" in text


def test_account_goes_from_those_asked_for_to_those_told_of(frame, table):
    account = {
        "asked": {"received": 290, "empty": 8, "failed": 2, "limit": None},
        "stars": {"in_file": 300, "selected": 300, "merged_rows": 0},
        "light_curves": {"stars": 280},
    }
    summary = summarise(frame, table)
    rows = dict(account_of_stars(account, summary))
    assert rows["asked of the archive"] == 300
    assert rows["that could not be fetched"] == 2
    assert rows["with light curves in the archive"] == 280
    assert rows["with a metallicity"] + rows["without one, each with its reason"] == frame.height
    assert "further rows about them, merged" not in rows


def test_account_tells_of_stars_that_no_list_has(frame, table):
    stars = {"in_file": 82, "selected": 2187, "light_curves_without_star": {"count": 2105}}
    rows = account_of_stars({"stars": stars}, summarise(frame, table))
    assert rows[:3] == [
        ("stars in the list", 82),
        ("known by their light curves alone", 2105),
        ("chosen by the recipe", 2187),
    ]


def test_account_that_is_not_known_is_that_of_the_rows(frame, table):
    assert len(account_of_stars({}, summarise(frame, table))) == 3
