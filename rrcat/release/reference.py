"""References to the literature, taken apart where they are written in the usual form."""

import re
from dataclasses import dataclass

# Authors year, journal volume, page: then whatever the writer adds.
USUAL = re.compile(
    r"(?P<authors>[^\d:;()]+?),? (?P<year>(?:18|19|20)\d\d)[a-z]?, (?P<journal>[^\d,:]+?),?"
    r" (?P<volume>\d+), (?P<start>[A-Z]?\d+)(?P<rest>\W.*)?"
)
INITIALS = re.compile(r"(?:[^\W\d_]\.[ -]?)+")
GROUP = re.compile(r"\b(?:collaboration|consortium|project|survey|team)\b", re.IGNORECASE)
ET_AL = re.compile(r",? et al\.?$")
DOI = re.compile(r"\b10\.\d{4,9}/[^\s,;()]+[^\s,;().]")


@dataclass(frozen=True)
class Author:
    """A person by family name and initials (empty where not given), or a group by its name."""

    name: str
    initials: str = ""
    is_group: bool = False


@dataclass(frozen=True)
class Reference:
    """A work: who, when, and where in which journal."""

    authors: tuple[Author, ...]
    year: int
    journal: str
    volume: str
    start: str
    doi: str | None


def parse(text: str) -> Reference | None:
    """Give the parts of "Crestani et al. 2021, ApJ 908, 20", or None for another form.

    Initials after a family name, a comma between journal and volume, and anything after the page
    are allowed; a DOI is picked from the latter. "et al." becomes a group of that name.
    """
    found = USUAL.fullmatch(text.strip())
    if found is None:
        return None
    doi = DOI.search(found["rest"] or "")
    return Reference(
        authors=_authors(found["authors"]),
        year=int(found["year"]),
        journal=found["journal"],
        volume=found["volume"],
        start=found["start"],
        doi=doi[0] if doi else None,
    )


def _authors(text: str) -> tuple[Author, ...]:
    authors: list[Author] = []
    for part in re.split(r",? (?:&|and) |, ", ET_AL.sub("", text)):
        if INITIALS.fullmatch(part) and authors and not authors[-1].initials:
            authors[-1] = Author(authors[-1].name, part)
        else:
            authors.append(Author(part, is_group=GROUP.search(part) is not None))
    if ET_AL.search(text):
        authors.append(Author("et al.", is_group=True))
    return tuple(authors)
