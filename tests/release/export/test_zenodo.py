import hashlib
import json
import re
import shutil
import zipfile
from dataclasses import replace

import polars as pl
import pytest
from rocrate.rocrate import ROCrate
from through_astropy import read_fits, read_votable

from rrcat import atomic
from rrcat.errors import ReleaseError
from rrcat.release.export import export
from rrcat.release.manifest import listing
from rrcat.release.opened import open_release
from rrcat.release.reading import as_read
from rrcat.release.subset import Cone
from rrcat.release.verify import verify
from rrcat.schema import read

# https://developers.zenodo.org/#representation: what a dataset may tell, and must.
REQUIRED = {
    "upload_type",
    "title",
    "creators",
    "description",
    "publication_date",
    "access_right",
    "license",
}
OPTIONAL = {"version", "language", "keywords", "references", "related_identifiers", "doi"}
RELATIONS = {"cites", "isPartOf"}


@pytest.fixture(scope="module")
def release(released):
    return open_release(released)


def metadata_of(release, tmp_path, **changes):
    """Give the metadata for a release that tells other things of itself."""
    changed = replace(release, about=replace(release.about, **changes))
    export(changed, "zenodo", tmp_path / "out")
    return json.loads((tmp_path / "out" / "zenodo.json").read_bytes())["metadata"]


@pytest.fixture(scope="module")
def part(release):
    """What is not verified first, and so deposited in no time."""
    return release.subset(columns=["feh"], cone=Cone(10, 20, 90))


@pytest.fixture(scope="module")
def deposit(release, tmp_path_factory):
    output = tmp_path_factory.mktemp("deposit") / "out"
    written = export(release, "zenodo", output)
    assert sorted(written) == sorted(path for path in output.rglob("*") if path.is_file())
    return output


def test_what_is_there_to_deposit(deposit):
    assert [name for name, _ in listing(deposit)] == [
        "files/CITATION.cff",
        "files/README.md",
        "files/SHA256SUMS",
        "files/rrl-example-1.2.3.zip",
        "zenodo.json",
    ]


def test_unpacked_the_release_verifies(deposit, tmp_path):
    shutil.unpack_archive(deposit / "files" / "rrl-example-1.2.3.zip", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "ro-crate-metadata.json",
        "rrl-example-1.2.3",
    ]
    assert verify(tmp_path / "rrl-example-1.2.3") == []


def test_every_file_of_the_release_is_in_the_crate_with_size_and_hash(deposit, released):
    crate = ROCrate(deposit / "files" / "rrl-example-1.2.3.zip")
    found = {
        one.id: (one["contentSize"], one["sha256"])
        for one in crate.get_entities()
        if one.type == "File"
    }
    assert found == {
        f"rrl-example-1.2.3/{name}": (str(path.stat().st_size), atomic.sha256(path))
        for name, path in listing(released)
    }
    assert crate.root_dataset["datePublished"] == "2026-12-01"


def test_two_exports_are_the_same_bytes(deposit, release, tmp_path):
    again = tmp_path / "again"
    export(release, "zenodo", again)
    for name, path in listing(deposit):
        assert (again / name).read_bytes() == path.read_bytes(), name


def test_the_checksums_are_those_of_the_files(deposit):
    lines = (deposit / "files" / "SHA256SUMS").read_text().splitlines()
    told = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert told == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (deposit / "files").iterdir()
        if path.name != "SHA256SUMS"
    }


def test_readme_and_citation_are_those_of_the_release(deposit, released):
    for name in ("README.md", "CITATION.cff"):
        assert (deposit / "files" / name).read_bytes() == (released / name).read_bytes()


def test_the_metadata_are_what_the_api_of_zenodo_takes(deposit, release):
    told = json.loads((deposit / "zenodo.json").read_bytes())
    assert list(told) == ["metadata"]
    metadata = told["metadata"]
    assert set(metadata) >= REQUIRED
    assert set(metadata) <= REQUIRED | OPTIONAL
    assert metadata["upload_type"] == "dataset"
    assert metadata["creators"] == [{"name": "Doe, Jane"}, {"name": "Dékány, I."}]
    assert (metadata["access_right"], metadata["license"]) == ("open", "cc-by-4.0")
    assert (metadata["publication_date"], metadata["version"]) == ("2026-12-01", "1.2.3")
    assert metadata["title"] == "Metallicities of simulated RR Lyrae stars, φ31 & more"
    assert metadata["description"].startswith(f"<p>{release.table.description}</p><p>300 stars, ")
    assert metadata["references"] == list(release.about.reference)


def test_text_in_the_description_is_no_markup(part, tmp_path):
    metadata = metadata_of(part, tmp_path, survey="<b>Survey</b> & more", rights="CC0-1.0")
    assert "from &lt;b&gt;Survey&lt;/b&gt; &amp; more." in metadata["description"]
    assert metadata["license"] == "cc0-1.0"


def test_works_are_related_by_their_doi(part, tmp_path):
    works = ("Somebody, in preparation", "Doe 2021, ApJ 912, 144, doi:10.3847/1538-4357/abefd4")
    metadata = metadata_of(part, tmp_path, reference=works)
    assert metadata["references"] == list(works)
    assert metadata["related_identifiers"] == [
        {
            "identifier": "10.3847/1538-4357/abefd4",
            "relation": "cites",
            "resource_type": "publication-article",
        }
    ]


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({"authors": ()}, "needs authors$"),
        ({"rights": None}, "needs rights that are one of CC0-1.0"),
        ({"rights": "ask us"}, "needs rights that are one of CC0-1.0"),
        ({"authors": (), "rights": None}, "needs authors and rights"),
    ],
)
def test_what_a_deposit_cannot_take_back_must_be_known(release, tmp_path, changes, lacks):
    with pytest.raises(ReleaseError) as error:
        metadata_of(release, tmp_path, **changes)
    assert re.search(lacks, error.value.message)
    assert not (tmp_path / "out").exists()


def test_a_doi_of_another_registry_is_told_and_zenodos_own_is_not(release, tmp_path):
    assert metadata_of(release, tmp_path / "a", doi="10.1234/cat")["doi"] == "10.1234/cat"
    assert "doi" not in metadata_of(release, tmp_path / "b", doi="10.5281/zenodo.1234567")


def test_a_release_that_does_not_verify_is_not_deposited(released, tmp_path):
    folder = shutil.copytree(released, tmp_path / released.name)
    (folder / "report.html").chmod(0o644)
    (folder / "report.html").write_text("changed")
    with pytest.raises(ReleaseError, match=r"does not verify: report\.html") as error:
        export(open_release(folder), "zenodo", tmp_path / "out")
    assert "rrcat verify" in error.value.hint


def test_a_part_is_deposited_as_one(release, tmp_path):
    whole = replace(release, about=replace(release.about, doi="10.5281/zenodo.1234567"))
    part = whole.subset(columns=["feh"], cone=Cone(10, 20, 90))
    export(part, "zenodo", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir() if path.is_dir()] == ["files"]
    name = "rrl-example-1.2.3-part"
    with zipfile.ZipFile(tmp_path / "out" / "files" / f"{name}.zip") as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / name
    assert read(folder / "schema.toml").names == ["source_id", "ra", "dec", "feh"]
    assert pl.read_parquet(folder / "rrl-example.parquet").equals(part.frame)
    for form, suffix, reader in (("votable", "vot", read_votable), ("fits", "fits", read_fits)):
        found = reader(folder / f"rrl-example.{suffix}", part.table)
        assert found.equals(as_read(part.frame, part.table, form))
    assert part.about.subset in (folder / "README.md").read_text()
    metadata = json.loads((tmp_path / "out" / "zenodo.json").read_bytes())["metadata"]
    assert metadata["title"].endswith(" (part)")
    assert metadata["related_identifiers"] == [
        {"identifier": "10.5281/zenodo.1234567", "relation": "isPartOf"}
    ]
    assert part.about.subset in metadata["description"]
    crate = ROCrate(tmp_path)
    assert {one.id.split("/")[1] for one in crate.get_by_type("File")} == {
        path.name for path in folder.iterdir()
    }
