"""When a release was published, and under which DOI."""

from pathlib import Path

from rrcat.errors import ReleaseError
from rrcat.release.history import HISTORY, read_history
from rrcat.release.opened import Release


def date_and_doi(release: Release) -> tuple[str, str | None]:
    """Give the date of a release, its own or that of the history beside it, and its DOI, if any.

    Raises
    ------
    ReleaseError
        Nothing tells the date, or the history cannot be read.
    """
    date, doi = where_told(release)
    if date is None:
        raise ReleaseError(
            f"the release carries no date, and there is no {HISTORY} beside it that tells one",
            file=_history(release),
            hint=f"put the {HISTORY} of the catalogue beside the release, or release with --date",
        )
    return date, doi


def where_told(release: Release) -> tuple[str | None, str | None]:
    """Give what :func:`date_and_doi` gives, and None for a date that nothing tells."""
    about, history = release.about, read_history(_history(release))
    told = [entry for entry in history.of(about.version) if entry.name == about.name]
    doi = (history.doi(about.version) if told else None) or about.doi
    return about.date or (told[0].date if told else None), doi


def _history(release: Release) -> Path:
    return release.folder.resolve().parent / HISTORY
