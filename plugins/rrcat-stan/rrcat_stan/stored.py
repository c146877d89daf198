"""What was learned, on disk: numbers as JSON, draws and calibrators as Parquet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat.canonical import json_bytes, parquet_bytes
from rrcat_stan.draws import Draws
from rrcat_stan.predictors import Scaling
from rrcat_stan.relation import Relation
from rrcat_stan.settings import Terms

MODEL = "model.json"

FloatArray = NDArray[np.float64]

_OF_SCATTER = ("share", "excess", "freedom")


def save_relations(folder: Path, scale: str, band: str, relations: dict[str, Relation]) -> None:
    """Write ``model.json``, and for each type its draws and its calibrators as Parquet."""
    content: dict[str, Any] = {"scale": scale, "band": band, "types": {}}
    for kind, relation in relations.items():
        scaling = relation.scaling
        content["types"][kind] = {
            "predictors": list(relation.terms.predictors),
            "companions": list(relation.terms.companions),
            "scaling": {
                "centre": scaling.centre.tolist(),
                "width": scaling.width.tolist(),
                "lowest": scaling.lowest.tolist(),
                "highest": scaling.highest.tolist(),
            },
            "account": relation.account,
        }
        (folder / f"{kind}-draws.parquet").write_bytes(parquet_bytes(_table(relation)))
        (folder / f"{kind}-calibrators.parquet").write_bytes(parquet_bytes(relation.calibrators))
    (folder / MODEL).write_bytes(json_bytes(content))


def load_relations(folder: Path) -> tuple[str, str, dict[str, Relation]]:
    """Give scale, band and relations that were saved in a folder."""
    content = json.loads((folder / MODEL).read_bytes())
    relations = {}
    for kind, part in content["types"].items():
        terms = Terms(tuple(part["predictors"]), tuple(part["companions"]))
        scaling = {name: np.array(values) for name, values in part["scaling"].items()}
        table = pl.read_parquet(folder / f"{kind}-draws.parquet", glob=False)
        relations[kind] = Relation(
            terms,
            Scaling(terms.names, **scaling),
            _draws(table, terms),
            table["chain"].to_numpy(),
            pl.read_parquet(folder / f"{kind}-calibrators.parquet", glob=False),
            part["account"],
        )
    return content["scale"], content["band"], relations


def _table(relation: Relation) -> pl.DataFrame:
    """Give the draws as a table: a row each, a column for each number, named for people."""
    draws, names = relation.draws, relation.terms.names
    columns = {"chain": relation.chain, "alpha": draws.alpha, "slope_period": draws.delta}
    for j, name in enumerate(names):
        columns[f"slope_{name}"] = draws.beta[:, j]
        columns[f"mean_{name}"] = draws.mu[:, j]
        columns[f"mean_{name}_by_period"] = draws.gamma[:, j]
        for i, other in enumerate(names[: j + 1]):
            columns[f"cov_{name}_{other}"] = draws.cov[:, j, i]
    columns |= {"scatter": draws.sigma, "error_scale": draws.error_scale}
    for name in _OF_SCATTER:
        if (values := getattr(draws, name)) is not None:
            columns[name] = values
    return pl.DataFrame(columns)


def _draws(table: pl.DataFrame, terms: Terms) -> Draws:
    names = terms.names

    def of_each(pattern: str) -> FloatArray:
        columns = [pattern.format(name) for name in names]
        return np.ascontiguousarray(table.select(columns).to_numpy(), dtype=np.float64).reshape(
            table.height, len(names)
        )

    cov = np.empty((table.height, len(names), len(names)))
    for j, name in enumerate(names):
        for i, other in enumerate(names[: j + 1]):
            cov[:, j, i] = cov[:, i, j] = table[f"cov_{name}_{other}"].to_numpy()
    return Draws(
        alpha=table["alpha"].to_numpy(),
        delta=table["slope_period"].to_numpy(),
        beta=of_each("slope_{}"),
        sigma=table["scatter"].to_numpy(),
        mu=of_each("mean_{}"),
        gamma=of_each("mean_{}_by_period"),
        cov=cov,
        error_scale=table["error_scale"].to_numpy(),
        **{name: table[name].to_numpy() for name in _OF_SCATTER if name in table.columns},
    )
