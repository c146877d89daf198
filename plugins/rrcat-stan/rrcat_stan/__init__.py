"""Metallicity of RR Lyrae stars by a Bayesian linear relation."""
