"""Where the data of a recipe are, and how they become its local store.

=========== ============================ ========================= ================================
kind        files that the recipe names  answers to its queries    local store
=========== ============================ ========================= ================================
files       BASE                         BASE/fetched/tables       OUTPUT/store, from the files
tap         BASE                         BASE/fetched/tables       BASE/fetched, by `rrcat fetch`
simulated   OUTPUT/simulated             BASE/fetched/tables       OUTPUT/simulated/store, made up
=========== ============================ ========================= ================================

BASE is the folder of ``--data``, or else that of the recipe. Where ``--data`` is itself what
``rrcat fetch`` has left, it stands for BASE/fetched, and the recipe's folder for BASE.

What is selected of a store that is fetched or simulated becomes another one, OUTPUT/store.
"""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from rrcat.archive.config import FilesArchive, PublishedTable, Selection
from rrcat.archive.fetch_folder import IDENTITY, limit_of
from rrcat.archive.files import named_files, read_files
from rrcat.archive.selection import select
from rrcat.archive.store import DESCRIPTION, LocalStore
from rrcat.archive.store_writing import cut_out, write_store
from rrcat.archive.tap_config import TapArchive
from rrcat.catalogue.recipe import Recipe
from rrcat.errors import RunError
from rrcat.simulate.archive import write_archive
from rrcat.simulate.config import SimulatedArchive

FETCHED = "fetched"
SIMULATED = "simulated"
STORE = "store"

Published = TypeVar("Published", bound=PublishedTable)


@dataclass(frozen=True)
class Data:
    """Where the data of a recipe are.

    Parameters
    ----------
    recipe
        Path of the recipe.
    files
        Folder of the files that the recipe names.
    fetched
        Folder of what ``rrcat fetch`` leaves: a store, answers to queries, or both.
    output
        Folder of the results.
    maps
        Folder of the maps of extinction that the recipe names.
    """

    recipe: Path
    files: Path
    fetched: Path
    output: Path
    maps: Path

    def table(self, table: Published) -> tuple[Published, Path]:
        """Give a published table as one in a file, and the folder of the file."""
        if table.query is None:
            return table, self.files
        return table.model_copy(update={"file": table.query.answer}), self.fetched

    @property
    def fetch(self) -> str:
        """The command that fetches what the recipe asks of services."""
        command = ["rrcat", "fetch", str(self.recipe)]
        if self.fetched != self.recipe.parent / FETCHED:
            command += ["--output", str(self.fetched)]
        if (limit := limit_of(self.fetched)) is not None:
            command += ["--limit", str(limit)]
        return shlex.join(command)


def data_of(recipe: Recipe, path: Path, *, data: Path | None, output: Path) -> Data:
    """Give where the data of a recipe are; ``path`` is its own and ``data`` that of ``--data``."""
    base = path.parent if data is None else data
    fetched = base / FETCHED
    if any((base / name).exists() for name in (DESCRIPTION, IDENTITY)):
        base, fetched = path.parent, base
    simulated = isinstance(recipe.archive, SimulatedArchive)
    return Data(path, output / SIMULATED if simulated else base, fetched, output, base)


def inputs(recipe: Recipe, data: Data, tables: Iterable[PublishedTable]) -> list[dict[str, Any]]:
    """Give ``name``, ``sha256`` and ``size`` of what the work begins with, sorted by name.

    These are the files of the archive, or of the store that was fetched of it, those of the
    published tables and maps. What is simulated is made on the way: there is none of it.

    Raises
    ------
    ArchiveError
        A file is missing or damaged.
    RunError
        Something is not fetched, or was by another recipe, or stars of it failed.
    """
    archive = recipe.archive
    tables = tuple(tables)
    for table in tables:
        if table.query is not None and not (data.fetched / table.query.answer).is_file():
            raise RunError(
                "the answer to a query of the recipe is not fetched",
                file=data.fetched / table.query.answer,
                hint=data.fetch,
            )
    simulated = isinstance(archive, SimulatedArchive)
    published = [data.table(table) for table in tables if table.query or not simulated]
    named = [(table.file, folder) for table, folder in published]
    named += [(path, data.maps) for path in recipe.maps]
    if isinstance(archive, FilesArchive):
        named += [(table.file, data.files) for table in archive.tables]
    files = named_files(named)
    if isinstance(archive, TapArchive):
        files += _fetched(archive, data).files()
    return sorted(files, key=lambda each: str(each["name"]))


def _fetched(archive: TapArchive, data: Data) -> LocalStore:
    """Open the store that was fetched, if it is whole and of this archive."""
    if not (data.fetched / DESCRIPTION).is_file():
        raise RunError("the archive is not fetched", file=data.fetched, hint=data.fetch)
    store = LocalStore.open(data.fetched)
    if store.description["archive"] != archive.identity():
        raise RunError(
            "what is fetched is of another [archive] than that of the recipe",
            file=data.fetched,
            hint=f"{data.fetch} --restart",
        )
    failed = store.account.get("asked", {}).get("failed", 0)
    if failed and archive.incomplete == "refuse":
        raise RunError(
            f"{failed} stars could not be fetched",
            file=data.fetched,
            hint=f"ask again for them: {data.fetch}; or incomplete = 'keep' in [archive]: such a "
            "star gets a row with the reason why it has no value",
        )
    return store


def bring(recipe: Recipe, data: Data) -> LocalStore:
    """Bring the archive into the local store of a claimed folder, unless an earlier run has.

    What is fetched has been checked by :func:`inputs`.

    Raises
    ------
    RrcatError
        The files, or the selection, are not what they must be.
    """
    archive, folder = recipe.archive, data.output / STORE
    if isinstance(archive, FilesArchive):
        if not folder.exists():
            write_store(read_files(archive, data.files, recipe.selection), folder)
        return LocalStore.open(folder)
    if isinstance(archive, TapArchive):
        whole = LocalStore.open(data.fetched, verify=False)
    elif data.files.exists():
        whole = LocalStore.open(data.files / STORE)
    else:
        whole = write_archive(archive, data.files)
    if recipe.selection == Selection():
        return whole
    if not folder.exists():
        chosen = select(whole.stars(), recipe.selection)
        cut_out(whole, chosen["source_id"], folder)
    return LocalStore.open(folder)
