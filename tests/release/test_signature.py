import base64
import subprocess

import pytest

from rrcat.errors import ReleaseError
from rrcat.release.signature import NAMESPACE, check, fingerprint, sign

CONTENT = b'{"format": 1}\n'


@pytest.fixture(scope="module")
def signature(ssh_key):
    return sign(CONTENT, ssh_key)


def public(key):
    return key.with_suffix(".pub")


def test_signature_holds_for_its_content_and_key(signature, ssh_key):
    assert check(CONTENT, signature, public(ssh_key)) is None
    assert check(CONTENT, signature, None) is None


def test_plain_ssh_keygen_accepts_it(signature, ssh_key, tool, tmp_path):
    """As whoever has no rrcat would check it, docs/releases.md says how."""
    (tmp_path / "signature").write_bytes(signature)
    (tmp_path / "signers").write_text(f"me {public(ssh_key).read_text()}")
    options = ("-f", "signers", "-I", "me", "-n", NAMESPACE, "-s", "signature")
    command = [tool("ssh-keygen"), "-Y", "verify", *options]
    subprocess.run(command, input=CONTENT, cwd=tmp_path, check=True, capture_output=True)


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_signature_is_the_same_every_time(make_key, kind):
    key = make_key(kind)
    assert sign(CONTENT, key) == sign(CONTENT, key)


def test_fingerprint_is_that_of_ssh_keygen(signature, ssh_key, tool):
    command = [tool("ssh-keygen"), "-l", "-f", str(public(ssh_key))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert fingerprint(signature) == done.stdout.split()[1]


@pytest.mark.parametrize("with_key", [True, False])
def test_other_content_is_told(signature, ssh_key, with_key):
    told = check(CONTENT + b" ", signature, public(ssh_key) if with_key else None)
    assert told.startswith("is no signature of the manifest by its key: ")


def test_another_key_is_told_with_both_fingerprints(signature, ssh_key, other_ssh_key):
    told = check(CONTENT, signature, public(other_ssh_key))
    other = fingerprint(sign(CONTENT, other_ssh_key))
    assert told == f"is by another key, {fingerprint(signature)}, and not by {other}"


def test_signature_made_for_something_else_is_none_of_a_release(ssh_key, tool):
    command = [tool("ssh-keygen"), "-Y", "sign", "-n", "file", "-f", str(ssh_key)]
    done = subprocess.run(command, input=CONTENT, capture_output=True, check=True)
    assert "is no signature" in check(CONTENT, done.stdout, public(ssh_key))
    assert "is no signature" in check(CONTENT, done.stdout, None)


def test_every_changed_byte_of_a_signature_is_found(signature):
    """Without ssh-keygen the first four changes below were found by nobody else."""
    for place in range(len(signature)):
        changed = bytearray(signature)
        changed[place] ^= 1
        told = check(CONTENT, bytes(changed), None)
        assert told is not None, place


@pytest.mark.parametrize("content", [b"", b"\xff", b"abc\n", base64.b64encode(b"SSHSIG")])
def test_what_is_no_signature_is_told(content, ssh_key):
    assert check(CONTENT, content, public(ssh_key)) == "is no signature as OpenSSH writes it"
    with pytest.raises(ReleaseError, match="no signature"):
        fingerprint(content)


@pytest.mark.parametrize(
    ("name", "content", "message", "hint"),
    [
        ("nowhere", None, "no such key", "ssh-keygen -t ed25519"),
        ("notes", "abc", "ssh-keygen cannot sign with the key", "give a private key"),
    ],
)
def test_key_that_cannot_sign_is_refused_with_the_fix(tool, tmp_path, name, content, message, hint):
    tool("ssh-keygen")
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(ReleaseError, match=message) as error:
        sign(CONTENT, tmp_path / name)
    assert hint in error.value.hint
    assert error.value.where == {"file": tmp_path / name}


def test_public_key_that_is_none_is_refused_with_the_fix(signature, ssh_key, tmp_path):
    with pytest.raises(ReleaseError, match="this is a private key") as error:
        check(CONTENT, signature, ssh_key)
    assert ".pub" in error.value.hint
    (tmp_path / "notes").write_text("abc")
    with pytest.raises(ReleaseError, match="no public key of SSH"):
        check(CONTENT, signature, tmp_path / "notes")
    with pytest.raises(ReleaseError, match="no such key"):
        check(CONTENT, signature, tmp_path / "nowhere")


def test_without_ssh_keygen_signing_and_checking_say_what_to_install(
    signature, ssh_key, monkeypatch
):
    monkeypatch.setenv("PATH", "/nowhere")
    for act in (lambda: sign(CONTENT, ssh_key), lambda: check(CONTENT, signature, public(ssh_key))):
        with pytest.raises(ReleaseError, match="not installed") as error:
            act()
        assert "openssh-client" in error.value.hint
    assert check(CONTENT, signature, None) is None  # it is one, and that is all that can be said
    assert fingerprint(signature).startswith("SHA256:")
