"""The stars an estimator is given, with the tables it asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import polars as pl

from rrcat import schema


@dataclass(frozen=True)
class StarBatch:
    """Some stars and what is known of them: frames of the tables they are named after.

    ``stars`` has one row a star and is never None; of the other tables a batch holds those that
    the ``inputs`` of an estimator name. ``features`` and ``light_curves`` may hold several bands
    of a star, or none.
    """

    stars: pl.DataFrame
    light_curves: pl.DataFrame | None = None
    features: pl.DataFrame | None = None
    sequences: pl.DataFrame | None = None

    def __len__(self) -> int:
        return self.stars.height

    def frames(self) -> dict[str, pl.DataFrame]:
        """Give the tables that are there, by name."""
        named = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: frame for name, frame in named if frame is not None}

    def checked(self) -> StarBatch:
        """Give the same batch with every table conforming to its schema and sorted.

        Absent optional columns are filled with null, NaN becomes null.

        Raises
        ------
        FrameError
            A table breaks a rule of its schema, e.g. a star stands twice in ``stars``.
        """
        checked = {}
        for name, frame in self.frames().items():
            table = schema.load(name)
            frame = schema.conform(frame, table)
            if set(table.sort) <= set(frame.columns):
                frame = frame.sort(table.sort, maintain_order=True)
            schema.check(frame, table)
            checked[name] = frame
        return StarBatch(**checked)

    def only(self, source_ids: Iterable[int] | pl.Series) -> StarBatch:
        """Give the batch of these stars; one that is not here is left out."""
        wanted = pl.Series("source_id", source_ids, dtype=pl.Int64).to_frame().unique()
        return StarBatch(
            **{
                name: frame.join(wanted, on="source_id", how="semi", maintain_order="left")
                for name, frame in self.frames().items()
            }
        )
