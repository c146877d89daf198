import pytest

from rrcat.release.export.cds_words import ascii_words, author, cited, first_author, paragraph


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("Dékány", "Dekany"),
        ("φ31 of ΔS − 2", "phi31 of DeltaS - 2"),
        ("“so” – 3 × 4 ≤ 12", '"so" - 3 x 4 <= 12'),
        ("✨", "\\u2728"),
    ],
)
def test_words_are_spelt_in_ascii(words, wanted):
    assert ascii_words(words) == wanted


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Doe, Jane Ann", "Doe J.A."),
        ("Dékány, I.", "Dekany I."),
        ("Sartre, Jean-Paul", "Sartre J.-P."),
        ("Gaia Collaboration", "Gaia Collaboration"),
    ],
)
def test_authors_have_initials_behind_their_names(name, wanted):
    assert author(name) == wanted


def test_the_first_of_several_authors_has_a_plus():
    assert first_author(("Doe, Jane", "Dékány, I.")) == "Doe+"
    assert first_author(("Dékány, I.",)) == "Dekany"


def test_a_reference_without_bibcode_stays_as_it_is():
    assert cited("A book, 1999") == "A book, 1999"
    assert cited("Crestani et al. 2021, ApJ 908, 20").endswith("(2021ApJ...908...20C)")


def test_no_line_of_a_paragraph_is_longer_than_80():
    lines = paragraph("some words " * 40, 4).splitlines()
    assert all(line.startswith("    s") or line.startswith("    w") for line in lines)
    assert max(map(len, lines)) <= 80
