"""``rrcat export`` and ``rrcat send``, as people call them."""

import importlib.util
import json
from pathlib import Path

import polars as pl
import pytest

from rrcat.cli.main import main
from rrcat.release.publish import publish

HELPER = Path(__file__).parents[1] / "release" / "conftest.py"


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    specification = importlib.util.spec_from_file_location("release_helper", HELPER)
    helper = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(helper)
    folder = tmp_path_factory.mktemp("released")
    frame = helper.example_frame(helper.load("rrl_metallicity"))
    candidate = helper.write_candidate(folder / "candidate", frame)
    return publish(candidate, "1.0.0", into=folder / "releases")


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_export_tells_what_it_wrote(released, tmp_path, capsys):
    output = tmp_path / "out"
    code, out, _ = run(capsys, "export", released, "--to", "csv", "--output", output)
    assert code == 0
    assert out == (
        f"rrl-example 1.0.0: 300 rows, {pl.read_csv(output / 'rrl-example.csv').width} columns:"
        f" written to {output}\n  rrl-example.csv\n  README.md\n"
    )


def test_export_of_a_part_as_json(released, tmp_path, capsys):
    output = tmp_path / "out"
    code, out, _ = run(
        capsys,
        *("export", released, "--to", "parquet", "-o", output),
        *("--columns", "feh, flags", "--cone", "10,-20,90", "--json"),
    )
    assert code == 0
    told = json.loads(out)
    frame = pl.read_parquet(output / "rrl-example.parquet")
    assert frame.columns == ["source_id", "ra", "dec", "feh", "flags"]
    assert told == {
        "to": "parquet",
        "output": str(output),
        "files": [str(output / "rrl-example.parquet")],
        "name": "rrl-example",
        "version": "1.0.0",
        "subset": "part of rrl-example 1.0.0: stars within 90 deg of RA 10 deg, Dec -20 deg;"
        " columns source_id, ra, dec, feh, flags",
        "n_rows": frame.height,
        "n_columns": 5,
    }


def test_a_cone_without_stars_writes_nothing_and_tells_the_nearest(released, tmp_path, capsys):
    output = tmp_path / "out"
    code, _, err = run(
        capsys, "export", released, "--to", "csv", "-o", output, "--cone", "10,20,0.001"
    )
    assert code == 1
    assert "no star is within 0.001 deg of RA 10 deg, Dec 20 deg" in err
    nearest = float(err.split("the nearest is ")[1].split(" deg")[0])
    assert not output.exists()
    again = ("export", released, "--to", "csv", "-o", output, "--cone", f"10,20,{nearest * 1.001}")
    assert run(capsys, *again)[0] == 0


def test_an_unknown_column_is_an_error_that_names_those_alike(released, tmp_path, capsys):
    code, out, err = run(
        capsys,
        *("export", released, "--to", "csv", "-o", tmp_path / "out", "--columns", "fehh", "--json"),
    )
    assert code == 1
    assert "did you mean feh" in err
    assert json.loads(out)["where"] == {"column": "fehh"}


@pytest.mark.parametrize(
    "wrong",
    [
        ("--to", "word"),
        ("--to", "csv", "--cone", "10,20"),
        ("--to", "csv", "--cone", "10h,20,1"),
        ("--to", "csv", "--cone", "10,99,1"),
        ("--to", "csv", "--columns", "feh,,ra"),
        (),
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_one(released, tmp_path, capsys, wrong):
    assert run(capsys, "export", released, "-o", tmp_path / "out", *wrong)[0] == 2
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_release_is_an_error_with_a_hint(tmp_path, capsys):
    code, _, err = run(capsys, "export", tmp_path, "--to", "csv", "-o", tmp_path / "out")
    assert code == 1
    assert "hint: give the folder that `rrcat release` made" in err


def test_send_without_a_hub_says_to_start_topcat(released, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SAMP_HUB", raising=False)
    code, _, err = run(capsys, "send", released)
    assert code == 1
    assert "no SAMP hub answers" in err
    assert "hint: start TOPCAT" in err


def test_send_tells_what_it_sent_and_to_whom(released, capsys, monkeypatch):
    asked = []

    def send(release, *, client, timeout):
        asked.append((release.frame.columns, client, timeout))
        return ["Aladin"]

    monkeypatch.setattr("rrcat.release.send.send", send)
    call = ("send", released, "--columns", "feh", "--client", "aladin", "--timeout", "5")
    assert run(capsys, *call)[1] == (
        "part of rrl-example 1.0.0: columns source_id, ra, dec, feh: 300 rows, 4 columns:"
        " loaded by Aladin\n"
    )
    assert asked == [(["source_id", "ra", "dec", "feh"], "aladin", 5)]
    assert json.loads(run(capsys, *call, "--json")[1])["sent_to"] == ["Aladin"]
