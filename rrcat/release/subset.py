"""Some columns, and the stars within a cone."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from rrcat.errors import ReleaseError
from rrcat.schema import Table

KEPT = ("source_id", "ra", "dec")


@dataclass(frozen=True)
class Cone:
    """A circle on the sky, its edge included: centre and radius in degrees (ICRS).

    Raises
    ------
    ReleaseError
        The centre is not on the sky, or the radius not between 0 and 180 degrees.
    """

    ra: float
    dec: float
    radius: float

    def __post_init__(self) -> None:
        if not (0 <= self.ra <= 360 and -90 <= self.dec <= 90 and 0 < self.radius <= 180):
            raise ReleaseError(
                f"{self.ra:g}, {self.dec:g}, {self.radius:g} is no cone on the sky",
                hint="give right ascension (0 to 360), declination (-90 to 90) and radius"
                " (above 0, up to 180), all in degrees",
            )

    def __str__(self) -> str:
        return f"{self.radius:.10g} deg of RA {self.ra:.10g} deg, Dec {self.dec:.10g} deg"

    def distances(self, frame: pl.DataFrame) -> pl.Series:
        """Give how far each star is from the centre, in degrees; null without a position."""
        ra, dec = frame["ra"].to_numpy(), frame["dec"].to_numpy()
        chords = np.linalg.norm(_directions(ra, dec) - _directions(self.ra, self.dec), axis=-1)
        degrees = np.degrees(2 * np.arcsin(np.minimum(chords / 2, 1)))
        return pl.Series("distance", degrees, nan_to_null=True)


def in_cone(frame: pl.DataFrame, cone: Cone) -> pl.DataFrame:
    """Give the rows of the stars within a cone, by their columns ``ra`` and ``dec`` in degrees.

    Raises
    ------
    ReleaseError
        There are no such columns.
    """
    if not {"ra", "dec"} <= set(frame.columns):
        raise ReleaseError("the catalogue has no positions", hint="leave out the cone")
    return frame.filter((cone.distances(frame) <= cone.radius).fill_null(False))


def cut_columns(table: Table, columns: str | Iterable[str]) -> Table:
    """Give a table of some of its columns, in its own order, with those that every one keeps.

    Raises
    ------
    ReleaseError
        There is no such column; names those alike.
    """
    asked = [columns] if isinstance(columns, str) else list(columns)
    for name in asked:
        if name not in table.names:
            raise ReleaseError("there is no such column", column=name, hint=_alike(name, table))
    wanted = {*asked, *KEPT, *table.key, *table.sort}
    kept = tuple(column for column in table.column if column.name in wanted)
    any_of = tuple(group for group in table.any_of if set(group) <= wanted)
    return table.model_copy(update={"defined": kept, "any_of": any_of})


def _alike(name: str, table: Table) -> str:
    lower = name.lower()
    alike = difflib.get_close_matches(lower, table.names, n=4, cutoff=0.6)
    alike = alike or [one for one in table.names if lower and lower in one][:4]
    listed = "schema.toml of the release lists all columns"
    return f"did you mean {' or '.join(alike)}? {listed}" if alike else listed


def _directions(ra: Any, dec: Any) -> np.ndarray[Any, Any]:
    """Give unit vectors, shape ``(..., 3)``, of positions in degrees."""
    ra, dec = np.radians(ra), np.radians(dec)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)
