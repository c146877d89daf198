"""README.md and CITATION.cff of a release."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2

from rrcat.release.about import About
from rrcat.release.reference import Author, parse
from rrcat.release.summary import Summary
from rrcat.schema import Table

TEMPLATES = Path(__file__).parent / "templates"
# Those of SPDX's licences that data are published under; the citation format knows no free text.
LICENCES = (
    "CC0-1.0",
    "CC-BY-4.0",
    "CC-BY-NC-4.0",
    "CC-BY-NC-ND-4.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-ND-4.0",
    "CC-BY-SA-4.0",
)


def environment(*, html: bool) -> jinja2.Environment:
    """Give the template engine; missing names are errors, HTML is escaped."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=html,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def readme(
    summary: Summary,
    table: Table,
    about: About,
    facts: Mapping[str, Any],
    override: str | None,
) -> str:
    """Give README.md: what the catalogue is, its columns and numbers, and how to read it."""
    engine = environment(html=False)
    engine.filters["cell"] = _cell
    return engine.get_template("README.md.j2").render(
        summary=summary, table=table, about=about, facts=facts, override=override
    )


def citation(about: About) -> str:
    """Give CITATION.cff in the Citation File Format 1.2.0."""
    parts: dict[str, Any] = {
        "cff-version": "1.2.0",
        "type": "dataset",
        "message": "If you use this catalogue, please cite it and the works it rests on.",
        "title": about.title,
        "version": about.version,
        "authors": [_author(name) for name in about.makers],
    }
    if about.doi:
        parts["doi"] = about.doi
    if about.date:
        parts["date-released"] = about.date
    if about.rights in LICENCES:
        parts["license"] = about.rights
    if about.reference:
        parts["references"] = [_work(reference) for reference in about.reference]
    return "\n".join(_yaml(parts)) + "\n"


def _author(name: str) -> dict[str, str]:
    """Give a person where the name is written "Family, Given", else a name as it stands."""
    family, comma, given = name.partition(", ")
    return {"family-names": family, "given-names": given} if comma else {"name": name}


def _work(text: str) -> dict[str, Any]:
    """Give a reference; its title, which the format asks for, is the text itself."""
    reference = parse(text)
    if reference is None:
        return {"type": "generic", "title": text, "authors": [{"name": "see title"}]}
    work = {
        "type": "article",
        "title": text,
        "authors": [_writer(author) for author in reference.authors],
        "year": reference.year,
        "journal": reference.journal,
        "volume": reference.volume,
        "start": reference.start,
    }
    return work | ({"doi": reference.doi} if reference.doi else {})


def _writer(author: Author) -> dict[str, str]:
    if author.is_group:
        return {"name": author.name}
    initials = {"given-names": author.initials} if author.initials else {}
    return {"family-names": author.name} | initials


def _yaml(parts: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a mapping as YAML; of scalars, JSON is YAML."""
    for key, value in parts.items():
        if not isinstance(value, list):
            yield f"{key}: {json.dumps(value, ensure_ascii=False)}"
            continue
        yield f"{key}:"
        for item in value:
            for number, line in enumerate(_yaml(item)):
                yield ("    " if number else "  - ") + line


def _cell(text: object) -> str:
    """Give text that stays within one cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")
