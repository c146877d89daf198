"""Bad input: one clear message with place and fix, exit code 1, earlier results untouched."""

import os
import re
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from rrcat.cli.main import main
from rrcat.simulate import write_survey

BIGGEST = 2**63 - 1


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a small survey and what was built of it, to be copied."""
    folder = tmp_path_factory.mktemp("sound")
    survey = write_survey(folder / "survey", n_stars=45).parent
    assert build(survey, folder / "output") == 0
    return folder


@pytest.fixture
def survey(sound: Path, tmp_path: Path) -> Path:
    """Give the folder of a small survey; the tests spoil it."""
    return shutil.copytree(sound / "survey", tmp_path / "survey")


@pytest.fixture
def output(sound: Path, survey: Path) -> Path:
    """Give the folder of what was built of the survey."""
    return shutil.copytree(sound / "output", survey.parent / "output")


def build(survey: Path, output: Path, *more: str) -> int:
    return main(["build", str(survey / "recipe.toml"), "--output", str(output), *more])


def test_a_sound_survey_is_built_and_found_finished(survey: Path, output: Path) -> None:
    before = contents(output)
    assert build(survey, output) == 0
    changed = {path for path, data in contents(output).items() if before[path] != data}
    assert {Path(path).name for path in changed} <= {"run.json"}


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
    output: Path,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Path], None],
    where: str,
    what: str,
) -> None:
    before = contents(output)
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
    survey: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(output)
    edit(survey / "recipe.toml", 'name = "demo"', 'name = "other"')
    assert build(survey, output) == 1
    assert re.search(r"another build.* in .*recipe.catalogue.name", capsys.readouterr().err)
    assert contents(output) == before
    assert build(survey, output, "--restart") == 0


def test_changed_input_is_noticed(
    survey: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change_stars(survey, pl.col("period") * 1.0001)
    assert build(survey, output) == 1
    assert re.search(r"differs in .*inputs", capsys.readouterr().err)


def test_a_damaged_bundle_of_an_earlier_build_is_told_with_the_fix(
    survey: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
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


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Let every write beyond a size [bytes] fail; Python takes no notice of the signal."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("limit", [100, 3_000, 12_000])
def test_a_disk_that_will_not_take_more_is_told_and_the_build_goes_on_later(
    survey: Path, capsys: pytest.CaptureFixture[str], limit: int
) -> None:
    """A limit on file size stands in for the full disk."""
    output = survey.parent / "output"
    with files_no_larger_than(limit):
        assert build(survey, output) == 1
    assert capsys.readouterr().err.startswith("error: file too large")
    assert not (output / "candidate.json").exists()
    assert build(survey, output) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_told_and_the_build_goes_on_later(
    survey: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=False
    )
    if mounted.returncode:
        pytest.skip("this machine does not let root mount a small disk")
    try:
        assert build(survey, disk / "output") == 1
        told = capsys.readouterr().err
        assert told.startswith("error: no space left on device")
        assert "hint: free some space" in told
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        assert build(survey, disk / "output") == 0
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
