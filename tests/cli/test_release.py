import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path

import polars as pl
import pytest

from rrcat.cli.main import main

HELPER = Path(__file__).resolve().parent.parent / "release" / "conftest.py"


@pytest.fixture(scope="module")
def helper():
    specification = importlib.util.spec_from_file_location("release_helper", HELPER)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def frame(helper):
    return helper.example_frame(helper.load("rrl_metallicity"))


@pytest.fixture
def candidate(tmp_path, helper, frame):
    return helper.write_candidate(tmp_path / "candidate", frame)


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.fixture(scope="module")
def sound(tmp_path_factory, helper, frame):
    """A folder with one release and its history, to be copied."""
    home = tmp_path_factory.mktemp("sound")
    candidate, folder = helper.write_candidate(home / "candidate", frame), home / "out"
    assert main(["release", str(candidate), "--version", "1.0.0", "--into", str(folder)]) == 0
    return folder


@pytest.fixture
def released(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "out") / "rrl-example-1.0.0"


def test_release_says_where_it_is_and_how_to_check_it(candidate, capsys):
    code, out, _ = run(capsys, "release", candidate, "--version", "1.0.0")
    assert code == 0
    assert "rrl-example 1.0.0: 300 rows in" in out
    assert "rrcat verify" in out


def test_release_as_json(candidate, tmp_path, capsys):
    code, out, _ = run(
        capsys, "release", candidate, "--version", "1.0.0", "--date", "2026-12-01", "--json"
    )
    told = json.loads(out)
    assert code == 0
    assert Path(told.pop("release")).name == "rrl-example-1.0.0"
    assert told == {
        "name": "rrl-example",
        "version": "1.0.0",
        "n_rows": 300,
        "date": "2026-12-01",
        "signed_by": None,
        "changes": None,
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--version", "1.0"], "'1.0' is not MAJOR.MINOR.PATCH"),
        (["--version", "1.0.0", "--date", "tomorrow"], "'tomorrow' is not a date"),
        (["--version", "1.0.0", "--override", "why"], "nothing to override"),
    ],
)
def test_refusal_is_one_message_with_the_fix(candidate, capsys, arguments, words):
    code, out, err = run(capsys, "release", candidate, *arguments)
    assert code == 1
    assert out == ""
    assert words in err
    assert "hint: " in err
    assert "Traceback" not in err


def test_version_is_needed(candidate, capsys):
    assert run(capsys, "release", candidate)[0] == 2


def test_folder_that_is_no_candidate_is_refused(tmp_path, capsys):
    code, _, err = run(capsys, "release", tmp_path, "--version", "1.0.0")
    assert code == 1
    assert "no finished candidate" in err


def test_sound_release_verifies(released, capsys):
    code, out, _ = run(capsys, "verify", released)
    assert code == 0
    assert "all files are as released" in out


def test_findings_are_told_and_exit_with_1(released, capsys):
    (released / "extra").write_text("1")
    code, out, _ = run(capsys, "verify", released)
    assert code == 1
    assert out == "extra: is not in the manifest\n"


def test_findings_as_json(released, capsys):
    assert json.loads(run(capsys, "verify", released, "--json")[1])["ok"] is True
    (released / "extra").write_text("1")
    code, out, _ = run(capsys, "verify", released, "--json")
    assert code == 1
    assert json.loads(out)["findings"] == [{"file": "extra", "what": "is not in the manifest"}]


def test_verify_of_nothing_is_an_error(tmp_path, capsys):
    code, _, err = run(capsys, "verify", tmp_path / "nowhere")
    assert code == 1
    assert "no such folder" in err


def test_diff_of_equals_says_so(released, candidate, capsys):
    code, out, _ = run(capsys, "diff", released, candidate)
    assert code == 0
    assert "the same 300 rows" in out


def test_diff_tells_rows_columns_and_largest_shifts(released, tmp_path, helper, frame, capsys):
    changed = frame[7:].with_columns(
        feh=pl.col("feh") * 0.5,
        feh_status=pl.col("feh_status").replace("ok", "no_period"),
    )
    other = helper.write_candidate(tmp_path / "other", changed)
    code, out, _ = run(capsys, "diff", released, other)
    assert code == 0
    assert "rows: 300 -> 293, 0 added, 7 removed" in out
    removed = ", ".join(str(star) for star in frame["source_id"][:5])
    assert f"removed: {removed}, ..." in out
    (feh,) = re.findall(r"^feh +.* dex +\d+$", out, re.MULTILINE)
    assert f"{pl.Series(changed['feh'] * 0.5).count()}" in feh
    assert re.search(r"^  ok -> no_period +\d+$", out, re.MULTILINE)
    told = json.loads(run(capsys, "diff", released, other, "--json")[1])
    assert told["removed"] == frame["source_id"][:7].to_list()
    assert [column["name"] for column in told["columns"]] == ["feh", "feh_status"]


def test_page_of_a_diff_replaces_no_file_of_a_release(released, candidate, capsys):
    report = (released / "report.html").read_bytes()
    page = str(released / "report.html")
    assert main(["diff", str(released), str(candidate), "--html", page]) == 1
    assert "which never changes" in capsys.readouterr().err
    assert (released / "report.html").read_bytes() == report


def test_page_that_cannot_be_written_is_told_with_the_option_that_named_it(
    released, candidate, capsys
):
    in_the_way = released.parent / "releases.toml"
    _, _, err = run(capsys, "diff", released, candidate, "--html", in_the_way / "page.html")
    assert err.endswith("hint: choose another --html\n")
    code, _, err = run(capsys, "diff", released, candidate, "--html", "/proc/nowhere/page.html")
    assert code == 1
    assert "hint: what is read must be there" in err


def test_diff_with_something_else_is_refused(released, tmp_path, capsys):
    code, _, err = run(capsys, "diff", released, tmp_path)
    assert code == 1
    assert "neither a release nor a finished candidate" in err
    _, _, err = run(capsys, "diff", released, tmp_path / "nowhere")
    assert "there is no such folder" in err


def test_release_that_was_changed_is_compared_with_a_warning(released, candidate, frame, capsys):
    path = released / "rrl-example.parquet"
    path.chmod(0o644)
    frame.with_columns(feh=pl.col("feh") * 0.5).write_parquet(path)
    code, out, _ = run(capsys, "diff", released, candidate)
    assert code == 0
    (warning,) = [line for line in out.splitlines() if line.startswith("warning: ")]
    assert "rrl-example 1.0.0: the release is not as it was made: rrl-example.parquet" in warning
    assert f"rrcat verify {released}" in warning
    assert len(json.loads(run(capsys, "diff", released, candidate, "--json")[1])["warnings"]) == 1


def test_two_catalogues_are_told_from_versions_of_one(released, tmp_path, helper, frame, capsys):
    changed = frame.with_columns(feh=pl.col("feh") * 0.5)
    other = helper.write_candidate(tmp_path / "other", changed, name="rrl-another")
    page = tmp_path / "diff.html"
    code, out, _ = run(capsys, "diff", released, other, "--html", page)
    assert code == 0
    assert "warning: these are two catalogues, rrl-example and rrl-another" in out
    assert "step of the version" not in out
    assert "These are two catalogues" in page.read_text()
    assert "step of the version" not in page.read_text()
    told = json.loads(run(capsys, "diff", released, other, "--json")[1])
    assert (told["same_catalogue"], told["step"]["level"]) == (False, "none")


def test_too_small_a_step_is_refused_with_the_reasons(released, tmp_path, helper, frame, capsys):
    other = helper.write_candidate(tmp_path / "other", frame[7:])
    into = ("--into", released.parent)
    code, _, err = run(capsys, "release", other, "--version", "1.0.1", *into)
    assert code == 1
    assert "1.0.1 is a patch step from 1.0.0, the changes ask for a major one" in err
    assert "7 of 300 stars are gone" in err
    assert "hint: choose 2.0.0, or give --override-step REASON" in err
    step = ("--override-step", "a draft")
    code, out, _ = run(capsys, "release", other, "--version", "1.0.1", *into, *step)
    assert code == 0
    assert "since 1.0.0: 0 stars added, 7 removed, 0 changed" in out


def test_release_out_of_reach_is_told(released, candidate, capsys):
    released.rename(released.parent.parent / "elsewhere")
    command = ("release", candidate, "--version", "1.0.1", "--into", released.parent)
    code, _, err = run(capsys, *command)
    assert code == 0
    assert "1.0.0 does not stand beside the history" in err
    assert "--previous" in err


def test_signed_release_says_by_whom(candidate, tmp_path, capsys):
    key = tmp_path / "key"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
    subprocess.run(command, check=True)
    told = ("--version", "1.0.0", "--into", tmp_path / "signed", "--sign", key)
    code, out, _ = run(capsys, "release", candidate, *told)
    assert code == 0
    (fingerprint,) = re.findall(r"signed by (SHA256:\S+)", out)
    folder = tmp_path / "signed" / "rrl-example-1.0.0"
    _, out, _ = run(capsys, "verify", folder)
    assert f"signed by {fingerprint}; --key PUB tells whether that is the key you trust" in out
    code, out, _ = run(capsys, "verify", folder, "--key", f"{key}.pub", "--json")
    assert code == 0
    assert json.loads(out) | {"release": ""} == {
        "release": "",
        "ok": True,
        "findings": [],
        "signed_by": fingerprint,
        "key_checked": True,
    }
    code, _, err = run(capsys, "verify", folder, "--key", key)
    assert code == 1
    assert "this is a private key" in err


def test_release_that_is_not_signed_fails_where_a_key_is_given(released, tmp_path, capsys):
    key = tmp_path / "key"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
    subprocess.run(command, check=True)
    code, out, _ = run(capsys, "verify", released, "--key", f"{key}.pub")
    assert code == 1
    assert out == "manifest.json.sig: is missing; the release is not signed\n"


def test_doi_is_noted_and_told(released, capsys):
    code, out, _ = run(capsys, "doi", released, "https://doi.org/10.1234/a")
    assert (code, out) == (0, "rrl-example-1.0.0: 10.1234/a\n")
    code, out, _ = run(capsys, "doi", released, "10.1234/b", "--json")
    assert json.loads(out) | {"release": ""} == {
        "release": "",
        "doi": "10.1234/b",
        "before": "10.1234/a",
    }
    assert run(capsys, "verify", released)[0] == 0


def test_diff_writes_a_page_and_tells_why(released, tmp_path, helper, frame, capsys):
    changed = frame.with_columns(feh=pl.col("feh") * 0.5, period=pl.col("period") * 0.9)
    other = helper.write_candidate(tmp_path / "other", changed)
    page = tmp_path / "diff.html"
    code, out, _ = run(capsys, "diff", released, other, "--html", page)
    assert code == 0
    assert "light curve, period or type" in out
    assert "this asks for a major step of the version" in out
    assert f"the same with figures: {page}" in out
    assert page.read_text().startswith("<!DOCTYPE html>")
