"""Sending to a real SAMP hub on the loopback, with real receivers."""

from urllib.parse import urlparse
from urllib.request import url2pathname

import pytest
from pyvo.samp import SAMPHubServer, SAMPIntegratedClient, conf
from through_astropy import read_votable

from rrcat.errors import ReleaseError
from rrcat.release.opened import open_release
from rrcat.release.reading import as_read
from rrcat.release.send import LOAD, send
from rrcat.release.subset import Cone


class Receiver:
    """A program that loads tables over SAMP as TOPCAT does: at once, from the URL in the call."""

    def __init__(self, table, name: str, answer: str = "samp.ok"):
        self.table, self.answer = table, answer
        self.loaded, self.calls = [], []
        self.client = SAMPIntegratedClient(name=name, addr="127.0.0.1")
        self.client.connect(pool_size=2)
        self.client.bind_receive_call(LOAD, self.receive)

    def receive(self, private_key, sender_id, msg_id, mtype, params, extra):
        self.calls.append(params)
        if self.answer == "none":
            return
        if self.answer == "samp.ok":
            path = url2pathname(urlparse(params["url"]).path)
            self.loaded.append(read_votable(path, self.table))
            self.client.ereply(msg_id, "samp.ok", result={})
        else:
            self.client.ereply(msg_id, "samp.error", error={"samp.errortxt": "no memory left"})


@pytest.fixture(scope="module")
def release(released):
    return open_release(released)


@pytest.fixture(scope="module")
def part(release):
    return release.subset(columns=["feh"], cone=Cone(10, 20, 90))


@pytest.fixture
def no_hub(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / 'samp').as_uri()}")
    with conf.set_temp("use_internet", False):
        yield


@pytest.fixture
def hub(no_hub):
    hub = SAMPHubServer(web_profile=False, addr="127.0.0.1", pool_size=4)
    hub.start()
    yield hub
    hub.stop()


@pytest.fixture
def program(hub):
    """Start a program: ``program(table, name, answer)``."""
    started = []

    def start(*arguments):
        started.append(Receiver(*arguments))
        return started[-1]

    yield start
    for one in started:
        one.client.disconnect()


def test_a_release_arrives_with_every_value(program, release):
    topcat = program(release.table, "TOPCAT")
    assert send(release) == ["TOPCAT"]
    assert topcat.loaded[0].equals(as_read(release.frame, release.table, "votable"))
    assert topcat.calls[0]["name"] == "rrl-example 1.2.3"
    assert topcat.calls[0]["url"] == (release.folder / "rrl-example.vot").as_uri()


def test_a_part_arrives_as_what_it_is_and_leaves_no_file(program, part, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    topcat = program(part.table, "topcat")
    send(part)
    assert topcat.loaded[0].equals(as_read(part.frame, part.table, "votable"))
    assert topcat.calls[0]["name"] == "rrl-example 1.2.3 (part)"
    assert list(tmp_path.glob("rrcat-*")) == []


def test_only_programs_of_the_name_are_sent_to(program, part):
    first, second = program(part.table, "topcat"), program(part.table, "Aladin")
    assert send(part, client="aladin") == ["Aladin"]
    assert (len(first.loaded), len(second.loaded)) == (0, 1)


def test_without_a_hub_topcat_is_to_be_started(no_hub, part):
    with pytest.raises(ReleaseError, match="no SAMP hub answers") as error:
        send(part)
    assert error.value.hint.startswith("start TOPCAT")


def test_a_hub_that_has_died_is_as_none(no_hub, part, tmp_path):
    lock = "samp.secret=x\nsamp.hub.xmlrpc.url=http://127.0.0.1:9/\nsamp.profile.version=1.3\n"
    (tmp_path / "samp").write_text(lock)
    with pytest.raises(ReleaseError, match="no SAMP hub answers"):
        send(part)


def test_without_the_program_those_that_are_there_are_named(program, part):
    program(part.table, "Aladin")
    with pytest.raises(ReleaseError, match="no program named 'topcat'") as error:
        send(part)
    assert error.value.hint.endswith("--client; there are Aladin")


def test_without_any_program_topcat_is_to_be_started(hub, part):
    with pytest.raises(ReleaseError, match="no program named 'topcat'") as error:
        send(part)
    assert error.value.hint.startswith("start TOPCAT")


def test_a_program_that_cannot_load_says_why(program, part, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    program(part.table, "topcat", "samp.error")
    with pytest.raises(ReleaseError, match="topcat could not load the table: no memory left"):
        send(part)
    assert list(tmp_path.glob("rrcat-*")) == []


def test_silence_is_an_error_after_the_time_given_and_the_file_stays(
    program, part, tmp_path, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    program(part.table, "topcat", "none")
    with pytest.raises(ReleaseError, match="did not answer in 1 s") as error:
        send(part, timeout=1)
    assert error.value.where["file"].is_file()
    assert "--timeout" in error.value.hint
