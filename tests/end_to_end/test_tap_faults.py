"""What goes wrong between client and server ends in the right result or in the account."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import esa
import faults
import numpy as np
import polars as pl
import proxies
import pytest
import tap_recipes
from archive_tables import MULTI_BAND_STAR
from dachs import TapServer

from rrcat.archive.store import LocalStore
from rrcat.cli.main import main

IMPATIENT = {"attempts": 2, "request_timeout": 5.0, "max_bytes": 5_000_000}
Array = np.ma.MaskedArray

PASSING = {
    "500": faults.status(500),
    "503 with Retry-After": faults.status(503, retry_after="1"),
    "429 with Retry-After": faults.status(429, retry_after="1"),
    "reset in mid-body": faults.reset(),
    "body shorter than announced": faults.truncated(),
    "body that ends early": faults.truncated(announced=False),
    "HTML": faults.html(),
    "entity expansion": faults.entity_expansion(),
}
LASTING = PASSING | {"endless slow body": faults.trickle(), "endless body": faults.flood()}
SAID = {
    "500": "500",
    "503 with Retry-After": "503",
    "429 with Retry-After": "429",
    "reset in mid-body": "connection",
    "body shorter than announced": "connection",
    "body that ends early": "VOTable",
    "HTML": "Scheduled maintenance",
    "entity expansion": "document type",
    "endless slow body": "not whole after",
    "endless body": "larger than",
}
LIGHT_CURVES = faults.asks_for("epoch_photometry")


@pytest.fixture
def proxy(tap_server: TapServer) -> Iterator[proxies.Proxy]:
    with proxies.proxy(tap_server.url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def undisturbed(tap_server: TapServer, tmp_path_factory: pytest.TempPathFactory) -> LocalStore:
    recipe = recipe_at(tap_server.url, tmp_path_factory.mktemp("undisturbed"))
    assert main(["fetch", str(recipe)]) == 0
    return LocalStore.open(recipe.parent / "fetched")


def recipe_at(url: str, folder: Path) -> Path:
    archive = tap_recipes.gaia(url, service=IMPATIENT)
    return tap_recipes.write_recipe(folder / "recipe", archive)


def account(recipe: Path) -> pl.DataFrame:
    return pl.read_parquet(recipe.parent / "fetched" / "account.parquet")


def files_below(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("query", ["vari_rrlyrae", "epoch_photometry"])
def test_a_passing_fault_leaves_no_trace(
    fault: str, query: str, undisturbed: LocalStore, proxy: proxies.Proxy, tmp_path: Path
) -> None:
    proxy.play(PASSING[fault], when=faults.asks_for(query))
    recipe = recipe_at(proxy.url, tmp_path)
    assert main(["fetch", str(recipe)]) == 0
    assert all(rule.times == 0 for rule in proxy.rules)
    assert LocalStore.open(recipe.parent / "fetched").files() == undisturbed.files()


@pytest.mark.parametrize("fault", LASTING)
def test_a_lasting_fault_is_accounted_for_and_mended_by_the_next_fetch(
    fault: str, undisturbed: LocalStore, proxy: proxies.Proxy, tmp_path: Path
) -> None:
    proxy.play(LASTING[fault], when=LIGHT_CURVES, times=math.inf)
    recipe = recipe_at(proxy.url, tmp_path)
    assert main(["fetch", str(recipe)]) == 1
    failed = account(recipe)
    assert set(failed["status"]) == {"failed"}
    assert failed["reason"].str.contains(SAID[fault], literal=True).all(), failed["reason"][0]
    assert {path.parts[:2] for path in files_below(tmp_path)} == {
        ("recipe", "recipe.toml"),
        ("recipe", "fetched"),
    }
    proxy.rules.clear()
    proxy.asked.clear()
    assert main(["fetch", str(recipe)]) == 0
    assert not any("ORDER BY" in asked.adql for asked in proxy.asked)
    assert LocalStore.open(recipe.parent / "fetched").files() == undisturbed.files()


def test_a_refused_connection_says_so_and_leaves_nothing_half_done(
    undisturbed: LocalStore,
    proxy: proxies.Proxy,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe = recipe_at(proxy.url, tmp_path)
    with proxy.refusing():
        assert main(["fetch", str(recipe)]) == 1
    assert "Connection refused" in capsys.readouterr().err
    assert main(["fetch", str(recipe)]) == 0
    assert LocalStore.open(recipe.parent / "fetched").files() == undisturbed.files()


def with_first_row_of_another_star(array: Array) -> Array:
    array["c1"][0] += 1
    return array


def with_first_row_twice(array: Array) -> Array:
    return np.ma.concatenate([array, array[:1]])


def with_another_curve_of_the_first_star(array: Array) -> Array:
    other = array[1:2].copy()
    other["c1"][0] = array["c1"][0]
    return np.ma.concatenate([array, other])


def without_first_row(array: Array) -> Array:
    return array[1:]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (with_first_row_of_another_star, "failed"),
        (with_first_row_twice, "received"),
        (with_another_curve_of_the_first_star, "failed"),
        (without_first_row, "empty"),
    ],
)
def test_rows_that_are_wrong_spoil_no_other_star(
    change: Callable[[Array], Array],
    status: str,
    undisturbed: LocalStore,
    proxy: proxies.Proxy,
    tmp_path: Path,
) -> None:
    stars: list[int] = []

    def changed(array: Array) -> Array:
        stars.append(int(array["c1"][0]))
        return change(array)

    proxy.play(faults.rows(changed), when=LIGHT_CURVES, times=math.inf)
    recipe = recipe_at(proxy.url, tmp_path)
    assert main(["fetch", str(recipe)]) == (1 if status == "failed" else 0)
    told = account(recipe)
    assert told.filter(source_id=stars[0])["status"].to_list() == [status]
    others = undisturbed.served_ids().filter(undisturbed.served_ids() != stars[0])
    received = told.filter(status="received")["source_id"]
    assert set(others) <= set(received)
    store = LocalStore.open(recipe.parent / "fetched")
    assert store.only(others).light_curves.equals(undisturbed.only(others).light_curves)


def with_a_name_that_leads_elsewhere(members: esa.Members) -> esa.Members:
    return [(f"../../{MULTI_BAND_STAR}.xml", content) for _, content in members]


def with_a_bomb(members: esa.Members) -> esa.Members:
    return [(name, bytes(50_000_000)) for name, _ in members]


def unspoilt(members: esa.Members) -> esa.Members:
    return members


def cut_in_half(reply: esa.Reply) -> esa.Reply:
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def whole(reply: esa.Reply) -> esa.Reply:
    return reply


@pytest.mark.parametrize(
    ("members", "reply"),
    [
        (with_a_name_that_leads_elsewhere, whole),
        (with_a_bomb, whole),
        (unspoilt, cut_in_half),
    ],
)
def test_a_spoilt_zip_file_fails_its_star_and_writes_nothing_elsewhere(
    members: Callable[[esa.Members], esa.Members],
    reply: Callable[[esa.Reply], esa.Reply],
    tap_server: TapServer,
    data_dir: Path,
    tmp_path: Path,
) -> None:
    star = esa.real_stars(data_dir)[MULTI_BAND_STAR]
    with esa.DataServer({MULTI_BAND_STAR: star}) as server:
        archive = {
            "kind": "tap",
            "profile": "gaia-dr3",
            "service": {"url": tap_server.url},
            "stars": {"cuts": [], "where": f"rrl.source_id = {MULTI_BAND_STAR}"},
            "light_curves": {"url": server.url, **IMPATIENT},
        }
        recipe = tap_recipes.write_recipe(tmp_path / "recipe", archive)
        server.members, server.reply = members, reply
        assert main(["fetch", str(recipe)]) == 1
        ((status, reason),) = account(recipe).select("status", "reason").rows()
        assert status == "failed"
        assert reason
        assert {path.parts[0] for path in files_below(tmp_path)} == {"recipe"}
        server.members, server.reply = unspoilt, whole
        assert main(["fetch", str(recipe)]) == 0
    assert account(recipe)["status"].to_list() == ["received"]
