"""The labels of a recipe that learns from a catalogue, and the stars that are kept from it."""

import polars as pl

from rrcat.calibration.config import LabelsSection
from rrcat.calibration.labels import label_sample, on_scale
from rrcat.calibration.sample import Sample, for_people, read_sample, stars_named
from rrcat.errors import RecipeError
from rrcat.run.teacher import Teacher
from rrcat.run.workspace import Workspace


def read_labels(section: LabelsSection, teacher: Teacher, place: Workspace) -> Sample:
    """Give the labels among the stars of the store, and for every other star the reason.

    Raises
    ------
    RecipeError
        No label is left, no conversion between the scales is known, or nobody says which stars
        the catalogue is calibrated on.
    ArchiveError
        The table of held-out stars cannot be read, or `where` not be followed.
    """
    sample = label_sample(
        section,
        teacher.rows,
        teacher.table,
        held_out=_held_out(section, teacher, place),
        stars=place.store.stars(),
        with_light_curve=place.store.served_ids(),
        scale=place.recipe.catalogue.scale,
        file=teacher.file,
    )
    return Sample(sample.calibrators, sample.stars, teacher.record)


def read_held_out(section: LabelsSection, teacher: Teacher, place: Workspace) -> Sample | None:
    """Give the stars with spectra that are no labels and in the store; None where there are none.

    Raises
    ------
    RecipeError
        No star of ``held_out`` can be used, or no conversion between the scales is known.
    ArchiveError
        The table of held-out stars cannot be read.
    """
    scale, served = place.recipe.catalogue.scale, place.store.served_ids()
    if section.held_out is not None:
        table, folder = place.data.table(section.held_out)
        survey = place.recipe.archive.survey
        return read_sample(table, folder, survey=survey, with_light_curve=served, scale=scale)
    if not section.leave_out_calibrators or teacher.calibrators is None:
        return None
    known = teacher.calibrators.filter(pl.col("source_id").is_in(served.implode()))
    if known.is_empty():
        return None
    known = on_scale(known, scale, file=teacher.file)
    return Sample(known, for_people(known.with_columns(taken=True)))


def _held_out(section: LabelsSection, teacher: Teacher, place: Workspace) -> pl.Series:
    """Give the ``source_id`` of every star that is kept from the labels."""
    ids = [pl.Series("source_id", [], pl.Int64)]
    if section.held_out is not None:
        table, folder = place.data.table(section.held_out)
        ids.append(stars_named(table, folder, survey=place.recipe.archive.survey))
    if section.leave_out_calibrators:
        if teacher.calibrators is not None:
            ids.append(teacher.calibrators["source_id"])
        elif section.held_out is None:
            raise RecipeError(
                "the catalogue does not tell which stars it is calibrated on",
                file=teacher.file,
                key="calibration.held_out",
                hint="name their spectra in [calibration.held_out]; or take all stars as labels "
                "with leave_out_calibrators = false",
            )
    return pl.concat(ids).unique().sort()
