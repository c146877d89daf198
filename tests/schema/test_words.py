import pytest

from rrcat.schema.words import QUOTED_WORDS, UNIT_EXCEPTIONS, ucd_problem, unit_problem


@pytest.mark.parametrize("unit", ["", "d", "mag", "deg", "mas.yr**-1", "'electron'.s**-1", "dex"])
def test_units_readers_understand_are_good(unit):
    assert unit_problem(unit) is None


@pytest.mark.parametrize("unit", ["days", "e-/s", "mags", "electron.s**-1"])
def test_units_outside_vounit_are_bad(unit):
    assert unit_problem(unit)


def test_dex_in_quotes_is_bad_though_vounit_allows_it():
    assert "'dex' is valid VOUnit, but readers do not understand it" in unit_problem("'dex'")
    assert unit_problem("'anything'.s**-1")


def test_every_exception_has_its_reason():
    for reason in (*UNIT_EXCEPTIONS.values(), *QUOTED_WORDS.values()):
        assert len(reason) > 20


@pytest.mark.parametrize("ucd", ["meta.id;meta.main", "phys.abund.Fe", "stat.error;phot.mag"])
def test_ucds_of_the_vocabulary_are_good(ucd):
    assert ucd_problem(ucd) is None


@pytest.mark.parametrize(
    "ucd", ["", "phys.abund.FeH", "meta.main;meta.id", "meta.code;meta.code", "PHOT_MAG"]
)
def test_ucds_outside_the_vocabulary_are_bad(ucd):
    assert ucd_problem(ucd)
