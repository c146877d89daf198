import pytest
from click.testing import CliRunner
from rrcat_stan import cli
from rrcat_stan.cmdstan import CmdStan

from rrcat.errors import PluginError


def test_setup_tells_what_it_does(monkeypatch, tmp_path):
    monkeypatch.setattr(
        "rrcat_stan.setup.set_up", lambda tell: (tell("CmdStan 2.27.0"), CmdStan(tmp_path, ""))
    )
    done = CliRunner().invoke(cli.rrcat_stan, ["setup"])
    assert done.output == "CmdStan 2.27.0\n"


def test_an_error_is_a_message_and_exit_code_1(monkeypatch, capsys):
    def refuse(tell):
        raise PluginError("no compiler", hint="install g++")

    monkeypatch.setattr("rrcat_stan.setup.set_up", refuse)
    monkeypatch.setattr("sys.argv", ["rrcat-stan", "setup"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 1
    assert "error: no compiler" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_to_is_a_message_too(monkeypatch, capsys, tmp_path):
    (tmp_path / "file").touch()

    def write(tell):
        (tmp_path / "file" / "plots").mkdir()

    monkeypatch.setattr("rrcat_stan.setup.set_up", write)
    monkeypatch.setattr("sys.argv", ["rrcat-stan", "setup"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 1
    assert f"error: Not a directory [file: {tmp_path}/file/plots]" in capsys.readouterr().err


def test_help_imports_nothing_heavy():
    import subprocess
    import sys

    code = (
        "import sys; from click.testing import CliRunner; from rrcat_stan.cli import rrcat_stan;"
        "CliRunner().invoke(rrcat_stan, ['--help']);"
        "sys.exit(bool({'numpy', 'polars', 'cmdstanpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
