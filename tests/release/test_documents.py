import re

import pytest
import yaml

from rrcat.release.about import About
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
        assert re.search(rf"\| {bit.value} \| {bit.name} \| [\d,]+ \| {bit.description}", text)


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
    assert len(snippets) == 2
    for snippet in snippets:
        names = {}
        exec(snippet.replace('"rrl-example.', f'"{tmp_path}/rrl-example.'), names)
        assert len(names["catalogue"]) == frame.height


def test_citation_is_valid_yaml_with_what_the_format_requires(about):
    found = yaml.safe_load(citation(about))
    assert {"cff-version", "message", "title", "authors"} <= set(found)
    assert found["title"] == about.title
    assert found["version"] == "1.2.3"
    assert [reference["title"] for reference in found["references"]] == list(about.reference)
    assert "date-released" not in found


def test_citation_tells_the_date_where_there_is_one(about):
    dated = About(**{**vars(about), "date": "2026-12-01", "reference": ()})
    found = yaml.safe_load(citation(dated))
    assert found["date-released"].isoformat() == "2026-12-01"
    assert "references" not in found
