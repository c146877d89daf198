"""What was learned, on disk: numbers as JSON, calibrators as Parquet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from rrcat.canonical import json_bytes, parquet_bytes
from rrcat.estimator import Scaler
from rrcat.fourier import COEFFICIENT_COLUMNS, Usual
from rrcat_gp.evidence import Numbers
from rrcat_gp.regression import Reader, Regression

MODEL = "model.json"


def save_model(folder: Path, scale: str, band: str, regressions: dict[str, Regression]) -> None:
    """Write ``model.json``, and the calibrators of each type as Parquet."""
    content: dict[str, Any] = {"scale": scale, "band": band, "types": {}}
    for kind, regression in regressions.items():
        reader, numbers = regression.reader, regression.numbers
        content["types"][kind] = {
            "usual": reader.usual.as_plain(),
            "centres": reader.centres.tolist(),
            "scaler": reader.scaler.as_plain(),
            "importance": reader.importance.tolist(),
            "slopes": reader.slopes.tolist(),
            "numbers": {**vars(numbers), "length": numbers.length.tolist()},
            "centre": regression.centre,
            "width": regression.width,
            "labelled": regression.labelled,
            "scale": regression.scale,
            "lowest": regression.lowest.tolist(),
            "highest": regression.highest.tolist(),
        }
        table = pl.DataFrame(regression.columns, schema=list(COEFFICIENT_COLUMNS)).with_columns(
            feh=pl.Series(regression.value), variance=pl.Series(regression.noise)
        )
        (folder / _file(kind)).write_bytes(parquet_bytes(table))
    (folder / MODEL).write_bytes(json_bytes(content))


def load_model(folder: Path) -> tuple[str, str, dict[str, Regression]]:
    """Give scale, band and regressions that were saved in a folder."""
    content = json.loads((folder / MODEL).read_bytes())
    regressions = {}
    for kind, part in content["types"].items():
        table = pl.read_parquet(folder / _file(kind), glob=False)
        columns = table.select(COEFFICIENT_COLUMNS).to_numpy()
        regressions[kind] = Regression(
            Reader(
                Usual.from_plain(part["usual"]),
                np.array(part["centres"]),
                Scaler.from_plain(part["scaler"]),
                np.array(part["importance"]),
                np.array(part["slopes"]),
            ),
            Numbers(**{**part["numbers"], "length": np.array(part["numbers"]["length"])}),
            part["centre"],
            part["width"],
            columns=np.ascontiguousarray(columns),
            value=table["feh"].to_numpy(),
            noise=table["variance"].to_numpy(),
            labelled=part["labelled"],
            scale=part["scale"],
            lowest=np.array(part["lowest"]),
            highest=np.array(part["highest"]),
        )
    return content["scale"], content["band"], regressions


def _file(kind: str) -> str:
    return f"{kind}-calibrators.parquet"
