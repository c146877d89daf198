"""Bad input: one clear message with place and fix, exit code 1, earlier results untouched."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from rrcat.cli.main import main
from rrcat.simulate import write_survey

BIGGEST = 2**63 - 1


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """Give the folder of a small survey; the tests spoil it."""
    return write_survey(tmp_path / "survey", n_stars=45).parent


def build(survey: Path, output: Path, *more: str) -> int:
    return main(["build", str(survey / "recipe.toml"), "--output", str(output), *more])


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def edit(path: Path, wrong: str, right: str) -> None:
    text = path.read_text()
    assert wrong in text
    path.write_text(text.replace(wrong, right))


def change_stars(survey: Path, *changes: pl.Expr) -> None:
    path = survey / "stars.csv"
    pl.read_csv(path).with_columns(*changes).write_csv(path)


def change_curves(survey: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    path = survey / "light_curves.parquet"
    change(pl.read_parquet(path)).write_parquet(path)


def first_star(column: str, value: object) -> pl.Expr:
    return pl.when(pl.col("source_id") == 1).then(value).otherwise(column).alias(column)


def missing_column(survey: Path) -> None:
    path = survey / "stars.csv"
    pl.read_csv(path).drop("period").write_csv(path)


def misnamed_column(survey: Path) -> None:
    change_curves(survey, lambda curves: curves.rename({"mag": "magn"}))


def wrong_unit(survey: Path) -> None:
    edit(
        survey / "recipe.toml", 'period = "period"', 'period = { column = "period", unit = "mag" }'
    )


def unknown_key(survey: Path) -> None:
    edit(survey / "recipe.toml", "[[estimator]]", "[selction]\nlimit = 3\n\n[[estimator]]")


def truncated_parquet(survey: Path) -> None:
    path = survey / "light_curves.parquet"
    path.write_bytes(path.read_bytes()[:-200])


def biggest_id(survey: Path) -> None:
    change_stars(survey, first_star("source_id", BIGGEST))


def empty_selection(survey: Path) -> None:
    edit(
        survey / "recipe.toml", "[[estimator]]", '[selection]\nwhere = "dec > 90"\n\n[[estimator]]'
    )


def period_of_zero(survey: Path) -> None:
    change_stars(survey, first_star("period", 0.0))


def three_points(survey: Path) -> None:
    change_curves(
        survey, lambda c: c.filter((pl.col("source_id") != 1) | (pl.int_range(pl.len()) < 3))
    )


SPOILED: list[tuple[Callable[[Path], None], str, str]] = [
    (missing_column, r"stars\.csv", "period"),
    (misnamed_column, r"light_curves\.parquet", "magn"),
    (wrong_unit, r"stars\.csv|recipe\.toml", "mag"),
    (unknown_key, r"recipe\.toml", "selection"),
    (truncated_parquet, r"light_curves\.parquet", "truncated|damaged"),
    (biggest_id, r"stars\.csv", str(BIGGEST)),
    (empty_selection, r"dec > 90|recipe\.toml", "select"),
    (period_of_zero, r"stars\.csv", "star: 1|source_id 1"),
    (three_points, r"light_curves\.parquet", "star: 1|source_id 1"),
]


@pytest.mark.parametrize(
    ("spoil", "where", "what"), SPOILED, ids=lambda x: getattr(x, "__name__", "")
)
def test_bad_input_is_refused_with_place_and_fix(
    survey: Path,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Path], None],
    where: str,
    what: str,
) -> None:
    output = survey.parent / "output"
    assert build(survey, output) == 0
    before = contents(output)
    capsys.readouterr()
    spoil(survey)
    assert build(survey, output) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert told.count("error: ") == 1
    assert "Traceback" not in told
    assert contents(output) == before
    assert build(survey, survey.parent / "other") == 1
    told = capsys.readouterr().err
    assert re.search(where, told), told
    assert re.search(what, told), told
    assert "hint: " in told, told


@pytest.mark.parametrize("spoil", [period_of_zero, three_points])
def test_bad_stars_may_be_kept_with_a_reason(survey: Path, spoil: Callable[[Path], None]) -> None:
    spoil(survey)
    edit(survey / "recipe.toml", 'kind = "files"', 'kind = "files"\nbad_stars = "keep"')
    output = survey.parent / "output"
    assert build(survey, output) == 0
    catalogue = pl.read_parquet(output / "catalogue.parquet")
    assert catalogue.height == 45
    (star,) = catalogue.filter(pl.col("source_id") == 1).iter_rows(named=True)
    if spoil is period_of_zero:  # it is searched instead
        assert star["flags"] & 512
    else:
        assert star["feh_status"] == "too_few_epochs"


def test_the_parts_of_another_recipe_are_refused(
    survey: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = survey.parent / "output"
    assert build(survey, output) == 0
    before = contents(output)
    edit(survey / "recipe.toml", 'name = "demo"', 'name = "other"')
    assert build(survey, output) == 1
    assert re.search(r"another build.* in .*recipe.catalogue.name", capsys.readouterr().err)
    assert contents(output) == before
    assert build(survey, output, "--restart") == 0


def test_changed_input_is_noticed(survey: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = survey.parent / "output"
    assert build(survey, output) == 0
    change_stars(survey, pl.col("period") * 1.0001)
    assert build(survey, output) == 1
    assert re.search(r"differs in .*inputs", capsys.readouterr().err)


def test_a_damaged_bundle_of_an_earlier_build_is_told_with_the_fix(
    survey: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = survey.parent / "output"
    assert build(survey, output) == 0
    golden = output / "bundles" / "literature-relations" / "golden.parquet"
    golden.write_bytes(golden.read_bytes()[:-1])
    assert build(survey, output) == 1
    told = capsys.readouterr().err
    assert str(golden) in told
    assert "hint: --restart throws the build away" in told
    assert build(survey, output, "--restart") == 0


def test_tiny_errors_of_a_star_do_not_end_the_build(survey: Path) -> None:
    change_curves(survey, lambda curves: curves.with_columns(first_star("mag_error", 1e-160)))
    change_stars(survey, first_star("period", None))
    output = survey.parent / "output"
    assert build(survey, output) == 0
    catalogue = pl.read_parquet(output / "catalogue.parquet")
    assert catalogue.height == 45
    assert catalogue.filter(pl.col("source_id") > 1)["feh"].is_not_null().any()


def test_two_builds_in_one_folder(survey: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from rrcat.lock import locked

    output = survey.parent / "output"
    output.mkdir()
    with locked(output):
        assert build(survey, output) == 1
    assert f"process {os.getpid()}" in capsys.readouterr().err
    assert build(survey, output) == 0


def test_an_unknown_estimator_is_refused_before_the_work(
    survey: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(survey / "recipe.toml", "literature-relations", "literature-relation")
    output = survey.parent / "output"
    assert build(survey, output) == 1
    assert "did you mean 'literature-relations'?" in capsys.readouterr().err
    assert not output.exists()


FULL = """
import resource, signal, sys
from rrcat.cli.main import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("limit", [100, 3_000, 12_000])
def test_a_disk_that_will_not_take_more_is_told_and_the_build_goes_on_later(
    survey: Path, limit: int
) -> None:
    """A limit on file size stands in for the full disk: every write beyond it fails."""
    output = survey.parent / "output"
    args = ["build", str(survey / "recipe.toml"), "--output", str(output)]
    full = subprocess.run(
        [sys.executable, "-c", FULL, str(limit), *args], capture_output=True, text=True, check=False
    )
    assert full.returncode == 1, full.stderr
    assert full.stderr.startswith("error: file too large")
    assert "Traceback" not in full.stderr
    assert not (output / "candidate.json").exists()
    assert build(survey, output) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_told_and_the_build_goes_on_later(survey: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=False
    )
    if mounted.returncode:
        pytest.skip("this machine does not let root mount a small disk")
    try:
        args = [sys.executable, "-m", "rrcat", "build", str(survey / "recipe.toml")]
        args += ["--output", str(disk / "output")]
        full = subprocess.run(args, capture_output=True, text=True, check=False)
        assert full.returncode == 1
        assert re.search(r"error: no space left on device", full.stderr), full.stderr
        assert "hint: free some space" in full.stderr
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        subprocess.run(args, check=True, capture_output=True)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
