"""Units of a file's columns, and the factor from them to the schema's."""

from pathlib import Path

from astropy import units as u

from rrcat.errors import ArchiveError
from rrcat.schema import Column

# Spellings in archive files that astropy does not read, or not as they are meant.
UNIT_ALIASES = {
    "e-/s": "electron / s",
    "days": "d",
    "mags": "mag",
    "degrees": "deg",
    "[Sun]": "dex",  # VizieR's way to say that an abundance is relative to that of the Sun
}
UNIT_FORMATS = ("vounit", "generic", "cds")
# Electrons are counted: services write their rate as 1/s too.
COUNTS = [(u.electron / u.s, u.s**-1)]


def to_schema_unit(
    column: Column, asked: str | None, stated: str | None, name: str, path: Path
) -> float:
    """Give the number that turns the file's values into the schema's unit.

    The unit is the file's own where it states one that can be read, else the recipe's, else the
    schema's.

    Raises
    ------
    ArchiveError
        The two units differ, one is not known, or it cannot be converted into the schema's.
    """
    ours = column.unit_in("votable")
    said = repr(ours) if ours else "no unit"
    from_file, from_recipe = _unit(stated), _unit(asked)
    if asked and from_recipe is None:
        raise ArchiveError(
            f"the unit {asked!r} of column {name!r} is not known",
            file=path,
            column=name,
            hint=f"write it as VOUnit; {column.name} is in {said}",
        )
    if stated and from_file is None and from_recipe is None:
        raise ArchiveError(
            f"column {name!r} is in {stated!r}, which is not known",
            file=path,
            column=name,
            hint=f"say `unit` for {column.name} in the recipe",
        )
    if from_file is not None and from_recipe is not None and not _same(from_file, from_recipe):
        raise ArchiveError(
            f"column {name!r} is in {stated!r} by the file and in {asked!r} by the recipe",
            file=path,
            column=name,
            hint="take `unit` out of the recipe if the file is right",
        )
    unit = from_file if from_file is not None else from_recipe
    if unit is None:
        return 1.0
    try:
        return float(unit.to(_unit(ours) or u.dimensionless_unscaled, equivalencies=COUNTS))
    except u.UnitConversionError:
        raise ArchiveError(
            f"column {name!r} is in {str(unit)!r}, and {column.name} is in {said}",
            file=path,
            column=name,
            hint="the units cannot be converted: is it the right column?",
        ) from None


def _same(one: u.UnitBase, other: u.UnitBase) -> bool:
    return bool(one.is_equivalent(other, COUNTS) and one.to(other, equivalencies=COUNTS) == 1.0)


def _unit(text: str | None) -> u.UnitBase | None:
    if not text:
        return None
    # VOUnit quotes words that it does not know, such as electron; astropy knows them.
    plain = UNIT_ALIASES.get(text, text).replace("'", "")
    for form in UNIT_FORMATS:
        try:
            return u.Unit(plain, format=form)
        except ValueError:
            continue
    return None
