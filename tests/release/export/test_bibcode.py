import pytest

from rrcat.release.export.bibcode import bibcode
from rrcat.release.reference import parse


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Crestani et al. 2021, ApJ 908, 20", "2021ApJ...908...20C"),
        ("Dékány, Grebel & Pojmański 2021, ApJ 920, 33", "2021ApJ...920...33D"),
        ("Dékány & Grebel 2022, ApJS 261, 33", "2022ApJS..261...33D"),
        ("Gaia Collaboration 2018, A&A 616, A1", "2018A&A...616A...1G"),
        ("Clementini et al. 2023, A&A 674, A18", "2023A&A...674A..18C"),
        ("Soszyński et al. 2019, Acta Astronomica 69, 321", "2019AcA....69..321S"),
        ("Jurcsik & Kovács 1996, A&A 312, 111", "1996A&A...312..111J"),
        ("Muraveva et al. 2025, MNRAS 536, 2749", "2025MNRAS.536.2749M"),
        ("Someone 2020, ApJL 900, L12", "2020ApJ...900L..12S"),
        ("Someone 2020, MNRAS 500, 12345", "2020MNRAS.50012345S"),
    ],
)
def test_references_have_the_bibcode_of_their_work(text, code):
    assert bibcode(parse(text)) == code
    assert len(code) == 19


@pytest.mark.parametrize("text", ["Someone 2020, Journal of Stars 1, 2"])
def test_of_an_unknown_journal_there_is_none(text):
    assert bibcode(parse(text)) is None
