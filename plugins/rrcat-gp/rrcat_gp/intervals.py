"""What errors are multiplied by, so that they cover what they say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Shares of stars within one and within 1.96 errors, if errors are Gaussian.
_COVERED = ((0.6827, 1.0), (0.95, 1.96))
# Errors are neither scaled down nor up by more than this, whatever few stars say.
_RANGE = (0.5, 3.0)


def learn_scale(pulls: FloatArray) -> float:
    """Give the factor from how far off calibrators are that were left out, in errors.

    Where residuals are not Gaussian the factors for 68 % and for 95 % differ: their geometric mean
    comes as near to both as one number can. Quantiles have the correction for a finite sample of
    split conformal prediction (Vovk et al. 2005).
    """
    ordered = np.sort(np.abs(pulls))
    ranks = [min(int(np.ceil((pulls.size + 1) * share)), pulls.size) for share, _ in _COVERED]
    widths = [width for _, width in _COVERED]
    scales = [ordered[rank - 1] / width for rank, width in zip(ranks, widths, strict=True)]
    return float(np.clip(np.sqrt(np.prod(scales)), *_RANGE))
