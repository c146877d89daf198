"""What answers at once loads nothing heavy."""

import json
import subprocess
import sys

import pytest

HEAVY = ("astropy", "jinja2", "matplotlib", "numba", "numpy", "polars", "prov", "pydantic", "scipy")
PROBE = """
import json, sys
from rrcat.cli.main import main
code = main({arguments!r})
print(json.dumps([code, sorted({{name.split(".")[0] for name in sys.modules}})]))
"""


def loaded_by(*arguments: str) -> set[str]:
    """Give the top-level modules a fresh interpreter holds after a command that succeeded."""
    script = PROBE.format(arguments=list(arguments))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    code, modules = json.loads(done.stdout.splitlines()[-1])
    assert code == 0
    return set(modules)


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("--version",), ("plugins", "list"), ("plugins", "--help"), ("fetch", "--help")],
    ids=" ".join,
)
def test_no_heavy_library_is_loaded(arguments):
    assert loaded_by(*arguments).isdisjoint(HEAVY)


def test_the_probe_sees_what_is_loaded():
    assert "pydantic" in loaded_by("schema", "list")
