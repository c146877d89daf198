import polars as pl
import pytest

from rrcat import schema
from rrcat.estimator import StarBatch
from rrcat.estimator.reasons import reasons, usable

BANDS = frozenset({"G", "I"})


def star(pulsation_type="RRab", period=0.5):
    return pl.DataFrame(
        {"source_id": [1], "pulsation_type": [pulsation_type], "period": [period]},
        schema_overrides={"pulsation_type": pl.String, "period": pl.Float64},
    )


def rows(*cells):
    frame = pl.DataFrame(
        [
            {"source_id": 1, "band": band, "fit_status": status, "period": period, "phi31": phi31}
            for band, status, period, phi31 in cells
        ],
        schema={
            "source_id": pl.Int64,
            "band": pl.String,
            "fit_status": pl.String,
            "period": pl.Float64,
            "phi31": pl.Float64,
        },
    )
    return schema.conform(frame, schema.load("features"))


def reason(stars, features, **changes):
    given = {
        "inputs": frozenset({"features"}),
        "pulsation_types": frozenset({"RRab", "RRc"}),
        "bands": BANDS,
        "needs": ("phi31",),
    } | changes
    return reasons(StarBatch(stars, features=features), **given)["status"].item()


GOOD = ("G", "ok", 0.5, 2.0)


@pytest.mark.parametrize(
    ("stars", "features", "why"),
    [
        (star(), rows(GOOD), "ok"),
        (star("RRd"), rows(GOOD), "unsupported_pulsation_type"),
        (star("other"), rows(), "unsupported_pulsation_type"),
        (star(), rows(), "no_light_curve"),
        (star(), rows(("G", "no_light_curve", None, None)), "no_light_curve"),
        (star(), rows(("V", "ok", 0.5, 2.0)), "unsupported_band"),
        (star(), rows(("G", "no_period", None, None)), "no_period"),
        (star(), rows(("G", "ok", None, 2.0)), "no_period"),
        (star(None), rows(GOOD), "no_pulsation_type"),
        (star(), rows(("G", "too_few_epochs", 0.5, None)), "too_few_epochs"),
        (star(), rows(("G", "fit_failed", 0.5, None)), "fit_failed"),
        (star(), rows(("G", "ok", 0.5, None)), "missing_features"),
    ],
)
def test_each_reason_is_found(stars, features, why):
    assert reason(stars, features) == why


@pytest.mark.parametrize(
    ("stars", "features", "why"),
    [
        (star("other", None), rows(), "unsupported_pulsation_type"),
        (star(None, None), rows(("G", "no_period", None, None)), "no_period"),
        (star(None), rows(("G", "fit_failed", 0.5, None)), "no_pulsation_type"),
        (star(None), rows(("V", "ok", 0.5, 2.0)), "unsupported_band"),
    ],
)
def test_of_several_reasons_the_first_of_the_written_order_is_given(stars, features, why):
    assert reason(stars, features) == why


def test_of_several_bands_the_one_that_got_furthest_speaks():
    both = rows(("G", "too_few_epochs", 0.5, None), ("I", "fit_failed", 0.5, None))
    assert reason(star(), both) == "fit_failed"
    assert reason(star(), rows(("G", "fit_failed", 0.5, None), ("I", "ok", 0.5, 2.0))) == "ok"


def test_a_band_of_no_concern_does_not_speak():
    both = rows(("G", "too_few_epochs", 0.5, None), ("V", "ok", 0.5, 2.0))
    assert reason(star(), both) == "too_few_epochs"


NOTHING_IN_G = ("G", "no_light_curve", None, None)
NOTHING_IN_V = ("V", "no_light_curve", None, None)


@pytest.mark.parametrize(
    ("features", "why"),
    [
        (rows(NOTHING_IN_V), "no_light_curve"),
        (rows(NOTHING_IN_G, NOTHING_IN_V), "no_light_curve"),
        (rows(NOTHING_IN_G, ("V", "ok", 0.5, 2.0)), "unsupported_band"),
        (rows(NOTHING_IN_V, ("G", "fit_failed", 0.5, None)), "fit_failed"),
    ],
)
def test_a_row_that_says_there_is_no_light_curve_counts_as_no_row(features, why):
    assert reason(star(), features) == why


def test_any_band_will_do_where_the_model_names_none():
    assert reason(star(), rows(("V", "ok", 0.5, 2.0)), bands=None) == "ok"


def test_a_model_of_light_curves_needs_observations_and_a_period():
    curves = schema.conform(
        pl.DataFrame({"source_id": [1], "band": ["G"], "time": [1.0], "mag": [15.0]}),
        schema.load("light_curves"),
    )

    def why(stars, light_curves):
        batch = StarBatch(stars, light_curves=light_curves)
        return reasons(
            batch,
            inputs=frozenset({"light_curves"}),
            pulsation_types=frozenset({"RRab"}),
            bands=BANDS,
            needs=(),
        )["status"].item()

    assert why(star(), curves) == "ok"
    assert why(star(), curves.clear()) == "no_light_curve"
    assert why(star(period=None), curves) == "no_period"
    assert why(star(), curves.with_columns(band=pl.lit("V"))) == "unsupported_band"


def test_a_model_of_two_tables_needs_both():
    curves = schema.conform(
        pl.DataFrame({"source_id": [1], "band": ["I"], "time": [1.0], "mag": [15.0]}),
        schema.load("light_curves"),
    )

    def why(features, light_curves):
        batch = StarBatch(star(), features=features, light_curves=light_curves)
        return reasons(
            batch,
            inputs=frozenset({"features", "light_curves"}),
            pulsation_types=frozenset({"RRab"}),
            bands=BANDS,
            needs=("phi31",),
        )["status"].item()

    assert why(rows(GOOD), curves) == "ok"
    assert why(rows(), curves) == "no_light_curve"
    assert why(rows(GOOD), curves.clear()) == "no_light_curve"
    assert why(rows(("V", "ok", 0.5, 2.0)), curves) == "unsupported_band"
    assert why(rows(("G", "fit_failed", 0.5, None)), curves) == "fit_failed"


def test_usable_keeps_stars_and_drops_rows_no_model_can_use():
    features = rows(
        GOOD, ("I", "ok", 0.5, None), ("Kp", "no_light_curve", None, None), ("V", "ok", 0.5, 2.0)
    )
    kept = usable(StarBatch(star(), features=features), BANDS | {"Kp"}, ("phi31",))
    assert kept.features["band"].to_list() == ["G"]
    assert kept.stars.height == 1


def sequence(*bands):
    frame = pl.DataFrame(
        [
            {"source_id": 1, "band": band, "period": 0.5, "n_points": 1, "mean_mag": 15.0}
            | {"phase": [0.5], "mag": [0.1]}
            for band in bands
        ],
        schema=schema.load("sequences").polars_schema,
    )
    return schema.conform(frame, schema.load("sequences"))


def of_sequences(sequences, features, **changes):
    given = {
        "inputs": frozenset({"sequences"}),
        "pulsation_types": frozenset({"RRab"}),
        "bands": BANDS,
        "needs": (),
    } | changes
    batch = StarBatch(star(period=None), features=features, sequences=sequences)
    return reasons(batch, **given)["status"].item()


@pytest.mark.parametrize(
    ("sequences", "features", "why"),
    [
        (sequence("G"), rows(GOOD), "ok"),
        (sequence("G"), None, "ok"),
        (sequence("G"), rows(), "ok"),
        (sequence("G"), rows(("G", "fit_failed", 0.5, None)), "ok"),
        (sequence("V"), rows(("V", "ok", 0.5, 2.0)), "unsupported_band"),
        (sequence("V"), rows(("G", "too_few_epochs", 0.5, None)), "too_few_epochs"),
        (sequence(), None, "no_light_curve"),
        (sequence(), rows(), "no_light_curve"),
        (sequence(), rows(("G", "no_light_curve", None, None)), "no_light_curve"),
        (sequence(), rows(GOOD), "no_light_curve"),
        (sequence(), rows(("V", "fit_failed", 0.5, None)), "unsupported_band"),
        (sequence(), rows(("G", "no_period", None, None)), "no_period"),
        (sequence(), rows(("G", "too_few_epochs", 0.5, None)), "too_few_epochs"),
        (sequence(), rows(("G", "fit_failed", 0.5, None)), "fit_failed"),
    ],
)
def test_the_features_say_why_there_is_no_sequence(sequences, features, why):
    assert of_sequences(sequences, features) == why


def test_who_reads_sequences_and_features_needs_both():
    both = frozenset({"sequences", "features"})
    assert of_sequences(sequence("G"), rows(GOOD), inputs=both) == "ok"
    assert of_sequences(sequence(), rows(GOOD), inputs=both) == "no_light_curve"
    assert of_sequences(sequence("G"), rows(), inputs=both) == "no_light_curve"
    lacking = rows(("G", "ok", 0.5, None))
    assert of_sequences(sequence("G"), lacking, inputs=both, needs=("phi31",)) == "missing_features"
