"""Points of stars as arrays, and the numbers that networks read of them."""

import json

import numpy as np
import polars as pl
import pytest
from rrcat_keras.points import Points, Representation, learn_representation, points

from rrcat import schema

MANY = 16


def rows(*curves: dict) -> pl.DataFrame:
    """Give sequences, each of which says only what it is about."""
    full = []
    for number, curve in enumerate(curves):
        n = len(curve["phase"])
        plain = {"source_id": number, "band": "G", "period": 0.5, "mean_mag": 15.0, "n_points": n}
        full.append(plain | {"mag": [0.1] * n, "mag_error": None} | curve)
    return schema.conform(pl.DataFrame(full), schema.load("sequences"))


def given(frame: pl.DataFrame, bands=("G",), max_points=MANY, ids=None) -> Points:
    ids = frame["source_id"].unique().sort() if ids is None else pl.Series("source_id", ids)
    return points(frame, ids, bands, max_points)


def test_points_stand_in_the_order_of_phase_and_the_rest_of_the_row_is_nothing():
    star = given(rows({"phase": [0.1, 0.4, 0.9], "mag": [0.3, -0.2, 0.1]}))
    np.testing.assert_allclose(star.phase[0, :3], [0.1, 0.4, 0.9], rtol=1e-6)
    np.testing.assert_allclose(star.mag[0, :3], [0.3, -0.2, 0.1], rtol=1e-6)
    assert star.count[0].tolist() == [1.0] * 3 + [0.0] * (MANY - 3)
    assert not star.mag[0, 3:].any()
    assert star.observations.tolist() == [3.0]


def test_of_more_points_than_there_is_room_for_neighbours_are_averaged():
    phase = np.linspace(0.0, 0.96, 37).astype(np.float32)
    mag = np.arange(37, dtype=np.float32)
    star = given(rows({"phase": phase.tolist(), "mag": mag.tolist()}))
    groups = np.split(mag.astype(float), [37 * i // MANY for i in range(1, MANY)])
    assert star.count[0].tolist() == [len(group) for group in groups]
    np.testing.assert_allclose(star.mag[0], [group.mean() for group in groups])
    assert star.observations[0] == 37


def test_the_error_of_a_mean_is_that_of_independent_observations():
    star = given(
        rows({"phase": np.linspace(0, 0.9, 2 * MANY).tolist(), "mag_error": [0.02] * 2 * MANY})
    )
    np.testing.assert_allclose(star.error[0], 0.02 / np.sqrt(2.0), rtol=1e-6)


def test_unknown_errors_stay_unknown_beside_known_ones():
    star = given(rows({"phase": [0.1, 0.2], "mag_error": [0.01, 0.02]}, {"phase": [0.3]}))
    np.testing.assert_allclose(star.error[0, :2], [0.01, 0.02], rtol=1e-6)
    assert np.isnan(star.error[1, 0])


@pytest.mark.parametrize(
    ("phase", "gap"),
    [([0.1, 0.2, 0.7], 0.5), ([0.4, 0.5, 0.6], 0.8), ([0.25, 0.25, 0.25], 1.0), ([0.3], 1.0)],
)
def test_the_largest_gap_goes_round_the_cycle(phase, gap):
    assert given(rows({"phase": phase})).gap[0] == pytest.approx(gap, abs=1e-6)


def test_a_star_without_a_sequence_has_a_row_of_nothing():
    star = given(rows({"phase": [0.1, 0.5]}), ids=[0, 7])
    assert star.count.sum(axis=1).tolist() == [2.0, 0.0]
    assert np.isnan(star.period).tolist() == [False, True]
    nothing = given(rows({"phase": [0.1]}).clear(), ids=[7])
    assert nothing.count.sum() == 0.0


def test_bands_stand_together_in_the_order_of_phase():
    two = rows(
        {"source_id": 3, "band": "G", "phase": [0.2, 0.6]},
        {"source_id": 3, "band": "V", "phase": [0.4]},
    )
    star = given(two, bands=("V", "G"), max_points=8)
    assert star.phase.shape == (1, 16)
    np.testing.assert_allclose(star.phase[0, :3], [0.2, 0.4, 0.6], rtol=1e-6)
    assert star.band[0, :3].tolist() == [1, 0, 1]
    assert given(two, bands=("V",)).observations[0] == 1.0


def test_a_star_has_the_same_bits_whoever_is_beside_it():
    rng = np.random.default_rng(0)
    frame = rows(
        *(
            {"phase": np.sort(rng.random(n)).tolist(), "mag": rng.normal(size=n).tolist()}
            for n in rng.integers(5, 60, 30)
        )
    )
    together = given(frame)
    for star in (0, 11, 29):
        alone = given(frame, ids=[star])
        for name in ("phase", "mag", "count"):
            assert np.array_equal(getattr(alone, name)[0], getattr(together, name)[star])


def learned(frame: pl.DataFrame, bands=("G",)) -> tuple[Representation, Points]:
    stars = given(frame, bands)
    return learn_representation(stars, bands, MANY), stars


def test_unknown_errors_are_read_as_usual_ones():
    frame = rows(
        {"phase": [0.1, 0.2], "mag_error": [0.01, 0.02]},
        {"phase": [0.1, 0.5], "mag_error": [0.05, 0.1]},
        {"phase": [0.3, 0.4]},
    )
    representation, stars = learned(frame)
    read = representation.inputs(stars)["error"]
    assert read[0, 0] < 0.0 < read[1, 1]
    assert not read[2].any()


def test_errors_are_not_read_where_no_star_has_any():
    representation, stars = learned(rows({"phase": [0.1, 0.2]}, {"phase": [0.3]}))
    assert representation.error is None
    assert "error" not in representation.inputs(stars)


def test_nearly_equal_errors_are_not_told_further_apart_than_makes_sense():
    frame = rows(*({"phase": [0.1, 0.2], "mag_error": [0.01, 0.0101]} for _ in range(3)))
    representation, _ = learned(frame)
    other = given(rows({"phase": [0.1, 0.2], "mag_error": [0.012, 0.012]}))
    read = representation.inputs(other)["error"][0, 0]
    assert read == pytest.approx(np.log(0.012 / np.sqrt(0.01 * 0.0101)) / 0.3, rel=1e-4)


def test_a_band_is_told_where_there_are_several():
    frame = rows({"phase": [0.1]}, {"band": "V", "phase": [0.2]})
    one, _ = learned(frame.filter(pl.col("band") == "G"))
    assert "band" not in one.inputs(given(frame))
    both, stars = learned(frame, ("G", "V"))
    band = both.inputs(stars)["band"]
    assert band.shape == (2, 2 * MANY, 2)
    assert band[:, 0].tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert not band[:, 1:].any()


def test_a_representation_survives_being_written():
    frame = rows({"phase": [0.1, 0.7], "mag_error": [0.01, 0.02]}, {"phase": [0.3], "period": 0.6})
    representation, stars = learned(frame)
    again = Representation.from_plain(json.loads(json.dumps(representation.as_plain())))
    for name, values in representation.inputs(stars).items():
        assert np.array_equal(again.inputs(stars)[name], values)
