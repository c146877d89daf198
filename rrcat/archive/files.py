"""Stars, light curves and features from files."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from rrcat import atomic
from rrcat.archive.account import Account
from rrcat.archive.config import FilesArchive, FileTable, Selection
from rrcat.archive.ingest import EVERYTHING, Ingest, Part, assemble
from rrcat.archive.mapping import map_file, map_stars
from rrcat.archive.readers import require_file

Table = TypeVar("Table", bound=FileTable)


def read_files(config: FilesArchive, base: Path, selection: Selection = EVERYTHING) -> Ingest:
    """Read the files of an archive into frames of the tables stars, light_curves and features.

    Left out altogether, with its observations, is a star of which ``where`` of the star file leaves
    out every row; for the rest see ``rrcat.archive.ingest.assemble``. Times become days since
    JD 2455197.5.

    Parameters
    ----------
    base
        Folder that the paths of the files are relative to.
    selection
        Which stars to take; the account tells of all of them.

    Raises
    ------
    ArchiveError
        A file cannot be read or mapped, or what it says cannot be.
    FrameError
        What the files hold is not what the tables may hold.
    """
    frame, rows, left_out = map_stars(config.stars, config.time, base)
    stars = Part(
        frame, config.stars, base / config.stars.file, _asked(config.stars, rows, frame.height)
    )
    light_curves = features = None
    if config.light_curves is not None:
        light_curves = _part(config.light_curves, config, base)
    if config.features is not None:
        features = _part(config.features, config, base)
    return assemble(
        config,
        stars,
        light_curves,
        features,
        selection=selection,
        inputs=input_files((table, base) for table in config.tables),
        left_out=left_out,
    )


def input_files(tables: Iterable[tuple[FileTable, Path]]) -> list[dict[str, Any]]:
    """Give ``name``, ``sha256`` and ``size`` of each file that tables come from, sorted by name.

    Beside each table stands the folder that its path is relative to. A name is as in the recipe,
    never the place that the file has on a machine.
    """
    return named_files((table.file, base) for table, base in tables)


def named_files(files: Iterable[tuple[str, Path]]) -> list[dict[str, Any]]:
    """Give what :func:`input_files` gives of paths, beside each the folder it is relative to."""
    found = {(_name(file), base / file) for file, base in files}
    for _, path in found:
        require_file(path)
    return [
        {"name": name, "sha256": atomic.sha256(path), "size": path.stat().st_size}
        for name, path in sorted(found)
    ]


def _part(table: Table, config: FilesArchive, base: Path) -> Part[Table]:
    frame, rows = map_file(table, config.time, base)
    return Part(frame, table, base / table.file, _asked(table, rows, frame.height))


def _asked(table: FileTable, rows: int, kept: int) -> Account:
    """Account for the rows of a file, and for those that `where` leaves."""
    return {"file": _name(table.file), "rows": rows, "left_out_by_where": rows - kept}


def _name(file: str) -> str:
    path = Path(file)
    return path.name if path.is_absolute() else path.as_posix()
