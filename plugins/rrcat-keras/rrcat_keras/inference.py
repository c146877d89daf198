"""What networks answer, the same to the last bit whatever stars are asked for together.

Matrix products and sums change in their last bits with the number of rows. So networks see blocks
of one size, filled up with rows of nothing; within a block a row does not depend on the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from rrcat_keras.backend import tf
from rrcat_keras.points import Inputs, SingleArray

BLOCK = 256
"""Rows that networks see at a time."""

Answers = Callable[[Inputs], SingleArray]


def answers_of(networks: Sequence[Any]) -> Answers:
    """Give a function from inputs of ``n`` stars to outputs ``(n_networks, n, n_outputs)``.

    All networks read the same inputs; every block goes through all of them at once.
    """
    first = networks[0]
    signature = {
        name: tf.TensorSpec((BLOCK, *tensor.shape[1:]), tf.float32)
        for name, tensor in first.input.items()
    }

    def together(inputs: dict[str, Any]) -> Any:
        return tf.stack([network(inputs, training=False) for network in networks])

    block: Any = None

    def answers(inputs: Inputs) -> SingleArray:
        nonlocal block
        if block is None:  # tracing takes time, and a model may never be asked
            block = tf.function(together, autograph=False).get_concrete_function(signature)
        n = len(inputs["star"])
        parts = [
            block(_block(inputs, signature, start)).numpy()[:, : n - start]
            for start in range(0, n, BLOCK)
        ]
        empty = np.empty((len(networks), 0, first.output.shape[1]), np.float32)
        return np.concatenate(parts, axis=1) if parts else empty

    return answers


def _block(inputs: Inputs, signature: Mapping[str, Any], start: int) -> dict[str, Any]:
    block = {}
    for name, spec in signature.items():
        rows = inputs[name][start : start + BLOCK]
        filled = np.zeros(spec.shape, np.float32)
        filled[: len(rows)] = rows
        block[name] = tf.constant(filled)
    return block
