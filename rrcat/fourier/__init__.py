"""Harmonic fits of light curves, compiled, one star at a time; and what is learned of their shapes.

Names are looked up on first use, so that whoever only reads features does not load the compiler.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rrcat.fourier.arrays import FitResult, fit_arrays
    from rrcat.fourier.coefficients import N_COEFFICIENTS, Shapes, shapes
    from rrcat.fourier.columns import (
        COEFFICIENT_COLUMNS,
        branches,
        coefficient_columns,
        column_errors,
        column_index,
    )
    from rrcat.fourier.fit import FEATURE_COLUMNS, fit_light_curves
    from rrcat.fourier.observed import ObservedShapes, Usual, learn_usual
    from rrcat.fourier.prior import Prior, learn_prior, posterior
    from rrcat.fourier.settings import FitSettings
    from rrcat.fourier.weighted_sums import Sums, sums

_HOMES = {
    "COEFFICIENT_COLUMNS": "columns",
    "FEATURE_COLUMNS": "fit",
    "FitResult": "arrays",
    "FitSettings": "settings",
    "N_COEFFICIENTS": "coefficients",
    "ObservedShapes": "observed",
    "Prior": "prior",
    "Shapes": "coefficients",
    "Sums": "weighted_sums",
    "Usual": "observed",
    "branches": "columns",
    "coefficient_columns": "columns",
    "column_errors": "columns",
    "column_index": "columns",
    "fit_arrays": "arrays",
    "fit_light_curves": "fit",
    "learn_prior": "prior",
    "learn_usual": "observed",
    "posterior": "prior",
    "shapes": "coefficients",
    "sums": "weighted_sums",
}

__all__ = [
    "COEFFICIENT_COLUMNS",
    "FEATURE_COLUMNS",
    "N_COEFFICIENTS",
    "FitResult",
    "FitSettings",
    "ObservedShapes",
    "Prior",
    "Shapes",
    "Sums",
    "Usual",
    "branches",
    "coefficient_columns",
    "column_errors",
    "column_index",
    "fit_arrays",
    "fit_light_curves",
    "learn_prior",
    "learn_usual",
    "posterior",
    "shapes",
    "sums",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
