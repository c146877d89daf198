"""What was learned, on disk: plain facts as JSON, weights as safetensors, tables as Parquet.

A network is built again from its architecture and filled with its weights, so that nothing in a
bundle is ever run, and another version of Keras can read it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from rrcat.canonical import json_bytes, parquet_bytes
from rrcat.errors import BundleError
from rrcat_keras.backend import keras, tf
from rrcat_keras.coefficients import CoefficientInput, Regularisation
from rrcat_keras.learning import Account
from rrcat_keras.networks import Architecture, build
from rrcat_keras.points import Representation
from rrcat_keras.regression import Reader, Regression
from rrcat_keras.training import History

MODEL = "model.json"

Arrays = dict[str, NDArray[Any]]


def save_model(
    folder: Path,
    scale: str,
    bands: tuple[str, ...],
    regressions: dict[str, Regression],
    accounts: dict[str, Account],
) -> None:
    """Write ``model.json``, and by type ``TYPE.safetensors`` and ``TYPE-left-out.parquet``."""
    content: dict[str, Any] = {
        "scale": scale,
        "bands": list(bands),
        "versions": {"keras": keras.__version__, "tensorflow": tf.__version__},
        "types": {},
    }
    for kind, regression in regressions.items():
        second = regression.reader.second
        content["types"][kind] = {
            "architecture": regression.architecture.as_plain(),
            "representation": regression.reader.representation.as_plain(),
            "second": None if second is None else [part.as_plain() for part in second],
            "members": len(regression.networks),
            "centre": regression.centre,
            "scale": regression.scale,
            "lowest": regression.lowest.tolist(),
            "highest": regression.highest.tolist(),
            "min_points": regression.min_points,
            "max_gap": regression.max_gap,
            "histories": [vars(history) for history in accounts[kind].histories],
        }
        (folder / _weights_file(kind)).write_bytes(save(_arrays(regression.networks)))
        (folder / _left_out_file(kind)).write_bytes(parquet_bytes(accounts[kind].left_out))
    (folder / MODEL).write_bytes(json_bytes(content))


def load_model(
    folder: Path,
) -> tuple[str, tuple[str, ...], dict[str, Regression], dict[str, Account]]:
    """Give scale, bands, regressions and accounts that were saved in a folder.

    Raises
    ------
    BundleError
        The weights are not those of the networks that the bundle describes.
    """
    content = json.loads((folder / MODEL).read_bytes())
    regressions, accounts = {}, {}
    for kind, part in content["types"].items():
        architecture = Architecture.from_plain(part["architecture"])
        second = None
        if part["second"] is not None:
            regularisation, of_curves = part["second"]
            second = (
                Regularisation.from_plain(regularisation),
                CoefficientInput.from_plain(of_curves),
            )
        regressions[kind] = Regression(
            architecture,
            Reader(Representation.from_plain(part["representation"]), second),
            _networks(folder / _weights_file(kind), architecture, part["members"], content),
            part["centre"],
            part["scale"],
            lowest=np.array(part["lowest"]),
            highest=np.array(part["highest"]),
            min_points=part["min_points"],
            max_gap=part["max_gap"],
        )
        accounts[kind] = Account(
            tuple(History(**history) for history in part["histories"]),
            pl.read_parquet(folder / _left_out_file(kind), glob=False),
        )
    return content["scale"], tuple(content["bands"]), regressions, accounts


def _weights_file(kind: str) -> str:
    return f"{kind}.safetensors"


def _left_out_file(kind: str) -> str:
    return f"{kind}-left-out.parquet"


def _variables(networks: Sequence[Any]) -> dict[str, Any]:
    """Give the weights of all networks by number and place in the network, as layers name it."""
    return {
        f"{member:02d}/{variable.path}": variable
        for member, network in enumerate(networks)
        for variable in network.weights
    }


def _arrays(networks: Sequence[Any]) -> Arrays:
    return {
        key: np.asarray(variable.numpy(), order="C")
        for key, variable in _variables(networks).items()
    }


def _networks(
    path: Path, architecture: Architecture, members: int, content: dict[str, Any]
) -> tuple[Any, ...]:
    try:
        arrays = load(path.read_bytes())
    except SafetensorError as error:
        raise BundleError(
            f"the weights cannot be read: {error}",
            file=path,
            hint="the file is damaged: train again, or take the bundle from where it came",
        ) from error
    networks = [build(architecture, 0) for _ in range(members)]
    if (found := _described(arrays)) != (asked := _described(_arrays(networks))):
        key = min(key for key in found.keys() | asked.keys() if found.get(key) != asked.get(key))
        versions = content["versions"]
        raise BundleError(
            f"the weights are not those of the network: {key} is {found.get(key, 'absent')}, "
            f"wanted {asked.get(key, 'none')}",
            file=path,
            hint=f"it was saved with Keras {versions['keras']}, here is {keras.__version__}; "
            "install that version, or train again",
        )
    for key, variable in _variables(networks).items():
        variable.assign(arrays[key])
    return tuple(networks)


def _described(arrays: Arrays) -> dict[str, str]:
    return {key: f"{array.dtype}{list(array.shape)}" for key, array in arrays.items()}
