"""Random numbers of which every star has its own, whichever other stars are asked for.

A number is a hash of the seed, a name, the star and an index, as in counter-based generators
(Salmon et al. 2011, SC '11, 16). There is no state: adding a star, an observation or another name
changes no number but its own, and whole columns are made at once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Stars = dict[str, NDArray[Any]]
"""Columns of stars by name, each of shape ``(n,)`` or ``(n, 8)``."""

# Increments and multipliers of SplitMix64 (Steele, Lea & Flood 2014, OOPSLA '14, 453).
_STAR = np.uint64(0x9E3779B97F4A7C15)
_INDEX = np.uint64(0xD1B54A32D192ED03)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True)
class Streams:
    """The random numbers of ``star``, an array of integers, one each.

    ``index`` tells numbers of one name and star apart: attempts, or observations.
    """

    seed: int
    star: NDArray[np.int64]
    index: ArrayLike = 0

    def uniform(self, name: str) -> Array:
        """Give a number in (0, 1) for each star."""
        digest = hashlib.blake2b(f"{self.seed} {name}".encode(), digest_size=8).digest()
        key = np.uint64(int.from_bytes(digest, "little"))
        state = _mixed(self.star.astype(np.uint64) * _STAR + key)
        state = _mixed(state + np.asarray(self.index).astype(np.uint64) * _INDEX)
        # The upper 52 bits and a half: neither 0 nor 1 can come out.
        return np.asarray(((state >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52)

    def normal(self, name: str) -> Array:
        """Give a number from the standard normal distribution for each star (Box & Muller 1958)."""
        radius = np.sqrt(-2.0 * np.log(self.uniform(f"{name}, radius")))
        return np.asarray(radius * np.cos(2.0 * np.pi * self.uniform(f"{name}, angle")))

    def student(self, name: str) -> Array:
        """Give a number of variance 1 from Student's distribution of 4 degrees of freedom."""
        first, second = self.uniform(f"{name}, first"), self.uniform(f"{name}, second")
        # The denominator of Student's t: χ² of 4 degrees of freedom over its mean.
        spread = -(np.log(first) + np.log(second)) / 2.0
        return np.asarray(self.normal(name) / np.sqrt(2.0 * spread))

    def between(self, name: str, low: float, high: float) -> Array:
        """Give a number evenly distributed between two limits for each star."""
        return low + (high - low) * self.uniform(name)

    def choice(self, name: str, shares: ArrayLike) -> NDArray[np.int64]:
        """Give for each star the place of one of the shares, which need not add up to 1."""
        cumulative = np.cumsum(np.asarray(shares, dtype=np.float64))
        place = np.searchsorted(cumulative, self.uniform(name) * cumulative[-1])
        return np.asarray(place, dtype=np.int64)


def designations(number: NDArray[np.int64]) -> pl.Series:
    """Give the names of simulated stars, which tell what they are."""
    return "SIM " + pl.Series(number).cast(pl.String).str.zfill(7)


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Give the output function of SplitMix64."""
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    return np.asarray(state ^ (state >> np.uint64(31)))
