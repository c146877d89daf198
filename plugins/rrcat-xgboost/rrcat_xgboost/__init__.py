"""Metallicity of RR Lyrae stars by gradient-boosted trees on Fourier parameters."""
