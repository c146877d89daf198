"""Harmonic fits of light curves, compiled, one star at a time."""

from rrcat.fourier.arrays import FitResult, fit_arrays
from rrcat.fourier.fit import FEATURE_COLUMNS, fit_light_curves
from rrcat.fourier.settings import FitSettings

__all__ = ["FEATURE_COLUMNS", "FitResult", "FitSettings", "fit_arrays", "fit_light_curves"]
