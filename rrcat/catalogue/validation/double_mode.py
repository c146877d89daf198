"""RRd stars are listed, and have no [Fe/H] from a φ31 that is that of neither mode."""

import polars as pl

from rrcat.catalogue.validation.result import Result, not_made, table

CHECK = "double_mode"
NAME = "RRd stars are listed without [Fe/H]"


def check_double_mode(rows: pl.DataFrame) -> Result:
    """Give the check that no RRd star has a value, with their number by reason.

    Parameters
    ----------
    rows
        As :func:`~rrcat.catalogue.validation.evidence.rows_of` gives them.
    """
    stars = rows.filter(pulsation_type="RRd")
    if stars.is_empty():
        return not_made(CHECK, NAME, "no star is known as RRd")
    told = stars.group_by("feh_status").agg(n=pl.len()).sort("feh_status").to_dicts()
    n = stars["feh"].count()
    text = f"{n} of {stars.height:,} have one"
    return Result(CHECK, NAME, n == 0, text, float(n), 0.0, "", table(told))
