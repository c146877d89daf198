import logging
import os
import sys

import pytest
from rrcat_stan import cmdstan as module
from rrcat_stan.cmdstan import INCOMPLETE, CmdStan, compiled_model, find_cmdstan, need_cmdstan

from rrcat.errors import PluginError


def make_tree(path, *, stanc="#!/bin/sh\necho stanc3 v2.27.0\n"):
    (path / "bin").mkdir(parents=True)
    (path / "makefile").write_text("CMDSTAN_VERSION := 2.27.0\n")
    (path / "bin" / "stanc").write_text(stanc)
    (path / "bin" / "stanc").chmod(0o755)
    return path


def test_the_one_that_is_named_is_found_with_its_version(tmp_path, monkeypatch):
    tree = make_tree(tmp_path / "mine")
    monkeypatch.setenv("CMDSTAN", str(tree))
    assert find_cmdstan() == CmdStan(tree, "2.27.0")


def test_one_that_was_not_built_to_the_end_is_none(tmp_path, monkeypatch):
    tree = make_tree(tmp_path / "half")
    (tree / INCOMPLETE).touch()
    monkeypatch.setenv("CMDSTAN", str(tree))
    assert find_cmdstan() is None


def test_one_whose_compiler_does_not_answer_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("CMDSTAN", str(make_tree(tmp_path / "dead", stanc="#!/bin/sh\nexit 1\n")))
    assert find_cmdstan() is None


def test_the_newest_at_home_that_works_is_found(tmp_path, monkeypatch):
    monkeypatch.delenv("CMDSTAN", raising=False)
    monkeypatch.setattr(module.Path, "home", lambda: tmp_path)
    assert find_cmdstan() is None
    old, new = (
        make_tree(tmp_path / ".cmdstan" / name) for name in ("cmdstan-2.9.0", "cmdstan-2.36.0")
    )
    half = make_tree(tmp_path / ".cmdstan" / "cmdstan-2.37.0")
    (half / "bin" / "stanc").unlink()
    assert find_cmdstan().path == new
    (new / INCOMPLETE).touch()
    assert find_cmdstan().path == old


def test_without_one_the_error_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("CMDSTAN", raising=False)
    monkeypatch.setattr(module.Path, "home", lambda: tmp_path)
    with pytest.raises(PluginError, match="there is none that works") as caught:
        need_cmdstan()
    assert "rrcat-stan setup" in caught.value.hint


def test_one_that_is_named_and_does_not_work_is_no_reason_to_take_another(tmp_path, monkeypatch):
    monkeypatch.setattr(module.Path, "home", lambda: tmp_path)
    make_tree(tmp_path / ".cmdstan" / "cmdstan-2.36.0")
    monkeypatch.setenv("CMDSTAN", str(tmp_path / "nowhere"))
    with pytest.raises(PluginError, match="the one that CMDSTAN names does not work") as caught:
        need_cmdstan()
    assert caught.value.where["file"] == tmp_path / "nowhere"
    assert "unset CMDSTAN" in caught.value.hint


def test_without_cmdstanpy_the_error_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "cmdstanpy", None)
    with pytest.raises(PluginError, match="cmdstanpy, which is not installed"):
        need_cmdstan()


def test_the_model_is_compiled_once_for_a_source_and_a_cmdstan(tmp_path, monkeypatch):
    compiled = []
    monkeypatch.setattr(module, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(
        module,
        "_compile",
        lambda cmdstan, folder: (compiled.append(cmdstan), (folder / "relation").touch()),
    )
    one, other = CmdStan(tmp_path, "2.27.0"), CmdStan(tmp_path, "2.36.0")
    assert compiled_model(one) == compiled_model(one)
    assert compiled_model(other) != compiled_model(one)
    assert compiled == [one, other]
    monkeypatch.setattr(module, "source", lambda: "another model")
    assert compiled_model(one).exists()
    assert compiled == [one, other, one]


def test_what_a_killed_compilation_left_is_removed_by_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(module, "_compile", lambda cmdstan, folder: (folder / "relation").touch())
    (tmp_path / ".killed.rrcat-tmp").mkdir()
    compiled = compiled_model(CmdStan(tmp_path, "2.27.0"))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [compiled.parent.name, "lock"]
    )


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """A CmdStan that compiles nothing."""
    import cmdstanpy

    def fail(**_):
        raise ValueError("make: *** Error 127")

    monkeypatch.setattr(module, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(cmdstanpy, "CmdStanModel", fail)
    tree = make_tree(tmp_path / "cmdstan-2.27.0")
    monkeypatch.setenv("CMDSTAN", str(tree))  # cmdstanpy sets it for good
    return CmdStan(tree, "2.27.0")


def test_without_a_compiler_that_is_what_is_said(broken, monkeypatch):
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    with pytest.raises(PluginError, match=r"missing: g\+\+, make"):
        compiled_model(broken)


def test_on_a_full_disk_the_hint_is_to_free_some_space(broken, monkeypatch, tmp_path):
    monkeypatch.setattr(module.shutil, "which", lambda name: name)
    with pytest.raises(PluginError, match=r"Error 127") as caught:
        compiled_model(broken)
    assert "Name another CmdStan" in caught.value.hint
    monkeypatch.setattr(module, "_ROOM", float("inf"))
    with pytest.raises(PluginError) as caught:
        compiled_model(broken)
    assert caught.value.hint == f"the disk is full: free some space in {tmp_path / 'cache'}"


def test_a_model_that_does_not_compile_says_why(cmdstan, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(module, "source", lambda: "parameters { real x } model {}")
    with pytest.raises(PluginError, match="does not compile") as caught:
        compiled_model(cmdstan)
    assert "relation.stan" in caught.value.message
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_the_compiled_model_is_there_and_nothing_is_said(cmdstan, caplog):
    with caplog.at_level(logging.DEBUG, logger="cmdstanpy"):
        assert os.access(compiled_model(cmdstan), os.X_OK)
    assert not caplog.records
