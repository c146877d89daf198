"""A build that is killed goes on, and comes to the same bytes for any workers and partitions."""

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from rrcat.cli.main import main

RECIPE = Path(__file__).parents[2] / "catalogues" / "asas-i" / "recipe.toml"
KILLS = 10


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the recipe without its period search, which would take a minute a build.

    Trees are sought for less long too: of these stars they learn nothing, however long.
    """
    path = tmp_path_factory.mktemp("recipe") / "recipe.toml"
    off = "[period_search]\nenabled = false\n\n[[estimator]]"
    trees = 'id = "fourier-xgboost"'
    fewer = f"{trees}\nparams = {{ n_trials = 1, max_rounds = 100 }}"
    text = RECIPE.read_text().replace("[[estimator]]", off, 1)
    # Without a search fewer stars have a value than the recipe demands.
    text = text.replace("least_share = 0.95", "least_share = 0.8")
    path.write_text(text.replace(trees, fewer, 1))
    return path


def command(
    recipe: Path, data_dir: Path, output: Path, workers: int, partition_size: int
) -> list[str]:
    return [
        *(sys.executable, "-m", "rrcat", "build", str(recipe)),
        *("--data", str(data_dir / "asas_i"), "--output", str(output)),
        *("--workers", str(workers), "--partition-size", str(partition_size)),
    ]


def release(candidate: Path, into: Path) -> dict[str, bytes]:
    args = ["--version", "1.0.0", "--date", "2026-01-01", "--into", str(into)]
    assert main(["release", str(candidate), *args]) == 0
    folder = into / "asas-i-1.0.0"
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def undisturbed(
    recipe: Path, data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, bytes], float]:
    """Give the files of the release, and the seconds that the build took."""
    folder = tmp_path_factory.mktemp("undisturbed")
    started = time.monotonic()
    subprocess.run(
        command(recipe, data_dir, folder / "candidate", 1, 1000), check=True, capture_output=True
    )
    seconds = time.monotonic() - started
    return release(folder / "candidate", folder), seconds


def kill_once(ready: Callable[[], bool], build: list[str]) -> None:
    process = subprocess.Popen(build, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not ready():
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.01)
    process.kill()
    _, told = process.communicate()
    assert process.returncode == -signal.SIGKILL, told


def test_a_build_killed_in_each_stage_comes_to_the_same_bytes_in_other_partitions_and_processes(
    undisturbed: tuple[dict[str, bytes], float], recipe: Path, data_dir: Path, tmp_path: Path
) -> None:
    candidate = tmp_path / "candidate"

    def there(pattern: str, n_files: int) -> Callable[[], bool]:
        return lambda: len(list(candidate.glob(pattern))) >= n_files

    one, two = (command(recipe, data_dir, candidate, workers, 100) for workers in (1, 2))
    kill_once(there("parts/features/*.parquet", 5), two)
    kill_once(there("bundles/fourier-xgboost/bundle.toml", 1), one)
    kill_once(there("parts/fourier-xgboost/*.parquet", 5), two)
    subprocess.run(two, check=True, capture_output=True)
    assert release(candidate, tmp_path) == undisturbed[0]


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "partition_size"), [(1, 100), (2, 1000), (2, 100)])
def test_a_build_killed_at_ten_random_moments_comes_to_the_same_bytes(
    undisturbed: tuple[dict[str, bytes], float],
    recipe: Path,
    data_dir: Path,
    tmp_path: Path,
    workers: int,
    partition_size: int,
) -> None:
    expected, seconds = undisturbed
    moments = random.Random(workers)
    build = command(recipe, data_dir, tmp_path / "candidate", workers, partition_size)
    killed = 0
    while killed < KILLS:
        process = subprocess.Popen(
            build, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        try:
            process.wait(timeout=moments.uniform(0.1, 1.0) * seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            killed += 1
        _, told = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), told
        if process.returncode == 0:  # it was finished before its moment came
            shutil.rmtree(tmp_path / "candidate")
    subprocess.run(build, check=True, capture_output=True)
    assert release(tmp_path / "candidate", tmp_path) == expected
