"""The crate, as the library for RO-Crates reads it."""

from dataclasses import replace

import pytest
from rocrate.rocrate import ROCrate

from rrcat import atomic
from rrcat.release.export.crate import METADATA, crate


@pytest.fixture
def files(tmp_path):
    names = ["cat-1.0.0/cat.vot", "cat-1.0.0/bundles/one of/model.ubj", "cat-1.0.0/README.md"]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return {name: tmp_path / name for name in names}


@pytest.fixture
def write(tmp_path, files):
    def write(about) -> ROCrate:
        told = crate(
            files,
            about,
            title="Stars",
            description="Some stars.",
            date="2026-12-01",
            doi="10.1234/stars",
            keywords=["x"],
        )
        (tmp_path / METADATA).write_bytes(told)
        return ROCrate(tmp_path)

    return write


def test_every_file_is_there_with_its_size_and_hash(write, files, owned):
    read = write(owned)
    assert {one.id for one in read.get_by_type("File")} == {
        "cat-1.0.0/cat.vot",
        "cat-1.0.0/bundles/one%20of/model.ubj",
        "cat-1.0.0/README.md",
    }
    for name, path in files.items():
        entity = read.get(name.replace(" ", "%20"))
        assert entity["contentSize"] == str(path.stat().st_size)
        assert entity["sha256"] == atomic.sha256(path)
    assert read.get("cat-1.0.0/cat.vot")["encodingFormat"] == "application/x-votable+xml"
    assert len(read.get("cat-1.0.0/")["hasPart"]) == len(files)


def test_the_crate_says_what_it_is_whose_and_under_which_licence(write, owned):
    read = write(owned)
    root = read.root_dataset
    assert read.version == "1.2"
    assert (root["name"], root["description"]) == ("Stars, version 1.2.3", "Some stars.")
    assert root["datePublished"] == "2026-12-01"
    assert [one["value"] for one in root["identifier"]] == ["doi:10.1234/stars"]
    assert root["license"].id == "https://spdx.org/licenses/CC-BY-4.0"
    assert root["license"]["name"] == "CC-BY-4.0"
    assert [(one.type, one["name"]) for one in root["author"]] == [
        ("Person", "Jane Doe"),
        ("Person", "I. Dékány"),
    ]


def test_works_are_cited_by_their_doi_where_they_have_one(write, owned):
    dotted = "Mullen et al. 2021, ApJ 912, 144, doi:10.3847/1538-4357/abefd4"
    read = write(replace(owned, reference=("Somebody, in preparation", dotted)))
    assert [(one.id, one["name"]) for one in read.root_dataset["citation"]] == [
        ("#reference-1", "Somebody, in preparation"),
        ("https://doi.org/10.3847/1538-4357/abefd4", dotted),
    ]


def test_an_author_without_comma_is_an_organisation(write, owned):
    (author,) = write(replace(owned, authors=("The Gaia Team",))).root_dataset["author"]
    assert (author.type, author["name"]) == ("Organization", "The Gaia Team")
