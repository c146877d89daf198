import contextlib
import io
import json
from pathlib import Path

import polars as pl
import pytest

from rrcat.cli.main import main
from rrcat.errors import PluginError
from rrcat.estimator.contract import Estimator
from rrcat.estimator.registry import discover, load_factory
from rrcat.simulate.recipe import recipe_text

RELATIONS = "literature-relations"


def missing(cls):
    raise PluginError("no compiler is found", plugin=cls.spec.id, hint="install one")


def only(monkeypatch, *usable: str) -> None:
    """Let the machine be one on which other estimators cannot learn."""
    own = Estimator.check_machine.__func__
    for id in installed():
        factory = load_factory(discover().spec(id))
        told = classmethod(own if id in usable else missing)
        monkeypatch.setattr(factory, "check_machine", told, raising=False)


def installed() -> list[str]:
    return list(discover().ids())


@pytest.fixture(scope="module")
def shown(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("demo") / "out"


@pytest.fixture(scope="module")
def result(shown) -> dict:
    with pytest.MonkeyPatch.context() as patch:
        only(patch, RELATIONS, "fourier-xgboost")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            code = main(["demo", "--output", str(shown), "--stars", "300", "--json"])
    assert code == 0
    return json.loads(printed.getvalue())


def test_every_star_has_a_value_or_a_reason(result):
    assert result["n_stars"] == 300
    assert sum(result["statuses"].values()) == 300
    assert result["statuses"]["ok"] == result["n_values"] > 270


def test_stars_that_were_learned_from_do_not_count(result, shown):
    truth = pl.read_parquet(shown / "candidate" / "simulated" / "truth.parquet")
    calibrators = pl.read_parquet(shown / "candidate" / "calibrators.parquet")
    assert calibrators.height > 15
    others = truth.drop_nulls("feh").height - calibrators.height
    assert result["recovery"]["the catalogue"]["all"]["n_asked"] == others


def test_true_metallicities_are_found_again(result):
    assert set(result["recovery"]) == {RELATIONS, "fourier-xgboost", "the catalogue"}
    rrab = result["recovery"]["fourier-xgboost"]["RRab"]
    assert rrab["rmse"] < 0.4
    assert abs(rrab["bias"]) < 0.15
    assert rrab["n"] > 0.95 * rrab["n_asked"]
    assert result["recovery"]["the catalogue"]["all"]["within_error"] > 0.5


def test_an_estimator_that_cannot_learn_here_is_left_out_with_its_reason(result):
    others = {"fourier-gp", "bayes-relation"}
    told = {id for id, why in result["left_out"].items() if "no compiler is found" in why}
    assert told == others
    assert set(result["left_out"]) == set(installed()) - {RELATIONS, "fourier-xgboost"}


def test_the_catalogue_takes_the_combination_of_the_estimators(shown):
    catalogue = pl.read_parquet(shown / "candidate" / "catalogue.parquet")
    assert set(catalogue["feh_method"].drop_nulls()) == {"combination"}
    rrab = catalogue.filter(pulsation_type="RRab")  # of RRc, too few calibrators tell anything
    assert rrab["feh_p975"].count() == rrab["feh"].count() > 0


def test_chosen_estimators_take_part_and_no_others(tmp_path, capsys):
    asked = ["demo", "--output", str(tmp_path / "d"), "--stars", "100", "--json"]
    assert main([*asked, "--estimator", RELATIONS]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["recovery"]) == {RELATIONS, "the catalogue"}
    assert told["left_out"] == {}
    assert main(["demo", "--output", str(tmp_path / "no"), "--estimator", "fourrier-gp"]) == 1
    assert "fourier-gp" in capsys.readouterr().err


def test_release_holds_what_the_demo_points_to(result, shown):
    release = Path(result["release"])
    assert release.parent == shown
    for name in ("report.html", "demo.vot", "demo.fits", "demo.parquet", "manifest.json"):
        assert (release / name).is_file()
    assert (shown / "candidate" / "simulated" / "truth.parquet").is_file()


def test_the_release_says_that_its_stars_are_simulated(result):
    release = Path(result["release"])
    for name in ("demo.vot", "demo.fits", "README.md", "CITATION.cff", "manifest.json"):
        assert b"these stars do not exist" in (release / name).read_bytes()


def test_folder_that_is_not_empty_is_left_alone(result, shown, capsys):
    before = sorted(path.name for path in shown.rglob("*"))
    assert main(["demo", "--output", str(shown)]) == 1
    assert "--output" in capsys.readouterr().err
    assert sorted(path.name for path in shown.rglob("*")) == before


def test_without_json_it_says_where_to_look(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("TOX_ENV_DIR", raising=False)
    only(monkeypatch, RELATIONS)
    assert main(["demo", "--output", str(tmp_path / "d"), "--stars", "100", "--seed", "2"]) == 0
    said = capsys.readouterr().out
    for words in (
        "report.html",
        "truth.parquet",
        "rrcat build",
        "against the truth",
        "within error",
        RELATIONS,
    ):
        assert words in said
    assert "keras-lstm is left out: it may learn for minutes" in said.replace("\n", " ")
    assert "activate" not in said
    assert "learned from" not in said


def test_where_nobody_learns_all_stars_count(tmp_path, capsys, monkeypatch):
    only(monkeypatch, RELATIONS)
    out = tmp_path / "d"
    assert main(["demo", "--output", str(out), "--stars", "100", "--seed", "2", "--json"]) == 0
    recovery = json.loads(capsys.readouterr().out)["recovery"]
    truth = pl.read_parquet(out / "candidate" / "simulated" / "truth.parquet")
    for found in recovery.values():
        assert found["all"]["n_asked"] == truth["feh"].count()


def test_a_check_that_fails_is_told_and_stops_no_demonstration(tmp_path, capsys, monkeypatch):
    only(monkeypatch, RELATIONS)
    strict = "\n[validation.selection]\nleast_share = 1.0\n"
    monkeypatch.setattr(
        "rrcat.simulate.recipe.recipe_text", lambda *asked: recipe_text(*asked) + strict
    )
    assert main(["demo", "--output", str(tmp_path / "out"), "--stars", "100"]) == 0
    said = capsys.readouterr().out
    assert "not so: enough of the RRab and RRc stars have a value" in said
    assert '--override "a demonstration of 100 simulated stars"' in said
    (readme,) = tmp_path.glob("out/*/README.md")
    assert "a demonstration of 100 simulated stars" in readme.read_text()


def test_under_tox_it_says_which_environment_holds_rrcat(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TOX_ENV_DIR", "/checkout/.tox/demo")
    only(monkeypatch, RELATIONS)
    assert main(["demo", "--output", str(tmp_path / "d"), "--stars", "100", "--seed", "2"]) == 0
    said = capsys.readouterr().out
    assert said.index("source /checkout/.tox/demo/bin/activate") < said.index("rrcat build", 500)


def test_an_estimator_that_fails_to_learn_is_taken_out_on_the_way(tmp_path, capsys, monkeypatch):
    only(monkeypatch, RELATIONS, "fourier-xgboost")
    factory = load_factory(discover().spec("fourier-xgboost"))

    def fails(self, *args, **kwargs):
        raise PluginError("it did not converge", plugin="fourier-xgboost")

    monkeypatch.setattr(factory, "_fit", fails)
    asked = ["demo", "--output", str(tmp_path / "d"), "--stars", "100", "--json"]
    assert main(asked) == 0
    told = json.loads(capsys.readouterr().out)
    assert "it did not converge" in told["left_out"]["fourier-xgboost"]
    assert set(told["recovery"]) == {RELATIONS, "the catalogue"}


def test_without_any_estimator_it_says_what_to_install(tmp_path, capsys, monkeypatch):
    only(monkeypatch)
    assert main(["demo", "--output", str(tmp_path / "d")]) == 1
    told = capsys.readouterr().err
    assert "pip install rrcat-relations" in told
    assert not (tmp_path / "d").exists()
