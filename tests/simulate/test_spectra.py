import polars as pl
import pytest

from rrcat.schema import check, conform, load
from rrcat.simulate import simulate
from rrcat.simulate.spectra import PAPERS


@pytest.fixture(scope="module")
def survey():
    return simulate(12_000, seed=2, bands=("G",))


@pytest.fixture(scope="module")
def with_truth(survey):
    truth = survey["truth"].select("source_id", "mean_mag", "kind", true="feh")
    return survey["spectra"].join(truth, on="source_id", how="inner")


def test_measurements_conform_to_their_table(survey):
    check(conform(survey["spectra"], load("spectra")), load("spectra"))


def test_a_tenth_of_the_stars_is_measured_bright_ones_and_metal_poor_ones(survey, with_truth):
    stars = with_truth.unique("source_id")
    assert stars.height / 12_000 == pytest.approx(0.10, abs=0.02)
    everyone = survey["truth"].filter(pl.col("kind").is_in(["RRab", "RRc"]))
    assert stars["mean_mag"].median() < everyone["mean_mag"].median() - 1.0
    rrab = pl.col("kind") == "RRab"
    assert stars.filter(rrab)["true"].mean() < everyone.filter(rrab)["feh"].mean() - 0.05
    assert set(stars["kind"]) == {"RRab", "RRc"}


def test_papers_differ_in_zero_point_and_the_shift_takes_most_of_it_away(with_truth):
    off = with_truth.with_columns(
        raw=pl.col("feh") - pl.col("true"), shifted=pl.col("feh") + pl.col("shift") - pl.col("true")
    )
    found = {
        row["source"]: row
        for row in off.group_by("source").agg(pl.col("raw", "shifted").median()).to_dicts()
    }
    for paper in PAPERS:
        assert found[paper.source]["raw"] == pytest.approx(-paper.true_shift, abs=0.04)
        assert abs(found[paper.source]["shifted"]) < 0.06
    assert max(abs(paper.true_shift - paper.shift) for paper in PAPERS) > 0


def test_stated_errors_are_too_small_and_a_few_values_are_wrong(with_truth):
    shifts = {paper.source: paper.true_shift for paper in PAPERS}
    pull = with_truth.select(
        (pl.col("feh") + pl.col("source").replace_strict(shifts) - pl.col("true"))
        / pl.col("feh_error")
    ).to_series()
    assert 1.4826 * (pull - pull.median()).abs().median() == pytest.approx(1.2, abs=0.1)
    assert 0.005 < (pull.abs() > 4).mean() < 0.03


def test_some_stars_are_in_several_papers_and_twice_in_one(survey):
    spectra = survey["spectra"]
    papers = spectra.group_by("other_id").agg(pl.col("source").n_unique())["source"]
    assert 0.2 < (papers > 1).mean() < 0.6
    twice = spectra.group_by("other_id", "source").len()["len"]
    assert 0.05 < (twice == 2).mean() < 0.25
    assert twice.max() == 2


def test_rows_without_identifier_are_known_by_their_second_one(survey):
    spectra = survey["spectra"]
    nameless = spectra.filter(pl.col("source_id").is_null())
    assert 0.01 < nameless.height / spectra.height < 0.06
    known = spectra.drop_nulls("source_id").with_columns(
        number=pl.col("other_id").str.slice(4).cast(pl.Int64)
    )
    assert (known["number"] == known["source_id"]).all()


def test_every_row_says_that_it_is_simulated(survey):
    for name in ("other_id", "name", "source"):
        assert survey["spectra"][name].str.to_lowercase().str.starts_with("sim").all()
    assert survey["spectra"]["feh_error"].min() > 0
    assert survey["spectra"]["feh"].is_between(-5, 2).all()
