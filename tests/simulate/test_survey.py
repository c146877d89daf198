import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rrcat.schema import check, conform, load
from rrcat.simulate import simulate, write_survey
from rrcat.simulate.population import DIFFICULTIES, KINDS


@pytest.fixture(scope="module")
def survey():
    return simulate(3000, seed=3)


def ids(survey, **wanted):
    return survey["truth"].filter(**wanted)["source_id"].implode()


def rows(survey, table, **wanted):
    return survey[table].filter(pl.col("source_id").is_in(ids(survey, **wanted)))


@pytest.mark.parametrize("name", ["stars", "light_curves", "spectra"])
def test_tables_conform_to_their_schema(survey, name):
    table = load(name)
    check(conform(survey[name], table), table)


def test_reddening_and_absorption_are_true_within_their_errors(survey):
    both = survey["stars"].join(survey["truth"], on="source_id", suffix="_true")
    dusty = both.filter(pl.col("reddening") > 0)  # in front of NGC 5466 there is no dust at all
    for name, ratio in (("ebv", 1.0), ("g_absorption", 2.740)):
        off = dusty[name] - ratio * dusty["reddening"]
        pull = (off / dusty[f"{name}_error"]).drop_nulls()
        assert abs(pull.mean()) < 0.1
        assert pull.std() == pytest.approx(1.0, abs=0.05)
    assert both["ebv"].null_count() == 0
    known = both.filter(pl.col("g_absorption").is_not_null())
    assert set(known["pulsation_type"]) == {"RRab"}
    assert known.height > 0.55 * both.height
    dark = both.filter(difficulty="no BP and RP")
    assert dark["g_absorption"].null_count() == dark.height > 0


@pytest.mark.parametrize(("first", "n"), [(1, 40), (301, 50)])
def test_a_part_of_a_survey_is_that_part_of_the_whole(survey, first, n):
    part = simulate(n, seed=3, first=first)
    for name, frame in part.items():
        mine = pl.col("source_id").is_between(first, first + n - 1)
        if name == "spectra":
            mine = pl.col("other_id").is_in(frame["other_id"].implode())
        assert_frame_equal(frame, survey[name].filter(mine), check_exact=True)


def test_a_star_without_light_curve_can_be_asked_for_alone(survey):
    unseen = ids(survey, difficulty="no light curve")
    (first, *_) = survey["truth"].filter(pl.col("source_id").is_in(unseen))["source_id"]
    alone = simulate(1, seed=3, first=first)
    assert alone["stars"].height == 1
    for name in ("light_curves", "spectra"):
        assert alone[name].is_empty()
        assert alone[name].schema == survey[name].schema


def test_another_seed_gives_other_stars(survey):
    other = simulate(100, seed=4)["truth"]
    assert (other["period"] != survey["truth"]["period"][:100]).all()


def test_bands_are_those_asked_for(survey):
    assert set(survey["light_curves"]["band"]) == {"G", "BP", "RP"}
    only = simulate(20, seed=3, bands=("G",))
    assert_frame_equal(
        only["light_curves"],
        survey["light_curves"].filter(pl.col("source_id") <= 20, band="G"),
        check_exact=True,
    )


def test_every_kind_and_difficulty_occurs(survey):
    assert set(survey["truth"]["kind"]) == set(KINDS)
    assert set(survey["truth"]["difficulty"].drop_nulls()) == set(DIFFICULTIES)


def test_difficulties_show_in_what_the_archive_gives(survey):
    assert rows(survey, "light_curves", difficulty="no light curve").is_empty()
    assert rows(survey, "stars", difficulty="no pulsation type")["pulsation_type"].is_null().all()
    assert rows(survey, "stars", difficulty="no period")["period"].is_null().all()
    few = rows(survey, "light_curves", difficulty="few epochs").filter(band="G")
    assert few.group_by("source_id").len()["len"].max() == 7
    bad = rows(survey, "light_curves", difficulty="many bad epochs")["rejected"].mean()
    assert bad > 5 * survey["light_curves"]["rejected"].mean()
    dark = rows(survey, "light_curves", difficulty="no BP and RP")
    assert set(dark["band"]) == {"G"}
    assert rows(survey, "stars", difficulty="no BP and RP")["phot_bp_mean_mag"].is_null().all()


def test_a_blend_is_redder_and_brighter_to_the_archive(survey):
    truth = survey["truth"].select("source_id", "mean_mag", "reddening", "kind", "difficulty")
    both = survey["stars"].join(truth.filter(kind="RRab"), on="source_id")
    both = both.with_columns(
        brighter=pl.col("mean_mag") - pl.col("phot_g_mean_mag"),
        colour=pl.col("phot_bp_mean_mag")
        - pl.col("phot_rp_mean_mag")
        - 1.339 * pl.col("reddening"),
    )
    blended, regular = both.filter(difficulty="blend"), both.filter(pl.col("difficulty").is_null())
    assert blended["brighter"].min() > 0.05
    assert regular["brighter"].abs().max() < 0.03
    assert blended["colour"].mean() > regular["colour"].mean() + 0.05


def with_truth(survey, difficulty=None, **wanted):
    truth = survey["truth"].filter(pl.col("difficulty").eq_missing(difficulty), **wanted)
    truth = truth.select("source_id", true="period")
    both = survey["stars"].drop_nulls("period").join(truth, on="source_id")
    return both.with_columns(off=pl.col("period") / pl.col("true") - 1)


def test_archive_knows_the_period_within_its_errors(survey):
    regular = with_truth(survey, kind="RRab")
    pull = (regular["off"] * regular["true"] / regular["period_error"]).std()
    assert pull == pytest.approx(1.0, abs=0.1)


def test_archive_lists_binaries_at_half_their_period_among_the_rrc(survey):
    binaries = with_truth(survey, kind="eclipsing binary")
    assert (binaries["off"] + 0.5).abs().max() < 1e-4
    assert set(binaries["pulsation_type"].drop_nulls()) == {"RRc"}
    assert set(rows(survey, "truth", kind="HADS")["pulsation_type"]) == {"other"}


def test_periods_of_drifting_stars_are_some_ppm_off_and_aliases_are_cycles_a_day_off(survey):
    drifting = with_truth(survey, difficulty="drift", kind="RRab")
    assert 5e-6 < drifting["off"].std() < 40e-6
    alias = with_truth(survey, difficulty="alias", kind="RRab")
    cycles = 1 / alias["period"] - 1 / alias["true"]
    sums = 1 / alias["period"] + 1 / alias["true"]
    whole = pl.DataFrame({"a": cycles.abs(), "b": sums}).select(
        near=pl.min_horizontal((pl.col("a") - c).abs() for c in (1.0, 4.0)),
        mirrored=pl.min_horizontal((pl.col("b") - c).abs() for c in (1.0, 4.0)),
    )
    assert whole.select(pl.min_horizontal("near", "mirrored")).to_series().max() < 1e-3
    assert alias["period"].is_between(0.2, 1.2).all()


def test_most_double_mode_stars_and_some_modulated_ones_are_known(survey):
    double = rows(survey, "stars", kind="RRd")["pulsation_type"].drop_nulls()
    assert 0.4 < (double == "RRd").mean() < 0.95
    modulated = rows(survey, "stars", blazhko=True)["blazhko"]
    assert 0.1 < modulated.drop_nulls().len() / modulated.len() < 0.3
    assert rows(survey, "stars", blazhko=False)["blazhko"].is_null().all()


def test_every_star_says_that_it_is_simulated(survey):
    assert survey["stars"]["archive_id"].str.starts_with("SIM ").all()


def test_same_seed_gives_the_same_files(tmp_path):
    for name in ("a", "b"):
        write_survey(tmp_path / name, 40, seed=5)
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files == ["light_curves.parquet", "recipe.toml", "stars.csv", "truth.parquet"]
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
