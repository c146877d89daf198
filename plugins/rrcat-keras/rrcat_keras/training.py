"""The one loop in which both networks learn, reproducible and able to go on where it was killed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rrcat_keras.augmentation import Redrawn, changed, resampled
from rrcat_keras.backend import keras, tf
from rrcat_keras.checkpoint import load_checkpoint, save_checkpoint
from rrcat_keras.inference import answers_of
from rrcat_keras.intervals import mixture
from rrcat_keras.losses import SCORES, crps, heads_of, values
from rrcat_keras.params import NetworkParams
from rrcat_keras.points import Inputs, SingleArray
from rrcat_keras.tensorboard import Events

Tensor = Any
Rows = NDArray[np.int64]

# With few stars a batch is smaller, so that an epoch has about this many steps, but not than this.
_STEPS_WANTED = 30
_SMALLEST_BATCH = 8
# The learning rate rises for this part of the steps from this part of it, and falls to this part.
_WARM_UP, _START, _END = 0.05, 0.05, 0.01
_LARGEST_GRADIENT = 1.0
# What is validated and kept are weights averaged over about this part of the steps: at a high
# learning rate those of a single step may look good by chance.
_AVERAGED = 0.06
# Seeds that a step draws its changes with.
_SEEDS_OF_CHANGE, _SEEDS_OF_RESAMPLING = 6, 4


@dataclass(frozen=True)
class Sample:
    """Stars to learn from: inputs, ``feh`` [dex], weights of mean 1.

    ``label_weights`` are those of the labels' errors alone, which validation counts with;
    ``auxiliary`` ``(n, n_auxiliary)`` is the second target, ``drawn_from`` what light curves are
    drawn anew from; None where there is none.
    """

    inputs: Inputs
    feh: SingleArray
    weights: SingleArray
    label_weights: SingleArray
    auxiliary: SingleArray | None = None
    drawn_from: Redrawn | None = None

    @property
    def heads(self) -> int:
        """Number of answers of a network that reads this."""
        return 2 if "coefficients" in self.inputs else 1


@dataclass
class History:
    """How learning went, epoch by epoch: loss of the step, score and RMSE [dex] of those left out.

    ``best`` is the epoch, from 0, whose weights are kept.
    """

    loss: list[float] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    rmse: list[float] = field(default_factory=list)
    best: int = -1

    @property
    def epochs(self) -> int:
        """Epochs that were learned."""
        return len(self.loss)

    def over(self, params: NetworkParams) -> bool:
        """Say whether learning has come to its end."""
        waited = self.epochs - 1 - self.best
        return self.epochs >= params.epochs or (self.best >= 0 and waited >= params.patience)


def batch_size(n_stars: int, params: NetworkParams) -> int:
    """Give the number of stars in a step."""
    wanted = max(n_stars // _STEPS_WANTED, _SMALLEST_BATCH)
    return min(wanted, params.batch_size, n_stars)


def train(
    network: Any,
    sample: Sample,
    known: Rows,
    left_out: Rows,
    params: NetworkParams,
    *,
    centre: float,
    seed: int,
    checkpoint: Path | None = None,
    events: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> History:
    """Let a network learn from the rows ``known``, and leave it as it was best at ``left_out``.

    Parameters
    ----------
    network
        As :func:`rrcat_keras.networks.build` gives it, started from the same seed.
    centre
        What the network's value is counted from [dex].
    seed
        Below 2³¹. All draws and orders follow from it and the step.
    checkpoint
        File that is written after each epoch and gone on from; the outcome is the same to the last
        bit as without a stop.
    events
        Folder for event files of TensorBoard.
    progress
        Called with the number of epochs learned.
    """
    size = batch_size(known.size, params)
    steps = known.size // size
    optimizer = _optimizer(params, steps * params.epochs)
    optimizer.build(network.trainable_variables)
    left_out_inputs = {name: values[left_out] for name, values in sample.inputs.items()}
    answers = answers_of([network])
    history, best = History(), network.get_weights()

    state = [*network.variables, *optimizer.variables]
    found = load_checkpoint(checkpoint) if checkpoint is not None else None
    if found is not None and _fits(found[0], state, best):
        for variable, value in zip(state, found[0]["state"], strict=True):
            variable.assign(value)
        best, history = found[0]["best"], History(**found[1])

    log = Events(events)
    if not history.over(params):  # to make it takes seconds
        rate = _learning_rate(params, steps * params.epochs)
        step = _step(network, optimizer, rate, sample, known, size, params, centre, seed)
    while not history.over(params):
        epoch = history.epochs
        order = np.random.default_rng([seed, epoch]).permutation(known)
        losses = [
            step(
                tf.constant(order[i * size : (i + 1) * size]),
                tf.constant(epoch * steps + i, tf.int64),
            )
            for i in range(steps)
        ]
        learned = network.get_weights()
        optimizer.finalize_variable_values(network.trainable_variables)
        averaged = network.get_weights()
        outputs = answers(left_out_inputs)[0]
        network.set_weights(learned)
        score, rmse = _validation(outputs, sample, left_out, centre)
        history.loss.append(float(np.mean([loss.numpy() for loss in losses], dtype=np.float64)))
        history.score.append(score)
        history.rmse.append(rmse)
        if history.best < 0 or score < history.score[history.best]:
            history.best = epoch
            best = averaged
        if checkpoint is not None:
            arrays = {"state": [variable.numpy() for variable in state], "best": best}
            save_checkpoint(checkpoint, arrays, vars(history))
        log.write(epoch, loss=history.loss[-1], score=score, rmse=rmse)
        if progress is not None:
            progress(history.epochs)
    network.set_weights(best)
    return history


def _learning_rate(params: NetworkParams, steps: int) -> Any:
    rising = max(int(_WARM_UP * steps), 1)
    return keras.optimizers.schedules.CosineDecay(
        _START * params.learning_rate,
        max(steps - rising, 1),
        alpha=_END,
        warmup_target=params.learning_rate,
        warmup_steps=rising,
    )


def _optimizer(params: NetworkParams, steps: int) -> Any:
    return keras.optimizers.AdamW(
        params.learning_rate,
        weight_decay=params.weight_decay,
        clipnorm=_LARGEST_GRADIENT,
        use_ema=True,
        ema_momentum=1.0 - 1.0 / max(_AVERAGED * steps, 1.0),
    )


def _step(
    network: Any,
    optimizer: Any,
    rate: Any,
    sample: Sample,
    known: Rows,
    size: int,
    params: NetworkParams,
    centre: float,
    seed: int,
) -> Callable[[Tensor, Tensor], Tensor]:
    """Give the function that learns from the rows of a batch; its number sets what is drawn."""
    inputs = {name: tf.constant(values) for name, values in sample.inputs.items()}
    feh, weights = tf.constant(sample.feh), tf.constant(sample.weights)
    auxiliary = None if sample.auxiliary is None else tf.constant(sample.auxiliary)
    drawn_from = (
        None
        if sample.drawn_from is None
        else {name: tf.constant(values) for name, values in vars(sample.drawn_from).items()}
    )
    candidates = tf.constant(known)
    score = SCORES[params.loss]

    def augmented(rows: Tensor, number: Tensor) -> dict[str, Tensor]:
        start = tf.stack([tf.constant(seed, tf.int64), tf.cast(number, tf.int64)])
        seeds = tf.random.split(start, 1 + _SEEDS_OF_CHANGE + _SEEDS_OF_RESAMPLING)
        batch = _rows(inputs, rows)
        if drawn_from is not None:
            place = tf.random.stateless_uniform(
                tf.shape(rows), seeds[0], maxval=known.size, dtype=tf.int32
            )
            batch = resampled(
                batch,
                _rows(inputs, tf.gather(candidates, place)),
                _rows(drawn_from, rows),
                params.augmentation.resampled,
                seeds[1 : 1 + _SEEDS_OF_RESAMPLING],
            )
        return changed(batch, params.augmentation, seeds[-_SEEDS_OF_CHANGE:])

    def step(rows: Tensor, number: Tensor) -> Tensor:
        batch = augmented(rows, number)
        with tf.GradientTape() as tape:
            output = network(batch, training=True)
            value, error = heads_of(output, sample.heads)
            each = score(tf.gather(feh, rows)[:, tf.newaxis], value + centre, error)
            loss = tf.reduce_mean(tf.gather(weights, rows)[:, tf.newaxis] * each)
            if auxiliary is not None:
                off = output[:, 2 * sample.heads :] - tf.gather(auxiliary, rows)
                loss += params.auxiliary * tf.reduce_mean(off * off)
        # A schedule given to the optimizer would be computed anew for each of its weights.
        optimizer.learning_rate = rate(optimizer.iterations)
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    shapes = tf.TensorSpec((size,), tf.int64), tf.TensorSpec((), tf.int64)
    return tf.function(step, autograph=False).get_concrete_function(*shapes)  # type: ignore[no-any-return]


def _rows(arrays: dict[str, Tensor], rows: Tensor) -> dict[str, Tensor]:
    return {name: tf.gather(values, rows) for name, values in arrays.items()}


def _validation(
    outputs: SingleArray, sample: Sample, left_out: Rows, centre: float
) -> tuple[float, float]:
    """Give the CRPS [dex], weighted by the labels' errors, and the plain RMSE [dex]."""
    truth, weights = sample.feh[left_out], sample.label_weights[left_out]
    value, error = mixture(*values(outputs[np.newaxis], sample.heads, centre))
    # Whatever is learned by: a likelihood weighted by its own variance compares no two networks.
    each = crps(truth, value.astype(np.float32), error.astype(np.float32)).numpy()
    score = float(np.average(each.astype(np.float64), weights=weights))
    return score, math.sqrt(float(np.mean((value - truth).astype(np.float64) ** 2)))


def _fits(found: dict[str, list[NDArray[Any]]], state: list[Any], best: list[NDArray[Any]]) -> bool:
    """Say whether a checkpoint is one of this network: another version may have other arrays."""
    shapes = [tuple(variable.shape) for variable in state], [array.shape for array in best]
    return shapes == tuple([a.shape for a in found.get(name, ())] for name in ("state", "best"))
