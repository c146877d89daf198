"""What an estimator is: ``Estimator`` learns and gives a ``Model``, a ``Model`` predicts.

The public methods are final: they check what goes in and what comes out, so that authors write
only the private ones.
"""

from __future__ import annotations

import contextlib
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, final

import polars as pl
from pydantic import BaseModel

from rrcat import schema
from rrcat.errors import FrameError, PluginError, RecipeError
from rrcat.estimator.answer import checked_answer
from rrcat.estimator.batch import StarBatch
from rrcat.estimator.described import check_described
from rrcat.estimator.label_error import with_label_error
from rrcat.estimator.params import Params, parsed
from rrcat.estimator.reasons import reasons, usable
from rrcat.estimator.training_set import training_set, with_inputs
from rrcat.plugin import EstimatorSpec

MAX_SEED = 2**32 - 1
"""Largest seed: what the libraries that estimators are made of take."""

Progress = Callable[[int, int], None]
"""Called with (steps done, steps in all) while an estimator learns."""


def quiet() -> contextlib.AbstractContextManager[object]:
    """Send to stderr what the code of an author prints: stdout belongs to the command."""
    return contextlib.redirect_stdout(sys.stderr)


class Model(ABC):
    """What an estimator has learned; gives metallicities.

    An author sets ``scale``, writes ``_predict`` and ``_save``, and may set ``bands``, ``needs``
    and ``reference`` and write ``_plots``. ``spec`` and ``params`` are filled in by
    :class:`Estimator`.
    """

    spec: EstimatorSpec
    params: BaseModel

    scale: str
    """Metallicity scale of the values, one of ``rrcat.calibration.scales``."""

    bands: frozenset[str] | None = None
    """Bands it has values for; None for those of the spec."""

    needs: tuple[str, ...] = ()
    """Columns of ``features`` without which it has no value for a star, in the band used."""

    reference: tuple[str, ...] = ()
    """Papers its values rest on, to be cited with them."""

    label_error: Mapping[str, float] = MappingProxyType({})
    """Errors, by pulsation type [dex], of the labels that it learned from where these are the
    values of a catalogue. They are no matter of the author: :meth:`predict` adds them to the
    errors, see :mod:`rrcat.estimator.label_error`."""

    @final
    def predict(self, batch: StarBatch) -> pl.DataFrame:
        """Give a value or a reason for every star: a frame of the table ``predictions``.

        One row a star of ``batch.stars``, sorted by ``source_id``. The reasons of
        ``rrcat.estimator.reasons`` are found here; ``_predict`` is given only the other stars,
        and of their tables only the rows in the bands of the model. Features that it does not read
        may say why a star has no sequence.

        Raises
        ------
        FrameError
            The batch does not conform to its schemas.
        PluginError
            The model raised, lost a star, or gave a value that cannot be.
        """
        read = with_inputs(batch, self.spec)
        batch = replace(read, features=batch.features).checked()
        bands = self.spec.bands if self.bands is None else self.bands
        status = reasons(
            batch,
            inputs=self.spec.inputs,
            pulsation_types=self.spec.pulsation_types,
            bands=bands,
            needs=self.needs,
        )
        asked = status.filter(pl.col("status") == "ok")["source_id"]
        given = usable(with_inputs(batch.only(asked), self.spec), bands, self.needs)
        if given.stars.height:
            answer = checked_answer(self._asked(given), asked, self.spec.id)
            answer = with_label_error(answer, given.stars, self.label_error)
        else:
            answer = checked_answer(pl.DataFrame({"source_id": asked}), asked, self.spec.id)
        silent = status.filter(pl.col("status") != "ok")
        table = schema.load("predictions")
        predictions = schema.conform(
            pl.concat([answer, silent], how="diagonal").with_columns(
                pl.lit(self.spec.id).alias("estimator")
            ),
            table,
        ).sort(table.sort)
        schema.check(predictions, table)
        return predictions

    def _asked(self, given: StarBatch) -> pl.DataFrame:
        try:
            with quiet():
                return self._predict(given)
        except PluginError:
            raise
        except (Exception, SystemExit) as error:  # a plugin must not end the run in silence
            ids = given.stars["source_id"]
            raise PluginError(
                f"the estimator failed on {len(given)} stars: {type(error).__name__}: {error}",
                plugin=self.spec.id,
                star=f"{ids[0]} to {ids[-1]}",
                hint="`--debug` shows where; report it to its author",
            ) from error

    @abstractmethod
    def _predict(self, batch: StarBatch) -> pl.DataFrame:
        """Give the metallicity of every star of the batch, at least one, in any order.

        Columns: ``source_id``, ``feh`` and ``feh_error`` [dex], and if wanted ``feh_p16``,
        ``feh_p84``, ``feh_plug_in``, ``variant``, ``extrapolated`` and ``status``. Where a model
        has no value, ``feh`` is null and ``status`` says why, in the words of the table
        ``predictions``.

        The value of a star may not depend on the other stars of the batch, not even in the last
        bit: no matrix product or sum over stars.
        """

    @final
    def plots(self) -> dict[str, bytes]:
        """Give SVG images that show what was learned, by name; `rrcat train` leaves them.

        Raises
        ------
        PluginError
            The code of the author raised.
        """
        try:
            with quiet():
                return dict(self._plots())
        except PluginError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"the estimator failed to draw what it learned: {type(error).__name__}: {error}",
                plugin=self.spec.id,
                hint="`--debug` shows where; report it to its author",
            ) from error

    def _plots(self) -> Mapping[str, bytes]:
        """Give SVG images by name, such as ``RRab-relation``; the same model, the same bytes."""
        return {}

    @abstractmethod
    def _save(self, folder: Path) -> None:
        """Write into an empty folder all that ``Estimator._load`` needs: native weights, no pickle.

        The same model gives the same bytes.
        """


class Estimator(ABC):
    """A way to learn metallicities; knows its parameters, not yet any data.

    An author sets ``spec`` and ``Params`` and writes ``_fit`` and ``_load``.

    Raises
    ------
    RecipeError
        A parameter is unknown or outside its bounds.
    """

    spec: ClassVar[EstimatorSpec]
    Params: ClassVar[type[BaseModel]] = Params

    selectable: ClassVar[tuple[str, ...]] = ()
    """Columns of ``features`` that its parameter ``predictors`` may name; empty where its inputs
    are fixed. ``predictors`` is a table of lists by pulsation type; a value depends on no other of
    these columns than those that are listed for the type of the star."""

    checkpoints: Path | None = None
    """A folder that survives a killed run, in which ``_fit`` may leave checkpoints and find them
    again; None: nowhere. It is handed to no other estimator, parameters, seed or training set, and
    removed when the fit is done: see ``rrcat.estimator.checkpoints``."""

    @classmethod
    def check_machine(cls) -> str | None:
        """Say what learning uses of this machine besides Python, such as a compiler; None: nothing.

        Raises
        ------
        PluginError
            It is not there; the hint tells how to get it. A bundle may still predict.
        """
        return None

    def __init__(self, params: Mapping[str, Any] | BaseModel | None = None) -> None:
        given = params.model_dump() if isinstance(params, BaseModel) else dict(params or {})
        self.params = parsed(self.Params, given, self.spec.id)

    @final
    def fit(
        self,
        batch: StarBatch | None = None,
        calibrators: pl.DataFrame | None = None,
        *,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Model:
        """Give the model learned from the stars of ``batch`` that are in ``calibrators`` too.

        Calibrators that cannot be used (no fit, another pulsation type, another band) are left
        out before the author's code sees them. With ``needs_calibrators`` false both may be None.

        Raises
        ------
        FrameError
            A table does not conform to its schema, or the calibrators are on several scales.
        PluginError
            No calibrator can be used, or the estimator failed.
        RecipeError
            The seed is negative or above ``MAX_SEED``, 2³² − 1.
        """
        if not 0 <= seed <= MAX_SEED:
            raise RecipeError(
                f"the seed {seed} is not from 0 to {MAX_SEED}",
                key="seed",
                hint="choose a smaller number" if seed > 0 else "choose a positive number",
            )
        if self.spec.needs_calibrators:
            batch, calibrators = training_set(batch, calibrators, self.spec)
        try:
            with quiet():
                model = self._fit(batch, calibrators, seed=seed, progress=progress)
        except (PluginError, FrameError, RecipeError):
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"the estimator failed to learn: {type(error).__name__}: {error}",
                plugin=self.spec.id,
                hint="`--debug` shows where; report it to its author",
            ) from error
        return self._finished(model)

    @final
    def load(self, folder: Path) -> Model:
        """Give the model whose ``_save`` filled the folder. :func:`load_bundle` checks first."""
        with quiet():
            return self._finished(self._load(folder))

    @abstractmethod
    def _fit(
        self,
        batch: StarBatch | None,
        calibrators: pl.DataFrame | None,
        *,
        seed: int,
        progress: Progress | None,
    ) -> Model:
        """Give a model. Stars of the batch and of the calibrators are the same, sorted.

        Both are None only for a spec with ``needs_calibrators`` false. All randomness comes from
        ``seed``.
        """

    @abstractmethod
    def _load(self, folder: Path) -> Model:
        """Give the model that was saved in a folder, without running anything found there."""

    def _finished(self, model: Model) -> Model:
        if not isinstance(model, Model):
            raise PluginError(
                f"the estimator gave a {type(model).__name__} instead of a Model",
                plugin=self.spec.id,
            )
        check_described(model, self.spec)
        model.spec, model.params = self.spec, self.params
        return model
