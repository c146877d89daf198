import pytest
from rrcat_stan import diagnostics, sampling
from rrcat_stan.predictors import learn_scaling, measured
from rrcat_stan.sampling import sample, stan_data
from rrcat_stan.settings import Priors, Sampler

from rrcat.errors import PluginError
from rrcat.testing import synthetic_batch

SAMPLER = Sampler(chains=2, warmup=300, draws=300)


@pytest.fixture(scope="module")
def data():
    batch, calibrators = synthetic_batch(90, seed=5, bands=["G"])
    rows = batch.features.join(
        batch.stars.select("source_id", "pulsation_type"), on="source_id"
    ).join(calibrators.select("source_id", "feh", "feh_error"), on="source_id")
    rows = rows.filter(rows["pulsation_type"] == "RRab")
    given = measured(rows, ("phi31",))
    return stan_data(
        learn_scaling(given, ("phi31",)).standardised(given),
        rows["feh"].to_numpy(),
        rows["feh_error"].to_numpy(),
        n_slopes=1,
        period_slope=True,
        scatter="student-t",
        priors=Priors(),
    )


def test_chains_that_cannot_be_trusted_are_an_error_with_advice(data, cmdstan, monkeypatch):
    monkeypatch.setattr(diagnostics, "MIN_ESS_OF_CHAIN", 10**9)
    with pytest.raises(PluginError, match="cannot be trusted: effective sample size") as caught:
        sample(data, SAMPLER, seed=0, cmdstan=cmdstan, kind="RRab")
    assert "take fewer" in caught.value.hint


def test_a_failure_of_cmdstan_says_what_it_said(data, cmdstan):
    wrong = {**data, "feh": data["feh"][:-1]}
    with pytest.raises(PluginError, match=r"could not sample the relation for RRab:\n(.*\n)*.*feh"):
        sample(wrong, SAMPLER, seed=0, cmdstan=cmdstan, kind="RRab")


def test_a_program_that_does_not_start_is_one_to_compile_anew(data, cmdstan, monkeypatch, tmp_path):
    program = tmp_path / "kept" / "relation"
    program.parent.mkdir()
    program.write_text("not a program")
    program.chmod(0o755)
    monkeypatch.setattr(sampling, "compiled_model", lambda cmdstan: program)
    with pytest.raises(PluginError, match="could not sample the relation for RRab") as caught:
        sample(data, SAMPLER, seed=0, cmdstan=cmdstan, kind="RRab")
    assert "/tmp" not in caught.value.message.replace(str(tmp_path), "")
    assert f"remove {program.parent}" in caught.value.hint


def test_kept_draws_are_evenly_spread_over_the_chains(data, cmdstan):
    posterior = sample(data, SAMPLER, seed=0, cmdstan=cmdstan, kind="RRab")
    draws, chain = posterior.thinned(60)
    assert draws.alpha.shape == (60,)
    assert [int((chain == k).sum()) for k in (0, 1)] == [30, 30]
    everything, _ = posterior.thinned(100_000)
    assert everything.alpha.size == posterior.values["alpha"].size
