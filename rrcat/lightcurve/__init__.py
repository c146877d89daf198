"""Light curves: cleaning with stated rules, folding, sequences, and what the kernels read."""

from rrcat.lightcurve.cleaning import COUNT_COLUMNS, CleaningSettings, clean
from rrcat.lightcurve.packing import PackedLightCurves, fold, pack
from rrcat.lightcurve.sequences import sequences

__all__ = [
    "COUNT_COLUMNS",
    "CleaningSettings",
    "PackedLightCurves",
    "clean",
    "fold",
    "pack",
    "sequences",
]
