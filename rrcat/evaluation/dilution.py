"""Regression dilution: predictions shrink to the mean, and how that is undone.

What is predicted is the expectation of the true value given the light curve; where light curves
tell little, that is near the mean of all stars. So the mean of predictions for stars of *one true
value* is nearer to the mean than that value: good for one star, wrong for a population's gradient
or its metal-poor tail. The undiluted value has no such bias, and a larger scatter.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from rrcat.evaluation.curve import Curve, learn_curve

FloatArray = NDArray[np.float64]

# Dilution is a slow function of the metallicity: faster ones only follow the noise, which the
# inversion makes larger.
LENGTHS = (1.0, 2.0, 4.0)
LEAST_SLOPE = 0.2
"""Predictions are taken apart by a factor of five at most."""


class Dilution(BaseModel):
    """The mean prediction for stars of a true value, as a table that increases."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    expected: Curve

    def undiluted(self, predicted: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give the true values whose mean prediction the given ones are, and how they spread.

        Parameters
        ----------
        predicted
            Predictions ``(n,)`` [dex]. Beyond those of the table they keep their distance to it.

        Returns
        -------
        value, stretch
            Undiluted values ``(n,)`` [dex], and by how much an error of the prediction grows in
            them ``(n,)``.
        """
        true, mean = np.array(self.expected.knots), np.array(self.expected.values)
        beyond = np.minimum(predicted - mean[0], 0.0) + np.maximum(predicted - mean[-1], 0.0)
        value = np.interp(predicted, mean, true) + beyond
        return value, np.interp(predicted, mean, np.gradient(true, mean))


def learn_dilution(true: FloatArray, predicted: FloatArray) -> Dilution:
    """Give the dilution of predictions for stars that were left out.

    It is none where the stars are too few to show one.

    Parameters
    ----------
    true, predicted
        Values ``(n,)`` [dex].
    """
    shift = learn_curve(true, predicted - true, lengths=LENGTHS)
    knots = np.array(shift.knots)
    mean = knots + np.array(shift.values)
    least = LEAST_SLOPE * (knots - knots[0])
    rising = np.maximum.accumulate(mean - least) + least
    return Dilution(expected=Curve(knots=shift.knots, values=tuple(rising.tolist())))
