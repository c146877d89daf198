"""Layers for the observations of a folded light curve: periodic, masked, wrapped.

A point that is not there has a ``count`` of 0 and changes nothing. Layers are rebuilt from
parameters and never serialised. What they start from is given, and nothing is taken from the global
state. Sums go over the last axis, or are matrix products of each star: over an axis in the
middle they are added in another order where rows of other stars come to lie.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from rrcat_keras.backend import keras, tf

# Amplitudes of RR Lyrae stars are of this size [mag].
_MAG_UNIT = 0.25
# Weight of what attention must not see, before the exponential.
_UNSEEN = -1e4
# Steps in phase are small: they are told in units that make them numbers of about 1.
_STEPS_IN_CYCLE = 30.0
_GAPS_IN_CYCLE = 10.0
# The sums of a light curve are of about this size [mag], and fall with order by this factor.
_SUM_UNIT = 0.2
_SUM_DECAY = 0.7
# No star is known better than this [dex].
_SMALLEST_ERROR = 0.02

Tensor = Any


class Start:
    """Seeds for what is drawn, and names for what is built: the same for the same seed.

    Keras counts names up as long as a process lives, and TensorFlow goes by their alphabet: after
    ``dense_99`` it would add gradients in another order.
    """

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._built = 0

    def seed(self) -> int:
        """Give the next seed."""
        return int(self._rng.integers(2**31))

    def name(self) -> str:
        """Give the next name."""
        self._built += 1
        return f"part_{self._built:04d}"


def dense(start: Start, units: int, activation: str | None = None) -> Any:
    """Give a dense layer."""
    return keras.layers.Dense(
        units,
        activation=activation,
        kernel_initializer=keras.initializers.GlorotUniform(seed=start.seed()),
        name=start.name(),
    )


def dropout(start: Start, share: float) -> Any:
    """Give a dropout layer."""
    return keras.layers.Dropout(share, seed=start.seed(), name=start.name())


def normalisation(start: Start) -> Any:
    """Give a layer that brings the numbers of each row to mean 0 and variance 1."""
    return keras.layers.LayerNormalization(name=start.name())


def joined(start: Start, parts: Sequence[Tensor]) -> Tensor:
    """Give tensors one after the other along the last axis."""
    return keras.layers.Concatenate(name=start.name())(parts)


def flat(start: Start, values: Tensor) -> Tensor:
    """Give all numbers of a star in one row."""
    return keras.layers.Flatten(name=start.name())(values)


class Encoding(keras.layers.Layer):  # type: ignore[misc]
    """What a network is told of each point: ``(n, width, n_numbers)``.

    Magnitude and its square, cosine and sine of the phase and its harmonics, magnitude times those
    of the first two, how much of the cycle is the point's, error and band where they are read, and
    the numbers of the star at every point.
    """

    def __init__(self, start: Start, harmonics: int) -> None:
        super().__init__(name=start.name())
        self.harmonics = harmonics

    def call(self, points: dict[str, Tensor], star: Tensor) -> Tensor:
        """Encode points with ``phase`` [cycles] and ``mag`` [mag] ``(n, width)``."""
        angle = 2.0 * math.pi * points["phase"]
        mag = points["mag"] / _MAG_UNIT
        waves = [
            wave(order * angle)
            for order in range(1, self.harmonics + 1)
            for wave in (tf.cos, tf.sin)
        ]
        numbers = [mag, mag**2, *waves, *(mag * wave for wave in waves[:4])]
        numbers.append(points["gap"] * _GAPS_IN_CYCLE)
        numbers += [points[name] for name in ("error", "step") if name in points]
        parts = [tf.stack(numbers, axis=-1)]
        if "band" in points:
            parts.append(points["band"])
        width = tf.shape(points["phase"])[1]
        parts.append(tf.repeat(star[:, tf.newaxis, :], width, axis=1))
        return tf.concat(parts, axis=-1)


class WithSize(keras.layers.Layer):  # type: ignore[misc]
    """The numbers of a star, and the logarithm of how many observations are left of it.

    It is counted here and not before, so that a light curve with observations dropped counts as the
    shorter one that it is.
    """

    def __init__(self, start: Start, mean: float, width: float) -> None:
        super().__init__(name=start.name())
        self.mean, self.width = mean, width

    def call(self, star: Tensor, count: Tensor) -> Tensor:
        """Give ``(n, n_numbers + 1)``."""
        observations = tf.maximum(tf.reduce_sum(count, axis=1, keepdims=True), 1.0)
        size = (tf.math.log(observations) - self.mean) / self.width
        return tf.concat([star, tf.clip_by_value(size, -4.0, 4.0)], axis=-1)


class Wrapping(keras.layers.Layer):  # type: ignore[misc]
    """Points continued round the cycle: ``before`` of them ahead of the first, the rest after.

    A star that has fewer points than there is room for goes on with its first ones, a cycle later,
    so that a recurrent network sees every point in its surroundings and nothing has to be masked.
    Adds ``step``, how far in phase the point before it lies, and ``own``, 1 for each point once.
    """

    def __init__(self, start: Start, before: int) -> None:
        super().__init__(name=start.name())
        self.before = before

    def call(self, points: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give the points ``(n, width + 2 * before)``; those that are there come first."""
        count = points["count"]
        number = tf.reduce_sum(tf.cast(count > 0.0, tf.int32), axis=1, keepdims=True)
        place = tf.range(-self.before, count.shape[1] + self.before)[tf.newaxis, :]
        cycle = tf.maximum(number, 1)
        source = tf.math.floormod(place, cycle)
        wrapped = {name: tf.gather(values, source, batch_dims=1) for name, values in points.items()}
        turns = tf.cast(tf.math.floordiv(place, cycle), tf.float32)
        wrapped["phase"] += turns
        own = tf.cast((place >= 0) & (place < number), tf.float32)
        previous = tf.concat([wrapped["phase"][:, :1], wrapped["phase"][:, :-1]], axis=1)
        step = (wrapped["phase"] - previous) * _STEPS_IN_CYCLE
        return {**wrapped, "step": tf.minimum(step, _STEPS_IN_CYCLE), "own": own}


class Gaps(keras.layers.Layer):  # type: ignore[misc]
    """How much of the cycle is each point's: half the way from the one before to the one after."""

    def __init__(self, start: Start) -> None:
        super().__init__(name=start.name())

    def call(self, phase: Tensor, count: Tensor) -> Tensor:
        """Give ``(n, width)`` [cycles], 0 where there is no point; points come in order."""
        number = tf.reduce_sum(tf.cast(count > 0.0, tf.int32), axis=1, keepdims=True)
        place, cycle = tf.range(phase.shape[1])[tf.newaxis, :], tf.maximum(number, 1)
        after = tf.gather(phase, tf.math.floormod(place + 1, cycle), batch_dims=1)
        before = tf.gather(phase, tf.math.floormod(place - 1, cycle), batch_dims=1)
        return tf.where(count > 0.0, 0.5 * tf.math.floormod(after - before, 1.0), 0.0)


class Sums(keras.layers.Layer):  # type: ignore[misc]
    """Fourier sums of the points, each weighted by its gap: about the coefficients of the curve."""

    def __init__(self, start: Start, harmonics: int) -> None:
        super().__init__(name=start.name())
        self.harmonics = harmonics

    def call(self, points: dict[str, Tensor]) -> Tensor:
        """Give ``(n, 2 + 2 * harmonics)``: of the magnitude, its square, and each harmonic."""
        angle = 2.0 * math.pi * points["phase"]
        weighted = points["mag"] * points["gap"] / _SUM_UNIT
        sums = [2.0 * weighted, 2.0 * weighted * points["mag"] / _SUM_UNIT]
        for order in range(1, self.harmonics + 1):
            scaled = weighted / _SUM_DECAY**order
            sums += [scaled * tf.cos(order * angle), scaled * tf.sin(order * angle)]
        return tf.reduce_sum(tf.stack(sums, axis=1), axis=2)


class KernelAttention(keras.layers.Layer):  # type: ignore[misc]
    """Attention of anchors in phase to the points, by their distance round the cycle.

    The score of a point is ``κ (cos Δ − 1)`` with Δ the angle between point and anchor, so that
    softmax gives the von Mises kernel. Anchors, and a κ for each head, are learned. What a head
    gives is a kernel regression (Nadaraya 1964, Watson 1964), and how few points it rests on.
    """

    def __init__(self, start: Start, anchors: int, concentrations: Sequence[float]) -> None:
        super().__init__(name=start.name())
        self.heads = len(concentrations)
        self.anchors = self.add_weight(
            shape=(anchors,),
            initializer=_constant((np.arange(anchors) + 0.5) / anchors),
            name="anchors",
        )
        self.concentrations = self.add_weight(
            shape=(self.heads,),
            initializer=_constant(np.log(concentrations)),
            name="concentrations",
        )

    def call(self, phase: Tensor, count: Tensor, values: Tensor) -> Tensor:
        """Give ``(n, heads, anchors, n_values + 1)`` from values ``(n, width, n_values)``."""
        angle = 2.0 * math.pi * (self.anchors[tf.newaxis, :, tf.newaxis] - phase[:, tf.newaxis, :])
        nearness = tf.cos(angle)[:, tf.newaxis] - 1.0
        score = tf.exp(self.concentrations)[:, tf.newaxis, tf.newaxis] * nearness
        there = count[:, tf.newaxis, tf.newaxis, :] > 0.0
        weight = tf.nn.softmax(tf.where(there, score, _UNSEEN))
        rest_on = tf.math.log(tf.reduce_sum(weight**2, axis=-1, keepdims=True))
        return tf.concat([tf.matmul(weight, values[:, tf.newaxis]), rest_on], axis=-1)


def _constant(values: Any) -> Any:
    def start(shape: Any, dtype: Any = None) -> Tensor:
        return tf.constant(values, dtype, shape)

    return start


class Mean(keras.layers.Layer):  # type: ignore[misc]
    """The mean over the points that are a star's own, by weight; 0 where it has none."""

    def __init__(self, start: Start) -> None:
        super().__init__(name=start.name())

    def call(self, values: Tensor, own: Tensor) -> Tensor:
        """Give ``(n, width)`` from values ``(n, n_points, width)`` and their weights ``own``."""
        total = tf.matmul(own[:, tf.newaxis], values)[:, 0]
        return total / tf.maximum(tf.reduce_sum(own, axis=1, keepdims=True), 1.0)


class WithError(keras.layers.Layer):  # type: ignore[misc]
    """Makes the second of a head's numbers an error [dex], above 0."""

    def __init__(self, start: Start) -> None:
        super().__init__(name=start.name())

    def call(self, raw: Tensor) -> Tensor:
        """Give numbers of the same shape ``(n, 2 or more)``."""
        error = tf.nn.softplus(raw[:, 1:2]) + _SMALLEST_ERROR
        return tf.concat([raw[:, :1], error, raw[:, 2:]], axis=1)


class Places(keras.layers.Layer):  # type: ignore[misc]
    """Adds a learned vector to each row, by its place: ``(n, number, width)``."""

    def __init__(self, start: Start, number: int, width: int) -> None:
        super().__init__(name=start.name())
        self.vectors = self.add_weight(
            shape=(1, number, width),
            initializer=keras.initializers.RandomNormal(stddev=0.3, seed=start.seed()),
            name="vectors",
        )

    def call(self, rows: Tensor) -> Tensor:
        """Give rows of the same shape."""
        return rows + self.vectors


class Attention(keras.layers.Layer):  # type: ignore[misc]
    """Attention with several heads (Vaswani et al. 2017), blind to points that are not there."""

    def __init__(self, start: Start, width: int, heads: int, share: float) -> None:
        super().__init__(name=start.name())
        self.heads, self.part = heads, width // heads
        self.query, self.key, self.value, self.out = (dense(start, width) for _ in range(4))
        self.dropout = dropout(start, share)

    def call(
        self, asking: Tensor, asked: Tensor, there: Tensor | None = None, training: Any = None
    ) -> Tensor:
        """Give what each row of ``asking`` learns from ``asked``; ``there`` ``(n, n_asked)``."""
        query, key, value = (
            self._by_head(layer(rows))
            for layer, rows in ((self.query, asking), (self.key, asked), (self.value, asked))
        )
        score = tf.matmul(query, key, transpose_b=True) / math.sqrt(self.part)
        if there is not None:
            score += tf.where(there, 0.0, _UNSEEN)[:, tf.newaxis, tf.newaxis, :]
        weight = self.dropout(tf.nn.softmax(score), training=training)
        told = tf.transpose(tf.matmul(weight, value), (0, 2, 1, 3))
        return self.out(tf.reshape(told, (-1, told.shape[1], self.heads * self.part)))

    def _by_head(self, rows: Tensor) -> Tensor:
        split = tf.reshape(rows, (-1, rows.shape[1], self.heads, self.part))
        return tf.transpose(split, (0, 2, 1, 3))


class Block(keras.layers.Layer):  # type: ignore[misc]
    """Self-attention and a dense pair, each added to what comes in, normalised before."""

    def __init__(self, start: Start, width: int, heads: int, share: float) -> None:
        super().__init__(name=start.name())
        self.before_attention = normalisation(start)
        self.before_dense = normalisation(start)
        self.attention = Attention(start, width, heads, share)
        self.wide, self.narrow = dense(start, 2 * width, "gelu"), dense(start, width)
        self.dropout = dropout(start, share)

    def call(self, rows: Tensor, there: Tensor | None = None, training: Any = None) -> Tensor:
        """Give rows of the same shape ``(n, n_rows, width)``."""
        normal = self.before_attention(rows)
        told = self.attention(normal, normal, there, training=training)
        rows = rows + self.dropout(told, training=training)
        told = self.narrow(self.wide(self.before_dense(rows)))
        return rows + self.dropout(told, training=training)


def recurrent(start: Start, units: int) -> Any:
    """Give a bidirectional LSTM layer that answers at every point."""

    def one_way(backwards: bool) -> Any:
        return keras.layers.LSTM(
            units,
            return_sequences=True,
            go_backwards=backwards,
            kernel_initializer=keras.initializers.GlorotUniform(seed=start.seed()),
            recurrent_initializer=keras.initializers.Orthogonal(seed=start.seed()),
            seed=start.seed(),
            name=start.name(),
        )

    return keras.layers.Bidirectional(
        one_way(False), backward_layer=one_way(True), name=start.name()
    )
