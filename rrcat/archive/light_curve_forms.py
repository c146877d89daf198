"""What tables of epoch photometry look like: a row an observation, a transit, or a star."""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from rrcat.archive.columns import Columns, LightCurvesMapping, Source
from rrcat.archive.strict import Strict

Kind = Literal["long", "wide", "arrays"]


class Form(Strict):
    """One look that an archive's epoch photometry may have, and what its columns mean.

    An archive has several: they change with its releases, its services and with what is asked
    for. A table is read in the first form that it has all columns of.
    """

    kind: Kind = Field(
        description="long: a row an observation, with its band. wide: a row a transit, with the "
        "columns of all bands side by side. arrays: a row a star, with an array for each column."
    )
    columns: Columns = Field(
        description="Our column = column of the archive; of a wide table or one of arrays, those "
        "that all bands share."
    )
    bands: dict[str, Columns] = Field(
        {}, description="The columns of each band of a wide table or one of arrays."
    )
    key: tuple[str, ...] = Field(
        (),
        description="Columns of the archive that with the star tell its rows apart, such as "
        "transit_id; rows given twice are then noticed. Of arrays, the star alone is the key.",
    )
    null_values: tuple[str, ...] = Field(
        (), description="Values that mean nothing is known, in every column of the table."
    )

    @model_validator(mode="after")
    def _is_a_light_curve(self) -> Self:
        if (self.kind == "long") == bool(self.bands):
            raise ValueError(
                "a long table names the band in its columns, a wide one and one of arrays have "
                "`bands`"
            )
        if self.bands and ("band" in self.columns or any("band" in b for b in self.bands.values())):
            raise ValueError("the names of `bands` are the bands; leave the column `band` out")
        if self.key and self.kind == "arrays":
            raise ValueError("`key` goes with long and wide tables; arrays have one row a star")
        for _ in self.mappings():
            pass  # each one is checked as it is made
        return self

    def mappings(self) -> Iterator[LightCurvesMapping]:
        """Give which columns are ours for each band in turn; for a long table, for all at once."""
        for band, columns in self.bands.items() or [(None, {})]:
            named = {} if band is None else {"band": Source(value=band)}
            yield LightCurvesMapping(
                null_values=self.null_values, columns=self.columns | columns | named
            )

    @property
    def asked(self) -> tuple[str, ...]:
        """Columns of the archive that are needed, sorted."""
        sources = (s for mapping in self.mappings() for s in mapping.columns.values())
        return tuple(sorted({name for source in sources for name in source.asked} | {*self.key}))
