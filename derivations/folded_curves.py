"""The true shapes of RRab among folded light curves of few points without errors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from mixtures import Mixture, fit_mixture, started
from numpy.typing import NDArray

Array = NDArray[np.float64]

ORDER = 8
TURN = 2 * np.pi
# Degrees of freedom of the distribution of the points about a curve.
STUDENT = 4.0
# Inverse variance of a period or [Fe/H] that is known, in standardised units.
CERTAIN = 1e6


@dataclass
class Curves:
    """Folded light curves of the RRab, and what is found of each on the way.

    ``shift`` [cycles] is where φ1 is 0; ``noise`` [mag] the scale of the Student distribution that
    the points have about the curve, ``weight`` what each counts; ``shape`` the 15 coefficients;
    ``scatter`` [mag] the standard deviation of the points but for outliers.
    """

    phase: list[Array]
    mag: list[Array]
    period: Array
    feh: Array
    shift: Array
    noise: Array
    weight: list[Array]
    shape: Array
    scatter: Array


def _basis(phase: Array) -> Array:
    """Give the waves whose coefficients are A1 and A_k cos φ_k1, A_k sin φ_k1 from order 2."""
    waves = [np.cos(TURN * phase)]
    for k in range(2, ORDER + 1):
        waves += [np.cos(TURN * k * phase), -np.sin(TURN * k * phase)]
    return np.stack(waves, axis=1)


def _nuisance(phase: Array, shape: Array) -> Array:
    """Give the derivatives of a curve with its mean and its phase (rad)."""
    turn = shape[0] * np.sin(TURN * phase)
    for k in range(2, ORDER + 1):
        cosine, sine = shape[2 * k - 3], shape[2 * k - 2]
        turn += k * (cosine * np.sin(TURN * k * phase) + sine * np.cos(TURN * k * phase))
    return np.stack([np.ones(phase.size), turn], axis=1)


def rrab_curves(folder: Path) -> pl.DataFrame:
    """Give ``period``, ``feh`` and the lists ``phase``, ``mag`` of every other star."""
    folder = folder / "gaia_dr2_g_folded"
    points = pl.read_parquet(folder / "light_curves.parquet").sort("source_id", "phase")
    stars = pl.read_csv(folder / "stars.csv", infer_schema_length=None)
    stars = stars.filter(pl.col("period") > 0.3).sort("source_id").gather_every(2)
    curves = points.group_by("source_id", maintain_order=True).agg("phase", "mag")
    return stars.join(curves, on="source_id", maintain_order="left")


def _first_fits(frame: pl.DataFrame) -> Curves:
    typical = 0.26 * 0.55 ** (np.array([1, *np.repeat(np.arange(2, ORDER + 1), 2)]) - 1.0)
    phases, mags = [c.to_numpy() for c in frame["phase"]], [c.to_numpy() for c in frame["mag"]]
    shift, noise, shapes = [], [], []
    for phase, mag in zip(phases, mags, strict=True):
        moved = 0.0
        for _ in range(2):
            x = phase - moved
            design = np.column_stack([np.ones(x.size), np.sin(TURN * x), _basis(x)])
            ridge = np.diag([0.0, 0.0, *(0.03 / typical) ** 2])
            found = np.linalg.solve(design.T @ design + ridge, design.T @ mag)
            moved += np.arctan2(found[1], found[2]) / TURN
        rest = np.median(np.abs(mag - design @ found))
        shift.append(moved)
        noise.append(max(1.4826 * rest * np.sqrt(x.size / max(x.size - 8, 4)), 0.004))
        shapes.append(found[2:])
    return Curves(
        phases,
        mags,
        frame["period"].to_numpy(),
        frame["feh"].to_numpy(),
        np.array(shift),
        np.array(noise),
        [np.ones(p.size) for p in phases],
        np.array(shapes),
        np.zeros(frame.height),
    )


def rrab(frame: pl.DataFrame, n_components: int, rounds: int = 12) -> tuple[Mixture, Curves]:
    """Give the mixture in period, the 15 coefficients of the shape and [Fe/H], and the curves.

    In turns: the mixture given phase, noise and outliers of each star; and these given its shape.
    """
    curves = _first_fits(frame)
    known = np.isfinite(curves.feh)
    values = np.column_stack([curves.period, curves.shape, np.where(known, curves.feh, -1.5)])
    centre, width = np.median(values, axis=0), 0.3 * np.std(values, axis=0) + 0.01
    mixture = started((values - centre) / width, n_components)
    for turn in range(rounds):
        information = np.zeros((len(values), values.shape[1], values.shape[1]))
        moment = np.zeros(values.shape)
        for i in range(len(values)):
            information[i, 1:-1, 1:-1], moment[i, 1:-1] = _normal(curves, i)
        moment = moment - (information @ centre[:, None])[:, :, 0]
        information = information * width[:, None] * width
        moment = moment * width
        for column, there in ((0, np.full(known.size, True)), (-1, known)):
            standard = (values[there, column] - centre[column]) / width[column]
            information[there, column, column] = CERTAIN
            moment[there, column] = CERTAIN * standard
        mixture, mean, covariance = fit_mixture(
            information, moment, mixture, 60 if turn == rounds - 1 else 15
        )
        shape = (mean * width + centre)[:, 1:-1]
        _settle(curves, shape, (covariance * width[:, None] * width)[:, 1:-1, 1:-1])
    scale = width[:, None] * width
    return Mixture(
        mixture.weight, mixture.mean * width + centre, mixture.covariance * scale
    ), curves


def _normal(curves: Curves, i: int) -> tuple[Array, Array]:
    """Give information and moment of a star's shape; its mean and its phase are free."""
    phase = curves.phase[i] - curves.shift[i]
    weight = curves.weight[i][:, None] / curves.noise[i] ** 2
    basis, free = _basis(phase), _nuisance(phase, curves.shape[i])
    inner = np.linalg.inv(free.T @ (free * weight) + 1e-9 * np.eye(2))
    mixed = basis.T @ (free * weight)
    mag = curves.mag[i][:, None]
    information = basis.T @ (basis * weight) - mixed @ inner @ mixed.T
    moment = basis.T @ (mag * weight) - mixed @ inner @ (free.T @ (mag * weight))
    return information, moment[:, 0]


def _settle(curves: Curves, shape: Array, covariance: Array) -> None:
    """Take the shapes as found, and find phase, noise and outliers of each star anew."""
    mean_mag = np.array([mag.mean() for mag in curves.mag])
    usual = np.exp(np.polyval(np.polyfit(mean_mag, np.log(curves.noise), 2), mean_mag))
    curves.shape = shape
    for i, mag in enumerate(curves.mag):
        phase = curves.phase[i] - curves.shift[i]
        basis, free = _basis(phase), _nuisance(phase, shape[i])
        rest = mag - basis @ shape[i]
        weighted = free * curves.weight[i][:, None]
        moved = np.linalg.solve(free.T @ weighted + np.diag([0, 1e-6]), weighted.T @ rest)
        curves.shift[i] += np.clip(moved[1] / TURN, -0.02, 0.02)
        square = (rest - free @ moved) ** 2
        hidden = np.einsum("ni,ij,nj->n", basis, covariance[i], basis)
        inliers = square[square < (4 * 1.4826) ** 2 * np.median(square)]
        curves.scatter[i] = np.sqrt(np.mean(inliers) + np.mean(hidden))
        square += hidden
        curves.weight[i] = (STUDENT + 1) / (STUDENT + square / curves.noise[i] ** 2)
        total = (curves.weight[i] * square).sum() + 4 * usual[i] ** 2
        curves.noise[i] = np.sqrt(total / (mag.size + 4))
