"""Genuine epoch photometry of Gaia, written anew in every form and format of its archive."""

import io
import json
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.io.ascii import masked
from astropy.io.votable import parse, tree
from astropy.table import Column, MaskedColumn, Table

Columns = dict[str, list[Any]]
"""Cells by column; None where there is none, and lists where a cell is an array."""

BANDS = {
    "G": ("g_transit_time", "g_transit_", "g"),
    "BP": ("bp_obs_time", "bp_", "bp"),
    "RP": ("rp_obs_time", "rp_", "rp"),
}
"""Column of time, prefix of other measurements, and prefix of flags in wide tables, by band."""

MEASURED = ("mag", "flux", "flux_error", "flux_over_error")

# Bits of `other_flags`, the least significant one first, by the archive's own description.
CCDS = ("sm", *(f"af{n}" for n in range(1, 10)))
BITS = {
    "photometry_flag_noisy_data": 12,
    **{f"photometry_flag_{ccd}_reject": n for n, ccd in enumerate(CCDS)},
    "photometry_flag_bp_reject": 10,
    "photometry_flag_rp_reject": 11,
    **{f"photometry_flag_{ccd}_unavailable": 13 + n for n, ccd in enumerate(CCDS)},
}

UNITS = {"time": "d", "mag": "mag", "flux": "'electron'.s**-1", "flux_error": "'electron'.s**-1"}


@dataclass(frozen=True)
class Star:
    """The epoch photometry of a star.

    ``long`` has a row an observation, ``wide`` one a transit; ``files`` has the genuine files by
    form.
    """

    source_id: int
    long: Columns
    wide: Columns
    files: Mapping[str, bytes] = field(default_factory=dict)

    def renamed(self, source_id: int) -> "Star":
        """Give the same photometry as that of another star, of which there is no genuine file."""
        count = len(self.long["source_id"])
        return replace(
            self, source_id=source_id, long=self.long | {"source_id": [source_id] * count}, files={}
        )


def real_stars(folder: Path) -> dict[int, Star]:
    """Give the stars of the genuine files by source_id: DR2 and DR3 long, DR3 wide."""
    stars = []
    for path in sorted((folder / "esa_epoch_photometry").iterdir()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = parse(path, verify="ignore").get_first_table()
        cells = table.to_table(use_names_over_ids=True)
        columns = {name: cells[name].tolist() for name in cells.colnames}
        if "band" in columns:
            (source_id,) = set(columns["source_id"])
            star = Star(source_id, columns, _wide(columns), {"long": path.read_bytes()})
        else:
            (source_id,) = (p.value for p in table.params if p.name == "source_id")
            long = _long(columns, int(source_id))
            star = Star(int(source_id), long, columns, {"wide": path.read_bytes()})
        stars.append(star)
    return {star.source_id: star for star in stars}


def _wide(long: Columns) -> Columns:
    rows = [dict(zip(long, cells, strict=True)) for cells in zip(*long.values(), strict=True)]
    found = {(row["transit_id"], row["band"]): row for row in rows}
    transits = sorted({row["transit_id"] for row in rows})
    wide: Columns = {"transit_id": transits}
    for band, (time, prefix, flags) in BANDS.items():
        of_band = [found.get((transit, band), {}) for transit in transits]
        wide[time] = [row.get("time") for row in of_band]
        wide |= {f"{prefix}{name}": [row.get(name) for row in of_band] for name in MEASURED}
        wide[f"variability_flag_{flags}_reject"] = [
            row.get("rejected_by_variability", False) for row in of_band
        ]
        wide[f"{flags}_other_flags"] = [row.get("other_flags", 0) for row in of_band]
    wide["rejected_by_photometry"] = [
        found.get((transit, "G"), {}).get("rejected_by_photometry", True) for transit in transits
    ]
    return wide


def _long(wide: Columns, source_id: int) -> Columns:
    long: Columns = {}
    for band, (time, prefix, flags) in BANDS.items():
        count = len(wide["transit_id"])
        part = {
            "source_id": [source_id] * count,
            "transit_id": wide["transit_id"],
            "band": [band] * count,
            "time": wide[time],
            **{name: wide[f"{prefix}{name}"] for name in MEASURED},
            "rejected_by_photometry": wide["rejected_by_photometry"],
            "rejected_by_variability": wide[f"variability_flag_{flags}_reject"],
            "other_flags": wide[f"{flags}_other_flags"],
        }
        long = {name: long.get(name, []) + cells for name, cells in part.items()}
    return long


def arrays(stars: Sequence[Star]) -> Columns:
    """Give the RAW table of stars: a row a star, an array for each column."""
    rows = []
    for star in stars:
        wide = star.wide
        flags = {
            name: [
                any((wide[f"{band}_other_flags"][n] or 0) >> bit & 1 for band in ("g", "bp", "rp"))
                for n in range(len(wide["transit_id"]))
            ]
            for name, bit in BITS.items()
        }
        kept = {
            name: cells
            for name, cells in wide.items()
            if not name.endswith("other_flags") and name != "rejected_by_photometry"
        }
        count = len(wide["transit_id"])
        rows.append({"source_id": star.source_id, "n_transits": count} | kept | flags)
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def nanoseconds(columns: Columns) -> Columns:
    """Give a wide or RAW table with times as whole nanoseconds, as in drafts of Gaia DR4."""

    def count(cell: Any) -> Any:
        if isinstance(cell, list):
            return [count(element) for element in cell]
        return None if cell is None or math.isnan(cell) else round(cell * 86400 * 10**9)

    times = [time for time, *_ in BANDS.values()]
    return columns | {name: [count(cell) for cell in columns[name]] for name in times}


def _unit(name: str, cells: list[Any]) -> str | None:
    if name == "time" or name.endswith("_time"):
        flat = [e for cell in cells for e in (cell if isinstance(cell, list) else [cell])]
        return "ns" if any(isinstance(e, int) for e in flat) else "d"
    return next((UNITS[word] for word in MEASURED[:3] if name.endswith(word)), None)


def _kind(cells: list[Any]) -> tuple[str, bool]:
    """Give the type of the cells and whether they are arrays."""
    is_array = any(isinstance(cell, list) for cell in cells)
    flat = [e for cell in cells for e in cell] if is_array else cells
    known = {type(element) for element in flat if element is not None}
    (kind,) = known or {float}
    return kind.__name__, is_array


NULL_INTEGER = -(2**63)
"""What stands for a missing integer, where the format has no other way."""

_FILLERS = {"float": math.nan, "int": NULL_INTEGER, "bool": False, "str": ""}
_DTYPES = {"float": np.float64, "int": np.int64, "bool": np.bool_}
_VOTABLE = {"float": "double", "int": "long", "bool": "boolean", "str": "char"}
_FITS = {"float": "D", "int": "K", "bool": "L", "str": "2A"}


def _masked(cells: list[Any], kind: str) -> Any:
    filled = [_FILLERS[kind] if cell is None else cell for cell in cells]
    return np.ma.array(
        np.array(filled, dtype=_DTYPES[kind]), mask=np.array([c is None for c in cells], dtype=bool)
    )


def votable(columns: Columns, serialisation: str, params: Mapping[str, Any]) -> bytes:
    """Write a VOTable in `tabledata`, `binary` or `binary2`."""
    document = tree.VOTableFile(version="1.4")
    resource = tree.Resource(type="results")
    document.resources.append(resource)
    resource.time_systems.append(
        tree.TimeSys(
            ID="time_frame",
            timeorigin=2455197.5,
            timescale="TCB",
            refposition="BARYCENTER",
            config={"version_1_4_or_later": True},
        )
    )
    table = tree.TableElement(document)
    resource.tables.append(table)
    for name, value in params.items():
        table.params.append(tree.Param(document, name=name, datatype="long", value=str(value)))
    for name, cells in columns.items():
        kind, is_array = _kind(cells)
        more = {"arraysize": "*"} if is_array or kind == "str" else {}
        more |= {"unit": unit} if (unit := _unit(name, cells)) else {}
        more |= {"ref": "time_frame"} if unit in ("d", "ns") else {}
        declared = tree.Field(document, name=name, datatype=_VOTABLE[kind], **more)
        if kind == "int":
            declared.values.null = NULL_INTEGER
        table.fields.append(declared)
    table.create_arrays(len(next(iter(columns.values()), [])))
    for name, cells in columns.items():
        kind, is_array = _kind(cells)
        for row, cell in enumerate(cells):
            if is_array:
                table.array.data[name][row] = _masked(cell, kind)
            elif cell is None:
                table.array.mask[name][row] = True
                table.array.data[name][row] = _FILLERS[kind]
            else:
                table.array.data[name][row] = cell
    table.format = serialisation
    content = io.BytesIO()
    document.to_xml(content)
    return content.getvalue()


def csv(columns: Columns, params: Mapping[str, Any]) -> bytes:
    """Write CSV: null for what is missing, arrays as JSON with NaN and null."""
    named = Table({name: [_word(cell) for cell in cells] for name, cells in columns.items()})
    text = io.StringIO()
    named.write(text, format="ascii.csv")
    return text.getvalue().encode()


def _word(cell: Any) -> str:
    if cell is None:
        return "null"
    return str(cell).lower() if isinstance(cell, bool) else _json(cell)


def _json(cell: Any) -> str:
    return cell if isinstance(cell, str) else json.dumps(cell)


def _table(columns: Columns) -> Table:
    table = Table()
    for name, cells in columns.items():
        kind, is_array = _kind(cells)
        if is_array:
            column = Column(np.empty(len(cells), dtype=object))
            for row, cell in enumerate(cells):
                column[row] = _masked(cell, kind)
        elif kind == "str":
            column = MaskedColumn(cells)
        else:
            column = MaskedColumn(_masked(cells, kind))
        if unit := _unit(name, cells):
            column.unit = unit.replace("'", "").replace(".", " ").replace("**", "")
        table[name] = column
    return table


def ecsv(columns: Columns, params: Mapping[str, Any]) -> bytes:
    """Write ECSV as the archive does: null for what is missing, where ECSV has an empty cell."""
    text = io.StringIO()
    nulls = [(masked, "null")]
    _table(columns).write(text, format="ascii.ecsv", delimiter=",", fill_values=nulls)
    return text.getvalue().encode()


def fits_table(columns: Columns, params: Mapping[str, Any]) -> bytes:
    """Write FITS, with arrays of variable length; it has no null but NaN."""
    made = []
    for name, cells in columns.items():
        kind, is_array = _kind(cells)
        form = f"P{_FITS[kind]}()" if is_array else _FITS[kind]
        if is_array:
            # One cell more keeps numpy from making a matrix of arrays of equal length.
            array = np.empty(len(cells), dtype=object)
            for row, cell in enumerate(cells):
                array[row] = _masked(cell, kind).filled(_FILLERS[kind])
        elif kind == "str":
            array = np.array(cells)
        else:
            array = _masked(cells, kind).filled(_FILLERS[kind])
        made.append(fits.Column(name, form, unit=_unit(name, cells), array=array))
    content = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(made)]).writeto(content)
    return content.getvalue()


FORMATS: dict[str, tuple[str, Callable[[Columns, Mapping[str, Any]], bytes]]] = {
    "votable": (".xml", lambda columns, params: votable(columns, "binary2", params)),
    "votable_plain": (".xml", lambda columns, params: votable(columns, "tabledata", params)),
    "csv": (".csv", csv),
    "ecsv": (".ecsv", ecsv),
    "fits": (".fits", fits_table),
}
"""Suffix and writer of each value of FORMAT."""
