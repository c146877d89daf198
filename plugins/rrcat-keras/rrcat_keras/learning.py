"""From calibrators of one pulsation type to a regression: all that is learned, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat.evaluation.uncertainty import learn_scale
from rrcat_keras.augmentation import redrawn
from rrcat_keras.coefficients import (
    Curves,
    learn_coefficient_input,
    learn_regularisation,
)
from rrcat_keras.inference import answers_of
from rrcat_keras.intervals import inner_folds, mixture
from rrcat_keras.losses import values
from rrcat_keras.networks import Architecture, LstmSizes, Reads, Sizes, TransformerSizes, build
from rrcat_keras.params import LstmParams, NetworkParams
from rrcat_keras.points import Inputs, Points, SingleArray, learn_representation, points
from rrcat_keras.regression import Reader, Regression, ranged
from rrcat_keras.training import History, Sample, train
from rrcat_keras.weights import density_weights, label_weights

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Account:
    """How learning went: the networks' histories, and what they say of stars they left out.

    ``left_out`` has ``source_id, feh, feh_error, predicted, predicted_error``, a row for each star
    that some network left out, as those say that did.
    """

    histories: tuple[History, ...]
    left_out: pl.DataFrame


def learn(
    rows: pl.DataFrame,
    sequences: pl.DataFrame,
    features: pl.DataFrame,
    bands: tuple[str, ...],
    params: NetworkParams,
    *,
    seed: int,
    checkpoints: Path | None,
    events: Path | None,
    progress: Callable[[int], None],
) -> tuple[Regression, Account]:
    """Give what is learned from calibrators of one type, and how it went.

    Parameters
    ----------
    rows
        ``source_id, feh, feh_error`` of the calibrators, each with points enough.
    bands
        Photometric bands that are read, in each of which some of them have a fit.
    checkpoints, events
        Folders for half of the learning, and for event files of TensorBoard; None: nowhere.
    progress
        Called with the number of epochs learned or passed over, of ``members * epochs``.
    """
    ids, feh = rows["source_id"], rows["feh"].to_numpy()
    feh_error = rows["feh_error"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    given = points(sequences, ids, bands, params.max_points)
    representation = learn_representation(given, bands, params.max_points)
    regularisation, curves = None, None
    # Second input, second target and new light curves rest on it.
    if params.fourier or params.auxiliary or params.augmentation.resampled:
        known = sequences, features, ids, given.period
        regularisation = learn_regularisation(*known, bands)
        curves = regularisation(*known)
    second = None
    if params.fourier and regularisation is not None and curves is not None:
        second = regularisation, learn_coefficient_input(curves)
    reader = Reader(representation, second)
    inputs = reader(given, sequences, features, ids)
    sample = _sample(inputs, feh, feh_error, given, curves, params)
    architecture = Architecture(
        Reads(
            width=given.phase.shape[1],
            bands=len(bands),
            errors="error" in inputs,
            coefficients=inputs["coefficients"].shape[1] if "coefficients" in inputs else 0,
            auxiliary=0 if sample.auxiliary is None else sample.auxiliary.shape[1],
            size_mean=float(representation.size.mean[0]),
            size_width=float(representation.size.width[0]),
        ),
        sizes_of(params),
    )
    centre = float(feh.mean())
    folds = max(round(1.0 / params.validation), 2)
    held_out = inner_folds(feh, folds, params.members, seed)
    networks, histories = [], []
    for member, left_out in enumerate(held_out):
        own_seed = int(np.random.SeedSequence([seed, member]).generate_state(1)[0] >> 1)
        network = build(architecture, own_seed)
        name = f"member-{member:02d}"
        history = train(
            network,
            sample,
            np.flatnonzero(~left_out),
            np.flatnonzero(left_out),
            params,
            centre=centre,
            seed=own_seed,
            checkpoint=None if checkpoints is None else checkpoints / f"{name}.safetensors",
            events=None if events is None else events / name,
            progress=partial(_further, progress, member * params.epochs),
        )
        progress((member + 1) * params.epochs)
        networks.append(network)
        histories.append(history)

    there = np.stack(held_out).astype(np.float64)
    heads = architecture.reads.heads
    value, error = values(answers_of(networks)(inputs), heads, centre)
    predicted, spread = mixture(value, error, np.repeat(there, heads, axis=0))
    some = there.any(axis=0)
    scale = learn_scale(np.abs(feh[some] - predicted[some]) / spread[some])
    foretold = rows.select("source_id", "feh", "feh_error").with_columns(
        predicted=pl.Series(predicted), predicted_error=pl.Series(scale * spread)
    )
    here = ranged(given)
    regression = Regression(
        architecture,
        reader,
        tuple(networks),
        centre,
        scale,
        lowest=np.nanmin(here, axis=0),
        highest=np.nanmax(here, axis=0),
        min_points=params.min_points,
        max_gap=params.max_gap,
    )
    return regression, Account(tuple(histories), foretold.filter(pl.Series(some)))


def _further(progress: Callable[[int], None], before: int, done: int) -> None:
    progress(before + done)


def sizes_of(params: NetworkParams) -> Sizes:
    """Give the sizes of the network that parameters ask for."""
    kind: type[Sizes] = LstmSizes if isinstance(params, LstmParams) else TransformerSizes
    return kind(**{each.name: getattr(params, each.name) for each in fields(kind)})


def _sample(
    inputs: Inputs,
    feh: FloatArray,
    feh_error: FloatArray,
    given: Points,
    curves: Curves | None,
    params: NetworkParams,
) -> Sample:
    of_labels = label_weights(feh_error)
    weights = of_labels * density_weights(feh, params.density_weight)
    auxiliary, drawn_from = None, None
    if curves is not None and params.auxiliary:
        auxiliary = _second_target(curves)
    if curves is not None and params.augmentation.resampled:
        drawn_from = redrawn(curves, given)
    return Sample(
        inputs,
        feh.astype(np.float32),
        (weights / weights.mean()).astype(np.float32),
        of_labels.astype(np.float32),
        auxiliary,
        drawn_from,
    )


def _second_target(curves: Curves) -> SingleArray:
    """Give the coefficients in units of their spread among these stars, ``(n, n_bands * 15)``."""
    flat = curves.mean.reshape(curves.mean.shape[0], -1)
    width = flat.std(axis=0)
    standard = (flat - flat.mean(axis=0)) / np.where(width > 0.0, width, 1.0)
    return np.asarray(standard, dtype=np.float32)
