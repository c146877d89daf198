"""What a VOTable of a release must say, and which no other validator asks for."""

from pathlib import Path
from typing import Any

from rrcat.release.about import About
from rrcat.release.votable import datatype, frame_of
from rrcat.release.votable_outline import Field, Outline, outline_of
from rrcat.schema import Table
from rrcat.schema.definition import ARRAY


def votable_problems(path: Path, table: Table, about: About | None = None) -> list[str]:
    """Give what is wrong with the description of a VOTable; an empty list where nothing is.

    Asked for: one table of BINARY2 rows inside the file, the columns of ``table`` in order, each
    with its type, unit, UCD, description and null value; one ``meta.id;meta.main`` and no UCD that
    is main twice; a COOSYS and a TIMESYS that the columns refer to, in the frames of ``about``
    where given.
    """
    outline = outline_of(path)
    if outline.refused:
        return outline.refused
    problems = []
    if outline.version != "1.4":
        problems.append(f"is VOTable {outline.version} instead of 1.4")
    if outline.tables != 1:
        problems.append(f"holds {outline.tables} tables instead of one")
    if outline.serialization != "BINARY2":
        problems.append(f"holds its rows as {outline.serialization} instead of BINARY2")
    if outline.streams != 1:
        problems.append(f"holds {outline.streams} streams of rows instead of one")
    names = [item.attributes.get("name", "") for item in outline.fields]
    if names != table.names:
        problems.append(f"has the columns {', '.join(names)} instead of {', '.join(table.names)}")
    problems += ucd_problems([item.attributes.get("ucd", "") for item in outline.fields])
    for item in outline.fields:
        problems += _field_problems(item, table, outline)
    return problems + (_frame_problems(outline, about) if about else [])


def ucd_problems(ucds: list[str]) -> list[str]:
    """Give what is wrong with the UCDs of a table as a whole."""
    problems = []
    if (n := ucds.count("meta.id;meta.main")) != 1:
        problems.append(f"has {n} columns with the UCD meta.id;meta.main instead of one")
    main = [ucd for ucd in ucds if "meta.main" in ucd.split(";")]
    for ucd in sorted({ucd for ucd in main if main.count(ucd) > 1} - {"meta.id;meta.main"}):
        problems.append(f"has several columns with the UCD {ucd}")
    return problems


def _field_problems(item: Field, table: Table, outline: Outline) -> list[str]:
    name = item.attributes.get("name", "")
    if name not in table.names:
        return []
    column = table[name]
    array = ARRAY.fullmatch(column.dtype)
    wanted: dict[str, tuple[Any, Any]] = {
        "datatype": (item.attributes.get("datatype"), datatype(column)),
        "unit": (item.attributes.get("unit", ""), column.unit_in("votable")),
        "UCD": (item.attributes.get("ucd", ""), column.ucd),
        "description": (item.description, column.full_description),
        "null value": (item.null, None if column.null is None else str(column.null)),
    }
    if column.dtype != "string":
        wanted["arraysize"] = (item.attributes.get("arraysize"), array[2] if array else None)
    problems = [
        f"column {name}: {what} is {have!r} instead of {want!r}"
        if have
        else f"column {name} has no {what}; it should be {want!r}"
        for what, (have, want) in wanted.items()
        if have != want
    ]
    kind = frame_of(column)
    systems = {"coordinates": ("COOSYS", outline.coosys), "times": ("TIMESYS", outline.timesys)}
    if kind is not None and item.attributes.get("ref") not in systems[kind][1]:
        problems.append(f"column {name} refers to no {systems[kind][0]}")
    return problems


def _frame_problems(outline: Outline, about: About) -> list[str]:
    wanted = [
        ("COOSYS", outline.coosys, "system", about.coordinate_system),
        ("COOSYS", outline.coosys, "epoch", about.coordinate_epoch),
        ("TIMESYS", outline.timesys, "timescale", about.time_scale),
        ("TIMESYS", outline.timesys, "refposition", about.reference_position),
        ("TIMESYS", outline.timesys, "timeorigin", repr(about.origin_jd)),
    ]
    problems = [
        f"{element}: {attribute} is {have!r} instead of {want!r}"
        for element, found, attribute, want in wanted
        for have in [next(iter(found.values()), {}).get(attribute)]
        if have != want
    ]
    told = {
        "title": about.title,
        "resource_version": about.version,
        "metallicity_scale": about.scale,
    }
    for name, want in told.items():
        if (have := outline.info.get(name)) != want:
            problems.append(f"INFO {name} is {have!r} instead of {want!r}")
    return problems
