"""The estimator ``bayes-relation``."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from rrcat.errors import PluginError
from rrcat.estimator import Estimator, Model, StarBatch, calibrators_in_band
from rrcat.estimator.contract import Progress
from rrcat_stan.cmdstan import need_cmdstan, need_compiler, program
from rrcat_stan.plugin import SPEC
from rrcat_stan.predictors import NAMES, PERIOD
from rrcat_stan.relation import Relation, enough, learn_relation
from rrcat_stan.settings import RelationParams
from rrcat_stan.stored import load_relations, save_relations

REFERENCE = "Carpenter, B. et al. 2017, Journal of Statistical Software, 76, 1 (Stan)"

_VALUES = ("feh", "feh_error", "feh_p16", "feh_p84", "extrapolated")


class RelationModel(Model):
    """A relation for each pulsation type, in one band. Predicting needs no CmdStan."""

    params: RelationParams
    reference = (REFERENCE,)

    def __init__(self, scale: str, band: str, relations: dict[str, Relation]) -> None:
        self.scale = scale
        self.band = band
        self.bands = frozenset({band})
        self.relations = relations

    def _predict(self, batch: StarBatch) -> pl.DataFrame:
        assert batch.features is not None
        rows = batch.stars.select("source_id", "pulsation_type").join(
            batch.features, on="source_id", how="inner", maintain_order="left"
        )
        answers = []
        for kind in sorted(SPEC.pulsation_types):
            of_kind = rows.filter(pl.col("pulsation_type") == kind)
            if kind in self.relations:
                wanted = (*_VALUES, "feh_plug_in") if self.params.plug_in else _VALUES
                answer = self.relations[kind](of_kind).select("source_id", *wanted, "status")
                answers.append(answer.with_columns(variant=pl.lit(f"{kind}:{self.band}")))
            else:
                silent = pl.lit("unsupported_pulsation_type")
                answers.append(of_kind.select("source_id", status=silent))
        return pl.concat(answers, how="diagonal")

    def _plots(self) -> dict[str, bytes]:
        from rrcat_stan.plots import plots

        return {
            f"{kind}-{name}": content
            for kind, relation in self.relations.items()
            for name, content in plots(
                relation, title=f"{kind}, {self.band}", scale=self.scale
            ).items()
        }

    def _save(self, folder: Path) -> None:
        save_relations(folder, self.scale, self.band, self.relations)


class BayesRelation(Estimator):
    """A linear relation of [Fe/H], period and Fourier parameters, fitted with all uncertainties.

    For each pulsation type, from its own calibrators: errors in every predictor with the star's own
    covariance and in [Fe/H], intrinsic scatter robust to outliers, the distribution of the
    predictors integrated out. Learning needs CmdStan (``rrcat-stan setup``).
    """

    spec = SPEC
    Params = RelationParams
    params: RelationParams
    selectable = (PERIOD, *NAMES)

    @classmethod
    def check_machine(cls) -> str:
        """Say which CmdStan learns; raises PluginError where there is none, or no compiler."""
        cmdstan = need_cmdstan()
        if not program(cmdstan).exists():
            need_compiler()
        return f"CmdStan {cmdstan.version} in {cmdstan.path}"

    def _fit(
        self,
        batch: StarBatch | None,
        calibrators: pl.DataFrame | None,
        *,
        seed: int,
        progress: Progress | None,
    ) -> RelationModel:
        assert batch is not None
        assert calibrators is not None
        band, rows = calibrators_in_band(batch, calibrators, self.params.band, SPEC)
        kinds = sorted(SPEC.pulsation_types)
        by_kind = {
            kind: rows.filter(pl.col("pulsation_type") == kind).drop_nulls(
                self.params.terms(kind).names
            )
            for kind in kinds
        }
        learnable = [
            kind
            for kind in kinds
            if enough(by_kind[kind].height, self.params.terms(kind), self.params)
        ]
        if not learnable:
            found = ", ".join(
                f"{by_kind[kind].height} {kind} with {', '.join(self.params.terms(kind).names)}"
                for kind in kinds
            )
            raise PluginError(
                f"too few calibrators in {band}: {found}; a type needs {self.params.min_stars}, "
                "and more than its relation has parameters",
                plugin=SPEC.id,
                hint="give more calibrators or take fewer predictors; literature-relations learns "
                "nothing",
            )
        cmdstan = need_cmdstan()
        relations = {}
        for number, kind in enumerate(learnable):
            relations[kind] = learn_relation(
                by_kind[kind], kind, self.params, seed=seed + number, cmdstan=cmdstan
            )
            if progress is not None:
                progress(number + 1, len(learnable))
        return RelationModel(calibrators["feh_scale"][0], band, relations)

    def _load(self, folder: Path) -> RelationModel:
        return RelationModel(*load_relations(folder))
