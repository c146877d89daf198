"""Where an estimator may leave half of its learning, so that a killed run goes on from there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rrcat.estimator.contract import Estimator


@contextmanager
def keeping_checkpoints(estimator: Estimator, folder: Path | None) -> Iterator[None]:
    """Hand an estimator a folder for its checkpoints, and remove it once the work is done.

    After an error, or when the process is killed, the folder stays for the next try. The folder
    is one of this estimator, with these parameters, this seed and these stars; None for nowhere.
    """
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    estimator.checkpoints = folder
    try:
        yield
    finally:
        estimator.checkpoints = None
    if folder is not None:
        shutil.rmtree(folder)
