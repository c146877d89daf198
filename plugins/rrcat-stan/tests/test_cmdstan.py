import logging
import os

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


def test_without_one_the_error_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("CMDSTAN", str(tmp_path / "nowhere"))
    with pytest.raises(PluginError, match="there is none that works") as caught:
        need_cmdstan()
    assert "rrcat-stan setup" in caught.value.hint


def test_without_cmdstanpy_the_error_says_so(monkeypatch):
    monkeypatch.setattr(module, "find_cmdstan", lambda: (_ for _ in ()).throw(ImportError()))
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
