"""Families of columns: those of which a catalogue has one for each of its estimators."""

from collections.abc import Iterable
from itertools import groupby

from pydantic import ValidationError

from rrcat.errors import SchemaError
from rrcat.schema.definition import MAX_NAME, PLACE, Column, Table, word

HINT = (
    "leave one of the estimators out of the recipe, or all such columns with"
    " `individual_columns = false` under [catalogue]"
)


def expanded(table: Table, estimators: Iterable[str]) -> Table:
    """Give the table of a catalogue in which some estimators have columns of their own.

    They stand where their families do, in the order given, those of an estimator together.

    Raises
    ------
    SchemaError
        The name of a column is too long, or one column would be that of two.
    """
    ids = tuple(estimators)
    columns: list[Column] = []
    for is_family, run in groupby(table.defined, lambda column: column.each is not None):
        members = tuple(run)
        columns += [_own(column, id) for id in ids for column in members] if is_family else members
    owners: dict[str, str] = {}
    for column in columns:
        owner = f"the estimator {column.estimator!r}" if column.estimator else "the table"
        if other := owners.get(column.name):
            raise SchemaError(
                f"{other} and {owner} would both have a column {column.name!r}", hint=HINT
            )
        owners[column.name] = owner
    return table.model_copy(update={"defined": tuple(columns)})


def expanded_like(table: Table, names: Iterable[str]) -> Table:
    """Give the table of a catalogue whose columns have these names.

    An estimator is what has a column in every family. What was a hyphen in its id and what an
    underscore a name does not tell: they are all hyphens.
    """
    there = list(names)
    if not table.families:
        return table
    start = f"{table.families[0].stem}_"
    ends = [name.removeprefix(start) for name in there if name.startswith(start)]
    stems = [family.stem for family in table.families]
    whole = [end for end in ends if all(f"{stem}_{end}" in there for stem in stems)]
    return expanded(table, (end.replace("_", "-") for end in whole))


def _own(family: Column, estimator: str) -> Column:
    told = family.model_dump(exclude_unset=True, exclude={"each"})
    told["name"] = family.name.replace(PLACE, word(estimator))
    told["description"] = family.description.replace(PLACE, estimator)
    try:
        return Column.model_validate(told | {"estimator": estimator})
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]["msg"]
        raise SchemaError(
            f"the estimator {estimator!r} would have a column {told['name']!r}: {problem}",
            hint=f"a name has lower-case letters, digits and underscores, at most {MAX_NAME};"
            " `individual_columns = false` under [catalogue] leaves such columns out",
        ) from None
