import dataclasses
import inspect
import subprocess
import sys

import pluggy
import pytest

import rrcat.plugin
from rrcat.plugin import EstimatorSpec, hookimpl


def test_the_interface_imports_nothing_but_pluggy():
    code = (
        "import sys, pluggy; before = set(sys.modules); import rrcat.plugin;"
        "print(sorted(m for m in set(sys.modules) - before if not m.startswith('rrcat')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.strip("[]\n").replace("'", "").split(", ")) - {""}
    assert loaded <= set(sys.stdlib_module_names)


def test_the_whole_interface_fits_on_one_screen():
    assert len(inspect.getsource(rrcat.plugin).splitlines()) < 80


def test_every_hook_is_documented():
    manager = pluggy.PluginManager("rrcat")
    manager.add_hookspecs(rrcat.plugin)
    hooks = [name for name in vars(manager.hook) if not name.startswith("_")]
    assert hooks == ["rrcat_estimators"]
    assert all(getattr(rrcat.plugin, name).__doc__ for name in hooks)


def test_a_hook_is_called_through_pluggy():
    class Plugin:
        @hookimpl
        def rrcat_estimators(self):
            return ["one"]

    manager = pluggy.PluginManager("rrcat")
    manager.add_hookspecs(rrcat.plugin)
    manager.register(Plugin())
    assert manager.hook.rrcat_estimators() == [["one"]]


def test_every_field_of_a_spec_is_explained():
    text = EstimatorSpec.__doc__
    assert all(f"\n    {field.name}\n" in text for field in dataclasses.fields(EstimatorSpec))


def test_a_spec_cannot_be_changed():
    spec = EstimatorSpec(
        id="x",
        version="1.0.0",
        api=1,
        factory="a:B",
        inputs=frozenset({"features"}),
        pulsation_types=frozenset({"RRab"}),
        summary="x",
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.id = "y"
