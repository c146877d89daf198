import dataclasses
import sys
import types

import pytest

from rrcat.errors import PluginError, RecipeError
from rrcat.estimator.loading import Plugin, Problem
from rrcat.estimator.registry import Registry, discover, examine, missing_requirements


def plugin(name, distribution, *specs, problems=(), blocked=False):
    return Plugin(
        name, distribution, "1.0", name, blocked=blocked, specs=list(specs), problems=list(problems)
    )


@pytest.fixture
def spec(line):
    return line.spec


def test_an_estimator_comes_with_its_parameters(registry, line):
    estimator = registry.estimator("toy-line", {"error": 0.4})
    assert isinstance(estimator, line)
    assert estimator.params.error == 0.4


def test_a_wrong_parameter_is_refused(registry):
    with pytest.raises(RecipeError, match="no parameter 'depth'"):
        registry.estimator("toy-line", {"depth": 3})


def test_the_code_of_an_estimator_is_imported_only_when_it_is_asked_for(spec, monkeypatch):
    monkeypatch.delitem(sys.modules, "toy_estimators")
    registry = Registry((plugin("toy", "rrcat-toy", spec),))
    assert registry.spec("toy-line") == spec
    with pytest.raises(PluginError, match="code of 'toy-line' does not load: ModuleNotFoundError"):
        registry.estimator("toy-line")


def test_an_unknown_id_is_answered_with_the_nearest(registry):
    with pytest.raises(PluginError, match="no estimator 'toy-lime'") as caught:
        registry.spec("toy-lime")
    assert caught.value.hint == "did you mean 'toy-line'?"


def test_two_plugins_with_one_id_are_both_named_when_it_is_asked_for(spec):
    other = dataclasses.replace(spec, id="other")
    registry = Registry((plugin("a", "dist-a", spec), plugin("b", "dist-b", spec, other)))
    assert registry.ids() == ["other", "toy-line"]
    assert registry.spec("other") == other
    with pytest.raises(PluginError, match=r"a \(dist-a 1.0\) and b \(dist-b 1.0\)"):
        registry.spec("toy-line")


def test_asking_for_what_a_broken_plugin_may_bring_tells_its_reason(spec):
    broken = plugin("b", "dist-b", problems=[Problem("cannot load b: ImportError: no gcc")])
    with pytest.raises(PluginError, match=r"b \(dist-b 1.0\): cannot load b: ImportError: no gcc"):
        Registry((plugin("a", "dist-a", spec), broken)).estimator("keras-lstm")


def test_asking_for_what_a_blocked_plugin_may_bring_says_so():
    with pytest.raises(PluginError, match=r"b \(dist-b 1.0\): blocked"):
        Registry((plugin("b", "dist-b", blocked=True),)).spec("keras-lstm")


def test_asking_for_an_estimator_whose_spec_is_not_sound_tells_its_fault():
    broken = plugin("b", "dist-b", problems=[Problem("estimator 'x-y': version '1' is not sound")])
    with pytest.raises(PluginError, match=r"'x-y' of b .* cannot be used: version '1'"):
        Registry((broken,)).spec("x-y")


def test_without_plugins_the_hint_says_what_to_install():
    with pytest.raises(PluginError) as caught:
        Registry(()).spec("literature-relations")
    assert "rrcat-relations" in caught.value.hint


def test_a_missing_requirement_is_named_without_importing_the_others(spec):
    needy = dataclasses.replace(spec, requires=("this", "no_such_library", "no_such.part"))
    assert missing_requirements(needy) == ["no_such_library", "no_such.part"]
    assert "this" not in sys.modules
    registry = Registry((plugin("a", "dist-a", needy),))
    with pytest.raises(PluginError, match=r"requires no_such_library, no_such\.part"):
        registry.estimator("toy-line")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({}, "does not load: AttributeError"),
        ({"Line": dict}, "is no subclass of rrcat.estimator.Estimator"),
        ({"Line": 3}, "is no subclass"),
    ],
)
def test_a_factory_that_is_no_estimator_is_refused(registry, monkeypatch, content, what):
    monkeypatch.setitem(sys.modules, "toy_estimators", types.SimpleNamespace(**content))
    with pytest.raises(PluginError, match=what):
        registry.estimator("toy-line")


def test_a_factory_with_another_spec_is_refused(registry, line, monkeypatch):
    monkeypatch.setattr(line, "spec", dataclasses.replace(line.spec, version="9.0.0"))
    with pytest.raises(PluginError, match="says it is another estimator than the hook does"):
        registry.estimator("toy-line")


def test_a_factory_that_exits_is_an_error_like_any_other(registry, monkeypatch, tmp_path):
    (tmp_path / "toy_estimators.py").write_text("import sys; sys.exit(0)")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "toy_estimators")
    with pytest.raises(PluginError, match="does not load: SystemExit: 0"):
        registry.estimator("toy-line")


def test_the_relations_are_found_in_this_environment():
    assert "literature-relations" in discover().ids()


def test_a_sound_estimator_has_no_problem_when_it_is_imported(spec):
    assert examine(plugin("toy", "rrcat-toy", spec)) == []


def test_a_factory_without_its_class_is_a_problem(spec):
    wrong = dataclasses.replace(spec, factory="toy_estimators:Lime")
    (problem,) = examine(plugin("toy", "rrcat-toy", wrong, spec))
    assert problem.reason.startswith("estimator 'toy-line': the code of 'toy-line' does not load")
    assert "AttributeError" in problem.reason
    assert problem.traceback.startswith("Traceback")


def test_an_estimator_module_that_does_not_import_is_a_problem(spec, tmp_path, monkeypatch):
    (tmp_path / "noisy_and_broken.py").write_text("print('hello')\nraise SystemExit(3)\n")
    monkeypatch.syspath_prepend(tmp_path)
    wrong = dataclasses.replace(spec, factory="noisy_and_broken:Line")
    (problem,) = examine(plugin("toy", "rrcat-toy", wrong))
    assert problem.reason.endswith("does not load: SystemExit: 3")
    assert "noisy_and_broken.py" in problem.traceback


def test_an_estimator_that_lacks_a_library_is_not_imported(spec):
    lacking = dataclasses.replace(spec, factory="nowhere:Line", requires=("no_such_library",))
    assert examine(plugin("toy", "rrcat-toy", lacking)) == []
