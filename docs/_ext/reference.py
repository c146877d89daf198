"""Pages of the documentation that are written from the code, at each build.

Tables come from ``schemas/``, the recipe from its pydantic models, commands from click.
"""

import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rrcat.catalogue.recipe import Recipe
from rrcat.cli.main import COMMANDS
from rrcat.schema import Column, Table, load, names

if TYPE_CHECKING:
    from sphinx.application import Sphinx

DOCS = Path(__file__).resolve().parent.parent
KNOWN = ("data", "time")
"""Keys of a command in ``reproduce.toml``, in the order of the columns."""


def setup(app: "Sphinx") -> dict[str, bool]:
    """Write the pages before Sphinx reads its sources."""
    app.connect("builder-inited", lambda app: write_pages(Path(app.srcdir) / "generated"))
    return {"parallel_read_safe": True}


def write_pages(folder: Path) -> None:
    """Write every page, and leave one alone that has not changed."""
    folder.mkdir(exist_ok=True)
    for name, text in pages().items():
        path = folder / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Give the text of every page by name."""
    return {
        **{f"schema-{name}": schema_page(load(name)) for name in names()},
        "flags": bit_table(load("rrl_metallicity")["flags"]),
        "recipe": recipe_sections(),
        "commands": "\n".join(command_sections()),
        "results": results(),
        "table-versions": table_versions(),
    }


def results() -> str:
    """Give the results of the README with what their commands need and take."""
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    known = tomllib.loads((DOCS / "reproduce.toml").read_text(encoding="utf-8"))["command"]
    lines = ["| requirement | reached | command | data | time |", "|---|---|---|---|---|"]
    for row in re.findall(r"^\| .* \| `.*` \|$", section(readme, "Results"), re.MULTILINE):
        told = [known.get(command, {}) for command in re.findall("`([^`]*)`", last_cell(row))]
        needs = {each: "; ".join(one[each] for one in told if each in one) for each in KNOWN}
        lines.append(" ".join([row, *(f"{needs[each]} |" for each in KNOWN)]))
    return "\n".join(lines)


def section(page: str, heading: str) -> str:
    """Give what stands below a heading of a page."""
    return page.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def last_cell(row: str) -> str:
    """Give the last cell of a row of a table."""
    return re.split(r"(?<!\\)\|", row)[-2]


def table_versions() -> str:
    """Tell what each version of each table brought, newest first."""
    told = tomllib.loads((DOCS / "table_versions.toml").read_text(encoding="utf-8"))
    lines = []
    for name in names():
        lines += [f"### {name}", "", "| version | date | what |", "|---|---|---|"]
        for version, entry in told[name].items():
            brought = [column.name for column in load(name).defined if column.since == version]
            words = [entry["what"]]
            if brought and version != "1.0.0":
                words.append(f"Columns added: {listed(tuple(brought))}.")
            lines.append(f"| {version} | {entry['date']} | {' '.join(words)} |")
        lines.append("")
    return "\n".join(lines)


def schema_page(table: Table) -> str:
    """Describe a table and each of its columns."""
    lines = [f"# {table.name}", "", f"*Version {table.version}.* {table.description}", ""]
    if table.key:
        lines += [f"- One row for each {listed(table.key)}.", ""]
    if table.sort:
        lines += [f"- Rows are sorted by {listed(table.sort)}.", ""]
    for group in table.any_of:
        lines += [f"- In every row at least one of {listed(group)} is known.", ""]
    lines += [
        "Columns marked * must be there; the others may be absent, and are then null.",
        "",
        "| column | type | unit | meaning, UCD |",
        "|---|---|---|---|",
    ]
    for column in table.defined:
        mark = " *" if column.required else ""
        unit = f"`{column.unit_in('votable')}`" if column.unit_in("votable") else ""
        lines.append(
            f"| `{column.name}`{mark} | {column.dtype} | {unit} "
            f"| {meaning(column)} <br> `{column.ucd}` |"
        )
    for column in table.column:
        if column.bits:
            lines += ["", f"## Bits of {column.name}", "", bit_table(column)]
    return "\n".join(lines)


def bit_table(column: Column) -> str:
    """Tell the bits of a column of flags."""
    lines = ["| bit | name | meaning | kind |", "|--:|---|---|---|"]
    lines += [
        f"| {bit.value} | `{bit.name}` | {bit.description} | {bit.kind} |" for bit in column.bits
    ]
    return "\n".join(lines)


def meaning(column: Column) -> str:
    """Give the description of a column and the rules its values follow."""
    rules = [column.description]
    if column.each:
        rules.append(f"One for each {column.each} of the catalogue that has columns of its own.")
    if column.range is not None:
        rules.append(f"From {column.range[0]} to {column.range[1]}.")
    if column.values is not None:
        rules.append(f"One of {listed(column.values)}.")
    if not column.nullable:
        rules.append("Never null.")
    elif column.null is not None:
        rules.append(f"Missing is {column.null} in FITS and VOTable.")
    return " ".join(rules)


def listed(words: tuple[str, ...]) -> str:
    """Give words as code, with commas."""
    return ", ".join(f"`{word}`" for word in words)


def recipe_sections() -> str:
    """Describe every section and key that a recipe may hold."""
    schema = Recipe.model_json_schema(by_alias=True)
    return "\n".join(_section("", schema, schema, {}))


def _section(
    path: str, section: dict[str, Any], schema: dict[str, Any], told: dict[str, str], of: str = ""
) -> Iterator[str]:
    """Yield the lines of a section, then those of the sections inside it.

    ``told`` holds where a model was described before, so that none is described twice, and ``of``
    the kind of thing that the section belongs to, such as that of an archive.
    """
    keys, inside = [], []
    for name, value in section["properties"].items():
        models = list(_models(name, value, schema))
        free = "additionalProperties" in value  # a table whose keys are the author's own
        for behind, model in models:
            place = f"{path}.{name}".strip(".") + behind
            kind = _kind(model) if len(models) > 1 else ""
            said = "" if free else value.get("description", "")
            inside.append((place, model, value.get("type") == "array", kind, said))
        if free or not models:
            default = "**required**" if name in section.get("required", []) else _default(value)
            keys.append(f"| `{name}` | {_type(value)} | {default} | {value['description']} |")
    if keys:
        yield from ("| key | value | default | meaning |", "|---|---|---|---|", *keys, "")
    for place, model, repeated, kind, said in inside:
        inner = kind or of
        yield from (f"## `[[{place}]]`{inner}" if repeated else f"## `[{place}]`{inner}", "")
        if said:
            yield from (said, "")
        if model["title"] in told:
            yield from (f"The keys are those of {told[model['title']]}.", "")
            continue
        told[model["title"]] = f"`[{place}]`{inner}"
        yield from (model.get("description", "").split("\n\n")[0], "")
        yield from _section(place, model, schema, told, inner)


def _kind(model: dict[str, Any]) -> str:
    """Give what tells a model from the others that may stand in its place."""
    if "kind" in model["properties"]:
        return f" of kind {model['properties']['kind']['const']}"
    return f" with {model['told_by']}"


def _models(
    name: str, value: dict[str, Any], schema: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the models a value may be, or hold, each with what stands behind the value's key."""
    if "$ref" in value:
        model = schema["$defs"][value["$ref"].rsplit("/", 1)[-1]]
        if "properties" in model:
            yield "", model
    several = (part for key in ("anyOf", "oneOf", "prefixItems") for part in value.get(key, ()))
    for part in (*several, value.get("items")):
        if isinstance(part, dict):
            yield from _models(name, part, schema)
    inner = value.get("additionalProperties")
    if isinstance(inner, dict):
        for behind, model in _models("column", inner, schema):
            yield f".{name.removesuffix('s').upper()}{behind}", model


def _default(value: dict[str, Any]) -> str:
    default = value.get("default")
    if default in (None, "", [], {}):
        return ""
    return f"`{default}`".replace("True", "true").replace("False", "false")


def _type(value: dict[str, Any]) -> str:
    """Give the kind of a value and its limits in words."""
    if "anyOf" in value:
        kinds = [_type(part) for part in value["anyOf"] if part.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "enum" in value:
        return ", ".join(f"`{each}`" for each in value["enum"])
    if "const" in value:
        return f"`{value['const']}`"
    kind = {"array": "list", "object": "table"}.get(value["type"], value["type"])
    if value["type"] == "array" and value.get("minItems") == value.get("maxItems") is not None:
        kind = f"list of {value['minItems']}"
    limits = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {value[key]:g}" for key, sign in limits.items() if key in value]
    return " ".join([kind, ", ".join(bounds)]).strip()


def command_sections() -> Iterator[str]:
    """Yield the help of every command and subcommand."""
    for name, (place, _) in COMMANDS.items():
        module, attribute = place.split(":")
        yield from _command(f"rrcat {name}", getattr(importlib.import_module(module), attribute))


def _command(path: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=path, terminal_width=88)
    heading = "##" if path.count(" ") == 1 else "###"
    yield from (f"{heading} {path}", "", "```text", command.get_help(context), "```", "")
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and inner.name != "help":
                yield from _command(f"{path} {name}", inner)
