"""Loading of plugins, on distributions that are only metadata and a module on sys.path.

``tests/plugins`` installs real ones in a fresh environment.
"""

import dataclasses
import textwrap

import pytest

from rrcat.estimator.loading import load_plugins, spec_faults
from rrcat.plugin import EstimatorSpec

SPEC = """
EstimatorSpec(
    id="{id}", version="1.0.0", api=1, factory="nowhere:Nothing",
    inputs=frozenset({{"features"}}), pulsation_types=frozenset({{"RRab"}}), summary="A test",
)
"""
HEAD = "from rrcat.plugin import EstimatorSpec, hookimpl\n"


def good(id):
    return f"{HEAD}@hookimpl\ndef rrcat_estimators(): return [{SPEC.format(id=id).strip()}]\n"


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Puts a distribution with one entry point on sys.path and takes all others away."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(
        "rrcat.estimator.loading.distributions",
        lambda: __import__("importlib.metadata").metadata.distributions(path=[str(tmp_path)]),
    )

    def install(name, module, code, entry_point=None):
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(code))
        info = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[rrcat]\n{entry_point or module} = {module}\n")

    return install


def the_plugin():
    (plugin,) = load_plugins()
    return plugin


def test_a_good_plugin_brings_its_specs(install):
    install("dist-a", "load_good", good("one"))
    plugin = the_plugin()
    assert (plugin.status, plugin.distribution, plugin.distribution_version) == (
        "ok",
        "dist-a",
        "1.0",
    )
    assert [spec.id for spec in plugin.specs] == ["one"]


@pytest.mark.parametrize(
    ("module", "code", "reason"),
    [
        ("load_b1", "import no_such_module", "ModuleNotFoundError: No module named"),
        ("load_b2", "import sys; sys.exit(3)", "SystemExit: 3"),
        ("load_b3", "import sys; sys.exit()", "cannot load load_b3: SystemExit"),
        ("load_b4", "raise BaseException('odd')", "BaseException: odd"),
        ("load_b5", "def (", "SyntaxError"),
        (
            "load_b6",
            f"{HEAD}@hookimpl\ndef rrcat_estimators(): raise ValueError('no')",
            "rrcat_estimators() failed: ValueError: no",
        ),
        (
            "load_b7",
            f"{HEAD}@hookimpl\ndef rrcat_estimators(config): return []",
            "PluginValidationError",
        ),
        (
            "load_b8",
            f"{HEAD}@hookimpl\ndef rrcat_estimators(): return None",
            "gave a NoneType instead of a list",
        ),
        (
            "load_b9",
            f"{HEAD}@hookimpl\ndef rrcat_estimators(): return [1]",
            "estimator 1: is a int instead of an EstimatorSpec",
        ),
        (
            "load_b10",
            f"{HEAD}@hookimpl\ndef rrcat_estimator(): return []",
            "rrcat_estimator is no hook of rrcat; did you mean rrcat_estimators?",
        ),
        (
            "load_b12",
            "class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd",
            "load_b12.Odd: <exception str() failed>",
        ),
        (
            "load_b13",
            f"{HEAD}class Odd:\n    def __repr__(self): raise ValueError('shy')\n"
            "@hookimpl\ndef rrcat_estimators(): return [Odd()]",
            "rrcat_estimators() failed: ValueError: shy",
        ),
        ("load_b11", "x = 1", "has no function rrcat_estimators marked with @hookimpl"),
    ],
)
def test_a_broken_plugin_is_recorded_with_its_reason(install, module, code, reason):
    install("dist-a", module, code)
    install("dist-b", f"{module}_good", good("fine"))
    broken, fine = load_plugins()
    assert broken.status == "broken"
    assert reason in broken.problems[0].reason
    assert len(broken.problems) == 1
    assert [spec.id for spec in fine.specs] == ["fine"]


def test_what_is_raised_is_kept_with_its_traceback(install):
    install("dist-a", "load_t1", "1 / 0")
    assert 'load_t1.py", line 1' in the_plugin().problems[0].traceback


def test_only_a_keyboard_interrupt_passes(install):
    install("dist-a", "load_k1", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load_plugins()


def test_a_misspelt_hook_does_not_take_the_right_one_with_it(install):
    code = good("one") + "@hookimpl\ndef rrcat_estimaters(): return []\n"
    install("dist-a", "load_m1", code)
    plugin = the_plugin()
    assert plugin.status == "broken"
    assert [spec.id for spec in plugin.specs] == ["one"]


def test_a_bad_spec_does_not_take_the_good_one_with_it(install):
    bad = SPEC.format(id="bad").replace("api=1", "api=9").strip()
    one = SPEC.format(id="one").strip()
    code = f"{HEAD}@hookimpl\ndef rrcat_estimators(): return [{bad}, {one}]"
    install("dist-a", "load_s1", code)
    plugin = the_plugin()
    assert [spec.id for spec in plugin.specs] == ["one"]
    assert "estimator 'bad': is written for plugin api 9" in plugin.problems[0].reason


def test_two_distributions_with_one_entry_point_name_both_load(install):
    install("dist-a", "load_e1", good("one"), entry_point="same")
    install("dist-b", "load_e2", good("two"), entry_point="same")
    assert [spec.id for plugin in load_plugins() for spec in plugin.specs] == ["one", "two"]


def test_an_estimator_that_one_plugin_gives_twice_is_kept_once(install):
    one = SPEC.format(id="one").strip()
    install("dist-a", "load_w1", f"{HEAD}@hookimpl\ndef rrcat_estimators(): return [{one}, {one}]")
    plugin = the_plugin()
    assert [spec.id for spec in plugin.specs] == ["one"]
    assert plugin.problems[0].reason == "estimator 'one': is given twice"


def test_a_list_of_entry_points_that_cannot_be_read_is_recorded(install, tmp_path):
    install("dist-a", "load_r1", good("one"))
    install("dist-b", "load_r2", good("two"))
    (tmp_path / "dist_a-1.0.dist-info" / "entry_points.txt").write_text("[rrcat]\nno equals sign\n")
    broken, fine = load_plugins()
    assert (broken.name, broken.distribution, broken.status) == (
        "entry_points.txt",
        "dist-a",
        "broken",
    )
    assert "it cannot be read" in broken.problems[0].reason
    assert fine.status == "ok"


def test_a_distribution_without_metadata_stops_nothing(install, tmp_path):
    install("dist-a", "load_r3", good("one"))
    (tmp_path / "dist_a-1.0.dist-info" / "METADATA").unlink()
    assert [(p.distribution, p.status) for p in load_plugins()] == [("unknown", "ok")]


def test_entry_points_that_are_no_text_stop_nothing(install, tmp_path):
    install("dist-a", "load_r4", good("one"))
    (tmp_path / "dist_a-1.0.dist-info" / "entry_points.txt").write_bytes(b"[rrcat]\n\xff\xfe")
    assert load_plugins() == []


def test_a_distribution_that_is_shadowed_on_the_path_is_left_out(install, tmp_path):
    install("dist-a", "load_r5", good("one"))
    second = tmp_path / "Dist.A-0.9.dist-info"
    second.mkdir()
    (second / "METADATA").write_text("Metadata-Version: 2.1\nName: Dist.A\nVersion: 0.9\n")
    (second / "entry_points.txt").write_text("[rrcat]\nload_r5 = load_r5\n")
    assert len(load_plugins()) == 1


@pytest.mark.parametrize("name", ["same", "dist-a"])
def test_a_blocked_plugin_is_not_imported(install, monkeypatch, name):
    install("dist-a", "load_x1", "raise RuntimeError", entry_point="same")
    monkeypatch.setenv("RRCAT_BLOCK_PLUGINS", f"other, {name}")
    plugin = the_plugin()
    assert plugin.status == "blocked"
    assert plugin.problems == []


def test_what_a_plugin_prints_stays_off_stdout(install, capsys):
    install("dist-a", "load_p1", "print('hello')\n" + good("one"))
    load_plugins()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "hello" in captured.err


GOOD = EstimatorSpec(
    id="good-one",
    version="1.0.0",
    api=1,
    factory="package.module:Class",
    inputs=frozenset({"features"}),
    pulsation_types=frozenset({"RRab"}),
    summary="Good",
)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"id": "Not An Id"}, "id 'Not An Id' is not lower-case words"),
        ({"id": None}, "id None is not"),
        ({"id": "combination"}, "id 'combination' is taken"),
        ({"version": "1.0"}, "version '1.0' is not"),
        ({"factory": "module.Class"}, "factory 'module.Class' is not module:Class"),
        ({"summary": ""}, "summary '' is not one line"),
        ({"summary": "two\nlines"}, "is not one line"),
        ({"inputs": frozenset()}, "inputs is not a frozenset of"),
        ({"inputs": {"features"}}, "inputs is not a frozenset of"),
        ({"inputs": frozenset({"stars"})}, "inputs is not a frozenset of"),
        ({"pulsation_types": frozenset({"RRx"})}, "pulsation_types is not"),
        ({"bands": "G"}, "bands is neither None nor a frozenset"),
        ({"requires": ["numpy"]}, "requires is not a tuple"),
        ({"deterministic": 1}, "deterministic is neither True nor False"),
        ({"api": 2}, "is written for plugin api 2, this rrcat has 1"),
    ],
)
def test_a_spec_that_is_not_sound_is_told_why(change, fault):
    assert spec_faults(GOOD) == []
    (said,) = spec_faults(dataclasses.replace(GOOD, **change))
    assert fault in said
