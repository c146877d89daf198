"""For training and evaluation, calibrators are all that is fitted."""

from pathlib import Path

import polars as pl

from rrcat.run.calibrators import calibration_sample, calibrator_batch, read_calibrator_batch
from rrcat.run.progress import progress_bars
from rrcat.run.workspace import Request, workspace


def test_only_calibrators_are_fitted_for_training_and_evaluation(
    survey: Path, tmp_path: Path
) -> None:
    spectra = survey.parent / "spectra.csv"
    pl.read_csv(spectra).filter(pl.col("source_id") > 60).write_csv(spectra)
    with workspace(Request(survey, tmp_path / "out")) as place, progress_bars() as progress:
        sample = calibration_sample(place)
        batch = calibrator_batch(place, sample.calibrators, progress=progress)
    ids = sample.calibrators["source_id"].to_list()
    assert min(ids) > 60
    for frame in batch.frames().values():
        assert sorted(set(frame["source_id"])) == ids
    again = read_calibrator_batch(tmp_path / "out")
    assert all(again.frames()[name].equals(frame) for name, frame in batch.frames().items())
