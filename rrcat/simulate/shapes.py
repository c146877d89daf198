"""Light-curve shapes and metallicities as those of real stars: the table `shapes.toml`, and draws.

The shapes of each pulsation type are a mixture of Gaussians in period, A1 and the coefficients
A_k cos φ_k1, A_k sin φ_k1 of the orders above; [Fe/H] follows from the shape by one of two
relations, with the scatter that real stars have. Where the numbers are from is told by
`derivations/simulated_shapes.py`.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rrcat.harmonic import MAX_HARMONICS, angular_difference
from rrcat.simulate.streams import Streams

Array = NDArray[np.float64]
Truth = Literal["linear", "curved"]

TYPES = ("RRab", "RRc")


@cache
def table() -> dict[str, Any]:
    """Give the numbers that light curves are simulated with."""
    return tomllib.loads(files("rrcat.simulate").joinpath("shapes.toml").read_text("utf-8"))


def draw_shapes(kind: str, truth: Truth, streams: Streams) -> dict[str, Array]:
    """Draw stars of a pulsation type.

    Returns
    -------
    ``period`` [d], ``feh`` and ``expected_feh``, about which it scatters, [dex], shape ``(n,)``;
    ``amplitudes`` [mag] and ``phases`` [rad], φ_k1 of the cosine series in G, shape ``(n, 8)``;
    and ``possible``, which is false for draws in the far tails, where there are no such stars.
    """
    numbers = table()[kind]
    values = _mixture(numbers["component"], streams)
    n, size = values.shape
    cosine, sine = np.zeros((n, MAX_HARMONICS)), np.zeros((n, MAX_HARMONICS))
    cosine[:, 0] = values[:, 1]
    for k in range(2, size // 2 + 1):
        cosine[:, k - 1], sine[:, k - 1] = values[:, 2 * k - 2], values[:, 2 * k - 1]
    amplitudes, phases = np.hypot(cosine, sine), np.arctan2(sine, cosine)
    for tail in numbers.get("tail", ()):
        place = tail["order"] - 1
        amplitudes[:, place] = tail["ratio"] * amplitudes[:, 0]
        off = streams.normal(f"phase of order {tail['order']}")
        phases[:, place] = tail["phase"] + tail["scatter"] * off
    drawn = {"period": values[:, 0], "amplitudes": amplitudes, "phases": phases}
    drawn["expected_feh"], scatter = _metallicity(numbers["feh"], truth, drawn, streams)
    drawn["feh"] = drawn["expected_feh"] + scatter
    limits = numbers["limits"]
    inside = [
        (drawn[name] > limits[name][0]) & (drawn[name] < limits[name][1])
        for name in ("period", "feh")
    ]
    low, high = limits["a1"]
    inside.append((cosine[:, 0] > low) & (cosine[:, 0] < high))
    return {**drawn, "possible": np.logical_and.reduce(inside)}


def _mixture(components: list[dict[str, Any]], streams: Streams) -> Array:
    """Draw from Gaussians that are given by mean and lower Cholesky factor, row by row."""
    which = streams.choice("component", [each["weight"] for each in components])
    means = np.array([each["mean"] for each in components])
    size = means.shape[1]
    roots = np.zeros((len(components), size, size))
    for root, each in zip(roots, components, strict=True):
        for row, given in enumerate(each["root"]):
            root[row, : row + 1] = given
    values = means[which]
    # Column by column: the rounding of a matrix product changes with the number of stars.
    for column in range(size):
        values += roots[which, :, column] * streams.normal(f"shape {column}")[:, None]
    return values


def _metallicity(
    relation: dict[str, Any], truth: Truth, drawn: dict[str, Array], streams: Streams
) -> tuple[Array, Array]:
    """Give the [Fe/H] that is expected of each shape, a polynomial, and how far off the star is.

    The linear truth is one of first degree with Gaussian scatter that is the same everywhere; the
    curved one is of second degree, with scatter that changes and has the wide tails of real stars.
    """
    columns = [
        (_term(name, drawn, centre) - centre) / width
        for name, centre, width in zip(
            relation["terms"], relation["centre"], relation["width"], strict=True
        )
    ]
    names = range(len(columns))
    products = [columns[i] * columns[j] for i in names for j in names if i <= j]
    one = np.ones(drawn["period"].size)
    chosen = relation[truth]
    mean = _sum(chosen["coefficients"], [one, *columns, *products])
    scatter = np.exp(_sum(chosen["log_scatter"], [one, *columns]))
    off = streams.student if truth == "curved" else streams.normal
    return mean, np.asarray(scatter * off("scatter of [Fe/H]"))


def _term(name: str, drawn: dict[str, Array], centre: float) -> Array:
    if name == "period":
        return drawn["period"]
    if name.startswith("a"):
        return drawn["amplitudes"][:, int(name[1]) - 1]
    phase = drawn["phases"][:, int(name.removeprefix("phi")[0]) - 1]
    return np.asarray(centre + angular_difference(phase, centre))


def _sum(coefficients: list[float], columns: list[Array]) -> Array:
    """Give the sum over as many columns as there are coefficients."""
    total = np.zeros(columns[0].size)
    for coefficient, column in zip(coefficients, columns, strict=False):
        total += coefficient * column
    return total
