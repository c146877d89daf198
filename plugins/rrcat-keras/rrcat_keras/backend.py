"""TensorFlow and Keras, imported in one place: without chatter, with the threads they are given.

TensorFlow and Keras are imported from here only, so that what is set holds before they start.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator

from rrcat.errors import PluginError

# What TensorFlow says while it is loaded, whatever TF_CPP_MIN_LOG_LEVEL says.
_CHATTER = re.compile(rb"(WARNING: All log messages before absl::InitializeLog|I0000 ).*\n?")


@contextlib.contextmanager
def without_chatter() -> Iterator[None]:
    """Hold back what is written to the descriptor of stderr, and let through what is no chatter."""
    with tempfile.TemporaryFile() as held:
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            rest = b"".join(line for line in held if not _CHATTER.match(line))
            os.write(2, rest)


# Notes on CUDA, oneDNN and processor features are of no use to who makes a catalogue; who sets
# another level wants to see something. Worker processes inherit the level.
_LEVEL = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
_quiet = without_chatter if _LEVEL == "3" else contextlib.nullcontext
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

with _quiet():
    import keras
    import tensorflow as tf


def _keep_to_given_threads() -> None:
    """Hold TensorFlow to OMP_NUM_THREADS, which it does not read itself."""
    threads = os.environ.get("OMP_NUM_THREADS", "")
    if threads.isdecimal() and int(threads):
        # Once TensorFlow has computed something its threads are fixed: they are somebody else's.
        with contextlib.suppress(RuntimeError):
            tf.config.threading.set_intra_op_parallelism_threads(int(threads))
            tf.config.threading.set_inter_op_parallelism_threads(int(threads))


if keras.backend.backend() != "tensorflow":
    raise PluginError(
        f"Keras runs on {keras.backend.backend()}, and these networks need TensorFlow",
        hint="set the environment variable KERAS_BACKEND to tensorflow, or leave it unset",
    )
_keep_to_given_threads()

__all__ = ["keras", "tf"]
