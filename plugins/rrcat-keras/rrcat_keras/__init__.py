"""Metallicity of RR Lyrae stars by networks that read folded light curves."""
