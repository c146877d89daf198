"""[Fe/H] as a function of the shape of a light curve, in a population."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rrcat.harmonic import angular_difference

Array = NDArray[np.float64]

TURN = 2 * np.pi
TERMS = ("period", "a1", "a2", "a3", "phi21", "phi31")


def terms(values: Array) -> tuple[Array, Array, Array]:
    """Give the columns TERMS, standardised, with their centres and widths."""
    columns = [values[:, 0], values[:, 1]]
    columns += [np.hypot(values[:, 2 * k - 2], values[:, 2 * k - 1]) for k in (2, 3)]
    for k in (2, 3):
        phase = np.arctan2(values[:, 2 * k - 1], values[:, 2 * k - 2])
        middle = np.arctan2(np.sin(phase).mean(), np.cos(phase).mean()) % TURN
        columns.append(middle + angular_difference(phase, middle))
    stacked = np.stack(columns, axis=1)
    centre, width = np.median(stacked, axis=0), np.std(stacked, axis=0)
    return (stacked - centre) / width, centre, width


def with_products(columns: Array) -> Array:
    """Give a constant, the columns, and their products."""
    first, second = np.triu_indices(columns.shape[1])
    return np.column_stack([np.ones(len(columns)), columns, columns[:, first] * columns[:, second]])


def rrab_relations(values: Array) -> dict:
    """Give the linear and the curved relation of [Fe/H] in a population.

    ``values`` are period, the coefficients of the shape and, last, [Fe/H].
    """
    columns, centre, width = terms(values)
    feh, straight = values[:, -1], np.column_stack([np.ones(len(values)), columns])
    told = {"terms": list(TERMS), "centre": centre, "width": width}
    for name, design in (("linear", straight), ("curved", with_products(columns))):
        found = np.linalg.lstsq(design, feh, rcond=None)[0]
        rest = feh - design @ found
        told[name] = {"coefficients": found, "log_scatter": [np.log(rest.std())]}
    told["curved"]["log_scatter"] = _log_scatter(straight, rest)
    return told


def _log_scatter(design: Array, rest: Array) -> Array:
    """Give log σ of residuals as a linear function."""
    found = np.linalg.lstsq(design, np.log(np.abs(rest) + 1e-6), rcond=None)[0]
    found[0] += 0.5 * np.log(np.mean((rest * np.exp(-design @ found)) ** 2))
    return np.asarray(found)


def rrc_relation(values: Array) -> dict:
    """Give the published relation, and one curved by as much as that of RRab is, by assumption.

    [Fe/H] = 0.80 − 8.54 P + 0.23 φ31 − 9.34 A2 (Muraveva et al. 2025). Its calibrators scatter by
    0.21 dex, of which about 0.1 dex are errors of their spectra.
    """
    _, centre, width = terms(values)
    of = [TERMS.index(name) for name in ("period", "a2", "phi31")]
    centre, width = centre[of], width[of]
    slopes = np.array([-8.54, -9.34, 0.23])
    linear = [0.80 + slopes @ centre, *(slopes * width)]
    scatter = np.log(np.sqrt(0.21**2 - 0.10**2))
    return {
        "terms": [TERMS[i] for i in of],
        "centre": centre,
        "width": width,
        "linear": {"coefficients": linear, "log_scatter": [scatter]},
        "curved": {
            "coefficients": [*linear, -0.04, 0.0, 0.04, 0.0, 0.0, 0.02],
            "log_scatter": [scatter, 0.1, 0.1, 0.0],
        },
    }
