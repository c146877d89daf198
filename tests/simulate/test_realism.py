"""Simulated light curves pass for real ones; benchmarks/simulation.py measures it on all stars."""

import importlib
import sys
from pathlib import Path

import polars as pl
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def compare():
    pytest.importorskip("xgboost")
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield importlib.import_module("simulation")
    finally:
        sys.path.remove(str(BENCHMARKS))
        for name in ("simulation", "run"):
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def real(compare, data_dir):
    return compare.real_rrab(data_dir, n_stars=800)


@pytest.fixture(scope="module")
def simulated(compare, real):
    return compare.simulated_rrab(real, "curved", seed=4)


def test_a_classifier_hardly_tells_simulated_rrab_from_real_ones(compare, real, simulated):
    sampled = compare.alike(simulated, real, ["mag", "n"])
    assert compare.separation(real, sampled, compare.EVERY) <= compare.LIMIT_AUC


def test_a_classifier_hardly_tells_simulated_rrc_from_real_ones(compare, data_dir):
    cloud = compare.real_rrc(data_dir)
    sampled = compare.alike(compare.simulated_rrc(6_000, seed=4), cloud, ["a1_error"])
    assert compare.separation(cloud, sampled, compare.PUBLISHED) <= compare.LIMIT_AUC


def test_the_classifier_tells_stars_that_differ(compare, real, simulated):
    sampled = compare.alike(simulated, real, ["mag", "n"])
    other = sampled.with_columns(pl.col("phi31") + 0.5)
    assert compare.separation(real, other, compare.PUBLISHED) > compare.LIMIT_AUC


def test_a_relation_errs_on_simulated_stars_by_as_much_as_on_real_ones(compare, real, simulated):
    labelled = real.filter(pl.col("feh").is_not_null())
    sampled = compare.alike(simulated, labelled, ["mag", "n", "largest_gap", "phi31_error"])
    error = compare.rmse_of_line(sampled) / compare.rmse_of_line(labelled)
    assert abs(error - 1) <= compare.LIMIT_RMSE
