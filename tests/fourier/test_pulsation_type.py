"""Pulsation types from published limits, against the types that papers and simulations give."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rrcat.errors import FrameError
from rrcat.fourier import fit_light_curves
from rrcat.fourier.pulsation_type import DOUBTS, TYPE_COLUMNS, infer_pulsation_types
from rrcat.lightcurve import clean
from rrcat.simulate import simulate

RRAB = {
    "period": 0.57,
    "r21": 0.48,
    "phi21": 4.0,
    "peak_to_peak": 0.9,
    "rise_time": 0.16,
    "band": "V",
}
RRC = {
    "period": 0.32,
    "r21": 0.15,
    "phi21": 4.7,
    "peak_to_peak": 0.45,
    "rise_time": 0.42,
    "band": "V",
}


def infer_one(mag_error=None, **features):
    errors = None
    if mag_error is not None:
        errors = pl.DataFrame(
            {"source_id": [1], "band": [features["band"]], "mag_error": [mag_error]}
        )
    frame = pl.DataFrame({"source_id": [1], **{name: [v] for name, v in features.items()}})
    return infer_pulsation_types(frame, errors).row(0, named=True)


def median_errors(light_curves):
    kept, _ = clean(light_curves)
    return kept.group_by("source_id", "band").agg(pl.col("mag_error").median())


def agreement(types, truth):
    """Give the fraction of equal types, among all and among those not in doubt."""
    both = types.join(truth, on="source_id", how="inner", validate="1:1")
    assert both.height == truth.height
    same = (both["pulsation_type"] == both["true"]).fill_null(False)
    return same.mean(), same.filter(~both["pulsation_type_in_doubt"]).mean()


def test_types_of_large_magellanic_cloud_stars_agree(data_dir):
    """From period, A1, A2 and φ21 alone."""
    stars = pl.read_parquet(data_dir / "muraveva25_lmc" / "stars.parquet")
    features = stars.select(
        "source_id",
        band=pl.lit("G"),
        period="Period",
        a1="A1",
        a2="A2",
        phi21="Phi21",
        phi21_error="Phi21_error",
    )
    types = infer_pulsation_types(features)
    assert types.height == 9589
    of_all, of_sure = agreement(types, stars.select("source_id", true="Type"))
    assert of_all > 0.999
    assert of_sure > 0.9999
    assert types["pulsation_type_in_doubt"].mean() < 0.02


def test_types_of_asas_stars_agree(data_dir):
    """I band; Blazhko stars included."""
    folder = data_dir / "asas_i"
    stars = (
        pl.read_csv(folder / "spectroscopy.csv", infer_schema_length=None)
        .filter(pl.col("period").is_not_null(), pl.col("ID_ASAS").is_not_null())
        .unique("ID_ASAS", keep="first", maintain_order=True)
        .with_row_index("source_id")
        .select(
            pl.col("source_id").cast(pl.Int64),
            "period",
            asas_id="ID_ASAS",
            true=pl.col("type").str.extract("(RRab|RRc)"),
        )
    )
    light_curves = (
        pl.read_parquet(folder / "light_curves.parquet")
        .join(stars.select("source_id", "asas_id"), on="asas_id")
        .with_columns(band=pl.lit("I"))
    )
    features = fit_light_curves(light_curves, stars, ["I"])
    types = infer_pulsation_types(features, median_errors(light_curves))
    of_all, of_sure = agreement(types, stars.select("source_id", "true"))
    assert of_all >= 0.97
    assert of_sure == 1.0
    assert types["pulsation_type_in_doubt"].mean() < 0.15


def test_types_of_simulated_stars_agree_and_double_mode_stars_are_in_doubt():
    survey = simulate(800, seed=6, bands=("G",))
    truth = survey["truth"]
    features = fit_light_curves(survey["light_curves"], truth.select("source_id", "period"), ["G"])
    types = infer_pulsation_types(features, median_errors(survey["light_curves"]))
    assert types["source_id"].to_list() == truth["source_id"].to_list()
    regular = truth.filter(
        pl.col("kind").is_in(["RRab", "RRc"]), pl.col("difficulty").is_null(), ~pl.col("blazhko")
    )
    of_all, of_sure = agreement(types, regular.select("source_id", true="pulsation_type"))
    assert of_all > 0.99
    assert of_sure > 0.995
    double = types.join(truth.filter(kind="RRd"), on="source_id", how="semi")
    assert double["pulsation_type_in_doubt"].mean() > 0.7
    unseen = truth.filter(pl.col("difficulty") == "no light curve")
    nothing = types.join(unseen, on="source_id", how="semi")
    assert nothing.height == unseen.height > 0
    assert nothing["pulsation_type"].is_null().all()
    assert (nothing["pulsation_type_doubts"] == "no_fit").all()


@pytest.mark.parametrize(
    ("kind", "features"),
    [
        ("RRab", RRAB),
        ("RRc", RRC),
        ("RRab", {**RRAB, "period": 0.42}),
        ("RRc", {**RRC, "period": 0.42}),
    ],
)
def test_typical_stars_are_of_their_type_beyond_doubt(kind, features):
    star = infer_one(**features)
    assert star["pulsation_type"] == kind
    assert not star["pulsation_type_in_doubt"]
    assert star["pulsation_type_doubts"] is None


@pytest.mark.parametrize(
    ("what", "features"),
    [
        ("delta Scuti star", {**RRAB, "period": 0.12, "r21": 0.35}),
        ("asymmetric delta Scuti star", {**RRAB, "period": 0.22, "r21": 0.45}),
        ("Cepheid", {**RRAB, "period": 4.2}),
        ("sinusoid at a period of RRab", {**RRAB, "period": 0.62, "r21": 0.05}),
        (
            "eclipsing star at half its period",
            {**RRC, "phi21": 0.1, "phi21_error": 0.1, "r21_error": 0.02},
        ),
    ],
)
def test_stars_that_pulsate_otherwise_or_not_are_other(what, features):
    assert infer_one(**features)["pulsation_type"] == "other", what


@pytest.mark.parametrize(
    ("doubt", "features"),
    [
        ("near_limit", {**RRC, "period": 0.41, "r21": 0.29}),
        ("near_limit", {**RRC, "period": 0.41, "r21": 0.22, "r21_error": 0.06}),
        ("near_limit", {**RRAB, "period": 0.27}),
        ("rise_time", {**RRAB, "rise_time": 0.45}),
        ("rise_time", {**RRC, "rise_time": 0.12}),
        ("unusual_amplitude", {**RRC, "peak_to_peak": 0.95}),
        ("unusual_amplitude", {**RRAB, "peak_to_peak": 0.05}),
        ("excess_scatter", {**RRAB, "residual_scatter": 0.15, "mag_error": 0.02}),
        ("no_fit", {**RRAB, "r21": None}),
        ("no_fit", {**RRAB, "fit_status": "fit_failed"}),
        ("no_fit", {**RRAB, "period": float("nan")}),
    ],
)
def test_a_type_is_doubted_for_a_reason_that_is_given(doubt, features):
    star = infer_one(**features)
    assert star["pulsation_type_in_doubt"]
    assert doubt in star["pulsation_type_doubts"].split(",")
    assert set(star["pulsation_type_doubts"].split(",")) <= set(DOUBTS)


def test_amplitudes_are_judged_in_their_band():
    """0.6 mag is too much for an RRc in I, not in V."""
    assert not infer_one(**{**RRC, "peak_to_peak": 0.6})["pulsation_type_in_doubt"]
    in_i = infer_one(**{**RRC, "peak_to_peak": 0.6, "band": "I"})
    assert in_i["pulsation_type_doubts"] == "unusual_amplitude"


def test_scatter_that_the_errors_explain_raises_no_doubt():
    noisy = {**RRAB, "residual_scatter": 0.15}
    assert not infer_one(**noisy, mag_error=0.15)["pulsation_type_in_doubt"]
    assert not infer_one(**noisy)["pulsation_type_in_doubt"]


def test_phi21_near_two_pi_is_near_zero():
    turn = 2 * np.pi
    for phi21 in (0.2, turn - 0.2):
        star = infer_one(**{**RRC, "phi21": phi21, "phi21_error": 0.05, "r21_error": 0.02})
        assert star["pulsation_type"] == "other"


def test_of_several_bands_that_with_the_most_epochs_decides():
    both = pl.DataFrame(
        [
            {"source_id": 7, "n_epochs": 20, **RRC, "band": "B"},
            {"source_id": 7, "n_epochs": 80, **RRAB, "band": "V"},
            {"source_id": 3, "n_epochs": 90, **RRC, "r21": None, "band": "B"},
            {"source_id": 3, "n_epochs": 30, **RRC, "band": "V"},
        ]
    )
    types = infer_pulsation_types(both)
    assert types["source_id"].to_list() == [3, 7]
    assert types["pulsation_type"].to_list() == ["RRc", "RRab"]
    assert_frame_equal(infer_pulsation_types(both.reverse()), types)


def test_features_that_hold_nothing_give_no_type():
    types = infer_pulsation_types(pl.DataFrame({"source_id": [2, 1]}))
    assert dict(types.schema) == TYPE_COLUMNS
    assert types["source_id"].to_list() == [1, 2]
    assert types["pulsation_type"].is_null().all()
    assert types["pulsation_type_in_doubt"].all()


def test_features_without_source_id_are_refused():
    with pytest.raises(FrameError, match="source_id"):
        infer_pulsation_types(pl.DataFrame({"period": [0.5]}))
