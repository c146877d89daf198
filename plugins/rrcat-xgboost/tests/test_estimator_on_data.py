"""The estimator against spectroscopy, from the light curves of ASAS themselves."""

import numpy as np
import polars as pl
from rrcat_xgboost.estimator import FourierXGBoost
from sklearn.model_selection import KFold


def test_asas_stars_left_out_get_their_spectroscopic_metallicity(asas):
    batch, calibrators = asas
    assert calibrators["pulsation_type"].value_counts().sort("count")["count"].to_list() == [19, 54]
    answers = []
    for known, left_out in KFold(5, shuffle=True, random_state=0).split(calibrators):
        model = FourierXGBoost({"n_trials": 1}).fit(batch, calibrators[known])
        answers.append(model.predict(batch.only(calibrators["source_id"][left_out])))
    both = pl.concat(answers).join(calibrators, on="source_id", suffix="_true")
    assert set(both["status"]) == {"ok"}
    for kind, at_most in (("RRab", 0.26), ("RRc", 0.45)):
        error = both.filter(pl.col("pulsation_type") == kind).select(
            pl.col("feh") - pl.col("feh_true")
        )
        assert float(np.sqrt((error.to_series() ** 2).mean())) < at_most
