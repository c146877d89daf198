"""Results of benchmarks are kept as one table, each section until it is measured again."""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def run(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("run", BENCHMARKS / "run.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "run", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "HERE", tmp_path)
    for name in ("first", "second"):
        (tmp_path / f"{name}.py").touch()
    return module


def test_spread_is_that_of_the_repeats(run):
    spread = run.Spread.of([3.0, 1.0, 2.0, 10.0], "ms")
    assert (spread.minimum, spread.median, spread.maximum) == (1.0, 2.5, 10.0)
    assert str(spread) == "1 – 2.5 – 10 ms"


def test_what_is_measured_again_replaces_what_was_kept_and_the_rest_stays(run, tmp_path):
    run.keep({"second": [run.Row("speed", "9 ms", "≤ 8 ms", np.bool_(False))]})
    run.keep({"first": [run.Row("size", "1 MB")]})
    again = run.Row("speed", "7 ms", "≤ 8 ms", True, run.Spread(7.0, 7.5, 9.0, "ms"))
    run.keep({"second": [again]})
    kept = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert list(kept) == ["first", "second"]
    assert kept["second"]["rows"][0]["spread"]["median"] == 7.5
    assert "numba" in kept["first"]["machine"]
    table = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert "| size | 1 MB |  |  |" in table
    assert "| speed | 7 ms | 7 – 7.5 – 9 ms | ≤ 8 ms | ✓ |" in table
    assert "missed" not in table


def test_one_that_lacks_what_it_needs_leaves_the_table_as_it_is(run, tmp_path, monkeypatch, capsys):
    measured = 'from run import Row\n\ndef rows():\n    yield Row("speed", "9 ms")\n'
    lacking = 'from run import NotMeasured\n\ndef rows():\n    raise NotMeasured("no valgrind")\n'
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("first", "second"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    (tmp_path / "first.py").write_text(measured, encoding="utf-8")
    (tmp_path / "second.py").write_text(lacking, encoding="utf-8")
    run.keep({"second": [run.Row("instructions", "315 thousand")]})
    assert run.main([]) == 0
    told = capsys.readouterr().out
    assert "second is not measured" in told
    assert "no valgrind" in told
    kept = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert kept["first"]["rows"][0]["reached"] == "9 ms"
    assert kept["second"]["rows"][0]["reached"] == "315 thousand"


def test_help_tells_every_benchmark_and_an_unknown_one_is_refused(run, capsys):
    with pytest.raises(SystemExit) as ended:
        run.main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert all(name in told for name in ("first", "second", "learning_curve"))
    with pytest.raises(SystemExit) as ended:
        run.main(["third"])
    assert ended.value.code == 2


def test_readme_has_a_row_for_every_benchmark():
    listed = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    every = [path.stem for path in BENCHMARKS.glob("[!_]*.py") if path.stem != "run"]
    assert [name for name in every if f"| `{name}` |" not in listed] == []
