import hashlib
import json
import shutil

import polars as pl
import pytest

from rrcat import atomic
from rrcat.canonical import json_bytes, parquet_bytes
from rrcat.errors import ReleaseError
from rrcat.estimator import StarBatch, save_bundle
from rrcat.estimator.registry import discover
from rrcat.release import report as report_module
from rrcat.release.about import About
from rrcat.release.fits import write_fits
from rrcat.release.parquet import vo_metadata, write_parquet
from rrcat.release.publish import publish
from rrcat.release.verify import verify
from rrcat.release.votable import write_votable
from rrcat.schema import load

NAME = "rrl-example-1.0.0"


@pytest.fixture(scope="module")
def published(tmp_path_factory, make_candidate):
    return publish(make_candidate(tmp_path_factory.mktemp("published") / "candidate"), "1.0.0")


@pytest.fixture
def release(published, tmp_path):
    """A copy that may be spoilt, without a history beside it."""
    shutil.copytree(published, tmp_path / NAME)
    for path in (tmp_path / NAME).rglob("*"):
        if path.is_file():
            path.chmod(0o644)
    return tmp_path / NAME


def sign(release, **changes):
    """Make the manifest agree with the files, as a forger would."""
    facts = json.loads((release / "manifest.json").read_text()) | changes
    facts["files"] = {
        name: {"sha256": atomic.sha256(release / name), "size": (release / name).stat().st_size}
        for name in facts["files"]
        if (release / name).exists()
    }
    content = json_bytes(facts)
    (release / "manifest.json").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    (release / "manifest.json.sha256").write_text(f"{digest}  manifest.json\n")


def told(release):
    return [(finding.file, finding.what) for finding in verify(release)]


def only(release, file, words):
    """Assert that there are findings, all in one file, and that one says these words."""
    found = told(release)
    assert {name for name, _ in found} == {file}, found
    assert any(words in what for _, what in found), found


def test_a_release_as_published_has_no_findings(published, release):
    assert verify(published) == []
    assert verify(release) == []


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "bundles/literature-relations/bundle.toml",
        "rrl-example.fits",
        "rrl-example.parquet",
        "rrl-example.vot",
        "schema.toml",
    ],
)
def test_one_changed_bit_is_found_in_any_file(release, name):
    content = bytearray((release / name).read_bytes())
    content[len(content) // 2] ^= 1
    (release / name).write_bytes(content)
    assert told(release) == [(name, "does not have the hash that the manifest tells")]


def test_changed_size_is_found(release):
    with (release / "report.html").open("ab") as file:
        file.write(b"\n")
    only(release, "report.html", "bytes instead of")


def test_missing_file_is_found(release):
    (release / "recipe.toml").unlink()
    assert told(release) == [("recipe.toml", "is missing")]


@pytest.mark.parametrize("name", ["extra.txt", "bundles/.hidden", "rrl-example.vot.bak"])
def test_extra_file_is_found(release, name):
    (release / name).write_text("1")
    assert told(release) == [(name, "is not in the manifest")]


def test_link_is_found_and_not_followed(release):
    (release / "README.md").unlink()
    (release / "README.md").symlink_to("/etc/hostname")
    assert told(release) == [("README.md", "a link or special file lies in the folder")]


def test_linked_folder_is_found(release):
    shutil.rmtree(release / "bundles")
    (release / "bundles").symlink_to("/etc")
    assert told(release) == [("bundles", "a link or special file lies in the folder")]


def test_changed_manifest_is_found(release):
    content = (release / "manifest.json").read_text()
    (release / "manifest.json").write_text(content.replace('"seed": 0', '"seed": 1'))
    only(release, "manifest.json", "does not have the hash that manifest.json.sha256 tells")


def test_missing_seal_is_found(release):
    (release / "manifest.json.sha256").unlink()
    assert told(release) == [("manifest.json.sha256", "is missing")]


def test_manifest_that_leaves_out_the_catalogue_is_found(release):
    (release / "rrl-example.fits").unlink()
    sign(release)
    assert told(release) == [("manifest.json", "does not list rrl-example.fits")]


@pytest.mark.parametrize("kind", ["no folder", "empty folder", "file"])
def test_what_is_no_release_is_an_error(tmp_path, kind):
    path = tmp_path / "x"
    if kind == "file":
        path.write_text("")
    elif kind == "empty folder":
        path.mkdir()
    with pytest.raises(ReleaseError):
        verify(path)


def test_forged_manifest_is_found_by_the_history_beside_it(published, release):
    history = (published.parent / "releases.toml").read_bytes()
    (release.parent / "releases.toml").write_bytes(history)
    assert verify(release) == []
    sign(release, seed=1)
    only(release, "manifest.json", "does not have the hash that ../releases.toml tells")
    (release.parent / "releases.toml").write_bytes(b"")
    only(release, "../releases.toml", "does not tell of 1.0.0")


def test_renamed_release_is_found(release):
    renamed = release.rename(release.parent / "rrl-example-2.0.0")
    only(renamed, "manifest.json", "is that of rrl-example-1.0.0, not of rrl-example-2.0.0")


@pytest.mark.parametrize(
    ("changes", "file", "words"),
    [
        ({"n_rows": 299}, "manifest.json", "tells 299 rows"),
        ({"schema_version": "1.0.1"}, "schema.toml", "the manifest says"),
        ({"title": "another"}, "manifest.json", "disagrees with every format: INFO title is"),
        ({"recipe": {"catalogue": {"name": "other"}}}, "manifest.json", "its recipe of other"),
        ({"recipe": 3}, "manifest.json", "lacks"),
    ],
)
def test_manifest_that_disagrees_with_the_files_is_found(release, changes, file, words):
    sign(release, **changes)
    assert any(name == file and words in what for name, what in told(release)), told(release)


def test_schema_that_differs_under_the_same_version_is_found(release):
    text = (release / "schema.toml").read_text()
    (release / "schema.toml").write_text(text.replace("Pulsation period:", "Some period:"))
    sign(release)
    version = load("rrl_metallicity").version
    words = f"differs from the installed rrl_metallicity {version}; the first column that does is"
    only(release, "schema.toml", f"{words} period")


@pytest.mark.parametrize(
    ("ids", "file", "words"),
    [
        (["b"], "schema.toml", "differs from the installed"),
        (["error"], "manifest.json", "both have a column 'feh_error'"),
    ],
)
def test_columns_of_other_estimators_than_those_told_are_found(release, ids, file, words):
    sign(release, individual_columns=ids)
    only(release, file, words)


def test_schema_that_cannot_be_read_is_found(release):
    (release / "schema.toml").write_text("=")
    sign(release)
    only(release, "schema.toml", "not a TOML file")


def change_cell(frame, name, row, value):
    cells = frame[name].to_list()
    cells[row] = value
    return frame.with_columns(pl.Series(name, cells, dtype=frame.schema[name]))


def facts_about(release):
    return About.of(json.loads((release / "manifest.json").read_text()), "1.0.0", None)


@pytest.mark.parametrize(
    ("writer", "file"), [(write_votable, "rrl-example.vot"), (write_fits, "rrl-example.fits")]
)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("feh", -1.2345),
        ("feh", None),
        ("source_id", 12345),
        ("n_harmonics", None),
        ("n_epochs", 7),
        ("flags", 0),
        ("pulsation_type", None),
        ("archive_id", "another"),
    ],
)
def test_one_cell_that_differs_between_formats_is_found(
    release, frame, table, writer, file, name, value
):
    row = frame[name].is_not_null().arg_true()[5]
    (release / file).unlink()
    writer(change_cell(frame, name, row, value), table, facts_about(release), release / file)
    sign(release)
    only(release, file, f"column {name}: 1 cells differ from the Parquet file; in row {row}")


@pytest.mark.parametrize(
    ("writer", "file"), [(write_votable, "rrl-example.vot"), (write_fits, "rrl-example.fits")]
)
def test_lost_rows_are_found(release, frame, table, writer, file):
    (release / file).unlink()
    writer(frame.head(10), table, facts_about(release), release / file)
    sign(release)
    only(release, file, "has 10 rows, the Parquet file has 300")


def test_catalogue_that_breaks_its_schema_is_found(release, frame, table):
    broken = frame.with_columns(feh_status=pl.lit("perhaps"))
    write_parquet(broken, table, facts_about(release), release / "rrl-example.parquet")
    sign(release)
    only(release, "rrl-example.parquet", "feh_status: is none of")


@pytest.mark.parametrize("change", [lambda them: them[::-1], lambda them: them[:1] + them[2:]])
def test_parquet_whose_columns_are_other_or_in_another_order_is_found(
    release, frame, table, change
):
    file = release / "rrl-example.parquet"
    described = vo_metadata(table, facts_about(release), frame.height)
    file.write_bytes(parquet_bytes(frame.select(change(table.names)), metadata=described))
    sign(release)
    only(release, file.name, "has the columns")


def test_parquet_that_tells_more_rows_than_it_has_is_found(release):
    file = release / "rrl-example.parquet"
    content = file.read_bytes()
    foot = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    # Numbers are doubled in it, and the lowest seven bits come first.
    place = content.index(bytes([0x16, 600 & 0x7F | 0x80, 600 >> 7]), foot)
    file.write_bytes(content[: place + 1] + bytes([602 & 0x7F | 0x80]) + content[place + 2 :])
    sign(release, n_rows=301)
    only(release, file.name, "cannot be read")


def test_parquet_without_description_is_found(release, frame):
    frame.write_parquet(release / "rrl-example.parquet")
    sign(release)
    only(release, "rrl-example.parquet", "does not describe its columns")


@pytest.mark.parametrize("name", ["rrl-example.vot", "rrl-example.fits", "rrl-example.parquet"])
def test_truncated_file_with_a_forged_hash_is_found(release, name):
    content = (release / name).read_bytes()
    (release / name).write_bytes(content[: len(content) // 2])
    sign(release)
    assert {file for file, _ in told(release)} == {name}


def test_a_release_whose_recipe_names_no_survey_holds(make_candidate, tmp_path):
    candidate = make_candidate(tmp_path / "candidate", survey="", rights=None, authors=[])
    assert verify(publish(candidate, "1.0.0", into=tmp_path)) == []


def test_a_recipe_without_its_hash_is_found(release):
    sign(release, recipe_sha256="0" * 64)
    only(release, "manifest.json", "its recipe does not have the hash")


def test_a_bundle_that_is_not_what_it_lists_is_found(release):
    name = "bundles/literature-relations/golden.parquet"
    (release / name).write_bytes(b"GOLDEN")
    sign(release)
    only(release, name, "the file is not the one that was saved")


def test_a_bundle_that_cannot_be_understood_is_found(release):
    name = "bundles/literature-relations/bundle.toml"
    (release / name).write_text("format = 7")
    sign(release)
    only(release, name, "bundle.toml is not valid")


def test_a_combination_that_cannot_be_understood_is_found(release):
    (release / "combination.json").write_text('{"format": 7}')
    files = json.loads((release / "manifest.json").read_text())["files"]
    sign(release, files=files | {"combination.json": None})
    only(release, "combination.json", "the combination cannot be read")


def test_a_history_that_is_no_file_is_found(release):
    (release.parent / "releases.toml").mkdir()
    only(release, "../releases.toml", "the history cannot be read: is a directory")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"results": 3}', "cannot be understood"),
        ("{", "cannot be understood"),
        ('{"results": []}', "does not tell the same results"),
    ],
)
def test_results_of_checks_that_the_manifest_does_not_tell_are_found(release, content, words):
    (release / "validation.json").write_text(content)
    files = json.loads((release / "manifest.json").read_text())["files"]
    sign(release, files=files | {"validation.json": None})
    only(release, "validation.json", words)


def test_results_that_the_manifest_tells_are_right(release):
    facts = json.loads((release / "manifest.json").read_text())
    results = [each | {"value": 0.5, "rows": []} for each in facts["validation"]]
    (release / "validation.json").write_text(json.dumps({"results": results}))
    sign(release, files=facts["files"] | {"validation.json": None})
    assert verify(release) == []


@pytest.fixture
def with_model(make_candidate, tmp_path, monkeypatch):
    """Release a candidate with a model that can be loaded: ``with_model(change of its rows)``."""
    for name in ("figures", "distance_figures"):
        monkeypatch.setattr(report_module, name, lambda *arguments: [])

    def make(change=lambda golden: golden):
        candidate = make_candidate(tmp_path / "candidate")
        bundle = candidate / "bundles" / "literature-relations"
        shutil.rmtree(bundle)
        told = {"source_id": 1, "fit_status": "ok", "band": "G", "period": 0.55, "a1": 0.2}
        features = pl.DataFrame([told | {"a2": 0.1, "phi31": 2.4, "phi31_error": 0.05}])
        stars = pl.DataFrame({"source_id": [1], "pulsation_type": ["RRab"]})
        model = discover().estimator("literature-relations", {}).fit()
        golden = StarBatch(stars, features=features)
        rest = {"seed": 0, "settings": {}, "training_set_sha256": "", "metrics": {}}
        save_bundle(model, bundle, golden=golden, **rest)
        path = bundle / "golden.parquet"
        before = atomic.sha256(path), path.stat().st_size
        change(pl.read_parquet(path)).write_parquet(path)
        listed = (bundle / "bundle.toml").read_text().replace(before[0], atomic.sha256(path))
        listed = listed.replace(f"size = {before[1]}", f"size = {path.stat().st_size}")
        (bundle / "bundle.toml").write_text(listed)
        facts = json.loads((candidate / "candidate.json").read_text())
        kept = {name: sha for name, sha in facts["files"].items() if "/" not in name}
        found = [one for one in sorted(bundle.rglob("*")) if one.is_file()]
        facts["files"] = kept | {
            one.relative_to(candidate).as_posix(): atomic.sha256(one) for one in found
        }
        (candidate / "candidate.json").write_text(json.dumps(facts))
        return publish(candidate, "1.0.0", into=tmp_path / "out")

    return make


def test_golden_rows_of_a_sound_release_come_again(with_model):
    assert verify(with_model(), golden=True) == []


def test_model_that_gives_other_values_than_it_did_is_found_where_asked_for(with_model):
    release = with_model(lambda golden: golden.with_columns(feh=pl.col("feh") + 0.1))
    assert verify(release) == []
    (finding,) = verify(release, golden=True)
    assert finding.file == "bundles/literature-relations/bundle.toml"
    assert "no longer gives its golden predictions: up to 0.1 dex off" in finding.what


def test_bundle_that_cannot_be_loaded_is_told_where_asked_for(published):
    assert verify(published) == []
    (finding,) = verify(published, golden=True)
    assert finding.file == "bundles/literature-relations/bundle.toml"
    assert finding.what.startswith("its golden rows: ")
