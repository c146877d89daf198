"""When a release was published, and under which DOI."""

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
    about, path = release.about, release.folder.resolve().parent / HISTORY
    history = read_history(path)
    told = [entry for entry in history.of(about.version) if entry.name == about.name]
    doi = (history.doi(about.version) if told else None) or about.doi
    if date := about.date or (told[0].date if told else None):
        return date, doi
    raise ReleaseError(
        f"the release carries no date, and there is no {HISTORY} beside it that tells one",
        file=path,
        hint=f"put the {HISTORY} of the catalogue beside the release, or release with --date",
    )
