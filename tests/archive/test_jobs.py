import json
import time
from itertools import count
from pathlib import Path

import pytest
import stamina
from scripted import Handler, redirect, reply, reset, serving

from rrcat.archive.http import Policy, new_session
from rrcat.archive.jobs import Server, collect
from rrcat.errors import ArchiveError

ROWS = b'<VOTABLE version="1.4"><RESOURCE><TABLE/></RESOURCE></VOTABLE>'
DESCRIPTION = """\
<uws:job xmlns:uws="http://www.ivoa.net/xml/UWS/v1.0" version="1.1">
<uws:jobId>{number}</uws:jobId><uws:phase>{phase}</uws:phase>
{more}</uws:job>
"""
SUMMARY = '<uws:errorSummary type="fatal"><uws:message>{}</uws:message></uws:errorSummary>'


class Uws:
    """A job server whose jobs go one phase on with each look at them."""

    def __init__(self, *phases: str, more: str = "", result=None) -> None:
        self.phases = phases or ("QUEUED", "EXECUTING", "COMPLETED")
        self.more = more
        self.result = result or reply(200, ROWS)
        self.jobs: dict[str, list[str]] = {}
        self.numbers = map(str, count(1))
        self.log: list[str] = []

    def __call__(self, handler: Handler) -> None:
        method, path = handler.command, handler.path.partition("?")[0]
        self.log.append(f"{method} {path}")
        _, _, number, *below = path.split("/") if path != "/async" else ["", "", ""]
        if path == "/async":
            number = next(self.numbers)
            self.jobs[number] = ["PENDING"]
            redirect(f"/async/{number}")(handler)
        elif number not in self.jobs:
            reply(404, b"no such job")(handler)
        elif method == "DELETE":
            del self.jobs[number]
            redirect("/async")(handler)
        elif below == ["phase"]:
            self.jobs[number] = list(self.phases)
            redirect(f"/async/{number}")(handler)
        elif below:
            self.result(handler)
        else:
            phases = self.jobs[number]
            phase = phases.pop(0) if len(phases) > 1 else phases[0]
            body = DESCRIPTION.format(number=number, phase=phase, more=self.more)
            reply(200, body.encode(), content_type="text/xml")(handler)


@pytest.fixture(autouse=True)
def _without_waits(monkeypatch):
    monkeypatch.setattr("rrcat.archive.jobs.FIRST_PAUSE", 0.0)
    with stamina.set_testing(True, attempts=2):
        yield


def run(url: str, folder: Path, **limits) -> bytes:
    """Collect a job; give its result."""
    policy = Policy(**{"read_timeout": 2.0, "budget": 20.0} | limits)
    with new_session(policy) as session:
        server = Server(session, policy, time.monotonic() + policy.budget)
        collect(
            server,
            lambda: server.ask("POST", f"{url}/async", data={"QUERY": "SELECT"}),
            record=folder / "jobs" / "query.json",
            to=folder / "answer",
        )
    return (folder / "answer").read_bytes()


def record(folder: Path) -> Path:
    return folder / "jobs" / "query.json"


def remember(folder: Path, url: str) -> None:
    record(folder).parent.mkdir()
    record(folder).write_text(json.dumps({"job": url}))


def fails(url: str, folder: Path, **limits) -> str:
    with pytest.raises(ArchiveError) as caught:
        run(url, folder, **limits)
    assert not (folder / "answer").exists()
    assert caught.value.hint
    return str(caught.value)


def test_a_job_is_begun_awaited_collected_and_deleted(tmp_path):
    uws = Uws()
    with serving(uws) as server:
        assert run(server.url, tmp_path) == ROWS
    assert uws.log[0] == "POST /async"
    assert uws.log.count("POST /async/1/phase") == 1
    assert uws.log[-2:] == ["GET /async/1/results/result", "DELETE /async/1"]
    assert uws.jobs == {}
    assert list(record(tmp_path).parent.iterdir()) == []


def test_the_job_is_remembered_before_it_runs(tmp_path):
    uws, remembered = Uws(), []

    def act(handler: Handler) -> None:
        if handler.path.endswith("/phase"):
            remembered.append(json.loads(record(tmp_path).read_text())["job"])
        uws(handler)

    with serving(act) as server:
        run(server.url, tmp_path)
        assert remembered == [f"{server.url}/async/1"]


def test_the_server_is_asked_to_answer_when_there_is_news(tmp_path):
    with serving(Uws()) as server:
        run(server.url, tmp_path)
        assert any(asked.path.endswith("?WAIT=1") for asked in server.asked)


@pytest.mark.parametrize("phases", [["PENDING"], ["EXECUTING", "COMPLETED"], ["COMPLETED"]])
def test_a_remembered_job_is_collected(tmp_path, phases):
    uws = Uws()
    uws.jobs["old"] = phases
    with serving(uws) as server:
        remember(tmp_path, f"{server.url}/async/old")
        assert run(server.url, tmp_path) == ROWS
    assert "POST /async" not in uws.log
    assert ("POST /async/old/phase" in uws.log) == (phases == ["PENDING"])
    assert not record(tmp_path).exists()


@pytest.mark.parametrize("phase", ["ERROR", "ABORTED", "ARCHIVED", None])
def test_where_the_server_has_lost_a_remembered_job_another_begins(tmp_path, phase):
    uws = Uws()
    if phase is not None:
        uws.jobs["old"] = [phase]
    with serving(uws) as server:
        remember(tmp_path, f"{server.url}/async/old")
        assert run(server.url, tmp_path) == ROWS
    assert uws.log.count("POST /async") == 1
    assert not record(tmp_path).exists()


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff"])
def test_where_the_record_is_damaged_another_begins(tmp_path, content):
    record(tmp_path).parent.mkdir()
    record(tmp_path).write_bytes(content)
    with serving(Uws()) as server:
        assert run(server.url, tmp_path) == ROWS
    assert not record(tmp_path).exists()


def test_where_the_result_of_a_remembered_job_is_gone_another_begins(tmp_path):
    answers = [reply(410), reply(200, ROWS)]
    uws = Uws(result=lambda handler: answers.pop(0)(handler))
    uws.jobs["old"] = ["COMPLETED"]
    with serving(uws) as server:
        remember(tmp_path, f"{server.url}/async/old")
        assert run(server.url, tmp_path) == ROWS


def test_a_job_that_fails_says_why_and_is_forgotten(tmp_path):
    uws = Uws("EXECUTING", "ERROR", more=SUMMARY.format("No such field: raa"))
    with serving(uws) as server:
        message = fails(server.url, tmp_path)
    assert "the job on the server did not end well: No such field: raa" in message
    assert "phase: ERROR" in message
    assert uws.jobs == {}
    assert not record(tmp_path).exists()


def test_a_job_that_is_aborted_needs_no_reason(tmp_path):
    with serving(Uws("EXECUTING", "ABORTED")) as server:
        assert "did not end well [" in fails(server.url, tmp_path)


def test_a_job_that_does_not_end_is_left_for_the_next_time(tmp_path):
    uws = Uws("EXECUTING")
    with serving(uws) as server:
        message = fails(server.url, tmp_path, budget=0.3)
        assert "has not ended within 0.3 s" in message
        uws.jobs["1"] = ["COMPLETED"]
        assert run(server.url, tmp_path) == ROWS
    assert uws.log.count("POST /async") == 1


def test_a_result_that_breaks_off_is_left_for_the_next_time(tmp_path):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
    uws = Uws(result=reset(head + ROWS))
    with serving(uws) as server:
        assert "the connection failed" in fails(server.url, tmp_path)
        uws.result = reply(200, ROWS)
        assert run(server.url, tmp_path) == ROWS
    assert uws.log.count("POST /async") == 1


def test_a_result_that_is_no_votable_is_left_for_the_next_time(tmp_path):
    uws = Uws(result=reply(200, b"<html>busy</html>"))
    with serving(uws) as server:
        assert "it is no VOTable, and says: busy" in fails(server.url, tmp_path)
        assert record(tmp_path).exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>busy</body>",
        b"<html><body>busy</body></html>",
        b"<!DOCTYPE job [<!ENTITY a 'COMPLETED'>]><job><phase>&a;</phase></job>",
        b"<job/>",
    ],
)
def test_what_describes_no_job_is_refused(tmp_path, body):
    with serving(redirect("/async/1"), reply(200, body)) as server:
        assert "the server does not describe the job" in fails(server.url, tmp_path)


def test_a_server_that_keeps_a_job_is_no_reason_to_fail(tmp_path):
    uws = Uws()

    def act(handler: Handler) -> None:
        (reply(500) if handler.command == "DELETE" else uws)(handler)

    with serving(act) as server:
        assert run(server.url, tmp_path) == ROWS
    assert not record(tmp_path).exists()
