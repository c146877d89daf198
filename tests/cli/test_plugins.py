import dataclasses
import json

import pytest

from rrcat.cli.main import main
from rrcat.errors import PluginError
from rrcat.estimator.loading import Plugin, Problem
from rrcat.estimator.registry import Registry
from rrcat.plugin import EstimatorSpec

SPEC = EstimatorSpec(
    id="toy",
    version="1.0.0",
    api=1,
    factory="toy:Toy",
    inputs=frozenset({"features"}),
    pulsation_types=frozenset({"RRab"}),
    requires=("no_such_library",),
    summary="A toy",
)


@pytest.fixture
def found(monkeypatch):
    """Sets the plugins that are found."""

    def found(*plugins):
        monkeypatch.setattr("rrcat.cli.plugins.discover", lambda: Registry(plugins))

    return found


def test_list_gives_one_aligned_line_an_estimator(capsys):
    assert main(["plugins", "list"]) == 0
    assert "literature-relations  1.0.0  rrcat-relations  ok  Published" in capsys.readouterr().out


def test_list_without_plugins_says_which_to_install(found, capsys):
    found()
    assert main(["plugins", "list"]) == 0
    assert "rrcat-relations" in capsys.readouterr().out


def test_a_missing_requirement_is_listed_and_fails_the_doctor(found, capsys):
    found(Plugin("toy", "rrcat-toy", "1.0", "toy", specs=[SPEC]))
    assert main(["plugins", "list"]) == 0
    assert "requires no_such_library, not installed" in capsys.readouterr().out
    assert main(["plugins", "doctor"]) == 1
    assert "estimator toy (rrcat-toy): requires no_such_library" in capsys.readouterr().out


def test_the_doctor_indents_a_traceback_below_its_plugin(found, capsys):
    problem = Problem("cannot load toy: ValueError", "Traceback\n  line\nValueError")
    found(Plugin("toy", "rrcat-toy", "1.0", "toy", problems=[problem]))
    assert main(["plugins", "doctor"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "broken   toy = toy  (rrcat-toy 1.0)",
        "         cannot load toy: ValueError",
        "         | Traceback",
        "         |   line",
        "         | ValueError",
    ]


def test_the_doctor_imports_every_estimator_and_the_list_does_not(found, capsys):
    spec = dataclasses.replace(SPEC, requires=(), factory="rrcat.errors:NoSuchClass")
    found(Plugin("toy", "rrcat-toy", "1.0", "toy", specs=[spec]))
    assert main(["plugins", "list"]) == 0
    assert "toy  1.0.0  rrcat-toy  ok" in capsys.readouterr().out
    assert main(["plugins", "doctor"]) == 1
    out = capsys.readouterr().out
    assert "estimator 'toy': the code of 'toy' does not load: AttributeError" in out
    assert "         | Traceback" in out
    assert "all is well" not in out


def test_a_blocked_plugin_is_no_fault(found, capsys):
    found(Plugin("toy", "rrcat-toy", "1.0", "toy", blocked=True))
    assert main(["plugins", "doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["plugins"][0]["status"] == "blocked"


def test_check_tells_every_claim_and_exits_with_1_where_one_fails(capsys):
    only_rrab = '{"relations": ["jurcsik96"]}'
    assert main(["plugins", "check", "literature-relations", "--params", only_rrab]) == 1
    out = capsys.readouterr().out
    assert "FAIL every_supported_type_gets_values: Most synthetic stars" in out
    assert "     only 0% of the RRc get a value" in out
    assert "ok   scale_is_known: The model names a metallicity scale" in out


def test_check_of_what_cannot_learn_says_so_once_and_shows_where_on_request(monkeypatch, capsys):
    def stumble(self, *args, **kwargs):
        raise ZeroDivisionError("of metals")

    monkeypatch.setattr("rrcat_relations.estimator.LiteratureRelations._fit", stumble)
    assert main(["plugins", "check", "literature-relations"]) == 1
    out = capsys.readouterr().out
    assert out.count("of metals") == 1
    assert "FAIL basic: It learns" in out
    assert "-    scale_is_known: not run: see basic" in out
    assert main(["--debug", "plugins", "check", "literature-relations"]) == 1
    assert "in stumble" in capsys.readouterr().out


def test_check_as_json_is_one_document(capsys):
    assert main(["plugins", "check", "literature-relations", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["passed"] is True
    assert {"check": "scale_is_known", "passed": True, "detail": None} in document["checks"]


@pytest.mark.parametrize("params", ["error=1", "[1]", "3"])
def test_parameters_that_are_no_json_object_are_wrong_usage(params, capsys):
    assert main(["plugins", "check", "literature-relations", "--params", params]) == 2
    assert "not a JSON object" in capsys.readouterr().err


def test_check_of_an_unknown_id_is_an_error_with_a_hint(capsys):
    assert main(["plugins", "check", "literature-relation"]) == 1
    assert "hint: did you mean 'literature-relations'?" in capsys.readouterr().err


def test_the_doctor_tells_what_learning_uses_and_what_it_lacks(capsys, monkeypatch):
    from rrcat_relations.estimator import LiteratureRelations as Relations

    monkeypatch.setattr(Relations, "check_machine", classmethod(lambda cls: "a compiler 1.0"))
    assert main(["plugins", "doctor"]) == 0
    assert "literature-relations learns with a compiler 1.0" in capsys.readouterr().out

    def lacking(cls):
        raise PluginError("no compiler", hint="get one")

    monkeypatch.setattr(Relations, "check_machine", classmethod(lacking))
    assert main(["plugins", "doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["machine"]["literature-relations"]
    assert told == {"uses": None, "lacks": "no compiler (get one)"}
