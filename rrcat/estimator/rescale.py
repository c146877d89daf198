"""Predictions on another metallicity scale than that of the model."""

import polars as pl

from rrcat.calibration.scales import convert


def to_scale(predictions: pl.DataFrame, model_scale: str, scale: str) -> pl.DataFrame:
    """Bring predictions from the scale of their model to that of the catalogue.

    Raises
    ------
    RrcatError
        No conversion between the two scales is known.
    """
    if model_scale == scale:
        return predictions
    moved = {}
    for name in ("feh", "feh_p16", "feh_p84", "feh_plug_in"):
        value, error = convert(predictions[name], predictions["feh_error"], model_scale, scale)
        moved[name] = pl.Series(value).fill_nan(None)
    moved["feh_error"] = pl.Series(error).fill_nan(None)
    _, error = convert(predictions["feh"], predictions["feh_error_label"], model_scale, scale)
    moved["feh_error_label"] = pl.Series(error).fill_nan(None)
    return predictions.with_columns(**moved)
