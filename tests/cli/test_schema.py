import json
from pathlib import Path

import polars as pl
import pytest
from astropy.table import Table as AstropyTable
from click.testing import CliRunner, Result

from rrcat.cli.main import main
from rrcat.cli.schema import schema
from rrcat.schema import expanded, load, names

STARS = pl.DataFrame({"source_id": [1, 2], "period": [0.5, 0.6], "pulsation_type": ["RRab", "RRc"]})
STARS_VERSION = load("stars").version
BAD = STARS.with_columns(pl.col("period") * 100)


def run(*args: object) -> Result:
    return CliRunner().invoke(schema, [str(arg) for arg in args])


def test_list_tells_every_table():
    result = run("list")
    assert result.exit_code == 0
    for name in names():
        assert f"{name} " in result.output
    told = json.loads(run("list", "--json").output)
    assert [each["name"] for each in told] == names()
    assert [each["version"] for each in told] == [load(name).version for name in names()]
    assert next(each for each in told if each["name"] == "stars")["columns"] == len(
        load("stars").column
    )


def test_show_tells_all_of_a_column():
    result = run("show", "stars")
    assert result.exit_code == 0
    assert "key: source_id" in result.output
    assert "period  float64  [d]  time.period  0.01 to 10" in result.output
    assert "RRab | RRc | RRd | other" in result.output
    assert "Right ascension (ICRS)." in result.output


def test_show_tells_bits_and_groups():
    assert "4 order_limited (information): few points" in run("show", "rrl_metallicity").output
    assert "never null together: time, phase" in run("show", "light_curves").output


def test_show_as_json_holds_every_column():
    told = json.loads(run("show", "features", "--json").output)
    assert told["name"] == "features"
    assert told["column"][-1]["name"] == "n_repeated"


def test_show_reads_a_toml_file(schemas):
    assert f"stars {STARS_VERSION}" in run("show", schemas / "stars.toml").output


@pytest.fixture
def schemas() -> Path:
    return Path(__file__).parents[2] / "schemas"


@pytest.mark.parametrize("form", ["parquet", "csv", "ecsv", "fits", "vot"])
def test_check_takes_every_format(tmp_path, form):
    path = tmp_path / f"stars.{form}"
    if form in ("parquet", "csv"):
        getattr(STARS, f"write_{form}")(path)
    else:
        formats = {"ecsv": "ascii.ecsv", "fits": "fits", "vot": "votable"}
        table = AstropyTable({name: STARS[name].to_list() for name in STARS.columns})
        table.write(path, format=formats[form])
    result = run("check", path)
    assert result.exit_code == 0, result.output
    assert f"2 rows conform to stars {STARS_VERSION}" in result.output


def test_check_names_what_is_broken_and_fails(tmp_path):
    BAD.write_parquet(tmp_path / "mine.parquet")
    result = run("check", tmp_path / "mine.parquet", "--table", "stars")
    assert result.exit_code == 1
    assert result.output.startswith("period: is outside 0.01 to 10 d in 2 rows (row 0, source_id 1")


def test_check_as_json(tmp_path):
    BAD.write_parquet(tmp_path / "stars.parquet")
    result = run("check", tmp_path / "stars.parquet", "--json")
    assert result.exit_code == 1
    told = json.loads(result.output)
    assert (told["table"], told["rows"]) == ("stars", 2)
    assert [(v["column"], v["count"]) for v in told["violations"]] == [("period", 2)]


def test_show_tells_families():
    told = run("show", "rrl_metallicity").output
    assert "feh_{estimator}  float64  [dex]  phys.abund.Fe  one for each estimator" in told
    raw = json.loads(run("show", "rrl_metallicity", "--json").output)
    assert "feh_{estimator}" in [column["name"] for column in raw["column"]]


def test_check_knows_the_columns_of_any_estimator(tmp_path):
    table = expanded(load("rrl_metallicity"), ["somebody-elses"])
    table.empty().write_parquet(tmp_path / "mine.parquet")
    result = run("check", tmp_path / "mine.parquet", "--table", "rrl_metallicity")
    assert result.exit_code == 0, result.output


def test_check_wants_to_know_the_table(tmp_path):
    STARS.write_parquet(tmp_path / "mine.parquet")
    result = run("check", tmp_path / "mine.parquet")
    assert result.exit_code == 2
    assert "say --table; the tables are" in result.output


def test_check_of_real_light_curves_names_what_they_lack(data_dir):
    path = data_dir / "asas_i" / "light_curves.parquet"
    result = run("check", path)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "asas_id: is no column of the table",
        "source_id: required column is missing",
        "band: required column is missing",
    ]


def changed(
    schemas: Path, tmp_path: Path, old: str, new: str, version: str = STARS_VERSION
) -> Path:
    text = (schemas / "stars.toml").read_text()
    assert old in text
    path = tmp_path / "stars.toml"
    path.write_text(text.replace(old, new).replace(f'"{STARS_VERSION}"', f'"{version}"', 1))
    return path


def test_diff_of_equal_tables():
    result = run("diff", "stars", "stars")
    assert result.exit_code == 0
    assert f"{STARS_VERSION} -> {STARS_VERSION}: none changes, enough" in result.output


def test_diff_fails_where_the_version_stayed_behind(schemas, tmp_path):
    path = changed(schemas, tmp_path, 'unit = "d"', 'unit = "h"')
    result = run("diff", "stars", path)
    assert result.exit_code == 1
    assert "major  period: unit d -> h" in result.output
    assert "not enough: major is needed" in result.output


def test_diff_as_json_passes_where_the_version_moved(schemas, tmp_path):
    path = changed(schemas, tmp_path, 'unit = "d"', 'unit = "h"', version="2.0.0")
    result = run("diff", "stars", path, "--json")
    assert result.exit_code == 0
    told = json.loads(result.output)
    assert (told["level"], told["version_is_honest"]) == ("major", True)
    assert {change["column"] for change in told["changes"]} == {"period", "period_error"}


def test_errors_are_told_with_the_fix(tmp_path, capsys):
    (tmp_path / "stars.parquet").write_bytes(b"PAR1 this is none PAR1")
    assert main(["schema", "check", str(tmp_path / "stars.parquet")]) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: cannot read the file")
    assert "hint: " in told
    assert main(["schema", "show", "star"]) == 1
    assert "the tables are calibrators" in capsys.readouterr().err


def test_a_broken_rule_gives_exit_code_one_through_main(tmp_path, capsys):
    BAD.write_parquet(tmp_path / "stars.parquet")
    assert main(["schema", "check", str(tmp_path / "stars.parquet")]) == 1
    assert "period: is outside" in capsys.readouterr().out
