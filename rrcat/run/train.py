"""``rrcat train``: the recipe's estimators learn from its calibrators and become bundles."""

import time
from dataclasses import asdict, dataclass
from typing import Any

from rrcat import atomic
from rrcat.run.calibrators import calibration_sample, calibrator_batch, write_sample
from rrcat.run.progress import progress_bars
from rrcat.run.training import train
from rrcat.run.validation import validation_tables
from rrcat.run.workspace import Request, workspace


@dataclass(frozen=True)
class TrainSummary:
    """What was trained, for people and for ``--json``."""

    name: str
    n_calibrators: int
    bundles: dict[str, str]
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Give the summary as plain data."""
        return asdict(self)


def train_estimators(request: Request) -> TrainSummary:
    """Train every estimator of a recipe and leave ``bundles/<id>`` in a folder.

    The bundles are those that a build of the recipe makes; a build in the same folder uses them.
    What an estimator draws of itself is left in ``plots/<id>-<name>.svg``.

    Raises
    ------
    RrcatError
        The recipe, its input or the folder is not fit for the work, or an estimator cannot learn.
    """
    started = time.monotonic()
    with workspace(request, tables=validation_tables) as place, progress_bars() as progress:
        sample = calibration_sample(place)
        write_sample(sample, place.output)
        batch = calibrator_batch(place, sample.calibrators, progress=progress)
        bundles = {}
        for section in place.recipe.estimator:
            bundle = place.output / "bundles" / section.id
            model = train(
                section,
                place.recipe,
                place.registry,
                batch,
                sample,
                bundle,
                progress=progress,
            )
            bundles[section.id] = str(bundle)
            for name, content in model.plots().items():
                atomic.write_bytes(place.output / "plots" / f"{section.id}-{name}.svg", content)
    return TrainSummary(
        name=place.recipe.catalogue.name,
        n_calibrators=sample.calibrators.height,
        bundles=bundles,
        seconds=round(time.monotonic() - started, 3),
    )
