"""Stars, light curves and features from files, with an account of all that is odd in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from rrcat import atomic
from rrcat.archive.account import Account, clean_numbers, label, merge_rows, repeated_epochs, tally
from rrcat.archive.bad_stars import bad_errors, bad_periods, check_phases, short_light_curves
from rrcat.archive.config import FilesArchive, FileTable, Selection
from rrcat.archive.harmonics import as_cosine, only_used_orders, with_status
from rrcat.archive.identity import identifiers
from rrcat.archive.mapping import ROW, map_file, map_stars
from rrcat.archive.readers import require_file
from rrcat.archive.selection import select
from rrcat.archive.times import check_plausible
from rrcat.errors import ArchiveError, FrameError
from rrcat.schema import check, conform, load

EVERYTHING = Selection()


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


def ingest(config: FilesArchive, base: Path, selection: Selection = EVERYTHING) -> Ingest:
    """Read the files of an archive into frames of the tables stars, light_curves and features.

    Every star of any of the files is in ``stars``; where only its light curve or its features
    are given, nothing else is known of it. Left out altogether, with its observations, is a star
    of which ``where`` of the star file leaves out every row. Of the others no observation is left
    out but those with neither time nor phase, which are counted. Times become days since
    JD 2455197.5; NaN becomes null.

    Parameters
    ----------
    base
        Folder that the paths of the files are relative to.
    selection
        Which stars to take; the account tells of all of them.

    Raises
    ------
    ArchiveError
        A file cannot be read or mapped, rows of a star contradict each other, times of the light
        curves are of no plausible date, or stars are bad in a way that the recipe does not say to
        keep.
    FrameError
        What the files hold is not what the tables may hold.
    """
    frames: dict[str, pl.DataFrame] = {}
    account: dict[str, Account] = {}
    frames["stars"], rows, left_out = map_stars(config.stars, config.time, base)
    account["stars"] = _asked(config.stars, rows, frames["stars"]) | {
        "stars_left_out_by_where": tally(left_out, *left_out.columns)
    }
    for table in config.tables[1:]:
        frame, rows = map_file(table, config.time, base)
        taken = frame.join(left_out, on=left_out.columns, how="anti", maintain_order="left")
        frames[table.schema_name] = taken
        account[table.schema_name] = _asked(table, rows, frame) | {
            "rows_of_stars_left_out": frame.height - taken.height
        }
    if "source_id" not in config.stars.columns:
        ids = identifiers(config.survey, pl.concat(each["archive_id"] for each in frames.values()))
        frames = {
            name: frame.join(ids, on="archive_id", how="left", maintain_order="left")
            for name, frame in frames.items()
        }
    known, told = _stars(frames["stars"], config, base)
    account["stars"] |= told
    light_curves = features = None
    if config.light_curves is not None:
        light_curves, told = _light_curves(frames["light_curves"], config, base)
        account["light_curves"] |= told
    if config.features is not None:
        features, told = _features(frames["features"], config, base)
        account["features"] |= told
    stars, told = _union(known, frames)
    stars = _checked(stars, "stars", base / config.stars.file)
    account["stars"] |= told
    chosen = select(stars, selection)
    account["stars"]["selected"] = chosen.height
    if chosen.height < stars.height:
        light_curves = _of(chosen, light_curves)
        features = _of(chosen, features)
    return Ingest(chosen, light_curves, features, account, input_files(config.tables, base))


def input_files(tables: Iterable[FileTable], base: Path) -> list[dict[str, Any]]:
    """Give ``name``, ``sha256`` and ``size`` of each file that tables come from, sorted by name.

    A name is as in the recipe, never the place that the file has on a machine.
    """
    files = {(_name(table), base / table.file) for table in tables}
    for _, path in files:
        require_file(path)
    return [
        {"name": name, "sha256": atomic.sha256(path), "size": path.stat().st_size}
        for name, path in sorted(files)
    ]


def _asked(table: FileTable, rows: int, frame: pl.DataFrame) -> Account:
    """Account for the rows of a file, and for those that `where` leaves."""
    return {
        "file": _name(table),
        "rows": rows,
        "left_out_by_where": rows - frame.height,
    }


def _of(stars: pl.DataFrame, rows: pl.DataFrame | None) -> pl.DataFrame | None:
    if rows is None:
        return None
    return rows.join(stars.select("source_id"), on="source_id", how="semi", maintain_order="left")


def _stars(frame: pl.DataFrame, config: FilesArchive, base: Path) -> tuple[pl.DataFrame, Account]:
    path = base / config.stars.file
    frame, bad = bad_periods(frame, config.stars, config.bad_stars, path)
    frame, errors = bad_errors(frame, config.stars, config.bad_stars, path)
    frame, numbers = clean_numbers(frame)
    stars, merged = _merge(frame, ["source_id"], config.stars, config.stars.conflicts, path)
    return stars, {"bad_periods": bad, "negative_errors": errors} | numbers | merged


def _light_curves(
    frame: pl.DataFrame, config: FilesArchive, base: Path
) -> tuple[pl.DataFrame, Account]:
    table = config.light_curves
    assert table is not None
    path = base / table.file
    frame, account = clean_numbers(frame)
    frame = check_phases(frame, table, path)
    frame = conform(frame, load("light_curves"))
    check_plausible(frame["time"], config.time, path)
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
    account |= short_light_curves(frame, config.bad_stars, path)
    return _checked(frame, "light_curves", path), account


def _features(
    frame: pl.DataFrame, config: FilesArchive, base: Path
) -> tuple[pl.DataFrame, Account]:
    table = config.features
    assert table is not None
    path = base / table.file
    frame, bad = bad_periods(frame, table, config.bad_stars, path)
    frame, errors = bad_errors(frame, table, config.bad_stars, path)
    frame, numbers = clean_numbers(frame)
    frame, orders = only_used_orders(frame)
    frame = as_cosine(frame, table.phase_convention)
    merged, account = _merge(frame, ["source_id", "band"], table, table.conflicts, path)
    features = _checked(with_status(merged), "features", path)
    told = {"bad_periods": bad, "negative_errors": errors} | numbers | orders | account
    return features, told | {
        "stars": features["source_id"].n_unique(),
        "fit_status": dict(sorted(features["fit_status"].value_counts().iter_rows())),
    }


def _merge(
    frame: pl.DataFrame, key: list[str], table: FileTable, conflicts: str, path: Path
) -> tuple[pl.DataFrame, Account]:
    if "source_id" not in table.columns:
        key = ["archive_id", *key]
    merged, account, conflicting = merge_rows(frame.drop(ROW), key, conflicts)
    if conflicting.height and conflicts == "refuse":
        star, column, values = conflicting.row(0)
        raise ArchiveError(
            f"rows of one star differ: {column} is {values}; so do {conflicting.height - 1} others",
            file=path,
            star=star,
            column=table.columns[column].column,
            hint=f"conflicts = 'first' or 'null' in [archive.{table.schema_name}], correct the "
            "rows, or take some with `where`",
        )
    return merged, account


def _union(known: pl.DataFrame, frames: dict[str, pl.DataFrame]) -> tuple[pl.DataFrame, Account]:
    """Give all stars of all files, and who is missing where."""
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
    """Give the frame in the columns and order of the table, whatever the order in the file."""
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


def _name(table: FileTable) -> str:
    path = Path(table.file)
    return path.name if path.is_absolute() else path.as_posix()
