import json

import polars as pl
import pytest

from rrcat import atomic
from rrcat.errors import FrameError, RecipeError, ReleaseError
from rrcat.release.candidate import read_candidate


def change_facts(candidate, **changes):
    path = candidate / "candidate.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_rows_and_facts_are_read(candidate, frame):
    found = read_candidate(candidate)
    assert found.frame.equals(frame)
    bundle = ("bundle.toml", "golden.parquet", "golden_stars.parquet")
    assert found.carried == (
        *(f"bundles/literature-relations/{name}" for name in bundle),
        "recipe.toml",
    )
    assert found.failed == []


@pytest.mark.parametrize("name", ["combination.json", "out_of_fold.parquet"])
def test_what_was_learned_of_a_combination_is_carried(candidate, name):
    (candidate / name).write_bytes(b"{}")
    files = json.loads((candidate / "candidate.json").read_bytes())["files"]
    change_facts(candidate, files=files | {name: atomic.sha256(candidate / name)})
    assert name in read_candidate(candidate).carried


@pytest.mark.parametrize("name", ["catalogue.parquet", "recipe.toml", "account.json"])
def test_changed_file_is_refused(candidate, name):
    with (candidate / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(ReleaseError, match="changed after it was built") as error:
        read_candidate(candidate)
    assert error.value.where["file"] == candidate / name


def test_missing_file_is_refused(candidate):
    (candidate / "account.json").unlink()
    with pytest.raises(ReleaseError, match="missing"):
        read_candidate(candidate)


def test_bundle_file_without_hash_is_refused(candidate):
    (candidate / "bundles" / "more.bin").write_bytes(b"1")
    with pytest.raises(ReleaseError, match="does not know the file"):
        read_candidate(candidate)


def test_link_is_refused(candidate):
    (candidate / "bundles" / "link").symlink_to("/etc/hostname")
    with pytest.raises(ReleaseError, match="link"):
        read_candidate(candidate)


def test_unfinished_build_is_refused(candidate):
    (candidate / "candidate.json").unlink()
    with pytest.raises(ReleaseError, match="no finished candidate"):
        read_candidate(candidate)


@pytest.mark.parametrize("content", ["{", "[]", "{}", "\xff", "[" * 100_000])
def test_damaged_facts_are_refused(candidate, content):
    (candidate / "candidate.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(ReleaseError):
        read_candidate(candidate)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", 7),
        ("title", None),
        ("reference", "Doe 2020"),
        ("time_system", []),
        ("coordinates", {"system": "ICRS"}),
        ("estimators", [{"id": "x"}]),
        ("inputs", [1]),
        ("validation", [{"name": "a"}]),
        ("files", {"catalogue.parquet": 3}),
        ("n_rows", "300"),
        ("authors", [1]),
    ],
)
def test_a_fact_of_another_type_is_refused_by_its_key(candidate, key, value):
    change_facts(candidate, **{key: value})
    with pytest.raises(ReleaseError, match="something impossible") as caught:
        read_candidate(candidate)
    assert caught.value.where["key"].startswith(key)
    assert caught.value.hint == "build it again"


def test_name_that_leads_elsewhere_is_refused(candidate):
    change_facts(candidate, name="../elsewhere")
    with pytest.raises(ReleaseError, match="cannot name a catalogue"):
        read_candidate(candidate)


@pytest.mark.parametrize("key", ["title", "reference"])
def test_text_that_no_format_can_store_is_refused(candidate, key):
    text = "two\nlines"
    change_facts(candidate, **{key: text if key == "title" else ["fine", text]})
    with pytest.raises(ReleaseError, match="control characters"):
        read_candidate(candidate)


def test_candidate_of_another_schema_version_is_refused(candidate):
    change_facts(candidate, schema_version="0.9.0")
    with pytest.raises(ReleaseError, match=r"was built with rrl_metallicity 0\.9\.0"):
        read_candidate(candidate)


def test_wrong_count_of_rows_is_refused(candidate):
    change_facts(candidate, n_rows=7)
    with pytest.raises(ReleaseError, match="300 rows instead of 7"):
        read_candidate(candidate)


def test_catalogue_that_breaks_its_schema_is_refused(tmp_path, frame, make_candidate):
    broken = frame.with_columns(feh_status=pl.lit("perhaps"))
    with pytest.raises(FrameError, match="feh_status: is none of"):
        read_candidate(make_candidate(tmp_path / "broken", broken))


def test_truncated_parquet_with_a_true_hash_is_refused(tmp_path, make_candidate):
    from rrcat import atomic

    candidate = make_candidate(tmp_path / "short")
    catalogue = candidate / "catalogue.parquet"
    catalogue.write_bytes(catalogue.read_bytes()[:5000])
    files = json.loads((candidate / "candidate.json").read_text())["files"]
    change_facts(candidate, files=files | {"catalogue.parquet": atomic.sha256(catalogue)})
    with pytest.raises(ReleaseError, match="cannot be read"):
        read_candidate(candidate)


def test_scale_is_explained_from_the_table_of_scales(candidate):
    assert (
        read_candidate(candidate)
        .facts["scale_definition"]
        .endswith("(Crestani et al. 2021, ApJ 908, 20)")
    )


def test_scale_that_nobody_knows_is_refused(candidate):
    change_facts(candidate, scale="Z1")
    with pytest.raises(RecipeError, match="'Z1'"):
        read_candidate(candidate)


@pytest.mark.parametrize(
    "changes", [{"authors": ["A", "B\nC"]}, {"rights": "\t"}, {"survey": "\0"}]
)
def test_names_and_rights_that_no_format_can_store_are_refused(candidate, changes):
    change_facts(candidate, **changes)
    with pytest.raises(ReleaseError, match="control characters"):
        read_candidate(candidate)


def test_catalogue_without_a_column_of_its_table_is_refused(tmp_path, frame, make_candidate):
    with pytest.raises(ReleaseError, match="has no columns a3, phi31"):
        read_candidate(make_candidate(tmp_path / "narrow", frame.drop("a3", "phi31")))
