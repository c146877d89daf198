"""What an estimator is given to learn from: only tables that it reads, only stars it can use."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from rrcat import schema
from rrcat.errors import FrameError, PluginError
from rrcat.estimator.batch import StarBatch
from rrcat.estimator.reasons import reasons, usable
from rrcat.plugin import EstimatorSpec


def training_set(
    batch: StarBatch | None, calibrators: pl.DataFrame | None, spec: EstimatorSpec
) -> tuple[StarBatch, pl.DataFrame]:
    """Give the calibrators that an estimator can learn from, and their tables, checked and sorted.

    Left out are calibrators that are not among the stars, and those with a reason of
    :mod:`rrcat.estimator.reasons` why they are of no use: another type, another band, no fit.

    Raises
    ------
    FrameError
        A table does not conform to its schema, or the calibrators are on several scales.
    PluginError
        There are no calibrators, or none can be used.
    """
    if batch is None or calibrators is None:
        raise PluginError(
            "the estimator learns from stars with known metallicity, and got none",
            plugin=spec.id,
            hint="name a calibration sample under [calibration] of the recipe",
        )
    table = schema.load("calibrators")
    calibrators = schema.conform(calibrators, table).sort(table.sort)
    schema.check(calibrators, table)
    scales = calibrators["feh_scale"].unique().sort().to_list()
    if len(scales) > 1:
        raise FrameError(
            f"the calibrators are on several scales: {', '.join(scales)}",
            column="feh_scale",
            hint="bring them to one with rrcat.calibration.scales.convert",
        )
    batch = with_inputs(batch, spec).checked().only(calibrators["source_id"])
    status = reasons(
        batch,
        inputs=spec.inputs,
        pulsation_types=spec.pulsation_types,
        bands=spec.bands,
        needs=(),
    )
    able = status.filter(pl.col("status") == "ok")["source_id"]
    if not len(able):
        common = status["status"].value_counts().sort("count", "status", descending=True)
        why = ", ".join(f"{count} {reason}" for reason, count in common.iter_rows())
        raise PluginError(
            f"no calibrator can be learned from ({why or 'none is among the stars'})",
            plugin=spec.id,
            hint="give stars with light curves, pulsation types and spectroscopic [Fe/H]",
        )
    return (
        usable(batch.only(able), spec.bands, ()),
        calibrators.join(able.to_frame(), on="source_id", how="semi", maintain_order="left"),
    )


def calibrators_in_band(
    batch: StarBatch, calibrators: pl.DataFrame, band: str | None, spec: EstimatorSpec
) -> tuple[str, pl.DataFrame]:
    """Give the band to learn in, and a row for each calibrator that has a fit in it.

    Rows hold ``source_id, feh, feh_error, pulsation_type`` and the columns of ``features``, sorted
    by ``source_id``. Without a band that is asked for it is the one in which most calibrators have
    a fit; of several, the one in which A1 is known best.

    Raises
    ------
    PluginError
        No calibrator has a fit in the band.
    """
    assert batch.features is not None
    known = (
        batch.features.group_by("band")
        .agg(fits=pl.len(), error=pl.col("a1_error").median())
        .sort("fits", "error", "band", descending=[True, False, False], nulls_last=True)
    )
    bands = known["band"].to_list()
    if band is not None and band not in bands:
        raise PluginError(
            f"no calibrator has a fit in the band {band!r}",
            plugin=spec.id,
            key="band",
            hint=f"they have fits in {', '.join(sorted(bands))}",
        )
    chosen = band or str(bands[0])
    rows = (
        calibrators.select("source_id", "feh", "feh_error")
        .join(batch.stars.select("source_id", "pulsation_type"), on="source_id", how="inner")
        .join(batch.features.filter(pl.col("band") == chosen), on="source_id", how="inner")
        .sort("source_id")
    )
    return chosen, rows


def types_to_learn(
    counts: Mapping[str, int],
    least: int,
    spec: EstimatorSpec,
    *,
    having: str,
    hint: str = "give more calibrators, or use literature-relations, which learns nothing",
) -> list[str]:
    """Give the pulsation types that have calibrators enough to learn from, in order of their names.

    Parameters
    ----------
    counts
        Calibrators of each type that can be learned from.
    least
        How many a type needs.
    having
        What those that were counted have, for the message: ``a fit in I``.

    Raises
    ------
    PluginError
        No type has enough.
    """
    enough = sorted(kind for kind, count in counts.items() if count >= least)
    if not enough:
        found = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
        raise PluginError(
            f"too few calibrators to learn from: {found} with {having}, and a type needs {least}",
            plugin=spec.id,
            hint=hint,
        )
    return enough


def with_inputs(batch: StarBatch, spec: EstimatorSpec) -> StarBatch:
    """Give the batch with only the tables that the estimator reads.

    Raises
    ------
    PluginError
        The batch does not hold one of them.
    """
    frames = batch.frames()
    if absent := sorted(spec.inputs - frames.keys()):
        raise PluginError(
            f"the estimator reads {', '.join(absent)}, which the batch does not hold",
            plugin=spec.id,
        )
    return StarBatch(**{name: frames[name] for name in ("stars", *sorted(spec.inputs))})
