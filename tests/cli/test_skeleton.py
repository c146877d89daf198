import tomllib

import pytest

from rrcat.cli.main import main


def test_new_writes_a_plugin_under_its_own_name(tmp_path, capsys):
    assert main(["plugins", "new", "my-line", "--into", str(tmp_path)]) == 0
    folder = tmp_path / "rrcat-my-line"
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert files == {
        "README.md",
        "pyproject.toml",
        "rrcat_my_line/__init__.py",
        "rrcat_my_line/estimator.py",
        "rrcat_my_line/plugin.py",
        "tests/test_conformance.py",
    }
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["rrcat"] == {"rrcat_my_line": "rrcat_my_line.plugin"}
    assert (
        'factory="rrcat_my_line.estimator:MyLine"'
        in (folder / "rrcat_my_line" / "plugin.py").read_text()
    )
    assert "rrcat plugins check my-line" in capsys.readouterr().out


def test_the_estimator_to_start_from_fits_on_a_page(tmp_path):
    assert main(["plugins", "new", "demo-est", "--into", str(tmp_path)]) == 0
    written = (tmp_path / "rrcat-demo-est" / "rrcat_demo_est" / "estimator.py").read_text()
    assert len(written.splitlines()) <= 60


def test_new_overwrites_nothing(tmp_path, capsys):
    assert main(["plugins", "new", "mine", "--into", str(tmp_path)]) == 0
    before = (tmp_path / "rrcat-mine" / "pyproject.toml").read_bytes()
    assert main(["plugins", "new", "mine", "--into", str(tmp_path)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert (tmp_path / "rrcat-mine" / "pyproject.toml").read_bytes() == before


@pytest.mark.parametrize("name", ["My-Line", "my_line", "../evil", "9lives", ""])
def test_new_refuses_a_name_that_is_no_id(tmp_path, capsys, name):
    assert main(["plugins", "new", name, "--into", str(tmp_path)]) == 1
    assert "cannot be the id of an estimator" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["literature-relations", "relations"])
def test_new_refuses_the_name_of_what_is_installed(tmp_path, capsys, name):
    assert main(["plugins", "new", name, "--into", str(tmp_path)]) == 1
    assert f"{name!r} is installed already, by rrcat-relations" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
