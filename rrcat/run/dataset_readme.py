"""README.md of a training set: what each column is, and how to read it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from rrcat.schema import load

TEMPLATES = Path(__file__).parent / "templates"


def readme(facts: Mapping[str, Any]) -> str:
    """Give README.md of the training set that ``facts``, without its files, describes."""
    engine = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=False,  # it is Markdown
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    tables = [load(name) for name in facts["rows"]]
    return engine.get_template("dataset.md.j2").render(facts=facts, tables=tables)
