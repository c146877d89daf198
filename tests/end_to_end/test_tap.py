"""All ways to ask a TAP service, through `rrcat fetch` and against a real server."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import esa
import faults
import numpy as np
import polars as pl
import proxies
import pytest
import tap_recipes
from archive_tables import MULTI_BAND_STAR
from astropy.io.votable import parse_single_table
from dachs import TapServer
from polars.testing import assert_frame_equal

from rrcat.archive.store import LocalStore
from rrcat.cli.main import main

SURVEY_STARS = 20_000


@pytest.fixture
def proxy(tap_server: TapServer) -> Iterator[proxies.Proxy]:
    with proxies.proxy(tap_server.url) as proxy:
        yield proxy


def fetched(folder: Path, archive: dict[str, Any], *args: str) -> LocalStore:
    recipe = tap_recipes.write_recipe(folder, archive)
    assert main(["fetch", str(recipe), *args]) == 0
    return LocalStore.open(folder / "fetched")


@pytest.fixture(scope="module")
def gaia(tap_server: TapServer, tmp_path_factory: pytest.TempPathFactory) -> LocalStore:
    """Give 71 stars of Gaia as AIP serves them, fetched without any trouble."""
    return fetched(tmp_path_factory.mktemp("gaia"), tap_recipes.gaia(tap_server.url))


def ways(proxy: proxies.Proxy) -> set[str]:
    """Tell in which ways queries were asked: `sync`, `async`, or both."""
    return {asked.path.rpartition("/")[2] for asked in proxy.asked if asked.adql}


def test_stars_are_those_of_the_service(gaia: LocalStore, tap_server: TapServer) -> None:
    table = tap_server.tables["gaiadr3.vari_rrlyrae"].filter(best_classification="RRab")
    expected = table.join(tap_server.tables["gaiadr3.gaia_source"], on="source_id").select(
        "source_id", "ra", "dec", period="pf", period_error=pl.col("pf_error").cast(pl.Float64)
    )
    assert expected.height == 71
    assert expected["ra"].null_count() == 5
    stars = gaia.stars()
    assert_frame_equal(stars.select(expected.columns), expected.sort("source_id"))
    assert set(stars["pulsation_type"]) == {"RRab"}


def test_arrays_become_observations(gaia: LocalStore, tap_server: TapServer) -> None:
    expected = tap_recipes.observations(tap_server, "gaiadr3")
    expected = expected.filter(pl.col("source_id") != MULTI_BAND_STAR).with_columns(
        mag_error=tap_recipes.magnitude_error()
    )
    curves = gaia.light_curves()
    assert curves is not None
    assert_frame_equal(curves.select(expected.columns), expected, check_exact=True)
    assert curves["rejected"].sum() == expected["rejected"].sum() == 8


def test_stars_without_observations_are_accounted_for(gaia: LocalStore) -> None:
    account = pl.read_parquet(gaia.folder / "account.parquet")
    assert dict(account["status"].value_counts().iter_rows()) == {"received": 10, "empty": 61}
    assert account.filter(status="empty")["reason"].null_count() == 0
    assert account["n_observations"].sum() == 525


def test_arrays_with_nan_give_three_bands(tap_server: TapServer, tmp_path: Path) -> None:
    stars = {"cuts": [], "where": f"rrl.source_id = {MULTI_BAND_STAR}"}
    store = fetched(tmp_path, tap_recipes.gaia(tap_server.url, stars=stars))
    expected = tap_recipes.observations(tap_server, "gaiadr3").filter(source_id=MULTI_BAND_STAR)
    curves = store.light_curves()
    assert curves is not None
    usable = curves.filter(pl.col("mag").is_not_null()).select(expected.columns)
    assert_frame_equal(usable, expected)
    assert set(expected["band"]) == {"G", "BP", "RP"}


def test_small_answers_are_asked_for_at_once(
    gaia: LocalStore, proxy: proxies.Proxy, tmp_path: Path
) -> None:
    store = fetched(tmp_path, tap_recipes.gaia(proxy.url, service={"sync_rows": 1000}))
    assert ways(proxy) == {"sync"}
    assert store.files() == gaia.files()


def test_large_answers_are_jobs(gaia: LocalStore, proxy: proxies.Proxy, tmp_path: Path) -> None:
    store = fetched(tmp_path, tap_recipes.gaia(proxy.url, service={"sync_rows": 0}))
    assert ways(proxy) == {"async"}
    assert store.files() == gaia.files()


def test_without_uploads_identifiers_stand_in_the_query(
    gaia: LocalStore, proxy: proxies.Proxy, tmp_path: Path
) -> None:
    store = fetched(tmp_path, tap_recipes.gaia(proxy.url, service={"max_upload_rows": 0}))
    assert not any(asked.ids for asked in proxy.asked)
    assert store.files() == gaia.files()


def test_pages_and_chunks_of_any_size_give_the_same_stars(
    gaia: LocalStore, proxy: proxies.Proxy, tmp_path: Path
) -> None:
    archive = tap_recipes.gaia(proxy.url, stars={"page_rows": 30}, stars_in_chunk=30)
    store = fetched(tmp_path, archive)
    assert sum("ORDER BY" in asked.adql for asked in proxy.asked) == 3
    assert [len(asked.ids) for asked in proxy.asked if asked.ids] == [30, 30, 11]
    assert_frame_equal(store.stars(), gaia.stars())
    assert_frame_equal(store.light_curves(), gaia.light_curves())


def test_pages_that_the_service_cuts_are_asked_for_smaller(
    gaia: LocalStore, proxy: proxies.Proxy, tmp_path: Path
) -> None:
    proxy.play(faults.capped(30), when=faults.asks_for("ORDER BY"), times=math.inf)
    store = fetched(tmp_path, tap_recipes.gaia(proxy.url))
    assert store.files() == gaia.files()


def test_light_curves_that_the_service_cuts_are_never_taken_for_whole(
    gaia: LocalStore, proxy: proxies.Proxy, tmp_path: Path
) -> None:
    """Two stars with 51 and 61 rows, of which the service gives 70 at most."""
    proxy.play(faults.capped(70), when=faults.asks_for("epphot"), times=math.inf)
    two = gaia.served_ids().head(2)
    stars = {"where": f"Source IN {tuple(two)}"}
    store = fetched(tmp_path, tap_recipes.vizier(proxy.url, stars=stars))
    assert [len(asked.ids) for asked in proxy.asked if asked.ids] == [2, 1, 1]
    assert_frame_equal(store.light_curves(), gaia.only(two).light_curves)


def test_a_cone_selects_stars(tap_server: TapServer, tmp_path: Path) -> None:
    cone = "1 = CONTAINS(POINT('ICRS', src.ra, src.dec), CIRCLE('ICRS', 312, 12, 5))"
    store = fetched(tmp_path, tap_recipes.gaia(tap_server.url, stars={"where": cone}))
    ra, dec, ra_0, dec_0 = (
        np.deg2rad(each)
        for each in (*tap_server.tables["gaiadr3.gaia_source"].select("ra", "dec"), 312.0, 12.0)
    )
    cosine = np.sin(dec) * np.sin(dec_0) + np.cos(dec) * np.cos(dec_0) * np.cos(ra - ra_0)
    inside = tap_server.tables["gaiadr3.gaia_source"].filter(cosine >= np.cos(np.deg2rad(5.0)))
    assert 0 < inside.height < 10
    assert store.stars()["source_id"].to_list() == inside["source_id"].sort().to_list()


def test_a_row_a_transit_under_quoted_names_is_the_same_photometry(
    gaia: LocalStore, proxy: proxies.Proxy, tmp_path: Path
) -> None:
    store = fetched(tmp_path, tap_recipes.vizier(proxy.url))
    assert any('FROM "I/355/epphot"' in asked.adql for asked in proxy.asked)
    assert_frame_equal(store.light_curves(), gaia.light_curves())
    assert_frame_equal(store.stars().drop("phot_g_mean_mag"), gaia.stars().drop("phot_g_mean_mag"))


def test_parameters_of_the_archive_stand_in_for_light_curves(
    tap_server: TapServer, tmp_path: Path
) -> None:
    archive = tap_recipes.gaia(tap_server.url, use=["features"])
    features = fetched(tmp_path, archive).features()
    assert features is not None
    table = tap_server.tables["gaiadr3.vari_rrlyrae"].filter(best_classification="RRab")
    amplitudes = pl.col("fund_freq1_harmonic_ampl_g")
    assert_frame_equal(
        features.select("source_id", "period", "a1", "a2", "a3", "phi31", "n_harmonics"),
        table.select(
            "source_id",
            period="pf",
            a1=amplitudes.list.get(0),
            a2=amplitudes.list.get(1),
            a3=amplitudes.list.get(2),
            phi31=pl.col("phi31_g").cast(pl.Float64),
            n_harmonics="num_harmonics_for_p1_g",
        ),
        check_dtypes=False,
    )


def test_stars_over_tap_take_their_light_curves_from_the_data_server(
    tap_server: TapServer, data_dir: Path, tmp_path: Path
) -> None:
    genuine = data_dir / "esa_epoch_photometry" / f"dr3_long_{MULTI_BAND_STAR}.xml"
    star = esa.real_stars(data_dir)[MULTI_BAND_STAR]
    with esa.DataServer({MULTI_BAND_STAR: star}) as server:
        archive = {
            "kind": "tap",
            "profile": "gaia-dr3",
            "service": {"url": tap_server.url},
            "stars": {"cuts": []},
            "light_curves": {"url": server.url},
        }
        store = fetched(tmp_path, archive)
    account = pl.read_parquet(store.folder / "account.parquet")
    assert account.filter(status="received")["source_id"].to_list() == [MULTI_BAND_STAR]
    assert account.filter(status="empty").height == 71
    curves = store.light_curves()
    assert curves is not None
    table = parse_single_table(genuine).to_table()
    mags = np.ma.filled(table["mag"].astype(float), np.nan)
    assert sorted(curves["mag"].drop_nulls()) == sorted(mags[np.isfinite(mags)])


def test_twenty_thousand_identifiers_are_uploaded_at_once(
    proxy: proxies.Proxy, tap_server: TapServer, tmp_path: Path
) -> None:
    archive = tap_recipes.gaia(
        proxy.url,
        "survey",
        use=["features"],
        features={"from": "survey.vari_rrlyrae AS rrl"},
        stars_in_chunk=SURVEY_STARS,
    )
    store = fetched(tmp_path, archive)
    table = tap_server.tables["survey.vari_rrlyrae"]
    assert [asked.ids for asked in proxy.asked if asked.ids] == [frozenset(table["source_id"])]
    features = store.features()
    assert features is not None
    assert_frame_equal(
        features.select("source_id", "period"), table.select("source_id", period="pf")
    )


def test_a_limit_takes_the_first_stars(
    proxy: proxies.Proxy, tap_server: TapServer, tmp_path: Path
) -> None:
    store = fetched(tmp_path, tap_recipes.gaia(proxy.url, "survey"), "--limit", "100")
    table = tap_server.tables["survey.gaia_source"]
    assert store.stars()["source_id"].to_list() == table["source_id"].head(100).to_list()
    expected = tap_recipes.observations(tap_server, "survey").filter(
        pl.col("source_id") < table["source_id"][100]
    )
    curves = store.light_curves()
    assert curves is not None
    ordered = curves.select(expected.columns).sort(expected.columns)
    assert_frame_equal(ordered, expected.sort(expected.columns))
    assert max(len(asked.ids) for asked in proxy.asked) == 100


def test_a_second_fetch_asks_for_nothing(proxy: proxies.Proxy, tmp_path: Path) -> None:
    archive = tap_recipes.gaia(proxy.url)
    files = fetched(tmp_path, archive).files()
    proxy.asked.clear()
    assert fetched(tmp_path, archive).files() == files
    assert proxy.asked == []


def test_what_a_profile_of_ones_own_says_is_asked(tap_server: TapServer, tmp_path: Path) -> None:
    """A new release of an archive is a new file."""
    profile = f"""
        [archive]
        kind = "tap"
        survey = "Survey"
        service = {{ url = "{tap_server.url}", max_upload_rows = 1000 }}
        [archive.stars]
        from = "survey.vari_rrlyrae"
        cuts = ["pf BETWEEN 0.5 AND 0.501"]
        columns = {{ source_id = "source_id", period = "pf" }}
        [archive.light_curves]
        kind = "tap"
        from = "survey.epoch_photometry"
        [[archive.light_curves.forms]]
        kind = "arrays"
        columns = {{ source_id = "source_id" }}
        bands = {{ G = {{ time = "g_transit_time", mag = "g_transit_mag" }} }}
    """
    tmp_path.joinpath("release.toml").write_text(profile)
    store = fetched(tmp_path, {"kind": "tap", "profile": "release.toml"})
    chosen = tap_server.tables["survey.vari_rrlyrae"].filter(pl.col("pf").is_between(0.5, 0.501))
    assert store.stars()["source_id"].to_list() == chosen["source_id"].to_list()
    assert store.bands == ("G",)


def test_a_misspelt_column_is_told_with_those_that_the_service_has(
    proxy: proxies.Proxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it has is asked of its /tables."""
    archive = tap_recipes.gaia(proxy.url, stars={"where": "src.phot_g_mean_mg < 12"})
    assert main(["fetch", str(tap_recipes.write_recipe(tmp_path, archive))]) == 1
    assert "phot_g_mean_mag" in capsys.readouterr().err
    assert "/tap/tables/gaiadr3.gaia_source" in [asked.path for asked in proxy.asked]


def test_a_query_for_calibrators_is_kept_with_its_answer(
    tap_server: TapServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spectra = '"J/ApJ/920/33/spectra"'
    adql = f'SELECT ASAS, "[Fe/H]", "e_[Fe/H]", Shift FROM {spectra} WHERE Keep > 0'
    columns = {"archive_id": "ASAS", "feh": "[Fe/H]", "feh_error": "e_[Fe/H]", "shift": "Shift"}
    calibration = {"query": {"url": tap_server.url, "adql": adql}, "scale": "C21"}
    recipe = tap_recipes.write_recipe(
        tmp_path,
        tap_recipes.asas(tap_server.url, stars={"where": "asas_id < '000300'"}),
        calibration=calibration | {"columns": columns},
    )
    assert main(["fetch", str(recipe), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tables"] == 1
    (answer,) = tmp_path.glob("fetched/tables/*.vot")
    assert adql in answer.with_suffix(".adql").read_text()
    kept = tap_server.tables[spectra].filter(pl.col("Keep") > 0)
    assert sorted(parse_single_table(answer).array["[Fe/H]"]) == sorted(kept["[Fe/H]"])
