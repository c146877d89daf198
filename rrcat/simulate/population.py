"""Which stars there are: period, metallicity and the shape of the light curve in G.

A star's [Fe/H] is drawn first, then its period and harmonics given [Fe/H], and last φ31 from the
relation of Muraveva et al. (2025) turned round. So the relation gives back the true [Fe/H] exactly,
and what an estimator misses it misses because of sampling and noise.

The mean trends are linear fits to the 3,415 RRab and 573 RRc of Muraveva et al. (2025, MNRAS 536,
2749) in the Large Magellanic Cloud with small formal errors (σφ31 < 0.25 and 0.5 rad); orders 4
to 6 to 160 well-sampled RRab of Dékány & Grebel (2022, ApJS 261, 33). The scatters are smaller
than in those fits, which hold the measurement errors as well.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from rrcat.harmonic import evaluate, wrap

MEAN_FEH, SCATTER_FEH = -1.5, 0.35
LIMITS_FEH = (-2.6, -0.3)
FRACTION_RRC = 0.3


@dataclass(frozen=True)
class Trend:
    """A mean value, its slopes with period (d) and [Fe/H], the scatter around it, its limits."""

    mean: float
    per_day: float
    per_dex: float
    scatter: float
    low: float
    high: float

    def draw(self, rng: Generator, period: float, feh: float) -> float:
        """Give a value for a star whose period and [Fe/H] are counted from the pivot."""
        value = self.mean + self.per_day * period + self.per_dex * feh
        return float(np.clip(value + self.scatter * rng.standard_normal(), self.low, self.high))


PIVOT = {"RRab": (0.57, -1.5), "RRc": (0.33, -1.6)}
TRENDS = {
    "RRab": {
        "period": Trend(0.577, 0.0, -0.105, 0.060, 0.43, 0.80),
        "a1": Trend(0.276, -0.880, -0.086, 0.040, 0.10, 0.45),
        "r21": Trend(0.466, -0.012, 0.028, 0.030, 0.30, 0.60),
        "r31": Trend(0.314, -0.342, -0.034, 0.030, 0.10, 0.42),
    },
    "RRc": {
        "period": Trend(0.326, 0.0, -0.064, 0.025, 0.25, 0.42),
        "a1": Trend(0.214, -0.546, -0.070, 0.012, 0.12, 0.28),
        "r21": Trend(0.163, -1.669, -0.187, 0.015, 0.03, 0.30),
        "r31": Trend(0.107, -0.318, -0.018, 0.015, 0.05, 0.16),
        "phi21": Trend(4.721, 5.087, 0.427, 0.10, 3.5, 6.0),
    },
}
# φk1 − (k − 1) φ31 / 2 and its scatter, and Rk1 at R31 = 0.31 with its slope, of RRab by order.
PHASES_ABOVE_PHI31 = {2: (3.008, 0.03), 4: (-2.958, 0.05), 5: (0.389, 0.10), 6: (-2.595, 0.15)}
RATIOS_ON_R31 = {4: (0.180, 0.883), 5: (0.111, 0.628), 6: (0.070, 0.344)}
# RRc whose φ31 would leave this interval do not occur among those of the Cloud.
LIMITS_PHI31 = (1.0, 5.5)


@dataclass(frozen=True)
class Star:
    """A simulated star; ``amplitudes`` (mag) and ``phases`` (rad) have shape ``(n_harmonics,)``."""

    pulsation_type: str
    feh: float
    period: float
    mean_mag: float
    amplitudes: NDArray[np.float64]
    phases: NDArray[np.float64]
    """φk1 of the cosine series, so that φ1 is 0."""
    reference_time: float

    def magnitude(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the true magnitude at each time, d."""
        return evaluate(
            time, self.period, self.reference_time, self.mean_mag, self.amplitudes, self.phases
        )


def draw_star(rng: Generator) -> Star:
    """Draw a star from the population."""
    while True:
        kind = "RRc" if rng.random() < FRACTION_RRC else "RRab"
        feh = float(np.clip(MEAN_FEH + SCATTER_FEH * rng.standard_normal(), *LIMITS_FEH))
        period_pivot, feh_pivot = PIVOT[kind]
        trends = TRENDS[kind]
        period = trends["period"].draw(rng, 0.0, feh - feh_pivot)
        shape = {
            name: trend.draw(rng, period - period_pivot, feh - feh_pivot)
            for name, trend in trends.items()
            if name != "period"
        }
        a1, a2 = shape["a1"], shape["a1"] * shape["r21"]
        phi31 = phi31_of(kind, feh, period, a2)
        if LIMITS_PHI31[0] < phi31 < LIMITS_PHI31[1] or kind == "RRab":
            break
    ratios, phases = _harmonics(kind, shape, phi31, rng)
    return Star(
        pulsation_type=kind,
        feh=feh,
        period=period,
        mean_mag=float(np.clip(16.0 + 1.5 * rng.standard_normal(), 12.0, 19.0)),
        amplitudes=a1 * np.array(ratios),
        phases=wrap(phases),
        reference_time=float(period * rng.random()),
    )


def phi31_of(kind: str, feh: float, period: float, a2: float) -> float:
    """Give the φ31 (rad, G, cosine) at which the relation of Muraveva et al. (2025) says [Fe/H].

    RRab: [Fe/H] = −0.37 − 5.55 P + 0.94 φ31. RRc: [Fe/H] = 0.80 − 8.54 P + 0.23 φ31 − 9.34 A2.
    """
    if kind == "RRab":
        return (feh + 0.37 + 5.55 * period) / 0.94
    return (feh - 0.80 + 8.54 * period + 9.34 * a2) / 0.23


def _harmonics(
    kind: str, shape: dict[str, float], phi31: float, rng: Generator
) -> tuple[list[float], list[float]]:
    """Give Rk1 and φk1 of every order: six for RRab, three for RRc."""
    if kind == "RRc":
        return [1.0, shape["r21"], shape["r31"]], [0.0, shape["phi21"], phi31]
    phases = {1: 0.0, 3: phi31}
    for k, (offset, scatter) in PHASES_ABOVE_PHI31.items():
        phases[k] = (k - 1) * phi31 / 2 + offset + scatter * rng.standard_normal()
    higher = [max(at + slope * (shape["r31"] - 0.31), 0.0) for at, slope in RATIOS_ON_R31.values()]
    return [1.0, shape["r21"], shape["r31"], *higher], [phases[k] for k in sorted(phases)]
