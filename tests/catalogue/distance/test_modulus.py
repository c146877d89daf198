"""Distance moduli and their errors: laws, limits, and what a star without one is told."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rrcat.catalogue.distance import DistanceSection, with_distances, without_distances
from rrcat.catalogue.distance.modulus import (
    VALUES,
    WORDS,
    _kiloparsecs,
    quadrature,
    quantities,
    random_errors,
    systematic_errors,
)
from rrcat.schema import load

BANDS = ("G", "BP", "RP")
RELATIONS = ("muraveva18", "garofalo22-wesenheit")
EBV = ({"kind": "ebv", "system": "SF11"},)
DEFAULTS = {
    "pulsation_type": "RRab",
    "period": 0.55,
    "period_error": 1e-6,
    "feh": -1.5,
    "feh_error": 0.2,
    "ra": 10.0,
    "dec": -20.0,
    "ebv": 0.1,
    "ebv_error": 0.01,
    "g_absorption": 0.274,
    "g_absorption_error": 0.02,
    "G": 15.5,
    "BP": 15.8,
    "RP": 15.1,
}
TYPES = {"pulsation_type": pl.String} | dict.fromkeys(
    [name for name in DEFAULTS if name != "pulsation_type"], pl.Float64
)


def stars(**columns):
    n = max((len(column) for column in columns.values()), default=1)
    cells = {name: columns.get(name, [value] * n) for name, value in DEFAULTS.items()}
    return pl.DataFrame(cells, schema=TYPES).with_row_index("source_id").cast({"source_id": int})


def made(frame, relation="muraveva18", extinction=EBV, mag_error=0.01, **keys):
    section = DistanceSection(relation=relation, extinction=extinction, **keys)
    scale = "ZW84"
    features = pl.concat(
        frame.select("source_id", band=pl.lit(band), int_average_mag=band).with_columns(
            int_average_mag_error=pl.when(pl.col("int_average_mag").is_not_null()).then(mag_error)
        )
        for band in BANDS
    )
    rows = frame.drop(BANDS)
    return with_distances(rows, section, features=features, scale=scale, folder=None)


def row(relation="muraveva18", extinction=EBV, keys=None, **cells):
    frame = stars(**{name: [value] for name, value in cells.items()})
    return made(frame, relation, extinction, **keys or {}).row(0, named=True)


def test_a_modulus_is_magnitude_less_extinction_less_absolute_magnitude():
    found = row()
    assert found["absorption"] == pytest.approx(0.274)
    assert found["absolute_mag"] == pytest.approx(0.63)
    assert found["distance_modulus"] == pytest.approx(15.5 - 0.274 - 0.63)
    assert found["distance_p50"] == pytest.approx(10 ** ((15.5 - 0.274 - 0.63) / 5 - 2))
    assert (found["distance_status"], found["distance_relation"]) == ("ok", "muraveva18")


def test_without_extinction_nothing_is_taken_off():
    found = row(extinction=(), ebv=None)
    assert found["distance_modulus"] == pytest.approx(15.5 - 0.63)
    assert (found["absorption"], found["ebv"], found["ebv_source"]) == (0.0, None, None)
    assert found["distance_status"] == "ok"


@pytest.mark.parametrize("relation", RELATIONS)
@settings(max_examples=20)
@given(
    magnitudes=arrays(float, 8, elements=st.floats(8.0, 20.0)),
    factor=st.floats(0.5, 100.0),
)
def test_the_modulus_grows_by_five_when_the_distance_grows_by_ten(relation, magnitudes, factor):
    fainter = 5.0 * np.log10(factor)
    near = made(stars(G=magnitudes, BP=magnitudes + 0.3, RP=magnitudes - 0.4), relation)
    far = {"G": magnitudes, "BP": magnitudes + 0.3, "RP": magnitudes - 0.4}
    far = made(stars(**{band: mag + fainter for band, mag in far.items()}), relation)
    step = (far["distance_modulus"] - near["distance_modulus"]).drop_nulls().to_numpy()
    np.testing.assert_allclose(step, fainter, atol=1e-9)
    ratio = (far["distance_p50"] / near["distance_p50"]).drop_nulls().to_numpy()
    np.testing.assert_allclose(ratio, factor, rtol=1e-9)


@pytest.mark.parametrize("relation", RELATIONS)
@settings(max_examples=20)
@given(feh=arrays(float, 6, elements=st.floats(-3.0, 0.5), unique=True))
def test_the_more_metals_the_nearer(relation, feh):
    feh = np.sort(feh)
    step = np.diff(made(stars(feh=feh), relation)["distance_modulus"].to_numpy())
    assert (step[np.diff(feh) > 1e-9] < 0).all()


def test_first_overtones_are_taken_at_their_fundamental_period():
    overtone = row("garofalo22-wesenheit", pulsation_type="RRc", period=0.30)
    fundamental = row("garofalo22-wesenheit", period=0.30 * 10**0.127)
    for name in ("distance_modulus", "distance_modulus_error", "distance_modulus_syst"):
        assert overtone[name] == pytest.approx(fundamental[name], rel=1e-6)


def test_a_relation_without_period_does_not_ask_for_one():
    assert row(period=None)["distance_status"] == "ok"
    assert row(period=0.3)["distance_modulus"] == row(period=0.8)["distance_modulus"]


def test_a_wesenheit_magnitude_loses_a_fifth_of_the_reddening():
    found = row("garofalo22-wesenheit", ebv=1.0)
    assert found["absorption"] == pytest.approx(0.196, abs=1e-3)
    reddened = {
        band: r + DEFAULTS[band] for band, r in zip(BANDS, (2.740, 3.374, 2.035), strict=True)
    }
    without = row("garofalo22-wesenheit", ebv=0.0)
    behind = row("garofalo22-wesenheit", ebv=1.0, **reddened)
    assert behind["distance_modulus"] == pytest.approx(without["distance_modulus"])


@pytest.mark.parametrize(
    ("cells", "relation", "reason"),
    [
        ({"feh": None}, "muraveva18", "no_feh"),
        ({"pulsation_type": None}, "muraveva18", "no_pulsation_type"),
        ({"pulsation_type": "RRd"}, "muraveva18", "unsupported_pulsation_type"),
        ({"G": None}, "muraveva18", "no_magnitude"),
        ({"G": 0.03}, "muraveva18", "uncalibrated_magnitude"),
        ({"RP": None}, "garofalo22-wesenheit", "no_magnitude"),
        ({"RP": -0.2}, "garofalo22-wesenheit", "uncalibrated_magnitude"),
        ({"period": None}, "garofalo22-wesenheit", "no_period"),
        ({"ebv": None}, "muraveva18", "no_extinction"),
    ],
)
def test_a_star_without_distance_has_the_reason_and_no_number(cells, relation, reason):
    frame = stars(**{name: [value, DEFAULTS[name]] for name, value in cells.items()})
    lacking, whole = made(frame, relation).to_dicts()
    assert lacking["distance_status"] == reason
    assert reason in load("rrl_metallicity")["distance_status"].values
    assert all(lacking[name] is None for name in (*VALUES, "distance_relation"))
    assert whole["distance_status"] == "ok"


def test_an_unknown_error_of_metallicity_leaves_the_distance_without_one():
    found = row(feh_error=None)
    assert found["distance_p50"] is not None
    assert found["distance_modulus_error"] is None
    assert found["distance_p16"] is None


def test_a_distance_outside_the_calibrators_is_told():
    assert row()["distance_extrapolated"] is False
    assert row(feh=-2.9)["distance_extrapolated"] is True
    assert row(period=1.2)["distance_extrapolated"] is True
    # 0.20 d is short for a fundamental mode, and usual for the first overtone of 0.27 d.
    assert row(period=0.20)["distance_extrapolated"] is True
    assert row(period=0.20, pulsation_type="RRc")["distance_extrapolated"] is False


@pytest.mark.parametrize("relation", RELATIONS)
def test_errors_are_those_of_repeated_measurements(relation):
    n, rng = 200_000, np.random.default_rng(1)
    known = row(relation, keys={"mag_error": 0.02, "scatter": 0.08}, period_error=0.01)
    drawn = {
        "feh": -1.5 + 0.2 * rng.normal(size=n),
        "period": 0.55 + 0.01 * rng.normal(size=n),
        "ebv": 0.1 + 0.01 * rng.normal(size=n),
        **{band: DEFAULTS[band] + 0.02 * rng.normal(size=n) for band in BANDS},
    }
    moduli = made(stars(**drawn), relation)["distance_modulus"].to_numpy()
    moduli = moduli + 0.08 * rng.normal(size=n)
    assert moduli.std() == pytest.approx(known["distance_modulus_error"], rel=0.01)
    distances = 10 ** (moduli / 5 - 2)
    p16, p84 = np.percentile(distances, [16, 84])
    assert known["distance_p16"] == pytest.approx(p16, rel=0.002)
    assert known["distance_p84"] == pytest.approx(p84, rel=0.002)


def test_the_parts_of_the_errors_add_up():
    section = DistanceSection(relation="muraveva18", extinction=EBV)
    inputs = quantities(section.published, "C21")
    frame = stars().with_columns(mag_error=pl.lit(0.01), ebv_syst=pl.lit(0.014))
    parts = random_errors(section.published, inputs, dusty=True)
    shared = systematic_errors(section, "C21", inputs, dusty=True)
    assert set(parts) == {"magnitude", "feh", "scatter", "extinction"}
    assert frame.select(**parts).row(0) == pytest.approx((0.01, 0.064, 0.17, 0.0274))
    assert frame.select(**shared).row(0, named=True) == pytest.approx(
        {
            "relation": (0.06**2 + (0.04 * 0.1) ** 2) ** 0.5,
            "scale": 0.32 * 0.14,
            "zero_point": 0.01,
            "ebv_system": 2.740 * 0.014,
        }
    )
    total = frame.select(quadrature(parts)).item()
    assert total == pytest.approx((0.01**2 + 0.064**2 + 0.17**2 + 0.0274**2) ** 0.5)


@pytest.mark.parametrize("relation", RELATIONS)
def test_another_system_of_reddening_shifts_the_modulus_by_what_was_said(relation):
    right, wrong = (
        row(relation, ({"kind": "ebv", "system": system},), ebv=0.5) for system in ("SF11", "SFD")
    )
    shift = abs(right["distance_modulus"] - wrong["distance_modulus"])
    dustless = row(relation, ({"kind": "ebv", "system": "SF11"},), ebv=0.0)
    for told in (right, wrong):
        of_system = told["distance_modulus_syst"] ** 2 - dustless["distance_modulus_syst"] ** 2
        assert of_system**0.5 == pytest.approx(shift)


def test_a_scale_that_no_conversion_joins_is_a_systematic_error_and_no_shift():
    section = DistanceSection(relation="muraveva18", extinction=())
    features = pl.DataFrame(
        {
            "source_id": [0],
            "band": ["G"],
            "int_average_mag": [15.0],
            "int_average_mag_error": [0.01],
        }
    )
    rows = stars().drop(BANDS)
    own, other = (
        with_distances(rows, section, features=features, scale=scale, folder=None)
        for scale in ("ZW84", "C21")
    )
    assert own["distance_modulus"].equals(other["distance_modulus"])
    more = other["distance_modulus_syst"][0] ** 2 - own["distance_modulus_syst"][0] ** 2
    assert more == pytest.approx((0.32 * 0.14) ** 2)
    converted = with_distances(rows, section, features=features, scale="C09", folder=None)
    feh = (-1.5 - 0.160) / 1.105
    assert converted["absolute_mag"][0] == pytest.approx(0.32 * feh + 1.11)


@settings(max_examples=10)
@given(st.permutations(range(6)))
def test_a_star_does_not_depend_on_the_others(order):
    frame = stars(feh=np.linspace(-2.5, -0.5, 6), G=np.linspace(12.0, 18.0, 6))
    whole = made(frame)
    assert made(frame[order]).sort("source_id").equals(whole)
    assert pl.concat([made(frame[:2]), made(frame[2:])]).equals(whole)


def test_one_row_alone_has_the_distance_it_has_among_others():
    modulus = np.random.default_rng(0).normal(15.0, 1.0, 50)
    rows = pl.DataFrame({"distance_modulus": modulus, "distance_modulus_error": 0.1 * modulus})
    for deviations in (0.0, 1.0):
        kiloparsecs = rows.select(_kiloparsecs(deviations))
        alone = pl.concat([row.select(_kiloparsecs(deviations)) for row in rows.iter_slices(1)])
        assert alone.equals(kiloparsecs)


def test_without_the_section_all_columns_are_null():
    found = without_distances(stars().drop(BANDS))
    assert all(found[name].null_count() == 1 for name in (*VALUES, *WORDS, "distance_extrapolated"))
    assert set(made(stars()).columns) == set(found.columns)
