"""Draws from the posterior: data in, CmdStan, draws out, and no draws that cannot be trusted."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rrcat.errors import PluginError
from rrcat_stan.cmdstan import CmdStan, advice, compiled_model
from rrcat_stan.diagnostics import Diagnostics, diagnose, faults
from rrcat_stan.draws import Draws
from rrcat_stan.plugin import SPEC
from rrcat_stan.predictors import Measured
from rrcat_stan.settings import Priors, Sampler, Scatter

FloatArray = NDArray[np.float64]

_SCATTERS: tuple[Scatter, ...] = ("normal", "mixture", "student-t")
_ATTEMPTS = 3
_EMPTY = {"delta": (0,), "beta": (0,), "mu": (0,), "gamma": (0,), "tau": (0,), "corr": (0, 0)}


@dataclass(frozen=True)
class Posterior:
    """All draws by parameter, ``(chains, draws, ...)``, and how well the chains agree.

    The names are those of the parameters in ``relation.stan``.
    """

    values: dict[str, FloatArray]
    diagnostics: Diagnostics
    lp: FloatArray

    def draws(self) -> Draws:
        """Give all draws, chain after chain."""
        return self._taken(slice(None))

    def thinned(self, n_draws: int) -> tuple[Draws, NDArray[np.int64]]:
        """Give this many draws (or all there are), evenly spread, and the chain of each."""
        chains, length = self.values["alpha"].shape
        places = np.linspace(0, chains * length - 1, min(n_draws, chains * length))
        rows = np.round(places).astype(np.int64)
        return self._taken(rows), rows // length

    def _taken(self, rows: slice | NDArray[np.int64]) -> Draws:
        flat = {name: np.concatenate(array)[rows] for name, array in self.values.items()}
        corr, tau = flat["corr"], flat["tau"]
        root = tau[:, :, np.newaxis] * corr
        n_slopes, size = flat["beta"].shape[1], tau.shape[1]
        beta = np.zeros((tau.shape[0], size))
        beta[:, :n_slopes] = flat["beta"]
        delta = flat["delta"]
        return Draws(
            alpha=flat["alpha"],
            delta=delta[:, 0] if delta.shape[1] else np.zeros(delta.shape[0]),
            beta=beta,
            sigma=flat["sigma"],
            mu=flat["mu"],
            gamma=flat["gamma"],
            cov=root @ root.transpose(0, 2, 1),
            error_scale=flat["error_scale"],
            **{name: flat[name][:, 0] for name in ("share", "excess", "freedom") if name in flat},
        )


def stan_data(
    stars: Measured,
    feh: FloatArray,
    feh_error: FloatArray,
    *,
    n_slopes: int,
    period_slope: bool,
    scatter: Scatter,
    priors: Priors,
) -> dict[str, Any]:
    """Give what ``relation.stan`` takes as data, from standardised parameters."""
    return {
        "N": feh.size,
        "J": stars.x.shape[1],
        "Q": n_slopes,
        "P": int(period_slope),
        "period": stars.period.tolist(),
        "period_variance": stars.period_variance.tolist(),
        "x": stars.x.T.tolist(),
        "s": stars.s.transpose(1, 2, 0).tolist(),
        "feh": feh.tolist(),
        "feh_error": feh_error.tolist(),
        "outliers": _SCATTERS.index(scatter),
        **{f"prior_{name}": value for name, value in priors.model_dump(mode="json").items()},
    }


def sample(
    data: dict[str, Any], sampler: Sampler, *, seed: int, cmdstan: CmdStan, kind: str
) -> Posterior:
    """Give draws that pass the diagnostics; the same seed, data and CmdStan give the same.

    Where they do not pass, twice as many are drawn with smaller steps, and once more.

    Raises
    ------
    PluginError
        They still do not pass, with what to do about it, or CmdStan failed.
    """
    posterior = None
    for attempt in range(_ATTEMPTS):
        posterior = _sampled(data, sampler, attempt, seed=seed, cmdstan=cmdstan, kind=kind)
        if not faults(posterior.diagnostics):
            return posterior
    assert posterior is not None
    found = faults(posterior.diagnostics)
    raise PluginError(
        f"the chains for {kind} cannot be trusted: {'; '.join(found)}",
        plugin=SPEC.id,
        hint=f"it was tried {_ATTEMPTS} times with ever smaller steps. Usual causes: calibrators "
        "that say too little for so many predictors (take fewer), predictors that nearly repeat "
        "each other, errors that are far too small or too large",
    )


def _sampled(
    data: dict[str, Any],
    sampler: Sampler,
    attempt: int,
    *,
    seed: int,
    cmdstan: CmdStan,
    kind: str,
) -> Posterior:
    import cmdstanpy

    compiled = compiled_model(cmdstan)
    with tempfile.TemporaryDirectory() as folder, cmdstanpy.disable_logging():
        try:
            fit = cmdstanpy.CmdStanModel(exe_file=compiled).sample(
                data=data,
                chains=sampler.chains,
                parallel_chains=min(sampler.chains, _cores()),
                seed=1 + seed % (2**31 - 2),
                iter_warmup=sampler.warmup * 2**attempt,
                iter_sampling=sampler.draws * 2**attempt,
                adapt_delta=1.0 - (1.0 - sampler.adapt_delta) / 5**attempt,
                max_treedepth=sampler.max_treedepth,
                metric="dense_e",
                inits=1.0,
                sig_figs=17,
                output_dir=folder,
                show_progress=False,
                show_console=False,
            )
        except (RuntimeError, ValueError, OSError) as error:
            # Of what cmdstanpy says, the rest is the command and its temporary files.
            said = _last_words(Path(folder)) or str(error).strip().splitlines()[0]
            raise PluginError(
                f"CmdStan could not sample the relation for {kind}:\n{said}",
                plugin=SPEC.id,
                file=compiled,
                hint=advice(
                    Path(folder),
                    f"if it does not start, remove {compiled.parent}, and it is compiled anew",
                ),
            ) from error
        names = list(fit.metadata.stan_vars)
        columns = fit.method_variables()
        values = {name: _by_chain(fit.stan_variable(name), sampler.chains) for name in names}
    # A parameter without elements is none to CmdStan.
    shape = values["alpha"].shape
    for name, more in _EMPTY.items():
        values.setdefault(name, np.empty((*shape, *more)))
    return Posterior(
        values,
        diagnose(values, columns, sampler.max_treedepth),
        np.ascontiguousarray(columns["lp__"].T),
    )


def _last_words(folder: Path) -> str:
    """Give what CmdStan said at the end of the first chain that said anything."""
    for path in sorted(folder.glob("*stdout.txt")):
        if lines := path.read_text(encoding="utf-8", errors="replace").strip().splitlines():
            return "\n".join(lines[-6:])
    return ""


def _by_chain(values: FloatArray, chains: int) -> FloatArray:
    """Give ``(chains, draws, ...)`` of draws that stand chain after chain."""
    return values.reshape(chains, -1, *values.shape[1:])


def _cores() -> int:
    # A worker of rrcat is told so by this variable; chains are processes of their own.
    if os.environ.get("OMP_NUM_THREADS") == "1":
        return 1
    return len(os.sched_getaffinity(0))
