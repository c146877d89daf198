import json
from pathlib import Path

import pytest

from rrcat.cli.main import main


@pytest.fixture(scope="module")
def shown(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("demo") / "out"


@pytest.fixture(scope="module")
def result(shown) -> dict:
    import contextlib
    import io

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = main(["demo", "--output", str(shown), "--stars", "120", "--json"])
    assert code == 0
    return json.loads(printed.getvalue())


def test_every_star_has_a_value_or_a_reason(result):
    assert result["n_stars"] == 120
    assert sum(result["statuses"].values()) == 120
    assert result["statuses"]["ok"] == result["n_values"] > 100
    assert {"no_light_curve", "too_few_epochs"} <= set(result["statuses"])


def test_true_metallicities_are_found_again(result):
    rrab = result["recovery"]["RRab"]
    assert rrab["rmse"] < 0.15
    assert abs(rrab["bias"]) < 0.05


def test_release_holds_what_the_demo_points_to(result, shown):
    release = Path(result["release"])
    assert release.parent == shown
    for name in ("report.html", "demo.vot", "demo.fits", "demo.parquet", "manifest.json"):
        assert (release / name).is_file()


def test_folder_that_is_not_empty_is_left_alone(result, shown, capsys):
    before = sorted(path.name for path in shown.rglob("*"))
    assert main(["demo", "--output", str(shown)]) == 1
    assert "--output" in capsys.readouterr().err
    assert sorted(path.name for path in shown.rglob("*")) == before


def test_without_json_it_says_where_to_look(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("TOX_ENV_DIR", raising=False)
    assert main(["demo", "--output", str(tmp_path / "d"), "--stars", "10", "--seed", "2"]) == 0
    said = capsys.readouterr().out
    assert "report.html" in said
    assert "rrcat build" in said
    assert "rms [dex]" in said
    assert "far below feh_error" in said
    assert "activate" not in said


def test_under_tox_it_says_which_environment_holds_rrcat(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TOX_ENV_DIR", "/checkout/.tox/demo")
    assert main(["demo", "--output", str(tmp_path / "d"), "--stars", "10", "--seed", "2"]) == 0
    said = capsys.readouterr().out
    assert said.index("source /checkout/.tox/demo/bin/activate") < said.index("rrcat build", 500)
