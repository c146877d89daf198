"""Columns brought to about unit variance, by what was learned from the training stars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Largest distance [standard deviations] from the mean of the calibrators that counts.
_FARTHEST = 4.0


@dataclass(frozen=True)
class Scaler:
    """Mean and width ``(n_columns,)`` of each column over the training stars, in its unit."""

    mean: FloatArray
    width: FloatArray

    def standardised(self, values: FloatArray) -> FloatArray:
        """Give columns ``(n, n_columns)`` of about unit variance, bounded.

        NaN, and a constant column, become 0.
        """
        scaled = (values - self.mean) / self.width
        # Far from all calibrators a relation stays where it was rather than run away.
        return np.clip(np.where(np.isfinite(scaled), scaled, 0.0), -_FARTHEST, _FARTHEST)

    def as_plain(self) -> dict[str, Any]:
        """Give the scaler as numbers and lists, for JSON or TOML."""
        return {"mean": self.mean.tolist(), "width": self.width.tolist()}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Scaler:
        """Give the scaler that :meth:`as_plain` gave."""
        return cls(np.array(plain["mean"]), np.array(plain["width"]))


def learn_scaler(values: FloatArray) -> Scaler:
    """Give the scaler of columns ``(n, n_columns)``; constant or all NaN, one keeps its unit."""
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0.0).sum(axis=0) / count
    deviation = np.where(known, values - mean, 0.0)
    width = np.sqrt((deviation**2).sum(axis=0) / count)
    constant = width <= 1e-9 * (1.0 + np.abs(mean))
    return Scaler(mean, np.where(constant, 1.0, width))
