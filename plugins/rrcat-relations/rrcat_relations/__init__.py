"""Published light-curve relations for the metallicity of RR Lyrae stars."""
