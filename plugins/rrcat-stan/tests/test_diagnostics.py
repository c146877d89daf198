from dataclasses import replace

import numpy as np
import pytest
from rrcat_stan.diagnostics import Diagnostics, diagnose, faults

GOOD = Diagnostics(chains=4, draws=1000, divergences=0, deep=0, rhat=1.002, ess=1500.0, bfmi=0.9)


def chains(n_chains=4, n_draws=500, *, seed=0):
    return np.random.default_rng(seed).normal(size=(n_chains, n_draws))


def columns(energy, divergent=0, depth=3):
    shape = energy.T.shape
    told = np.zeros(shape)
    told.flat[:divergent] = 1.0
    return {"energy__": energy.T, "divergent__": told, "treedepth__": np.full(shape, float(depth))}


def test_chains_that_agree_can_be_trusted():
    values = {"alpha": chains(), "beta": chains(seed=1)[:, :, np.newaxis]}
    found = diagnose(values, columns(chains(seed=2)), 10)
    assert faults(found) == []
    assert found.ess > 1000
    assert found.rhat == pytest.approx(1.0, abs=0.01)


def test_what_cannot_vary_is_not_asked():
    corner = np.ones((4, 500, 1, 1))
    assert faults(diagnose({"alpha": chains(), "corr": corner}, columns(chains(seed=2)), 10)) == []


def test_a_chain_elsewhere_is_seen():
    apart = chains()
    apart[0] += 1.0
    assert "R-hat" in " ".join(faults(diagnose({"alpha": apart}, columns(chains(seed=2)), 10)))


def test_chains_that_creep_are_seen():
    walk = np.cumsum(0.05 * chains(), axis=1)
    assert any("effective" in f for f in faults(diagnose({"a": walk}, columns(chains()), 10)))


def test_energy_that_creeps_is_seen():
    energy = np.cumsum(chains(seed=4), axis=1)
    assert any(
        "E-BFMI" in fault for fault in faults(diagnose({"a": chains()}, columns(energy), 10))
    )


def test_divergent_and_cut_trajectories_are_counted():
    found = diagnose({"a": chains()}, columns(chains(seed=2), divergent=3, depth=10), 10)
    assert found.divergences == 3
    assert found.deep == 2000
    assert len(faults(found)) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"divergences": 1},
        {"deep": 1},
        {"rhat": 1.011},
        {"rhat": float("nan")},
        {"ess": 399.0},
        {"ess": float("nan")},
        {"bfmi": 0.29},
    ],
)
def test_each_bound_holds(wrong):
    assert faults(GOOD) == []
    assert len(faults(replace(GOOD, **wrong))) == 1
