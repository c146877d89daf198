from dataclasses import replace

import pytest

from rrcat.release.export.words import content, edition, frames, scale
from rrcat.release.opened import open_release


@pytest.fixture(scope="module")
def release(released):
    return open_release(released)


def test_the_content_is_counted(release):
    n = release.frame["feh"].count()
    assert content(release) == [release.table.description, f"300 stars, {n} of them with a value."]
    assert content(release.subset(columns=["period"]))[1] == "300 stars."
    surveyed = replace(release, about=replace(release.about, survey="ASAS"))
    assert content(surveyed)[2] == "The light curves are from ASAS."


def test_a_part_says_of_what_it_is_one(release):
    assert edition(release.about) == "This is version 1.2.3 of the catalogue rrl-example."
    part = edition(release.subset(columns=["feh"]).about)
    assert part.startswith("This is part of rrl-example 1.2.3: columns ")


def test_scale_and_frames_are_those_of_the_catalogue(about):
    plain = replace(about, scale_definition=None)
    assert scale(plain) == "Metallicities are on the scale C21."
    defined = replace(about, scale_definition="spectra")
    assert scale(defined) == "Metallicities are on the scale C21 (spectra)."
    assert frames(about).endswith("Times are TCB at BARYCENTER, since JD 2455197.5.")
