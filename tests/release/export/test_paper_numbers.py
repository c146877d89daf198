import re
from dataclasses import replace

import polars as pl
import pytest

from rrcat.release.export.paper_material import material
from rrcat.release.export.paper_numbers import Group, Number, catalogue_numbers, distinct, share
from rrcat.release.opened import open_release
from rrcat.release.summary import summarise

THOUSANDS = "{,}"


@pytest.fixture(scope="module")
def release(released):
    return open_release(released)


def told(release):
    groups = catalogue_numbers(material(release))
    return {one.name: one for group in groups for one in group.numbers}


def lacks(release):
    return [what for group in catalogue_numbers(material(release)) for what in group.lacks]


@pytest.fixture(scope="module")
def numbers(release):
    return told(release)


def value(number):
    return float(re.sub(r"\\ensuremath|[{}]", "", number.text.replace(THOUSANDS, "")))


def test_what_the_release_says_of_itself_is_told(numbers):
    texts = {name: numbers[name].text for name in ("Name", "Version", "Date", "Scale", "Rights")}
    assert texts == {
        "Name": "rrl-example",
        "Version": "1.2.3",
        "Date": "2026-12-01",
        "Scale": "C21",
        "Rights": "CC-BY-4.0",
    }
    assert numbers["Title"].text.endswith(r"\ensuremath{\phi}31 \& more")
    assert numbers["VersionPolars"].text == "2.1.0"
    assert numbers["EstimatorLiteratureRelationsVersion"].text == "1.0.0"


def test_counts_are_those_of_the_release(release, numbers):
    frame = release.frame
    summary = summarise(frame, release.table)
    assert value(numbers["Stars"]) == frame.height
    assert value(numbers["StarsWithValue"]) == frame["feh"].count()
    assert value(numbers["StarsWithoutValue"]) == frame["feh"].null_count()
    assert value(numbers["StarsGood"]) == summary.n_unflagged
    assert value(numbers["StarsWithDistance"]) == frame["distance_modulus"].count()
    for status, n in summary.statuses.items():
        name = "Status" + "".join(word.capitalize() for word in status.split("_"))
        assert value(numbers[name]) == n
    for bit, n in summary.bits:
        found = [one for one in numbers.values() if f"flag {bit.name}," in one.meaning]
        assert [value(one) for one in found] == [n]


def test_types_and_spreads_are_those_of_the_release(release, numbers):
    valued = release.frame.drop_nulls("feh")
    for prefix, rows in [
        ("", valued),
        ("RRab", valued.filter(pl.col("pulsation_type") == "RRab")),
        ("Unknown", valued.filter(pl.col("pulsation_type").is_null())),
    ]:
        for column, name in (("feh", "FeH"), ("feh_error", "FeHError"), ("period", "Period")):
            for suffix, q in (("Min", 0), ("PSixteen", 0.16), ("Median", 0.5), ("Max", 1)):
                one = numbers[prefix + name + suffix]
                places = len(one.text.partition(".")[2].rstrip("}"))
                exact = rows[column].quantile(q, interpolation="linear")
                assert value(one) == pytest.approx(exact, abs=0.51 * 10**-places)
                assert (one.file, one.unit) == (
                    "rrl-example.parquet",
                    release.table[column].unit_in("votable"),
                )


def test_a_spread_is_rounded_to_what_its_median_is_known_to(release):
    cells = pl.Series([-1.5 + 0.4 * (n - 150) / 150 for n in range(release.frame.height)])
    some = replace(release, frame=release.frame.with_columns(feh=cells))
    assert told(some)["FeHMedian"].text == r"\ensuremath{-1.50}"  # ± 0.02
    same = replace(release, frame=release.frame.with_columns(feh=pl.lit(-1.5)))
    assert told(same)["FeHMedian"].text == r"\ensuremath{-1.50}"


def test_what_is_not_known_has_no_command_and_is_listed(release):
    bare = replace(
        release, about=replace(release.about, rights=None, survey=None, scale_definition=None)
    )
    found = told(bare)
    assert not {"Doi", "Rights", "Survey", "ScaleDefinition", "ZeroPointError"} & set(found)
    assert {"the DOI of the release", "the licence"} <= set(lacks(bare))
    none = pl.lit(None, dtype=pl.Float64).alias("distance_modulus")
    near = replace(release, frame=release.frame.with_columns(none))
    assert "StarsWithDistance" not in told(near)
    assert "distances" in lacks(near)


def test_a_part_tells_only_of_what_it_has(release):
    part = release.subset(columns=["period"])
    found = told(part)
    assert value(found["Stars"]) == 300
    assert value(found["Columns"]) == 4
    assert not [name for name in found if re.search("FeH|Value|Flag|Good|Status|RRab", name)]
    assert found["PeriodMedian"].meaning == "median period of stars"
    assert {"flags", "pulsation types"} <= set(lacks(part))


def test_names_that_are_the_same_as_commands_are_told_apart():
    twice = [Number(name, "1", "", "", "") for name in ("A", "B", "A", "A")]
    (group,) = distinct([Group("x", tuple(twice))])
    assert [one.name for one in group.numbers] == ["A", "B", "ATwo", "AThree"]


def test_a_line_is_one_line_whatever_the_words():
    line = Number("A", "1", "two\nlines, 50 %", "dex", "x.parquet").line
    assert line == r"\newcommand{\catA}{1}% two lines, 50 % [dex]; x.parquet"


def test_a_share_never_hides_the_last_star():
    assert [share(n, 100_000) for n in (0, 1, 50_000, 99_999, 100_000)] == [
        *("0", "0.1", "50.0", "99.9", "100")
    ]
