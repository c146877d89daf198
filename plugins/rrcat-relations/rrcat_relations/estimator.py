"""The estimator ``literature-relations``: a relation for each star, with its error."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import tomli_w
from pydantic import Field, field_validator

from rrcat.calibration import scales
from rrcat.errors import RecipeError
from rrcat.estimator import Estimator, Model, Params, StarBatch
from rrcat.estimator.contract import Progress
from rrcat.harmonic import COVARIANCE_LENGTH
from rrcat_relations.plugin import SPEC
from rrcat_relations.relations import Relation, Relations, names, published

# What a star may lack for a relation; the less, the nearer to a value.
_LACKS = {"uncertain_features": 1, "missing_features": 2}


class RelationParams(Params):
    """Which relations to use, and on which scale to give their values."""

    relations: tuple[str, ...] = Field(
        default=("muraveva25", "dekany21"),
        min_length=1,
        description="Names of relations; of those that exist for a star's type and bands the first "
        "is used. By default the two on the scale of Crestani 2021: muraveva25 in G, dekany21 in "
        "I. Those that are only recalled are used when they are named.",
    )
    scale: str | None = Field(
        default=None,
        description="Metallicity scale of the values; by default that of the relations, which "
        "must then agree.",
    )
    max_phi31_error: float = Field(
        default=math.pi,
        gt=0,
        description="Largest standard error of phi31, rad, that still gives a value. Half a cycle, "
        "the default, says that nothing is known of the angle; from 1 rad on, errors are lower "
        "limits. An error that is not known refuses nothing.",
    )

    @field_validator("relations")
    @classmethod
    def _known_and_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in value if name not in names()]
        if unknown or len(set(value)) < len(value):
            what = f"{unknown[0]!r} is unknown" if unknown else "a name stands twice"
            raise ValueError(f"{what}; the relations are {', '.join(names())}")
        return value


class RelationModel(Model):
    """Relations in the order in which they are tried."""

    params: RelationParams

    def __init__(self, relations: tuple[Relation, ...], scale: str) -> None:
        self.relations = relations
        self.scale = scale
        self.bands = frozenset(relation.band for relation in relations)
        self.reference = tuple(dict.fromkeys(relation.reference for relation in relations))

    def _predict(self, batch: StarBatch) -> pl.DataFrame:
        assert batch.features is not None
        stars = batch.stars.select("source_id", "pulsation_type")
        rows = stars.join(batch.features, on="source_id", how="inner")
        vague = (pl.col("phi31_error") > self.params.max_phi31_error).fill_null(False)
        ranked = pl.concat(
            [
                rows.filter(
                    (pl.col("pulsation_type") == relation.pulsation_type)
                    & (pl.col("band") == relation.band)
                ).with_columns(
                    rank=pl.lit(rank),
                    lack=pl.when(pl.any_horizontal(pl.col(relation.inputs).is_null()))
                    .then(pl.lit("missing_features"))
                    .when(pl.lit("phi31" in relation.inputs) & vague)
                    .then(pl.lit("uncertain_features")),
                )
                for rank, relation in enumerate(self.relations)
            ]
        )
        # A relation whose inputs are all there goes before an earlier one that lacks some.
        best = ranked.sort(
            "source_id", pl.col("lack").replace_strict(_LACKS, default=0), "rank"
        ).unique("source_id", keep="first", maintain_order=True)
        answers = [
            self._evaluate(
                relation, best.filter((pl.col("rank") == rank) & pl.col("lack").is_null())
            )
            for rank, relation in enumerate(self.relations)
        ]
        answered = pl.concat(answers)
        types = {relation.pulsation_type for relation in self.relations}
        silent = (
            stars.join(answered, on="source_id", how="anti")
            .join(best.select("source_id", "lack"), on="source_id", how="left")
            .select(
                "source_id",
                status=pl.when(pl.col("lack").is_not_null())
                .then("lack")
                .when(pl.col("pulsation_type").is_in(sorted(types)))
                .then(pl.lit("unsupported_band"))
                .otherwise(pl.lit("unsupported_pulsation_type")),
            )
        )
        return pl.concat([answered, silent], how="diagonal")

    def _evaluate(self, relation: Relation, rows: pl.DataFrame) -> pl.DataFrame:
        features = {name: rows[name].to_numpy() for name in relation.inputs}
        errors = np.column_stack(
            [rows[f"{name}_error"].fill_null(np.nan).to_numpy() for name in relation.inputs]
        )
        nothing = pl.lit([np.nan] * COVARIANCE_LENGTH, pl.Array(pl.Float32, COVARIANCE_LENGTH))
        covariance = rows.select(pl.col("covariance").fill_null(nothing))["covariance"].to_numpy()
        inputs = relation.own_form(features)
        error = np.sqrt(relation.variance(inputs, covariance.astype(np.float64), errors))
        feh, error = scales.convert(relation.feh(inputs), error, relation.scale, self.scale)
        return pl.DataFrame(
            {
                "source_id": rows["source_id"],
                "feh": feh,
                "feh_error": error,
                "feh_p16": feh - error,
                "feh_p84": feh + error,
                "variant": [relation.variant] * rows.height,
                "extrapolated": relation.outside(inputs),
                "status": ["ok"] * rows.height,
            },
            schema_overrides={"variant": pl.String, "status": pl.String},
        )

    def _save(self, folder: Path) -> None:
        content: dict[str, Any] = {
            "scale": self.scale,
            **Relations(relation=self.relations).model_dump(mode="json", exclude_none=True),
        }
        (folder / "relations.toml").write_text(tomli_w.dumps(content), encoding="utf-8")


class LiteratureRelations(Estimator):
    """Published relations of period and Fourier parameters; nothing is learned.

    The error of a value joins the star's own (from ``features.covariance``, or from the standard
    errors where that is null; an error that is not known counts as zero), that of the
    coefficients where it is published, and the scatter about the relation. Percentiles are those
    of a Gaussian. A star whose phi31 is hardly known has no value but the status
    ``uncertain_features``.
    """

    spec = SPEC
    Params = RelationParams
    params: RelationParams

    def _fit(
        self,
        batch: StarBatch | None,
        calibrators: pl.DataFrame | None,
        *,
        seed: int,
        progress: Progress | None,
    ) -> RelationModel:
        chosen = tuple(
            relation
            for name in self.params.relations
            for relation in published()
            if relation.name == name
        )
        own = sorted({relation.scale for relation in chosen})
        if self.params.scale is None and len(own) > 1:
            raise RecipeError(
                f"the relations are on several metallicity scales: {', '.join(own)}",
                estimator=SPEC.id,
                key="scale",
                hint="name the scale to convert them to, or relations on one scale",
            )
        scale = self.params.scale or own[0]
        for source in own:
            scales.path(source, scale)
        return RelationModel(chosen, scale)

    def _load(self, folder: Path) -> RelationModel:
        content = tomllib.loads((folder / "relations.toml").read_text(encoding="utf-8"))
        scale = content.pop("scale")
        return RelationModel(Relations.model_validate(content).relation, scale)
