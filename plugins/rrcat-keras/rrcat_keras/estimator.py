"""The estimators ``keras-lstm`` and ``keras-transformer``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from rrcat.estimator import (
    Estimator,
    Model,
    StarBatch,
    calibrators_in_band,
    types_to_learn,
)
from rrcat.estimator.contract import Progress
from rrcat_keras.learning import Account, learn
from rrcat_keras.params import LstmParams, NetworkParams, TransformerParams
from rrcat_keras.plugin import LSTM, TRANSFORMER
from rrcat_keras.points import points
from rrcat_keras.regression import Regression
from rrcat_keras.stored import load_model, save_model

REFERENCES = {
    LSTM.id: "Hochreiter, S. & Schmidhuber, J. 1997, Neural Computation, 9, 1735, "
    "doi:10.1162/neco.1997.9.8.1735",
    TRANSFORMER.id: "Vaswani, A. et al. 2017, NeurIPS 30, arXiv:1706.03762",
}


class NetworkModel(Model):
    """Networks for each pulsation type that could be learned."""

    params: NetworkParams

    def __init__(
        self,
        estimator: str,
        scale: str,
        bands: tuple[str, ...],
        regressions: dict[str, Regression],
        accounts: dict[str, Account],
    ) -> None:
        self.reference = (REFERENCES[estimator],)
        self.scale = scale
        self.ordered_bands = bands
        self.bands = frozenset(bands)
        self.regressions = regressions
        self.accounts = accounts

    def _predict(self, batch: StarBatch) -> pl.DataFrame:
        assert batch.sequences is not None
        assert batch.features is not None
        answers = []
        for (kind,), stars in batch.stars.group_by("pulsation_type", maintain_order=True):
            ids = stars["source_id"]
            if kind in self.regressions:
                answer = self.regressions[kind](batch.sequences, batch.features, ids)
                variant = pl.lit(f"{kind}:{'+'.join(self.ordered_bands)}")
                answers.append(answer.with_columns(variant=variant))
            else:
                silent = pl.lit("unsupported_pulsation_type")
                answers.append(ids.to_frame().with_columns(status=silent))
        return pl.concat(answers, how="diagonal").with_columns(
            feh_p16=pl.col("feh") - pl.col("feh_error"),
            feh_p84=pl.col("feh") + pl.col("feh_error"),
        )

    def _plots(self) -> Mapping[str, bytes]:
        from rrcat_keras.plots import plots

        return {
            f"{kind}-{name}": content
            for kind, account in self.accounts.items()
            for name, content in plots(
                account, title=f"{kind}, {'+'.join(self.ordered_bands)}", scale=self.scale
            ).items()
        }

    def _save(self, folder: Path) -> None:
        save_model(folder, self.scale, self.ordered_bands, self.regressions, self.accounts)


class _Networks(Estimator):
    """What both have in common: for each pulsation type, networks from its own calibrators."""

    params: NetworkParams

    def _fit(
        self,
        batch: StarBatch | None,
        calibrators: pl.DataFrame | None,
        *,
        seed: int,
        progress: Progress | None,
    ) -> NetworkModel:
        assert batch is not None
        assert batch.sequences is not None
        assert batch.features is not None
        assert calibrators is not None
        bands = self._bands(batch, calibrators)
        by_kind = {
            kind: self._with_points(batch, calibrators, kind, bands)
            for kind in sorted(self.spec.pulsation_types)
        }
        kinds = types_to_learn(
            {kind: _fewest(rows, batch.sequences, bands) for kind, rows in by_kind.items()},
            self.params.min_stars,
            self.spec,
            having=f"light curves in {' and '.join(bands)}",
            hint="give more calibrators, or use fourier-gp, which learns from fewer",
        )
        epochs_of_type = self.params.members * self.params.epochs
        regressions, accounts = {}, {}
        for number, kind in enumerate(kinds):
            regressions[kind], accounts[kind] = learn(
                by_kind[kind],
                batch.sequences,
                batch.features,
                bands,
                self.params,
                seed=seed,
                checkpoints=self._folder(kind),
                events=self._events(kind),
                progress=_counted(progress, number * epochs_of_type, len(kinds) * epochs_of_type),
            )
        return NetworkModel(self.spec.id, calibrators["feh_scale"][0], bands, regressions, accounts)

    def _bands(self, batch: StarBatch, calibrators: pl.DataFrame) -> tuple[str, ...]:
        """Give the bands to read: those asked for, or the one that is known best."""
        asked = self.params.bands or (None,)
        return tuple(calibrators_in_band(batch, calibrators, band, self.spec)[0] for band in asked)

    def _with_points(
        self, batch: StarBatch, calibrators: pl.DataFrame, kind: str, bands: tuple[str, ...]
    ) -> pl.DataFrame:
        """Give the calibrators of a type that have points enough to get a value themselves."""
        of_kind = batch.stars.filter(pl.col("pulsation_type") == kind)
        rows = calibrators.join(of_kind, on="source_id", how="semi", maintain_order="left")
        assert batch.sequences is not None
        given = points(batch.sequences, rows["source_id"], bands, self.params.max_points)
        enough = (given.observations >= self.params.min_points) & (given.gap <= self.params.max_gap)
        return rows.filter(pl.Series(enough, dtype=pl.Boolean))

    def _folder(self, kind: str) -> Path | None:
        if self.checkpoints is None:
            return None
        folder = self.checkpoints / kind
        folder.mkdir(exist_ok=True)
        return folder

    def _events(self, kind: str) -> Path | None:
        """Give a folder for event files, beside that of the checkpoints, which does not stay."""
        if self.checkpoints is None or not self.params.tensorboard:
            return None
        return self.checkpoints.with_name(f"{self.checkpoints.name}-tensorboard") / kind

    def _load(self, folder: Path) -> NetworkModel:
        return NetworkModel(self.spec.id, *load_model(folder))


class KerasLstm(_Networks):
    """A bidirectional LSTM that reads the observations of a folded light curve in order of phase.

    For each pulsation type, from its own calibrators: the fold is circular, so that the network
    reads on past its ends; errors from stars left out. Position and mean magnitude do not enter.
    """

    spec = LSTM
    Params = LstmParams


class KerasTransformer(_Networks):
    """A Transformer whose learned queries attend to the observations of a folded light curve.

    For each pulsation type, from its own calibrators: phases are encoded by their harmonics, so
    that the fold is circular; errors from stars left out. Position and mean magnitude do not enter.
    """

    spec = TRANSFORMER
    Params = TransformerParams


def _fewest(rows: pl.DataFrame, sequences: pl.DataFrame, bands: tuple[str, ...]) -> int:
    """Give how many stars have a light curve in the band in which fewest have one."""
    there = sequences.join(rows, on="source_id", how="semi")["band"]
    return min(int((there == band).sum()) for band in bands)


def _counted(progress: Progress | None, before: int, total: int) -> Callable[[int], None]:
    def count(epochs: int) -> None:
        if progress is not None:
            progress(before + epochs, total)

    return count
