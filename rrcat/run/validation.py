"""The validation of a finished catalogue: what its checks read is brought together here."""

from collections.abc import Mapping, Sequence

import polars as pl
from polars import selectors

from rrcat.archive.config import PublishedTable
from rrcat.calibration.sample import Sample
from rrcat.catalogue.recipe import Recipe
from rrcat.catalogue.validation.checks import validate
from rrcat.catalogue.validation.evidence import COLUMNS, OF_PREDICTIONS, Evidence, rows_of
from rrcat.catalogue.validation.result import Result
from rrcat.evaluation.external import read_external
from rrcat.run.recommend import crossed, unseen
from rrcat.run.teacher import Teacher
from rrcat.run.workspace import Workspace


def validation_tables(recipe: Recipe) -> tuple[PublishedTable, ...]:
    """Give the tables that the validation of a recipe reads besides those of the build."""
    reference = recipe.validation.reference
    return () if reference is None else (reference,)


def validated(
    place: Workspace,
    sample: Sample | None,
    tables: Mapping[str, pl.LazyFrame],
    order: Sequence[str],
    out_of_fold: pl.DataFrame | None,
    earlier: pl.DataFrame | None,
) -> list[Result]:
    """Give the results of the checks that a recipe asks for.

    Parameters
    ----------
    sample
        The calibrators, None where nothing was learned from any.
    tables
        ``catalogue`` and ``predictions``, of which only the columns that checks read are read.
    order
        Estimators, the preferred first, with the combination where there is one.
    out_of_fold, earlier
        As :func:`tested` and :func:`earlier_catalogue` give them.
    """
    recipe = place.recipe
    known = selectors.by_name(*COLUMNS, require_all=False)
    evidence = Evidence(
        rows=rows_of(tables["catalogue"].select(known).collect(), place.store.stars()),
        predictions=tables["predictions"].select(OF_PREDICTIONS).collect(),
        order=tuple(order),
        calibrators=None if sample is None else sample.calibrators,
        out_of_fold=out_of_fold,
        reference=earlier,
        photometric=recipe.calibration is not None and recipe.calibration.photometric,
        label_zero_point=None if place.teacher is None else _zero_point(place.teacher),
    )
    return validate(evidence, recipe.validation)


def tested(place: Workspace, sample: Sample | None) -> pl.DataFrame | None:
    """Give the values of calibrators by models that had not seen them; None where none are learned.

    They are :func:`rrcat.run.recommend.crossed`; a build has such models where it combines.
    """
    if sample is None or place.recipe.combination is None:
        return None
    return crossed(place, sample, unseen(place, sample))[0]


def _zero_point(teacher: Teacher) -> float | None:
    error = teacher.record.get("zero_point_error")
    return None if error is None else float(error)


def earlier_catalogue(place: Workspace) -> pl.DataFrame | None:
    """Give the values of the earlier catalogue of a recipe; None where it names none.

    Raises
    ------
    RrcatError
        It cannot be read, or is on a scale that is not joined to that of the recipe.
    """
    reference = place.recipe.validation.reference
    if reference is None:
        return None
    table, folder = place.data.table(reference)
    archive, scale = place.recipe.archive, place.recipe.catalogue.scale
    return read_external(table, folder, survey=archive.survey, scale=scale)
