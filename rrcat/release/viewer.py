"""The viewer of single light curves: its data as JSON, and the policy that its page is held to."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from rrcat.release.documents import TEMPLATES
from rrcat.schema import Table

PHASE_DIGITS, MAG_DIGITS, SERIES_DIGITS = 4, 3, 5
FEH_DIGITS, PERIOD_DIGITS = 3, 7
# Text of an archive must not end the element that the data are in, nor be taken for a comment.
ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def viewer_data(
    stars: pl.DataFrame,
    catalogue: pl.DataFrame,
    n_rows: int,
    table: Table,
    out_of_fold: pl.DataFrame | None,
) -> str:
    """Give what the viewer shows, as JSON that can stand in a page as it is.

    Parameters
    ----------
    stars
        As :class:`rrcat.release.report_material.Material` has them.
    catalogue
        Rows of ``table``, those of the stars among them.
    n_rows
        How many rows the whole catalogue has.
    out_of_fold
        For the known values of calibrators; None where there are none.
    """
    known: Mapping[int, float] = {}
    if out_of_fold is not None:
        known = dict(out_of_fold.select("source_id", "feh_true").unique().iter_rows())
    rows = stars.join(catalogue, on="source_id", how="inner", maintain_order="left")
    told = [_star(row, table, known.get(row["source_id"])) for row in rows.iter_rows(named=True)]
    bits = {bit.name: [bit.kind, bit.description] for bit in table["flags"].bits}
    content = {"flags": bits, "stars": told, "total": n_rows}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    for letter, escape in ESCAPED.items():
        text = text.replace(letter, escape)
    return text


def script() -> str:
    """Give the viewer's script."""
    return (TEMPLATES / "viewer.js").read_text("utf-8")


def policy(code: str) -> str:
    """Give the content security policy of a page that runs this script and nothing else.

    Nothing is loaded: pictures are in the page, and no address can be asked for anything.
    """
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    return (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def _star(row: Mapping[str, Any], table: Table, known: float | None) -> dict[str, Any]:
    """Give one star; what it lacks is left out."""
    told = {
        # As text: a script's numbers hold 53 bits.
        "id": str(row["source_id"]),
        "name": row["archive_id"],
        "type": row["pulsation_type"],
        "band": row["band"],
        "period": _rounded(row["period"], PERIOD_DIGITS),
        "feh": _rounded(row["feh"], FEH_DIGITS),
        "error": _rounded(row["feh_error"], FEH_DIGITS),
        "method": row["feh_method"],
        "status": row["feh_status"],
        "known": _rounded(known, FEH_DIGITS),
        "modulus": _rounded(row["distance_modulus"], MAG_DIGITS),
        "modulus_error": _rounded(row["distance_modulus_error"], MAG_DIGITS),
        "why": row["why"],
        "flags": [bit.name for bit in table["flags"].bits if row["flags"] & bit.value],
        "estimates": [
            [
                one["estimator"],
                _rounded(one["feh"], FEH_DIGITS),
                _rounded(one["feh_error"], FEH_DIGITS),
                one["status"],
            ]
            for one in row["estimates"] or ()
        ],
        "zero": _rounded(row["zp_mag"], SERIES_DIGITS),
        "amplitudes": _all_rounded(row["amplitudes"], SERIES_DIGITS),
        "phases": _all_rounded(row["phases"], SERIES_DIGITS),
        "phase": _all_rounded(row["phase"], PHASE_DIGITS),
        "mag": _all_rounded(row["mag"], MAG_DIGITS),
        "mag_error": _all_rounded(row["mag_error"], MAG_DIGITS),
        "out_phase": _all_rounded(row["left_out_phase"], PHASE_DIGITS),
        "out_mag": _all_rounded(row["left_out_mag"], MAG_DIGITS),
        "thinned": row["n_thinned"],
    }
    return {name: cell for name, cell in told.items() if cell is not None and cell != []}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _all_rounded(values: list[float] | None, digits: int) -> list[float] | None:
    return None if values is None else [round(value, digits) for value in values]
