"""What a recipe has to be fetched of, where it goes, and what is done with it afterwards."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rrcat.archive.config import TableQuery
from rrcat.archive.datalink import DataServer
from rrcat.archive.fetch import FetchSummary, Step, fetch
from rrcat.archive.tap_config import TapArchive
from rrcat.catalogue.recipe import read_recipe
from rrcat.run.data import FETCHED


@dataclass(frozen=True)
class Plan:
    """What is asked of services, and the folder that it goes to."""

    recipe: Path
    archive: TapArchive | None
    queries: dict[str, TableQuery]
    folder: Path

    def sources(self) -> dict[str, str]:
        """Give the address of the service for each thing that is asked for."""
        found: dict[str, str] = {}
        if self.archive is not None:
            service, curves = self.archive.service.url, self.archive.light_curves
            found["stars"] = service
            if "light_curves" in self.archive.use:
                found["light curves"] = curves.url if isinstance(curves, DataServer) else service
            if "features" in self.archive.use:
                found["features"] = service
        return found | {place: query.url for place, query in self.queries.items()}

    def next_command(self) -> str:
        """Give the command that makes a catalogue of what was fetched."""
        command = ["rrcat", "build", str(self.recipe)]
        if self.folder == self.recipe.parent / FETCHED:
            command += ["--output", "build"]
        else:
            # A folder of its own: that of the whole refuses the catalogue of a first look.
            command += [
                "--data",
                str(self.folder),
                "--output",
                f"{self.folder.resolve().name}-build",
            ]
        return shlex.join(command)

    def fetch(
        self,
        *,
        limit: int | None,
        restart: bool,
        tell: Callable[[Step], None],
    ) -> FetchSummary:
        """Fetch it."""
        return fetch(
            self.archive,
            list(self.queries.values()),
            self.folder,
            limit=limit,
            restart=restart,
            tell=tell,
        )


def plan(recipe: Path, output: Path | None) -> Plan:
    """Give what a recipe asks of services.

    Raises
    ------
    RecipeError
        The recipe cannot be followed.
    """
    read = read_recipe(recipe)
    queries = {
        place: table.query
        for place, table in read.beside_the_archive.items()
        if table.query is not None
    }
    archive = read.archive if isinstance(read.archive, TapArchive) else None
    return Plan(recipe, archive, queries, output or recipe.parent / FETCHED)
