"""rrcat: catalogues of metallicity from RR Lyrae light curves.

The package imports nothing heavy here, so that ``rrcat --help`` answers at once.
"""

__version__ = "0.1.0"
