from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrcat.archive.halves import by_halves
from rrcat.archive.readers import RawTable
from rrcat.errors import ArchiveError


def to_numbers(raw: RawTable) -> pl.DataFrame:
    """Map text to numbers; raise where a cell is none."""
    if "mag" not in raw.frame.columns:
        raise ArchiveError("there is no column mag")
    mags = raw.frame["mag"].cast(pl.Float64, strict=False)
    if mags.has_nulls():
        bad = raw.frame.filter(mags.is_null())["mag"][0]
        raise ArchiveError(f"{bad} is no magnitude")
    return raw.frame.with_columns(mags)


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=40))
@settings(deadline=None)
def test_a_bad_row_fails_its_star_and_no_other(rows):
    frame = pl.DataFrame(
        {
            "star": [star for star, _ in rows],
            "mag": [f"{n}.5" if good else "bright" for n, (_, good) in enumerate(rows)],
        }
    )
    bad = {star for star, good in rows if not good}
    mapped, failed = by_halves(RawTable(frame), "star", to_numbers)
    assert failed == dict.fromkeys(bad, "bright is no magnitude")
    found = pl.concat(mapped) if mapped else frame.clear()
    assert set(found["star"]) == {star for star, _ in rows} - bad
    assert found.height == frame.filter(~pl.col("star").is_in(bad)).height


def test_a_table_of_another_layout_is_refused_whole():
    frame = pl.DataFrame({"star": [1, 2, 3]})
    with pytest.raises(ArchiveError, match="no column mag"):
        by_halves(RawTable(frame), "star", to_numbers)


def test_units_go_along_with_every_half():
    raw = RawTable(pl.DataFrame({"star": [1, 2], "mag": ["1", "x"]}), units={"mag": "mmag"})
    seen = []

    def watched(half: RawTable) -> pl.DataFrame:
        seen.append(half)
        return to_numbers(half)

    by_halves(raw, "star", watched)
    assert len(seen) > 2
    assert all(half == replace(raw, frame=half.frame) for half in seen)
