"""Cosines and sines of the harmonics at every epoch, and weighted sums of them."""

# Helpers take the types numba infers.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import math

from rrcat.fourier.compiled import helper
from rrcat.fourier.workspace import padded

_QUARTER_TURN = 0.5 * math.pi


@helper
def set_curve(curve, work):
    """Fill the times since the reference and the magnitudes less their mean."""
    for i in range(curve.time.size):
        work.elapsed[i] = curve.time[i] - curve.reference
        work.centred[i] = curve.mag[i] - curve.mean_mag


@helper
def cosine_and_sine(cycle):
    """Give cos and sin of so many cycles, to a few units of 1e-16.

    Arithmetic alone, so that a loop over epochs runs in vector registers and gives the same on
    every machine: Taylor series of a quarter of the angle, which is doubled twice.
    """
    z = _QUARTER_TURN * (cycle - math.floor(cycle + 0.5))
    q = z * z
    s = 1.0 - q * (1.0 / 210.0)
    s = 1.0 - q * (1.0 / 156.0) * s
    s = 1.0 - q * (1.0 / 110.0) * s
    s = 1.0 - q * (1.0 / 72.0) * s
    s = 1.0 - q * (1.0 / 42.0) * s
    s = 1.0 - q * (1.0 / 20.0) * s
    s = z * (1.0 - q * (1.0 / 6.0) * s)
    c = 1.0 - q * (1.0 / 240.0)
    c = 1.0 - q * (1.0 / 182.0) * c
    c = 1.0 - q * (1.0 / 132.0) * c
    c = 1.0 - q * (1.0 / 90.0) * c
    c = 1.0 - q * (1.0 / 56.0) * c
    c = 1.0 - q * (1.0 / 30.0) * c
    c = 1.0 - q * (1.0 / 12.0) * c
    c = 1.0 - 0.5 * q * c
    half_sine = 2.0 * s * c
    half_cosine = 1.0 - 2.0 * s * s
    return 1.0 - 2.0 * half_sine * half_sine, 2.0 * half_sine * half_cosine


@helper
def set_basis(frequency, highest, n, work):
    """Fill cos θ, sin θ, cos 2θ, ... of every epoch, up to ``highest`` times the phase.

    By ``x_m = 2 cos θ x_{m-1} − x_{m-2}``, which cosines and sines both obey; its rounding errors
    grow as m², to 1e-13 at m = 24. Written along rows of terms, then copied to rows of epochs.
    """
    waves = work.waves
    basis = work.basis
    for i in range(n):
        waves[0, i], waves[1, i] = cosine_and_sine(work.elapsed[i] * frequency)
    for i in range(n):
        waves[2, i] = 2.0 * waves[0, i] * waves[0, i] - 1.0
        waves[3, i] = 2.0 * waves[0, i] * waves[1, i]
    for j in range(4, 2 * highest):
        for i in range(n):
            waves[j, i] = 2.0 * waves[0, i] * waves[j - 2, i] - waves[j - 4, i]
    for i in range(n):
        for j in range(2 * highest):
            basis[i, j + 1] = waves[j, i]


@helper
def dot(a, b, n):
    """Give ``Σ_i a_i b_i``, as four sums that need not wait for each other."""
    p, q, r, s = 0.0, 0.0, 0.0, 0.0
    whole = n - n % 4
    for i in range(0, whole, 4):
        p += a[i] * b[i]
        q += a[i + 1] * b[i + 1]
        r += a[i + 2] * b[i + 2]
        s += a[i + 3] * b[i + 3]
    for i in range(whole, n):
        p += a[i] * b[i]
    return (p + q) + (r + s)


@helper
def add_up(weight, basis, n, size, sums):
    """Fill the sums ``Σ_i w_i x_ij`` over the epochs, for the first terms of the basis.

    Four epochs at a time, so that each sum is fetched and put back a quarter as often.
    """
    end = padded(size)
    for j in range(end):
        sums[j] = 0.0
    whole = n - n % 4
    for i in range(0, whole, 4):
        a, b, c, d = weight[i], weight[i + 1], weight[i + 2], weight[i + 3]
        for j in range(end):
            sums[j] += (a * basis[i, j] + b * basis[i + 1, j]) + (
                c * basis[i + 2, j] + d * basis[i + 3, j]
            )
    for i in range(whole, n):
        a = weight[i]
        for j in range(end):
            sums[j] += a * basis[i, j]
