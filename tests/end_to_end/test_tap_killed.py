"""A fetch that is killed goes on where it stopped, and comes to the same store."""

import math
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import faults
import polars as pl
import proxies
import pytest
import tap_recipes
from dachs import TapServer
from polars.testing import assert_frame_equal

from rrcat.archive.fetch_folder import WORK
from rrcat.archive.store import LocalStore
from rrcat.cli.main import main

CHUNK = 500
MOMENTS = 10
Ids = frozenset[int | str]


@pytest.fixture
def proxy(tap_server: TapServer) -> Iterator[proxies.Proxy]:
    with proxies.proxy(tap_server.url) as proxy:
        yield proxy


class Undisturbed(NamedTuple):
    """The store of this many stars, and the seconds that it took."""

    n_stars: int
    store: LocalStore
    seconds: float


@pytest.fixture(scope="module", params=[6_000, pytest.param(20_000, marks=pytest.mark.slow)])
def undisturbed(
    request: pytest.FixtureRequest, tap_server: TapServer, tmp_path_factory: pytest.TempPathFactory
) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed")
    recipe = tap_recipes.write_recipe(folder, survey(tap_server.url))
    started = time.monotonic()
    subprocess.run(command(recipe, request.param), check=True, capture_output=True)
    seconds = time.monotonic() - started
    return Undisturbed(request.param, LocalStore.open(folder / "fetched"), seconds)


def survey(url: str) -> dict[str, Any]:
    return tap_recipes.gaia(url, "survey", stars_in_chunk=CHUNK)


def command(recipe: Path, n_stars: int | None = None) -> list[str]:
    limit = [] if n_stars is None else ["--limit", str(n_stars)]
    return [sys.executable, "-m", "rrcat", "fetch", str(recipe), *limit]


def begin(recipe: Path, n_stars: int | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(recipe, n_stars), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def finish(recipe: Path, n_stars: int) -> LocalStore:
    done = subprocess.run(command(recipe, n_stars), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return LocalStore.open(recipe.parent / "fetched")


def safe(recipe: Path, tap_server: TapServer) -> Ids:
    """Give the stars of the chunks whose records are on disk."""
    ids = tap_server.tables["survey.vari_rrlyrae"]["source_id"]
    records = (recipe.parent / "fetched" / WORK / "chunks").glob("*.json")
    return frozenset(star for each in records for star in ids[int(each.stem) * CHUNK :][:CHUNK])


def asked_for(proxy: proxies.Proxy) -> Ids:
    return frozenset().union(*(asked.ids for asked in proxy.asked))


def test_the_store_holds_what_the_service_has(
    undisturbed: Undisturbed, tap_server: TapServer
) -> None:
    store = undisturbed.store
    ids = tap_server.tables["survey.vari_rrlyrae"]["source_id"].sort()[: undisturbed.n_stars]
    assert store.source_ids().tolist() == ids.to_list()
    expected = tap_recipes.observations(tap_server, "survey").filter(
        pl.col("source_id").is_in(ids.implode())
    )
    curves = store.light_curves()
    assert curves is not None
    ordered = curves.select(expected.columns).sort(expected.columns)
    assert_frame_equal(ordered, expected.sort(expected.columns))
    account = pl.read_parquet(store.folder / "account.parquet")
    assert account["source_id"].to_list() == ids.to_list()
    assert set(account["status"]) == {"received"}


def test_a_fetch_killed_between_answers_asks_for_unfinished_chunks_only(
    undisturbed: Undisturbed, tap_server: TapServer, proxy: proxies.Proxy, tmp_path: Path
) -> None:
    """Killed three times, each in the middle of an answer after another quarter of them."""
    n_stars, expected, _ = undisturbed
    quarter = n_stars // CHUNK // 4
    recipe = tap_recipes.write_recipe(tmp_path, survey(proxy.url))
    for _ in range(3):
        proxy.asked.clear()
        proxy.rules.clear()
        already = safe(recipe, tap_server)
        process = begin(recipe, n_stars)
        proxy.play(passed_on, when=uploads, times=quarter - 1)
        proxy.play(killing(process), when=uploads)
        _, told = process.communicate()
        assert process.returncode == -signal.SIGKILL, told
        assert not asked_for(proxy) & already
    already = safe(recipe, tap_server)
    assert quarter * CHUNK <= len(already) < n_stars
    proxy.asked.clear()
    assert finish(recipe, n_stars).files() == expected.files()
    assert not asked_for(proxy) & already


def uploads(asked: proxies.Asked) -> bool:
    return bool(asked.ids)


def passed_on(exchange: proxies.Exchange) -> None:
    exchange.send(exchange.upstream())


def killing(process: subprocess.Popen[str]) -> proxies.Act:
    """Kill the client in the middle of its answer."""

    def act(exchange: proxies.Exchange) -> None:
        answer = exchange.upstream()
        exchange.begin(answer, len(answer.body))
        exchange.write(answer.body[: len(answer.body) // 2])
        process.send_signal(signal.SIGKILL)
        exchange.close()

    return act


def test_a_job_that_runs_on_after_a_kill_is_collected(
    tap_server: TapServer, proxy: proxies.Proxy, tmp_path: Path
) -> None:
    recipe = tap_recipes.write_recipe(tmp_path, tap_recipes.vizier(proxy.url))
    process = begin(recipe)
    # The job of the light curves is there and runs when its client is killed at the next question.
    created = threading.Event()

    def create(exchange: proxies.Exchange) -> None:
        passed_on(exchange)
        created.set()

    def kill_once_running(exchange: proxies.Exchange) -> None:
        passed_on(exchange)
        process.send_signal(signal.SIGKILL)

    proxy.play(create, when=uploads)
    proxy.play(
        kill_once_running,
        when=lambda asked: created.is_set() and asked.path.endswith("/phase"),
    )
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    job = proxy.asked[-1].path.removesuffix("/phase")
    proxy.asked.clear()
    assert main(["fetch", str(recipe)]) == 0
    assert not any(asked.adql for asked in proxy.asked)
    assert f"{job}/results/result" in [asked.path for asked in proxy.asked]
    store = LocalStore.open(tmp_path / "fetched")
    assert store.served_ids().len() == 10


def test_a_job_that_the_server_has_forgotten_is_begun_anew(
    proxy: proxies.Proxy, tmp_path: Path
) -> None:
    archive = tap_recipes.vizier(proxy.url, service={"attempts": 2})
    recipe = tap_recipes.write_recipe(tmp_path, archive)
    proxy.play(faults.status(500), when=faults.path_ends("/results/result"), times=math.inf)
    assert main(["fetch", str(recipe)]) == 1
    proxy.rules.clear()
    proxy.play(faults.status(404), when=lambda asked: "/async/" in asked.path)
    assert main(["fetch", str(recipe)]) == 0
    assert LocalStore.open(tmp_path / "fetched").served_ids().len() == 10


@pytest.mark.slow
def test_a_fetch_killed_at_any_of_ten_random_moments_comes_to_the_same_store(
    undisturbed: Undisturbed, tap_server: TapServer, proxy: proxies.Proxy, tmp_path: Path
) -> None:
    n_stars, expected, seconds = undisturbed
    moments = random.Random(4)
    killed = 0
    while killed < MOMENTS:
        recipe = tap_recipes.write_recipe(tmp_path / str(killed), survey(proxy.url))
        process = begin(recipe, n_stars)
        try:
            process.wait(timeout=moments.uniform(0.05, 0.95) * seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        _, told = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), told
        already = safe(recipe, tap_server)
        proxy.asked.clear()
        assert finish(recipe, n_stars).files() == expected.files()
        assert not asked_for(proxy) & already
        killed += process.returncode != 0
        shutil.rmtree(recipe.parent)
