"""What code results come from: an editable package changes without changing its version."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

SUFFIXES = {".py", ".toml"}


def code_digest(package: str) -> str:
    """Give a SHA-256 over the source files, and the data beside them, of an installed package."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return ""
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    files = [(path.relative_to(folder), path) for folder in folders for path in folder.rglob("*")]
    digest = hashlib.sha256()
    for name, path in sorted(files) or [(Path(package), Path(spec.origin))]:
        if path.suffix in SUFFIXES and path.is_file():
            digest.update(f"{name.as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()
