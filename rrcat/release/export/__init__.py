"""Ways out of a release: what each target is, and how its files come to stand in a folder.

A target is a function ``(release: Release, output: Path) -> list[Path]`` that fills the empty
folder ``output`` and gives the files it wrote; its module is imported when it is asked for. The
release may be a part of one: ``release.frame`` and ``release.table`` are what there is to write,
and ``release.about.subset``, where it is not None, says in words of which release this is a part.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rrcat import atomic
from rrcat.errors import ReleaseError

if TYPE_CHECKING:
    from rrcat.release.opened import Release


class Target(NamedTuple):
    """A target: ``module:function``, what it gives, and the extra of rrcat it needs, if any."""

    place: str
    summary: str
    extra: str | None = None


TARGETS = {
    "votable": Target("plain:votable", "one VOTable"),
    "fits": Target("plain:fits", "one FITS table"),
    "parquet": Target("plain:parquet", "one Parquet file"),
    "csv": Target("plain:csv", "one CSV file, with a README of its columns"),
    "ecsv": Target("plain:ecsv", "one ECSV file, the text format of astropy"),
    "zenodo": Target("zenodo:export", "an archive with an RO-Crate, and metadata to deposit it"),
    "dachs": Target("dachs:export", "a resource for GAVO DaCHS, with TAP and cone search"),
    "cds": Target("cds:export", "what CDS takes for VizieR: ReadMe and a table", "cds"),
    "paper": Target("paper:export", "LaTeX for a paper: numbers, tables, figures, references"),
    "hats": Target("hats:export", "a HATS catalogue, for LSDB", "hats"),
}


def export(release: "Release", target: str, output: Path) -> list[Path]:
    """Write a release, or a part of one, for a target; give the files.

    The folder ``output`` appears whole or not at all.

    Raises
    ------
    ReleaseError
        There is no such target, what it needs is not installed, or ``output`` is taken or in a
        release.
    """
    from rrcat.release.manifest import check_outside

    write = _writer(target)
    check_outside(output, "--output")
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise ReleaseError(
            "the output is taken, and nothing is overwritten",
            file=output,
            hint="choose another --output, or remove what is there",
        )
    with atomic.new_folder(output) as folder:
        written = [path.relative_to(folder) for path in write(release, folder)]
    return [output / path for path in written]


def _writer(target: str) -> "Callable[[Release, Path], list[Path]]":
    if target not in TARGETS:
        raise ReleaseError(
            f"there is no target {target!r}", hint=f"the targets are {', '.join(TARGETS)}"
        )
    module, function = TARGETS[target].place.split(":")
    try:
        found = importlib.import_module(f"{__name__}.{module}")
    except ModuleNotFoundError as error:
        needed = str(error.name)
        if needed.split(".")[0] == "rrcat":
            raise
        extra = TARGETS[target].extra
        what = f"rrcat[{extra}]" if extra else needed
        raise ReleaseError(
            f"the target {target} needs {needed}, which is not installed",
            hint=f"pip install '{what}'",
        ) from error
    write: Callable[[Release, Path], list[Path]] = getattr(found, function)
    return write
