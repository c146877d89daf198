import pytest

from rrcat.archive.failures import excerpt


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ""),
        (b"  no  such \n table ", "no such table"),
        (b"<html><style>p {}</style><script>x()</script><p>A &amp; B</p></html>", "A & B"),
        (
            b'<VOTABLE><DESCRIPTION>of the service</DESCRIPTION><RESOURCE><INFO value="ERROR" '
            b'name="QUERY_STATUS">No such field: raa</INFO></RESOURCE></VOTABLE>',
            "No such field: raa",
        ),
        (b"\xff\x00\x1b[2Jx", "� [2Jx"),
        (b"long " * 200, ("long " * 60).strip() + "…"),
    ],
)
def test_an_excerpt_gives_the_words_and_no_markup(body, words):
    assert excerpt(body) == words


@pytest.mark.parametrize("piece", [b"<script ", b"<!--", b"<INFO QUERY_STATUS ", b"<", b"&"])
def test_markup_without_end_is_no_work_without_end(piece):
    assert len(excerpt(piece * 10**6)) <= 301
