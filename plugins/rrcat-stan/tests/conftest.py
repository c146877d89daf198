"""A CmdStan for the tests that learn, and a relation for those that do not."""

import os

import numpy as np
import polars as pl
import pytest
from rrcat_stan.cmdstan import need_cmdstan
from rrcat_stan.draws import Draws
from rrcat_stan.predictors import Scaling
from rrcat_stan.relation import Relation
from rrcat_stan.settings import Terms

from rrcat.errors import PluginError


@pytest.fixture(scope="session")
def cmdstan():
    """The CmdStan of this machine; with RRCAT_REQUIRE_CMDSTAN=1 there must be one."""
    try:
        return need_cmdstan()
    except PluginError as error:
        if os.environ.get("RRCAT_REQUIRE_CMDSTAN") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))


def _draws(n=60, size=2, *, seed=0, **scatter):
    """Draws of a posterior that never was, with ``size`` parameters of which one has a slope."""
    rng = np.random.default_rng(seed)
    root = np.tril(0.3 * rng.normal(size=(n, size, size))) + np.eye(size)
    beta = np.zeros((n, size))
    beta[:, :1] = rng.normal(0.5, 0.03, (n, min(size, 1)))
    return Draws(
        alpha=rng.normal(-1.5, 0.03, n),
        delta=rng.normal(-0.6, 0.03, n),
        beta=beta,
        sigma=rng.uniform(0.18, 0.22, n),
        mu=rng.normal(0.0, 0.1, (n, size)),
        gamma=rng.normal(0.5, 0.1, (n, size)),
        cov=root @ root.transpose(0, 2, 1),
        error_scale=rng.uniform(0.6, 0.8, n),
        **scatter,
    )


@pytest.fixture(scope="session")
def made_draws():
    """A function that gives draws of a posterior that never was."""
    return _draws


@pytest.fixture
def relation():
    """A relation in period and φ31, with φ21 as companion, that was not learned from anything."""
    draws = _draws(freedom=np.full(60, 8.0))
    rng = np.random.default_rng(1)
    calibrators = pl.DataFrame(
        {
            "source_id": np.arange(40),
            "period": rng.uniform(0.4, 0.7, 40),
            "phi31": rng.uniform(1.5, 3.0, 40),
            "phi31_error": np.full(40, 0.05),
            "phi21": rng.uniform(3.8, 4.4, 40),
            "phi21_error": np.full(40, 0.03),
            "feh": rng.uniform(-2.2, -0.5, 40),
            "feh_error": np.full(40, 0.1),
            "left_out_feh": rng.uniform(-2.2, -0.5, 40),
            "left_out_probability": rng.uniform(0.0, 1.0, 40),
            "left_out_log_density": rng.normal(-0.2, 0.5, 40),
            "pareto_k": rng.uniform(0.0, 0.5, 40),
        }
    )
    scaling = Scaling(
        ("phi31", "phi21"),
        centre=np.array([0.55, 2.2, 4.1]),
        width=np.array([0.08, 0.4, 0.15]),
        lowest=np.array([0.4, 1.5, 3.8]),
        highest=np.array([0.7, 3.0, 4.4]),
    )
    account = {"n": 40, "left_out": {"elpd": -8.0, "rmse": 0.3, "largest_pareto_k": 0.5}}
    chain = np.repeat([0, 1], 30)
    return Relation(
        Terms(("period", "phi31"), ("phi21",)), scaling, draws, chain, calibrators, account
    )
