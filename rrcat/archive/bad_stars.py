"""Stars that no fit can serve: impossible periods and errors, few points, phases that are none."""

from pathlib import Path

import polars as pl

from rrcat.archive.account import SHOWN, Account, label, tally
from rrcat.archive.columns import TableMapping
from rrcat.archive.mapping import ROW
from rrcat.errors import ArchiveError
from rrcat.harmonic import PARAMETERS, covariance_index
from rrcat.schema import load

FEWEST_POINTS = 5
"""A period, a mean and one harmonic are four unknowns, and a scatter needs one point more."""

PHASE_TOLERANCE = 1e-9


def bad_periods(
    frame: pl.DataFrame, config: TableMapping, policy: str, path: Path
) -> tuple[pl.DataFrame, Account]:
    """Refuse periods that are 0, negative, NaN or outside the schema's range, or make them null.

    Raises
    ------
    ArchiveError
        There are some, and the policy is to refuse.
    """
    if "period" not in frame.columns:
        return frame, tally(pl.DataFrame())
    limits = load(config.schema_name)["period"].range
    assert limits is not None
    low, high = limits
    impossible = ~pl.col("period").is_between(low, high)
    bad, star = frame.filter(impossible), label(frame)
    if bad.height and policy == "refuse":
        column = config.columns["period"].column
        raise ArchiveError(
            f"{bad.height} of {frame.height} rows have a period that is 0, negative, NaN or "
            f"outside {low} to {high} d: " + _examples(bad, star, "period"),
            file=path,
            row=bad[ROW][0],
            star=bad[star][0],
            column=column,
            hint="correct them; or list what means that none is known: "
            f"period = {{ column = '{column}', null_values = ['0'] }}; "
            "or bad_stars = 'keep' in [archive]: the stars get a row with a reason",
        )
    kept = frame.with_columns(period=pl.when(~impossible).then(pl.col("period")))
    return kept, tally(bad, star, "period")


def bad_errors(
    frame: pl.DataFrame, config: TableMapping, policy: str, path: Path
) -> tuple[pl.DataFrame, Account]:
    """Refuse standard errors and variances below zero, or make them null and count them by column.

    Raises
    ------
    ArchiveError
        There are some, and the policy is to refuse.
    """
    star, account = label(frame), {}
    below = {name: pl.col(name) < 0 for name in frame.columns if name.endswith("_error")}
    if "covariance" in frame.columns:
        variances = (
            pl.col("covariance").arr.get(covariance_index(name, name)) for name in PARAMETERS
        )
        below["covariance"] = pl.any_horizontal(variance < 0 for variance in variances)
    for name, negative in below.items():
        bad = frame.filter(negative)
        if bad.height and policy == "refuse":
            what = "variances of a covariance" if name == "covariance" else f"a {name}"
            raise ArchiveError(
                f"{bad.height} of {frame.height} rows have {what} below zero: "
                + (str(bad[star][0]) if name == "covariance" else _examples(bad, star, name)),
                file=path,
                row=bad[ROW][0],
                star=bad[star][0],
                column=config.columns[name].column,
                hint="correct them; or list what means that none is known in `null_values` of the "
                "column; or bad_stars = 'keep' in [archive]: they become null",
            )
        if bad.height:
            account[name] = tally(bad, star)
            frame = frame.with_columns(pl.when(~negative.fill_null(False)).then(name).alias(name))
    return frame, account


def short_light_curves(light_curves: pl.DataFrame, policy: str, path: Path) -> dict[str, Account]:
    """Refuse stars with 1 to 4 usable points in every band, or count them.

    Usable is a point with a magnitude that the archive does not reject.

    Raises
    ------
    ArchiveError
        There are such stars, and the policy is to refuse.
    """
    star = label(light_curves)
    usable = pl.col("mag").is_not_null()
    if "rejected" in light_curves.columns:
        usable &= ~pl.col("rejected").fill_null(False)
    points = (
        light_curves.group_by(star, "band")
        .agg(points=usable.sum())
        .group_by(star)
        .agg(pl.col("points").max())
        .sort(star)
    )
    short = points.filter(pl.col("points").is_between(1, FEWEST_POINTS - 1))
    if short.height and policy == "refuse":
        raise ArchiveError(
            f"{short.height} of {points.height} stars have a light curve of fewer than "
            f"{FEWEST_POINTS} usable points: " + _examples(short, star, "points"),
            file=path,
            star=short[star][0],
            hint="complete or remove them; or bad_stars = 'keep' in [archive]: the stars get a row "
            "with a reason",
        )
    return {
        "short_light_curves": tally(short, star, "points"),
        "without_usable_point": tally(points.filter(pl.col("points") == 0), star),
    }


def check_phases(light_curves: pl.DataFrame, config: TableMapping, path: Path) -> pl.DataFrame:
    """Give the light curves with phases in [0, 1].

    Raises
    ------
    ArchiveError
        A phase is outside by more than rounding.
    """
    if "phase" not in light_curves.columns:
        return light_curves
    inside = pl.col("phase").is_between(-PHASE_TOLERANCE, 1 + PHASE_TOLERANCE)
    bad, star = light_curves.filter(~inside), label(light_curves)
    if bad.height:
        raise ArchiveError(
            f"{bad.height} of {light_curves.height} phases are outside 0 to 1: "
            + _examples(bad, star, "phase"),
            file=path,
            row=bad[ROW][0],
            star=bad[star][0],
            column=config.columns["phase"].column,
            hint="a phase is in cycles; times within one cycle are mapped as `time`",
        )
    return light_curves.with_columns(pl.col("phase").clip(0.0, 1.0))


def _examples(bad: pl.DataFrame, star: str, value: str) -> str:
    rows = bad.select(star, value).head(SHOWN).rows()
    more = ", ..." if bad.height > SHOWN else ""
    return ", ".join(f"{name}: {number}" for name, number in rows) + more
