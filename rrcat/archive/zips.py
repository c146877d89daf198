"""Zip files from servers that may send anything, unpacked one member at a time within bounds."""

import mmap
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

from rrcat.errors import ArchiveError

PIECE = 1 << 20
ENTRY = re.compile(rb"PK\x01\x02")
"""What an entry in the directory of a zip file begins with."""

ENCRYPTED = 0x1
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(EOFError, OSError, RuntimeError, ValueError, OverflowError),
)
"""What zipfile raises on a damaged file; OSError where an offset leads before its beginning."""

AGAIN = "the answer may be damaged: get it again"


def unpacked(
    path: Path, to: Path, *, max_bytes: int, max_members: int
) -> Iterator[tuple[str, Path | ArchiveError]]:
    """Give the members of a zip file in turn: name, and where it lies or why it cannot be had.

    A member is never written under its own name but to the file ``to``, which is gone when the
    next one is asked for. All members together hold at most ``max_bytes``; one that would lead
    beyond is left out. Left out as well are encrypted members, those whose checksum is wrong, those
    compressed in another way than by deflation, and those whose name leads out of the folder that
    a zip file is unpacked to.

    Raises
    ------
    ArchiveError
        The file is no whole zip file, or has more than ``max_members`` members.
    """
    with opened(path, max_members) as archive:
        for member in archive.infolist():
            if member.filename.endswith("/"):
                continue
            try:
                max_bytes -= _unpack(archive, member, to, max_bytes)
                yield member.filename, to
            except ArchiveError as error:
                yield member.filename, error
            finally:
                to.unlink(missing_ok=True)


def opened(path: Path, max_members: int) -> zipfile.ZipFile:
    """Give the zip file with its directory read; raises as :func:`unpacked`."""
    # Each member takes some 600 bytes of memory once the directory is read, and 46 in the file.
    count = _entries(path)
    if count > max_members:
        raise ArchiveError(
            f"the zip file has {count} members, and {max_members} at most can be right",
            file=path,
            hint=AGAIN,
        )
    try:
        return zipfile.ZipFile(path)
    except DAMAGE as error:
        raise ArchiveError(
            f"the zip file is damaged or incomplete: {error}", file=path, hint=AGAIN
        ) from None


def _entries(path: Path) -> int:
    if path.stat().st_size == 0:
        return 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return sum(1 for _ in ENTRY.finditer(content))


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, to: Path, max_bytes: int) -> int:
    """Write a member to a file, and give its size."""
    # On Windows both slashes part a path, so that this reading of a name sees every way out.
    name = PureWindowsPath(member.filename)
    if name.anchor or ".." in name.parts:
        raise _left_out("its name leads out of the folder", member)
    if member.flag_bits & ENCRYPTED:
        raise _left_out("it is encrypted", member)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _left_out("it is compressed in a way that zip files are not", member)
    if member.file_size > max_bytes:
        raise _left_out(f"it unpacks to {member.file_size} bytes, {max_bytes} are left", member)
    with to.open("wb") as file:
        for piece in _pieces(archive, member):
            file.write(piece)
    return to.stat().st_size


def _pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(member) as packed:
            # Reading ends at the size that the member states, and compares the checksum there.
            while piece := packed.read(PIECE):
                yield piece
    except DAMAGE as error:
        raise _left_out(f"it is damaged: {error}", member) from None


def _left_out(reason: str, member: zipfile.ZipInfo) -> ArchiveError:
    return ArchiveError(f"cannot take {member.filename!r} from the zip file: {reason}", hint=AGAIN)
