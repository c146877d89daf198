"""Metallicity scales, and what is calibrated on them."""
