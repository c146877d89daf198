import pytest

from rrcat.testing.case import N_ASKED, N_TRAINING, Broken, build_case


def test_the_model_has_never_seen_the_stars_it_is_asked_for(toy):
    case = build_case(toy(), {})
    known = set(case.training[0].stars["source_id"])
    asked = set(case.asked.stars["source_id"])
    assert known.isdisjoint(asked)
    assert (len(known), len(asked)) == (N_TRAINING, N_ASKED)


def test_the_stars_hold_only_what_the_estimator_reads(toy):
    assert set(build_case(toy(), {}).asked.frames()) == {"stars", "features"}


def test_a_band_that_only_the_estimator_knows_is_made_for_it(toy):
    case = build_case(toy(bands=frozenset({"W1"})), {})
    assert "W1" in case.asked.features["band"].to_list()


def test_predictions_are_put_beside_the_truth(toy):
    good = build_case(toy(), {}).with_truth()
    assert good["true"].null_count() == 0
    assert set(good["status"]) == {"ok"}


def test_a_spec_that_is_not_sound_is_no_case(toy):
    with pytest.raises(Broken, match="api 7"):
        build_case(toy(api=7), {})
