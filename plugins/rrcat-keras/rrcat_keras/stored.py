"""What was learned, on disk: plain facts as JSON, weights as safetensors, tables as Parquet.

A network is built again from its architecture and filled with its weights, so that nothing in a
bundle is ever run, and another version of Keras can read it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from rrcat.canonical import json_bytes, parquet_bytes
from rrcat.errors import BundleError
from rrcat.fourier import N_COEFFICIENTS
from rrcat_keras.backend import keras, tf
from rrcat_keras.coefficients import CoefficientInput, Regularisation
from rrcat_keras.learning import Account
from rrcat_keras.networks import Architecture, LstmSizes, build
from rrcat_keras.params import LstmParams, TransformerParams
from rrcat_keras.plugin import TYPES
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
        The bundle describes no network that could have been learned, or the weights are not those
        of the networks that it describes.
    """
    content = json.loads((folder / MODEL).read_bytes())
    regressions, accounts = {}, {}
    for kind, part in content["types"].items():
        if kind not in TYPES:  # it is part of the name of a file
            raise _no_network(folder, f"there is no pulsation type {kind!r}")
        second = None
        if part["second"] is not None:
            regularisation, of_curves = part["second"]
            second = (
                Regularisation.from_plain(regularisation),
                CoefficientInput.from_plain(of_curves),
            )
        reader = Reader(Representation.from_plain(part["representation"]), second)
        architecture = _architecture(part, reader, folder)
        regressions[kind] = Regression(
            architecture,
            reader,
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


def _architecture(part: dict[str, Any], reader: Reader, folder: Path) -> Architecture:
    """Give the architecture of a type, after checking that it is no larger than one may learn.

    Networks are built before their weights can be compared with those of the file: a size that a
    file makes up would take any time and memory.
    """
    architecture = Architecture.from_plain(part["architecture"])
    reads, sizes, representation = architecture.reads, architecture.sizes, reader.representation
    kind = LstmParams if isinstance(sizes, LstmSizes) else TransformerParams
    asked = {"members": part["members"], "max_points": representation.max_points}
    try:
        kind.model_validate(asked | asdict(sizes))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(each) for each in first["loc"])
        raise _no_network(folder, f"{place} is {first['input']}: {first['msg']}") from None
    n_bands, n_coefficients = len(representation.bands), 0
    if reader.second is not None:
        of_curves = reader.second[1]
        n_coefficients = of_curves.columns.mean.size + of_curves.errors.mean.size
    for name, allowed in (
        ("bands", [n_bands]),
        ("width", [n_bands * representation.max_points]),
        ("coefficients", [n_coefficients]),
        ("auxiliary", [0, n_bands * N_COEFFICIENTS]),
    ):
        if getattr(reads, name) not in allowed:
            wanted = " or ".join(str(each) for each in allowed)
            raise _no_network(
                folder, f"reads.{name} is {getattr(reads, name)}, and can be {wanted}"
            )
    return architecture


def _no_network(folder: Path, why: str) -> BundleError:
    return BundleError(
        f"{MODEL} describes no network that could have been learned: {why}",
        file=folder / MODEL,
        hint="the file is damaged or changed by hand: take the bundle from where it came, "
        "or train again",
    )


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
        saved = content["versions"]["keras"]
        raise BundleError(
            f"the weights are not those of the network: {key} is {found.get(key, 'absent')}, "
            f"wanted {asked.get(key, 'none')}",
            file=path,
            hint="the file is damaged: train again, or take the bundle from where it came"
            if saved == keras.__version__
            else f"it was saved with Keras {saved}, here is {keras.__version__}; "
            "install that version, or train again",
        )
    for key, variable in _variables(networks).items():
        variable.assign(arrays[key])
    return tuple(networks)


def _described(arrays: Arrays) -> dict[str, str]:
    return {key: f"{array.dtype}{list(array.shape)}" for key, array in arrays.items()}
