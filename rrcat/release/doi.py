"""DOIs of releases: as they are written, and noted in a history after the release was made."""

import re
from pathlib import Path

from rrcat import atomic
from rrcat.errors import ReleaseError
from rrcat.release.about import date_or_today
from rrcat.release.history import HISTORY, appended, only_writer, read_history
from rrcat.release.manifest import MANIFEST, read_manifest

# The DOI handbook bounds the prefix alone; what follows is printable here.
DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.\d{4,9}/[!-~]+)", re.IGNORECASE)


def checked_doi(text: str) -> str:
    """Give a DOI as ``10.5281/zenodo.1234``, also where it was written as an address.

    Raises
    ------
    ReleaseError
        It is no DOI.
    """
    found = DOI.fullmatch(text.strip())
    if found is None:
        raise ReleaseError(f"{text!r} is no DOI", hint="give one such as 10.5281/zenodo.1234567")
    return found[1]


def note_doi(release: Path, doi: str, date: str | None = None) -> tuple[str, str | None]:
    """Note the DOI of a version that is released; give it, and the one it stands in for.

    The release stays as it is: ``releases.toml`` beside it gets an entry more.

    Parameters
    ----------
    release
        Folder of the release, beside its history.
    doi
        The DOI, or its address.
    date
        Date of the entry, YYYY-MM-DD; ``SOURCE_DATE_EPOCH``, or today, where not given.

    Raises
    ------
    ReleaseError
        It is no DOI or is noted already, or the history does not tell of this release.
    """
    doi, told = checked_doi(doi), date_or_today(date)
    release = release.resolve()
    manifest, path = read_manifest(release), release.parent / HISTORY
    digest = atomic.sha256(release / MANIFEST)
    with only_writer(release.parent):
        history = read_history(path)
        known = [entry.manifest_sha256 for entry in history.of(manifest.version)]
        if digest not in known:
            raise ReleaseError(
                f"the history does not tell of this {manifest.name} {manifest.version}",
                file=path,
                hint="give the release that stands beside its releases.toml, as it was made",
            )
        before = history.doi(manifest.version)
        if before == doi:
            raise ReleaseError(
                f"{doi} is noted already for {manifest.version}", file=path, hint="nothing to do"
            )
        entry = {"version": manifest.version, "doi": doi, "date": told, "manifest_sha256": digest}
        atomic.write_bytes(path, appended(path, "doi", **entry))
    return doi, before
