"""Mapped rows of an archive become conforming tables, with an account of all that is odd in them.

Everything that is judged of stars, light curves and features is judged here, wherever the rows are
from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import polars as pl

from rrcat.archive.account import Account, clean_numbers, label, merge_rows, repeated_epochs, tally
from rrcat.archive.bad_stars import bad_errors, bad_periods, check_phases, short_light_curves
from rrcat.archive.columns import FeaturesMapping, LightCurvesMapping, StarsMapping, TableMapping
from rrcat.archive.config import ArchiveBase, Selection
from rrcat.archive.harmonics import as_cosine, only_used_orders, with_status
from rrcat.archive.identity import identifiers
from rrcat.archive.mapping import ROW
from rrcat.archive.selection import select
from rrcat.archive.times import check_plausible
from rrcat.errors import ArchiveError, FrameError
from rrcat.schema import check, conform, load

EVERYTHING = Selection()

Mapping = TypeVar("Mapping", bound=TableMapping, covariant=True)


@dataclass(frozen=True)
class Part(Generic[Mapping]):
    """The rows of one table of an archive, in our columns.

    ``frame`` is what :func:`rrcat.archive.mapping.map_table` gives, ``mapping`` says which columns
    of the archive they come from, ``place`` where they are, for messages, and ``account`` what is
    known of the table already.
    """

    frame: pl.DataFrame
    mapping: Mapping
    place: Path
    account: Account


@dataclass(frozen=True)
class Ingest:
    """What an archive gave: conforming, sorted frames, their account and the files they are from.

    ``inputs`` holds ``name``, ``sha256`` and ``size`` of each file; a name is as in the recipe.
    """

    stars: pl.DataFrame
    light_curves: pl.DataFrame | None
    features: pl.DataFrame | None
    account: dict[str, Account]
    inputs: list[dict[str, Any]]


def assemble(
    config: ArchiveBase,
    stars: Part[StarsMapping],
    light_curves: Part[LightCurvesMapping] | None,
    features: Part[FeaturesMapping] | None,
    *,
    selection: Selection = EVERYTHING,
    inputs: Sequence[dict[str, Any]] = (),
    left_out: pl.DataFrame | None = None,
) -> Ingest:
    """Make the tables stars, light_curves and features of mapped rows.

    Every star of any of the tables is in ``stars``; where only its light curve or its features
    are given, nothing else is known of it. No observation is left out but those with neither time
    nor phase, which are counted, and those of stars that are left out. NaN becomes null.

    Parameters
    ----------
    selection
        Which stars to take; the account tells of all of them.
    inputs
        Files that the rows are from.
    left_out
        Identifiers of stars that are left out altogether, with their observations.

    Raises
    ------
    ArchiveError
        Rows of a star contradict each other, times of the light curves are of no plausible date,
        stars are bad in a way that the recipe does not say to keep, or no star is selected.
    FrameError
        What the archive gave is not what the tables may hold.
    """
    parts: dict[str, Part[TableMapping]] = {"stars": stars}
    parts |= {"light_curves": light_curves} if light_curves else {}
    parts |= {"features": features} if features else {}
    account = {name: dict(part.account) for name, part in parts.items()}
    frames = {name: part.frame for name, part in parts.items()}
    if left_out is not None:
        account["stars"]["stars_left_out_by_where"] = tally(left_out, *left_out.columns)
        for name in frames.keys() - {"stars"}:
            taken = frames[name].join(
                left_out, on=left_out.columns, how="anti", maintain_order="left"
            )
            account[name]["rows_of_stars_left_out"] = frames[name].height - taken.height
            frames[name] = taken
    if "source_id" not in stars.mapping.columns:
        ids = identifiers(config.survey, pl.concat(each["archive_id"] for each in frames.values()))
        frames = {
            name: frame.join(ids, on="archive_id", how="left", maintain_order="left")
            for name, frame in frames.items()
        }
    known, told = _stars(frames["stars"], stars, config)
    account["stars"] |= told
    observations = parameters = None
    if light_curves is not None:
        observations, told = _light_curves(frames["light_curves"], light_curves, config)
        account["light_curves"] |= told
    if features is not None:
        parameters, told = _features(frames["features"], features, config)
        account["features"] |= told
    everyone, told = _union(known, frames)
    everyone = _checked(everyone, "stars", stars.place)
    account["stars"] |= told
    chosen = select(everyone, selection)
    account["stars"]["selected"] = chosen.height
    if chosen.height < everyone.height:
        observations = _of(chosen, observations)
        parameters = _of(chosen, parameters)
    return Ingest(chosen, observations, parameters, account, list(inputs))


def _of(stars: pl.DataFrame, rows: pl.DataFrame | None) -> pl.DataFrame | None:
    if rows is None:
        return None
    return rows.join(stars.select("source_id"), on="source_id", how="semi", maintain_order="left")


def _stars(
    frame: pl.DataFrame, part: Part[StarsMapping], config: ArchiveBase
) -> tuple[pl.DataFrame, Account]:
    frame, bad = bad_periods(frame, part.mapping, config.bad_stars, part.place)
    frame, errors = bad_errors(frame, part.mapping, config.bad_stars, part.place)
    frame, numbers = clean_numbers(frame)
    stars, merged = _merge(frame, ["source_id"], part, part.mapping.conflicts)
    return stars, {"bad_periods": bad, "negative_errors": errors} | numbers | merged


def _light_curves(
    frame: pl.DataFrame, part: Part[LightCurvesMapping], config: ArchiveBase
) -> tuple[pl.DataFrame, Account]:
    frame, account = clean_numbers(frame)
    frame = check_phases(frame, part.mapping, part.place)
    frame = conform(frame, load("light_curves"))
    check_plausible(frame["time"], config.time, part.place)
    placed = pl.col("time").is_not_null() | pl.col("phase").is_not_null()
    account["without_time"] = tally(frame.filter(~placed), label(frame), "band")
    frame = frame.filter(placed)
    account |= {
        "observations": frame.height,
        "stars": frame["source_id"].n_unique(),
        "bands": sorted(frame["band"].drop_nulls().unique()),
        "without_magnitude": frame["mag"].null_count(),
        "rejected": int(frame["rejected"].sum() or 0),
        "identical_rows": frame.height - frame.drop(ROW).unique().height,
        "repeated_epochs": repeated_epochs(frame),
    }
    account |= short_light_curves(frame, config.bad_stars, part.place)
    return _checked(frame, "light_curves", part.place), account


def _features(
    frame: pl.DataFrame, part: Part[FeaturesMapping], config: ArchiveBase
) -> tuple[pl.DataFrame, Account]:
    frame, bad = bad_periods(frame, part.mapping, config.bad_stars, part.place)
    frame, errors = bad_errors(frame, part.mapping, config.bad_stars, part.place)
    frame, numbers = clean_numbers(frame)
    frame, orders = only_used_orders(frame)
    frame = as_cosine(frame, part.mapping.phase_convention)
    merged, account = _merge(frame, ["source_id", "band"], part, part.mapping.conflicts)
    features = _checked(with_status(merged), "features", part.place)
    told = {"bad_periods": bad, "negative_errors": errors} | numbers | orders | account
    return features, told | {
        "stars": features["source_id"].n_unique(),
        "fit_status": dict(sorted(features["fit_status"].value_counts().iter_rows())),
    }


def _merge(
    frame: pl.DataFrame, key: list[str], part: Part[TableMapping], conflicts: str
) -> tuple[pl.DataFrame, Account]:
    if "source_id" not in part.mapping.columns:
        key = ["archive_id", *key]
    merged, account, conflicting = merge_rows(frame.drop(ROW), key, conflicts)
    if conflicting.height and conflicts == "refuse":
        star, column, values = conflicting.row(0)
        raise ArchiveError(
            f"rows of one star differ: {column} is {values}; so do {conflicting.height - 1} others",
            file=part.place,
            star=star,
            column=part.mapping.columns[column].column,
            hint=f"conflicts = 'first' or 'null' in [archive.{part.mapping.schema_name}], correct "
            "the rows, or take some with `where`",
        )
    return merged, account


def _union(known: pl.DataFrame, frames: dict[str, pl.DataFrame]) -> tuple[pl.DataFrame, Account]:
    """Give all stars of all tables, and who is missing where."""
    identity = [name for name in ("source_id", "archive_id") if name in known.columns]
    account: Account = {"in_file": known.height}
    stars = known
    for table in ("light_curves", "features"):
        if table not in frames:
            continue
        given = frames[table].select(n for n in identity if n in frames[table].columns)
        given = given.unique("source_id", keep="first", maintain_order=True).sort("source_id")
        new = given.join(stars, on="source_id", how="anti", maintain_order="left")
        missing = known.join(given, on="source_id", how="anti", maintain_order="left")
        star = label(known)
        account[f"{table}_without_star"] = tally(new, label(new))
        account[f"without_{table}"] = tally(missing.sort(star), star)
        stars = pl.concat([stars, new], how="diagonal")
    account["count"] = stars.height
    return stars, account


def _checked(frame: pl.DataFrame, table: str, path: Path) -> pl.DataFrame:
    """Give the frame in the columns and order of the table, whatever the order in the archive."""
    schema = load(table)
    own = frame.select(name for name in frame.columns if name in schema.names)
    conforming = conform(own, schema)
    order = [*schema.sort, *(name for name in own.columns if name not in schema.sort)]
    ordered = conforming.sort(order, maintain_order=True)
    try:
        check(ordered, schema)
    except FrameError as error:
        hint = (
            f"mend the rows in {path.name}, list in `null_values` what means that nothing is "
            "known, or take other rows with `where`; rows are counted from 0 in the table sorted "
            f"by {' and '.join(schema.sort)}, not in the file"
        )
        raise FrameError(error.message, file=path, hint=hint) from None
    return ordered
