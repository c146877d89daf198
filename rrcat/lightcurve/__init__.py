"""Light curves: cleaning with stated rules, folding, and the layout the kernels read."""

from rrcat.lightcurve.cleaning import COUNT_COLUMNS, CleaningSettings, clean
from rrcat.lightcurve.packing import PackedLightCurves, fold, pack

__all__ = ["COUNT_COLUMNS", "CleaningSettings", "PackedLightCurves", "clean", "fold", "pack"]
