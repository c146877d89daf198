"""The estimators' own values, in columns beside the recommended ones."""

import polars as pl

from rrcat.catalogue.recipe import Recipe
from rrcat.schema import Table, expanded, load

IN_PREDICTIONS = {"feh": "feh", "feh_error": "feh_error", "feh_status": "status"}
"""What a family of columns is called in the predictions, by the name that it begins with."""


def with_columns_of_their_own(recipe: Recipe) -> list[str]:
    """Give the ids of the estimators that have columns of their own, in the order of the recipe.

    A single one has none, unless the recipe asks for it: they would repeat the recommended ones.
    """
    ids = [section.id for section in recipe.estimator]
    wanted = recipe.catalogue.individual_columns
    return ids if (len(ids) > 1 if wanted is None else wanted) else []


def catalogue_table(recipe: Recipe) -> Table:
    """Give the table that a recipe fills, with the columns of its estimators.

    Raises
    ------
    SchemaError
        The id of an estimator makes no name of a column, or that of another column.
    """
    return expanded(load(recipe.catalogue.table), with_columns_of_their_own(recipe))


def individual(predictions: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Give the columns of the table that are an estimator's own: one row a star, sorted.

    Parameters
    ----------
    predictions
        Frame of the table ``predictions``; rows of other estimators are passed over.
    table
        As :func:`catalogue_table` gives it.
    """
    stars = predictions.select("source_id").unique().sort("source_id")
    for id in dict.fromkeys(column.estimator for column in table.column if column.estimator):
        own = [column for column in table.column if column.estimator == id]
        values = predictions.filter(pl.col("estimator") == id).select(
            "source_id", *(pl.col(IN_PREDICTIONS[column.stem]).alias(column.name) for column in own)
        )
        stars = stars.join(
            values, on="source_id", how="left", validate="1:1", maintain_order="left"
        )
    return stars
