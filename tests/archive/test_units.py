from pathlib import Path

import pytest

from rrcat.archive.units import to_schema_unit
from rrcat.errors import ArchiveError
from rrcat.schema import load

PERIOD = load("stars")["period"]
FLUX = load("light_curves")["flux"]
PHASE = load("light_curves")["phase"]
FEH = load("spectra")["feh"]
PHI31 = load("features")["phi31"]


def factor(column, *, asked=None, stated=None):
    return to_schema_unit(column, asked, stated, "P", Path("stars.fits"))


def test_without_a_word_the_unit_is_ours():
    assert factor(PERIOD) == 1.0


@pytest.mark.parametrize(
    ("column", "unit", "expected"),
    [
        (PERIOD, "h", 1 / 24),
        (PERIOD, "days", 1.0),
        (PERIOD, "ns", 1e-9 / 86400),
        (PHI31, "deg", 0.017453292519943295),
        (FLUX, "e-/s", 1.0),
        (FLUX, "electron / s", 1.0),
        (FLUX, "'electron'.s**-1", 1.0),
        (FLUX, "s**-1", 1.0),
        (FEH, "[Sun]", 1.0),
        (FEH, "dex", 1.0),
        (PHASE, "", 1.0),
    ],
)
def test_a_unit_is_heard_from_file_and_recipe(column, unit, expected):
    assert factor(column, stated=unit) == pytest.approx(expected, rel=1e-15)
    assert factor(column, asked=unit) == pytest.approx(expected, rel=1e-15)


def test_two_spellings_of_a_unit_do_not_contradict():
    assert factor(FLUX, asked="e-/s", stated="electron / s") == 1.0


def test_the_recipe_may_explain_a_unit_that_the_file_misspells():
    assert factor(PERIOD, asked="h", stated="hours of the day") == pytest.approx(1 / 24)


@pytest.mark.parametrize(
    ("asked", "stated", "message"),
    [
        ("h", "d", "'P' is in 'd' by the file and in 'h' by the recipe"),
        (None, "mag", "'P' is in 'mag', and period is in 'd'"),
        ("Hz", None, "'P' is in 'Hz', and period is in 'd'"),
        ("hourz", None, "the unit 'hourz' of column 'P' is not known"),
        (None, "hours of the day", "'P' is in 'hours of the day', which is not known"),
    ],
)
def test_a_unit_that_cannot_be_ours_is_refused(asked, stated, message):
    with pytest.raises(ArchiveError, match=message) as caught:
        factor(PERIOD, asked=asked, stated=stated)
    assert caught.value.where["column"] == "P"
    assert caught.value.where["file"] == Path("stars.fits")
    assert caught.value.hint


def test_a_phase_has_no_unit():
    with pytest.raises(ArchiveError, match="'P' is in 'd', and phase is in no unit"):
        factor(PHASE, stated="d")


def test_a_rate_of_electrons_may_be_stated_as_a_plain_rate():
    assert factor(FLUX, asked="electron.s**-1", stated="s**-1") == 1.0
    with pytest.raises(ArchiveError, match="by the file"):
        factor(FLUX, asked="electron.s**-1", stated="min**-1")
