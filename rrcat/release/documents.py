"""README.md and CITATION.cff of a release."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from rrcat.release.about import About
from rrcat.release.summary import Summary
from rrcat.schema import Table

TEMPLATES = Path(__file__).parent / "templates"


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
    lines = [
        "cff-version: 1.2.0",
        "type: dataset",
        'message: "If you use this catalogue, please cite it and the works it rests on."',
        f"title: {_quoted(about.title)}",
        f"version: {_quoted(about.version)}",
        *([f"date-released: {about.date}"] if about.date else []),
        "authors:",
        f"  - name: {_quoted(f'The makers of {about.name}')}",
    ]
    if about.reference:
        lines.append("references:")
    for reference in about.reference:
        lines += [
            "  - type: generic",
            f"    title: {_quoted(reference)}",
            "    authors:",
            '      - name: "see title"',
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Give text as a YAML string; a JSON string is one."""
    return json.dumps(text, ensure_ascii=False)


def _cell(text: object) -> str:
    """Give text that stays within one cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")
