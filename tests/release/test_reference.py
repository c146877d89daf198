import pytest

from rrcat.release.reference import Author, parse


def test_names_year_and_place_are_told_apart():
    found = parse("Dékány, Grebel & Pojmański 2021, ApJ 920, 33 (arXiv:2107.05983)")
    assert [author.name for author in found.authors] == ["Dékány", "Grebel", "Pojmański"]
    assert (found.year, found.journal, found.volume, found.start) == (2021, "ApJ", "920", "33")
    assert found.doi is None


def test_initials_stay_with_their_name():
    text = "Dekany, I., Grebel, E. K. & Pojmanski, G. 2021, ApJ, 920, 33, doi:10.3847/1538-4357/ac1"
    found = parse(text)
    assert found.authors == (
        Author("Dekany", "I."),
        Author("Grebel", "E. K."),
        Author("Pojmanski", "G."),
    )
    assert found.doi == "10.3847/1538-4357/ac1"


@pytest.mark.parametrize("names", ["Crestani et al.", "Crestani, J. et al.", "Crestani, et al."])
def test_others_are_told_as_such(names):
    found = parse(f"{names} 2021, ApJ 908, 20")
    assert [author.name for author in found.authors] == ["Crestani", "et al."]
    assert [author.is_group for author in found.authors] == [False, True]


def test_a_collaboration_is_no_person():
    assert parse("Gaia Collaboration 2023, A&A 674, A1").authors[0].is_group


def test_a_journal_may_be_more_than_one_word():
    found = parse("Pojmański 2002, Acta Astronomica 52, 397")
    assert (found.journal, found.volume) == ("Acta Astronomica", "52")


@pytest.mark.parametrize(
    "text",
    ["Simulated by rrcat; the stars do not exist.", "Gaia DR3", "", "doi:10.1/x 2021, A 1, 2"],
)
def test_other_texts_are_left_whole(text):
    assert parse(text) is None
