"""Bibcodes of references written in the usual form."""

import re
import unicodedata

from rrcat.release.reference import Reference

# Five characters of the journal as in https://ui.adsabs.harvard.edu, dots at the end left off.
JOURNALS = {
    "A&A": "A&A",
    "A&AS": "A&AS",
    "AJ": "AJ",
    "ARA&A": "ARA&A",
    "AcA": "AcA",
    "Acta Astronomica": "AcA",
    "AN": "AN",
    "ApJ": "ApJ",
    "ApJL": "ApJ",
    "ApJS": "ApJS",
    "ApSS": "Ap&SS",
    "Ap&SS": "Ap&SS",
    "MNRAS": "MNRAS",
    "Nature": "Natur",
    "PASA": "PASA",
    "PASJ": "PASJ",
    "PASP": "PASP",
    "Science": "Sci",
}
START = re.compile(r"([A-Z]?)(\d{1,5})")


def bibcode(reference: Reference) -> str | None:
    """Give the bibcode of a reference, 19 characters, or None where the journal is not known.

    Year, journal, volume, section and page, and the first letter of the first author, as defined by
    Schmitz et al. 1995, Vistas in Astronomy 39, 272. A page beyond 9999 takes the place of the
    section.
    """
    journal = JOURNALS.get(reference.journal)
    start = START.fullmatch(reference.start)
    if journal is None or start is None or len(reference.volume) > 4:
        return None
    section, page = start.groups()
    if section and len(page) > 4:
        return None
    place = f"{section}{page:.>4}" if section else f"{page:.>5}"
    letter = unicodedata.normalize("NFKD", reference.authors[0].name)[0].upper()
    if not letter.isascii() or not letter.isalpha():
        return None
    return f"{reference.year}{journal:.<5}{reference.volume:.>4}{place}{letter}"
