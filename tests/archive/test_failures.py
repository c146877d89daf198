import pytest
import requests
from requests import exceptions

from rrcat.archive.failures import AGAIN, excerpt, failure_of


def caused_by(error: Exception, *causes: Exception) -> requests.RequestException:
    """Give an error with its chain of causes, the first one last."""
    for one, below in zip((error, *causes), causes, strict=False):
        one.__cause__ = below
    return error


RESET = ConnectionResetError(104, "Connection reset by peer")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (caused_by(requests.ConnectionError("(Protocol…"), OSError("x"), RESET), "reset by peer"),
        (requests.ConnectionError("IncompleteRead(3 bytes)"), "failed: IncompleteRead(3 bytes)"),
        (exceptions.ChunkedEncodingError("cut"), "the connection failed: cut"),
        (exceptions.ContentDecodingError("no gzip"), "the connection failed: no gzip"),
        (caused_by(requests.ReadTimeout("x"), TimeoutError("timed out")), "has stalled"),
        (
            caused_by(requests.ConnectTimeout("x"), TimeoutError("timed out")),
            "the server did not take the connection in time",
        ),
    ],
)
def test_what_may_do_better_the_next_time_is_asked_again(error, said):
    failure = failure_of(error)
    assert said in str(failure)
    assert (failure.again, failure.hint, failure.attempts) == (True, AGAIN, None)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (exceptions.SSLError("bad certificate"), "no secure connection: bad certificate"),
        (exceptions.InvalidSchema("no adapter"), "the request cannot be made: no adapter"),
        (exceptions.TooManyRedirects("30 redirects"), "the request cannot be made: 30 redirects"),
    ],
)
def test_a_request_that_never_succeeds_is_not_made_again(error, said):
    failure = failure_of(error)
    assert str(failure) == said
    assert (failure.again, failure.hint) == (False, "check the URL")


def test_the_words_are_those_of_an_error_that_another_hides():
    error = requests.ConnectionError("no words")
    error.__context__ = RESET
    assert str(failure_of(error)) == "the connection failed: Connection reset by peer"


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
