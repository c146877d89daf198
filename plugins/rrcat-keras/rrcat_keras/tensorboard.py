"""Event files for TensorBoard, written without it being installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rrcat_keras.backend import tf

_PLUGIN = "scalars"


class Events:
    """A log of numbers by epoch in a folder; with None for the folder it keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._writer: Any = None
        if folder is not None:
            self._writer = tf.summary.create_file_writer(str(folder))

    def write(self, epoch: int, **numbers: float) -> None:
        """Add the numbers of an epoch; what is written is on disk when this returns."""
        if self._writer is None:
            return
        # ``tf.summary.scalar`` is a part of TensorBoard; this is what it writes.
        about = tf.compat.v1.SummaryMetadata()
        about.plugin_data.plugin_name = _PLUGIN
        with self._writer.as_default():
            for name, number in numbers.items():
                tf.summary.write(name, tf.constant(number), step=epoch, metadata=about)
        self._writer.flush()
