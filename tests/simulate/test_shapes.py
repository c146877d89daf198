import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from rrcat.harmonic import angular_difference
from rrcat.simulate.shapes import TYPES, draw_shapes, table
from rrcat.simulate.streams import Streams

DERIVATIONS = Path(__file__).resolve().parents[2] / "derivations"
N = 20_000


def drawn(kind, truth="curved", n=N):
    shapes = draw_shapes(kind, truth, Streams(5, np.arange(n)))
    possible = shapes.pop("possible")
    return {name: values[possible] for name, values in shapes.items()}, possible.mean()


def regression(shapes, terms):
    design = np.column_stack([np.ones(shapes["feh"].size), *terms])
    slopes = np.linalg.lstsq(design, shapes["feh"], rcond=None)[0]
    return slopes, shapes["feh"] - design @ slopes


@pytest.mark.parametrize("kind", TYPES)
def test_nearly_every_draw_is_a_star_that_there_can_be(kind):
    assert drawn(kind)[1] > 0.95


def test_rrab_are_like_those_of_the_galaxy():
    shapes, _ = drawn("RRab")
    assert np.median(shapes["period"]) == pytest.approx(0.55, abs=0.02)
    assert np.median(shapes["amplitudes"][:, 0]) == pytest.approx(0.26, abs=0.02)
    assert np.median(np.mod(shapes["phases"][:, 2], 2 * np.pi)) == pytest.approx(2.3, abs=0.1)
    assert shapes["feh"].mean() == pytest.approx(-1.45, abs=0.1)
    assert shapes["feh"].std() == pytest.approx(0.5, abs=0.06)
    # Long periods go with small amplitudes (Bailey).
    assert np.corrcoef(shapes["period"], shapes["amplitudes"][:, 0])[0, 1] < -0.4


@pytest.mark.parametrize("truth", ["linear", "curved"])
def test_relation_in_period_and_phi31_is_that_of_real_stars(truth):
    """Muraveva et al. (2025): −5.55 dex/d and 0.94 dex/rad; spectra scatter by about 0.2 dex."""
    shapes, _ = drawn("RRab", truth)
    phase = np.mod(shapes["phases"][:, 2] + 1.0, 2 * np.pi)
    slopes, rest = regression(shapes, [shapes["period"], phase])
    np.testing.assert_allclose(slopes[1:], [-5.6, 0.92], rtol=0.12)
    assert rest.std() == pytest.approx(0.21, abs=0.03)


def test_rrc_follow_the_published_relation_with_the_scatter_of_its_calibrators():
    shapes, _ = drawn("RRc", "linear")
    phase = np.mod(shapes["phases"][:, 2], 2 * np.pi)
    slopes, rest = regression(shapes, [shapes["period"], shapes["amplitudes"][:, 1], phase])
    np.testing.assert_allclose(slopes[1:], [-8.54, -9.34, 0.23], rtol=0.1)
    assert rest.std() == pytest.approx(0.18, abs=0.02)


def standard_terms(shapes):
    relation = table()["RRab"]["feh"]
    middle = np.array(relation["centre"][4:])[:, None]
    phases = middle + angular_difference(shapes["phases"][:, 1:3].T, middle)
    columns = [shapes["period"], *shapes["amplitudes"][:, :3].T, *phases]
    return [
        (column - centre) / width
        for column, centre, width in zip(
            columns, relation["centre"], relation["width"], strict=True
        )
    ]


def test_linear_truth_has_one_scatter_and_curved_truth_bends_and_scatters_unequally():
    rests, bends = {}, {}
    for truth in ("linear", "curved"):
        shapes, _ = drawn("RRab", truth, n=60_000)
        terms = standard_terms(shapes)
        products = [a * b for i, a in enumerate(terms) for b in terms[i:]]
        _, straight = regression(shapes, terms)
        _, rests[truth] = regression(shapes, [*terms, *products])
        bends[truth] = 1 - rests[truth].var() / straight.var()
        small = shapes["amplitudes"][:, 2] < np.median(shapes["amplitudes"][:, 2])
        bends[truth, "scatter"] = rests[truth][small].std() / rests[truth][~small].std()
    assert bends["linear"] < 0.01 < 0.1 < bends["curved"]
    assert bends["linear", "scatter"] == pytest.approx(1.0, abs=0.03)
    assert bends["curved", "scatter"] > 1.2
    core = {truth: 1.4826 * np.median(np.abs(r)) / r.std() for truth, r in rests.items()}
    assert core["linear"] == pytest.approx(1.0, abs=0.03)
    assert core["curved"] < 0.85  # wide tails


def test_rrc_have_a_fourth_harmonic_and_no_fifth():
    shapes, _ = drawn("RRc")
    ratio = shapes["amplitudes"][:, 3] / shapes["amplitudes"][:, 0]
    np.testing.assert_allclose(ratio, table()["RRc"]["tail"][0]["ratio"])
    assert (shapes["amplitudes"][:, 4:] == 0).all()


def test_a_star_does_not_depend_on_the_others():
    many = draw_shapes("RRab", "curved", Streams(5, np.arange(500)))
    few = draw_shapes("RRab", "curved", Streams(5, np.arange(100, 130)))
    for name, values in few.items():
        np.testing.assert_array_equal(values, many[name][100:130])


@pytest.mark.slow
def test_the_table_is_what_the_derivation_gives(data_dir, monkeypatch):
    pytest.importorskip("scipy")
    monkeypatch.syspath_prepend(DERIVATIONS)
    derivation = importlib.import_module("simulated_shapes")
    try:
        told = derivation.numbers(data_dir)
    finally:
        for name in ("simulated_shapes", "folded_curves", "mixtures", "relations"):
            sys.modules.pop(name, None)
    for kind in TYPES:
        weights = [each["weight"] for each in table()[kind]["component"]]
        found = [each["weight"] for each in told[kind]["component"]]
        np.testing.assert_allclose(found, weights, rtol=0.02)
        for truth in ("linear", "curved"):
            kept = table()[kind]["feh"][truth]["coefficients"]
            np.testing.assert_allclose(told[kind]["feh"][truth]["coefficients"], kept, atol=0.02)
