import numpy as np
import polars as pl
import pytest
from rrcat_relations.estimator import LiteratureRelations
from rrcat_relations.plugin import SPEC
from rrcat_relations.relations import published

from rrcat.errors import RecipeError
from rrcat.estimator import StarBatch, load_bundle, save_bundle
from rrcat.estimator.registry import discover
from rrcat.testing import assert_conforms


def batch(*rows, pulsation_type="RRab"):
    """One star with a row of features in each band given, phi31 in the cosine form."""
    common = {
        "source_id": 1,
        "fit_status": "ok",
        "period": 0.55,
        "a1": 0.2,
        "a2": 0.1,
        "phi31": 2.4,
        "phi31_error": 0.05,
    }
    return StarBatch(
        pl.DataFrame({"source_id": [1], "pulsation_type": [pulsation_type]}),
        features=pl.DataFrame(
            [common | row for row in rows],
            schema_overrides={"phi31": pl.Float64, "phi31_error": pl.Float64, "a2": pl.Float64},
        ),
    )


def predict(stars, **params):
    return LiteratureRelations(params).fit().predict(stars).row(0, named=True)


def test_the_contract_is_kept():
    assert_conforms(SPEC)


@pytest.mark.parametrize(
    "params",
    [
        {"relations": ["iorio21", "jurcsik96"], "scale": "ZW84"},
        {"relations": ["smolec05", "jurcsik96", "iorio21"], "scale": "C09"},
    ],
)
def test_the_contract_is_kept_by_other_relations_too(params):
    assert_conforms(SPEC, params)


def test_by_default_a_relation_on_the_crestani_scale_is_used_in_g_and_i():
    model = LiteratureRelations().fit()
    assert model.scale == "C21"
    assert model.bands == {"G", "I"}
    assert {r.status for r in model.relations} == {"seen", "computed"}
    assert predict(batch({"band": "G"}))["variant"] == "muraveva25:RRab:G"
    assert predict(batch({"band": "I"}))["variant"] == "dekany21:RRab:I"
    assert predict(batch({"band": "V"}))["status"] == "unsupported_band"


def test_the_papers_of_the_relations_are_to_be_cited():
    muraveva, dekany = LiteratureRelations().fit().reference
    assert "Muraveva et al. 2025" in muraveva
    assert "Dékány" in dekany


def test_the_first_relation_of_the_list_is_used():
    both = batch({"band": "G"}, {"band": "I"})
    assert predict(both)["variant"] == "muraveva25:RRab:G"
    assert predict(both, relations=["dekany21", "muraveva25"])["variant"] == "dekany21:RRab:I"


def test_a_later_relation_is_used_where_the_first_lacks_an_input():
    stars = batch({"band": "G", "phi31": None}, {"band": "I"})
    assert predict(stars)["variant"] == "dekany21:RRab:I"


def test_an_input_that_is_missing_everywhere_is_the_reason():
    assert predict(batch({"band": "G", "phi31": None}))["status"] == "missing_features"
    assert predict(batch({"band": "I", "a2": None}))["status"] == "missing_features"
    assert predict(batch({"band": "G", "a2": None}))["status"] == "ok"


def test_a_phase_that_is_hardly_known_gives_no_value():
    vague = batch({"band": "G", "phi31_error": 3.2})
    got = predict(vague)
    assert (got["status"], got["feh"]) == ("uncertain_features", None)
    assert predict(vague, max_phi31_error=4.0)["status"] == "ok"
    assert predict(batch({"band": "G", "phi31_error": 3.1}))["status"] == "ok"
    assert predict(batch({"band": "G", "phi31_error": None}))["status"] == "ok"


def test_a_later_relation_is_used_where_the_first_has_a_vague_phase():
    vague = {"band": "G", "phi31_error": 3.2}
    assert predict(batch(vague, {"band": "I"}))["variant"] == "dekany21:RRab:I"
    nothing = {"band": "I", "phi31": None}
    assert predict(batch(vague, nothing))["status"] == "uncertain_features"


def test_a_period_outside_the_range_of_the_calibrators_keeps_its_value_and_is_marked():
    got = predict(batch({"band": "G", "period": 0.0725}))
    assert (got["status"], got["extrapolated"]) == ("ok", True)
    assert got["feh"] is not None


def test_a_type_without_relation_is_the_reason():
    rrc = batch({"band": "V", "period": 0.3}, pulsation_type="RRc")
    assert predict(rrc, relations=["jurcsik96"])["status"] == "unsupported_pulsation_type"


def test_a_band_without_relation_for_the_type_is_the_reason():
    rrc = batch({"band": "V", "period": 0.3}, pulsation_type="RRc")
    got = predict(rrc, relations=["jurcsik96", "iorio21"], scale="ZW84")
    assert got["status"] == "unsupported_band"


def test_percentiles_lie_one_error_away():
    got = predict(batch({"band": "G"}))
    assert got["feh_p16"] == pytest.approx(got["feh"] - got["feh_error"])
    assert got["feh_p84"] == pytest.approx(got["feh"] + got["feh_error"])


def test_the_period_of_the_fit_is_used_not_that_of_the_archive():
    stars = batch({"band": "G"})
    other = StarBatch(stars.stars.with_columns(period=pl.lit(0.9)), features=stars.features)
    assert predict(other)["feh"] == predict(stars)["feh"]


def test_an_rrc_near_the_wrap_has_no_jump():
    # phi31 (sine form) of 6.28 and 0.02 are neighbours; the cosine form adds half a turn.
    below, above = (
        predict(
            batch(
                {
                    "band": "I",
                    "period": 0.3,
                    "a1": 0.13,
                    "a2": 0.02,
                    "phi31": (sine + np.pi) % (2 * np.pi),
                },
                pulsation_type="RRc",
            )
        )["feh"]
        for sine in (2 * np.pi - 0.01, 0.01)
    )
    assert above - below == pytest.approx(0.325 * 0.02, abs=1e-9)


def test_values_are_converted_to_the_scale_asked_for():
    own = predict(batch({"band": "V"}), relations=["jurcsik96"])
    there = predict(batch({"band": "V"}), relations=["jurcsik96"], scale="ZW84")
    assert there["feh"] == pytest.approx(1.028 * own["feh"] - 0.242)
    assert there["feh_error"] == pytest.approx(1.028 * own["feh_error"])


def test_relations_on_several_scales_need_one_to_be_named():
    with pytest.raises(RecipeError, match="several metallicity scales: C21, J95"):
        LiteratureRelations({"relations": ["dekany21", "smolec05"]}).fit()


def test_a_scale_that_cannot_be_reached_is_refused_before_any_star_is_seen():
    with pytest.raises(RecipeError, match="no conversion is known from the scale J95 to C21"):
        LiteratureRelations({"relations": ["smolec05"], "scale": "C21"}).fit()


@pytest.mark.parametrize("relations", [[], ["dekany22"], ["dekany21", "dekany21"]])
def test_a_wrong_list_of_relations_is_refused(relations):
    with pytest.raises(RecipeError, match="'relations'"):
        LiteratureRelations({"relations": relations})


def test_an_absurd_period_gives_a_reason_and_not_an_absurd_metallicity():
    got = predict(batch({"band": "G", "period": 5.0}))
    assert (got["status"], got["feh"]) == ("estimator_failed", None)


def test_a_bundle_keeps_the_relations_it_was_made_with(tmp_path, monkeypatch):
    model = LiteratureRelations().fit()
    save_bundle(
        model,
        tmp_path / "bundle",
        golden=batch({"band": "G"}),
        seed=0,
        settings={},
        training_set_sha256="",
        metrics={},
    )
    loaded = load_bundle(tmp_path / "bundle", discover())
    assert loaded.params == model.params
    assert loaded.relations == tuple(
        r for name in ("muraveva25", "dekany21") for r in published() if r.name == name
    )
