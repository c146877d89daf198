import pytest
from pydantic import ValidationError

from rrcat.catalogue.distance import DistanceSection
from rrcat.catalogue.distance.relations import published

MAP = {"kind": "healpix", "file": "a.fits", "system": "SFD", "order": "ring"}


def section(**keys):
    return DistanceSection.model_validate({"relation": "muraveva18", "extinction": []} | keys)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"relation": "muraveva19"}, "the known relations are muraveva18"),
        ({"extinction": [{"kind": "ebv", "system": "SFD98"}]}, "are SFD, SF11"),
        ({"extinction": [{"kind": "ebv"}]}, "Field required"),
        ({"extinction": "none"}, "a list of sources"),
        ({"extinction": {"kind": "ebv", "system": "SFD"}}, "a list of sources"),
        ({"extinction": [{"kind": "absorption", "system": "SFD"}]}, "Extra inputs"),
        ({"scater": 0.1}, "Extra inputs"),
        ({"scatter": -0.1}, "greater than or equal to 0"),
        ({"scatter": 9.0}, "less than or equal to 1"),  # 0.09 in another unit
        ({"extinction": [MAP | {"nside": 3}]}, "nside is a power of two"),
    ],
)
def test_what_is_not_understood_is_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        section(**keys)


def test_extinction_must_be_spoken_of():
    with pytest.raises(ValidationError, match="extinction"):
        DistanceSection.model_validate({"relation": "muraveva18"})


def test_a_scatter_of_the_recipe_stands_in_for_the_published_one():
    assert section().published == published()["muraveva18"]
    own = section(scatter=0.05).published
    assert (own.scatter, own.scatter_from) == (0.05, "of the recipe")
    assert own.zero_point == published()["muraveva18"].zero_point


def test_the_files_of_all_maps_are_named():
    grid = {"kind": "healpix", "file": "a.parquet", "system": "SFD", "nside": 4, "order": "ring"}
    images = {"kind": "image", "files": ["n.fits", "s.fits"], "system": "SFD"}
    told = section(extinction=[{"kind": "absorption"}, grid, images])
    assert told.paths == ("a.parquet", "n.fits", "s.fits")


def test_papers_of_the_dust_are_cited_where_it_is_taken_off():
    assert section().reference == ("Muraveva et al. 2018, MNRAS 481, 1195",)
    assert len(section(extinction=[{"kind": "absorption"}]).reference) == 2


def test_what_is_told_says_how_sure_it_is():
    told = section(relation="garofalo22").described()
    assert told["relation"]["status"] == "recalled"
    assert {each["status"] for each in told["extinction"]} == {"recalled"}


def test_the_description_of_the_key_names_every_relation():
    described = DistanceSection.model_fields["relation"].description
    assert all(id in described for id in published())
