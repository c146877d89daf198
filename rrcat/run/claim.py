"""What a build folder belongs to: one recipe, one set of input files, one set of versions.

Parts of different origin would mix silently in a folder; so a folder is claimed by the first build
and refuses others.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from rrcat import atomic
from rrcat.canonical import json_bytes
from rrcat.errors import RunError
from rrcat.lock import LOCK

FILE = "build.json"
PRODUCTS = (
    "simulated",
    "store",
    "parts",
    "calibration",
    "bundles",
    "checkpoints",
    "recipe.toml",
    "account.json",
    "calibrators.parquet",
    "combination.json",
    "hull.json",
    "validation.json",
    "sample.csv",
    "evaluation.json",
    "held_out.parquet",
    "selection.json",
    "selection.csv",
    "selection-features.csv",
    "plots",
    "catalogue.parquet",
    "features.parquet",
    "predictions.parquet",
    "candidate.json",
    "out_of_fold.parquet",
    "report_stars.parquet",
    "run.json",
)


def claim(folder: Path, identity: dict[str, Any], *, restart: bool = False) -> None:
    """Claim a build folder, or find that it is ours already.

    Parameters
    ----------
    folder
        An existing folder, locked.
    identity
        What the results depend on, as plain data: recipe, inputs, versions.
    restart
        Whether an earlier build in the folder, of whatever identity, is thrown away first.

    Raises
    ------
    RunError
        The folder holds something else: files of unknown origin, or the parts of a build whose
        identity differs; the message says in what.
    """
    # What is left half-written in `bundles` would be taken for a part of the candidate.
    for place in (folder, *(folder / name for name in PRODUCTS)):
        atomic.sweep(place)
    record = folder / FILE
    if record.exists():
        earlier = _read(record)
        differing = differences(earlier, identity)
        if not differing and not restart:
            return
        products = [folder / name for name in PRODUCTS if (folder / name).exists()]
        if products and not restart:
            raise RunError(
                "the folder holds the parts of another build, which differs in "
                + ", ".join(differing),
                file=folder,
                hint="choose another --output, or throw the earlier build away with --restart",
            )
        for path in products:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    elif others := sorted(path.name for path in folder.iterdir() if path.name != LOCK):
        raise RunError(
            f"the folder is not empty and not a build: it holds {', '.join(others[:5])}",
            file=folder,
            hint="choose another --output",
        )
    atomic.write_bytes(record, json_bytes(identity))


def differences(a: Any, b: Any, place: str = "") -> list[str]:
    """Give the places at which two pieces of plain data differ, as ``recipe.scale``."""
    if isinstance(a, dict) and isinstance(b, dict):
        return [
            difference
            for key in sorted({*a, *b})
            for difference in differences(a.get(key), b.get(key), f"{place}.{key}".lstrip("."))
        ]
    return [] if a == b else [place]


def _read(record: Path) -> dict[str, Any]:
    try:
        earlier = json.loads(record.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        earlier = None
    if not isinstance(earlier, dict):
        raise RunError(
            "the record of the build in this folder cannot be read",
            file=record,
            hint="choose another --output, or remove the folder",
        )
    return earlier
