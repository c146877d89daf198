"""References of a release as BibTeX."""

import re
from collections.abc import Iterable, Iterator
from itertools import count
from string import ascii_lowercase

from rrcat.release.about import About
from rrcat.release.export.bibcode import bibcode
from rrcat.release.export.latex import command, latex
from rrcat.release.reference import DOI, Author, Reference, parse

ADS = "https://ui.adsabs.harvard.edu/abs"
YEAR = re.compile(r"(.+?),? ((?:18|19|20)\d\d)[a-z]?,? (.*)")
CATALOGUE = "catalogue"
"""The key of the release itself."""


def keyed(references: Iterable[str]) -> dict[str, str]:
    """Give references by keys, in their order: ``Crestani2021``, of other forms ``Work3``.

    A key holds letters and digits alone, since others break tables and commands.
    """
    told: dict[str, str] = {}
    for n, text in enumerate(references, 1):
        found = YEAR.fullmatch(text)
        family = command(re.split(r",| & | and | et al", found[1])[0]) if found else ""
        start = f"{family}{found[2]}" if found and family else f"Work{n}"
        key = next(key for key in _keys(start) if key not in told)
        told[key] = text
    return told


def bibliography(keys: dict[str, str], about: About, date: str | None, doi: str | None) -> str:
    """Give ``references.bib``: the works by their keys, and the release as ``catalogue``."""
    entries = [_release(about, date, doi), *(_work(key, text) for key, text in keys.items())]
    return "\n".join(entries)


def _keys(start: str) -> Iterator[str]:
    yield start
    yield from (start + letter for letter in ascii_lowercase[1:])
    yield from (f"{start}n{n}" for n in count(len(ascii_lowercase) + 1))


def _release(about: About, date: str | None, doi: str | None) -> str:
    fields = {
        "author": " and ".join(_person(name) for name in about.makers),
        "title": f"{{{latex(about.title)}}}",
        "year": date[:4] if date else None,
        "version": latex(about.version),
        "howpublished": f"Catalogue {latex(about.name)}, version {latex(about.version)}",
    }
    return _entry("misc", CATALOGUE, fields | _doi(doi))


def _work(key: str, text: str) -> str:
    parsed = parse(text)
    if parsed is None:
        return _other(key, text)
    code = bibcode(parsed)
    fields = {
        "author": " and ".join(_author(one) for one in parsed.authors),
        "journal": latex(parsed.journal),
        "year": str(parsed.year),
        "volume": parsed.volume,
        "pages": parsed.start,
        "adsurl": f"{ADS}/{_address(code)}" if code else None,
        "note": _note(text, parsed),
    }
    return _entry("article", key, fields | _doi(parsed.doi))


def _other(key: str, text: str) -> str:
    """Give a work in another form: who and when are what stands before and in the first year."""
    found = YEAR.fullmatch(text)
    who, year, what = found.groups() if found else (text, None, "")
    doi = DOI.search(what)
    title = re.sub(r",? *doi: *$", "", what[: doi.start()] if doi else what)
    fields = {
        "author": f"{{{latex(who)}}}",
        "title": f"{{{latex(title)}}}" if title else None,
        "year": year,
    }
    return _entry("misc", key, fields | _doi(doi[0] if doi else None))


def _note(text: str, reference: Reference) -> str | None:
    """Give what a reference says behind a colon, or None."""
    start = f"{reference.journal} {reference.volume}, {reference.start}:"
    return latex(text.partition(start)[2].strip()) or None


def _author(author: Author) -> str:
    if author.name == "et al.":
        return "others"
    name = f"{{{latex(author.name)}}}"
    return f"{name}, {latex(author.initials)}" if author.initials else name


def _person(name: str) -> str:
    """Give "Doe, Jane" as a person, and any other name as a whole."""
    family, comma, given = name.partition(", ")
    return f"{{{latex(family)}}}, {latex(given)}" if comma else f"{{{latex(name)}}}"


def _doi(doi: str | None) -> dict[str, str | None]:
    return {"doi": _address(doi) if doi else None}


def _address(text: str) -> str:
    """Give what enters an address, in which LaTeX must not see a comment or the end of a group."""
    return re.sub(r"[%{}\\#&]", lambda letter: rf"\%{ord(letter[0]):02X}", text)


def _entry(kind: str, key: str, fields: dict[str, str | None]) -> str:
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])
