"""What every estimator must do, one claim each."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from rrcat import schema
from rrcat.calibration import scales
from rrcat.errors import RrcatError
from rrcat.estimator.batch import StarBatch
from rrcat.estimator.bundle import load_bundle, save_bundle
from rrcat.estimator.contract import Model
from rrcat.estimator.loading import Plugin
from rrcat.estimator.registry import Registry
from rrcat.plugin import EstimatorSpec
from rrcat.testing.case import SEED, Broken, Case
from rrcat.testing.compare import one_row_each, same
from rrcat.testing.input_checks import (
    check_a_single_star_is_enough,
    check_an_empty_batch_is_no_error,
    check_null_input_has_a_reason,
    check_order_does_not_matter,
    check_partition_does_not_matter,
    check_poor_sequences_have_a_reason,
    check_position_and_brightness_do_not_matter,
)


def check_basic(case: Case) -> None:
    """It learns from calibrators and predicts for stars it has never seen."""
    case.model.predict(case.asked)


def check_every_star_has_one_row(case: Case) -> None:
    """Every star comes back once, sorted, in a frame of the table predictions."""
    predictions = case.model.predict(case.asked)
    schema.check(predictions, schema.load("predictions"))
    one_row_each(predictions, case.asked)


def check_every_supported_type_gets_values(case: Case) -> None:
    """Most synthetic stars of every pulsation type it supports get a value, not a reason."""
    predictions = case.model.predict(case.asked).join(
        case.asked.stars.select("source_id", "pulsation_type"), on="source_id"
    )
    for kind in sorted(case.spec.pulsation_types & {"RRab", "RRc"}):
        of_kind = predictions.filter(pl.col("pulsation_type") == kind)
        share = float((of_kind["status"] == "ok").mean() or 0.0)  # type: ignore[arg-type]
        if share < 0.5:
            raise Broken(f"only {share:.0%} of the {kind} get a value")


def check_scale_is_known(case: Case) -> None:
    """The model names a metallicity scale that rrcat knows."""
    if case.model.scale not in scales.names():
        raise Broken(f"{case.model.scale!r} is none of {', '.join(scales.names())}")


def check_values_are_metallicities(case: Case) -> None:
    """Values are [Fe/H] in dex: most lie within 1.5 dex of what the stars were made with."""
    off = case.with_truth().select((pl.col("feh") - pl.col("true")).abs()).to_series()
    median = float(np.median(off.to_numpy()))
    if median > 1.5:
        raise Broken(f"half of the values are more than {median:.2f} dex off")


def check_errors_are_honest(case: Case) -> None:
    """Errors are positive and of the size of the deviations from the truth."""
    good = case.with_truth()
    pulls = ((good["feh"] - good["true"]) / good["feh_error"]).to_numpy()
    low, middle, high = np.quantile(pulls, [0.16, 0.5, 0.84])
    width = (high - low) / 2.0
    if not (abs(middle) < 2.0 and 0.1 < width < 4.0):
        raise Broken(
            f"deviation over error has median {middle:.2f} and width {width:.2f}; wanted are"
            " about 0 and 1, tolerated within 2 and from 0.1 to 4"
        )


def check_percentiles_are_ordered(case: Case) -> None:
    """The 16th percentile, the value and the 84th follow each other."""
    good = case.ok()
    if good.filter(
        (pl.col("feh_p16") > pl.col("feh")) | (pl.col("feh") > pl.col("feh_p84"))
    ).height:
        raise Broken("a value lies outside its percentiles")


def check_the_same_seed_gives_the_same_model(case: Case) -> None:
    """Learning twice with one seed gives the same bits, where the spec says deterministic."""
    if case.spec.deterministic:
        same(case.again.predict(case.asked), case.model.predict(case.asked), "after learning twice")


def check_a_bundle_brings_the_model_back(case: Case) -> None:
    """A model saved and loaded gives the same bits."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle"
        _save(case, case.model, path)
        loaded = load_bundle(path, _registry(case.spec))
        same(loaded.predict(case.asked), case.model.predict(case.asked), "after save and load")


def check_a_bundle_has_the_same_bytes(case: Case) -> None:
    """The same model saved twice, and one learned anew if deterministic, gives the same bytes."""
    models = [case.model, case.model]
    if case.spec.deterministic:
        models.append(case.again)
    contents = []
    with tempfile.TemporaryDirectory() as folder:
        for number, model in enumerate(models):
            path = Path(folder) / str(number)
            _save(case, model, path)
            files = (file for file in sorted(path.rglob("*")) if file.is_file())
            contents.append({f.relative_to(path).as_posix(): f.read_bytes() for f in files})
    for other in contents[1:]:
        names = contents[0].keys() | other.keys()
        if differ := sorted(name for name in names if contents[0].get(name) != other.get(name)):
            raise Broken(f"other bytes in {', '.join(differ)}")


def check_unknown_parameters_are_refused(case: Case) -> None:
    """A parameter that does not exist is an error, not ignored."""
    try:
        case.make({**case.params, "no_such_parameter": 1})
    except RrcatError:
        return
    raise Broken("the parameter 'no_such_parameter' was accepted")


def check_predictors_can_be_set(case: Case) -> None:
    """Where ``selectable`` names columns, a value depends on no other of them than those set."""
    offered = case.make(case.params).selectable
    if not offered:
        return
    (training, calibrators), asked = case.training, case.asked
    numbers = {c.name for c in schema.load("features").column if c.dtype == "float64"}
    if training.features is None or asked.features is None or not numbers.issuperset(offered):
        raise Broken("selectable names what is no number among the features that it reads")
    kinds = sorted(case.spec.pulsation_types)
    try:
        case.make({**case.params, "predictors": {kind: ["no_such_column"] for kind in kinds}})
    except RrcatError:
        pass
    else:
        raise Broken("the predictor 'no_such_column' was accepted")
    few = [name for name in ("period", "phi31", *offered) if name in offered][:2]
    estimator = case.make({**case.params, "predictors": dict.fromkeys(kinds, few)})
    rest = [pl.lit(None, pl.Float64).alias(name) for name in offered if name not in few]
    known = StarBatch(**{**training.frames(), "features": training.features.with_columns(rest)})
    unseen = StarBatch(**{**asked.frames(), "features": asked.features.with_columns(rest)})
    same(
        estimator.fit(known, calibrators, seed=SEED).predict(unseen),
        estimator.fit(training, calibrators, seed=SEED).predict(asked),
        f"where all of selectable but {' and '.join(few)} are null",
    )


def check_unsupported_types_have_a_reason(case: Case) -> None:
    """Stars of another or no pulsation type come back with the reason."""
    for kind in ("RRd", "other", None):
        if kind in case.spec.pulsation_types:
            continue
        stars = case.asked.stars.with_columns(pulsation_type=pl.lit(kind, pl.String))
        status = case.model.predict(StarBatch(**{**case.asked.frames(), "stars": stars}))["status"]
        wanted = "no_pulsation_type" if kind is None else "unsupported_pulsation_type"
        if set(status) != {wanted}:
            raise Broken(f"stars of type {kind} got {', '.join(sorted(set(status)))}")


def check_unsupported_bands_have_a_reason(case: Case) -> None:
    """Stars seen only in a band that the model does not know come back with the reason."""
    if case.spec.bands is None and case.model.bands is None:
        return
    kinds = sorted(case.spec.pulsation_types)
    known = case.asked.stars.filter(pl.col("pulsation_type").is_in(kinds))
    frames = case.asked.only(known["source_id"]).frames()
    for name in frames.keys() - {"stars"}:
        one_band = frames[name].filter(pl.col("band") == frames[name]["band"].first())
        frames[name] = one_band.with_columns(band=pl.lit("no_such_band"))
    status = case.model.predict(StarBatch(**frames))["status"]
    if set(status) != {"unsupported_band"}:
        raise Broken(f"stars in an unknown band got {', '.join(sorted(set(status)))}")


def _save(case: Case, model: Model, path: Path) -> None:
    save_bundle(
        model,
        path,
        golden=case.asked.only(case.asked.stars["source_id"][:10]),
        seed=SEED,
        settings={},
        training_set_sha256="",
        metrics={},
    )


def _registry(spec: EstimatorSpec) -> Registry:
    return Registry((Plugin("checked", "checked", "0", spec.factory, specs=[spec]),))


CHECKS: dict[str, Callable[[Case], None]] = {
    check.__name__.removeprefix("check_"): check
    for check in (
        check_basic,
        check_every_star_has_one_row,
        check_every_supported_type_gets_values,
        check_scale_is_known,
        check_values_are_metallicities,
        check_errors_are_honest,
        check_percentiles_are_ordered,
        check_null_input_has_a_reason,
        check_poor_sequences_have_a_reason,
        check_a_single_star_is_enough,
        check_an_empty_batch_is_no_error,
        check_order_does_not_matter,
        check_partition_does_not_matter,
        check_position_and_brightness_do_not_matter,
        check_the_same_seed_gives_the_same_model,
        check_a_bundle_brings_the_model_back,
        check_a_bundle_has_the_same_bytes,
        check_unknown_parameters_are_refused,
        check_predictors_can_be_set,
        check_unsupported_types_have_a_reason,
        check_unsupported_bands_have_a_reason,
    )
}
"""Every check by name; its docstring says what it claims. Without the first none can hold."""
