"""Harmonic fits of light curves, compiled, one star at a time."""
