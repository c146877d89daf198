"""Tables as data: what every frame and every released file must look like.

The TOML files in ``schemas/`` are the only place where a column is described. The same definition
drives the check of a frame, the FIELDs of a VOTable, the columns of a FITS table and the
documentation.
"""

from rrcat.schema.check import check, conform, violations
from rrcat.schema.definition import Bit, Column, Table
from rrcat.schema.diff import SchemaDiff, diff
from rrcat.schema.families import expanded, expanded_like
from rrcat.schema.load import as_toml, load, names, read

__all__ = [
    "Bit",
    "Column",
    "SchemaDiff",
    "Table",
    "as_toml",
    "check",
    "conform",
    "diff",
    "expanded",
    "expanded_like",
    "load",
    "names",
    "read",
    "violations",
]
