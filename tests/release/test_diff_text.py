import re
from dataclasses import replace

import polars as pl
import pytest

from rrcat.release.diff import diff
from rrcat.release.diff_text import diff_text
from rrcat.schema.diff import Change, SchemaDiff


@pytest.fixture
def compare(tmp_path, make_candidate, frame):
    def run(changed, **facts):
        old = make_candidate(tmp_path / "old", frame)
        return diff(old, make_candidate(tmp_path / "new", changed, **facts))

    return run


def line(text, start):
    (found,) = [line for line in text.splitlines() if re.match(rf"{start}\b", line)]
    return found


def test_a_column_is_one_line_with_count_median_largest_unit_and_star(compare, frame):
    known = frame["feh"].is_not_null().arg_true()
    cells = frame["feh"].to_list()
    for row, value in zip(known[:3], (0.1, 0.2, 0.4), strict=True):
        cells[row] = cells[row] - value if cells[row] > 0 else cells[row] + value
    text = diff_text(compare(frame.with_columns(feh=pl.Series(cells))))
    star = str(frame["source_id"][known[2]])
    assert line(text, "feh").split() == ["feh", "3", "0", "0", "0.2", "0.4", "dex", star]


def test_what_matters_comes_first_and_the_rest_is_counted(compare, frame):
    floats = [name for name, dtype in frame.schema.items() if dtype == pl.Float64]
    moved = [pl.col(name) * 0.99 for name in floats]
    text = diff_text(compare(frame.with_columns(moved)))
    (block,) = [b.splitlines() for b in text.split("\n\n") if b.startswith("column ")]
    assert [row.split()[0] for row in block[1:4]] == ["feh", "feh_error", "period"]
    assert len(block) == 1 + 12 + 1
    assert block[-1] == f"{len(floats) - 12} more columns (--json shows all)"
    assert len(text.splitlines()) < 45


def test_statuses_and_flags_are_told_by_name(compare, frame):
    ok = frame["feh_status"] == "ok"
    changed = frame.with_columns(
        feh_status=pl.col("feh_status").replace("ok", "no_period"),
        flags=pl.col("flags").xor(16),
    )
    text = diff_text(compare(changed))
    assert line(text, "  ok -> no_period").split()[-1] == str(ok.sum())
    had = ((frame["flags"] & 16) != 0).sum()
    assert line(text, "  extrapolated").split()[1:] == [str(300 - had), str(had)]
    assert "shift" in text
    assert line(text, r"flags +\d+").split() == ["flags", "300", "0", "0"]


def test_another_recipe_is_told_though_the_rows_are_the_same(compare, frame):
    text = diff_text(compare(frame, scale="J95", recipe={"fourier": {"clip_sigma": 3.0}}))
    assert "the same 300 rows" in text
    assert "  recipe.fourier.clip_sigma: absent -> 3.0" in text
    assert "  scale: C21 -> J95" in text


def test_other_estimators_ask_for_no_other_version(compare, frame):
    change = Change("feh_a", "column", "present", "removed", "none")
    found = replace(compare(frame), schema=SchemaDiff("1.1.0", "1.1.0", (change,)))
    text = diff_text(found)
    assert "only the estimators with columns of their own differ" in text
    assert "  feh_a: column present -> removed" in text


@pytest.mark.parametrize(("after", "told"), [("1.1.0", "TOO LITTLE"), ("2.0.0", "enough")])
def test_schema_says_which_step_it_asks_for(compare, frame, after, told):
    change = Change("a3", "unit", "mag", "", "major")
    found = replace(compare(frame), schema=SchemaDiff("1.0.0", after, (change,)))
    text = diff_text(found)
    assert f"version 1.0.0 -> {after}; the changes ask for a major step, so that is {told}" in text
    assert "  a3: unit mag -> " in text


def test_why_stars_changed_and_which_most_is_told_with_the_step(compare, frame):
    changed = frame[1:].with_columns(feh=pl.col("feh") * 0.5, period=pl.col("period") * 0.9)
    found = compare(changed, recipe={"selection": {"limit": 299}})
    text = diff_text(found)
    assert "  why: the recipe selects otherwise" in text
    most = found.stars[0]
    assert f"  {most.source_id}: {most.before:.3f} -> {most.after:.3f}" in text
    words = [found.causes[0].n, found.causes[0].median, found.causes[0].largest]
    told = line(text, "light curve, period or type").split()
    assert told[-4:] == [str(words[0]), f"{words[1]:.4g}", f"{words[2]:.4g}", "dex"]
    assert text.splitlines()[-1].startswith("this asks for a major step of the version: 1 of")
