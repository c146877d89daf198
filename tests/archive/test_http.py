import gzip
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
import stamina
from scripted import redirect, reply, reset, serving, silence, trickle

from rrcat import __version__
from rrcat.archive.http import Policy, ask, download, new_session
from rrcat.errors import ArchiveError

BODY = bytes(range(256)) * 4000
HEAD = b"HTTP/1.1 200 OK\r\n"
QUICK = {"connect_timeout": 0.5, "read_timeout": 0.5, "request_timeout": 5.0, "budget": 30.0}


@pytest.fixture(autouse=True)
def _without_waits():
    with stamina.set_testing(True, attempts=8, cap=True):
        yield


def policy(**changes) -> Policy:
    return Policy.model_validate(QUICK | changes)


def fetch(url: str, folder: Path, *, method: str = "GET", limits: Policy | None = None, **more):
    limits = limits or policy()
    with new_session(limits) as session:
        return download(session, method, url, to=folder / "answer", policy=limits, **more)


def fails(url: str, folder: Path, **more) -> str:
    """Give the message of a download that fails; nothing of it is left on disk."""
    with pytest.raises(ArchiveError) as caught:
        fetch(url, folder, **more)
    assert list(folder.iterdir()) == []
    assert caught.value.hint
    return str(caught.value)


def test_an_answer_is_written_as_it_came(tmp_path):
    with serving(reply(200, BODY, x_note="kept")) as server:
        headers = fetch(server.url, tmp_path)
    assert (tmp_path / "answer").read_bytes() == BODY
    assert headers["X-Note"] == "kept"
    assert [path.name for path in tmp_path.iterdir()] == ["answer"]


def test_the_request_says_who_asks(tmp_path):
    with serving(reply()) as server:
        fetch(server.url, tmp_path)
    assert server.asked[0].headers["user-agent"] == f"rrcat/{__version__}"
    assert not [name for name in server.asked[0].headers if name.startswith(("x-", "auth"))]


def test_a_compressed_answer_is_written_unpacked(tmp_path):
    with serving(reply(200, gzip.compress(BODY), content_encoding="gzip")) as server:
        fetch(server.url, tmp_path)
    assert (tmp_path / "answer").read_bytes() == BODY


def test_a_body_without_length_ends_with_the_connection(tmp_path):
    def act(handler):
        handler.wfile.write(HEAD + b"Connection: close\r\n\r\n" + BODY)
        handler.close_connection = True

    with serving(act) as server:
        fetch(server.url, tmp_path)
    assert (tmp_path / "answer").read_bytes() == BODY


BROKEN = {
    "500": reply(500, b"out of memory"),
    "502": reply(502),
    "503 with Retry-After": reply(503, retry_after="1"),
    "503 with a date": reply(503, retry_after="Wed, 21 Oct 2015 07:28:00 GMT"),
    "503 with nonsense": reply(503, retry_after="soon"),
    "504": reply(504),
    "429": reply(429, retry_after="0"),
    "reset before the headers": reset(b""),
    "reset within the headers": reset(HEAD + b"Content-Le"),
    "reset within the body": reset(HEAD + b"Content-Length: 1024000\r\n\r\n" + BODY[:5000]),
    "a body shorter than announced": reply(200, BODY[:-1], announced=len(BODY)),
    "a chunk shorter than announced": reset(HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\nabc"),
    "a compressed body that is cut": reply(
        200, gzip.compress(BODY)[:-9], content_encoding="gzip", announced=len(gzip.compress(BODY))
    ),
    "a damaged compressed body": reply(200, b"no gzip", content_encoding="gzip"),
    "silence": silence,
    "silence within the body": trickle(HEAD + b"Content-Length: 1024000\r\n\r\nabc", b""),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_after_a_fault_the_whole_answer_is_asked_for_again(tmp_path, fault):
    with serving(BROKEN[fault], reply(200, BODY)) as server:
        fetch(server.url, tmp_path)
        assert len(server.asked) == 2
    assert (tmp_path / "answer").read_bytes() == BODY


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("500", "the server answered 500 Internal Server Error: out of memory (attempt 3 of 3)"),
        ("503 with Retry-After", "503 Service Unavailable and asks to wait for 1 s"),
        ("429", "the server answered 429 Too Many Requests"),
        ("reset before the headers", "the connection failed: Connection reset by peer"),
        ("a body shorter than announced", "the connection failed: IncompleteRead(1023999 bytes"),
        ("a damaged compressed body", "the connection failed"),
        ("silence", "the server has stalled"),
        ("silence within the body", "the server has stalled"),
    ],
)
def test_a_fault_that_stays_is_told(tmp_path, fault, said):
    with serving(BROKEN[fault]) as server:
        message = fails(server.url, tmp_path, limits=policy(attempts=3, read_timeout=0.2))
        assert len(server.asked) == 3
    assert said in message
    assert f"url: {server.url}" in message


def test_a_refused_connection_is_told(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        message = fails(url, tmp_path, limits=policy(attempts=2))
    assert "the connection failed: Connection refused (attempt 2 of 2)" in message


def test_an_unknown_host_is_told(tmp_path):
    message = fails("http://archive.invalid/tap", tmp_path, limits=policy(attempts=1))
    assert "the connection failed: " in message


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_what_the_server_refuses_is_not_asked_again(tmp_path, status):
    with serving(reply(status, b"<html><p>No such table</p></html>")) as server:
        message = fails(server.url, tmp_path)
        assert len(server.asked) == 1
    assert f"the server answered {status}" in message
    assert message.partition("[")[0].endswith(": No such table ")


def test_a_wish_to_wait_is_granted(tmp_path, monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=waits.append))
    with (
        stamina.set_testing(False),
        serving(reply(503, retry_after="17"), reply(200, BODY)) as server,
    ):
        fetch(server.url, tmp_path)
    assert waits == [17.0]


def test_without_a_wish_the_waits_grow(tmp_path, monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=waits.append))
    with stamina.set_testing(False), serving(reply(503)) as server:
        fails(server.url, tmp_path)
    assert len(waits) == 7
    assert waits[5] > 16.0 > waits[3]
    assert max(waits) <= 30.0


def test_a_wish_beyond_the_budget_ends_the_request(tmp_path):
    with serving(reply(503, retry_after="3600")) as server:
        message = fails(server.url, tmp_path)
        assert len(server.asked) == 1
    assert "503 Service Unavailable and asks to wait for 3600 s" in message


@pytest.mark.parametrize(
    "beginning",
    [
        pytest.param(HEAD + b"Content-Length: 99999999\r\n\r\n", id="body"),
        pytest.param(HEAD + b"Connection: close\r\n\r\n", id="body without length"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", id="length of a chunk"),
        pytest.param(HEAD + b"X-", id="headers"),
        pytest.param(b"HTTP/1.1 ", id="status"),
        pytest.param(b"HTTP/1.1 303 See Other\r\nLocation: ", id="redirect"),
    ],
)
def test_an_answer_that_trickles_without_end_ends(tmp_path, beginning):
    with serving(trickle(beginning, b"0")) as server:
        message = fails(server.url, tmp_path, limits=policy(attempts=2, request_timeout=0.2))
    assert "the answer was not whole after 0.2 s (attempt 2 of 2)" in message


def test_reasons_that_trickle_without_end_do_not_hide_the_status(tmp_path):
    with serving(trickle(b"HTTP/1.1 503 Busy\r\nContent-Length: 99999999\r\n\r\n")) as server:
        message = fails(server.url, tmp_path, limits=policy(attempts=2, request_timeout=0.2))
    assert "the server answered 503 Busy (attempt 2 of 2)" in message


def test_attempts_end_with_the_budget(tmp_path):
    with serving(trickle(HEAD + b"\r\n")) as server:
        message = fails(server.url, tmp_path, limits=policy(budget=0.3, attempts=8))
        assert len(server.asked) == 1
    assert "the answer was not whole after 0.3 s" in message


def test_a_deadline_cuts_the_budget(tmp_path):
    with serving(reply(200, BODY)) as server:
        message = fails(server.url, tmp_path, deadline=0.0)
        assert server.asked == []
    assert "no time is left of the 30 s" in message


def test_an_answer_announced_as_too_large_is_not_begun(tmp_path):
    with serving(reply(200, b"abc", announced=10**12)) as server:
        message = fails(server.url, tmp_path)
        assert len(server.asked) == 1
    assert "the answer is larger than 200000000 bytes" in message


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_that_grows_too_large_is_broken_off(tmp_path, packed):
    body = gzip.compress(bytes(10**7)) if packed else bytes(10**7)
    headers = {"content_encoding": "gzip"} if packed else {"connection": "close"}
    with serving(reply(200, body, **headers)) as server:
        message = fails(server.url, tmp_path, limits=policy(max_bytes=10**6))
        assert len(server.asked) == 1
    assert "the answer is larger than 1000000 bytes" in message


def test_redirects_are_followed_and_told(tmp_path):
    limits = policy()
    with serving(redirect("/job/7"), reply(200, b"<job/>")) as server, new_session(limits) as s:
        answer = ask(s, "POST", f"{server.url}/async", policy=limits, data={"QUERY": "SELECT"})
        assert [(a.method, a.path) for a in server.asked] == [("POST", "/async"), ("GET", "/job/7")]
    assert (answer.url, answer.body) == (f"{server.url}/job/7", b"<job/>")


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1"]
)
def test_redirects_lead_to_http_only(tmp_path, location):
    with serving(redirect(location)) as server:
        message = fails(server.url, tmp_path)
        assert len(server.asked) == 1
    assert "the request cannot be made" in message


def test_redirects_in_a_circle_end(tmp_path):
    with serving(redirect("/again")) as server:
        assert "redirects" in fails(server.url, tmp_path)


def test_the_body_of_a_redirect_is_not_read(tmp_path):
    endless = trickle(b"HTTP/1.1 303 See Other\r\nLocation: /there\r\n\r\n", bytes(1 << 20))
    with serving(endless, reply(200, BODY)) as server:
        fetch(server.url, tmp_path)
    assert (tmp_path / "answer").read_bytes() == BODY


def test_a_small_answer_is_bounded(tmp_path):
    limits = policy()
    with (
        serving(reply(200, bytes(5 << 20))) as server,
        new_session(limits) as session,
        pytest.raises(ArchiveError, match="larger than 4194304 bytes"),
    ):
        ask(session, "GET", server.url, policy=limits)


def test_an_answer_that_is_not_what_was_asked_for_is_asked_for_again(tmp_path):
    def check(path: Path) -> None:
        if path.read_bytes() != BODY:
            raise ValueError("it is a page for people")

    page = reply(200, b"<html>maintenance</html>")
    with serving(page, page, reply(200, BODY)) as server:
        fetch(server.url, tmp_path, check=check)
    assert (tmp_path / "answer").read_bytes() == BODY
    (tmp_path / "answer").unlink()
    with serving(page) as server:
        message = fails(server.url, tmp_path, check=check)
        assert len(server.asked) == 3
    assert "it is a page for people (attempt 3 of 8)" in message


def test_words_that_are_final_end_the_request(tmp_path):
    with serving(reply(500, b"unknown structure")) as server:
        fails(server.url, tmp_path, final="unknown structure")
        assert len(server.asked) == 1


def test_one_connection_serves_many_requests(tmp_path):
    ports = set()

    def act(handler):
        ports.add(handler.client_address[1])
        reply(200, BODY)(handler)

    with serving(act) as server, new_session(policy()) as session:
        for _ in range(3):
            download(session, "GET", server.url, to=tmp_path / "a", policy=policy())
    assert len(ports) == 1


def test_an_older_answer_stays_where_the_new_one_fails(tmp_path):
    (tmp_path / "answer").write_bytes(b"older")
    with serving(reset(HEAD)) as server, pytest.raises(ArchiveError):
        fetch(server.url, tmp_path, limits=policy(attempts=1))
    assert (tmp_path / "answer").read_bytes() == b"older"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("name", ["connect_timeout", "read_timeout", "budget", "attempts"])
def test_a_policy_without_bounds_is_refused(name):
    with pytest.raises(ValueError, match=name):
        policy(**{name: 0})


def test_words_of_a_status_line_do_not_steer_the_terminal(tmp_path):
    act = reset(b"HTTP/1.1 404 \x1b[31mno\r\nContent-Length: 0\r\n\r\n")
    with serving(act) as server, pytest.raises(ArchiveError, match=r"404 \[31mno"):
        fetch(server.url, tmp_path)
