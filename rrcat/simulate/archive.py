"""The simulated archive on disk: a local store like that of any archive, spectra and the truth."""

from pathlib import Path
from typing import TypeVar

import polars as pl

from rrcat import atomic
from rrcat.archive.account import together
from rrcat.archive.columns import LightCurvesMapping, StarsMapping
from rrcat.archive.ingest import Part, assemble
from rrcat.archive.mapping import ROW
from rrcat.archive.store import LocalStore, StorePart
from rrcat.archive.store_writing import STARS_IN_PART, close_store, write_part
from rrcat.canonical import parquet_bytes
from rrcat.simulate.config import SimulatedArchive
from rrcat.simulate.photometry import BANDS
from rrcat.simulate.survey import NOTICE, simulate

Mapping = TypeVar("Mapping", StarsMapping, LightCurvesMapping)

STORE = "store"
BESIDE = ("spectra", "truth")


def write_archive(config: SimulatedArchive, folder: Path) -> LocalStore:
    """Simulate an archive into a folder, whole or not at all, and open its store.

    The folder holds ``store``, a local store; ``spectra.parquet``, which ``[calibration]`` can
    name; and ``truth.parquet``, the real values. Equal configurations give equal bytes. Every file
    says that the stars do not exist.

    Raises
    ------
    FileExistsError
        The folder is there already.
    """
    parts: dict[str, list[StorePart]] = {"stars": [], "light_curves": []}
    accounts, beside = [], {name: list[pl.DataFrame]() for name in BESIDE}
    with atomic.new_folder(folder) as temporary:
        store = temporary / STORE
        # No more stars at a time than a part has, so that memory is bounded for any number of them.
        for first in range(1, config.stars + 1, STARS_IN_PART):
            survey = simulate(
                min(STARS_IN_PART, config.stars + 1 - first),
                config.seed,
                first=first,
                truth=config.truth,
                magnitude_limit=config.magnitude_limit,
            )
            ingest = assemble(
                config,
                _part(survey["stars"], StarsMapping),
                _part(survey["light_curves"], LightCurvesMapping),
                None,
            )
            assert ingest.light_curves is not None
            for table, rows in (("stars", ingest.stars), ("light_curves", ingest.light_curves)):
                if rows.height:
                    parts[table].append(write_part(store, table, rows, metadata=_metadata(config)))
            accounts.append(ingest.account)
            for name in BESIDE:
                beside[name].append(survey[name])
        for name, frames in beside.items():
            content = parquet_bytes(pl.concat(frames), metadata=_metadata(config))
            atomic.write_inside(temporary / f"{name}.parquet", content)
        close_store(
            store,
            parts,
            bands=sorted(BANDS),
            inputs=[],
            account=together(accounts),
            archive=config.model_dump(mode="json"),
        )
    return LocalStore.open(folder / STORE)


def _part(frame: pl.DataFrame, kind: type[Mapping]) -> Part[Mapping]:
    mapping = kind.model_validate({"columns": {name: name for name in frame.columns}})
    return Part(frame.with_row_index(ROW), mapping, Path("simulated survey"), {})


def _metadata(config: SimulatedArchive) -> dict[str, str]:
    return {"simulated": NOTICE, "truth": config.truth, "seed": str(config.seed)}
