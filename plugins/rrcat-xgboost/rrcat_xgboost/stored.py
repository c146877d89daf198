"""What was learned, on disk: numbers as JSON, boosters in XGBoost's own binary JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from rrcat.canonical import json_bytes
from rrcat.estimator import Scaler
from rrcat.fourier import Prior
from rrcat_xgboost.base import Relation
from rrcat_xgboost.errors import Errors
from rrcat_xgboost.regression import Account, Regression
from rrcat_xgboost.trees import Trees

MODEL = "model.json"


def save_model(
    folder: Path,
    scale: str,
    band: str,
    regressions: dict[str, Regression],
    accounts: dict[str, Account],
) -> None:
    """Write ``model.json`` and for each type ``TYPE-0.ubj``, ``TYPE-1.ubj`` ..."""
    content: dict[str, Any] = {"scale": scale, "band": band, "types": {}}
    for kind, regression in regressions.items():
        boosters = regression.trees.boosters
        for number, booster in enumerate(boosters):
            (folder / _file(kind, number)).write_bytes(bytes(booster.save_raw("ubj")))
        content["types"][kind] = {
            "prior": regression.prior.as_plain(),
            "centres": regression.centres.tolist(),
            "scaler": regression.scaler.as_plain(),
            "relation": {
                "constant": regression.relation.constant,
                "slopes": regression.relation.slopes.tolist(),
            },
            "boosters": len(boosters),
            "errors": asdict(regression.errors),
            "lowest": regression.lowest.tolist(),
            "highest": regression.highest.tolist(),
            "account": asdict(accounts[kind]),
        }
    (folder / MODEL).write_bytes(json_bytes(content))


def load_model(folder: Path) -> tuple[str, str, dict[str, Regression], dict[str, Account]]:
    """Give scale, band, regressions and accounts that were saved in a folder."""
    content = json.loads((folder / MODEL).read_bytes())
    regressions, accounts = {}, {}
    for kind, part in content["types"].items():
        relation = part["relation"]
        regressions[kind] = Regression(
            prior=Prior.from_plain(part["prior"]),
            centres=np.array(part["centres"]),
            scaler=Scaler.from_plain(part["scaler"]),
            relation=Relation(relation["constant"], np.array(relation["slopes"])),
            trees=Trees(tuple(_booster(folder / _file(kind, i)) for i in range(part["boosters"]))),
            errors=Errors(**part["errors"]),
            lowest=np.array(part["lowest"]),
            highest=np.array(part["highest"]),
        )
        accounts[kind] = Account(**part["account"])
    return content["scale"], content["band"], regressions, accounts


def _file(kind: str, number: int) -> str:
    return f"{kind}-{number}.ubj"


def _booster(path: Path) -> xgboost.Booster:
    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(path.read_bytes()))
    return booster
