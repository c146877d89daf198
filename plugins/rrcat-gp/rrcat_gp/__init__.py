"""Metallicity of RR Lyrae stars by a Gaussian process on regularised Fourier coefficients."""
