"""Training sets that `rrcat dataset` has made, as streams that TensorFlow reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from rrcat.errors import DatasetError
from rrcat.estimator import read_dataset
from rrcat.estimator.dataset import Split
from rrcat_keras.backend import tf
from rrcat_keras.points import points

_OF_POINTS = ("phase", "mag", "error", "count")
_OF_LABELS = ("feh", "feh_error", "weight")


def stream(
    folder: Path | str,
    size: int,
    *,
    bands: Sequence[str],
    split: Split | None = None,
    max_points: int = 48,
) -> Any:
    """Give a ``tf.data.Dataset`` of batches of so many stars, in the order of ``source_id``.

    Only a group of rows of the file and a batch are in memory. Every file is checked against its
    hash when it is opened, here and not with every pass.

    Parameters
    ----------
    bands
        Photometric bands whose points stand in a row together; a star without any is left out.
    split
        Only the stars of this part; by default all.
    max_points
        Most points in a band; see :func:`rrcat_keras.points.points`.

    Returns
    -------
    Each batch is a dict: ``source_id`` and ``pulsation_type`` ``(n,)``; ``period`` [d], ``feh`` and
    ``feh_error`` [dex] and ``weight`` ``(n,)``; ``phase`` [cycles], ``mag`` and ``error`` [mag],
    ``count`` (observations that a point is the mean of, 0 where there is none) and ``band`` (place
    among ``bands``), each ``(n, len(bands) * max_points)``. Numbers are 32-bit; an unknown error is
    NaN.

    Raises
    ------
    DatasetError
        The folder is no training set, is damaged, or has nothing in these bands.
    """
    dataset = read_dataset(Path(folder))
    there = dataset.scan("sequences").select(pl.col("band").unique()).collect()["band"].sort()
    if absent := sorted(set(bands) - set(there)):
        raise DatasetError(
            f"the training set has no sequence in {', '.join(absent)}",
            file=Path(folder),
            hint=f"it has sequences in {', '.join(there)}",
        )
    width = len(bands) * max_points

    def batches() -> Iterator[dict[str, Any]]:
        for rows in dataset.batches(size, split=split):
            rows = rows.filter(pl.col("band").is_in(list(bands)))
            stars = rows.unique("source_id", keep="first", maintain_order=True)
            if stars.is_empty():
                continue
            given = points(rows, stars["source_id"], bands, max_points)
            yield {
                "source_id": stars["source_id"].to_numpy(),
                "pulsation_type": stars["pulsation_type"].to_list(),
                "period": given.period.astype(np.float32),
                **{name: stars[name].cast(pl.Float32).to_numpy() for name in _OF_LABELS},
                **{name: getattr(given, name).astype(np.float32) for name in _OF_POINTS},
                "band": given.band.astype(np.int32),
            }

    def spec(kind: Any, *rest: int) -> Any:
        return tf.TensorSpec((None, *rest), kind)

    signature = {
        "source_id": spec(tf.int64),
        "pulsation_type": spec(tf.string),
        "period": spec(tf.float32),
        **{name: spec(tf.float32) for name in _OF_LABELS},
        **{name: spec(tf.float32, width) for name in _OF_POINTS},
        "band": spec(tf.int32, width),
    }
    return tf.data.Dataset.from_generator(batches, output_signature=signature)
