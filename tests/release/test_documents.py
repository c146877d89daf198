import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import polars as pl
import pytest
import yaml

from rrcat.release.documents import citation, readme
from rrcat.release.summary import summarise

FACTS = {"validation": [{"name": "a | b", "passed": False, "detail": "three\nlines"}]}


@pytest.fixture
def text(frame, table, about):
    return readme(summarise(frame, table), table, about, FACTS, None)


def rows_of(text):
    return [line for line in text.splitlines() if line.startswith("|")]


def test_every_column_has_its_unit_and_meaning(text, table):
    for column in table.column:
        line = next(line for line in rows_of(text) if line.startswith(f"| `{column.name}` |"))
        assert column.unit_in("votable") in line
        assert column.ucd in line
        assert column.description in line


def test_every_flag_is_explained(text, table):
    for bit in table["flags"].bits:
        row = rf"\| {bit.value} \| {bit.name} \| {bit.kind} \| [\d,]+ \| "
        assert re.search(row + re.escape(bit.description), text)


def test_every_reason_is_counted(text, frame):
    assert f"| no_period | {(frame['feh_status'] == 'no_period').sum()} |" in text


def test_tables_keep_their_shape_whatever_the_texts(frame, table, about):
    text = readme(summarise(frame, table), table, about, FACTS, "a | reason\n\n# of lines")
    widths = {}
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        widths[block] = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
    assert all(len(width) == 1 for width in widths.values())
    assert "Reason given: a \\| reason # of lines" in text


def test_the_python_that_it_shows_reads_the_release(text, tmp_path, frame, table, about):
    from rrcat.release.parquet import write_parquet
    from rrcat.release.votable import write_votable

    write_parquet(frame, table, about, tmp_path / "rrl-example.parquet")
    write_votable(frame, table, about, tmp_path / "rrl-example.vot")
    snippets = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(snippets) == 3
    polars, astropy, good = (
        snippet.replace('"rrl-example.', f'"{tmp_path}/rrl-example.') for snippet in snippets
    )
    unit = "\nfrom astropy import units\nprint(len(catalogue), catalogue['feh'].unit == units.dex)"
    assert printed(astropy + unit) == f"{frame.height} True"
    assert printed(polars + "\nprint(len(catalogue))") == f"{frame.height}"
    chosen = summarise(frame, table).n_unflagged
    assert printed(polars + good + "\nprint(len(good))") == f"{chosen}"


def printed(script):
    """Run a script as its reader would, and give what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_the_expression_that_it_shows_chooses_the_same_stars_in_topcat(
    text, tmp_path, frame, table, about, read_stilts
):
    from rrcat.release.fits import write_fits
    from rrcat.release.votable import write_votable

    unflagged = frame.with_columns(
        flags=pl.col("flags") * (pl.int_range(pl.len(), dtype=pl.Int32) % 2)
    )
    write_fits(unflagged, table, about, tmp_path / "x.fits")
    write_votable(unflagged, table, about, tmp_path / "x.vot")
    (expression,) = re.findall(r"```text\n(.*)\n```", text)
    for name in ("x.fits", "x.vot"):
        chosen = read_stilts(tmp_path / name, f'select "{expression}"')
        assert chosen.height == summarise(unflagged, table).n_unflagged > 50


def test_positions_and_times_are_told_only_where_there_are_any(frame, table, about):
    def told(rows):
        return readme(summarise(rows, table), table, about, FACTS, None)

    assert "Positions are ICRS" in told(frame)
    assert "Times count days" in told(frame)
    nowhere = frame.with_columns(pl.lit(None, dtype=pl.Float64).alias(c) for c in ("ra", "dec"))
    assert "Positions are" not in told(nowhere)
    never = frame.with_columns(epoch=pl.lit(None, dtype=pl.Float64))
    assert "Times count" not in told(never)


def test_scale_authors_rights_and_survey_are_told_where_known(text, frame, table, owned):
    assert "on the scale C21: High-resolution" in text
    assert "Rights" not in text.replace("rights and sources", "")
    full = readme(summarise(frame, table), table, owned, FACTS, None)
    assert "By Doe, Jane; Dékány, I." in full
    assert "Rights: CC-BY-4.0" in full
    assert "from ASAS" in full


@pytest.mark.parametrize(("version", "name"), [({"version": "1.0.0"}, "a-i 1.0.0"), ({}, "a-i")])
def test_the_catalogue_that_was_learned_from_is_told(text, frame, table, about, version, name):
    assert "learned from the values of another catalogue" not in text
    teacher = {"catalogue": "a-i", **version}
    told = readme(summarise(frame, table), table, about, FACTS | {"teacher": teacher}, None)
    assert f"learned from the values of another catalogue, {name}, and not" in told


def test_citation_is_valid_yaml_with_what_the_format_requires(about):
    found = yaml.safe_load(citation(about))
    assert {"cff-version", "message", "title", "authors"} <= set(found)
    assert found["title"] == about.title
    assert found["version"] == "1.2.3"
    assert found["authors"] == [{"name": "The makers of rrl-example"}]
    assert [reference["title"] for reference in found["references"]] == list(about.reference)
    assert "date-released" not in found


def test_citation_tells_the_date_where_there_is_one(about):
    dated = replace(about, date="2026-12-01", reference=())
    found = yaml.safe_load(citation(dated))
    assert found["date-released"] == "2026-12-01"
    assert "references" not in found


def test_citation_names_the_authors_and_a_licence_it_knows(about):
    known = replace(about, authors=("Doe, Jane", "A team"), rights="CC-BY-4.0")
    found = yaml.safe_load(citation(known))
    assert found["authors"] == [
        {"family-names": "Doe", "given-names": "Jane"},
        {"name": "A team"},
    ]
    assert found["license"] == "CC-BY-4.0"
    own = yaml.safe_load(citation(replace(about, rights="Ask us first")))
    assert "license" not in own


def test_citation_takes_references_apart(about):
    crestani = yaml.safe_load(citation(about))["references"][1]
    assert crestani == {
        "type": "article",
        "title": "Crestani et al. 2021, ApJ 908, 20",
        "authors": [{"family-names": "Crestani"}, {"name": "et al."}],
        "year": 2021,
        "journal": "ApJ",
        "volume": "908",
        "start": "20",
    }


def test_citation_leaves_other_texts_whole(about):
    found = yaml.safe_load(citation(replace(about, reference=("A letter to the editors",))))
    assert found["references"][0]["type"] == "generic"
    assert found["references"][0]["title"] == "A letter to the editors"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"date": "2026-12-01", "reference": ()},
        {"authors": ("Doe, Jane", "A team"), "rights": "CC-BY-4.0", "date": "2026-12-01"},
        {"reference": ("A letter", "Mullen et al. 2021, ApJ 912, 144, doi:10.3847/1538-4357/abef")},
    ],
    ids=["least", "dated", "owned", "references"],
)
def test_citation_keeps_the_schema_of_its_format(about, changes):
    schema = json.loads((Path(__file__).parent / "data" / "cff-1.2.0.schema.json").read_bytes())
    found = yaml.safe_load(citation(replace(about, **changes)))
    checker = jsonschema.Draft7Validator.FORMAT_CHECKER
    jsonschema.validate(found, schema, jsonschema.Draft7Validator, format_checker=checker)
