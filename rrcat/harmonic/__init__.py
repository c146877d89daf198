"""The harmonic series of a light curve as pure functions, in Gaia's cosine convention.

``m(t) = zp + Σ A_k cos(2π k ν (t − T_ref) + φ_k)``, ``φ_k1 = φ_k − k φ_1`` in [0, 2π),
``R_k1 = A_k / A_1``. Nothing here needs more than numpy.
"""

from rrcat.harmonic.angles import angular_difference, nearest_branch, wrap
from rrcat.harmonic.covariance import (
    COVARIANCE_LENGTH,
    PARAMETERS,
    covariance_index,
    pack_covariance,
    unpack_covariance,
)
from rrcat.harmonic.series import (
    MAX_HARMONICS,
    cosine_to_sine,
    evaluate,
    evaluate_each,
    phase_differences,
    sine_to_cosine,
)

__all__ = [
    "COVARIANCE_LENGTH",
    "MAX_HARMONICS",
    "PARAMETERS",
    "angular_difference",
    "cosine_to_sine",
    "covariance_index",
    "evaluate",
    "evaluate_each",
    "nearest_branch",
    "pack_covariance",
    "phase_differences",
    "sine_to_cosine",
    "unpack_covariance",
    "wrap",
]
