"""Differences between two catalogues, told on one screen."""

from collections.abc import Iterator

from rrcat.release.diff import ColumnDiff, ReleaseDiff

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
    """Give the differences in lines: rows, columns, statuses, flags, recipe, table.

    Shifts are told with four significant digits, in the unit of their column.
    """
    return "\n".join(_lines(found))


def _lines(found: ReleaseDiff) -> Iterator[str]:
    yield f"from {found.before} to {found.after}"
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


def _columns(columns: tuple[ColumnDiff, ...]) -> Iterator[str]:
    if not columns:
        return
    known = [name for name in IMPORTANT if name in {column.name for column in columns}]
    ordered = sorted(columns, key=lambda c: known.index(c.name) if c.name in known else len(known))
    shifts = ("median shift", "largest shift", "unit", "star")
    head = ("column", "changed", "appeared", "vanished", *shifts)
    rows = [head, *(_row(column) for column in ordered[:COLUMNS_SHOWN])]
    yield ""
    yield from _table(rows, "lrrrrrlr")
    if (more := len(columns) - COLUMNS_SHOWN) > 0:
        yield f"{more} more {'column' if more == 1 else 'columns'} (--json shows all)"


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
