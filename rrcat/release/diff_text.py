"""Differences between two catalogues, told on one screen."""

from collections.abc import Iterator

from rrcat.release.causes import CAUSES
from rrcat.release.changed_stars import StarChange
from rrcat.release.diff import ReleaseDiff
from rrcat.release.diff_columns import ColumnDiff

COLUMNS_SHOWN = 12
STARS_SHOWN = 5
FACTS_SHOWN = 12
WORD_LENGTH = 60
# What a reader of the catalogue asks for first; the others follow in the order of the table.
IMPORTANT = (
    "feh",
    "feh_error",
    "feh_status",
    "pulsation_type",
    "period",
    "flags",
    "feh_method",
    "feh_variant",
    "phi31",
    "phi21",
    "a1",
    "peak_to_peak",
    "int_average_mag",
)


def diff_text(found: ReleaseDiff) -> str:
    """Give the differences in lines: rows, why, columns, statuses, flags, recipe, table, step.

    Shifts are told with four significant digits, in the unit of their column.
    """
    return "\n".join(_lines(found))


def _lines(found: ReleaseDiff) -> Iterator[str]:
    yield f"from {found.before} to {found.after}"
    yield from (f"warning: {words}" for words in found.warnings)
    if found.added or found.removed or found.n_changed:
        yield (
            f"rows: {found.n_before:,} -> {found.n_after:,}, {len(found.added):,} added,"
            f" {len(found.removed):,} removed, {found.n_changed:,} changed"
        )
    else:
        yield f"the same {found.n_after:,} rows"
    for verb, stars in (("added", found.added), ("removed", found.removed)):
        if stars:
            shown = ", ".join(map(str, stars[:STARS_SHOWN]))
            yield f"  {verb}: {shown}{', ...' if len(stars) > STARS_SHOWN else ''}"
    if found.rows_why:
        yield f"  why: {'; '.join(found.rows_why)}"
    yield from _causes(found)
    yield from _columns(found.columns)
    if found.statuses:
        yield from ("", "feh_status")
        yield from _table([(f"  {old} -> {new}", f"{n:,}") for old, new, n in found.statuses], "lr")
    for column in found.columns:
        if column.bits:
            rows = [(f"  {bit.name}", f"{bit.set:,}", f"{bit.cleared:,}") for bit in column.bits]
            yield ""
            yield from _table([(column.name, "set", "cleared"), *rows], "lrr")
    yield from _facts(found)
    yield from _schema(found)
    if found.step.level != "none":
        yield ""
        yield f"this asks for a {found.step.level} step of the version: {'; '.join(found.step.why)}"


def _causes(found: ReleaseDiff) -> Iterator[str]:
    """Yield why stars changed, as far as it can be told, and those that changed most."""
    if found.causes:
        rows: list[tuple[str, ...]] = [("why", "stars", "median shift of [Fe/H]", "largest", "")]
        for one in found.causes:
            shifts = ["" if cell is None else f"{cell:.4g}" for cell in (one.median, one.largest)]
            rows.append(
                (cause_words(one.causes), f"{one.n:,}", *shifts, "dex" if shifts[0] else "")
            )
        yield ""
        yield from _table(rows, "lrrrl")
    if found.stars:
        yield ""
        yield "stars whose [Fe/H] changed most, in dex"
    for star in found.stars[:STARS_SHOWN]:
        yield f"  {star.source_id}: {feh(star.before)} -> {feh(star.after)}"
        yield from (f"    {words}" for words in star_words(star))
    if (more := len(found.stars) - STARS_SHOWN) > 0:
        yield f"  {more} more (--json and --html show them)"


def cause_words(causes: tuple[str, ...]) -> str:
    """Say why stars changed; the shares of several causes cannot be told."""
    return " + ".join(CAUSES[cause] for cause in causes)


def star_words(star: StarChange) -> list[str]:
    """Say what is seen of each cause of one star's change."""
    return [f"{CAUSES[cause.kind]}: {cause.detail}" for cause in star.causes]


def feh(value: float | None) -> str:
    """Give [Fe/H] with three decimals, or none."""
    return "none" if value is None else f"{value:.3f}"


def _columns(columns: tuple[ColumnDiff, ...]) -> Iterator[str]:
    if not columns:
        return
    ordered = ordered_columns(columns)
    shifts = ("median shift", "largest shift", "unit", "star")
    head = ("column", "changed", "appeared", "vanished", *shifts)
    rows = [head, *(_row(column) for column in ordered[:COLUMNS_SHOWN])]
    yield ""
    yield from _table(rows, "lrrrrrlr")
    if (more := len(columns) - COLUMNS_SHOWN) > 0:
        yield f"{more} more {'column' if more == 1 else 'columns'} (--json shows all)"


def ordered_columns(columns: tuple[ColumnDiff, ...]) -> list[ColumnDiff]:
    """Give the columns in the order in which a reader asks for them."""
    known = {name: place for place, name in enumerate(IMPORTANT)}
    return sorted(columns, key=lambda column: known.get(column.name, len(known)))


def _row(column: ColumnDiff) -> tuple[str, ...]:
    counts = (f"{column.changed:,}", f"{column.appeared:,}", f"{column.vanished:,}")
    if column.median is None:
        return (column.name, *counts, "", "", "", "")
    first = column.largest[0]
    shifts = (f"{column.median:.4g}", f"{first.shift:.4g}")
    return (column.name, *counts, *shifts, column.unit, str(first.source_id))


def _facts(found: ReleaseDiff) -> Iterator[str]:
    if not found.facts:
        return
    yield from ("", "made from")
    for change in found.facts[:FACTS_SHOWN]:
        yield f"  {change.key}: {_short(change.before)} -> {_short(change.after)}"
    if (more := len(found.facts) - FACTS_SHOWN) > 0:
        yield f"  {more} more (--json shows all)"


def _schema(found: ReleaseDiff) -> Iterator[str]:
    schema = found.schema
    if schema.changes:
        step = "enough" if schema.version_is_honest else "TOO LITTLE"
        yield ""
        yield f"table: version {schema.before} -> {schema.after}; " + (
            "only the estimators with columns of their own differ"
            if schema.level == "none"
            else f"the changes ask for a {schema.level} step, so that is {step}"
        )
    for change in schema.changes:
        before, after = _short(change.before), _short(change.after)
        yield f"  {change.column}: {change.what} {before} -> {after}"


def _short(words: str) -> str:
    return words if len(words) <= WORD_LENGTH else f"{words[: WORD_LENGTH - 3]}..."


def _table(rows: list[tuple[str, ...]], sides: str) -> Iterator[str]:
    """Yield rows with columns of one width, at the left (l) or right (r) side of it."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, sides, strict=True)
        yield "  ".join(
            cell.ljust(width) if side == "l" else cell.rjust(width) for cell, width, side in cells
        ).rstrip()
