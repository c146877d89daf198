"""The signature of a release: of its manifest, by a key of SSH, beside it in a file of its own.

Signing and checking is OpenSSH's (``ssh-keygen -Y``), with the namespace :data:`NAMESPACE`, so that
a signature of anything else is none of a release. An Ed25519 or RSA key gives the same signature
every time. The format is OpenSSH's ``PROTOCOL.sshsig``.
"""

import base64
import binascii
import hashlib
import re
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

from rrcat.errors import ReleaseError

NAMESPACE = "rrcat-release"
BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
WIDTH = 70
MAGIC = b"SSHSIG"
PUBLIC = re.compile(r"([a-z0-9@.-]+) +([A-Za-z0-9+/]+={0,2})( .*)?")
SIGNER = "release"


def sign(content: bytes, key: Path) -> bytes:
    """Give the signature of some bytes.

    Parameters
    ----------
    content
        The manifest.
    key
        Private key as ``ssh-keygen`` makes it, or a public one whose private one an agent holds.

    Raises
    ------
    ReleaseError
        There is no such key or no ``ssh-keygen``, or it refuses the key.
    """
    if not key.is_file():
        raise ReleaseError(
            "there is no such key",
            file=key,
            hint="`ssh-keygen -t ed25519 -f KEY` makes one; give the file without .pub",
        )
    done = _ssh_keygen("sign", "-f", str(key), given=content)
    if done.returncode:
        raise ReleaseError(
            f"ssh-keygen cannot sign with the key: {_last_line(done)}",
            file=key,
            hint="give a private key that only you can read; with a passphrase, run it in a"
            " terminal or add the key to ssh-agent",
        )
    return done.stdout


def fingerprint(signature: bytes) -> str:
    """Give the fingerprint of the key that made a signature, as ``ssh-keygen -l`` writes it.

    Raises
    ------
    ReleaseError
        The bytes are no signature as OpenSSH writes it.
    """
    return _fingerprint(_key_in(signature))


def check(content: bytes, signature: bytes, public: Path | None) -> str | None:
    """Say what is wrong with a signature of some bytes; None where nothing is.

    Without a public key nobody can tell whose signature it is: then it is only said whether it is
    one of these bytes, and without ``ssh-keygen`` only whether it is one at all.

    Raises
    ------
    ReleaseError
        The public key cannot be used, or there is one and no ``ssh-keygen``.
    """
    wanted = None if public is None else _public_key(public)
    try:
        signer = _key_in(signature)
    except ReleaseError as error:
        return error.message
    if wanted is not None and _blob(wanted) != signer:
        return (
            f"is by another key, {_fingerprint(signer)}, and not by {_fingerprint(_blob(wanted))}"
        )
    if wanted is None and not available():
        return None
    with tempfile.TemporaryDirectory() as folder:
        file, signers = Path(folder, "signature"), Path(folder, "signers")
        file.write_bytes(signature)
        if wanted is None:
            done = _ssh_keygen("check-novalidate", "-s", str(file), given=content)
        else:
            signers.write_text(f'{SIGNER} namespaces="{NAMESPACE}" {wanted}\n')
            told = ("-f", str(signers), "-I", SIGNER, "-s", str(file))
            done = _ssh_keygen("verify", *told, given=content)
    if done.returncode:
        return f"is no signature of the manifest by its key: {_last_line(done)}"
    return None


def available() -> bool:
    """Give whether there is an ``ssh-keygen``."""
    return shutil.which("ssh-keygen") is not None


def _ssh_keygen(action: str, *options: str, given: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["ssh-keygen", "-Y", action, "-n", NAMESPACE, *options],
            input=given,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise ReleaseError(
            "ssh-keygen, which signs and checks signatures, is not installed",
            hint="install OpenSSH's client, for example `apt-get install openssh-client`",
        ) from None


def _last_line(done: subprocess.CompletedProcess[bytes]) -> str:
    told = (done.stderr + done.stdout).decode(errors="replace").strip().splitlines()
    return told[-1].strip().rstrip(".") if told else f"it ended with {done.returncode}"


def _key_in(signature: bytes) -> bytes:
    """Give the public key in a signature, which is refused unless written as OpenSSH writes it.

    A reader of base64 leaves out of account what a changed byte may change; so the text is compared
    with what its content is written as.
    """
    broken = ReleaseError("is no signature as OpenSSH writes it")
    try:
        lines = signature.decode("ascii").split("\n")
        blob = base64.b64decode("".join(lines[1:-2]), validate=True)
    except (UnicodeDecodeError, binascii.Error):
        raise broken from None
    text = base64.b64encode(blob).decode()
    body = [text[start : start + WIDTH] for start in range(0, len(text), WIDTH)]
    if lines != [BEGIN, *body, END, ""] or not blob.startswith(MAGIC):
        raise broken
    start = len(MAGIC) + 4
    try:
        (length,) = struct.unpack_from(">I", blob, start)
    except struct.error:
        raise broken from None
    return blob[start + 4 : start + 4 + length]


def _public_key(path: Path) -> str:
    """Give type and blob of a public key, as they stand in its file."""
    try:
        content = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise ReleaseError(
            "there is no such key", file=path, hint="give the public key, KEY.pub, of who signed"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ReleaseError(f"the key cannot be read: {error}", file=path) from None
    found = PUBLIC.fullmatch(content)
    if found is None:
        private = "PRIVATE KEY" in content
        raise ReleaseError(
            "this is a private key" if private else "this is no public key of SSH",
            file=path,
            hint="give the public key, the file that ends in .pub; `ssh-keygen -y -f KEY` writes"
            " that of a private one",
        )
    return f"{found[1]} {found[2]}"


def _blob(public: str) -> bytes:
    try:
        return base64.b64decode(public.split()[1], validate=True)
    except binascii.Error:
        return b""


def _fingerprint(blob: bytes) -> str:
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
