"""Zip archives with the same bytes for the same files."""

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

# The first date that a zip can tell; the files themselves carry none.
EPOCH = (1980, 1, 1, 0, 0, 0)
UNIX = 3
READABLE = 0o100644 << 16


def write_zip(files: Mapping[str, Path | bytes], path: Path) -> None:
    """Write files, given by their names in the archive, in the order of the names.

    No date, owner or right of a file is kept. How deflate packs depends on the version of zlib.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            content = files[name]
            told = zipfile.ZipInfo(name, EPOCH)
            told.compress_type = zipfile.ZIP_DEFLATED
            told.create_system = UNIX
            told.external_attr = READABLE
            if isinstance(content, bytes):
                archive.writestr(told, content)
                continue
            told.file_size = content.stat().st_size  # beyond 2 GiB another kind of entry is due
            with content.open("rb") as source, archive.open(told, "w") as target:
                shutil.copyfileobj(source, target, 1 << 20)
