import fcntl
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from astropy.io import fits
from astropy.table import Table as AstropyTable

from rrcat import atomic
from rrcat.errors import ReleaseError
from rrcat.release import publish as module
from rrcat.release import report as report_module
from rrcat.release.fits import write_fits
from rrcat.release.history import read_history
from rrcat.release.manifest import read_manifest
from rrcat.release.publish import publish
from rrcat.release.signature import fingerprint
from rrcat.release.verify import verify
from rrcat.schema import read as read_schema

FILES = {
    "CITATION.cff",
    "README.md",
    "bundles",
    "manifest.json",
    "manifest.json.sha256",
    "provenance.json",
    "recipe.toml",
    "report.html",
    "rrl-example.fits",
    "rrl-example.parquet",
    "rrl-example.vot",
    "schema.toml",
}


def test_own_columns_of_estimators_travel_with_their_definition(
    tmp_path, make_candidate, own_columns, read_stilts
):
    rows = own_columns("fourier-xgboost", "somebody-elses")
    ids = ["fourier-xgboost", "somebody-elses"]
    folder = publish(make_candidate(tmp_path / "c", rows, individual_columns=ids), "1.0.0")
    assert verify(folder) == []
    assert read_schema(folder / "schema.toml").names == rows.columns
    assert read_manifest(folder).facts["individual_columns"] == ids
    assert AstropyTable.read(folder / "rrl-example.vot").colnames == rows.columns
    with fits.open(folder / "rrl-example.fits") as hdus:
        assert hdus[1].columns.names == rows.columns
    read = read_stilts(folder / "rrl-example.fits")
    assert read["feh_status_somebody_elses"].equals(rows["feh_status_somebody_elses"])
    readme = (folder / "README.md").read_text()
    assert "| `feh_somebody_elses` |" in readme
    assert "What the estimator somebody-elses gives" in (folder / "report.html").read_text()


def state(folder: Path) -> dict[str, bytes]:
    """Everything in a folder, hidden names included."""
    paths = sorted(folder.rglob("*"))
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else b"" for p in paths}


@pytest.fixture
def home(candidate):
    """The folder of the recipe, where releases go."""
    return candidate.parent / "candidate-recipe"


@pytest.fixture
def plain(monkeypatch):
    """Leave out the figures, which take long."""
    for name in ("figures", "distance_figures"):
        monkeypatch.setattr(report_module, name, lambda *arguments: [])


def test_release_stands_beside_its_history_and_verifies(candidate, home, frame):
    folder = publish(candidate, "1.0.0")
    assert folder == home / "rrl-example-1.0.0"
    assert {path.name for path in folder.iterdir()} == FILES
    assert verify(folder) == []
    assert pl.read_parquet(folder / "rrl-example.parquet").equals(frame)
    (entry,) = read_history(home / "releases.toml").releases
    assert entry.version == "1.0.0"
    assert entry.rows == frame.height
    manifest = (folder / "manifest.json").read_bytes()
    assert entry.manifest_sha256 == hashlib.sha256(manifest).hexdigest()


def test_nothing_is_written_but_the_release_and_its_history(plain, candidate, home, tmp_path):
    before = state(candidate)
    publish(candidate, "1.0.0", into=tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "releases.toml",
        "rrl-example-1.0.0",
    }
    assert state(candidate) == before
    assert [path.name for path in home.iterdir()] == ["recipe.toml"]


def test_files_are_read_only(plain, candidate):
    folder = publish(candidate, "1.0.0")
    modes = {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}
    assert modes == {0o444}
    assert folder.stat().st_mode & 0o077 == 0o055


def test_bytes_do_not_depend_on_process_hash_seed_or_day(candidate, tmp_path):
    found, told = [], ("--version", "1.0.0", "--into")
    for seed in ("0", "12345"):
        into = tmp_path / f"seed-{seed}"
        subprocess.run(
            [sys.executable, "-m", "rrcat", "release", str(candidate), *told, str(into)],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": f"UTC{seed[0]}"},
            check=True,
            capture_output=True,
        )
        found.append(state(into / "rrl-example-1.0.0"))
    assert found[0] == found[1]


def test_date_is_told_only_where_given(plain, candidate, tmp_path, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    undated = publish(candidate, "1.0.0", into=tmp_path / "a")
    assert read_manifest(undated).date is None
    dated = publish(candidate, "1.0.0", into=tmp_path / "b", date="2001-02-03")
    assert read_manifest(dated).date == "2001-02-03"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    reproduced = publish(candidate, "1.0.0", into=tmp_path / "c")
    assert read_manifest(reproduced).date == "1970-01-02"
    for folder, date in ((dated, "2001-02-03"), (reproduced, "1970-01-02")):
        assert read_history(folder.parent / "releases.toml").last.date == date
        for name in ("rrl-example.vot", "rrl-example.fits", "CITATION.cff", "README.md"):
            assert date.encode() in (folder / name).read_bytes(), name
        assert verify(folder) == []


def test_source_date_that_is_no_number_is_refused(candidate, home, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(ReleaseError, match="SOURCE_DATE_EPOCH"):
        publish(candidate, "1.0.0")
    assert [path.name for path in home.iterdir()] == ["recipe.toml"]


@pytest.mark.parametrize("kind", ["release", "empty folder", "file", "dangling link"])
def test_existing_name_is_never_overwritten(plain, candidate, home, kind):
    final = home / "rrl-example-1.0.0"
    if kind == "release":
        publish(candidate, "1.0.0")
        (home / "releases.toml").unlink()
    elif kind == "empty folder":
        final.mkdir()
    elif kind == "file":
        final.write_text("mine")
    else:
        final.symlink_to("nowhere")
    before = state(home)
    with pytest.raises(ReleaseError, match="never overwritten"):
        publish(candidate, "1.0.0")
    assert state(home) == before


def test_release_inside_a_release_is_refused(plain, candidate):
    first = publish(candidate, "1.0.0")
    with pytest.raises(ReleaseError, match="in a release, which never changes") as error:
        publish(candidate, "1.0.1", into=first)
    assert "another --into" in error.value.hint
    assert verify(first) == []


def test_version_out_of_order_is_refused(plain, candidate, home):
    publish(candidate, "1.2.0")
    before = state(home)
    with pytest.raises(ReleaseError, match=r"does not come after 1\.2\.0"):
        publish(candidate, "1.1.9")
    assert state(home) == before


def test_failed_validation_is_refused_unless_overridden(tmp_path, make_candidate):
    failed = [{"name": "globular clusters", "passed": False, "detail": "0.3 dex < off | 2 of 3"}]
    candidate = make_candidate(tmp_path / "failed", validation=failed)
    with pytest.raises(ReleaseError, match=r"failed its validation\n  globular clusters: 0\.3 dex"):
        publish(candidate, "1.0.0")
    folder = publish(candidate, "1.0.0", override="known & understood")
    assert read_manifest(folder).facts["override"] == "known & understood"
    history = folder.parent / "releases.toml"
    assert read_history(history).last.override == "known & understood"
    assert "known & understood" in (folder / "README.md").read_text()
    assert "known &amp; understood" in (folder / "report.html").read_text()
    assert verify(folder) == []
    told = history.read_text()
    history.write_text(told.replace("known & understood", "no reason"))
    assert [finding.what for finding in verify(folder)] == [
        "tells override no reason for 1.0.0, the release known & understood"
    ]
    # Histories did not tell it at first.
    history.write_text(told.replace('override = "known & understood"\n', ""))
    assert verify(folder) == []


@pytest.mark.parametrize("reason", ["", "  "])
def test_override_needs_a_reason(tmp_path, make_candidate, reason):
    failed = [{"name": "a", "passed": False, "detail": "b"}]
    with pytest.raises(ReleaseError, match="reason for the override is empty"):
        publish(make_candidate(tmp_path / "failed", validation=failed), "1.0.0", override=reason)


def test_override_without_a_failure_is_refused(candidate):
    with pytest.raises(ReleaseError, match="nothing to override"):
        publish(candidate, "1.0.0", override="to be safe")


@pytest.mark.parametrize("run", [None, "{}", '{"recipe_path": "/nowhere/recipe.toml"}', "["])
def test_lost_recipe_folder_asks_for_into(plain, candidate, tmp_path, run):
    (candidate / "run.json").unlink()
    if run is not None:
        (candidate / "run.json").write_text(run)
    with pytest.raises(ReleaseError) as error:
        publish(candidate, "1.0.0")
    assert "--into" in error.value.hint
    assert verify(publish(candidate, "1.0.0", into=tmp_path / "out")) == []


def test_second_writer_is_refused(plain, candidate, home):
    handle = os.open(home, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(ReleaseError, match="another release is being written"):
            publish(candidate, "1.0.0")
    finally:
        os.close(handle)
    assert publish(candidate, "1.0.0").is_dir()


def test_failure_half_way_leaves_nothing(plain, candidate, home, monkeypatch):
    publish(candidate, "1.0.0")
    before = state(home)

    def fail(*args, **kwargs):
        raise RuntimeError("half way")

    monkeypatch.setattr(module, "report", fail)
    with pytest.raises(RuntimeError, match="half way"):
        publish(candidate, "1.0.1")
    assert state(home) == before


@pytest.mark.parametrize("rows", [None, slice(1, None), slice(None, None, -1)])
def test_a_candidate_that_changes_meanwhile_is_not_released(
    plain, candidate, home, monkeypatch, frame, rows
):
    def after_votable(*arguments):
        (candidate / "catalogue.parquet").unlink()
        if rows is not None:
            frame[rows].write_parquet(candidate / "catalogue.parquet")
        write_fits(*arguments)

    monkeypatch.setattr(module, "write_fits", after_votable)
    with pytest.raises(ReleaseError, match="changed while it was being released"):
        publish(candidate, "1.0.0")
    assert not list(home.glob("*rrl-example*"))
    assert not (home / "releases.toml").exists()


def test_what_a_killed_release_left_is_swept_away(candidate, home):
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from rrcat.release import publish as module\n"
        "module.report = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\n"
        "module.publish(Path(sys.argv[1]), '1.0.0')\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(candidate)], check=False)
    assert killed.returncode == -9
    assert not (home / "rrl-example-1.0.0").exists()
    assert not (home / "releases.toml").exists()
    assert verify(publish(candidate, "1.0.0")) == []
    names = {path.name for path in home.iterdir()}
    assert names == {"recipe.toml", "releases.toml", "rrl-example-1.0.0"}


def test_full_disk_leaves_no_half_release(candidate, tmp_path):
    """The limit on the size of a file stands for the full disk where one cannot be mounted."""
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(small)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, check=False).returncode == 0
    limit = "" if mounted else "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)); "
    code = f"import resource, sys; {limit}from rrcat.cli.main import main; sys.exit(main())"
    command = ["release", str(candidate), "--version", "1.0.0", "--into", str(small)]
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, *command], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert ("no space left" if mounted else "file too large") in done.stderr
        assert list(small.iterdir()) == []
    finally:
        if mounted:
            subprocess.run(["umount", str(small)], check=True)


def test_manifest_tells_what_the_candidate_was_made_from(plain, candidate):
    facts = json.loads((candidate / "candidate.json").read_text())
    told = read_manifest(publish(candidate, "1.0.0")).facts
    for key in ("recipe", "recipe_sha256", "inputs", "seed", "versions", "estimators", "adql"):
        assert told[key] == facts[key]


def test_what_only_some_candidates_tell_is_kept_and_verifies(tmp_path, make_candidate):
    owned = {"authors": ["Doe, Jane"], "rights": "CC-BY-4.0", "survey": None}
    release = publish(make_candidate(tmp_path / "owned", **owned), "1.0.0")
    facts = read_manifest(release).facts
    assert facts["authors"] == ["Doe, Jane"]
    assert facts["rights"] == "CC-BY-4.0"
    assert "survey" not in facts
    assert "Crestani" in facts["scale_definition"]
    assert verify(release) == []


def test_no_path_of_the_machine_enters_a_release(candidate, tmp_path):
    folder = publish(candidate, "1.0.0")
    for path in folder.rglob("*"):
        if path.is_file():
            assert str(tmp_path).encode() not in path.read_bytes(), path.name


FORMATS = [f"rrl-example.{suffix}" for suffix in ("vot", "fits", "parquet")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no file that is always full")
@pytest.mark.parametrize("name", [*FORMATS, "README.md"])
def test_a_full_disk_is_told_with_the_file_by_its_final_name(
    plain, candidate, tmp_path, monkeypatch, name
):
    opened = Path.open

    def full(path, mode="r", *arguments, **named):
        writing = path.name == name and "w" in mode
        return opened(Path("/dev/full") if writing else path, mode, *arguments, **named)

    monkeypatch.setattr(Path, "open", full)
    into = tmp_path / "into"
    with pytest.raises(OSError, match="No space") as caught:
        publish(candidate, "1.0.0", into=into)
    assert caught.value.filename == str(into / "rrl-example-1.0.0" / name)
    assert list(into.iterdir()) == []


@pytest.fixture
def moved(tmp_path, make_candidate, frame):
    """A candidate in which every metallicity is another, and two stars are gone."""
    return make_candidate(tmp_path / "moved", frame[2:].with_columns(feh=pl.col("feh") * 0.5))


def test_history_tells_files_and_what_has_changed(plain, candidate, moved, home, frame):
    first = publish(candidate, "1.0.0")
    last = read_history(home / "releases.toml").last
    assert last.changes is None
    assert last.recipe_sha256 == read_manifest(first).recipe_sha256
    assert last.files["rrl-example.vot"] == atomic.sha256(first / "rrl-example.vot")
    assert set(last.files) == set(read_manifest(first).files)
    assert verify(publish(moved, "2.0.0", into=home)) == []
    changes = read_history(home / "releases.toml").last.changes
    n_values = frame["feh"][2:].count()
    assert (changes.since, changes.step, changes.schema_before) == ("1.0.0", "major", "1.1.0")
    assert (changes.rows_added, changes.rows_removed, changes.rows_changed) == (0, 2, n_values)
    assert changes.cells == {"feh": n_values}
    assert changes.why[0] == "2 of 300 stars are gone"


def test_step_that_is_too_small_is_refused_and_nothing_written(plain, candidate, moved, home):
    publish(candidate, "1.0.0")
    before = state(home)
    with pytest.raises(ReleaseError, match=r"1\.1\.0 is a minor step .* ask for a major one"):
        publish(moved, "1.1.0", into=home)
    assert state(home) == before


def test_too_small_a_step_may_be_overridden_with_a_reason_that_is_told(
    plain, candidate, moved, home
):
    publish(candidate, "1.0.0")
    folder = publish(moved, "1.0.1", into=home, override_step="a draft | nobody has")
    assert read_history(home / "releases.toml").last.override_step == "a draft | nobody has"
    assert read_manifest(folder).facts["override_step"] == "a draft | nobody has"
    assert "Reason given: a draft \\| nobody has" in (folder / "README.md").read_text()
    assert verify(folder) == []


@pytest.mark.parametrize(
    ("reason", "message"), [("because", "is step enough"), (" ", "reason for the step is empty")]
)
def test_needless_override_of_the_step_is_refused(plain, candidate, home, reason, message):
    publish(candidate, "1.0.0")
    with pytest.raises(ReleaseError, match=message):
        publish(candidate, "1.0.1", override_step=reason)


def test_first_release_has_no_step_to_override(candidate):
    with pytest.raises(ReleaseError, match="no release to compare with"):
        publish(candidate, "1.0.0", override_step="because")


def test_last_release_that_is_elsewhere_is_compared_with_where_it_is(
    plain, candidate, moved, home, tmp_path
):
    folder = publish(candidate, "1.0.0")
    folder.rename(tmp_path / folder.name)
    with pytest.raises(ReleaseError, match="ask for a major one"):
        publish(moved, "1.0.1", into=home, previous=tmp_path)
    publish(moved, "2.0.0", into=home, previous=tmp_path / folder.name)
    assert read_history(home / "releases.toml").last.changes.since == "1.0.0"


def test_last_release_that_is_out_of_reach_leaves_the_changes_untold(
    plain, candidate, moved, home, tmp_path
):
    folder = publish(candidate, "1.0.0")
    folder.rename(tmp_path / folder.name)
    publish(moved, "1.0.1", into=home)
    assert read_history(home / "releases.toml").last.changes is None


def test_last_release_that_is_not_as_it_was_is_not_compared_with(plain, candidate, home):
    folder = publish(candidate, "1.0.0")
    path = folder / "manifest.json"
    path.chmod(0o644)
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 1'))
    with pytest.raises(ReleaseError, match=r"not rrl-example 1\.0\.0 as it was released"):
        publish(candidate, "1.0.1")


def test_history_that_was_edited_is_not_added_to(plain, candidate, home):
    publish(candidate, "1.0.0")
    publish(candidate, "1.0.1")
    path = home / "releases.toml"
    path.write_text(path.read_text().replace("rows = 300", "rows = 301", 1))
    with pytest.raises(ReleaseError, match="changed above the entry"):
        publish(candidate, "1.0.2")


def test_signed_release_verifies_and_has_the_same_bytes_every_time(
    plain, candidate, tmp_path, ssh_key, other_ssh_key
):
    folders = [publish(candidate, "1.0.0", into=tmp_path / name, key=ssh_key) for name in "ab"]
    assert state(folders[0]) == state(folders[1])
    assert "manifest.json.sig" in (folders[0] / "README.md").read_text()
    entry = read_history(tmp_path / "a" / "releases.toml").last
    assert entry.signed_by == fingerprint((folders[0] / "manifest.json.sig").read_bytes())
    assert verify(folders[0], key=ssh_key.with_suffix(".pub")) == []
    (finding,) = verify(folders[0], key=other_ssh_key.with_suffix(".pub"))
    assert "is by another key" in finding.what


def test_key_that_cannot_sign_leaves_nothing(plain, candidate, tmp_path):
    with pytest.raises(ReleaseError, match="no such key"):
        publish(candidate, "1.0.0", into=tmp_path / "out", key=tmp_path / "nowhere")
    assert list((tmp_path / "out").iterdir()) == []
