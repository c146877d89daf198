import json
from pathlib import Path

import polars as pl
import pytest

from rrcat.cli.demo import _estimators
from rrcat.cli.main import main
from rrcat.errors import PluginError


@pytest.fixture(scope="module")
def shown(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("demo") / "out"


@pytest.fixture(scope="module")
def result(shown) -> dict:
    import contextlib
    import io

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = main(["demo", "--output", str(shown), "--stars", "300", "--json"])
    assert code == 0
    return json.loads(printed.getvalue())


def test_every_star_has_a_value_or_a_reason(result):
    assert result["n_stars"] == 300
    assert sum(result["statuses"].values()) == 300
    assert result["statuses"]["ok"] == result["n_values"] > 250
    assert {"no_light_curve", "too_few_epochs"} <= set(result["statuses"])


def test_true_metallicities_are_found_again(result):
    for values in ("catalogue", "fourier-xgboost"):
        rrab = result["recovery"][values]["RRab"]
        assert rrab["n"] > 100
        assert rrab["rmse"] < 0.40
        assert abs(rrab["bias"]) < 0.15


def test_stars_that_were_learned_from_do_not_count(result, shown):
    calibrators = pl.read_parquet(shown / "candidate" / "calibrators.parquet")
    assert calibrators.height > 15
    assert result["recovery"]["catalogue"]["all"]["n_asked"] == 300 - calibrators.height


def test_an_estimator_that_cannot_learn_here_is_told_and_left_out(monkeypatch):
    from rrcat_relations.estimator import LiteratureRelations

    def lacking(cls):
        raise PluginError("no compiler", hint="get one")

    monkeypatch.setattr(LiteratureRelations, "check_machine", classmethod(lacking))
    chosen, left_out = _estimators()
    assert "literature-relations" not in chosen
    assert left_out["literature-relations"] == "no compiler (get one)"


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
    assert main(["demo", "--output", str(tmp_path / "d"), "--stars", "200", "--seed", "2"]) == 0
    said = capsys.readouterr().out
    assert "report.html" in said
    assert "rrcat build" in said
    assert "[Fe/H] against the truth" in said
    assert "stars that were learned from" in said
    assert "activate" not in said


def test_under_tox_it_says_which_environment_holds_rrcat(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TOX_ENV_DIR", "/checkout/.tox/demo")
    assert main(["demo", "--output", str(tmp_path / "d"), "--stars", "200", "--seed", "2"]) == 0
    said = capsys.readouterr().out
    assert said.index("source /checkout/.tox/demo/bin/activate") < said.index("rrcat build", 500)
