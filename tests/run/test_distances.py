"""Distances of simulated stars, found again through the whole chain: fits, [Fe/H], dust, relation.

The estimator knows how [Fe/H] of the simulation follows from the shape of a light curve, up to its
scatter, so that what is tested here is the distance.
"""

import sys
import types
from importlib.machinery import ModuleSpec

import numpy as np
import polars as pl
import pytest

from rrcat.errors import ArchiveError, RecipeError
from rrcat.estimator import Estimator, Model
from rrcat.estimator.loading import Plugin
from rrcat.estimator.registry import Registry
from rrcat.harmonic import angular_difference
from rrcat.plugin import EstimatorSpec
from rrcat.run.build import build_catalogue
from rrcat.run.workspace import Request
from rrcat.simulate.shapes import table

SPEC = EstimatorSpec(
    id="known-shapes",
    version="1.0.0",
    api=1,
    factory="known_shapes:KnownShapes",
    inputs=frozenset({"features"}),
    pulsation_types=frozenset({"RRab", "RRc"}),
    bands=frozenset({"G"}),
    needs_calibrators=False,
    summary="The linear truth of simulated stars",
)
RECIPE = """
[catalogue]
name = "distances"
title = "Distances of simulated stars"
scale = "C21"
band = "G"

[archive]
kind = "simulated"
stars = {stars}
seed = 11
truth = "linear"

[distance]
relation = "{relation}"
extinction = [{extinction}]
scatter = {scatter}

[[estimator]]
id = "known-shapes"
"""
EBV = '{ kind = "ebv", system = "SF11" }'
# About the relations the simulation scatters its stars by so much.
SCATTER = {"muraveva18": 0.09, "garofalo22": 0.09, "garofalo22-wesenheit": 0.05}


class KnownModel(Model):
    scale = "C21"
    bands = frozenset({"G"})
    needs = ("phi21", "phi31", "a2", "a3")

    def _predict(self, batch):
        answers = []
        for kind in ("RRab", "RRc"):
            stars = batch.stars.filter(pulsation_type=kind).select("source_id")
            rows = stars.join(batch.features, on="source_id")
            truth = table()[kind]["feh"]
            feh, *slopes = truth["linear"]["coefficients"]
            variance = np.exp(2 * truth["linear"]["log_scatter"][0])
            terms = zip(truth["terms"], truth["centre"], truth["width"], slopes, strict=True)
            for name, centre, width, slope in terms:
                values = rows[name].to_numpy()
                away = angular_difference(values, centre) if "phi" in name else values - centre
                feh = feh + slope / width * away
                error = rows[f"{name}_error"].fill_null(0.0).to_numpy()
                variance = variance + (slope / width * error) ** 2
            answers.append(rows.select("source_id", feh=feh, feh_error=np.sqrt(variance)))
        return pl.concat(answers)

    def _save(self, folder):
        (folder / "nothing").write_text("")


class KnownShapes(Estimator):
    spec = SPEC

    def _fit(self, batch, calibrators, *, seed, progress):
        return KnownModel()

    def _load(self, folder):
        return KnownModel()


def install(patch):
    """Make the estimator the only one that is installed."""
    module = types.ModuleType("known_shapes")
    module.KnownShapes, module.__spec__ = KnownShapes, ModuleSpec("known_shapes", None)
    patch.setitem(sys.modules, "known_shapes", module)
    registry = Registry((Plugin("known", "rrcat-known", "1.0.0", "known.plugin", specs=[SPEC]),))
    for place in ("rrcat.run.workspace", "rrcat.run.folds", "rrcat.estimator.bundle"):
        patch.setattr(f"{place}.discover", lambda: registry)


def build(folder, stars, relation="muraveva18", extinction=EBV, **request):
    folder.mkdir(exist_ok=True)
    recipe = folder / "recipe.toml"
    scatter = SCATTER[relation]
    recipe.write_text(
        RECIPE.format(stars=stars, relation=relation, extinction=extinction, scatter=scatter)
    )
    with pytest.MonkeyPatch.context() as patch:
        install(patch)
        build_catalogue(Request(recipe, folder / "out", workers=1, **request))
    found = pl.read_parquet(folder / "out" / "catalogue.parquet")
    true = pl.read_parquet(folder / "out" / "simulated" / "truth.parquet").select(
        "source_id",
        "kind",
        "difficulty",
        "reddening",
        true_modulus="distance_modulus",
        true_absolute_mag="absolute_mag",
    )
    return found.join(true, on="source_id")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    return build(tmp_path_factory.mktemp("distances") / "d", 350)


def regular(rows):
    """Stars of which nothing is difficult, with a distance."""
    plain = pl.col("difficulty").is_null() & pl.col("kind").is_in(["RRab", "RRc"])
    return rows.filter(plain & (pl.col("distance_status") == "ok")).with_columns(
        off=pl.col("distance_modulus") - pl.col("true_modulus")
    )


def assert_found_again(stars):
    """The modulus is unbiased, weighted by its errors, and these are what they should be."""
    weight = 1 / stars["distance_modulus_error"] ** 2
    bias = (stars["off"] * weight).sum() / weight.sum()
    assert abs(bias) < 0.02
    pull = stars["off"] / stars["distance_modulus_error"]
    assert 0.9 < pull.std() < 1.1
    inside = (stars["distance_p16"] < 10 ** (stars["true_modulus"] / 5 - 2)) & (
        stars["distance_p84"] > 10 ** (stars["true_modulus"] / 5 - 2)
    )
    assert inside.mean() == pytest.approx(0.68, abs=max(0.05, 1.4 / stars.height**0.5))


def test_moduli_are_found_again_with_their_errors(catalogue):
    stars = regular(catalogue)
    assert stars.height > 280
    assert_found_again(stars)


def test_every_star_has_a_distance_or_a_reason(catalogue):
    reason = catalogue["distance_status"]
    assert reason.null_count() == 0
    assert (catalogue["distance_p50"].is_not_null() == (reason == "ok")).all()
    without = catalogue.filter(pl.col("feh").is_null())
    assert set(without["distance_status"]) == {"no_feh"}


def test_what_a_row_says_gives_its_modulus(catalogue):
    stars = catalogue.filter(distance_status="ok")
    again = stars["int_average_mag"] - stars["absorption"] - stars["absolute_mag"]
    assert (again - stars["distance_modulus"]).abs().max() < 1e-9
    assert (stars["absorption"] - 2.740 * stars["ebv"]).abs().max() < 1e-9
    assert set(stars["distance_relation"]) == {"muraveva18"}
    assert set(stars["ebv_source"]) == {"ebv"}


def test_a_wrong_system_of_reddening_is_what_the_systematic_error_says(catalogue, tmp_path):
    wrong = build(tmp_path / "d", 60, extinction=EBV.replace("SF11", "SFD"))
    right = catalogue.filter(pl.col("source_id") <= 60)
    both = right.join(wrong, on="source_id", suffix="_wrong").filter(distance_status="ok")
    shift = (both["distance_modulus_wrong"] - both["distance_modulus"]).abs()
    dust = 2.740 * 0.14 * both["ebv"]
    assert both.height > 40
    assert (shift - dust).abs().max() < 1e-9
    rest = (both["distance_modulus_syst"] ** 2 - dust**2).sqrt()
    assert rest.is_between(0.06, 0.12).all()  # relation, scale and zero-point
    truth = regular(wrong)
    expected = 2.740 * 0.14 * truth["reddening"]
    assert truth["off"].mean() == pytest.approx(expected.mean(), abs=0.05)


def test_distances_do_not_depend_on_the_partitions(catalogue, tmp_path):
    """The first stars of a survey are those of a smaller one."""
    few = build(tmp_path / "d", 60, partition_size=17)
    columns = [name for name in few.columns if name.startswith(("distance", "ebv", "abs"))]
    assert len(columns) >= 10
    assert few.select(columns).equals(catalogue.head(60).select(columns))


def test_stars_without_the_bands_of_a_wesenheit_magnitude_say_so(tmp_path):
    rows = build(tmp_path / "d", 60, "garofalo22-wesenheit")
    dark = rows.filter(pl.col("difficulty") == "no BP and RP", pl.col("feh").is_not_null())
    assert set(dark["distance_status"]) == {"no_magnitude"}
    stars = rows.filter(distance_status="ok")
    assert (stars["absorption"] - 0.1959 * stars["ebv"]).abs().max() < 1e-4
    assert regular(rows)["off"].abs().median() < 0.15


@pytest.mark.slow
@pytest.mark.parametrize("relation", ["muraveva18", "garofalo22-wesenheit"])
@pytest.mark.parametrize("extinction", [EBV, '{ kind = "absorption" }'])
def test_moduli_of_many_stars_are_found_again(tmp_path, relation, extinction):
    stars = regular(build(tmp_path / "d", 4000, relation, extinction))
    assert_found_again(stars)
    for kind in ("RRab", "RRc"):
        of_type = stars.filter(kind=kind)
        if of_type.height:
            assert_found_again(of_type)


def test_a_map_is_an_input_of_the_catalogue(tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    told = '{ kind = "healpix", file = "map.csv", system = "SFD", nside = 1, order = "ring" }'
    with pytest.raises(ArchiveError, match=r"map\.csv"):
        build(folder, 20, extinction=told)
    pl.DataFrame({"ebv": [0.5] * 12}).write_csv(folder / "map.csv")
    rows = build(folder, 20, extinction=told).filter(distance_status="ok")
    assert set(rows["ebv_source"]) == {"healpix"}
    assert rows["ebv"].to_list() == pytest.approx([0.43] * rows.height)
    assert '"name":"map.csv"' in (folder / "out" / "candidate.json").read_text().replace(" ", "")


def test_a_band_that_is_not_there_is_refused_before_any_fit(tmp_path, survey):
    text = survey.read_text() + (
        '\n[distance]\nrelation = "garofalo22-wesenheit"\nextinction = []\n'
    )
    survey.write_text(text)
    with pytest.raises(RecipeError, match="needs mean magnitudes in BP, RP"):
        build_catalogue(Request(survey, tmp_path / "out", workers=1))
    assert not (tmp_path / "out" / "parts").exists()


def test_light_curves_relative_to_their_mean_give_no_distance(tmp_path, survey):
    path = survey.parent / "light_curves.parquet"
    mean = pl.col("mag").mean().over("source_id", "band")
    pl.read_parquet(path).with_columns(pl.col("mag") - mean).write_parquet(path)
    survey.write_text(
        survey.read_text() + '\n[distance]\nrelation = "muraveva18"\nextinction = []\n'
    )
    with pytest.raises(RecipeError, match="relative ones"):
        build_catalogue(Request(survey, tmp_path / "out", workers=1))
